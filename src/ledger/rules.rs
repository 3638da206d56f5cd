//! What is recorded and what is to be recorded go in; whether it may be comes out. Both bodies ask here, so that they
//! cannot differ.

use std::time::Duration;

use jiff::Timestamp;

use crate::ledger::{Answer, Attempt, Hash, Incoming, LedgerError, State, Status};
use crate::report::mask;

/// What becomes of an incoming record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taking {
    /// It is stored, and waits.
    New,
    /// It begins a new round with the new body.
    Again,
    /// It goes on in its round.
    GoesOn,
    /// It gets the new body in a new round, but stays in doubt.
    InDoubt,
    /// It is passed by.
    Unchanged,
}

/// Compares what is known of a record (its status, content and version) with what comes in.
pub(super) fn taking(known: Option<(Status, Hash, Hash)>, incoming: &Incoming) -> Taking {
    let Some((status, content, version)) = known else { return Taking::New };
    let changed = content != incoming.content || version != incoming.version;
    match status {
        Status::InDoubt if changed => Taking::InDoubt,
        _ if changed => Taking::Again,
        Status::Failed => Taking::GoesOn,
        _ => Taking::Unchanged,
    }
}

/// The attempt that stands in the way of number n, given those of the same write in their order.
pub(super) fn in_the_way(attempts: &[Attempt], n: u32) -> Result<Option<&Attempt>, LedgerError> {
    let made = attempts.iter().find(|attempt| is_made(&attempt.state));
    if let Some(attempt) = made.or_else(|| attempts.iter().find(|attempt| attempt.n == n)) {
        return Ok(Some(attempt));
    }
    match attempts.last() {
        Some(last) if is_unsettled(&last.state) => Ok(Some(last)),
        last if next_number(last) == n => Ok(None),
        _ => Err(LedgerError::Unknown { what: format!("attempt {} before attempt {n}", n.saturating_sub(1)) }),
    }
}

/// The number after that of the last attempt.
pub(super) fn next_number(last: Option<&Attempt>) -> u32 {
    last.map_or(0, |last| last.n.saturating_add(1))
}

/// Whether an answer may be recorded over what is.
pub(super) fn may_answer(state: &State, answer: &Answer) -> bool {
    match state {
        State::Open => true,
        State::Answered(Answer::Unknown { .. }) => !matches!(answer, Answer::NotApplied { .. }),
        State::Answered(Answer::Made { .. } | Answer::NotApplied { .. } | Answer::Absent) => false,
    }
}

/// Whether the thing is known to be made.
pub(super) fn is_made(state: &State) -> bool {
    matches!(state, State::Answered(Answer::Made { .. }))
}

/// Whether nobody knows yet what became of it.
pub(super) fn is_unsettled(state: &State) -> bool {
    matches!(state, State::Open | State::Answered(Answer::Unknown { .. }))
}

/// Whether a record that ended so goes on in the same round, so that its steps' results stay.
pub(super) fn keeps_steps(status: Status) -> bool {
    matches!(status, Status::Waiting | Status::Failed | Status::InDoubt)
}

/// Whether a person's data may be erased from a record: it is at its end.
pub(super) fn may_forget(status: Status) -> bool {
    matches!(status, Status::Done | Status::Skipped | Status::Held)
}

/// Whether a person may send it again from its beginning.
pub(super) fn may_resend(status: Status) -> bool {
    !matches!(status, Status::Waiting | Status::InDoubt)
}

/// Whether one that is sent again goes on in its round, at the step that failed: it failed on this very version.
pub(super) fn goes_on(status: Status, began: Hash, version: Option<Hash>) -> bool {
    status == Status::Failed && version.is_none_or(|version| version == began)
}

/// Whether another version of the flow takes it up again.
pub(super) fn may_revive(status: Status) -> bool {
    matches!(status, Status::Skipped | Status::Held | Status::Failed)
}

/// Whether the bytes of a record that stands so, and came to that then, are kept for a time only.
pub(super) fn is_over(status: Status, changed: Timestamp, before: Timestamp) -> bool {
    matches!(status, Status::Done | Status::Skipped) && changed < before
}

/// A text of a record without what is personal of it.
pub(super) fn masked(text: &str, personal: &[String]) -> String {
    mask(text, personal)
}

/// What a record is called when its title may be personal: else its key.
pub(super) fn called(title: &str, key: &str, personal: &[String]) -> String {
    let name = if mask(title, personal) == title { title } else { key };
    mask(name, personal)
}

/// An address without what it asks for.
pub(super) fn bare(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// A time as it is kept: to the microsecond.
pub(super) fn kept(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// A number as it is kept: within 63 bits.
pub(super) fn kept_number(number: u64) -> u64 {
    number.min(i64::MAX as u64)
}

/// A time so much later, as it is kept; the end of time where there is none.
pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    kept(now.checked_add(by).unwrap_or(Timestamp::MAX))
}
