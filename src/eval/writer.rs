//! Writes bodies: a record in slots goes in, JSON bytes come out, and nothing that the system must have is missing.

use std::io::Write as _;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::eval::compute::{eval, holds};
use crate::eval::frame::Frame;
use crate::eval::shape::{Format, Shape, ShapeField};
use crate::report::Span;
use crate::value::exact::Digits;
use crate::value::{Arena, Failure, Kind, Value};

/// Which fields of a record are written.
#[derive(Clone, Copy, Debug)]
pub enum Fields<'a> {
    /// All that are set, and all that the system must have.
    All,
    /// Only these, by slot; nothing more is demanded.
    Only(&'a [u32]),
}

/// Writes a record as a body for its system.
///
/// # Errors
/// When a field that the system must have is not set, or a number has more digits than the field takes.
pub fn write(
    shape: &Shape,
    record: Value,
    fields: Fields<'_>,
    arena: &mut Arena,
    out: &mut Vec<u8>,
) -> Result<(), Box<Failure>> {
    Writer { world: false, path: Path::default() }.record(shape, record, fields, arena, out)
}

/// Writes a record as its system would answer it: fields that are only read too, and nothing is demanded.
pub fn write_world(shape: &Shape, record: Value, arena: &mut Arena, out: &mut Vec<u8>) {
    let start = out.len();
    let mut writer = Writer { world: true, path: Path::default() };
    if writer.record(shape, record, Fields::All, arena, out).is_err() {
        // Only a value that was itself read wrongly cannot be written; then plainly.
        out.truncate(start);
        write_plain(&Kind::Record(shape.kind.clone()), record, arena, out);
    }
}

/// The names that lead to where something is written.
#[derive(Default)]
struct Path(String);

struct Writer {
    world: bool,
    path: Path,
}

