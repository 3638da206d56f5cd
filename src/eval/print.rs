//! Values as people and keys see them, compared and carried over.

use std::cmp::Ordering;

use crate::eval::compute::order;
use crate::eval::expr::{Compared, Expr, Op};
use crate::report::Span;
use crate::value::exact::Digits;
use crate::value::{Arena, Kind, Value};

/// A value as it stands in a text: decimals without trailing zeros, lists joined with commas; empty when not set.
#[must_use]
pub fn print(value: Value, kind: &Kind, arena: &Arena) -> String {
    let mut out = String::new();
    push_into(value, kind, arena, &mut out);
    out
}

/// Appends a value to the arena's buffer, as it stands in a text.
pub(super) fn push(value: Value, kind: &Kind, arena: &mut Arena) {
    match value {
        Value::Text(text) => arena.repeat(text),
        Value::Number(number) => arena.buffer().push_str(Digits::of(number, 0).as_str()),
        value => {
            let text = print(value, kind, arena);
            arena.buffer().push_str(&text);
        }
    }
}

fn push_into(value: Value, kind: &Kind, arena: &Arena, out: &mut String) {
    use std::fmt::Write as _;
    let _ = match value {
        Value::Unset | Value::Null | Value::Pending | Value::Bad(_) => Ok(()),
        Value::Text(text) => {
            out.push_str(arena.text(text));
            Ok(())
        }
        Value::Number(number) => {
            out.push_str(Digits::of(number, 0).as_str());
            Ok(())
        }
        Value::Bool(truth) => write!(out, "{truth}"),
        Value::Date(date) => write!(out, "{date}"),
        Value::Datetime(at) => write!(out, "{at}"),
        Value::List(run) => {
            let inner = if let Kind::List(inner) = kind { inner } else { kind };
            for (index, element) in arena.slots(run).iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                push_into(*element, inner, arena, out);
            }
            Ok(())
        }
        Value::Record(run) => {
            let Kind::Record(record) = kind else { return };
            out.push_str("{ ");
            let mut first = true;
            for (field, value) in record.fields.iter().zip(arena.slots(run)) {
                if value.is_set() {
                    let comma = if first { "" } else { ", " };
                    let _ = write!(out, "{comma}{} = ", field.name);
                    first = false;
                    push_into(*value, &field.typed.kind, arena, out);
                }
            }
            out.push_str(" }");
            Ok(())
        }
    };
}

/// Two values of a kind are the same; not set is the same as not set.
#[must_use]
pub fn equal(a: Value, b: Value, kind: &Kind, arena: &Arena) -> bool {
    match (a, b, kind) {
        (Value::List(a), Value::List(b), Kind::List(inner)) => {
            a.len == b.len && arena.slots(a).iter().zip(arena.slots(b)).all(|(a, b)| equal(*a, *b, inner, arena))
        }
        (Value::List(run), other, _) | (other, Value::List(run), _) if !other.is_set() => run.len == 0,
        (Value::Record(a), Value::Record(b), Kind::Record(record)) => record
            .fields
            .iter()
            .enumerate()
            .all(|(slot, field)| equal(arena.slot(a, slot), arena.slot(b, slot), &field.typed.kind, arena)),
        (a, b, _) if !a.is_set() || !b.is_set() => a.is_set() == b.is_set(),
        (a, b, kind) => {
            let compared = if matches!(kind, Kind::Email) { Compared::NoCase } else { Compared::Text };
            order(compared, a, b, arena) == Some(Ordering::Equal)
        }
    }
}

/// A value copied into another arena, with all that it holds.
pub fn copy(value: Value, from: &Arena, into: &mut Arena) -> Value {
    match value {
        Value::Text(text) => Value::Text(into.put_text(from.text(text))),
        Value::List(run) => {
            let height = into.stack_len();
            for element in from.slots(run) {
                let element = copy(*element, from, into);
                into.push(element);
            }
            Value::List(into.take_list(height))
        }
        Value::Record(run) => {
            let made = into.reserve(run.len as usize);
            for slot in 0..run.len as usize {
                let field = copy(from.slot(run, slot), from, into);
                into.set_slot(made, slot, field);
            }
            Value::Record(made)
        }
        Value::Bad(number) => into.put_bad(from.bad(number).clone()),
        value => value,
    }
}

/// A value as an expression of literals.
#[must_use]
pub fn literal(value: Value, arena: &Arena, span: Span) -> Expr {
    let op = match value {
        Value::Bool(truth) => Op::Bool(truth),
        Value::Number(number) => Op::Number(number),
        Value::Text(text) => Op::Text(arena.text(text).into()),
        Value::Date(date) => Op::Date(date),
        Value::Datetime(at) => Op::Text(at.to_string().into()),
        Value::List(run) => Op::List(arena.slots(run).iter().map(|value| literal(*value, arena, span)).collect()),
        Value::Unset | Value::Null | Value::Pending | Value::Record(_) | Value::Bad(_) => Op::Unset,
    };
    Expr::new(op, span)
}
