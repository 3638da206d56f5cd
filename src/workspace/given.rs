//! A setting's value as it stands in `koppel.toml`, with its place; numbers are still text, so that none is rounded.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::report::Span;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The value.
    pub(crate) what: GivenWhat,
    /// Where it stands.
    pub(crate) span: Span,
}

/// What stands there.
#[derive(Clone, Debug)]
pub(crate) enum GivenWhat {
    /// A text.
    Text(String),
    /// A whole number, as decimal digits.
    Int(String),
    /// A number with a point, as written.
    Decimal(String),
    /// A truth.
    Bool(bool),
    /// A day.
    Date(Date),
    /// An instant.
    Datetime(Timestamp),
    /// A date and time without an offset, or a time alone.
    Other,
    /// Many.
    List(Vec<Given>),
    /// Names and values, with the places of the names.
    Table(Vec<(String, Span, Given)>),
}

impl GivenWhat {
    /// What it is, for people.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            GivenWhat::Text(_) => "a text",
            GivenWhat::Int(_) => "a whole number",
            GivenWhat::Decimal(_) => "a number",
            GivenWhat::Bool(_) => "a truth",
            GivenWhat::Date(_) => "a date",
            GivenWhat::Datetime(_) => "a date with a time",
            GivenWhat::Other => "a time without an offset",
            GivenWhat::List(_) => "a list",
            GivenWhat::Table(_) => "a table",
        }
    }
}
