//! What became of records: plain data that holds all that happened; reports only read it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::ledger::{Counts, Run, Status};
use crate::report::{Code, Diagnostic, Span, codes, mask};
use crate::run::Deed;

/// A thing that a record made, changed or found in a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What was done: `created`, `updated`, `called send`, `adopted`.
    pub verb: Arc<str>,
    /// Where: `books.invoices`.
    pub resource: Arc<str>,
    /// Its id.
    pub id: Arc<str>,
}

impl Made {
    /// It was sent, not taken as it was.
    #[must_use]
    pub fn is_written(&self) -> bool {
        !matches!(&*self.verb, "adopted" | "found")
    }
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its key in the ledger.
    pub key: Arc<str>,
    /// What people know it by.
    pub title: Arc<str>,
    /// How it ended.
    pub status: Status,
    /// The number of the kind of problem, where there is one.
    pub code: Option<Code>,
    /// Why, for people; empty when done.
    pub reason: String,
    /// The step at which it ended; empty when done.
    pub step: Arc<str>,
    /// The place in the flow.
    pub span: Option<Span>,
    /// The field it is about, at the source or the target; may be empty.
    pub field: String,
    /// The value that was found there; may be empty.
    pub found: String,
    /// What was expected there instead; may be empty.
    pub expected: String,
    /// What was made, in order.
    pub made: Vec<Made>,
    /// What its steps did, in order.
    pub deeds: Vec<Deed>,
    /// What of these texts is personal: masked wherever it is not the owner who asks for this record.
    pub personal: Vec<String>,
}

impl Outcome {
    /// What it is called where anyone may read it: its title, or its key where the title is personal.
    #[must_use]
    pub fn called(&self) -> String {
        let name = if mask(&self.title, &self.personal) == *self.title { &self.title } else { &self.key };
        mask(name, &self.personal)
    }

    /// One of its texts, where anyone may read it.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        mask(text, &self.personal)
    }

    /// What went on with it, in the shape of all messages; none when it is done.
    #[must_use]
    pub fn problem(&self) -> Option<Diagnostic> {
        let (code, span) = (self.code?, self.span?);
        let ours = self.made.iter().filter(|made| made.is_written());
        let written = ours.map(|made| format!("{} {} {}", made.verb, made.resource, made.id)).collect();
        Some(
            Diagnostic::error(code, span, self.masked(&self.reason))
                .record(self.status.word(), self.called())
                .step(&self.step)
                .path(&self.field)
                .found(self.masked(&self.found))
                .expected(self.masked(&self.expected))
                .written(self.status.written(written)),
        )
    }
}

/// A write that may have been sent and of which nobody knows whether it happened: the run ended before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The record, or the identity, that it is written for.
    pub key: Arc<str>,
    /// The step.
    pub step: Arc<str>,
    /// Its place in the flow.
    pub span: Span,
    /// What it carries, by which it is looked for.
    pub key_text: Arc<str>,
    /// The number of the attempt.
    pub n: u32,
}

impl Unanswered {
    pub(super) fn is(&self, other: &Unanswered) -> bool {
        (&self.key, &self.step, self.n) == (&other.key, &other.step, other.n)
    }

    /// It in the shape of all messages.
    #[must_use]
    pub fn problem(&self) -> Diagnostic {
        let words = format!(
            "nobody knows whether `{}` happened: the run ended before the answer; the next one looks for {:?}",
            self.step, &*self.key_text
        );
        Diagnostic::error(codes::run::IN_DOUBT, self.span, words)
    }
}

/// How many requests a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// That only read.
    pub reads: u64,
    /// That may change something.
    pub writes: u64,
    /// How many nobody could have spared: the writes that did something, each page that must be read once.
    pub least: u64,
}

/// How a run ended as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All records that were there ended in some way.
    Done,
    /// It was told to stop.
    Cancelled,
    /// The flow waits for a person: why.
    Paused(String),
    /// A system does not know us: which connection, why.
    LogIn(String),
    /// The set-up is wrong: why.
    Config(String),
    /// A system could not be reached after retries: why.
    Unreachable(String),
    /// Another process works on it: who.
    Taken(String),
    /// The ledger refused: why.
    Ledger(String),
}

