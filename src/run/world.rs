//! All that a run stands in: the systems, the ledger, the time, and the hand that may stop it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::connect::System;
use crate::eval::Settings;
use crate::ledger::Ledger;
use crate::report::Sources;
use crate::run::{Again, Outcome};
use crate::value::Clock;

/// All that a run stands in.
#[derive(Clone)]
pub struct World {
    /// Whose records these are.
    pub tenant: Arc<str>,
    /// The systems, by the number of the program's role.
    pub systems: Vec<System>,
    /// The flow's settings, bound.
    pub settings: Arc<Settings>,
    /// All that this version of the flow is made of, kept in the ledger with its first run; empty where none is kept.
    pub kept: Arc<[u8]>,
    /// What is remembered.
    pub ledger: Arc<dyn Ledger>,
    /// The texts that places in the flow lie in.
    pub sources: Arc<Sources>,
    /// The time.
    pub clock: Clock,
    /// Where a datetime's day is told.
    pub zone: TimeZone,
    /// Where the randomness of waits begins.
    pub seed: u64,
    /// The name by which a lane is claimed.
    pub holder: Arc<str>,
    /// Stops the run between requests.
    pub cancel: CancellationToken,
    /// Stops it at once: what is under way is left without its answer.
    pub at_once: CancellationToken,
    /// Who looks on.
    pub watch: Arc<dyn Watch>,
}

/// What of a flow is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Lists from here instead of from the cursor.
    pub since: Option<Timestamp>,
    /// Only the record of this key or title.
    pub only: Option<Arc<str>>,
    /// No more than so many records.
    pub limit: Option<usize>,
    /// Goes on although the flow waits for a person.
    pub resume: bool,
    /// How long one record may wait for a retry before it ends as failed and comes again with the next run.
    pub patience: Duration,
    /// How many records are worked on at once.
    pub concurrency: usize,
    /// These source records instead of those the source lists: they enter behind `from`.
    pub records: Option<Vec<Bytes>>,
    /// Records of the ledger instead of what the source lists.
    pub again: Option<Again>,
    /// Judges a stop after a write although a field it reads was not answered. A declared world, which cannot compute
    /// what only the system itself computes, leaves such a stop unjudged.
    pub judge_unknown: bool,
    /// What a thing is made once by: all of it.
    pub protocol: Protocol,
}

/// What keeps a thing from being made twice. Every command works with all of it; only a test takes parts away, to see
/// that each is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// A thing is looked for by its key before it is made.
    pub looks: bool,
    /// What became of an attempt is found out before there is another.
    pub settles: bool,
    /// One record at a time works on an identity, and what is made for it is reserved under it.
    pub locks: bool,
}

impl Default for Protocol {
    fn default() -> Protocol {
        Protocol { looks: true, settles: true, locks: true }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            since: None,
            only: None,
            limit: None,
            resume: false,
            patience: Duration::from_secs(60),
            concurrency: 100,
            records: None,
            again: None,
            judge_unknown: true,
            protocol: Protocol::default(),
        }
    }
}

/// Someone who looks on while a flow runs.
pub trait Watch: Send + Sync {
    /// So many records are to be worked on.
    fn found(&self, records: usize);
    /// A record ended.
    fn ended(&self, outcome: &Outcome);
    /// A record came by a step, and this happened there.
    fn passed(&self, step: &Arc<str>, way: Way) {
        let _ = (step, way);
    }
}

/// What happens at a step that no expression tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A policy of the flow said what is done about an error: its number, and that of the class in it. It is of no step.
    Policy(usize, usize),
    /// It was begun.
    Begun,
    /// What was looked for was found, all of it.
    Found,
    /// It was not.
    Missing,
    /// The rung of that number recognised one.
    Rung(usize),
    /// What was found was changed.
    Updated,
    /// What was found is as it should be.
    Kept,
    /// None was there, and one was made.
    Created,
}
