//! A flow as the memory keeps it: its state, its records and their attempts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::ledger::rules::{self, Taking};
use crate::ledger::{
    Adoption, Answer, Attempt, Counts, End, Finished, FlowState, Hash, Incoming, LedgerError, Memo, Pause, Record,
    Resend, Reservation, Reserved, Resolution, Revive, Run, Settled, Settlement, State, Status, Step, Stored, Version,
    Window,
};

use super::kept::Kept;

/// What is recorded of a flow. Times that come in here are as they are kept.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Whether it has a state of its own, and not only attempts.
    pub(super) listed: bool,
    pub(super) cursor: Option<String>,
    pub(super) paused: Option<Pause>,
    pub(super) version: Option<Hash>,
    pub(super) versions: Vec<Version>,
    pub(super) runs: Vec<Run>,
    pub(super) records: BTreeMap<String, Kept>,
    /// By key, step and number.
    pub(super) attempts: BTreeMap<(String, String, u32), Attempt>,
}

impl Flow {
    pub(super) fn state(&self, name: &str) -> FlowState {
        FlowState {
            flow: name.to_owned(),
            cursor: self.cursor.clone(),
            paused: self.paused.clone(),
            version: self.version,
            last_run: self.runs.last().cloned(),
        }
    }

    /// Takes one record in; `sequence` is its number if it is new.
    pub(super) fn take(&mut self, name: &str, incoming: Incoming, sequence: u64, now: Timestamp) -> Taking {
        let known = self.records.get_mut(&incoming.key);
        let compared = known.as_ref().map(|known| (known.summary.status, known.content, known.summary.version));
        let taking = rules::taking(compared, &incoming);
        match (taking, known) {
            (Taking::Unchanged, _) => {}
            (Taking::GoesOn, Some(known)) => known.wait(now),
            (Taking::InDoubt, Some(known)) => known.renew(incoming, Status::InDoubt, now),
            (_, Some(known)) => known.renew(incoming, Status::Waiting, now),
            (_, None) => {
                self.records.insert(incoming.key.clone(), Kept::new(name, incoming, sequence, now));
            }
        }
        taking
    }

    pub(super) fn revive(&mut self, which: Revive, now: Timestamp) -> u64 {
        let mut revived = 0;
        let unsettled = self.attempts.values().filter(|attempt| rules::is_unsettled(&attempt.state));
        let doubtful: BTreeSet<String> = unsettled.map(|attempt| attempt.key.clone()).collect();
        for kept in self.records.values_mut() {
            let status = kept.summary.status;
            let shared = status == Status::InDoubt && !doubtful.contains(&kept.summary.key);
            let other = which.version.filter(|version| *version != kept.summary.version && !kept.source.is_empty());
            if other.is_some() && rules::may_revive(status) {
                kept.new_round(Status::Waiting, other, now);
                revived += 1;
            } else if which.failed
                && (shared || status == Status::Failed)
                && kept.summary.due.is_none_or(|due| due <= now)
            {
                kept.wait(now);
                revived += 1;
            }
        }
        revived
    }

    pub(super) fn resend(&mut self, which: Resend, version: Option<Hash>, now: Timestamp) -> u64 {
        let keys = match which {
            Resend::Keys(keys) => keys,
            Resend::Held(reason) => {
                let held = |kept: &&Kept| {
                    let outcome = kept.summary.outcome.as_ref();
                    kept.summary.status == Status::Held
                        && outcome.is_some_and(|outcome| outcome.reason.as_deref() == Some(&*reason))
                };
                self.records.values().filter(held).map(|kept| kept.summary.key.clone()).collect()
            }
        };
        let mut sent = 0;
        for key in keys {
            let Some(kept) = self.records.get_mut(&key).filter(|kept| !kept.source.is_empty()) else { continue };
            if rules::may_resend(kept.summary.status) {
                kept.new_round(Status::Waiting, version, now);
                sent += 1;
            } else if kept.summary.status == Status::Waiting && kept.summary.due.is_some() {
                kept.wait(now);
                sent += 1;
            }
        }
        sent
    }

