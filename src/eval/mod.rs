//! Checked expressions over slots: a record's bytes are decoded by shape, expressions are computed, bodies are written.

mod compute;
mod decode;
mod expr;
mod frame;
mod mentions;
mod place;
mod plan;
mod print;
mod query;
mod reader;
mod scalar;
mod shape;
mod watch;
mod writer;

pub use compute::{Computed, eval, holds};
pub use expr::{
    Arithmetic, Arm, Compared, Comparison, Each, Entry, Expr, Function, Op, Piece, RecordExpr, Step, Table, TableKey,
    TableRef,
};
pub use frame::{Frame, Settings};
pub use print::{copy, equal, literal, print};
pub use query::{Compiled, Query};
pub use reader::{Reader, Unreadable};
pub use shape::{Bounds, Format, Shape, ShapeField, Used};
pub use watch::Watch;
pub use writer::{Fields, write, write_plain, write_world};
