//! The door of the store: what is put is durable when it is answered, what is asked comes out whole.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::ledger::{
    Activity, ActivityFilter, Adoption, Alarm, Attempt, Claim, Claimed, Counts, Delivery, End, Erased, Finished,
    FlowState, Forgotten, Group, Hash, Intake, Lane, LedgerError, Letter, Link, Linked, Logged, Page, Pause, Person,
    Record, RecordFilter, Resend, Reservation, Reserved, Resolution, Retention, Revive, Run, Scope, Settled,
    Settlement, Status, Step, Stored, Summary, Swapped, Telling, Thing, Token, Version, Window,
};

/// What every call answers.
pub type Reply<'a, T> = BoxFuture<'a, Result<T, LedgerError>>;

/// The memory of what happened. Each method is one transaction; times are the caller's, kept to the microsecond.
///
/// A put for a lane carries the claim on it and changes nothing once the lane has passed to another
/// ([`LedgerError::Stale`]). A future that is dropped may still have its effect.
pub trait Ledger: Send + Sync {
    /// Takes a lane that nobody holds, or whose holder let its time pass.
    fn claim(&self, lane: &Lane, holder: &str, now: Timestamp, ttl: Duration) -> Reply<'_, Claimed>;

    /// Keeps a lane for longer.
    fn renew(&self, claim: &Claim, now: Timestamp, ttl: Duration) -> Reply<'_, Claim>;

    /// Gives a lane back; a stale claim gives nothing back and is no error.
    fn release(&self, claim: &Claim) -> Reply<'_, ()>;

    /// Takes in records and moves the cursor past them.
    ///
    /// New ones wait. A known one whose content and version are unchanged is passed by, unless it failed: then it
    /// waits again. A changed one begins a new round with the new body; one in doubt stays in doubt, with the new body.
    fn intake(&self, claim: &Claim, scope: &Scope, page: Page, now: Timestamp) -> Reply<'_, Intake>;

    /// Up to where the source was read.
    fn cursor(&self, scope: &Scope) -> Reply<'_, Option<String>>;

    /// Makes ended records wait again, at the start of a run; answers how many.
    fn revive(&self, claim: &Claim, scope: &Scope, which: Revive, now: Timestamp) -> Reply<'_, u64>;

    /// Loads waiting records in their order, with all that is recorded of them.
    fn waiting(&self, scope: &Scope, window: Window) -> Reply<'_, Vec<Record>>;

    /// When the first of the waiting records that have a due time is due.
    fn next_due(&self, scope: &Scope) -> Reply<'_, Option<Timestamp>>;

    /// Keeps a step's result; the first writer wins, the others are told what it wrote.
    fn put_step(&self, claim: &Claim, scope: &Scope, step: Step, now: Timestamp) -> Reply<'_, Stored>;

    /// Ends a record's round. Results of its steps stay only where it goes on in the same round: when it
    /// waits, failed or is in doubt.
    fn finish(&self, claim: &Claim, scope: &Scope, end: End, now: Timestamp) -> Reply<'_, Finished>;

    /// Reserves an attempt to write: only who gets [`Reserved::Fresh`] may send, once.
    ///
    /// Number n may be reserved when the one before it ended as not applied or absent, and none is made.
    fn reserve(&self, claim: &Claim, scope: &Scope, write: Reservation, now: Timestamp) -> Reply<'_, Reserved>;

    /// Records what became of an attempt, with links and steps' results.
    fn answer(&self, claim: &Claim, scope: &Scope, settlement: Settlement, now: Timestamp) -> Reply<'_, Settled>;

    /// Records that what a write would make was found: answers the open or unknown attempt as made, or adds one that
    /// was never sent. [`Settled::Kept`] names the thing that was recorded before.
    fn adopt(&self, claim: &Claim, scope: &Scope, adoption: Adoption, now: Timestamp) -> Reply<'_, Settled>;

    /// Every attempt under a key, by step and number.
    fn attempts(&self, scope: &Scope, key: &str) -> Reply<'_, Vec<Attempt>>;

    /// Every attempt of a flow that is open or unknown.
    fn unsettled(&self, scope: &Scope) -> Reply<'_, Vec<Attempt>>;

    /// A person's word on an attempt in doubt; the record goes on in its round once no attempt of it is unsettled.
    fn resolve(&self, scope: &Scope, resolution: Resolution, now: Timestamp) -> Reply<'_, Settled>;

