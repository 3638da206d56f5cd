//! The functions of the language: one row each, read by the checker, the runner, the reference and its test.

mod country;
mod list;
mod number;
mod text;
mod time;

use std::sync::OnceLock;

use crate::value::{Builtin, Kind, Typed};

/// All rows, by name.
#[must_use]
pub fn all() -> &'static [Builtin] {
    static ALL: OnceLock<Vec<Builtin>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut rows: Vec<Builtin> = [text::ROWS, number::ROWS, list::ROWS, time::ROWS, country::ROWS].concat();
        rows.sort_by_key(|row| row.name);
        rows
    })
}

/// The row of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Builtin> {
    all().iter().find(|row| row.name == name)
}

/// What the kind function of a row answers.
type Kinds = Result<Typed, (usize, String)>;

/// The argument is of a kind, or the words for what was expected.
fn expect(given: &[Typed], index: usize, fits: impl Fn(&Kind) -> bool, wanted: &str) -> Result<(), (usize, String)> {
    match given.get(index) {
        Some(typed) if !fits(&typed.kind) && typed.kind != Kind::Nothing && typed.kind != Kind::Any => {
            Err((index, format!("expected {wanted}, found {}", typed.kind)))
        }
        _ => Ok(()),
    }
}

fn expect_text(given: &[Typed], index: usize) -> Result<(), (usize, String)> {
    expect(given, index, Kind::is_textual, "text")
}

fn expect_number(given: &[Typed], index: usize) -> Result<(), (usize, String)> {
    expect(given, index, Kind::is_number, "a number")
}
