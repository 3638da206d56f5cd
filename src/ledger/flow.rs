//! A flow's own state: its cursor, whether it is paused, its versions and its runs.

use jiff::Timestamp;

use crate::ledger::{Counts, Hash};

/// Why a flow does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The words for the person.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// What is recorded of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowState {
    /// The flow's name.
    pub flow: String,
    /// Up to where the source was read, in the caller's own form.
    pub cursor: Option<String>,
    /// Set when it is paused.
    pub paused: Option<Pause>,
    /// The version last put.
    pub version: Option<Hash>,
    /// The run that ended last.
    pub last_run: Option<Run>,
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// What was taken in: new records.
    pub new: u64,
    /// How many records ended how, in this run.
    pub counts: Counts,
    /// How many requests it took.
    pub requests: u64,
    /// What broke it off; `None` when it came to its end.
    pub fault: Option<String>,
}

/// A text a flow has had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Hash of the flow and its settings.
    pub hash: Hash,
    /// All its files, in the caller's own form.
    pub files: Vec<u8>,
    /// When it was first put.
    pub first: Timestamp,
    /// When it was last put.
    pub last: Timestamp,
}
