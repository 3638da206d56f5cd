//! A question of a person goes in; lists and counts come out.

use std::sync::Arc;

use jiff::Timestamp;

use crate::ledger::Status;

/// Which records to list; newest change first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFilter {
    /// Of this tenant.
    pub tenant: Arc<str>,
    /// Of this flow only.
    pub flow: Option<String>,
    /// In this status only.
    pub status: Option<Status>,
    /// Changed since then.
    pub since: Option<Timestamp>,
    /// With this key or this title.
    pub named: Option<String>,
    /// That ended for this reason.
    pub reason: Option<String>,
    /// Pass by so many.
    pub skip: u32,
    /// At most so many.
    pub limit: u32,
}

impl RecordFilter {
    /// The newest hundred of a tenant.
    pub fn of(tenant: impl Into<Arc<str>>) -> Self {
        let tenant = tenant.into();
        Self { tenant, flow: None, status: None, since: None, named: None, reason: None, skip: 0, limit: 100 }
    }
}

/// How many records stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Status::ALL.len()]);

impl Counts {
    /// How many are in that status.
    pub fn of(&self, status: Status) -> u64 {
        self.0[status as usize]
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Counts so many more in that status.
    pub fn add(&mut self, status: Status, count: u64) {
        self.0[status as usize] += count;
    }
}

/// Records of a flow that ended alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The flow.
    pub flow: String,
    /// The words they ended with.
    pub reason: Option<String>,
    /// The step they ended at.
    pub step: Option<String>,
    /// How many they are.
    pub count: u64,
    /// Since when the first of them stands so.
    pub since: Timestamp,
}

/// What a retention time removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Records whose source bytes were dropped.
    pub sources: u64,
    /// Activity removed.
    pub activity: u64,
    /// Runs removed.
    pub runs: u64,
}

/// What was erased about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Ended records whose bytes, title and reasons were dropped; that they were done stays.
    pub records: u64,
    /// Activity removed.
    pub activity: u64,
    /// Records (flow, key) that are not at their end, and were left as they are.
    pub unfinished: Vec<(String, String)>,
}
