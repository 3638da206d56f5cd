//! An expression whose names are resolved and whose kinds are known; `check` makes it, this room computes it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::eval::query::Query;
use crate::report::Span;
use crate::script::Script;
use crate::value::{Builtin, Counter, Kind};

/// An expression and its place in the flow.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it does.
    pub op: Op,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// An expression at a place.
    #[must_use]
    pub fn new(op: Op, span: Span) -> Expr {
        Expr { op, span }
    }
}

/// What an expression does.
#[derive(Clone, Debug)]
pub enum Op {
    /// Not set.
    Unset,
    /// JSON null, right of a field's `=` only.
    Null,
    /// A truth.
    Bool(bool),
    /// A number.
    Number(Decimal),
    /// A text without holes.
    Text(Box<str>),
    /// A day.
    Date(Date),
    /// The variable of that number, counted from the frame's base.
    Var(u32),
    /// A `let`: its variable, and what it is computed by when it is first needed.
    Lazy(u32, Arc<Expr>),
    /// A path that names one value at most.
    Path(Box<Expr>, Box<[Step]>),
    /// Paths that may name many values (more than one for an expanded `..name`), in order; always a list.
    Paths(Box<Expr>, Box<[Box<[Step]>]>),
    /// A path that cannot be compiled, asked of a value of that kind; `single` paths give one value, others a list.
    Query {
        /// What is asked.
        root: Box<Expr>,
        /// The kind of the root.
        kind: Kind,
        /// The parsed path.
        query: Arc<Query>,
        /// It names one value at most.
        single: bool,
    },
    /// A text with holes. `lenient` prints "(not set)" (the text of a stop); otherwise each piece must be set.
    Concat {
        /// The pieces in order.
        pieces: Vec<Piece>,
        /// It prints what is not set.
        lenient: bool,
    },
    /// `not a`.
    Not(Box<Expr>),
    /// `a and b`.
    And(Box<Expr>, Box<Expr>),
    /// `a or b`.
    Or(Box<Expr>, Box<Expr>),
    /// `a is set`.
    IsSet(Box<Expr>),
    /// `a == b` and its kin. Not set: `==` is false, `!=` is true, an order is not set.
    Compare(Comparison, Compared, Box<Expr>, Box<Expr>),
    /// `a in b` (`not in` is its `Not`): false when `a` is not set.
    In(Compared, Box<Expr>, Box<Expr>),
    /// `a + b` and its kin on numbers, exact; not set spreads.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `-a`.
    Negate(Box<Expr>),
    /// `a ?? b`.
    Coalesce(Box<Expr>, Box<Expr>),
    /// `value when condition`: condition first.
    When(Box<Expr>, Box<Expr>),
    /// `match`: the first arm that equals; not set takes `none`, else `_`.
    Match {
        /// What is compared.
        subject: Box<Expr>,
        /// How.
        compared: Compared,
        /// The arms in order.
        arms: Vec<Arm>,
        /// The arm for not set.
        none: Option<Box<Expr>>,
        /// The arm for the rest.
        any: Option<Box<Expr>>,
    },
    /// A list of records.
    Each(Box<Each>),
    /// A record.
    Record(Box<RecordExpr>),
    /// A list; what is not set is left out.
    List(Vec<Expr>),
    /// A builtin function.
    Builtin(&'static Builtin, Vec<Expr>),
    /// A function of the language.
    Function(Arc<Function>, Vec<Expr>),
    /// A rhai function.
    Script(Arc<Script>, Vec<Expr>),
    /// A table's row.
    Lookup(TableRef, Box<Expr>),
    /// A record seen through another kind: for each field of the result the number of the field it comes from.
    Project(Box<Expr>, Box<[Option<u32>]>),
    /// A list of records, each seen through another kind.
    ProjectAll(Box<Expr>, Box<[Option<u32>]>),
    /// The value, or a failure that says what is not set (where only a run can know).
    Sure(Box<Expr>, Box<str>),
    /// The value, counted. No checked flow holds one: whoever measures what tests touch puts it there.
    Counted(Arc<Counter>, Box<Expr>),
}

/// One step of a compiled path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The field in that slot.
    Field(u32),
    /// The element of that number; from the end when negative.
    Index(i64),
    /// All elements of a list.
    All,
    /// The values of all fields of a record.
    AllFields,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// As numbers.
    Number,
    /// As texts, letter by letter.
    Text,
    /// As texts without regard to case.
    NoCase,
    /// As truths.
    Bool,
    /// As days.
    Date,
    /// As instants.
    Datetime,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`, by a written power of ten, or inside `round`.
    Divide,
}

/// A piece of a text.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Characters.
    Text(Box<str>),
    /// A value and its kind.
    Value(Expr, Kind),
}

/// One arm of a `match`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Literals; any of them takes the arm.
    pub patterns: Vec<Expr>,
    /// What it gives.
    pub value: Expr,
}

/// `each a in xs, b in a.ys where c { … }`.
#[derive(Clone, Debug)]
pub struct Each {
    /// The variables and their lists, the outer first.
    pub ranges: Vec<(u32, Expr)>,
    /// Which count.
    pub condition: Option<Expr>,
    /// `let`s seen by the condition and the record, to be forgotten at each turn.
    pub record: RecordExpr,
}

/// A record being made.
#[derive(Clone, Debug)]
pub struct RecordExpr {
    /// How many slots it has.
    pub width: u32,
    /// The variables of `let`s in it, set to [`Value::Pending`](crate::value::Value::Pending) when it is begun.
    pub lets: Vec<u32>,
    /// Its lines in order.
    pub entries: Vec<Entry>,
}

/// A line of a record being made.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A field's slot and value.
    Field(u32, Expr),
    /// `if c { … } else { … }`.
    If(Expr, Vec<Entry>, Vec<Entry>),
}

/// A function of the language: it sees its arguments only, as variables 0 and on of a frame of its own.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Box<str>,
    /// How many variables its frame has.
    pub variables: u32,
    /// Which parameters may be not set; not set in any other spreads.
    pub maybe: Vec<bool>,
    /// The result.
    pub body: Expr,
}

/// Which table.
#[derive(Clone, Debug)]
pub enum TableRef {
    /// One written in a flow.
    Fixed(Arc<Table>),
    /// That of the setting of this number.
    Setting(u32),
}

/// A table: rows by key.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The rows; the value is a literal.
    pub rows: HashMap<TableKey, Expr>,
    /// The row `_`.
    pub any: Option<Expr>,
}

/// The key of a row: the plain text of a literal (a number without trailing zeros, a date as ISO 8601, an e-mail in lower case).
pub type TableKey = Box<str>;
