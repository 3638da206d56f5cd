//! Functions on days: their parts, and days before and after them.

use jiff::civil::{Date, DateTime};
use jiff::{Span, Unit};
use rust_decimal::Decimal;

use crate::builtin::{Kinds, expect, expect_number};
use crate::value::{Arena, Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "year",
        signature: "year(day: date) -> int",
        doc: "The year of a day, or of an instant in the workspace's zone.",
        examples: &[Example { call: "year(2026-03-02)", gives: "2026" }],
        arity: (1, 1),
        kind: of_day,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(moment(arena, given[0])?.year().into())),
    },
    Builtin {
        name: "month",
        signature: "month(day: date) -> int",
        doc: "The month of a day or an instant: 1 to 12.",
        examples: &[Example { call: "month(2026-03-02)", gives: "3" }],
        arity: (1, 1),
        kind: of_day,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(moment(arena, given[0])?.month().into())),
    },
    Builtin {
        name: "day",
        signature: "day(day: date) -> int",
        doc: "The day of the month of a day or an instant.",
        examples: &[Example { call: "day(2026-03-02)", gives: "2" }],
        arity: (1, 1),
        kind: of_day,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(moment(arena, given[0])?.day().into())),
    },
    Builtin {
        name: "weekday",
        signature: "weekday(day: date) -> int",
        doc: "The day of the week of a day or an instant: 1 is Monday, 7 Sunday.",
        examples: &[
            Example { call: "weekday(2026-03-02)", gives: "1" },
            Example { call: "weekday(2026-03-01)", gives: "7" },
        ],
        arity: (1, 1),
        kind: of_day,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(moment(arena, given[0])?.weekday().to_monday_one_offset().into())),
    },
    Builtin {
        name: "week",
        signature: "week(day: date) -> int",
        doc: "The number of the week (ISO 8601) of a day or an instant.",
        examples: &[
            Example { call: "week(2026-03-02)", gives: "10" },
            Example { call: "week(2027-01-01)", gives: "53" },
        ],
        arity: (1, 1),
        kind: of_day,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(moment(arena, given[0])?.date().iso_week_date().week().into())),
    },
    Builtin {
        name: "hour",
        signature: "hour(at: datetime) -> int",
        doc: "The hour of an instant in the workspace's zone: 0 to 23.",
        examples: &[Example { call: r#"hour(datetime("2026-03-02", "14:05"))"#, gives: "14" }],
        arity: (1, 1),
        kind: of_instant,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(moment(arena, given[0])?.hour().into())),
    },
    Builtin {
        name: "minute",
        signature: "minute(at: datetime) -> int",
        doc: "The minute of an instant in the workspace's zone.",
        examples: &[Example { call: r#"minute(datetime("2026-03-02", "14:05"))"#, gives: "5" }],
        arity: (1, 1),
        kind: of_instant,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(moment(arena, given[0])?.minute().into())),
    },
    Builtin {
        name: "add_days",
        signature: "add_days(day: date, days: int) -> date",
        doc: "The day so many days later, or earlier below zero.",
        examples: &[
            Example { call: "add_days(2026-02-27, 2)", gives: "2026-03-01" },
            Example { call: "add_days(2024-03-01, -1)", gives: "2024-02-29" },
        ],
        arity: (2, 2),
        kind: moved,
        literals: None,
        spreads: true,
        call: |arena, given| later(arena, given, |count| Span::new().try_days(count)),
    },
    Builtin {
        name: "add_months",
        signature: "add_months(day: date, months: int) -> date",
        doc: "The same day so many months later, or earlier below zero; the last of the month where it has no such day.",
        examples: &[
            Example { call: "add_months(2026-01-31, 1)", gives: "2026-02-28" },
            Example { call: "add_months(2024-02-29, 12)", gives: "2025-02-28" },
            Example { call: "add_months(2026-03-15, -3)", gives: "2025-12-15" },
        ],
        arity: (2, 2),
        kind: moved,
        literals: None,
        spreads: true,
        call: |arena, given| later(arena, given, |count| Span::new().try_months(count)),
    },
    Builtin {
        name: "end_of_month",
        signature: "end_of_month(day: date) -> date",
        doc: "The last day of the month.",
        examples: &[
            Example { call: "end_of_month(2024-02-10)", gives: "2024-02-29" },
            Example { call: "end_of_month(2026-12-31)", gives: "2026-12-31" },
        ],
        arity: (1, 1),
        kind: |given| {
            expect_day(given, 0)?;
            Ok(Typed::sure(Kind::Date))
        },
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Date(moment(arena, given[0])?.date().last_of_month())),
    },
    Builtin {
        name: "days_between",
        signature: "days_between(from: date, to: date) -> int",
        doc: "How many days the second day is after the first; below zero when it is before.",
        examples: &[
            Example { call: "days_between(2024-02-28, 2024-03-01)", gives: "2" },
            Example { call: "days_between(2026-03-02, 2026-03-01)", gives: "-1" },
        ],
        arity: (2, 2),
        kind: between,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let (from, to) = (moment(arena, given[0])?.date(), moment(arena, given[1])?.date());
            let days = from.until((Unit::Day, to)).map_err(|_| out_of_range())?.get_days();
            Ok(Value::Number(days.into()))
        },
    },
    Builtin {
        name: "months_between",
        signature: "months_between(from: date, to: date) -> int",
        doc: "How many whole months the second day is after the first; below zero when it is before.",
        examples: &[
            Example { call: "months_between(2026-01-15, 2026-03-14)", gives: "1" },
            Example { call: "months_between(2026-03-15, 2025-03-15)", gives: "-12" },
        ],
        arity: (2, 2),
        kind: between,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let (from, to) = (moment(arena, given[0])?.date(), moment(arena, given[1])?.date());
            let months = from.until((Unit::Month, to)).map_err(|_| out_of_range())?.get_months();
            Ok(Value::Number(months.into()))
        },
    },
];

