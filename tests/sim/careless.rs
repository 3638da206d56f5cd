//! Bugs that are planted on purpose: a ledger, a keeper of tokens or an engine that leaves out one part.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use koppel::connect::{Fault, Tokens};
use koppel::ledger::*;
use koppel::run::Protocol;
use secrecy::SecretString;

/// What is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Everything that keeps a thing from being made twice.
    NoProtocol,
    /// An attempt whose outcome nobody knows is repeated at once.
    RepeatBeforeLook,
    /// The cursor moves with the first page instead of after the last.
    CursorMovedEarly,
    /// A new refresh token is used before it is kept, and then forgotten.
    RefreshTokenLost,
    /// Several records work on one identity at a time.
    IdentityLockNotTaken,
    /// A record is done when its write is reserved, not when it is confirmed.
    DoneBeforeConfirmed,
}

impl Bug {
    /// Those of which each must be found.
    pub const PLANTED: [Bug; 5] = [
        Bug::RepeatBeforeLook,
        Bug::CursorMovedEarly,
        Bug::RefreshTokenLost,
        Bug::IdentityLockNotTaken,
        Bug::DoneBeforeConfirmed,
    ];

    /// The engine's part of it.
    pub fn protocol(bug: Option<Bug>) -> Protocol {
        let whole = Protocol::default();
        match bug {
            Some(Bug::NoProtocol) => Protocol { looks: false, settles: false, locks: false },
            Some(Bug::RepeatBeforeLook) => Protocol { settles: false, ..whole },
            Some(Bug::IdentityLockNotTaken) => Protocol { locks: false, ..whole },
            _ => whole,
        }
    }
}

/// Forgets the tokens that it is to keep, all but the first.
pub struct Forgetful(pub Arc<dyn Tokens>);

impl Tokens for Forgetful {
    fn load<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Option<(SecretString, u64)>, Fault>> {
        self.0.load(connection)
    }

    fn store<'a>(
        &'a self,
        connection: &'a str,
        token: SecretString,
        version: u64,
    ) -> BoxFuture<'a, Result<bool, Fault>> {
        if version > 1 { async { Ok(true) }.boxed() } else { self.0.store(connection, token, version) }
    }

    fn replace<'a>(&'a self, connection: &'a str, token: SecretString) -> BoxFuture<'a, Result<(), Fault>> {
        self.0.replace(connection, token)
    }
}

/// A ledger that leaves out its part.
pub struct Careless {
    pub inner: Arc<dyn Ledger>,
    pub bug: Bug,
}

impl Careless {
    fn forgets(&self, record: &mut Record) {
        if self.bug == Bug::NoProtocol {
            record.attempts.clear();
            record.steps.clear();
        }
    }
}

fn done(key: String, summary: Summary) -> End {
    let outcome = Outcome {
        status: Status::Done,
        code: None,
        reason: None,
        step: None,
        place: None,
        field: None,
        value: None,
        made: Vec::new(),
        decided: Vec::new(),
        requests: 0,
        version: summary.version,
        personal: Vec::new(),
    };
    End { key, round: summary.round, outcome, due: None }
}

macro_rules! handed_on {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self, $($arg: $kind),*) -> Reply<'_, $out> {
            self.inner.$name($($arg),*)
        })*
    };
}

impl Ledger for Careless {
    fn intake(&self, claim: &Claim, scope: &Scope, mut page: Page, now: Timestamp) -> Reply<'_, Intake> {
        if self.bug == Bug::CursorMovedEarly && page.cursor.is_none() {
            page.cursor = Some(now.to_string());
        }
        self.inner.intake(claim, scope, page, now)
    }

    fn reserve(&self, claim: &Claim, scope: &Scope, write: Reservation, now: Timestamp) -> Reply<'_, Reserved> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            let key = write.key.clone();
            let reserved = self.inner.reserve(&claim, &scope, write, now).await;
            match self.bug {
                Bug::NoProtocol => return reserved.map(|_| Reserved::Fresh),
                Bug::DoneBeforeConfirmed if matches!(reserved, Ok(Reserved::Fresh)) => {
                    if let Some(record) = self.inner.record(&scope, &key).await? {
                        let end = done(key, record.summary);
                        self.inner.finish(&claim, &scope, end, now).await?;
                    }
                }
                _ => {}
            }
            reserved
        }
        .boxed()
    }

    fn answer(&self, claim: &Claim, scope: &Scope, settlement: Settlement, now: Timestamp) -> Reply<'_, Settled> {
        self.inner.answer(claim, scope, settlement, now)
    }

    fn waiting(&self, scope: &Scope, window: Window) -> Reply<'_, Vec<Record>> {
        let scope = scope.clone();
        async move {
            let mut records = self.inner.waiting(&scope, window).await?;
            records.iter_mut().for_each(|record| self.forgets(record));
            Ok(records)
        }
        .boxed()
    }

    fn attempts(&self, scope: &Scope, key: &str) -> Reply<'_, Vec<Attempt>> {
        if self.bug == Bug::NoProtocol { async { Ok(Vec::new()) }.boxed() } else { self.inner.attempts(scope, key) }
    }

    fn linked(&self, tenant: &str, thing: &Thing, resource: Option<&str>) -> Reply<'_, Vec<Linked>> {
        if self.bug == Bug::NoProtocol {
            return async { Ok(Vec::new()) }.boxed();
        }
        self.inner.linked(tenant, thing, resource)
    }

    handed_on! {
        claim(lane: &Lane, holder: &str, now: Timestamp, ttl: std::time::Duration) -> Claimed;
        renew(claim: &Claim, now: Timestamp, ttl: std::time::Duration) -> Claim;
        release(claim: &Claim) -> ();
        cursor(scope: &Scope) -> Option<String>;
        revive(claim: &Claim, scope: &Scope, which: Revive, now: Timestamp) -> u64;
        next_due(scope: &Scope) -> Option<Timestamp>;
        put_step(claim: &Claim, scope: &Scope, step: Step, now: Timestamp) -> Stored;
        finish(claim: &Claim, scope: &Scope, end: End, now: Timestamp) -> Finished;
        adopt(claim: &Claim, scope: &Scope, adoption: Adoption, now: Timestamp) -> Settled;
        unsettled(scope: &Scope) -> Vec<Attempt>;
        resolve(scope: &Scope, resolution: Resolution, now: Timestamp) -> Settled;
        resend(scope: &Scope, which: Resend, version: Option<Hash>, now: Timestamp) -> u64;
        put_link(tenant: &str, link: Link, now: Timestamp) -> ();
        drop_link(tenant: &str, a: &Thing, b: &Thing) -> ();
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
}
