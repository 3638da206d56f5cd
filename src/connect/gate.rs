//! The rate budget of a connection: whoever wants to send takes a pass, in the order of asking, steadily spaced; nobody
//! does while nothing is worth sending.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::connect::circuit::{Circuit, Entry};
use crate::connect::{Connection, Fault};
use crate::value::Clock;

/// The longest pause that a system can ask of a whole connection.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// A share of the rate budget: good for one request, at once.
#[derive(Debug)]
pub struct Pass(());

impl Pass {
    /// For what does not leave.
    pub(super) fn unused() -> Pass {
        Pass(())
    }
}

/// Hands out passes.
pub(super) struct Gate {
    queue: tokio::sync::Mutex<Option<Limiter>>,
    closed_until: Mutex<Option<Duration>>,
    circuit: Mutex<Circuit>,
    /// Something was heard of the connection.
    heard: Notify,
    /// How long a request may take.
    patience: Duration,
    title: String,
    time: Steady,
    clock: Clock,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Steady, NoOpMiddleware<Duration>>;

/// The time since the gate was made: the runtime's own, which a test can pause, or that of a clock that pretends.
#[derive(Clone, Debug)]
struct Steady(Instant, Clock);

impl governor::clock::Clock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.1.passed().unwrap_or_else(|| self.0.elapsed())
    }
}

impl Gate {
    /// The gate of a connection to the system of that title: for so many requests in so long, or for as many as there are.
    pub(super) fn new(title: &str, connection: &Connection, clock: Clock) -> Gate {
        let quota = connection.limit.and_then(|limit| {
            // Rounded up: no window of `per` holds one more than `count`.
            let spacing = limit.per.as_nanos().div_ceil(u128::from(limit.count.max(1)));
            Quota::with_period(Duration::from_nanos(u64::try_from(spacing).unwrap_or(u64::MAX)))
        });
        let time = Steady(Instant::now(), clock.clone());
        let limiter = quota.map(|quota| RateLimiter::direct_with_clock(quota, time.clone()));
        Gate {
            queue: tokio::sync::Mutex::new(limiter),
            closed_until: Mutex::new(None),
            circuit: Mutex::default(),
            heard: Notify::new(),
            patience: connection.timeout,
            title: title.to_string(),
            time,
            clock,
        }
    }

    /// Waits for its turn; while nothing is worth sending, until someone has tried. A write lets others try first: they
    /// leave no doubt.
    pub(super) async fn pass(&self, write: bool) -> Result<Pass, Fault> {
        let tried = self.circuit().tried();
        loop {
            let tries = self.admitted(tried, write).await?;
            // The lock is fair: who asked first goes first, and only the first of the queue waits on the clock.
            let limiter = self.queue.lock().await;
            while tries || !self.circuit().is_open() {
                if let Some(left) = self.closed_for() {
                    self.clock.wait(left).await;
                    continue;
                }
                let Some(limiter) = &*limiter else { return Ok(Pass(())) };
                match limiter.check() {
                    Ok(()) => return Ok(Pass(())),
                    Err(early) => self.clock.wait(early.wait_time_from(limiter.clock().now())).await,
                }
            }
        }
    }

    /// Waits until something is worth sending, or someone has tried and failed.
    pub(super) async fn admit(&self) -> Result<(), Fault> {
        let tried = self.circuit().tried();
        self.admitted(tried, false).await.map(|_| ())
    }

    /// Answers whether this is the one who tries.
    async fn admitted(&self, tried: u64, write: bool) -> Result<bool, Fault> {
        loop {
            let heard = self.heard.notified();
            let entry = self.circuit().enter(self.time.now(), tried, (write, self.patience));
            match entry {
                Entry::Free => return Ok(false),
                Entry::Tries => return Ok(true),
                Entry::Shut => return Err(self.circuit().fault(&self.title)),
                Entry::Waits(left) => tokio::select! {
                    biased;
                    () = heard => {}
                    () = self.clock.wait(left) => {}
                },
            }
        }
    }

    /// What came of a request that was sent.
    pub(super) fn note(&self, fault: Option<&Fault>) {
        self.circuit().note(self.time.now(), self.clock.now(), fault);
        self.heard.notify_waiters();
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().expect("no holder of it panics")
    }

    /// How long nobody is let through from now on, when a system asked for a pause.
    pub(super) fn closed_for(&self) -> Option<Duration> {
        let closed = *self.closed_until.lock().expect("no holder of it panics");
        closed?.checked_sub(self.time.now()).filter(|left| !left.is_zero())
    }

    /// Lets nobody through for so long.
    pub(super) fn close(&self, pause: Duration) {
        let until = self.time.now() + pause.min(LONGEST_PAUSE);
        let mut closed = self.closed_until.lock().expect("no holder of it panics");
        *closed = Some(closed.map_or(until, |there| there.max(until)));
    }
}
