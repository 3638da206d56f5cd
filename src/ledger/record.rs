//! Source records go in; what is recorded of them comes out.

use jiff::Timestamp;

use crate::ledger::{Attempt, Hash, Thing};
use crate::report::{Code, Diagnostic, Excerpt, Sources, Written, mask};

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Taken in, to be worked on (from its `due` time on, if it has one).
    Waiting,
    /// Ended well.
    Done,
    /// Ended without doing anything, and that is fine.
    Skipped,
    /// A person must look.
    Held,
    /// Retries are used up; it comes again with the next run.
    Failed,
    /// A write may or may not have landed; a person says which.
    InDoubt,
    /// The flow stopped at it and waits for a person.
    Stopped,
}

impl Status {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 7] =
        [Self::Waiting, Self::Done, Self::Skipped, Self::Held, Self::Failed, Self::InDoubt, Self::Stopped];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::InDoubt => "in doubt",
            Self::Stopped => "stopped",
        }
    }

    /// Whether anything was written for a record that stands so, and has made these.
    pub fn written(self, made: Vec<String>) -> Written {
        match self {
            Self::InDoubt => Written::Unknown(made),
            _ if made.is_empty() => Written::Nothing,
            _ => Written::These(made),
        }
    }

    /// The status of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// A record as its source gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its identity in the flow.
    pub key: String,
    /// What people call it: the order number.
    pub title: String,
    /// Lower goes first; equals go in the order they were taken in.
    pub order: u64,
    /// The record's bytes.
    pub source: Vec<u8>,
    /// Hash of what the flow reads of it.
    pub content: Hash,
    /// Hash of the flow and its settings.
    pub version: Hash,
}

/// Records to take in, and the cursor that has passed them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The records; a later one of the same key wins.
    pub records: Vec<Incoming>,
    /// The cursor after them, in the caller's own form; `None` leaves it where it is.
    pub cursor: Option<String>,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    /// Never seen before: now waiting.
    pub new: u64,
    /// Changed (or failed before): waiting again.
    pub again: u64,
    /// Known and unchanged: passed by.
    pub unchanged: u64,
    /// Changed, but in doubt: the new body is kept, the doubt stays.
    pub in_doubt: u64,
}

/// Where a waiting record stands in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The order its source gave it.
    pub order: u64,
    /// The ledger's own count, given when it was first taken in.
    pub sequence: u64,
}

/// Which waiting records to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// At most so many.
    pub limit: u32,
    /// Only those after this mark.
    pub after: Option<Mark>,
    /// Only those that are due by then (those without a due time always are).
    pub due_by: Timestamp,
}

/// All that is recorded of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What is listed of it.
    pub summary: Summary,
    /// Its place in the queue.
    pub mark: Mark,
    /// The source's bytes; empty when they were erased.
    pub source: Vec<u8>,
    /// Hash of what the flow reads of it.
    pub content: Hash,
    /// Every write it tried, by step and number.
    pub attempts: Vec<Attempt>,
    /// Durable results of this round's steps, by name.
    pub steps: Vec<Memo>,
}

/// What is listed of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The flow it is of.
    pub flow: String,
    /// Its identity in the flow.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// Counts its bodies and resends from 1: a put for an older round is superseded.
    pub round: u32,
    /// Hash of the flow and settings that this round began with.
    pub version: Hash,
    /// When it was first taken in.
    pub first_seen: Timestamp,
    /// When its status last changed.
    pub changed: Timestamp,
    /// Not to be worked on before.
    pub due: Option<Timestamp>,
    /// When it last ended as done, ever: `None` says that what it made may be unfinished.
    pub completed: Option<Timestamp>,
    /// How it last ended; `made` in it is all that it ever made.
    pub outcome: Option<Outcome>,
}

/// A durable result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memo {
    /// The step's name: its stable path in the graph.
    pub name: String,
    /// What it gave.
    pub value: Vec<u8>,
    /// When it was stored.
    pub at: Timestamp,
}

/// A step's result to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The record's key.
    pub key: String,
    /// The record's round.
    pub round: u32,
    /// The step's name.
    pub name: String,
    /// What it gave.
    pub value: Vec<u8>,
}

