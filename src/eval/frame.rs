//! The variables of one record, and the settings that all records of a flow share.

use std::sync::{Arc, LazyLock};

use crate::eval::Table;
use crate::value::{Arena, Value};

/// A flow's settings, bound: an arena that begins every record's.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the values lie; a record's arena is a copy of it.
    pub arena: Arena,
    /// The settings as a record, in the order of the program; a table's slot stays not set.
    pub record: Value,
    /// The tables, by the number of the setting.
    pub tables: Arc<[Option<Arc<Table>>]>,
    /// All of it as text, for a hash of the version.
    pub text: Arc<str>,
}

/// The variables of a record, counted from the base of the function that runs.
#[derive(Clone, Debug)]
pub struct Frame {
    variables: Vec<Value>,
    base: usize,
    tables: Arc<[Option<Arc<Table>>]>,
}

impl Frame {
    /// A frame of so many variables, none of them set.
    #[must_use]
    pub fn new(variables: usize, tables: Arc<[Option<Arc<Table>>]>) -> Frame {
        Frame { variables: vec![Value::Unset; variables], base: 0, tables }
    }

    /// A frame of these variables, for an expression that needs no more.
    #[must_use]
    pub fn of(variables: &[Value]) -> Frame {
        static NONE: LazyLock<Arc<[Option<Arc<Table>>]>> = LazyLock::new(|| Arc::new([]));
        Frame { variables: variables.to_vec(), base: 0, tables: NONE.clone() }
    }
}

impl Frame {
    /// The value of a variable.
    #[must_use]
    pub fn get(&self, variable: u32) -> Value {
        self.variables.get(self.base + variable as usize).copied().unwrap_or_default()
    }

    /// Fills a variable.
    pub fn set(&mut self, variable: u32, value: Value) {
        let place = self.base + variable as usize;
        if let Some(slot) = self.variables.get_mut(place) {
            *slot = value;
        }
    }

    /// Sets nothing any more, keeping the memory.
    pub fn clear(&mut self) {
        self.variables.fill(Value::Unset);
    }

    /// The table of a setting.
    pub(super) fn table(&self, setting: u32) -> Option<Arc<Table>> {
        self.tables.get(setting as usize).cloned().flatten()
    }

    /// Opens the frame of a function with its arguments in the first variables; answers what [`Frame::leave`] wants.
    pub(super) fn enter(&mut self, arguments: &[Value], variables: usize) -> usize {
        let before = self.base;
        self.base = self.variables.len();
        self.variables.extend_from_slice(arguments);
        self.variables.resize(self.base + variables.max(arguments.len()), Value::Unset);
        before
    }

    /// Closes it again.
    pub(super) fn leave(&mut self, before: usize) {
        self.variables.truncate(self.base);
        self.base = before;
    }
}
