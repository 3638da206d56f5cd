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

/// Up to when what is kept for a time is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// What came in and went out before then: the bytes of records that are done or skipped, and the bodies of calls.
    pub payloads: Timestamp,
    /// That there was a call, or a run, before then.
    pub activity: Timestamp,
}

/// What a retention time removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Records whose source bytes, and what was personal of their words, were dropped.
    pub sources: u64,
    /// Calls whose bodies were dropped.
    pub bodies: u64,
    /// Calls removed.
    pub activity: u64,
    /// Runs removed.
    pub runs: u64,
    /// Versions of flows removed.
    pub versions: u64,
    /// Messages removed that could not be delivered.
    pub letters: u64,
    /// There is more of it.
    pub more: bool,
}

impl Erased {
    /// How many rows were touched.
    pub fn total(&self) -> u64 {
        self.sources + self.bodies + self.activity + self.runs + self.versions + self.letters
    }

    /// Adds what another pass removed; whether there is more is its word.
    pub fn add(&mut self, other: Self) {
        self.sources += other.sources;
        self.bodies += other.bodies;
        self.activity += other.activity;
        self.runs += other.runs;
        self.versions += other.versions;
        self.letters += other.letters;
        self.more = other.more;
    }
}
