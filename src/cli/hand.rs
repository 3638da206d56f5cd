//! What a command holds: the environment, the time, the terminal, and the person's wish to stop.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::TryRng;
use tokio::signal::unix::Signal;
use tokio_util::sync::CancellationToken;

use crate::cli::Exit;
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
    /// Ctrl-C or a polite kill: cancelled by the first.
    pub(super) cancel: CancellationToken,
    /// Cancelled by the second.
    pub(super) at_once: CancellationToken,
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
            clock: Clock::new(now).with_steady(steady),
            cancel: CancellationToken::new(),
            at_once: CancellationToken::new(),
            lookup: Arc::new(lookup),
        }
    }

    /// Waits for the signals that ask to stop. The second ends the process at once, or a moment later where the command
    /// has something to say about what it leaves; the first ends it in ten seconds, whatever hangs.
    ///
    /// They are heard from the call on, not only once it is waited for.
    pub(super) fn heed_signals(self, last_words: bool) -> impl Future<Output = Infallible> + Send {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        self.stop_on(signals, last_words)
    }

    async fn stop_on(self, signals: (io::Result<Signal>, io::Result<Signal>), last_words: bool) -> Infallible {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            // Without a handler the signals do what they always do.
            return std::future::pending().await;
        };
        let mut asked = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        asked().await;
        self.terminal.tell("stopping after the requests that are under way; once more stops at once");
        self.cancel.cancel();
        if self.clock.within(STOPPED, asked()).await.is_some() {
            self.at_once.cancel();
            if last_words {
                self.clock.wait(LAST_WORDS).await;
            }
        }
        std::process::exit(Exit::Failed as i32);
    }

    /// Random bytes that nobody can guess.
    pub(super) fn random<const COUNT: usize>(&self) -> Result<[u8; COUNT], String> {
        let mut bytes = [0; COUNT];
        let drawn = rand::rngs::SysRng.try_fill_bytes(&mut bytes);
        drawn.map(|()| bytes).map_err(|error| format!("the machine gives no random numbers: {error}"))
    }

    /// Where randomness begins.
    pub(super) fn seed(&self) -> u64 {
        rand::rngs::SysRng.try_next_u64().unwrap_or_else(|_| u64::from(std::process::id()))
    }
}

/// So long after it was told to stop the process is gone.
const STOPPED: Duration = Duration::from_millis(9_500);
/// So long after it was told to stop at once.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The time that nobody sets, and that goes on while the machine sleeps.
fn steady() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn now() -> Timestamp {
    Timestamp::now()
}
