//! A ledger in front of another: a process that is to die dies when it next reserves a write or ends a record, before that is
//! kept.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::FutureExt;
use jiff::Timestamp;

use crate::ledger::{
    Activity, ActivityFilter, Adoption, Alarm, Attempt, Claim, Claimed, Counts, Delivery, End, Erased, Finished,
    FlowState, Forgotten, Group, Hash, Intake, Lane, Ledger, Letter, Link, Linked, Logged, Page, Pause, Person, Record,
    RecordFilter, Reply, Resend, Reservation, Reserved, Resolution, Retention, Revive, Run, Scope, Settled, Settlement,
    Status, Step, Stored, Summary, Swapped, Telling, Thing, Token, Version, Window,
};
use crate::test::time::PausedTime;

/// The ledger of a process that may be doomed.
pub(super) struct Mortal {
    inner: Arc<dyn Ledger>,
    time: PausedTime,
}

impl Mortal {
    /// In front of a ledger that outlives the process.
    pub(super) fn new(inner: Arc<dyn Ledger>, time: PausedTime) -> Mortal {
        Mortal { inner, time }
    }

    /// The process dies here, if it is doomed.
    fn dies(&self, door: &str) -> bool {
        let dies = self.time.is_doomed() && matches!(door, "reserve" | "adopt" | "finish");
        if dies {
            self.time.die();
        }
        dies
    }
}

macro_rules! doors {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        impl Ledger for Mortal {
            $(fn $name(&self, $($arg: $kind),*) -> Reply<'_, $out> {
                if self.dies(stringify!($name)) {
                    return std::future::pending().boxed();
                }
                self.inner.$name($($arg),*)
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