pub(super) fn expect_day(given: &[Typed], index: usize) -> Result<(), (usize, String)> {
    expect(given, index, |kind| matches!(kind, Kind::Date | Kind::Datetime), "a date")
}

fn of_day(given: &[Typed]) -> Kinds {
    expect_day(given, 0)?;
    Ok(Typed::sure(Kind::Int))
}

fn of_instant(given: &[Typed]) -> Kinds {
    expect(given, 0, |kind| matches!(kind, Kind::Datetime), "a datetime")?;
    Ok(Typed::sure(Kind::Int))
}

fn moved(given: &[Typed]) -> Kinds {
    expect_day(given, 0)?;
    expect_number(given, 1)?;
    Ok(Typed::sure(Kind::Date))
}

fn between(given: &[Typed]) -> Kinds {
    expect_day(given, 0)?;
    expect_day(given, 1)?;
    Ok(Typed::sure(Kind::Int))
}

/// The civil date and time of a day (its midnight) or of an instant in the workspace's zone; a script hands over texts.
pub(super) fn moment(arena: &Arena, value: Value) -> Result<DateTime, String> {
    match value {
        Value::Date(date) => Ok(date.into()),
        Value::Datetime(at) => Ok(at.to_zoned_datetime(arena.zone().clone()).datetime()),
        Value::Text(text) => {
            let text = arena.text(text).trim();
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                return Ok(at.to_zoned_datetime(arena.zone().clone()).datetime());
            }
            text.parse::<Date>().map(DateTime::from).map_err(|_| format!("{text:?} is no date"))
        }
        _ => Err("a date is wanted".to_string()),
    }
}

fn later(arena: &Arena, given: &[Value], span: fn(i64) -> Result<Span, jiff::Error>) -> Result<Value, String> {
    let day = moment(arena, given[0])?.date();
    let count: Decimal = super::number::of(given[1])?;
    if !count.fract().is_zero() {
        return Err(format!("{count} is no whole number"));
    }
    let count = i64::try_from(count).map_err(|_| out_of_range())?;
    let span = span(count).map_err(|_| out_of_range())?;
    day.checked_add(span).map(Value::Date).map_err(|_| out_of_range())
}

fn out_of_range() -> String {
    "the day would lie beyond the year 9999, or before the year -9999".to_string()
}
