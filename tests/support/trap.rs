//! Stands between a run and the systems, and lets one request of it go wrong: the process dies, or a fault hits it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, FutureExt};
use koppel::connect::{Answer, Lost, Request, Transport};
use koppel::sandbox::{Fault, FaultKind, Rate, Sandbox};
use tokio::sync::Notify;

/// What happens to the chosen request.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// The process dies before it leaves.
    DiesBefore,
    /// The process dies when it was carried out, before its answer is seen.
    DiesAfter,
    /// This fault hits it.
    Fault(FaultKind),
}

/// A transport in which the n-th request (from 0) has a mishap.
pub struct Trap {
    inner: Arc<dyn Transport>,
    sandbox: Sandbox,
    at: usize,
    mishap: Mishap,
    seen: AtomicUsize,
    dead: AtomicBool,
    died: Notify,
}

impl Trap {
    /// A trap before these systems.
    pub fn new(inner: Arc<dyn Transport>, sandbox: Sandbox, at: usize, mishap: Mishap) -> Arc<Trap> {
        let (seen, dead) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Trap { inner, sandbox, at, mishap, seen, dead, died: Notify::new() })
    }

    /// Comes back when the process died.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// The request came, and with it the mishap.
    pub fn sprung(&self) -> bool {
        self.seen.load(Ordering::Relaxed) > self.at
    }

    async fn die(&self) -> Result<Answer, Lost> {
        self.dead.store(true, Ordering::Relaxed);
        self.died.notify_one();
        std::future::pending().await
    }

    async fn pass(&self, request: Request) -> Result<Answer, Lost> {
        if self.dead.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        if self.seen.fetch_add(1, Ordering::Relaxed) != self.at {
            return self.inner.send(request).await;
        }
        match self.mishap {
            Mishap::DiesBefore => self.die().await,
            Mishap::DiesAfter => {
                let _ = self.inner.send(request).await;
                self.die().await
            }
            Mishap::Fault(kind) => {
                self.sandbox.set_faults(vec![Fault { kind, rate: Rate::Times(1), on: None }]);
                let answer = self.inner.send(request).await;
                self.sandbox.set_faults(Vec::new());
                answer
            }
        }
    }
}

impl Transport for Trap {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        self.pass(request).boxed()
    }
}
