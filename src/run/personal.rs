//! A record of the source goes in; what its shape calls personal comes out, to be masked in messages.

use crate::eval::Shape;
use crate::run::context::Context;
use crate::value::{Arena, Value, exact};

/// The values of personal fields, line by line.
pub(super) fn personal(cx: &Context, source: &[u8]) -> Vec<String> {
    let at = &cx.program().source.at;
    let mut arena = Arena::new(cx.world.zone.clone());
    let mut found = Vec::new();
    let text = String::from_utf8_lossy(source);
    if let Ok(record) = cx.reader(at).read(&text, &mut arena) {
        collect(&at.resource.shape, record, &arena, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn collect(shape: &Shape, value: Value, arena: &Arena, found: &mut Vec<String>) {
    match value {
        Value::List(run) => arena.slots(run).iter().for_each(|element| collect(shape, *element, arena, found)),
        Value::Record(run) => {
            for (slot, field) in shape.fields.iter().enumerate() {
                let value = arena.slot(run, slot);
                if field.personal {
                    texts(value, arena, found);
                } else if let Some(inner) = &field.shape {
                    collect(inner, value, arena, found);
                }
            }
        }
        _ => {}
    }
}

/// All texts in a value.
fn texts(value: Value, arena: &Arena, found: &mut Vec<String>) {
    let mut add =
        |text: &str| found.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    match value {
        Value::Text(text) => add(arena.text(text)),
        Value::Number(number) => add(&exact::plain(number).to_string()),
        Value::Date(day) => add(&day.to_string()),
        Value::Datetime(at) => add(&at.to_string()),
        Value::Bad(number) => add(arena.bad(number).found.trim_matches('"')),
        Value::List(run) | Value::Record(run) => {
            for element in arena.slots(run).to_vec() {
                texts(element, arena, found);
            }
        }
        Value::Bool(_) | Value::Unset | Value::Null | Value::Pending => {}
    }
}
