//! Functions on lists; what is not set counts as an empty one.

use crate::builtin::{Kinds, expect};
use crate::value::{Arena, Builtin, Example, Kind, Typed, Value, exact};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "sum",
        signature: "sum(numbers: list of decimal) -> decimal",
        doc: "The sum of the numbers, exact; 0 of none.",
        examples: &[Example { call: "sum([9.99, 0.01])", gives: "10" }],
        arity: (1, 1),
        kind: |given| {
            expect(given, 0, |kind| matches!(kind, Kind::List(inner) if inner.is_number()), "a list of numbers")?;
            let int = matches!(&given[0].kind, Kind::List(inner) if **inner == Kind::Int);
            Ok(Typed::sure(if int { Kind::Int } else { Kind::Decimal }))
        },
        literals: None,
        spreads: false,
        call: |arena, given| {
            let mut total = rust_decimal::Decimal::ZERO;
            for value in elements(arena, given[0]) {
                total = exact::add(total, super::number::of(*value)?).map_err(|error| error.words().to_string())?;
            }
            Ok(Value::Number(total))
        },
    },
    Builtin {
        name: "count",
        signature: "count(list: list of any) -> int",
        doc: "How many elements the list has.",
        examples: &[Example { call: r#"count(["a", "b"])"#, gives: "2" }],
        arity: (1, 1),
        kind: |given| {
            expect_list(given)?;
            Ok(Typed::sure(Kind::Int))
        },
        literals: None,
        spreads: false,
        call: |arena, given| Ok(Value::Number(elements(arena, given[0]).len().into())),
    },
    Builtin {
        name: "first",
        signature: "first(list: list of K) -> K?",
        doc: "The first element; not set of an empty list.",
        examples: &[Example { call: "first([3, 1, 2])", gives: "3" }],
        arity: (1, 1),
        kind: element,
        literals: None,
        spreads: false,
        call: |arena, given| Ok(elements(arena, given[0]).first().copied().unwrap_or_default()),
    },
    Builtin {
        name: "last",
        signature: "last(list: list of K) -> K?",
        doc: "The last element; not set of an empty list.",
        examples: &[Example { call: "last([3, 1, 2])", gives: "2" }],
        arity: (1, 1),
        kind: element,
        literals: None,
        spreads: false,
        call: |arena, given| Ok(elements(arena, given[0]).last().copied().unwrap_or_default()),
    },
    Builtin {
        name: "distinct",
        signature: "distinct(list: list of K) -> list of K",
        doc: "The elements, each once, in the order of their first place.",
        examples: &[Example { call: "distinct([21, 9, 21])", gives: "[21, 9]" }],
        arity: (1, 1),
        kind: scalars,
        literals: None,
        spreads: false,
        call: |arena, given| {
            let all = elements(arena, given[0]);
            let mut order: Vec<usize> = (0..all.len()).collect();
            order.sort_by(|a, b| compare(arena, all[*a], all[*b]));
            order.dedup_by(|next, first| compare(arena, all[*next], all[*first]).is_eq());
            order.sort_unstable();
            let kept: Vec<Value> = order.into_iter().map(|index| all[index]).collect();
            let height = arena.stack_len();
            kept.into_iter().for_each(|value| arena.push(value));
            Ok(Value::List(arena.take_list(height)))
        },
    },
    Builtin {
        name: "sort",
        signature: "sort(list: list of K) -> list of K",
        doc: "The elements from small to large.",
        examples: &[Example { call: "sort([21, 0, 9])", gives: "[0, 9, 21]" }],
        arity: (1, 1),
        kind: scalars,
        literals: None,
        spreads: false,
        call: |arena, given| {
            let mut all: Vec<Value> = elements(arena, given[0]).to_vec();
            all.sort_by(|a, b| compare(arena, *a, *b));
            let height = arena.stack_len();
            all.into_iter().for_each(|value| arena.push(value));
            Ok(Value::List(arena.take_list(height)))
        },
    },
];

fn expect_list(given: &[Typed]) -> Result<(), (usize, String)> {
    expect(given, 0, |kind| matches!(kind, Kind::List(_)), "a list")
}

fn element(given: &[Typed]) -> Kinds {
    expect_list(given)?;
    match &given[0].kind {
        Kind::List(inner) => Ok(Typed::maybe((**inner).clone())),
        other => Ok(Typed::maybe(other.clone())),
    }
}

fn scalars(given: &[Typed]) -> Kinds {
    let plain = |kind: &Kind| matches!(kind, Kind::List(inner) if !matches!(**inner, Kind::Record(_) | Kind::List(_)));
    expect(given, 0, plain, "a list of texts, numbers or dates")?;
    Ok(Typed::sure(given[0].kind.clone()))
}

pub(super) fn elements(arena: &Arena, value: Value) -> &[Value] {
    if let Value::List(run) = value { arena.slots(run) } else { &[] }
}

pub(super) fn compare(arena: &Arena, a: Value, b: Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.cmp(&b),
        (Value::Text(a), Value::Text(b)) => arena.text(a).cmp(arena.text(b)),
        (Value::Date(a), Value::Date(b)) => a.cmp(&b),
        (Value::Datetime(a), Value::Datetime(b)) => a.cmp(&b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
        _ => std::cmp::Ordering::Equal,
    }
}
