//! What a flow does: stops, looks, writes, policies, and the bodies they write.

use super::*;

/// `let name = e when c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Expr,
    /// Not set when this is false.
    pub guard: Option<Expr>,
}

/// Which word ends a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StopWord {
    /// Fine, recorded.
    Skip,
    /// A person must look.
    Hold,
    /// The whole flow waits.
    Stop,
}

impl StopWord {
    /// The word as written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            StopWord::Skip => "skip",
            StopWord::Hold => "hold",
            StopWord::Stop => "stop",
        }
    }
}

/// `skip when c because t`; in an end (`else hold because t`) without the guard.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// The word.
    pub word: Spanned<StopWord>,
    /// The condition.
    pub guard: Option<Expr>,
    /// The reason, a text with holes.
    pub because: Expr,
    /// The whole statement.
    pub span: Span,
}

/// `find R as x by f = e several skip because t`.
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// Where to look.
    pub resource: Resource,
    /// What the found one is called.
    pub name: Name,
    /// What to look for; empty for a resource of one record.
    pub by: Vec<Spanned<By>>,
    /// What to do with several; held without it.
    pub several: Option<Stop>,
}

/// `require R by f in xs else hold because t`.
#[derive(Clone, Debug, PartialEq)]
pub struct Require {
    /// Where to look.
    pub resource: Resource,
    /// What must be found.
    pub by: Vec<Spanned<By>>,
    /// What to do when one is missing; its text may say `{missing}`.
    pub otherwise: Stop,
}

/// `ensure R as c when g { rungs, fields }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensure {
    /// Where.
    pub resource: Resource,
    /// What the one found or made is called.
    pub name: Name,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// The rungs in order.
    pub rungs: Vec<Spanned<Rung>>,
    /// The record that is looked for and made.
    pub entries: Vec<Entry>,
}

/// One rung of an `ensure`.
#[derive(Clone, Debug, PartialEq)]
pub enum Rung {
    /// `use e`: taken as it is when set.
    Use(Expr),
    /// `by linked e, field, …`.
    By(Vec<Spanned<RungBy>>),
    /// `several hold because t`.
    Several(Stop),
    /// `found keep`.
    FoundKeep,
    /// `found update a, b`.
    FoundUpdate(Vec<Name>),
    /// `missing create`.
    MissingCreate,
    /// `missing hold because t`.
    MissingStop(Stop),
}

/// One part of a `by` rung.
#[derive(Clone, Debug, PartialEq)]
pub enum RungBy {
    /// `linked e`.
    Linked(Expr),
    /// A field of the record below.
    Field(Name),
}

/// `create R as x when g { key f = e … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Create {
    /// Where.
    pub resource: Resource,
    /// What the made one is called.
    pub name: Name,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// Key and fields.
    pub body: Body,
}

/// A record with, perhaps, a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// `key f = e`: all that are written; `check` wants one at most.
    pub keys: Vec<Key>,
    /// The fields.
    pub entries: Vec<Entry>,
    /// From brace to brace.
    pub span: Span,
}

/// `key f = e`.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The field that carries it.
    pub field: Field,
    /// What tells records apart.
    pub value: Expr,
    /// The whole line.
    pub span: Span,
}

/// `update R(id) when g { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Where.
    pub resource: Resource,
    /// Which one.
    pub id: Expr,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// The fields.
    pub entries: Vec<Entry>,
}

/// `call R.action(id) as x when g { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Where.
    pub resource: Resource,
    /// Which operation.
    pub action: Name,
    /// On which one.
    pub id: Expr,
    /// What the thing it makes is called.
    pub name: Option<Name>,
    /// The step is left out when this is false.
    pub guard: Option<Expr>,
    /// What it takes.
    pub body: Option<Body>,
}

/// `on network, server_error retry 8 times over 6 h`.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The classes of errors.
    pub classes: Vec<Name>,
    /// What to do.
    pub action: PolicyAction,
}

/// What a policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAction {
    /// Again, so many times, spread over a time.
    Retry {
        /// How often at most.
        times: u32,
        /// Over how long.
        over: Option<Time>,
    },
    /// The record waits for a person.
    Hold,
    /// The flow waits for a person.
    Stop,
    /// A lost reply is repeated after looking.
    Repeat,
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// `field = e when c`.
    Field {
        /// Its name.
        name: Name,
        /// Its value.
        value: EntryValue,
        /// Left out when this is false.
        guard: Option<Expr>,
    },
    /// `let x = e`.
    Let(Let),
    /// `if c { … } else { … }`.
    If(If),
}

/// Right of a field's `=`.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryValue {
    /// A value.
    Expr(Expr),
    /// `null`.
    Null(Span),
}

/// `if c { … } else if … else { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// When it holds.
    pub then: Vec<Entry>,
    /// When it does not; an `else if` is an [`Entry::If`] alone.
    pub otherwise: Vec<Entry>,
    /// The whole.
    pub span: Span,
}
