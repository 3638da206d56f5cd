//! Expressions, paths and patterns.

use super::*;

/// An expression and its place.
pub type Expr = Box<Spanned<ExprKind>>;

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number, date, truth, or text without holes.
    Literal(Literal),
    /// A text with holes.
    Text(Vec<Piece>),
    /// `none`.
    None,
    /// `order.debtor.email`.
    Path(Path),
    /// `f(a)`, `nl.f(a)`, `settings.t(a)`.
    Call {
        /// The name or the module.
        name: Name,
        /// The word behind the dot.
        member: Option<Name>,
        /// The arguments.
        arguments: Vec<Expr>,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a = 1 }`.
    Record(Vec<Entry>),
    /// `match e { … }`.
    Match {
        /// What is compared.
        subject: Expr,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `each a in xs, b in a.ys where c { … }`.
    Each {
        /// The names and their lists.
        ranges: Vec<(Name, Expr)>,
        /// Which count.
        condition: Option<Expr>,
        /// What each becomes.
        entries: Vec<Entry>,
    },
    /// `a and b` and its kin.
    Binary {
        /// Which.
        operator: Spanned<Operator>,
        /// Left.
        left: Expr,
        /// Right.
        right: Expr,
    },
    /// `not a`.
    Not(Expr),
    /// `-a`.
    Negative(Expr),
    /// `a is set`, `a is not set`.
    IsSet {
        /// What is asked.
        value: Expr,
        /// `is not set`.
        negated: bool,
    },
    /// Something unreadable that was told already.
    Broken,
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Add,
    Subtract,
    Multiply,
    Divide,
    Coalesce,
}

impl Operator {
    /// The operator as written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::In => "in",
            Operator::NotIn => "not in",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Coalesce => "??",
        }
    }
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A number, exact as written.
    Number(Decimal),
    /// A text without holes, unescaped.
    Text(Box<str>),
    /// A date.
    Date(jiff::civil::Date),
    /// `true` or `false`.
    Bool(bool),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Characters, unescaped.
    Text(Box<str>),
    /// `{e}`.
    Expr(Expr),
}

/// One arm of a `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// What it takes.
    pub pattern: Spanned<Pattern>,
    /// What it gives.
    pub value: Expr,
}

/// What an arm takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Any of these.
    Literals(Vec<Spanned<Literal>>),
    /// Not set.
    None,
    /// Everything else.
    Any,
}

/// A path: a name and its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The record's name.
    pub root: Name,
    /// The steps.
    pub steps: Vec<Spanned<Step>>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name` or `['name']`.
    Name(Box<str>),
    /// `..name`.
    Descend(Box<str>),
    /// `.*` or `[*]`.
    All,
    /// `[0]`, `[-1]`.
    Index(i64),
    /// Any other bracket, as written between `[` and `]` (a filter, slice, union), and `..[…]`, `..*` with its dots.
    Query(Box<str>),
}
