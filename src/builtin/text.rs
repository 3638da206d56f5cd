//! Functions on texts.

use crate::builtin::{Kinds, expect, expect_number, expect_text};
use crate::value::exact::{self, Digits};
use crate::value::{Arena, Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "join",
        signature: "join(separator: text, parts…) -> text?",
        doc: "The parts that are set, as texts, with the separator between them; a list counts as its elements.",
        examples: &[
            Example { call: r#"join(" ", "Fantasiestraat", "12")"#, gives: r#""Fantasiestraat 12""# },
            Example { call: r#"join("/", "basic", none)"#, gives: r#""basic""# },
        ],
        arity: (2, 8),
        kind: |given| {
            expect_text(given, 0)?;
            for index in 1..given.len() {
                let plain = |kind: &Kind| !matches!(kind, Kind::Record(_) | Kind::Table(..));
                expect(given, index, plain, "a text, number, date or list")?;
            }
            let sure =
                given[1..].iter().any(|typed| !typed.maybe && !matches!(typed.kind, Kind::List(_) | Kind::Nothing));
            Ok(Typed { kind: Kind::Text, maybe: !sure })
        },
        literals: None,
        spreads: false,
        call: join,
    },
    Builtin {
        name: "before",
        signature: "before(text: text, mark: text) -> text?",
        doc: "What stands before the first mark; the whole text when the mark is not in it.",
        examples: &[
            Example { call: r#"before("ideal:ideal_INGB", ":")"#, gives: r#""ideal""# },
            Example { call: r#"before("ideal", ":")"#, gives: r#""ideal""# },
        ],
        arity: (2, 2),
        kind: |given| two_texts(given, true),
        literals: None,
        spreads: true,
        call: |arena, given| {
            let text = read(arena, given[0]);
            let end = text.find(read(arena, given[1])).unwrap_or(text.len());
            Ok(part(arena, given[0], 0, end))
        },
    },
    Builtin {
        name: "after",
        signature: "after(text: text, mark: text) -> text?",
        doc: "What stands after the first mark; not set when the mark is not in it.",
        examples: &[Example { call: r#"after("MWW-2041", "-")"#, gives: r#""2041""# }],
        arity: (2, 2),
        kind: |given| two_texts(given, true),
        literals: None,
        spreads: true,
        call: |arena, given| {
            let (text, mark) = (read(arena, given[0]), read(arena, given[1]));
            let start = text.find(mark).map_or(text.len(), |at| at + mark.len());
            Ok(part(arena, given[0], start, text.len()))
        },
    },
    Builtin {
        name: "lower",
        signature: "lower(text: text) -> text",
        doc: "The text in small letters.",
        examples: &[Example { call: r#"lower("Sanne@Example.NL")"#, gives: r#""sanne@example.nl""# }],
        arity: (1, 1),
        kind: one_text,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let text = read(arena, given[0]).to_lowercase();
            Ok(arena.put_value(&text))
        },
    },
    Builtin {
        name: "upper",
        signature: "upper(text: text) -> text",
        doc: "The text in capitals.",
        examples: &[Example { call: r#"upper("nl")"#, gives: r#""NL""# }],
        arity: (1, 1),
        kind: one_text,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let text = read(arena, given[0]).to_uppercase();
            Ok(arena.put_value(&text))
        },
    },
    Builtin {
        name: "trim",
        signature: "trim(text: text) -> text",
        doc: "The text without blanks at its ends.",
        examples: &[Example { call: r#"trim("  Gent ")"#, gives: r#""Gent""# }],
        arity: (1, 1),
        kind: one_text,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let text = read(arena, given[0]);
            let start = text.len() - text.trim_start().len();
            Ok(part(arena, given[0], start, start + text.trim().len()))
        },
    },
    Builtin {
        name: "replace",
        signature: "replace(text: text, old: text, new: text) -> text?",
        doc: "The text with every old piece replaced by the new one.",
        examples: &[Example { call: r#"replace("12.34.56", ".", "-")"#, gives: r#""12-34-56""# }],
        arity: (3, 3),
        kind: |given| {
            expect_text(given, 0)?;
            expect_text(given, 1)?;
            expect_text(given, 2)?;
            Ok(Typed { kind: Kind::Text, maybe: true })
        },
        literals: None,
        spreads: true,
        call: |arena, given| {
            let (text, old) = (read(arena, given[0]), read(arena, given[1]));
            if old.is_empty() {
                return Err("there is nothing to be replaced: the old piece is empty".to_string());
            }
            let new = read(arena, given[2]);
            // The bound is looked at before anything of that size is made.
            bounded(text.len() + text.matches(old).count().saturating_mul(new.len().saturating_sub(old.len())))?;
            let replaced = text.replace(old, new);
            Ok(arena.put_value(&replaced))
        },
    },
    Builtin {
        name: "split",
        signature: "split(text: text, mark: text) -> list of text",
        doc: "The pieces between the marks, without blank ones.",
        examples: &[Example { call: r#"split("a, b,,c", ",")"#, gives: r#"["a", " b", "c"]"# }],
        arity: (2, 2),
        kind: |given| {
            expect_text(given, 0)?;
            expect_text(given, 1)?;
            Ok(Typed::sure(Kind::List(std::sync::Arc::new(Kind::Text))))
        },
        literals: None,
        spreads: true,
        call: |arena, given| {
            if read(arena, given[1]).is_empty() {
                return Err("there is nothing to split by: the mark is empty".to_string());
            }
            let height = arena.stack_len();
            let mut start = 0;
            loop {
                let (text, mark) = (read(arena, given[0]), read(arena, given[1]));
                let found = text[start..].find(mark);
                let end = found.map_or(text.len(), |at| start + at);
                let next = end + mark.len();
                let piece = part(arena, given[0], start, end);
                if piece.is_set() {
                    arena.push(piece);
                }
                if found.is_none() {
                    break;
                }
                start = next;
            }
            Ok(Value::List(arena.take_list(height)))
        },
    },
    Builtin {
        name: "contains",
        signature: "contains(text: text, piece: text) -> bool",
        doc: "Whether the piece stands in the text.",
        examples: &[Example { call: r#"contains("Gratis verzending", "verzend")"#, gives: "true" }],
        arity: (2, 2),
        kind: asked,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Bool(read(arena, given[0]).contains(read(arena, given[1])))),
    },
    Builtin {
        name: "starts_with",
        signature: "starts_with(text: text, piece: text) -> bool",
        doc: "Whether the text begins with the piece.",
        examples: &[Example { call: r#"starts_with("T-17", "T-")"#, gives: "true" }],
        arity: (2, 2),
        kind: asked,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Bool(read(arena, given[0]).starts_with(read(arena, given[1])))),
    },
    Builtin {
        name: "ends_with",
        signature: "ends_with(text: text, piece: text) -> bool",
        doc: "Whether the text ends with the piece.",
        examples: &[Example { call: r#"ends_with("Fictief B.V.", "B.V.")"#, gives: "true" }],
        arity: (2, 2),
        kind: asked,
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Bool(read(arena, given[0]).ends_with(read(arena, given[1])))),
    },
    Builtin {
        name: "length",
        signature: "length(text: text) -> int",
        doc: "How many characters the text has.",
        examples: &[Example { call: r#"length("België")"#, gives: "6" }],
        arity: (1, 1),
        kind: |given| {
            expect_text(given, 0)?;
            Ok(Typed::sure(Kind::Int))
        },
        literals: None,
        spreads: true,
        call: |arena, given| Ok(Value::Number(read(arena, given[0]).chars().count().into())),
    },
    Builtin {
        name: "fixed",
        signature: "fixed(number: decimal, least: int, most: int?) -> text",
        doc: "The number with so many decimals: exactly `least`, or at least `least` and at most `most`.",
        examples: &[
            Example { call: "fixed(12.5, 2)", gives: r#""12.50""# },
            Example { call: "fixed(1.61157, 2, 6)", gives: r#""1.61157""# },
        ],
        arity: (2, 3),
        kind: |given| {
            expect_number(given, 0)?;
            expect_number(given, 1)?;
            expect_number(given, 2)?;
            Ok(Typed::sure(Kind::Text))
        },
        literals: None,
        spreads: true,
        call: |arena, given| {
            let number = super::number::of(given[0])?;
            let least = super::number::digits(given[1])?;
            let most = given.get(2).map_or(Ok(least), |most| super::number::digits(*most))?;
            let number = Digits::of(exact::round(number, most), least);
            Ok(Value::Text(arena.put_text(number.as_str())))
        },
    },
];

pub(super) fn one_text(given: &[Typed]) -> Kinds {
    expect_text(given, 0)?;
    Ok(Typed::sure(Kind::Text))
}

fn two_texts(given: &[Typed], maybe: bool) -> Kinds {
    expect_text(given, 0)?;
    expect_text(given, 1)?;
    Ok(Typed { kind: Kind::Text, maybe })
}

fn asked(given: &[Typed]) -> Kinds {
    expect_text(given, 0)?;
    expect_text(given, 1)?;
    Ok(Typed::sure(Kind::Bool))
}

fn join(arena: &mut Arena, given: &[Value]) -> Result<Value, String> {
    let Some((separator, parts)) = given.split_first() else { return Ok(Value::Unset) };
    // What is gathered on the stack is written in one go: the buffer holds the pieces too.
    let height = arena.stack_len();
    for part in parts {
        flatten(*part, arena);
    }
    let run = arena.take_list(height);
    let start = arena.buffer().len();
    for index in 0..run.len as usize {
        bounded(arena.buffer().len() - start)?;
        if let (Value::Text(separator), true) = (separator, index > 0) {
            arena.repeat(*separator);
        }
        match arena.slot(run, index) {
            Value::Text(text) => arena.repeat(text),
            Value::Number(number) => arena.buffer().push_str(Digits::of(number, 0).as_str()),
            Value::Bool(truth) => push(arena, truth),
            Value::Date(date) => push(arena, date),
            Value::Datetime(at) => push(arena, at),
            _ => {}
        }
    }
    let text = arena.text_since(start);
    Ok(if arena.text(text).trim().is_empty() { Value::Unset } else { Value::Text(text) })
}

fn flatten(part: Value, arena: &mut Arena) {
    match part {
        Value::List(run) => {
            for index in 0..run.len as usize {
                flatten(arena.slot(run, index), arena);
            }
        }
        // A script may hand over a blank text, which is not set.
        Value::Text(text) if arena.text(text).trim().is_empty() => {}
        part if part.is_set() => arena.push(part),
        _ => {}
    }
}

fn push(arena: &mut Arena, shown: impl std::fmt::Display) {
    use std::fmt::Write as _;
    let _ = write!(arena.buffer(), "{shown}");
}

pub(super) fn read(arena: &Arena, value: Value) -> &str {
    if let Value::Text(text) = value { arena.text(text) } else { "" }
}

/// The longest text that a function makes, in bytes.
const LONGEST: usize = 1 << 20;

/// A text of that many bytes may be made.
pub(super) fn bounded(length: usize) -> Result<(), String> {
    if length > LONGEST { Err(format!("it would give a text of more than {LONGEST} bytes")) } else { Ok(()) }
}

/// A text that was made, not set when it is blank.
pub(super) fn put(arena: &mut Arena, text: &str) -> Result<Value, String> {
    bounded(text.len())?;
    Ok(arena.put_value(text))
}

/// A stretch of a text, not set when it is blank.
pub(super) fn part(arena: &Arena, value: Value, from: usize, to: usize) -> Value {
    match value {
        Value::Text(text) if !arena.text(text)[from..to].trim().is_empty() => Value::Text(arena.part(text, from, to)),
        _ => Value::Unset,
    }
}
