//! What comes in: the source, its cursor, its times, the names of fields.

use super::*;

/// `from R as name { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct From {
    /// Where records come from.
    pub resource: Resource,
    /// What a record is called.
    pub name: Name,
    /// `key`: all that are written; `check` wants one.
    pub keys: Vec<Expr>,
    /// `by` lines, each a list of conditions.
    pub by: Vec<Vec<Spanned<By>>>,
    /// `cursor` lines; `check` wants one at most.
    pub cursors: Vec<Spanned<Cursor>>,
    /// `every` lines.
    pub every: Vec<Spanned<Every>>,
    /// `webhook`, where written.
    pub webhook: Option<Span>,
}

/// `cursor order.changed_at from e overlap 15 min`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The field that grows.
    pub path: Expr,
    /// Where to begin the first time.
    pub from: Option<Expr>,
    /// How much is read again.
    pub overlap: Option<Spanned<Time>>,
}

/// How often a flow runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Every {
    /// `5 min`.
    Time(Time),
    /// A cron text.
    Cron(Box<str>),
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// How many.
    pub count: u64,
    /// Of what.
    pub unit: TimeUnit,
}

impl Time {
    /// The length in seconds, as far as it can be told.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.count.saturating_mul(match self.unit {
            TimeUnit::Second => 1,
            TimeUnit::Minute => 60,
            TimeUnit::Hour => 3600,
            TimeUnit::Day => 86_400,
        })
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `s`.
    Second,
    /// `min`.
    Minute,
    /// `h`.
    Hour,
    /// `day`, `days`.
    Day,
}

/// One condition of `by` in `from` and `find`.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// `linked e`.
    Linked(Expr),
    /// `field = e`.
    Equals(Field, Expr),
    /// `field in e`.
    In(Field, Expr),
}

/// A field of a record, possibly nested: `comments.internal`.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its words.
    pub words: Vec<Name>,
}

impl Field {
    /// From the first word to the last.
    #[must_use]
    pub fn span(&self) -> Span {
        let first = self.words.first().map_or_else(Span::default, |word| word.span);
        self.words.last().map_or(first, |last| first.to(last.span))
    }

    /// The words joined with dots.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.iter().map(|word| &*word.node).collect::<Vec<_>>().join(".")
    }
}