impl Ended {
    /// One word for it, for counts and logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Ended::Done => "done",
            Ended::Cancelled => "cancelled",
            Ended::Paused(_) => "paused",
            Ended::LogIn(_) => "log_in",
            Ended::Config(_) => "config",
            Ended::Unreachable(_) => "unreachable",
            Ended::Taken(_) => "taken",
            Ended::Ledger(_) => "ledger",
        }
    }

    /// What ended it, in the shape of all messages; none when all is done.
    #[must_use]
    pub fn problem(&self) -> Option<Diagnostic> {
        let (code, words) = match self {
            Ended::Done => return None,
            Ended::Cancelled => (codes::run::CANCELLED, "it was told to stop; nothing is lost".to_owned()),
            Ended::Paused(why) => (codes::run::PAUSED, format!("the flow waits for a person: {why}")),
            Ended::LogIn(why) => (codes::run::LOG_IN, why.clone()),
            Ended::Config(why) => (codes::run::SET_UP, why.clone()),
            Ended::Unreachable(why) => (codes::run::UNREACHABLE, why.clone()),
            Ended::Taken(who) => (codes::run::TAKEN, format!("another run is under way: {who}")),
            Ended::Ledger(why) => (codes::run::LEDGER, why.clone()),
        };
        Some(Diagnostic::error(code, Span::NONE, words))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Done => f.write_str("done"),
            Ended::Cancelled => f.write_str("it was told to stop"),
            Ended::Paused(why) => write!(f, "the flow waits for a person: {why}"),
            Ended::LogIn(why) => write!(f, "log in again: {why}"),
            Ended::Config(why) => write!(f, "the set-up is wrong: {why}"),
            Ended::Unreachable(why) => write!(f, "a system cannot be reached: {why}"),
            Ended::Taken(why) | Ended::Ledger(why) => f.write_str(why),
        }
    }
}

/// Records of which a run keeps no more than what they ended as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// How many ended so.
    pub ended: BTreeMap<Status, usize>,
    /// How many things they made, changed or acted on: what was done, where.
    pub made: BTreeMap<(Arc<str>, Arc<str>), usize>,
}

impl Others {
    /// One more.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        *self.ended.entry(outcome.status).or_default() += 1;
        for made in &outcome.made {
            *self.made.entry((made.verb.clone(), made.resource.clone())).or_default() += 1;
        }
    }

    /// How many they are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.ended.values().sum()
    }
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The flow.
    pub flow: Arc<str>,
    /// What became of each record, in the order they were worked on; of very many, of the first of them.
    pub outcomes: Vec<Outcome>,
    /// What became of the others.
    pub others: Others,
    /// How many records the source showed.
    pub listed: usize,
    /// How many of them were known and unchanged.
    pub unchanged: usize,
    /// How many records of the flow are in doubt by now, of this run or an earlier one.
    pub in_doubt: u64,
    /// What it cost.
    pub requests: Requests,
    /// How it ended.
    pub ended: Ended,
    /// What it left without an answer.
    pub unanswered: Vec<Unanswered>,
}

impl Report {
    /// Of a run in which nothing happened yet.
    #[must_use]
    pub fn of(flow: Arc<str>) -> Report {
        Report {
            flow,
            outcomes: Vec::new(),
            others: Others::default(),
            listed: 0,
            unchanged: 0,
            in_doubt: 0,
            requests: Requests::default(),
            ended: Ended::Done,
            unanswered: Vec::new(),
        }
    }

    /// How many records ended so.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        let listed = self.outcomes.iter().filter(|outcome| outcome.status == status).count();
        listed + self.others.ended.get(&status).copied().unwrap_or_default()
    }

    /// What the ledger keeps of it.
    #[must_use]
    pub fn kept(&self, started: Timestamp, ended: Timestamp) -> Run {
        let mut counts = Counts::default();
        for status in Status::ALL {
            counts.add(status, self.count(status) as u64);
        }
        Run {
            started,
            ended,
            new: self.listed.saturating_sub(self.unchanged) as u64,
            counts,
            requests: self.requests.reads + self.requests.writes,
            fault: (self.ended != Ended::Done).then(|| self.ended.to_string()),
        }
    }
}
