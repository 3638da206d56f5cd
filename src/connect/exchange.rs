//! What was sent and answered, handed to whoever made the call; nothing secret is left in it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;

use crate::connect::{Fault, Pass};

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When it was sent.
    pub at: Timestamp,
    /// What it was for: `orders list`, `token`.
    pub purpose: String,
    /// It may have changed something.
    pub write: bool,
    /// `GET`, `POST`, …
    pub method: String,
    /// Where to; keys are `***`.
    pub url: String,
    /// What was sent; `***` for a token.
    pub body: Option<Bytes>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The body of the answer; `***` for a token.
    pub answer: Bytes,
    /// How long it took.
    pub duration: Duration,
    /// What was wrong with it.
    pub fault: Option<Fault>,
}

/// Whoever makes a call: is shown each exchange of it, and has the last word before one.
pub trait Observer: Send + Sync {
    /// Something was sent (or tried), and this came of it.
    fn exchanged(&self, exchange: Exchange);

    /// Asked right before each sending: the send window is open, and the right to work on this record is ours.
    fn may_send(&self) -> bool {
        true
    }

    /// Comes back when nobody waits for it any more; what was sent is let finish.
    fn given_up(&self) -> BoxFuture<'_, ()> {
        std::future::pending().boxed()
    }
}

/// Looks at nothing and allows all.
impl Observer for () {
    fn exchanged(&self, _: Exchange) {}
}

/// How a call is made.
pub struct Call<'a> {
    /// Who makes it.
    pub observer: &'a dyn Observer,
    /// The share of the rate budget already taken for it; without one it is taken when it is needed.
    pub pass: Option<Pass>,
}

impl<'a> Call<'a> {
    /// A call that takes its share of the rate budget when it is needed.
    #[must_use]
    pub fn of(observer: &'a dyn Observer) -> Call<'a> {
        Call { observer, pass: None }
    }

    /// A call whose share of the rate budget was taken before.
    #[must_use]
    pub fn passed(observer: &'a dyn Observer, pass: Pass) -> Call<'a> {
        Call { observer, pass: Some(pass) }
    }
}
