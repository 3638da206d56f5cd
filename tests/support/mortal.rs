//! A ledger in front of another, at whose n-th call the process dies, or the disk refuses.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::FutureExt;
use jiff::Timestamp;
use koppel::ledger::*;
use tokio::sync::Notify;

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// The process dies before it is done.
    DiesBefore,
    /// The process dies when it is done and durable, before anyone is told.
    DiesAfter,
    /// It is refused, and nothing is changed.
    Refused,
}

/// The ledger with one blow.
pub struct Mortal {
    inner: Arc<dyn Ledger>,
    at: usize,
    blow: Blow,
    seen: AtomicUsize,
    dead: AtomicBool,
    died: Notify,
}

impl Mortal {
    /// A ledger whose call number `at` (from 0) gets the blow.
    pub fn new(inner: Arc<dyn Ledger>, at: usize, blow: Blow) -> Arc<Mortal> {
        let (seen, dead) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Mortal { inner, at, blow, seen, dead, died: Notify::new() })
    }

    /// Comes back when the process died.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }

    /// The blow that falls now, if any.
    fn blow(&self) -> Option<Blow> {
        if self.dead.load(Ordering::Relaxed) {
            return Some(Blow::DiesBefore);
        }
        (self.seen.fetch_add(1, Ordering::Relaxed) == self.at).then_some(self.blow)
    }

    fn die<T>(&self) -> Reply<'_, T>
    where
        T: Send + 'static,
    {
        self.dead.store(true, Ordering::Relaxed);
        self.died.notify_one();
        std::future::pending().boxed()
    }
}

macro_rules! doors {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        impl Ledger for Mortal {
            $(fn $name(&self, $($arg: $kind),*) -> Reply<'_, $out> {
                match self.blow() {
                    None => self.inner.$name($($arg),*),
                    Some(Blow::DiesBefore) => self.die(),
                    Some(Blow::DiesAfter) => {
                        let done = self.inner.$name($($arg),*);
                        async move {
                            let _ = done.await;
                            self.die().await
                        }
                        .boxed()
                    }
                    Some(Blow::Refused) => {
                        let path = PathBuf::from("koppel.db");
                        std::future::ready(Err(LedgerError::Busy { path })).boxed()
                    }
                }
            })*
        }
    };
}

doors! {
    claim(lane: &Lane, holder: &str, now: Timestamp, ttl: Duration) -> Claimed;
    renew(claim: &Claim, now: Timestamp, ttl: Duration) -> Claim;
    release(claim: &Claim) -> ();
    intake(claim: &Claim, scope: &Scope, page: Page, now: Timestamp) -> Intake;
    cursor(scope: &Scope) -> Option<String>;
    revive(claim: &Claim, scope: &Scope, which: Revive, now: Timestamp) -> u64;
    waiting(scope: &Scope, window: Window) -> Vec<Record>;
    next_due(scope: &Scope) -> Option<Timestamp>;
    put_step(claim: &Claim, scope: &Scope, step: Step, now: Timestamp) -> Stored;
    finish(claim: &Claim, scope: &Scope, end: End, now: Timestamp) -> Finished;
    reserve(claim: &Claim, scope: &Scope, write: Reservation, now: Timestamp) -> Reserved;
    answer(claim: &Claim, scope: &Scope, settlement: Settlement, now: Timestamp) -> Settled;
    adopt(claim: &Claim, scope: &Scope, adoption: Adoption, now: Timestamp) -> Settled;
    attempts(scope: &Scope, key: &str) -> Vec<Attempt>;
    unsettled(scope: &Scope) -> Vec<Attempt>;
    resolve(scope: &Scope, resolution: Resolution, now: Timestamp) -> Settled;
    resend(scope: &Scope, which: Resend, version: Option<Hash>, now: Timestamp) -> u64;
    put_link(tenant: &str, link: Link, now: Timestamp) -> ();
    drop_link(tenant: &str, a: &Thing, b: &Thing) -> ();
    linked(tenant: &str, thing: &Thing, resource: Option<&str>) -> Vec<Linked>;
    flow(scope: &Scope) -> FlowState;
    flows(tenant: &str) -> Vec<FlowState>;
    pause(scope: &Scope, pause: Pause) -> ();
    resume(scope: &Scope, version: Option<Hash>, now: Timestamp) -> u64;
    put_version(scope: &Scope, hash: Hash, files: Vec<u8>, now: Timestamp) -> ();
    versions(scope: &Scope) -> Vec<Version>;
    put_run(scope: &Scope, run: Run) -> ();
    runs(scope: &Scope, limit: u32) -> Vec<Run>;
    token(tenant: &str, connection: &str) -> Option<Token>;
    put_token(tenant: &str, connection: &str, version: u64, bytes: Vec<u8>, now: Timestamp) -> Swapped;
    drop_token(tenant: &str, connection: &str) -> ();
    put_activity(tenant: &str, activity: Vec<Activity>) -> ();
    activity(filter: ActivityFilter) -> Vec<Logged>;
    records(filter: RecordFilter) -> Vec<Summary>;
    record(scope: &Scope, key: &str) -> Option<Record>;
    counts(scope: &Scope) -> Counts;
    groups(tenant: &str, status: Status) -> Vec<Group>;
    retain(tenant: &str, terms: Retention, most: u32) -> Erased;
    about(tenant: &str, text: &str) -> Vec<(String, String)>;
    traces(tenant: &str, person: &Person) -> Forgotten;
    forget(tenant: &str, person: &Person) -> Forgotten;
    alarms(tenant: &str) -> Vec<Alarm>;
    tell(tenant: &str, telling: Telling) -> ();
    letters(tenant: &str, due_by: Timestamp, limit: u32) -> Vec<Letter>;
    delivered(tenant: &str, id: u64, what: Delivery) -> ();
}
