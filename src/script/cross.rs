//! Values on their way into a script and out of it, by the kinds of its border.

use rhai::{Dynamic, ImmutableString, Map};
use rust_decimal::Decimal;

use crate::value::{Arena, Kind, Typed, Value, exact};

/// A value as the script sees it; not set is `()`, a number is a decimal.
pub(super) fn into_script(value: Value, kind: &Kind, arena: &Arena) -> Dynamic {
    match (value, kind) {
        // A list is never not set.
        (Value::Unset, Kind::List(_)) => Dynamic::from_array(Vec::new()),
        (Value::List(run), Kind::List(inner)) => {
            let elements: Vec<Dynamic> =
                arena.slots(run).iter().map(|value| into_script(*value, inner, arena)).collect();
            Dynamic::from_array(elements)
        }
        (Value::Record(run), Kind::Record(record)) => {
            let mut map = Map::new();
            for (field, value) in record.fields.iter().zip(arena.slots(run)) {
                map.insert(field.name.as_ref().into(), into_script(*value, &field.typed.kind, arena));
            }
            Dynamic::from_map(map)
        }
        (value, _) => untyped_into(value, arena),
    }
}

/// A value without records, as the script sees it.
pub(super) fn untyped_into(value: Value, arena: &Arena) -> Dynamic {
    match value {
        Value::Unset | Value::Null | Value::Pending | Value::Bad(_) | Value::Record(_) => Dynamic::UNIT,
        Value::Bool(truth) => truth.into(),
        Value::Number(number) => Dynamic::from_decimal(exact::plain(number)),
        Value::Text(text) => arena.text(text).to_string().into(),
        Value::Date(date) => date.to_string().into(),
        Value::Datetime(at) => at.to_string().into(),
        Value::List(run) => {
            Dynamic::from_array(arena.slots(run).iter().map(|value| untyped_into(*value, arena)).collect())
        }
    }
}

/// What a script hands to a function of the language.
pub(super) fn untyped_out(given: &Dynamic, arena: &mut Arena) -> Result<Value, String> {
    if given.is_unit() {
        return Ok(Value::Unset);
    }
    if let Some(number) = number(given) {
        return Ok(Value::Number(number));
    }
    if let Ok(truth) = given.as_bool() {
        return Ok(Value::Bool(truth));
    }
    if let Some(text) = text(given) {
        // A blank text is not set as a value, but is what it is as a separator or a mark.
        return Ok(Value::Text(arena.put_text(&text)));
    }
    if let Ok(elements) = given.as_array_ref() {
        let height = arena.stack_len();
        for element in elements.iter() {
            let value = untyped_out(element, arena)?;
            if value.is_set() {
                arena.push(value);
            }
        }
        return Ok(Value::List(arena.take_list(height)));
    }
    Err(format!("takes no {}", name_of(given.type_name()).trim_start_matches("a ")))
}

/// What a script gives, as the kind of its result; `path` leads to the part of it.
pub(super) fn out_of_script(given: Dynamic, typed: &Typed, path: &str, arena: &mut Arena) -> Result<Value, String> {
    let value = inner(given, &typed.kind, path, !typed.maybe, arena)?;
    if value.is_set() || typed.maybe || matches!(typed.kind, Kind::List(_)) {
        return Ok(value);
    }
    Err(if path.is_empty() { "gives nothing".to_string() } else { format!("gives no `{path}`") })
}

fn inner(given: Dynamic, kind: &Kind, path: &str, is_promised: bool, arena: &mut Arena) -> Result<Value, String> {
    if given.is_unit() {
        return Ok(Value::Unset);
    }
    let found = given.type_name().to_string();
    let wrong = || {
        let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
        format!("gives {}{place} where {kind} is wanted", name_of(&found))
    };
    match kind {
        Kind::Text | Kind::Email | Kind::Id(_) => match (text(&given), number(&given)) {
            (Some(text), _) => Ok(arena.put_value(&text)),
            (None, Some(number)) if matches!(kind, Kind::Id(_)) => {
                Ok(arena.put_value(&exact::plain(number).to_string()))
            }
            _ => Err(wrong()),
        },
        Kind::Choice(allowed) => match text(&given) {
            Some(text) if text.trim().is_empty() => Ok(Value::Unset),
            Some(text) if allowed.iter().any(|one| **one == *text) => Ok(arena.put_value(&text)),
            Some(text) => Err(format!("gives {text:?} where {kind} is wanted")),
            None => Err(wrong()),
        },
        Kind::Int => match number(&given).map(exact::plain) {
            Some(number) if number.scale() == 0 => Ok(Value::Number(number)),
            Some(number) => Err(format!("gives {number} where a whole number is wanted")),
            None => Err(wrong()),
        },
        Kind::Decimal => number(&given).map(Value::Number).ok_or_else(wrong),
        Kind::Bool => given.as_bool().map(Value::Bool).map_err(|_| wrong()),
        Kind::Date => text(&given).and_then(|text| text.parse().ok()).map(Value::Date).ok_or_else(wrong),
        Kind::Datetime => text(&given).and_then(|text| text.parse().ok()).map(Value::Datetime).ok_or_else(wrong),
        Kind::List(element) => {
            let elements = given.try_cast::<rhai::Array>().ok_or_else(wrong)?;
            let height = arena.stack_len();
            for (index, one) in elements.into_iter().enumerate() {
                let value = inner(one, element, &format!("{path}[{index}]"), false, arena)?;
                if value.is_set() {
                    arena.push(value);
                }
            }
            Ok(Value::List(arena.take_list(height)))
        }
        Kind::Record(record) => {
            let mut map = given.try_cast::<Map>().ok_or_else(wrong)?;
            let run = arena.reserve(record.fields.len());
            let mut any = false;
            for (slot, field) in record.fields.iter().enumerate() {
                let below = if path.is_empty() { field.name.to_string() } else { format!("{path}.{}", field.name) };
                let part = map.remove(&*field.name).unwrap_or(Dynamic::UNIT);
                let value = out_of_script(part, &field.typed, &below, arena)?;
                any |= value.is_set();
                arena.set_slot(run, slot, value);
            }
            if let Some(more) = map.keys().next() {
                return Err(format!("gives `{more}`, which its result does not have: {kind}"));
            }
            // Where a record is promised, one with nothing set is a record still.
            Ok(if any || is_promised { Value::Record(run) } else { Value::Unset })
        }
        Kind::Table(..) | Kind::Nothing | Kind::Any => Err(wrong()),
    }
}

fn number(given: &Dynamic) -> Option<Decimal> {
    given.as_decimal().ok().or_else(|| given.as_int().ok().map(Decimal::from))
}

fn text(given: &Dynamic) -> Option<String> {
    given
        .clone()
        .try_cast::<ImmutableString>()
        .map(|text| text.to_string())
        .or_else(|| given.as_char().ok().map(String::from))
}

/// A type of rhai in the words of the language.
fn name_of(found: &str) -> &str {
    match found {
        "string" | "char" => "a text",
        "i64" | "decimal" => "a number",
        "array" => "a list",
        "map" => "a record",
        "bool" => "true or false",
        other => other,
    }
}
