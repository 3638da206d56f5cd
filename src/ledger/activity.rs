//! Every call that went out or came in, as it was, for people to read.

use std::sync::Arc;

use jiff::Timestamp;

/// Which way a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// We called.
    Out,
    /// We were called.
    In,
}

impl Direction {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }
}

/// One call. Secrets in it are redacted by whoever writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When it began.
    pub at: Timestamp,
    /// The flow it was for.
    pub flow: String,
    /// The record it was for; a read shared by a run has none.
    pub key: Option<String>,
    /// The step it was for.
    pub step: Option<String>,
    /// Which way it went.
    pub direction: Direction,
    /// The connection.
    pub system: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// Where to, redacted.
    pub url: String,
    /// The answer's status; `None` when there was no answer.
    pub status: Option<u16>,
    /// What was sent.
    pub request: Vec<u8>,
    /// What was answered, or the words for why not.
    pub answer: Vec<u8>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// The number of the write's attempt.
    pub attempt: Option<u32>,
}

/// A call with its number in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Grows from call to call.
    pub id: u64,
    /// The call.
    pub activity: Activity,
}

/// Which calls to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Of this tenant.
    pub tenant: Arc<str>,
    /// For this flow only.
    pub flow: Option<String>,
    /// For this record only.
    pub key: Option<String>,
    /// Since then.
    pub since: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
    /// Newest first, else oldest first.
    pub newest_first: bool,
    /// Only those beyond this number, in the direction of the list.
    pub after: Option<u64>,
    /// Whether bodies come along; else they are empty.
    pub bodies: bool,
    /// At most so many.
    pub limit: u32,
}

impl ActivityFilter {
    /// The newest hundred of a tenant, without bodies.
    pub fn of(tenant: impl Into<Arc<str>>) -> Self {
        Self {
            tenant: tenant.into(),
            flow: None,
            key: None,
            since: None,
            until: None,
            newest_first: true,
            after: None,
            bodies: false,
            limit: 100,
        }
    }
}
