//! Reads by a shape what this room itself needs of an answer: whether it is the last page, what an error says, an id.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::connect::json;
use crate::eval::{self, Expr, Frame, Reader, Shape, Used};
use crate::value::{Arena, Kind, Value};

/// Whether a condition holds of an answer.
pub(super) fn holds(shape: &Arc<Shape>, expression: &Expr, text: &str) -> Result<bool, String> {
    let mut arena = Arena::new(TimeZone::UTC);
    let answer = Reader::new(shape, &Used::all()).read(text, &mut arena).map_err(|error| error.to_string())?;
    eval::holds(expression, &mut Frame::of(&[answer]), &mut arena).map_err(|failure| failure.words)
}

/// What an expression gives of an answer, as texts: one for each element of a list, none when it is not set.
pub(super) fn texts(shape: &Arc<Shape>, expression: &Expr, text: &str) -> Vec<String> {
    let mut arena = Arena::new(TimeZone::UTC);
    let Ok(answer) = Reader::new(shape, &Used::all()).read(text, &mut arena) else { return Vec::new() };
    let Ok(value) = eval::eval(expression, &mut Frame::of(&[answer]), &mut arena) else { return Vec::new() };
    match value {
        Value::List(run) => arena.slots(run).iter().map(|value| said(*value, &arena)).collect(),
        value if value.is_set() => vec![said(value, &arena)],
        _ => Vec::new(),
    }
}

/// The id of a record.
pub(super) fn id(shape: &Arc<Shape>, record: &str) -> Result<Option<String>, String> {
    let Some(slot) = shape.id else { return Ok(None) };
    let mut used = Used::default();
    used.fields.insert(u32::try_from(slot).unwrap_or(u32::MAX), Used::all());
    let mut arena = Arena::new(TimeZone::UTC);
    let value = Reader::new(shape, &used).read(record, &mut arena).map_err(|error| error.to_string())?;
    let Value::Record(run) = value else { return Ok(None) };
    let id = arena.slot(run, slot);
    Ok(id.is_set().then(|| eval::print(id, &Kind::Any, &arena)).filter(|id| !id.is_empty()))
}

/// A scalar as it is; a record or list in words: its scalars, one after the other, a record's with their names.
fn said(value: Value, arena: &Arena) -> String {
    let text = eval::print(value, &Kind::Any, arena);
    match (json::fields(&text), json::elements(&text)) {
        (Ok(Some(fields)), _) => {
            let said = |(name, value): &(String, &str)| json::scalar(value).map(|value| format!("{name} {value}"));
            fields.iter().filter_map(said).collect::<Vec<_>>().join(", ")
        }
        (_, Ok(Some(elements))) => elements.iter().filter_map(|one| json::scalar(one)).collect::<Vec<_>>().join(", "),
        _ => text,
    }
}
