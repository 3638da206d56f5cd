//! Postal codes, in the form of their country.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::builtin::expect_text;
use crate::builtin::text::{put, read};
use crate::value::{Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "postal_code",
    signature: "postal_code(code: text, country: text?) -> text?",
    doc: "The postal code in the form of its country (an ISO code, such as `NL`); not set when it has another form. Where the form is not known, the text without further blanks.",
    examples: &[
        Example { call: r#"postal_code("1234ab", "NL")"#, gives: r#""1234 AB""# },
        Example { call: r#"postal_code("B-9000", "BE")"#, gives: r#""9000""# },
        Example { call: r#"postal_code("sw1a1aa", "GB")"#, gives: r#""SW1A 1AA""# },
        Example { call: r#"postal_code("12345", "NL")"#, gives: "none" },
    ],
    arity: (1, 2),
    kind: |given| {
        expect_text(given, 0)?;
        expect_text(given, 1)?;
        Ok(Typed::maybe(Kind::Text))
    },
    literals: None,
    spreads: false,
    call: |arena, given| {
        let code = read(arena, given[0]);
        let country = given.get(1).map_or("", |country| read(arena, *country)).trim().to_uppercase();
        match FORMS.get(country.as_str()) {
            Some(forms) => match canonical(code, &country, forms) {
                Some(code) => put(arena, &code),
                None => Ok(Value::Unset),
            },
            None => {
                let plain = code.split_whitespace().collect::<Vec<_>>().join(" ");
                put(arena, &plain)
            }
        }
    },
}];

/// The forms by the code of their country.
static FORMS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("postal.csv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(';')).collect()
});

/// The longest text that can be a postal code with its country before it.
const LONGEST: usize = 20;

fn canonical(code: &str, country: &str, forms: &str) -> Option<String> {
    let bare: String = code.chars().filter(|letter| letter.is_alphanumeric()).take(LONGEST + 1).collect();
    let bare = bare.to_uppercase();
    let short = &country[..1];
    // People put the sign of the country before it: NL-1234 AB, B-9000, D-10115.
    let without = [Some(bare.as_str()), bare.strip_prefix(country), bare.strip_prefix(short)];
    let tried = without.into_iter().flatten();
    tried.flat_map(|bare| forms.split('|').map(move |form| (bare, form))).find_map(|(bare, form)| fit(bare, form))
}

/// The code with the signs of the form, if it fits it.
fn fit(bare: &str, form: &str) -> Option<String> {
    let mut letters = bare.chars().peekable();
    let mut out = String::with_capacity(form.len());
    for wanted in form.chars() {
        let fits: fn(char) -> bool = match wanted {
            '9' => |letter| letter.is_ascii_digit(),
            '1' => |letter| letter.is_ascii_digit() && letter != '0',
            'A' => |letter| letter.is_ascii_uppercase(),
            'X' => |letter| letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            _ => {
                // A letter of the form itself, as in LV-1010, may be there or not.
                if wanted.is_ascii_alphabetic() {
                    letters.next_if_eq(&wanted);
                }
                out.push(wanted);
                continue;
            }
        };
        out.push(letters.next().filter(|letter| fits(*letter))?);
    }
    letters.next().is_none().then_some(out)
}
