//! Counts what an expression gave.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// How often an expression gave something, and how often it was false or not set.
#[derive(Default)]
pub struct Counter {
    yes: AtomicU32,
    no: AtomicU32,
}

impl Counter {
    /// Counts one more.
    pub fn count(&self, yes: bool) {
        let counter = if yes { &self.yes } else { &self.no };
        // Whether it was ever touched is all that is asked: it stays at its end.
        let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_add(1));
    }

    /// How often it was true, or set.
    #[must_use]
    pub fn yes(&self) -> u32 {
        self.yes.load(Ordering::Relaxed)
    }

    /// How often it was false, or not set.
    #[must_use]
    pub fn no(&self) -> u32 {
        self.no.load(Ordering::Relaxed)
    }
}

/// Always the same: what a flow prints does not change by being counted.
impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counter")
    }
}
