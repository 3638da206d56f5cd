//! A time that is paused: it moves on only when all that runs waits, and then at once to the end of the first wait.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::value::{Pretended, Wait};

/// Whoever waits longer than this does not come to an end.
const LONGEST: Duration = Duration::from_secs(10 * 24 * 3600);

/// A time that is paused.
#[derive(Clone, Default)]
pub(super) struct PausedTime(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: Duration,
    next: u64,
    waits: BTreeMap<(Duration, u64), Option<Waker>>,
    dead: bool,
    /// It dies as soon as it asks for anything more, reserves a write or ends a record.
    doomed: bool,
}

/// How work on a paused time ended.
pub(super) enum Driven<T> {
    /// It came to its end.
    Done(T),
    /// The process died in the middle of it.
    Died,
    /// It waits for ever.
    Endless,
}

impl PausedTime {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no holder of it panics")
    }

    /// The process dies: nothing of what is under way goes on.
    pub(super) fn die(&self) {
        let mut state = self.state();
        (state.dead, state.doomed) = (true, false);
    }

    /// The process dies as soon as it asks for anything more, reserves a write or ends a record.
    pub(super) fn doom(&self) {
        self.state().doomed = true;
    }

    /// It is to die now.
    pub(super) fn is_doomed(&self) -> bool {
        self.state().doomed
    }

    /// Lets time pass while nothing runs.
    pub(super) fn skip(&self, time: Duration) {
        self.state().now += time;
    }

    /// Does the work; while all of it waits, time moves on.
    pub(super) async fn drive<F: Future>(&self, work: F) -> Driven<F::Output> {
        let mut work = pin!(work);
        let alarm = Arc::new(Alarm::default());
        let waker = Waker::from(Arc::clone(&alarm));
        std::future::poll_fn(|outer| {
            alarm.set(outer);
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                let died = std::mem::take(&mut self.state().dead);
                return Poll::Ready(if died { Driven::Died } else { Driven::Done(done) });
            }
            if std::mem::take(&mut self.state().dead) {
                return Poll::Ready(Driven::Died);
            }
            // What was woken meanwhile goes on in the present.
            if !alarm.rang() {
                if self.state().now > LONGEST {
                    return Poll::Ready(Driven::Endless);
                }
                self.move_on();
            }
            Poll::Pending
        })
        .await
    }

    /// To the end of the first wait.
    fn move_on(&self) {
        let mut state = self.state();
        let Some(((until, _), _)) = state.waits.first_key_value() else { return };
        state.now = state.now.max(*until);
        let now = state.now;
        let due: Vec<Waker> = state.waits.range_mut(..=(now, u64::MAX)).filter_map(|(_, waker)| waker.take()).collect();
        drop(state);
        due.into_iter().for_each(Waker::wake);
    }
}

impl Pretended for PausedTime {
    fn passed(&self) -> Duration {
        self.state().now
    }

    fn wait(&self, time: Duration) -> Wait {
        let mut state = self.state();
        let key = (state.now.saturating_add(time), state.next);
        state.next += 1;
        state.waits.insert(key, None);
        Box::pin(Waiting { time: self.clone(), key })
    }
}

/// One wait.
struct Waiting {
    time: PausedTime,
    key: (Duration, u64),
}

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.time.state();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.waits.insert(self.key, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.time.state().waits.remove(&self.key);
    }
}

/// Notes that something was woken, and wakes whoever polls.
#[derive(Default)]
struct Alarm {
    rang: AtomicBool,
    outer: Mutex<Option<Waker>>,
}

impl Alarm {
    fn set(&self, outer: &Context<'_>) {
        *self.outer.lock().expect("no holder of it panics") = Some(outer.waker().clone());
        self.rang.store(false, Ordering::Relaxed);
    }

    fn rang(&self) -> bool {
        self.rang.load(Ordering::Relaxed)
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rang.store(true, Ordering::Relaxed);
        if let Some(outer) = self.outer.lock().expect("no holder of it panics").clone() {
            outer.wake();
        }
    }
}
