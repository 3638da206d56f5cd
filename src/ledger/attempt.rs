//! A write's numbered attempts: what was reserved, and what became of it.

use jiff::Timestamp;

use crate::ledger::{Hash, Link, Step};

/// A write about to be sent. Its identity is (tenant, flow, step, key), for ever.
///
/// `key` is the record's key for a `create`, and may be any other text that tells writes apart (the identity of an
/// `ensure`); attempts need no record of that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The record's key, or the identity that is ensured.
    pub key: String,
    /// The step's stable path.
    pub step: String,
    /// The attempt's number, from 0.
    pub n: u32,
    /// What the made thing carries, so that it can be looked for.
    pub key_text: String,
    /// Hash of the body.
    pub body: Hash,
}

/// The answer to a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// This call's own row was stored and synced: it alone may send, once.
    Fresh,
    /// Nothing may be sent: this attempt stands in the way (it is made, not settled, or has this number already).
    Exists(Attempt),
}

/// An attempt as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The record's key, or the identity that is ensured.
    pub key: String,
    /// The step's stable path.
    pub step: String,
    /// Its number.
    pub n: u32,
    /// What the made thing carries.
    pub key_text: String,
    /// Hash of the body; `None` for an adopted thing, which was never sent.
    pub body: Option<Hash>,
    /// When it was reserved (or adopted).
    pub reserved: Timestamp,
    /// When its state last changed.
    pub answered: Option<Timestamp>,
    /// What became of it.
    pub state: State,
    /// A person said so.
    pub said: bool,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Reserved and not answered: after a restart it counts as unknown.
    Open,
    /// It was answered.
    Answered(Answer),
}

/// What became of something sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was made. Final.
    Made {
        /// The made thing's id.
        id: String,
    },
    /// It was refused by name: nothing was made, the next number may be reserved. Final.
    NotApplied {
        /// The class of the refusal.
        class: String,
        /// Its words.
        words: String,
    },
    /// Nobody knows: it must be looked for. `Made` or `Absent` may follow.
    Unknown {
        /// What went wrong.
        words: String,
    },
    /// It was looked for and is not there: the next number may be reserved. Final.
    Absent,
}

/// What became of an attempt, with what is to be remembered in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The attempt's key.
    pub key: String,
    /// The attempt's step.
    pub step: String,
    /// The attempt's number.
    pub n: u32,
    /// What became of it.
    pub answer: Answer,
    /// Pairs to remember, kept only if the answer is.
    pub links: Vec<Link>,
    /// Steps' results to remember (the first writer wins), kept only if the answer is.
    pub steps: Vec<Step>,
}

/// Whether an answer was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is recorded.
    Stored,
    /// The attempt had a final answer already: nothing changed.
    Kept(Attempt),
}

/// A thing that was found at the target and is taken as what the write would have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The record's key, or the identity that is ensured.
    pub key: String,
    /// The step's stable path.
    pub step: String,
    /// What the thing carries.
    pub key_text: String,
    /// The thing's id.
    pub id: String,
    /// Pairs to remember.
    pub links: Vec<Link>,
    /// Steps' results to remember.
    pub steps: Vec<Step>,
}

/// What a person found out about an attempt in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The record's key.
    pub key: String,
    /// The attempt's key, where it is not the record's.
    pub identity: Option<String>,
    /// The attempt's step.
    pub step: String,
    /// The attempt's number.
    pub n: u32,
    /// The id of what was made, or `None` when it is not there.
    pub found: Option<String>,
}
