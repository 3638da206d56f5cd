//! Functions on numbers.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::builtin::list::{compare, elements};
use crate::builtin::text::read;
use crate::builtin::{Kinds, expect, expect_number, expect_text};
use crate::value::exact::{self, Rounding};
use crate::value::{Arena, Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "round",
        signature: "round(number: decimal, digits: int?, mode: text?) -> decimal",
        doc: "The number rounded to so many decimals, half away from zero; a division may stand inside. Other modes: `half_even`, `half_down`, `up` (away from zero), `down` (to zero), `ceiling`, `floor`.",
        examples: &[
            Example { call: "round(0.125, 2)", gives: "0.13" },
            Example { call: "round(10 / 3, 2)", gives: "3.33" },
            Example { call: "round(-2.5, 0)", gives: "-3" },
            Example { call: r#"round(0.125, 2, "half_even")"#, gives: "0.12" },
            Example { call: r#"round(-0.121, 2, "up")"#, gives: "-0.13" },
            Example { call: r#"round(-0.121, 2, "ceiling")"#, gives: "-0.12" },
        ],
        arity: (1, 3),
        kind: |given| {
            expect_number(given, 0)?;
            expect_number(given, 1)?;
            expect_text(given, 2)?;
            Ok(Typed::sure(Kind::Decimal))
        },
        literals: Some(|given| match given.get(2).copied().flatten() {
            Some(mode) => rounding(mode).map(|_| ()).map_err(|words| (2, words)),
            None => Ok(()),
        }),
        spreads: true,
        call: |arena, given| {
            let digits = given.get(1).map_or(Ok(0), |value| digits(*value))?;
            let mode = given.get(2).map_or(Ok(Rounding::HalfUp), |mode| rounding(read(arena, *mode)))?;
            Ok(Value::Number(exact::round_to(of(given[0])?, digits, mode)))
        },
    },
    Builtin {
        name: "abs",
        signature: "abs(number: decimal) -> decimal",
        doc: "The number without its sign.",
        examples: &[Example { call: "abs(-12.50)", gives: "12.5" }],
        arity: (1, 1),
        kind: same_number,
        literals: None,
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
        literals: None,
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
        literals: None,
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
        literals: None,
        spreads: true,
        call: |_, given| Ok(Value::Number(of(given[0])?.ceil())),
    },
    Builtin {
        name: "max",
        signature: "max(a: decimal, b: decimal, …) -> decimal",
        doc: "The largest of the numbers, or of a list of them; of dates the latest. Not set of an empty list.",
        examples: &[
            Example { call: "max(-3, 0)", gives: "0" },
            Example { call: "max([9, 21, 0])", gives: "21" },
            Example { call: "max(2026-03-02, 2026-02-28)", gives: "2026-03-02" },
        ],
        arity: (1, 8),
        kind: extreme,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(best(arena, given, Ordering::Greater)),
    },
    Builtin {
        name: "min",
        signature: "min(a: decimal, b: decimal, …) -> decimal",
        doc: "The smallest of the numbers, or of a list of them; of dates the earliest. Not set of an empty list.",
        examples: &[Example { call: "min(9.99, 10)", gives: "9.99" }, Example { call: "min([9, 21, 0])", gives: "0" }],
        arity: (1, 8),
        kind: extreme,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(best(arena, given, Ordering::Less)),
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

/// Numbers, dates or instants, each of one sort; or one list of them.
fn extreme(given: &[Typed]) -> Kinds {
    if let [Typed { kind: Kind::List(inner), .. }] = given {
        expect(given, 0, |_| is_ordered(inner), "a list of numbers or dates")?;
        return Ok(Typed::maybe((**inner).clone()));
    }
    match given.first().map(|first| &first.kind) {
        Some(kind @ (Kind::Date | Kind::Datetime)) => {
            for index in 0..given.len() {
                expect(given, index, |other| other == kind, &kind.to_string())?;
            }
            Ok(Typed::sure(kind.clone()))
        }
        _ => same_number(given),
    }
}

fn is_ordered(kind: &Kind) -> bool {
    kind.is_number() || matches!(kind, Kind::Date | Kind::Datetime | Kind::Nothing | Kind::Any)
}

fn best(arena: &Arena, given: &[Value], wanted: Ordering) -> Value {
    let all = match given {
        [list @ (Value::List(_) | Value::Unset)] => elements(arena, *list),
        all => all,
    };
    let better = |best: Value, next: &Value| if compare(arena, *next, best) == wanted { *next } else { best };
    all.iter().skip(1).fold(all.first().copied().unwrap_or_default(), better)
}

fn rounding(mode: &str) -> Result<Rounding, String> {
    const MODES: [(&str, Rounding); 7] = [
        ("half_up", Rounding::HalfUp),
        ("half_even", Rounding::HalfEven),
        ("half_down", Rounding::HalfDown),
        ("up", Rounding::Up),
        ("down", Rounding::Down),
        ("ceiling", Rounding::Ceiling),
        ("floor", Rounding::Floor),
    ];
    MODES.iter().find(|(name, _)| *name == mode).map(|(_, rounding)| *rounding).ok_or_else(|| {
        let names: Vec<String> = MODES.iter().map(|(name, _)| format!("`{name}`")).collect();
        format!("expected a mode of rounding, {}, found {mode:?}", names.join(", "))
    })
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
