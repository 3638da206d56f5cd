//! The rate limit of one system: in goes the moment of a request, out comes whether it is one too many.

use jiff::SignedDuration;
use jiff::Timestamp;
use std::collections::VecDeque;

/// What counts as one second, a little less so that an even pace is not caught by the jitter of a network.
const SECOND: SignedDuration = SignedDuration::from_millis(950);

/// The requests of the last second.
#[derive(Default)]
pub(super) struct Pace {
    recent: VecDeque<Timestamp>,
}

impl Pace {
    /// Takes a request in; false when it is one too many.
    pub(super) fn takes(&mut self, limit: Option<u32>, now: Timestamp) -> bool {
        let Some(limit) = limit else { return true };
        while self.recent.front().is_some_and(|first| now.duration_since(*first) >= SECOND) {
            self.recent.pop_front();
        }
        let fits = self.recent.len() < limit as usize;
        if fits {
            self.recent.push_back(now);
        }
        fits
    }
}
