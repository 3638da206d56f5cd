//! What went wrong in the world, as data: the connector says what happened, `run` alone decides what to do.

use std::fmt;
use std::time::Duration;

use crate::connect::Class;

/// The faults that a simulated system or a declared world can be told to show, by the names that tests use.
pub const FAULTS: &[&str] =
    &["lost_reply", "429", "500", "html_502", "slow", "reset", "expired_token", "page_shift", "search_lag"];

/// The moments at which a process may die in a test: the system acted and the answer was not seen, the write was reserved and
/// not sent, the answer was kept and nothing more was asked.
pub const CRASHES: &[&str] = &["crash", "crash_before", "crash_after"];

/// A request that did not do what it was sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub class: Class,
    /// Something may have reached the system; `false` is certain.
    pub sent: bool,
    /// The status of the answer, when there was one.
    pub status: Option<u16>,
    /// The code in the answer.
    pub code: Option<String>,
    /// The words in the answer.
    pub message: Option<String>,
    /// The details in the answer.
    pub details: Vec<String>,
    /// How long the system asks us to wait.
    pub retry_after: Option<Duration>,
    /// Nothing is sent for now: too many requests in a row failed.
    pub shut: bool,
    /// All of it in one sentence for people: lower case, no full stop, no secret.
    pub words: String,
}

impl Fault {
    /// A fault that happened before anything was sent.
    #[must_use]
    pub fn unsent(class: Class, words: impl Into<String>) -> Fault {
        Fault {
            class,
            sent: false,
            status: None,
            code: None,
            message: None,
            details: Vec::new(),
            retry_after: None,
            shut: false,
            words: words.into(),
        }
    }

    /// It is certain that a write was not carried out: nothing was sent, or it was refused by name. Otherwise the
    /// outcome is unknown and is looked up before anything is repeated.
    #[must_use]
    pub fn not_applied(&self) -> bool {
        !self.sent
            || match self.status {
                Some(408) | None => false,
                Some(status) => matches!(status, 400..=499 | 301 | 307 | 308),
            }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Fault {}
