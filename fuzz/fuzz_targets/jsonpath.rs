//! Any text as a JSONPath: refused in words, or followed without a panic. A comparison with a number is as exact as decimals
//! are, or refused.

#![no_main]

use jiff::tz::TimeZone;
use koppel::eval::{self, Expr, Frame, Op, Query};
use koppel::report::Span;
use koppel::value::{Arena, FieldKind, Kind, RecordKind, Typed, Value, exact};
use libfuzzer_sys::fuzz_target;
use rust_decimal::Decimal;

/// `{ t: text, n: decimal, list: list of decimal, rows: list of { t, n, ok: bool, inner: { n } } }`.
fn kind() -> Kind {
    let record = |name: &str, fields: &[(&str, Kind)]| {
        let field = |(name, kind): &(&str, Kind)| FieldKind { name: (*name).into(), typed: Typed::maybe(kind.clone()) };
        Kind::Record(RecordKind { name: name.into(), fields: fields.iter().map(field).collect() }.into())
    };
    let inner = record("inner", &[("n", Kind::Decimal)]);
    let row = record("row", &[("t", Kind::Text), ("n", Kind::Decimal), ("ok", Kind::Bool), ("inner", inner)]);
    record(
        "thing",
        &[
            ("t", Kind::Text),
            ("n", Kind::Decimal),
            ("list", Kind::List(Kind::Decimal.into())),
            ("rows", Kind::List(row.into())),
        ],
    )
}

fn record(arena: &mut Arena, values: &[Value]) -> Value {
    let run = arena.reserve(values.len());
    for (slot, value) in values.iter().enumerate() {
        arena.set_slot(run, slot, *value);
    }
    Value::Record(run)
}

fn list(arena: &mut Arena, values: &[Value]) -> Value {
    let height = arena.stack_len();
    values.iter().for_each(|value| arena.push(*value));
    Value::List(arena.take_list(height))
}

/// A thing that holds these numbers.
fn thing(arena: &mut Arena, numbers: &[Decimal]) -> Value {
    let mut rows = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let text = arena.put_text(&format!("row {index}"));
        let inner = record(arena, &[Value::Number(*number)]);
        rows.push(record(arena, &[Value::Text(text), Value::Number(*number), Value::Bool(index % 2 == 0), inner]));
    }
    let numbers: Vec<Value> = numbers.iter().copied().map(Value::Number).collect();
    let (list_of_numbers, rows) = (list(arena, &numbers), list(arena, &rows));
    let text = Value::Text(arena.put_text("a text"));
    record(arena, &[text, numbers.first().copied().unwrap_or_default(), list_of_numbers, rows])
}

/// What a path names in the thing; none when it is refused when it is checked.
fn ask(path: &str, numbers: &[Decimal]) -> Option<Result<Vec<Value>, String>> {
    let kind = kind();
    let compiled = match Query::compile(path, &kind) {
        Ok(compiled) => compiled,
        Err(words) => {
            assert!(!words.is_empty());
            return None;
        }
    };
    let mut arena = Arena::new(TimeZone::UTC);
    let thing = thing(&mut arena, numbers);
    let mut frame = Frame::of(&[thing]);
    let root = Box::new(Expr::new(Op::Var(0), Span::default()));
    let op = Op::Query { root, kind, query: compiled.query.into(), single: compiled.single };
    Some(match eval::eval(&Expr::new(op, Span::default()), &mut frame, &mut arena) {
        Ok(Value::List(run)) => Ok(arena.slots(run).to_vec()),
        Ok(value) => Ok(vec![value]),
        Err(failure) => Err(failure.words),
    })
}

/// Numbers in the bytes: each of a sign, a scale and a few bytes of digits.
fn numbers(bytes: &[u8]) -> Vec<Decimal> {
    bytes
        .chunks(6)
        .take(6)
        .filter_map(|chunk| {
            let [scale, digits @ ..] = chunk else { return None };
            let many = digits.iter().fold(0_i128, |sum, digit| sum * 997 + i128::from(*digit));
            let many = if scale & 64 == 0 { many } else { many * 1_000_003_000_017 };
            Decimal::try_from_i128_with_scale(if scale & 128 == 0 { many } else { -many }, u32::from(scale & 15)).ok()
        })
        .collect()
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    if kind % 2 == 0 {
        // 1. Any text at all.
        let Ok(path) = std::str::from_utf8(rest) else { return };
        let known = [Decimal::ONE, Decimal::new(25, 1), Decimal::new(-7, 0)];
        let _ = ask(path, &known);
        return;
    }
    // 2. A comparison, beside the same done by decimals.
    let all = numbers(rest);
    let Some((wanted, held)) = all.split_first() else { return };
    type Compare = fn(&Decimal, &Decimal) -> bool;
    let operators: [(&str, Compare); 6] = [
        ("==", |a, b| a == b),
        ("!=", |a, b| a != b),
        ("<", |a, b| a < b),
        ("<=", |a, b| a <= b),
        (">", |a, b| a > b),
        (">=", |a, b| a >= b),
    ];
    let (operator, holds) = operators[usize::from(kind / 2) % operators.len()];
    let written = exact::plain(*wanted);
    if let Some(Ok(found)) = ask(&format!("$.list[?@ {operator} {written}]"), held) {
        let found: Vec<Decimal> = found
            .into_iter()
            .map(
                |value| {
                    if let Value::Number(number) = value { number } else { panic!("a list of numbers holds numbers") }
                },
            )
            .collect();
        let right: Vec<Decimal> = held.iter().copied().filter(|number| holds(number, wanted)).collect();
        assert_eq!(found, right, "{held:?} {operator} {written}");
    }
});
