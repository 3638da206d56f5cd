//! What a test gives: records from files or in place, changed as it says, as their system would answer them.

use crate::check::{At, FieldPath, GivenRecords, Program};
use crate::connect::json;
use crate::eval::{self, Entry, Expr, Op, Shape};
use crate::report::codes;
use crate::test::body;
use crate::test::trial::Trial;
use crate::value::{Arena, Value};

impl Trial<'_> {
    /// The records that a line gives, changed as it says.
    pub(super) fn given(
        &mut self,
        program: &Program,
        at: Option<&At>,
        given: &GivenRecords,
        with: &[(FieldPath, Expr)],
    ) -> Option<Vec<String>> {
        let at = at.unwrap_or(&program.source.at);
        let mut rows = match given {
            GivenRecords::File(path, place) => {
                let text = match (self.tests.read)(path) {
                    Ok(text) => text,
                    Err(words) => {
                        self.problem(codes::test::NO_FILE, *place, format!("`{path}` cannot be read: {words}"));
                        return None;
                    }
                };
                match rows_of(&text, at) {
                    Ok(rows) => rows,
                    Err(words) => {
                        self.problem(codes::test::NO_FILE, *place, format!("`{path}` holds no records: {words}"));
                        return None;
                    }
                }
            }
            GivenRecords::Record(record) => match eval::eval(record, &mut self.frame, &mut self.arena) {
                Ok(value) => {
                    let mut out = Vec::new();
                    eval::write_world(&at.resource.shape, value, &mut self.arena, &mut out);
                    vec![String::from_utf8_lossy(&out).into_owned()]
                }
                Err(failure) => {
                    self.failed(*failure);
                    return None;
                }
            },
        };
        for (field, value) in with {
            let computed = match eval::eval(value, &mut self.frame, &mut self.arena) {
                Ok(computed) => computed,
                Err(failure) => {
                    self.failed(*failure);
                    return None;
                }
            };
            // Written as the system would, within its record, and taken out of that again.
            let record = nested(&at.resource.shape, &field.slots, computed, &mut self.arena);
            let mut json = Vec::new();
            eval::write_world(&at.resource.shape, record, &mut self.arena, &mut json);
            let json = String::from_utf8_lossy(&json).into_owned();
            let value = body::at(&json, &field.dotted).unwrap_or("null");
            for row in &mut rows {
                *row = body::with(row, &field.dotted, value);
            }
        }
        Some(rows)
    }
}

/// The records in a file: one, a list, or what the system answers to its list.
fn rows_of(text: &str, at: &At) -> Result<Vec<String>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let resource = &at.resource;
    let listed = resource.list.iter().map(|list| &list.within);
    let alone = resource.get.iter().map(|get| &get.within);
    for within in listed.chain(alone).filter(|within| !within.is_empty()) {
        if let Some(inner) = json::locate(text, within)? {
            return Ok(each(inner)?.unwrap_or_else(|| vec![inner.to_string()]));
        }
    }
    match each(text)? {
        Some(rows) => Ok(rows),
        None if json::fields(text)?.is_some() => Ok(vec![text.to_string()]),
        None => Err("it is neither a record nor a list".to_string()),
    }
}

fn each(text: &str) -> Result<Option<Vec<String>>, String> {
    Ok(json::elements(text)?.map(|rows| rows.into_iter().map(str::to_string).collect()))
}

/// A record of the shape in which nothing but the field at these slots is set.
fn nested(shape: &Shape, slots: &[u32], value: Value, arena: &mut Arena) -> Value {
    let Some((first, rest)) = slots.split_first() else { return value };
    let field = shape.fields.get(*first as usize);
    let value = match field.and_then(|field| field.shape.as_ref()) {
        Some(inner) if !rest.is_empty() => nested(inner, rest, value, arena),
        _ => value,
    };
    let run = arena.reserve(shape.fields.len());
    arena.set_slot(run, *first as usize, value);
    Value::Record(run)
}

/// Only what the system itself fills in stands there, and not which thing it is: it is added to each that is made.
pub(super) fn is_added(given: &GivenRecords, at: &At) -> bool {
    let GivenRecords::Record(Expr { op: Op::Record(record), .. }) = given else { return false };
    let shape = &at.resource.shape;
    let own = |entry: &Entry| {
        matches!(entry, Entry::Field(slot, _)
            if shape.id != Some(*slot as usize) && shape.fields[*slot as usize].read_only)
    };
    at.resource.create.is_some() && !record.entries.is_empty() && record.entries.iter().all(own)
}
