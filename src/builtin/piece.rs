//! Pieces of texts, and texts made longer.

use crate::builtin::text::{part, put, read};
use crate::builtin::{Kinds, expect_number, expect_text};
use crate::value::{Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "before_last",
        signature: "before_last(text: text, mark: text) -> text?",
        doc: "What stands before the last mark; the whole text when the mark is not in it.",
        examples: &[Example { call: r#"before_last("MOK-WIT-XL", "-")"#, gives: r#""MOK-WIT""# }],
        arity: (2, 2),
        kind: marked,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let text = read(arena, given[0]);
            let end = text.rfind(read(arena, given[1])).unwrap_or(text.len());
            Ok(part(arena, given[0], 0, end))
        },
    },
    Builtin {
        name: "after_last",
        signature: "after_last(text: text, mark: text) -> text?",
        doc: "What stands after the last mark; not set when the mark is not in it.",
        examples: &[Example { call: r#"after_last("MOK-WIT-XL", "-")"#, gives: r#""XL""# }],
        arity: (2, 2),
        kind: marked,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let (text, mark) = (read(arena, given[0]), read(arena, given[1]));
            let start = text.rfind(mark).map_or(text.len(), |at| at + mark.len());
            Ok(part(arena, given[0], start, text.len()))
        },
    },
    Builtin {
        name: "slice",
        signature: "slice(text: text, from: int, to: int?) -> text?",
        doc: "The characters from one place up to another, counted from 0; below zero from the end. Without the second, all to the end.",
        examples: &[
            Example { call: r#"slice("België", 0, 4)"#, gives: r#""Belg""# },
            Example { call: r#"slice("1234 AB", -2)"#, gives: r#""AB""# },
            Example { call: r#"slice("kort", 10)"#, gives: "none" },
        ],
        arity: (2, 3),
        kind: |given| {
            expect_text(given, 0)?;
            expect_number(given, 1)?;
            expect_number(given, 2)?;
            Ok(Typed::maybe(Kind::Text))
        },
        literals: None,
        spreads: true,
        call: |arena, given| {
            let text = read(arena, given[0]);
            let length = text.chars().count();
            let from = place(given[1], length)?;
            let to = given.get(2).map_or(Ok(length), |to| place(*to, length))?;
            let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(at, _)| at);
            let (start, end) = (byte(from), byte(to));
            Ok(part(arena, given[0], start, end.max(start)))
        },
    },
    Builtin {
        name: "pad",
        signature: "pad(text: text, length: int, sign: text) -> text",
        doc: "The text with the sign before it until it has so many characters.",
        examples: &[
            Example { call: r#"pad("41", 6, "0")"#, gives: r#""000041""# },
            Example { call: r#"pad("2041", 3, "0")"#, gives: r#""2041""# },
        ],
        arity: (3, 3),
        kind: |given| {
            expect_text(given, 0)?;
            expect_number(given, 1)?;
            expect_text(given, 2)?;
            Ok(Typed::sure(Kind::Text))
        },
        literals: Some(|given| match given.get(2).copied().flatten() {
            Some(sign) => one_sign(sign).map(|_| ()).map_err(|words| (2, words)),
            None => Ok(()),
        }),
        spreads: true,
        call: |arena, given| {
            const MOST: usize = 1_000;
            let length = super::number::of(given[1])?;
            let length = usize::try_from(length).ok().filter(|count| *count <= MOST && length.fract().is_zero());
            let length =
                length.ok_or_else(|| format!("expected a length of 0 to {MOST}, found {}", shown(given[1])))?;
            let (text, sign) = (read(arena, given[0]), one_sign(read(arena, given[2]))?);
            let missing = length.saturating_sub(text.chars().count());
            let padded: String = std::iter::repeat_n(sign, missing).chain(text.chars()).collect();
            put(arena, &padded)
        },
    },
    Builtin {
        name: "capitalize",
        signature: "capitalize(text: text) -> text",
        doc: "The text with its first letter as a capital; the others stay.",
        examples: &[Example { call: r#"capitalize("élan vital")"#, gives: r#""Élan vital""# }],
        arity: (1, 1),
        kind: super::text::one_text,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let text = read(arena, given[0]);
            let at = text.find(char::is_alphabetic).unwrap_or(text.len());
            let (before, rest) = text.split_at(at);
            let mut letters = rest.chars();
            let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
            let text = format!("{before}{first}{}", letters.as_str());
            put(arena, &text)
        },
    },
];

fn marked(given: &[Typed]) -> Kinds {
    expect_text(given, 0)?;
    expect_text(given, 1)?;
    Ok(Typed::maybe(Kind::Text))
}

/// A place in a text of that many characters; beyond its ends it is its end.
fn place(value: Value, length: usize) -> Result<usize, String> {
    let number = super::number::of(value)?;
    if !number.fract().is_zero() {
        return Err(format!("{number} is no place in a text"));
    }
    let distance = usize::try_from(number.abs()).unwrap_or(usize::MAX);
    let below = number.is_sign_negative() && !number.is_zero();
    Ok(if below { length.saturating_sub(distance) } else { distance.min(length) })
}

fn one_sign(sign: &str) -> Result<char, String> {
    let mut letters = sign.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(format!("expected one sign, found {sign:?}")),
    }
}

fn shown(value: Value) -> String {
    if let Value::Number(number) = value { number.to_string() } else { "something else".to_string() }
}
