//! Numbers of bank accounts, and names made of texts.

use iban::{Iban, IbanLike};

use crate::builtin::expect_text;
use crate::builtin::text::{one_text, put, read};
use crate::value::{Builtin, Digest, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "iban",
        signature: "iban(number: text) -> text?",
        doc: "The IBAN without blanks; not set when its length or form is not that of its country, or its check digits are wrong.",
        examples: &[
            Example { call: r#"iban("nl91 abna 0417 1643 00")"#, gives: r#""NL91ABNA0417164300""# },
            Example { call: r#"iban("NL91ABNA0417164301")"#, gives: "none" },
        ],
        arity: (1, 1),
        kind: |given| {
            expect_text(given, 0)?;
            Ok(Typed::maybe(Kind::Text))
        },
        literals: None,
        spreads: true,
        call: |arena, given| {
            let bare = bare(read(arena, given[0]));
            match bare.parse::<Iban>() {
                Ok(iban) => put(arena, iban.electronic_str()),
                Err(_) => Ok(Value::Unset),
            }
        },
    },
    Builtin {
        name: "sha256",
        signature: "sha256(text: text) -> text",
        doc: "The SHA-256 of the text in UTF-8, as 64 hexadecimal digits.",
        examples: &[Example {
            call: r#"sha256("abc")"#,
            gives: r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        }],
        arity: (1, 1),
        kind: one_text,
        literals: None,
        spreads: true,
        call: |arena, given| {
            let hex = Digest::of(read(arena, given[0]));
            put(arena, &hex)
        },
    },
];

/// The letters and digits of a number as people type it, in capitals.
pub(super) fn bare(number: &str) -> String {
    const LONGEST: usize = 50;
    let bare: String = number.chars().filter(|letter| letter.is_alphanumeric()).take(LONGEST).collect();
    bare.to_uppercase()
}
