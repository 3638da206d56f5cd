//! The numbers of all kinds of mistakes, a file for each range; the page of each is `src/report/pages/K0000.md`.

use crate::report::{Code, Row};

/// Gives each line its constant, and the room the list of its rows: a number stands in one place only.
macro_rules! catalogue {
    ($(#[doc = $title:literal] pub const $name:ident: Code = Code($number:literal);)+) => {
        use crate::report::{Code, Row};

        $(#[doc = $title] pub const $name: Code = Code($number);)+

        /// All of this range.
        pub(super) const ROWS: &[Row] = &[$(Row { code: $name, name: stringify!($name), title: $title }),+];
    };
}

pub mod check;
pub mod command;
pub mod connector;
pub mod run;
pub mod syntax;
pub mod test;
pub mod workspace;

/// All of them, by number.
pub fn all() -> impl Iterator<Item = &'static Row> {
    [syntax::ROWS, check::ROWS, connector::ROWS, workspace::ROWS, run::ROWS, test::ROWS, command::ROWS]
        .into_iter()
        .flatten()
}

/// The row of a number, if it was ever given.
#[must_use]
pub fn row(code: Code) -> Option<&'static Row> {
    all().find(|row| row.code == code)
}
