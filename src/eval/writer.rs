//! Writes bodies: a record in slots goes in, JSON bytes come out, and nothing that the system must have is missing.

use std::io::Write as _;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::eval::compute::{eval, holds};
use crate::eval::frame::Frame;
use crate::eval::place::{Part, Place};
use crate::eval::shape::{Bounds, Format, Shape, ShapeField};
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
/// When a field that the system must have is not set, a number has more digits than the field takes, or a value was read
/// that is not of its kind.
pub fn write(
    shape: &Shape,
    record: Value,
    fields: Fields<'_>,
    arena: &mut Arena,
    out: &mut Vec<u8>,
) -> Result<(), Box<Failure>> {
    let place = Place { parent: None, part: Part::Root };
    Writer { world: false, arena, out }.record(shape, record, fields, &place)
}

/// Writes a record as its system would answer it: fields that are only read too, and nothing is demanded.
pub fn write_world(shape: &Shape, record: Value, arena: &mut Arena, out: &mut Vec<u8>) {
    let start = out.len();
    let place = Place { parent: None, part: Part::Root };
    if (Writer { world: true, arena, out }).record(shape, record, Fields::All, &place).is_err() {
        // Only a value that was itself read wrongly cannot be written; then plainly.
        out.truncate(start);
        write_plain(&Kind::Record(shape.kind.clone()), record, arena, out);
    }
}

struct Writer<'a> {
    world: bool,
    arena: &'a mut Arena,
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn record(
        &mut self,
        shape: &Shape,
        record: Value,
        fields: Fields<'_>,
        place: &Place<'_>,
    ) -> Result<(), Box<Failure>> {
        let Value::Record(run) = record else {
            self.out.extend_from_slice(b"{}");
            return Ok(());
        };
        self.out.push(b'{');
        let mut first = true;
        for (slot, field) in shape.fields.iter().enumerate() {
            let named = match fields {
                Fields::All => true,
                Fields::Only(slots) => slots.contains(&(slot as u32)),
            };
            if !named || (field.read_only && !self.world) {
                continue;
            }
            let place = Place { parent: Some(place), part: Part::Field(&field.name) };
            let mut value = self.arena.slot(run, slot);
            if !value.is_set()
                && !self.world
                && let (Some(default), Fields::All) = (&field.default, fields)
            {
                value = eval(default, &mut Frame::of(&[record]), self.arena)?;
            }
            if value.is_set() && !is_empty_list(value) {
                comma(&mut first, self.out);
                key(&field.name, self.out);
                self.value(&shape.kind.fields[slot].typed.kind, field, value, &shape.format, &place)?;
            } else if !self.world && matches!(fields, Fields::All) {
                self.absent(field, record, &mut first, &place)?;
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn absent(
        &mut self,
        field: &ShapeField,
        record: Value,
        first: &mut bool,
        place: &Place<'_>,
    ) -> Result<(), Box<Failure>> {
        let wanted = field.required
            || match &field.required_when {
                Some(condition) => holds(condition, &mut Frame::of(&[record]), self.arena)?,
                None => false,
            };
        if wanted {
            let path = place.path();
            return Err(failed(format!("`{path}` is required, and is not set"), path, String::new()));
        }
        if field.or_null {
            comma(first, self.out);
            key(&field.name, self.out);
            self.out.extend_from_slice(b"null");
        }
        Ok(())
    }

    fn value(
        &mut self,
        kind: &Kind,
        field: &ShapeField,
        value: Value,
        format: &Format,
        place: &Place<'_>,
    ) -> Result<(), Box<Failure>> {
        match value {
            Value::Number(value) => {
                if let Some(bounds) = field.within.filter(|bounds| !self.world && !bounds.takes(value)) {
                    let found = Digits::of(value, 0);
                    return Err(outside(&bounds, kind, place, found.as_str(), found.as_str()));
                }
                self.number(value, field, place)
            }
            Value::Record(_) if field.shape.is_some() => {
                let inner = field.shape.as_deref().expect("it was asked just now");
                self.record(inner, value, Fields::All, place)
            }
            Value::List(run) => {
                let inner = if let Kind::List(inner) = kind { inner } else { kind };
                self.out.push(b'[');
                for index in 0..run.len as usize {
                    if index > 0 {
                        self.out.push(b',');
                    }
                    let place = Place { parent: Some(place), part: Part::Element(index) };
                    self.value(inner, field, self.arena.slot(run, index), format, &place)?;
                }
                self.out.push(b']');
                Ok(())
            }
            Value::Datetime(at) => datetime(at, format, place, self.out),
            Value::Bad(number) => {
                let bad = self.arena.bad(number);
                let words = format!(
                    "`{}` takes `{}`, which is to be {}, but is {}",
                    place.path(),
                    bad.path,
                    bad.expected,
                    bad.found
                );
                let mut failure = failed(words, bad.path.clone(), bad.found.clone());
                failure.expected = bad.expected.to_string();
                Err(failure)
            }
            value => {
                if let (Some(bounds), Value::Text(text), false) = (&field.within, value, self.world) {
                    let text = self.arena.text(text);
                    if !bounds.takes_text(text) {
                        let letters = text.chars().count();
                        return Err(outside(bounds, kind, place, &format!("{letters} letters"), text));
                    }
                }
                write_plain(kind, value, self.arena, self.out);
                Ok(())
            }
        }
    }

    fn number(&mut self, value: Decimal, field: &ShapeField, place: &Place<'_>) -> Result<(), Box<Failure>> {
        let digits = field.digits.unwrap_or(0);
        if field.digits.is_some() && value.normalize().scale() > digits && !self.world {
            let (path, found) = (place.path(), Digits::of(value, 0).as_str().to_string());
            let mut failure = failed(format!("`{path}` takes {digits} decimals, but {found} has more"), path, found);
            failure.expected = format!("at most {digits} decimals");
            return Err(failure);
        }
        let quote: &[u8] = if field.as_text { b"\"" } else { b"" };
        self.out.extend_from_slice(quote);
        self.out.extend_from_slice(Digits::of(value, digits).as_str().as_bytes());
        self.out.extend_from_slice(quote);
        Ok(())
    }
}

/// What lies outside of what the field takes.
fn outside(bounds: &Bounds, kind: &Kind, place: &Place<'_>, words: &str, found: &str) -> Box<Failure> {
    let (path, expected) = (place.path(), bounds.words(kind));
    let mut failure = failed(format!("`{path}` takes {expected}, found {words}"), path, found.to_owned());
    failure.expected = expected;
    failure
}

fn failed(words: String, field: String, found: String) -> Box<Failure> {
    Box::new(Failure { words, span: Span::default(), field, found, expected: String::new() })
}

fn is_empty_list(value: Value) -> bool {
    matches!(value, Value::List(run) if run.len == 0)
}

fn datetime(at: Timestamp, format: &Format, place: &Place<'_>, out: &mut Vec<u8>) -> Result<(), Box<Failure>> {
    let Some(pattern) = &format.datetime else {
        let _ = write!(out, "\"{at}\"");
        return Ok(());
    };
    let local = at.to_zoned_datetime(format.zone.clone());
    let text = jiff::fmt::strtime::format(pattern.as_bytes(), &local).map_err(|error| {
        let path = place.path();
        failed(format!("`{path}` cannot be written as a date and time: {error}"), path, at.to_string())
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
