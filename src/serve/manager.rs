//! What the daemon does goes in; the service manager that started it is told.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::serve::Health;
use crate::value::Clock;

/// The service manager; one that is not there hears nothing, and that is no error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manager;

impl Manager {
    /// It takes work.
    pub fn ready(self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// It reads its files again; `ready` follows.
    pub fn reloading(self) {
        // In one message: a manager that waits for the end of a reload wants to know when it began.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    /// It ends.
    pub fn stopping(self) {
        tell(&[NotifyState::Stopping]);
    }

    /// How it stands, in a line.
    pub fn status(self, status: &str) {
        tell(&[NotifyState::Status(status)]);
    }

    /// Says that it lives, as often as it is asked to, for as long as that is true; never ends.
    pub async fn keep(self, clock: &Clock, health: &Arc<Health>) {
        let Some(within) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
        loop {
            if health.live().is_ok() {
                tell(&[NotifyState::Watchdog]);
            }
            clock.wait(often(within)).await;
        }
    }
}

/// Twice in the time that it is given.
fn often(within: Duration) -> Duration {
    (within / 2).max(Duration::from_millis(100))
}

fn tell(words: &[NotifyState<'_>]) {
    // A manager that does not listen has its own way to find out.
    let _ = sd_notify::notify(words);
}
