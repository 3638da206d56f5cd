//! Whether it is worth sending at all: what came of requests goes in; after so many failures in a row nobody is let
//! through, but for one a minute who tries.

use std::time::Duration;

use jiff::Timestamp;

use crate::connect::{Class, Fault};

/// So many requests in a row without a sound answer open it.
const FAILURES: u32 = 10;
/// How long nobody is let through before one tries.
const PROBE: Duration = Duration::from_secs(60);
/// A write that tries and fails leaves a doubt: it lets a read go first for so long.
const READS_FIRST: Duration = Duration::from_secs(5);
/// Who tries and is never heard of again does not stand in the way for longer than a request may take, and this.
const LOST: Duration = Duration::from_secs(10);

/// What became of a connection's last requests.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    /// Failures in a row.
    failures: u32,
    /// When the first of them was.
    since: Option<Timestamp>,
    /// What the last of them said.
    last: String,
    open: Option<Open>,
    /// How many who tried have failed.
    tried: u64,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// When the next may try.
    next: Duration,
    /// Someone tries until then.
    trying: Option<Duration>,
}

/// Whether a request may go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It may.
    Free,
    /// It is the one that tries.
    Tries,
    /// Not yet: for so long at most.
    Waits(Duration),
    /// Someone tried while it waited, and failed.
    Shut,
}

impl Circuit {
    /// How many have tried so far: whoever comes now notes it.
    pub(super) fn tried(&self) -> u64 {
        self.tried
    }

    /// Nobody is let through but one who tries.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Asks to go; `tried` is how many had tried when it came, then whether it writes and how long a request may take.
    pub(super) fn enter(&mut self, now: Duration, tried: u64, (write, patience): (bool, Duration)) -> Entry {
        let shut = self.tried > tried;
        let Some(open) = &mut self.open else { return Entry::Free };
        if shut {
            return Entry::Shut;
        }
        let next = if write { open.next + READS_FIRST } else { open.next };
        match open.trying.and_then(|until| until.checked_sub(now)).filter(|left| !left.is_zero()) {
            Some(left) => Entry::Waits(left),
            None if next > now => Entry::Waits(next - now),
            None => {
                open.trying = Some(now + patience + LOST);
                Entry::Tries
            }
        }
    }

    /// What came of a request: a refusal by name is a sound answer, a wish to be spared says nothing.
    pub(super) fn note(&mut self, now: Duration, at: Timestamp, fault: Option<&Fault>) {
        match fault {
            Some(fault) if fault.status.is_none_or(|status| status >= 500) => self.failed(now, at, &fault.words),
            Some(fault) if fault.class == Class::RateLimit => {}
            _ => *self = Circuit { tried: self.tried, ..Circuit::default() },
        }
    }

    fn failed(&mut self, now: Duration, at: Timestamp, words: &str) {
        self.failures = self.failures.saturating_add(1);
        self.since.get_or_insert(at);
        words.clone_into(&mut self.last);
        match &mut self.open {
            Some(open) if open.trying.is_some() => {
                self.tried += 1;
                self.open = Some(Open { next: now + PROBE, trying: None });
            }
            Some(_) => {}
            None if self.failures >= FAILURES => self.open = Some(Open { next: now + PROBE, trying: None }),
            None => {}
        }
    }

    /// Why nobody is let through.
    pub(super) fn fault(&self, title: &str) -> Fault {
        let since = self.since.map_or_else(String::new, |since| format!(" since {}", shown(since)));
        let words = format!(
            "{title} gives no sound answer{since}: {} requests in a row failed, the last: {}",
            self.failures, self.last
        );
        Fault { shut: true, ..Fault::unsent(Class::Network, words) }
    }
}

/// To the second: people read it.
fn shown(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
