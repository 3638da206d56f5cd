//! Checked expressions over slots: a record's bytes are decoded by shape, expressions are computed, bodies are written.

mod expr;
mod query;
mod shape;

pub use expr::{
    Arithmetic, Arm, Compared, Comparison, Each, Entry, Expr, Function, Op, Piece, RecordExpr, Step, Table, TableKey,
    TableRef,
};
pub use query::Query;
pub use shape::{Format, Shape, ShapeField, Used};
