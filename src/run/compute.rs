//! Values as plain texts, to be compared, searched for and remembered.

use std::sync::Arc;

use jiff::Timestamp;

use crate::check::At;
use crate::connect::{Resource, Row};
use crate::eval::{self, Compared, Frame, Shape};
use crate::run::context::Context;
use crate::run::lookup::Wanted;
use crate::value::{Arena, Value, exact};

/// A value as the text by which it is compared: numbers without trailing zeros, e-mail addresses in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Plain {
    pub(super) text: Box<str>,
}

/// The plain text of a value; none when it is not set or no scalar.
pub(super) fn plain(value: Value, compared: Compared, arena: &Arena) -> Option<Plain> {
    let text: Box<str> = match value {
        Value::Text(text) if compared == Compared::NoCase => arena.text(text).trim().to_lowercase().into(),
        Value::Text(text) => arena.text(text).into(),
        Value::Number(number) => exact::plain(number).to_string().into(),
        Value::Bool(truth) => truth.to_string().into(),
        Value::Date(date) => date.to_string().into(),
        Value::Datetime(at) => at.to_string().into(),
        Value::Unset | Value::Null | Value::Pending | Value::List(_) | Value::Record(_) | Value::Bad(_) => return None,
    };
    Some(Plain { text })
}

/// The plain text of a record's field.
pub(super) fn plain_at(record: Value, wanted: &Wanted, _shape: &Shape, arena: &mut Arena) -> Option<Plain> {
    plain(slot(record, &wanted.field.slots, arena), wanted.compared, arena)
}

/// The value that slots lead to.
pub(super) fn slot(record: Value, slots: &[u32], arena: &Arena) -> Value {
    slots.iter().fold(record, |value, slot| match value {
        Value::Record(run) => arena.slot(run, *slot as usize),
        _ => Value::Unset,
    })
}

/// The connector says that such a record is there.
pub(super) fn is_there(resource: &Resource, record: Value, arena: &mut Arena) -> bool {
    resource.condition.as_ref().is_none_or(|condition| {
        let mut frame = Frame::of(&[record]);
        eval::holds(condition, &mut frame, arena).unwrap_or(true)
    })
}

/// The id of a record as it came.
pub(super) fn id_of(cx: &Context, at: &At, row: &Row) -> Option<String> {
    let id = at.resource.shape.id?;
    let mut arena = Arena::new(cx.world.zone.clone());
    let record = cx.reader(at).read(row.text(), &mut arena).ok()?;
    plain(slot(record, &[id as u32], &arena), Compared::Text, &arena).map(|plain| plain.text.into())
}

/// The instant in a field of a record as it came.
pub(super) fn instant_in(cx: &Context, at: &At, row: &Row, field: &[Arc<str>]) -> Option<Timestamp> {
    let mut arena = Arena::new(cx.world.zone.clone());
    let mut value = cx.reader(at).read(row.text(), &mut arena).ok()?;
    let mut kind = at.resource.shape.kind.clone();
    for (depth, name) in field.iter().enumerate() {
        let number = kind.position(name)?;
        value = slot(value, &[number as u32], &arena);
        if depth + 1 < field.len() {
            let crate::value::Kind::Record(inner) = &kind.fields[number].typed.kind else { return None };
            kind = inner.clone();
        }
    }
    match value {
        Value::Datetime(at) => Some(at),
        Value::Date(day) => day.to_zoned_datetime(cx.world.zone.clone()).ok().map(|at| at.timestamp()),
        _ => None,
    }
}
