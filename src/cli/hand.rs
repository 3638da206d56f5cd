//! What a command holds: the environment, the time, the terminal, and the person's wish to stop.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rand::TryRng;
use tokio_util::sync::CancellationToken;

use crate::cli::terminal::Terminal;
use crate::value::Clock;

/// A variable of the environment by its name.
type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a command holds.
#[derive(Clone)]
pub(super) struct Hand {
    /// `--workspace`.
    pub(super) workspace: Option<PathBuf>,
    /// Where the command stands.
    pub(super) folder: PathBuf,
    /// Where its words go.
    pub(super) terminal: Terminal,
    /// The time.
    pub(super) clock: Clock,
    /// Ctrl-C or a polite kill: cancelled by the first, the second ends the process.
    pub(super) cancel: CancellationToken,
    /// The environment.
    pub(super) lookup: Lookup,
}

impl Hand {
    /// What this process was started with.
    pub(super) fn new(workspace: Option<PathBuf>, json: bool) -> Hand {
        let lookup = |name: &str| std::env::var(name).ok();
        Hand {
            workspace,
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            terminal: Terminal::new(&lookup, json),
            clock: Clock::new(now),
            cancel: CancellationToken::new(),
            lookup: Arc::new(lookup),
        }
    }

    /// Waits for the signals that ask to stop; the second ends the process at once.
    pub(super) async fn heed_signals(self) -> Infallible {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            // Without a handler the signals do what they always do.
            return std::future::pending().await;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if self.cancel.is_cancelled() {
                std::process::exit(130);
            }
            self.terminal.tell("stopping after the requests that are under way; once more stops at once");
            self.cancel.cancel();
        }
    }

    /// Where randomness begins.
    pub(super) fn seed(&self) -> u64 {
        rand::rngs::SysRng.try_next_u64().unwrap_or_else(|_| u64::from(std::process::id()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn now() -> Timestamp {
    Timestamp::now()
}
