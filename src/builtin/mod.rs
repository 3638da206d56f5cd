//! The functions of the language: one row each, read by the checker, the runner, the reference and its test.

mod bank;
mod calendar;
mod country;
mod date_text;
mod list;
mod number;
mod pattern;
mod piece;
mod postal;
mod query;
mod text;
mod time;
mod vat;
mod vat_check;

use std::sync::OnceLock;

use crate::value::{Builtin, Kind, Typed};

pub use query::QUERY;

/// What belongs together in the reference: a title, and the lists of rows.
type Group = (&'static str, &'static [&'static [Builtin]]);

const GROUPS: &[Group] = &[
    ("Texts", &[text::ROWS, piece::ROWS]),
    ("Patterns", &[pattern::ROWS]),
    ("Numbers", &[number::ROWS]),
    ("Lists and records", &[list::ROWS, query::ROWS]),
    ("Dates and times", &[time::ROWS, calendar::ROWS, date_text::ROWS]),
    ("Countries, addresses and accounts", &[country::ROWS, postal::ROWS, vat::ROWS, bank::ROWS]),
];

/// The rows in groups, each with its title, by name within a group.
#[must_use]
pub fn groups() -> &'static [(&'static str, Vec<&'static Builtin>)] {
    static ALL: OnceLock<Vec<(&'static str, Vec<&'static Builtin>)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let sorted = |lists: &'static [&'static [Builtin]]| {
            let mut rows: Vec<&'static Builtin> = lists.iter().copied().flatten().collect();
            rows.sort_by_key(|row| row.name);
            rows
        };
        GROUPS.iter().map(|(title, lists)| (*title, sorted(lists))).collect()
    })
}

/// All rows, by name.
#[must_use]
pub fn all() -> &'static [Builtin] {
    static ALL: OnceLock<Vec<Builtin>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut rows: Vec<Builtin> = GROUPS.iter().flat_map(|(_, lists)| lists.concat()).collect();
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
