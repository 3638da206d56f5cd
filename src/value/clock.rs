//! The time of day and waiting, handed in so that a test can pause both.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

/// A wait under way.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A time that passes by being waited for alone: how long it has lasted, and how to wait in it.
pub trait Pretended: Send + Sync {
    /// How long it has lasted.
    fn passed(&self) -> Duration;
    /// Comes back when so much of it has passed.
    fn wait(&self, time: Duration) -> Wait;
}

/// Tells the time, and waits.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    steady: Option<Arc<dyn Fn() -> Duration + Send + Sync>>,
    pretended: Option<Arc<dyn Pretended>>,
}

impl Clock {
    /// A clock that asks `now`; waiting is `tokio::time`'s work, which a test pauses together with this.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock { now: Arc::new(now), steady: None, pretended: None }
    }

    /// The same, with a time beside it that nobody sets and that goes on while the machine sleeps.
    #[must_use]
    pub fn with_steady(self, steady: impl Fn() -> Duration + Send + Sync + 'static) -> Clock {
        Clock { steady: Some(Arc::new(steady)), ..self }
    }

    /// A clock that stands still.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Clock {
        Clock::new(move || at)
    }

    /// A clock on which no wait takes time: it begins at `start`, and moves on when all that runs waits.
    #[must_use]
    pub fn pretended(start: Timestamp, time: Arc<dyn Pretended>) -> Clock {
        let passing = Arc::clone(&time);
        Clock { now: Arc::new(move || start + passing.passed()), steady: None, pretended: Some(time) }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// How long it has gone on, whatever the time of day is set to meanwhile; only differences mean something.
    #[must_use]
    pub fn steady(&self) -> Duration {
        match (&self.pretended, &self.steady) {
            (Some(time), _) => time.passed(),
            (None, Some(steady)) => steady(),
            (None, None) => Duration::try_from(self.now().as_duration()).unwrap_or_default(),
        }
    }

    /// How long it has run, where its time is a pretended one.
    #[must_use]
    pub fn passed(&self) -> Option<Duration> {
        self.pretended.as_ref().map(|time| time.passed())
    }

    /// Comes back after so long.
    pub async fn wait(&self, time: Duration) {
        match &self.pretended {
            Some(pretended) => pretended.wait(time).await,
            None => tokio::time::sleep(time).await,
        }
    }

    /// What the work gives, or none when it takes longer.
    pub async fn within<F: Future>(&self, time: Duration, work: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.wait(time) => None,
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
