//! A record as the memory keeps it.

use jiff::Timestamp;

use crate::ledger::person::Marks;
use crate::ledger::rules;
use crate::ledger::{Attempt, Decision, End, Hash, Incoming, Mark, Memo, Outcome, Record, Status, Summary, Thing};

/// A record, without its attempts.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) summary: Summary,
    pub(super) mark: Mark,
    pub(super) source: Vec<u8>,
    pub(super) content: Hash,
    pub(super) steps: Vec<Memo>,
    made: Vec<Thing>,
    /// What its steps decided.
    decided: Vec<Decision>,
}

impl Kept {
    /// A record that was never seen before.
    pub(super) fn new(flow: &str, incoming: Incoming, sequence: u64, now: Timestamp) -> Self {
        let summary = Summary {
            flow: flow.to_owned(),
            key: incoming.key,
            title: incoming.title,
            status: Status::Waiting,
            round: 1,
            version: incoming.version,
            first_seen: now,
            changed: now,
            due: None,
            completed: None,
            outcome: None,
        };
        let mark = Mark { order: rules::kept_number(incoming.order), sequence };
        let (source, content) = (incoming.source, incoming.content);
        Self { summary, mark, source, content, steps: Vec::new(), made: Vec::new(), decided: Vec::new() }
    }

    /// A record as another ledger holds it.
    pub(super) fn of(record: Record) -> Self {
        let Record { summary, mark, source, content, steps, .. } = record;
        let made = summary.outcome.as_ref().map(|outcome| outcome.made.clone()).unwrap_or_default();
        let decided = summary.outcome.as_ref().map(|outcome| outcome.decided.clone()).unwrap_or_default();
        Self { summary, mark, source, content, steps, made, decided }
    }

    /// Takes a new body.
    pub(super) fn renew(&mut self, incoming: Incoming, status: Status, now: Timestamp) {
        self.summary.title = incoming.title;
        self.mark.order = rules::kept_number(incoming.order);
        (self.source, self.content) = (incoming.source, incoming.content);
        self.new_round(status, Some(incoming.version), now);
    }

    /// Begins a round: what its steps gave before is no longer true.
    pub(super) fn new_round(&mut self, status: Status, version: Option<Hash>, now: Timestamp) {
        self.wait(now);
        self.summary.status = status;
        self.summary.round += 1;
        self.summary.version = version.unwrap_or(self.summary.version);
        self.steps.clear();
    }

    /// Goes on in its round.
    pub(super) fn wait(&mut self, now: Timestamp) {
        self.summary.status = Status::Waiting;
        self.summary.due = None;
        self.summary.changed = now;
    }

    /// Ends its round.
    pub(super) fn finish(&mut self, end: End, now: Timestamp) {
        let End { outcome, due, .. } = end;
        self.summary.status = outcome.status;
        self.summary.changed = now;
        self.summary.due = due.map(rules::kept);
        if outcome.status == Status::Done {
            self.summary.completed = Some(now);
        }
        if !rules::keeps_steps(outcome.status) {
            self.steps.clear();
        }
        for thing in &outcome.made {
            if !self.made.contains(thing) {
                self.made.push(thing.clone());
            }
        }
        let round = self.summary.round;
        let again = |step: &str| outcome.decided.iter().any(|decision| decision.step == step);
        self.decided.retain(|decision| decision.round == round && !again(&decision.step));
        self.decided.extend(outcome.decided);
        let (made, decided) = (self.made.clone(), self.decided.clone());
        self.summary.outcome = Some(Outcome { made, decided, ..outcome });
    }

    /// Drops what is kept for a time only.
    pub(super) fn expire(&mut self) {
        self.source.clear();
        let Some(outcome) = &mut self.summary.outcome else { return };
        let personal = std::mem::take(&mut outcome.personal);
        self.summary.title = rules::called(&self.summary.title, &self.summary.key, &personal);
        for words in [&mut outcome.reason, &mut outcome.value].into_iter().flatten() {
            *words = rules::masked(words, &personal);
        }
    }

    /// Drops what is kept about a person.
    pub(super) fn forget(&mut self) {
        self.source.clear();
        self.steps.clear();
        self.summary.title.clear();
        if let Some(outcome) = &mut self.summary.outcome {
            (outcome.reason, outcome.field, outcome.value) = (None, None, None);
            outcome.personal.clear();
            outcome.decided.clear();
        }
        self.decided.clear();
        if self.summary.status == Status::Held {
            self.summary.status = Status::Skipped;
        }
    }

    /// Whether it holds the text.
    pub(super) fn holds(&self, marks: &Marks) -> bool {
        let outcome = self.summary.outcome.as_ref();
        let words = outcome.into_iter().flat_map(|outcome| [&outcome.reason, &outcome.value]).flatten();
        let personal = outcome.into_iter().flat_map(|outcome| &outcome.personal);
        let texts = words.chain(personal).chain([&self.summary.title]).map(String::as_bytes);
        texts.chain([self.source.as_slice()]).any(|bytes| marks.are_in(bytes))
    }

    /// All of it, with its attempts.
    pub(super) fn record(&self, attempts: Vec<Attempt>) -> Record {
        let mut steps = self.steps.clone();
        steps.sort_by(|one, other| one.name.cmp(&other.name));
        let (summary, source) = (self.summary.clone(), self.source.clone());
        Record { summary, mark: self.mark, source, content: self.content, attempts, steps }
    }
}
