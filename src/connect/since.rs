//! How long ago something was, whatever the time of day is told to be.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::Instant;

use crate::value::Clock;

/// A moment of this process.
#[derive(Clone, Debug)]
pub(super) struct Since {
    instant: Instant,
    awake: Duration,
    pretended: Option<Duration>,
}

impl Since {
    /// This moment.
    pub(super) fn now(clock: &Clock) -> Since {
        Since { instant: Instant::now(), awake: up(), pretended: clock.passed() }
    }

    /// How long ago it was. A clock that goes on while the machine sleeps counts with; the time of day does not.
    pub(super) fn elapsed(&self, clock: &Clock) -> Duration {
        match (self.pretended, clock.passed()) {
            (Some(then), Some(now)) => now.saturating_sub(then),
            _ => self.instant.elapsed().max(up().saturating_sub(self.awake)),
        }
    }
}

/// How long the machine has been up, its sleep included where it tells.
fn up() -> Duration {
    let time = clock_gettime(BOOT);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(target_os = "linux")]
const BOOT: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const BOOT: ClockId = ClockId::Monotonic;
