//! What flows share: functions and tables.

use super::*;

/// `fn f(a: K) -> K = e` or with a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The kind of its result.
    pub result: Spanned<Kind>,
    /// What it computes.
    pub body: FunctionBody,
}

/// `a: K`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Spanned<Kind>,
}

/// What a function computes.
#[derive(Clone, Debug, PartialEq)]
pub enum FunctionBody {
    /// `= e`.
    Expr(Expr),
    /// `rhai { … }`: the text between the braces, and its place.
    Script(Name),
}

/// `table t: K to K = { … }` or `= "rows.csv"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// The kind of its keys.
    pub key: Spanned<Kind>,
    /// The kind of what it gives.
    pub value: Spanned<Kind>,
    /// Its rows.
    pub rows: TableRows,
}

/// Where a table's rows stand.
#[derive(Clone, Debug, PartialEq)]
pub enum TableRows {
    /// Here.
    Rows(Vec<Row>),
    /// In a CSV file.
    File(Name),
}
