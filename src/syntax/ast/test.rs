//! Tests that stand in a flow.

use super::*;

/// `test "…" for x in … { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows.
    pub title: Name,
    /// The values it is run over.
    pub ranges: Vec<TestRange>,
    /// Its lines in order.
    pub items: Vec<Spanned<TestItem>>,
}

/// `x in 1..12` or `x in [a, b]`.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRange {
    /// The name.
    pub name: Name,
    /// The values.
    pub values: TestValues,
}

/// The values of a range.
#[derive(Clone, Debug, PartialEq)]
pub enum TestValues {
    /// From, to and with the end.
    Between(Spanned<i64>, Spanned<i64>),
    /// A list.
    List(Expr),
}

/// A line of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestItem {
    /// `given …`.
    Given(Given),
    /// `fault …`.
    Fault(FaultLine),
    /// `let …`.
    Let(Let),
    /// `expect …`.
    Expect(Expect),
}

/// `given …`.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// `given link R "id" to R "id"`.
    Link {
        /// One side.
        from: (Resource, Name),
        /// The other.
        to: (Resource, Name),
    },
    /// `given settings.x = e`.
    Setting {
        /// Which.
        name: Name,
        /// Its value.
        value: Expr,
    },
    /// `given order "file" with f = e twice`.
    Records {
        /// The source record by its name, or a resource.
        what: GivenWhat,
        /// Where they come from.
        records: GivenRecords,
        /// Changes.
        with: Vec<(Field, Expr)>,
        /// It comes again in a second run.
        twice: bool,
    },
}

/// What is given.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenWhat {
    /// The source record.
    Name(Name),
    /// Records of a resource.
    Resource(Resource),
}

/// Where given records come from.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenRecords {
    /// A file.
    File(Name),
    /// In place.
    Record(Vec<Entry>, Span),
}

/// `fault create R lost_reply once`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultLine {
    /// At which step.
    pub effect: Effect,
    /// Its name; `429` and `500` are names too.
    pub name: Name,
    /// How often; always without it.
    pub times: Option<u32>,
}

/// `create R`, `call R.action`, `read R`.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What kind.
    pub word: Spanned<EffectWord>,
    /// Where.
    pub resource: Resource,
    /// The action of a `call`.
    pub action: Option<Name>,
}

/// What kind of effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectWord {
    /// A new thing.
    Create,
    /// A change.
    Update,
    /// A further operation.
    Call,
    /// A read.
    Read,
}

/// How a record of a test is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndWord {
    /// At a stop of the flow, or as if at one.
    At(StopWord),
    /// Given up, to come again with the next run.
    Fail,
    /// Nobody knows whether something was written.
    Doubt,
}

impl EndWord {
    /// The word as written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            EndWord::At(word) => word.word(),
            EndWord::Fail => "fail",
            EndWord::Doubt => "doubt",
        }
    }
}

/// `expect …`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// `expect hold "…"`, `expect fail`, `expect doubt`.
    Stop {
        /// The word.
        word: Spanned<EndWord>,
        /// What its reason holds.
        text: Option<Name>,
    },
    /// `expect create R …`.
    Effect {
        /// Which.
        effect: Effect,
        /// What of it.
        what: ExpectWhat,
    },
    /// `expect e`.
    Expr(Expr),
}

/// What is expected of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectWhat {
    /// Exactly once.
    Once,
    /// `N times`.
    Times(u32),
    /// As pinned.
    Snapshot,
    /// Once, with at least these fields.
    Record(Vec<Entry>, Span),
}
