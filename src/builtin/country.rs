//! Countries by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::builtin::expect_text;
use crate::builtin::text::read;
use crate::value::{Builtin, Example, Kind, Typed};

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "country_code",
    signature: "country_code(name: text) -> text?",
    doc: "The ISO 3166 code of a country named in Dutch, English, German or French; not set when the name is not known.",
    examples: &[
        Example { call: r#"country_code("België")"#, gives: r#""BE""# },
        Example { call: r#"country_code("the Netherlands")"#, gives: r#""NL""# },
        Example { call: r#"country_code("Vereinigtes Königreich")"#, gives: r#""GB""# },
        Example { call: r#"country_code("nl")"#, gives: r#""NL""# },
        Example { call: r#"country_code("Atlantis")"#, gives: "none" },
    ],
    arity: (1, 1),
    kind: |given| {
        expect_text(given, 0)?;
        Ok(Typed::maybe(Kind::Text))
    },
    literals: None,
    spreads: true,
    call: |arena, given| {
        let name = folded(read(arena, given[0]));
        let code = CODES.get(&name).copied().unwrap_or_default();
        Ok(arena.put_value(code))
    },
}];

/// The codes by the names, folded; a code is a name too.
static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut codes = HashMap::new();
    for line in include_str!("countries.csv").lines().filter(|line| !line.starts_with('#')) {
        let Some(code) = line.split(';').next() else { continue };
        for name in line.split(';') {
            codes.insert(folded(name), code);
        }
    }
    codes
});

/// A name without regard to case and the form of blanks and apostrophes.
fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().map(|sign| if sign == '’' { '\'' } else { sign }).flat_map(char::to_lowercase));
    }
    folded
}