    pub(super) fn resume(&mut self, version: Option<Hash>, now: Timestamp) -> u64 {
        self.paused = None;
        let stopped = |kept: &&mut Kept| kept.summary.status == Status::Stopped && !kept.source.is_empty();
        let mut resumed = 0;
        for kept in self.records.values_mut().filter(stopped) {
            kept.new_round(Status::Waiting, version, now);
            resumed += 1;
        }
        resumed
    }

    pub(super) fn pause(&mut self, pause: Pause) {
        self.listed = true;
        self.paused.get_or_insert(pause);
    }

    pub(super) fn waiting(&self, window: Window) -> Vec<Record> {
        let due_by = rules::kept(window.due_by);
        let after = window.after.map(|mark| (rules::kept_number(mark.order), rules::kept_number(mark.sequence)));
        let mut waiting: Vec<_> = self
            .records
            .values()
            .filter(|kept| kept.summary.status == Status::Waiting)
            .filter(|kept| kept.summary.due.is_none_or(|due| due <= due_by))
            .filter(|kept| after.is_none_or(|after| (kept.mark.order, kept.mark.sequence) > after))
            .collect();
        waiting.sort_by_key(|kept| kept.mark);
        waiting.truncate(window.limit as usize);
        waiting.into_iter().map(|kept| kept.record(self.attempts_of(&kept.summary.key))).collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.records.values().for_each(|kept| counts.add(kept.summary.status, 1));
        counts
    }

    pub(super) fn put_step(&mut self, step: Step, now: Timestamp) -> Result<Stored, LedgerError> {
        let Step { key, round, name, value } = step;
        let what = || format!("round {round} of record `{key}`");
        let kept = self.records.get_mut(&key).filter(|kept| round <= kept.summary.round);
        let kept = kept.ok_or_else(|| LedgerError::Unknown { what: what() })?;
        if round < kept.summary.round {
            return Ok(Stored::Own);
        }
        if let Some(memo) = kept.steps.iter().find(|memo| memo.name == name) {
            return Ok(Stored::Other(memo.value.clone()));
        }
        kept.steps.push(Memo { name, value, at: now });
        Ok(Stored::Own)
    }

    pub(super) fn finish(&mut self, end: End, now: Timestamp) -> Result<Finished, LedgerError> {
        let what = || format!("record `{}`", end.key);
        let kept = self.records.get_mut(&end.key).ok_or_else(|| LedgerError::Unknown { what: what() })?;
        if kept.summary.round != end.round || kept.summary.status != Status::Waiting {
            return Ok(Finished::Superseded);
        }
        if end.outcome.status == Status::Stopped {
            let reason = end.outcome.reason.clone().unwrap_or_default();
            self.listed = true;
            self.paused.get_or_insert(Pause { reason, since: now });
        }
        kept.finish(end, now);
        Ok(Finished::Stored)
    }

    pub(super) fn attempts_of(&self, key: &str) -> Vec<Attempt> {
        let from = (key.to_owned(), String::new(), 0);
        self.attempts.range(from..).take_while(|((of, ..), _)| of == key).map(|(_, attempt)| attempt.clone()).collect()
    }

    fn attempts_of_step(&self, key: &str, step: &str) -> Vec<Attempt> {
        let mut attempts = self.attempts_of(key);
        attempts.retain(|attempt| attempt.step == step);
        attempts
    }

    fn number(&mut self, key: &str, step: &str, n: u32) -> Result<&mut Attempt, LedgerError> {
        let what = || format!("attempt {n} of step `{step}` for `{key}`");
        let attempt = self.attempts.get_mut(&(key.to_owned(), step.to_owned(), n));
        attempt.ok_or_else(|| LedgerError::Unknown { what: what() })
    }

    pub(super) fn reserve(&mut self, write: Reservation, now: Timestamp) -> Result<Reserved, LedgerError> {
        let known = self.attempts_of_step(&write.key, &write.step);
        if let Some(attempt) = rules::in_the_way(&known, write.n)? {
            return Ok(Reserved::Exists(attempt.clone()));
        }
        let Reservation { key, step, n, key_text, body } = write;
        let id = (key.clone(), step.clone(), n);
        let (body, state) = (Some(body), State::Open);
        let attempt = Attempt { key, step, n, key_text, body, reserved: now, answered: None, state, said: false };
        self.attempts.insert(id, attempt);
        Ok(Reserved::Fresh)
    }

