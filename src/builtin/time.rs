//! Functions on days and instants.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::builtin::text::read;
use crate::builtin::{expect, expect_text};
use crate::value::{Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "date",
        signature: "date(at: datetime) -> date",
        doc: "The day of an instant, in the workspace's zone; a text `2026-03-02` is read as a day.",
        examples: &[Example { call: r#"date("2026-03-02")"#, gives: "2026-03-02" }],
        arity: (1, 1),
        kind: |given| {
            let fits = |kind: &Kind| matches!(kind, Kind::Date | Kind::Datetime) || kind.is_textual();
            expect(given, 0, fits, "a datetime")?;
            Ok(Typed::sure(Kind::Date))
        },
        literals: None,
        spreads: true,
        call: |arena, given| match given[0] {
            Value::Date(date) => Ok(Value::Date(date)),
            Value::Datetime(at) => Ok(Value::Date(at.to_zoned_datetime(arena.zone().clone()).date())),
            text => {
                let text = read(arena, text);
                text.trim().parse().map(Value::Date).map_err(|_| format!("{text:?} is no date"))
            }
        },
    },
    Builtin {
        name: "datetime",
        signature: "datetime(day: date, time: text) -> datetime",
        doc: "The instant of a day and a time of day: in a connector in the zone of the system, in a flow in that of the workspace.",
        examples: &[
            Example { call: r#"date(datetime("2026-03-02", "14:05:11"))"#, gives: "2026-03-02" },
            Example { call: r#"datetime("2026-03-02", "14:05") < datetime("2026-03-02", "14:06")"#, gives: "true" },
        ],
        arity: (1, 2),
        kind: |given| {
            let fits = |kind: &Kind| matches!(kind, Kind::Date | Kind::Datetime | Kind::Any) || kind.is_textual();
            expect(given, 0, fits, "a day")?;
            if given.len() > 1 {
                expect_text(given, 1)?;
            }
            Ok(Typed::sure(Kind::Datetime))
        },
        literals: None,
        spreads: true,
        call: |arena, given| {
            if let Value::Datetime(at) = given[0] {
                return Ok(Value::Datetime(at));
            }
            let day = match given[0] {
                Value::Date(date) => date.to_string(),
                text => read(arena, text).trim().to_string(),
            };
            let written = match given.get(1) {
                Some(time) => format!("{day}T{}", read(arena, *time).trim()),
                None => day,
            };
            if let Ok(at) = written.parse::<Timestamp>() {
                return Ok(Value::Datetime(at));
            }
            let civil: DateTime = written.parse().map_err(|_| format!("{written:?} is no date and time"))?;
            let at = arena.zone().to_ambiguous_timestamp(civil).compatible();
            at.map(Value::Datetime).map_err(|_| format!("{written:?} is out of range"))
        },
    },
];
