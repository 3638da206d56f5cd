//! Functions on numbers.

use rust_decimal::Decimal;

use crate::builtin::text::read;
use crate::builtin::{Kinds, expect, expect_number};
use crate::value::{Builtin, Example, Kind, Typed, Value, exact};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "round",
        signature: "round(number: decimal, digits: int) -> decimal",
        doc: "The number rounded to so many decimals, half away from zero; a division may stand inside.",
        examples: &[
            Example { call: "round(0.125, 2)", gives: "0.13" },
            Example { call: "round(10 / 3, 2)", gives: "3.33" },
            Example { call: "round(-2.5, 0)", gives: "-3" },
        ],
        arity: (1, 2),
        kind: |given| {
            expect_number(given, 0)?;
            expect_number(given, 1)?;
            Ok(Typed::sure(Kind::Decimal))
        },
        spreads: true,
        call: |_, given| {
            let digits = given.get(1).map_or(Ok(0), |value| digits(*value))?;
            Ok(Value::Number(exact::round(of(given[0])?, digits)))
        },
    },
    Builtin {
        name: "abs",
        signature: "abs(number: decimal) -> decimal",
        doc: "The number without its sign.",
        examples: &[Example { call: "abs(-12.50)", gives: "12.5" }],
        arity: (1, 1),
        kind: same_number,
        spreads: true,
        call: |_, given| Ok(Value::Number(of(given[0])?.abs())),
    },
    Builtin {
        name: "decimal",
        signature: "decimal(text: text) -> decimal?",
        doc: "The number that a text holds, written with a point; not set when it holds none, or one of more than 28 digits.",
        examples: &[
            Example { call: r#"decimal("12.50") + 1"#, gives: "13.5" },
            Example { call: r#"decimal("12,50")"#, gives: "none" },
        ],
        arity: (1, 1),
        kind: |given| {
            expect(given, 0, |kind| kind.is_textual() || kind.is_number(), "text")?;
            Ok(Typed::maybe(Kind::Decimal))
        },
        spreads: true,
        call: |arena, given| match given[0] {
            Value::Number(number) => Ok(Value::Number(number)),
            text => Ok(exact::parse(read(arena, text).trim()).map_or(Value::Unset, Value::Number)),
        },
    },
    Builtin {
        name: "floor",
        signature: "floor(number: decimal) -> int",
        doc: "The largest whole number that is not above the number.",
        examples: &[Example { call: "floor(1.5)", gives: "1" }],
        arity: (1, 1),
        kind: whole,
        spreads: true,
        call: |_, given| Ok(Value::Number(of(given[0])?.floor())),
    },
    Builtin {
        name: "ceiling",
        signature: "ceiling(number: decimal) -> int",
        doc: "The smallest whole number that is not below the number.",
        examples: &[Example { call: "ceiling(1.5)", gives: "2" }],
        arity: (1, 1),
        kind: whole,
        spreads: true,
        call: |_, given| Ok(Value::Number(of(given[0])?.ceil())),
    },
    Builtin {
        name: "max",
        signature: "max(a: decimal, b: decimal, …) -> decimal",
        doc: "The largest of the numbers.",
        examples: &[Example { call: "max(-3, 0)", gives: "0" }],
        arity: (2, 8),
        kind: same_number,
        spreads: true,
        call: |_, given| best(given, |new, best| new > best),
    },
    Builtin {
        name: "min",
        signature: "min(a: decimal, b: decimal, …) -> decimal",
        doc: "The smallest of the numbers.",
        examples: &[Example { call: "min(9.99, 10)", gives: "9.99" }],
        arity: (2, 8),
        kind: same_number,
        spreads: true,
        call: |_, given| best(given, |new, best| new < best),
    },
];

fn same_number(given: &[Typed]) -> Kinds {
    for index in 0..given.len() {
        expect_number(given, index)?;
    }
    let int = given.iter().all(|typed| typed.kind == Kind::Int);
    Ok(Typed::sure(if int { Kind::Int } else { Kind::Decimal }))
}

fn whole(given: &[Typed]) -> Kinds {
    expect_number(given, 0)?;
    Ok(Typed::sure(Kind::Int))
}

fn best(given: &[Value], better: fn(Decimal, Decimal) -> bool) -> Result<Value, String> {
    let mut found = of(given[0])?;
    for value in &given[1..] {
        let number = of(*value)?;
        if better(number, found) {
            found = number;
        }
    }
    Ok(Value::Number(found))
}

pub(super) fn of(value: Value) -> Result<Decimal, String> {
    if let Value::Number(number) = value { Ok(number) } else { Err("a number is wanted".to_string()) }
}

/// A number of decimals: 0 to 28.
pub(super) fn digits(value: Value) -> Result<u32, String> {
    let number = of(value)?;
    u32::try_from(number)
        .ok()
        .filter(|digits| *digits <= 28 && number.fract().is_zero())
        .ok_or_else(|| format!("{number} is no number of decimals: 0 to 28"))
}