    /// Steps' results are kept only if all of them can be.
    fn put_steps(&mut self, steps: Vec<Step>, now: Timestamp) -> Result<(), LedgerError> {
        for Step { key, round, .. } in &steps {
            if self.records.get(key).is_none_or(|kept| *round > kept.summary.round) {
                return Err(LedgerError::Unknown { what: format!("round {round} of record `{key}`") });
            }
        }
        steps.into_iter().try_for_each(|step| self.put_step(step, now).map(|_| ()))
    }

    pub(super) fn answer(&mut self, settlement: Settlement, now: Timestamp) -> Result<Settled, LedgerError> {
        let Settlement { key, step, n, answer, steps, .. } = settlement;
        let attempt = self.number(&key, &step, n)?;
        if !rules::may_answer(&attempt.state, &answer) {
            return Ok(Settled::Kept(attempt.clone()));
        }
        self.put_steps(steps, now)?;
        let attempt = self.number(&key, &step, n)?;
        (attempt.state, attempt.answered) = (State::Answered(answer), Some(now));
        Ok(Settled::Stored)
    }

    pub(super) fn adopt(&mut self, adoption: Adoption, now: Timestamp) -> Result<Settled, LedgerError> {
        let Adoption { key, step, key_text, id, steps, .. } = adoption;
        let known = self.attempts_of_step(&key, &step);
        if let Some(made) = known.iter().find(|attempt| rules::is_made(&attempt.state)) {
            return Ok(Settled::Kept(made.clone()));
        }
        self.put_steps(steps, now)?;
        let (state, answered) = (State::Answered(Answer::Made { id }), Some(now));
        match known.last() {
            Some(last) if rules::is_unsettled(&last.state) => {
                let attempt = self.number(&key, &step, last.n)?;
                (attempt.state, attempt.answered) = (state, answered);
            }
            last => {
                let n = rules::next_number(last);
                let id = (key.clone(), step.clone(), n);
                let (body, reserved) = (None, now);
                let adopted = Attempt { key, step, n, key_text, body, reserved, answered, state, said: false };
                self.attempts.insert(id, adopted);
            }
        }
        Ok(Settled::Stored)
    }

    pub(super) fn resolve(&mut self, resolution: Resolution, now: Timestamp) -> Result<Settled, LedgerError> {
        let Resolution { key, identity, step, n, found } = resolution;
        let attempt = self.number(identity.as_deref().unwrap_or(&key), &step, n)?;
        let settled = if rules::is_unsettled(&attempt.state) {
            attempt.state = State::Answered(found.map_or(Answer::Absent, |id| Answer::Made { id }));
            (attempt.answered, attempt.said) = (Some(now), true);
            Settled::Stored
        } else {
            Settled::Kept(attempt.clone())
        };
        let mut left = self.attempts_of(&key);
        if let Some(identity) = &identity {
            left.append(&mut self.attempts_of(identity));
        }
        if !left.iter().any(|attempt| rules::is_unsettled(&attempt.state))
            && let Some(kept) = self.records.get_mut(&key).filter(|kept| kept.summary.status == Status::InDoubt)
        {
            kept.wait(now);
        }
        Ok(settled)
    }

    pub(super) fn put_version(&mut self, hash: Hash, files: Vec<u8>, now: Timestamp) {
        (self.listed, self.version) = (true, Some(hash));
        match self.versions.iter_mut().find(|version| version.hash == hash) {
            Some(known) => known.last = now,
            None => self.versions.push(Version { hash, files, first: now, last: now }),
        }
    }

    pub(super) fn put_run(&mut self, run: Run) {
        self.listed = true;
        let (started, ended) = (rules::kept(run.started), rules::kept(run.ended));
        self.runs.push(Run { started, ended, ..run });
    }
}