impl Writer {
    fn record(
        &mut self,
        shape: &Shape,
        record: Value,
        fields: Fields<'_>,
        arena: &mut Arena,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Failure>> {
        let Value::Record(run) = record else {
            out.extend_from_slice(b"{}");
            return Ok(());
        };
        out.push(b'{');
        let mut first = true;
        for (slot, field) in shape.fields.iter().enumerate() {
            let named = match fields {
                Fields::All => true,
                Fields::Only(slots) => slots.contains(&(slot as u32)),
            };
            if !named || (field.read_only && !self.world) {
                continue;
            }
            let depth = self.path.0.len();
            if depth > 0 {
                self.path.0.push('.');
            }
            self.path.0.push_str(&field.name);
            let mut value = arena.slot(run, slot);
            if !value.is_set()
                && !self.world
                && let (Some(default), Fields::All) = (&field.default, fields)
            {
                value = eval(default, &mut Frame::of(&[record]), arena)?;
            }
            if value.is_set() && !is_empty_list(value) {
                comma(&mut first, out);
                key(&field.name, out);
                self.value(&shape.kind.fields[slot].typed.kind, field, value, &shape.format, arena, out)?;
            } else if !self.world && matches!(fields, Fields::All) {
                self.absent(field, record, &mut first, arena, out)?;
            }
            self.path.0.truncate(depth);
        }
        out.push(b'}');
        Ok(())
    }

    fn absent(
        &self,
        field: &ShapeField,
        record: Value,
        first: &mut bool,
        arena: &mut Arena,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Failure>> {
        let wanted = field.required
            || match &field.required_when {
                Some(condition) => holds(condition, &mut Frame::of(&[record]), arena)?,
                None => false,
            };
        if wanted {
            let mut failure = Failure::new(Span::default(), format!("`{}` is required, and is not set", self.path.0));
            failure.field.clone_from(&self.path.0);
            return Err(failure);
        }
        if field.or_null {
            comma(first, out);
            key(&field.name, out);
            out.extend_from_slice(b"null");
        }
        Ok(())
    }

    fn value(
        &mut self,
        kind: &Kind,
        field: &ShapeField,
        value: Value,
        format: &Format,
        arena: &mut Arena,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Failure>> {
        match value {
            Value::Number(value) => self.number(value, field, out),
            Value::Record(_) => match &field.shape {
                Some(inner) => self.record(inner, value, Fields::All, arena, out),
                None => {
                    write_plain(kind, value, arena, out);
                    Ok(())
                }
            },
            Value::List(run) => {
                let inner = if let Kind::List(inner) = kind { inner } else { kind };
                out.push(b'[');
                let depth = self.path.0.len();
                for index in 0..run.len as usize {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.path.0.push('[');
                    self.path.0.push_str(Digits::of(index.into(), 0).as_str());
                    self.path.0.push(']');
                    self.value(inner, field, arena.slot(run, index), format, arena, out)?;
                    self.path.0.truncate(depth);
                }
                out.push(b']');
                Ok(())
            }
            Value::Datetime(at) => datetime(at, format, &self.path.0, out),
            Value::Bad(number) => {
                let bad = arena.bad(number);
                let words = format!(
                    "`{}` takes `{}`, which is to be {}, but is {}",
                    self.path.0, bad.path, bad.expected, bad.found
                );
                let mut failure = Failure::new(Span::default(), words);
                failure.field.clone_from(&bad.path);
                failure.found.clone_from(&bad.found);
                Err(failure)
            }
            value => {
                write_plain(kind, value, arena, out);
                Ok(())
            }
        }
    }
}

impl Writer {
    fn number(&self, value: Decimal, field: &ShapeField, out: &mut Vec<u8>) -> Result<(), Box<Failure>> {
        let digits = field.digits.unwrap_or(0);
        if field.digits.is_some() && value.normalize().scale() > digits && !self.world {
            let (path, found) = (&self.path.0, Digits::of(value, 0));
            let words = format!("`{path}` takes {digits} decimals, but {} has more", found.as_str());
            let mut failure = Failure::new(Span::default(), words);
            failure.field.clone_from(path);
            failure.found = found.as_str().to_string();
            return Err(failure);
        }
        let quote: &[u8] = if field.as_text { b"\"" } else { b"" };
        out.extend_from_slice(quote);
        out.extend_from_slice(Digits::of(value, digits).as_str().as_bytes());
        out.extend_from_slice(quote);
        Ok(())
    }
}

fn is_empty_list(value: Value) -> bool {
    matches!(value, Value::List(run) if run.len == 0)
}

fn datetime(at: Timestamp, format: &Format, path: &str, out: &mut Vec<u8>) -> Result<(), Box<Failure>> {
    let Some(pattern) = &format.datetime else {
        let _ = write!(out, "\"{at}\"");
        return Ok(());
    };
    let local = at.to_zoned_datetime(format.zone.clone());
    let text = jiff::fmt::strtime::format(pattern.as_bytes(), &local).map_err(|error| {
        Failure::new(Span::default(), format!("`{path}` cannot be written as a date and time: {error}"))
    })?;
    string(&text, out);
    Ok(())
}

/// Writes a value as JSON by its kind alone, for logs, worlds and comparisons.
pub fn write_plain(kind: &Kind, value: Value, arena: &Arena, out: &mut Vec<u8>) {
    match value {
        Value::Unset | Value::Null | Value::Pending => out.extend_from_slice(b"null"),
        Value::Bad(number) => {
            // Not what it is to be, and so neither null nor a value of its kind: what was found, as such.
            out.extend_from_slice(b"{\"found\":");
            string(&arena.bad(number).found, out);
            out.push(b'}');
        }
        Value::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
        Value::Number(number) => out.extend_from_slice(Digits::of(number, 0).as_str().as_bytes()),
        Value::Text(text) => string(arena.text(text), out),
        Value::Date(date) => {
            let _ = write!(out, "\"{date}\"");
        }
        Value::Datetime(at) => {
            let _ = write!(out, "\"{at}\"");
        }
        Value::List(run) => {
            let inner = if let Kind::List(inner) = kind { inner } else { kind };
            out.push(b'[');
            for (index, element) in arena.slots(run).iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_plain(inner, *element, arena, out);
            }
            out.push(b']');
        }
        Value::Record(run) => {
            out.push(b'{');
            if let Kind::Record(record) = kind {
                let mut first = true;
                for (field, value) in record.fields.iter().zip(arena.slots(run)) {
                    if value.is_set() {
                        comma(&mut first, out);
                        key(&field.name, out);
                        write_plain(&field.typed.kind, *value, arena, out);
                    }
                }
            }
            out.push(b'}');
        }
    }
}

fn comma(first: &mut bool, out: &mut Vec<u8>) {
    if *first {
        *first = false;
    } else {
        out.push(b',');
    }
}

fn key(name: &str, out: &mut Vec<u8>) {
    string(name, out);
    out.push(b':');
}

/// A text as JSON.
fn string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[start..index]);
        start = index + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => out.extend_from_slice(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}