    /// A person's wish to have ended records again, on this version (`None`: on theirs); answers how many.
    fn resend(&self, scope: &Scope, which: Resend, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64>;

    /// Remembers a pair, both ways.
    fn put_link(&self, tenant: &str, link: Link, now: Timestamp) -> Reply<'_, ()>;

    /// Forgets a pair: one of the two is gone.
    fn drop_link(&self, tenant: &str, a: &Thing, b: &Thing) -> Reply<'_, ()>;

    /// The partners of a thing, of that resource (`None`: of any), by resource and id.
    fn linked(&self, tenant: &str, thing: &Thing, resource: Option<&str>) -> Reply<'_, Vec<Linked>>;

    /// What is recorded of a flow; one never heard of is empty.
    fn flow(&self, scope: &Scope) -> Reply<'_, FlowState>;

    /// What is recorded of every flow of a tenant, by name.
    fn flows(&self, tenant: &str) -> Reply<'_, Vec<FlowState>>;

    /// Pauses a flow; one that is paused keeps its first reason.
    fn pause(&self, scope: &Scope, pause: Pause) -> Reply<'_, ()>;

    /// Lets a flow run again; stopped records begin a new round on this version (`None`: on theirs).
    fn resume(&self, scope: &Scope, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64>;

    /// Keeps a text of a flow, once per hash.
    fn put_version(&self, scope: &Scope, hash: Hash, files: Vec<u8>, now: Timestamp) -> Reply<'_, ()>;

    /// The texts a flow has had, newest first.
    fn versions(&self, scope: &Scope) -> Reply<'_, Vec<Version>>;

    /// Keeps that a run ended.
    fn put_run(&self, scope: &Scope, run: Run) -> Reply<'_, ()>;

    /// The runs of a flow, newest first.
    fn runs(&self, scope: &Scope, limit: u32) -> Reply<'_, Vec<Run>>;

    /// The token of a connection.
    fn token(&self, tenant: &str, connection: &str) -> Reply<'_, Option<Token>>;

    /// Replaces the token of that version (0: there is none yet).
    fn put_token(
        &self,
        tenant: &str,
        connection: &str,
        version: u64,
        bytes: Vec<u8>,
        now: Timestamp,
    ) -> Reply<'_, Swapped>;

    /// Removes the token of a connection.
    fn drop_token(&self, tenant: &str, connection: &str) -> Reply<'_, ()>;

    /// Keeps calls.
    fn put_activity(&self, tenant: &str, activity: Vec<Activity>) -> Reply<'_, ()>;

    /// Lists calls.
    fn activity(&self, filter: ActivityFilter) -> Reply<'_, Vec<Logged>>;

    /// Lists records.
    fn records(&self, filter: RecordFilter) -> Reply<'_, Vec<Summary>>;

    /// One record, whole.
    fn record(&self, scope: &Scope, key: &str) -> Reply<'_, Option<Record>>;

    /// How many records of a flow stand where.
    fn counts(&self, scope: &Scope) -> Reply<'_, Counts>;

    /// The records of a tenant in that status, by flow, reason and step, most first.
    fn groups(&self, tenant: &str, status: Status) -> Reply<'_, Vec<Group>>;

    /// Removes what is kept for a time only, no more than so many rows of each kind: the bytes of records that are done
    /// or skipped and the bodies of calls, then calls and runs (of a flow not the last), then versions of flows that
    /// nothing names. Never what keeps a thing from being made twice.
    fn retain(&self, tenant: &str, terms: Retention, most: u32) -> Reply<'_, Erased>;

    /// The records (flow, key) that hold this text, whatever its case, in the order they came.
    fn about(&self, tenant: &str, text: &str) -> Reply<'_, Vec<(String, String)>>;

    /// What is kept about a person; nothing is changed.
    fn traces(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten>;

    /// Erases what is kept about a person: in all ended records that hold the address, and in all else that holds any of
    /// it. What keeps a thing from being made twice stays.
    fn forget(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten>;

    /// The causes that people were told about and that last, by cause.
    fn alarms(&self, tenant: &str) -> Reply<'_, Vec<Alarm>>;

    /// Keeps what people were told about, what of it is over, and the messages that tell it.
    fn tell(&self, tenant: &str, telling: Telling) -> Reply<'_, ()>;

    /// Messages that are to be sent by then, the longest due first.
    fn letters(&self, tenant: &str, due_by: Timestamp, limit: u32) -> Reply<'_, Vec<Letter>>;

    /// Keeps what became of a try to send a message.
    fn delivered(&self, tenant: &str, id: u64, what: Delivery) -> Reply<'_, ()>;
}