/// Whether a value was kept: the first writer wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// This call's value is the one kept.
    Own,
    /// Another was there already: this one.
    Other(Vec<u8>),
}

/// How a record ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Where it stands now; `Waiting` puts it back.
    pub status: Status,
    /// The number of what went wrong.
    pub code: Option<Code>,
    /// The words for the person.
    pub reason: Option<String>,
    /// The step it ended at.
    pub step: Option<String>,
    /// Where that stands, as an [`Excerpt`] is written: a line of `file:line:column+width`, and the flow's line.
    pub place: Option<String>,
    /// The field that was wrong.
    pub field: Option<String>,
    /// The value it had.
    pub value: Option<String>,
    /// What it made.
    pub made: Vec<Thing>,
    /// What its steps decided, in their order; of an earlier part of the same round what no later part decided again.
    pub decided: Vec<Decision>,
    /// How many requests it took.
    pub requests: u32,
    /// Hash of the flow and settings it ended on.
    pub version: Hash,
    /// What of its title, words and values is personal, each without a line's end: masked where anyone may read them.
    pub personal: Vec<String>,
}

/// What a step decided about a thing, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The record's round in which.
    pub round: u32,
    /// The step.
    pub step: String,
    /// What, in a word: `recognised`, `created`.
    pub what: String,
    /// The rung or the key by which; a name or words of the flow, or what the thing carries.
    pub by: Option<String>,
    /// The thing.
    pub thing: Option<Thing>,
}

impl Summary {
    /// What it is called where anyone may read it: its title, or its key where the title is personal.
    pub fn called(&self) -> String {
        let name = if self.masked(&self.title) == self.title { &self.title } else { &self.key };
        self.masked(name)
    }

    /// One of its texts, where anyone may read it.
    pub fn masked(&self, text: &str) -> String {
        mask(text, self.outcome.as_ref().map_or(&[], |outcome| &outcome.personal))
    }

    /// What went on with it, in the shape of all messages, and the line of the flow as it was; none when nothing did.
    pub fn problem(&self) -> Option<(Diagnostic, Sources)> {
        let outcome = self.outcome.as_ref()?;
        let (code, excerpt) = (outcome.code?, Excerpt::parse(outcome.place.as_deref()?)?);
        let mut sources = Sources::default();
        let span = sources.add_excerpt(&excerpt);
        let made = outcome.made.iter().map(|made| format!("{} {}", made.resource, made.id)).collect();
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut problem = Diagnostic::error(code, span, known(&outcome.reason))
            .record(outcome.status.word(), &self.title)
            .step(outcome.step.as_deref().unwrap_or_default())
            .path(known(&outcome.field))
            .found(known(&outcome.value));
        // What a skipped record has was made before, or by others.
        if outcome.status != Status::Skipped {
            problem = problem.written(outcome.status.written(made));
        }
        Some((problem, sources))
    }
}

/// The end of a record's round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The record's key.
    pub key: String,
    /// The round that ended.
    pub round: u32,
    /// How. `Stopped` pauses the flow too, with the same reason.
    pub outcome: Outcome,
    /// When it is to be worked on again, if it waits.
    pub due: Option<Timestamp>,
}

/// Whether an end was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// The record stands where the end says.
    Stored,
    /// The record has a newer body or has ended already: nothing changed.
    Superseded,
}

/// Which ended records a run takes up again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revive {
    /// Failed ones, and those in doubt over a write that is not theirs alone (it may be known by now); they go on at
    /// the step that failed, in the same round.
    pub failed: bool,
    /// Skipped, held and failed ones of any other version; they begin a new round on this one.
    pub version: Option<Hash>,
}

/// Which records a person sends again. Each begins a new round; one that failed on the same version goes on in its round, at
/// the step that failed. One that waits for its time need not wait any longer;
/// one in doubt stays so until it is resolved; one whose bytes were erased stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resend {
    /// Those with these keys.
    Keys(Vec<String>),
    /// Those held for this reason.
    Held(String),
}
