//! A flow and what was chosen for it go in; its settings as a record that every expression sees, or what is missing, come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::Program;
use crate::eval::{Expr, Settings, Table};
use crate::value::Failure;

/// What was chosen for a setting.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// A value: an expression of literals.
    Value(Expr),
    /// An instant, which no literal gives.
    Instant(Timestamp),
    /// A table.
    Table(Arc<Table>),
}

/// A setting that has no value.
#[derive(Clone, Debug)]
pub struct Missing {
    /// Its number in [`Program::settings`].
    pub setting: usize,
    /// Why it could not be computed, when it could not.
    pub failure: Option<Box<Failure>>,
}
