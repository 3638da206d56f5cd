//! Functions on texts.

use crate::builtin::{Kinds, expect, expect_number, expect_text};
use crate::value::{Arena, Builtin, Example, Kind, Typed, Value, exact};

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
        spreads: true,
        call: |arena, given| {
            let (text, mark) = (own(arena, given[0]), own(arena, given[1]));
            Ok(arena.put_value(text.split_once(&*mark).map_or(&*text, |(before, _)| before)))
        },
    },
    Builtin {
        name: "after",
        signature: "after(text: text, mark: text) -> text?",
        doc: "What stands after the first mark; not set when the mark is not in it.",
        examples: &[Example { call: r#"after("MWW-2041", "-")"#, gives: r#""2041""# }],
        arity: (2, 2),
        kind: |given| two_texts(given, true),
        spreads: true,
        call: |arena, given| {
            let (text, mark) = (own(arena, given[0]), own(arena, given[1]));
            Ok(arena.put_value(text.split_once(&*mark).map_or("", |(_, after)| after)))
        },
    },
    Builtin {
        name: "lower",
        signature: "lower(text: text) -> text",
        doc: "The text in small letters.",
        examples: &[Example { call: r#"lower("Sanne@Example.NL")"#, gives: r#""sanne@example.nl""# }],
        arity: (1, 1),
        kind: one_text,
        spreads: true,
        call: |arena, given| {
            let text = own(arena, given[0]).to_lowercase();
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
        spreads: true,
        call: |arena, given| {
            let text = own(arena, given[0]).to_uppercase();
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
        spreads: true,
        call: |arena, given| {
            let text = own(arena, given[0]);
            Ok(arena.put_value(text.trim()))
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
        spreads: true,
        call: |arena, given| {
            let (text, old, new) = (own(arena, given[0]), own(arena, given[1]), own(arena, given[2]));
            Ok(arena.put_value(&text.replace(&*old, &new)))
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
        spreads: true,
        call: |arena, given| {
            let (text, mark) = (own(arena, given[0]), own(arena, given[1]));
            let height = arena.stack_len();
            for piece in text.split(&*mark).filter(|piece| !piece.trim().is_empty()) {
                let piece = arena.put_text(piece);
                arena.push(Value::Text(piece));
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
        spreads: true,
        call: |arena, given| Ok(Value::Number(read(arena, given[0]).chars().count().into())),
    },
    Builtin {
        name: "fixed",
        signature: "fixed(number: decimal, least: int, most: int) -> text",
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
        spreads: true,
        call: |arena, given| {
            let number = super::number::of(given[0])?;
            let least = super::number::digits(given[1])?;
            let most = given.get(2).map_or(Ok(least), |most| super::number::digits(*most))?;
            let mut number = exact::plain(exact::round(number, most));
            number.rescale(number.scale().max(least));
            Ok(Value::Text(arena.put_text(&number.to_string())))
        },
    },
];

fn one_text(given: &[Typed]) -> Kinds {
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
    let Some((Value::Text(separator), parts)) = given.split_first() else { return Ok(Value::Unset) };
    // What is gathered on the stack is written in one go: the buffer holds the pieces too.
    let height = arena.stack_len();
    for part in parts {
        flatten(*part, arena);
    }
    let run = arena.take_list(height);
    let start = arena.buffer().len();
    for index in 0..run.len as usize {
        if index > 0 {
            copy(*separator, arena);
        }
        match arena.slot(run, index) {
            Value::Text(text) => copy(text, arena),
            Value::Number(number) => push(arena, exact::plain(number)),
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
        part if part.is_set() => arena.push(part),
        _ => {}
    }
}

fn copy(text: crate::value::Text, arena: &mut Arena) {
    let (start, end) = (text.start as usize, (text.start + text.len) as usize);
    arena.buffer().extend_from_within(start..end);
}

fn push(arena: &mut Arena, shown: impl std::fmt::Display) {
    use std::fmt::Write as _;
    let _ = write!(arena.buffer(), "{shown}");
}

pub(super) fn read(arena: &Arena, value: Value) -> &str {
    if let Value::Text(text) = value { arena.text(text) } else { "" }
}

/// The text by itself, so that the arena is free to be written to.
pub(super) fn own(arena: &Arena, value: Value) -> Box<str> {
    read(arena, value).into()
}
