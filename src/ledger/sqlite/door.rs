//! The ledger's door onto the file: each call becomes one job.

use std::time::Duration;

use jiff::Timestamp;

use crate::ledger::{
    Activity, ActivityFilter, Adoption, Alarm, Attempt, Claim, Claimed, Counts, Delivery, End, Erased, Finished,
    FlowState, Forgotten, Group, Hash, Intake, Lane, Ledger, Letter, Link, Linked, Logged, Page, Pause, Person, Record,
    RecordFilter, Reply, Resend, Reservation, Reserved, Resolution, Retention, Revive, Run, Scope, Settled, Settlement,
    Status, Step, Stored, Summary, Swapped, Telling, Thing, Token, Version, Window,
};

use super::lanes::fence;
use super::writer::{Fail, Kind};
use super::{
    Sqlite, activity, attempts, erase, flows, intake, lanes, letters, links, progress, records, retain, tokens,
};

impl Sqlite {
    /// A put that its claim allows.
    fn fenced<T, F>(&self, claim: &Claim, scope: &Scope, work: F) -> Reply<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection, &Scope) -> Result<T, Fail> + Send + 'static,
    {
        let (claim, scope) = (claim.clone(), scope.clone());
        self.put(move |connection| {
            fence(connection, &claim)?;
            work(connection, &scope)
        })
    }
}

impl Ledger for Sqlite {
    fn claim(&self, lane: &Lane, holder: &str, now: Timestamp, ttl: Duration) -> Reply<'_, Claimed> {
        let (lane, holder) = (lane.clone(), holder.to_owned());
        self.put(move |connection| lanes::claim(connection, lane, &holder, now, ttl))
    }

    fn renew(&self, claim: &Claim, now: Timestamp, ttl: Duration) -> Reply<'_, Claim> {
        let claim = claim.clone();
        self.put(move |connection| lanes::renew(connection, claim, now, ttl))
    }

    fn release(&self, claim: &Claim) -> Reply<'_, ()> {
        let claim = claim.clone();
        self.put(move |connection| lanes::release(connection, &claim))
    }

    fn intake(&self, claim: &Claim, scope: &Scope, page: Page, now: Timestamp) -> Reply<'_, Intake> {
        self.fenced(claim, scope, move |connection, scope| intake::intake(connection, scope, page, now))
    }

    fn cursor(&self, scope: &Scope) -> Reply<'_, Option<String>> {
        let scope = scope.clone();
        self.read(move |connection| flows::cursor(connection, &scope))
    }

    fn revive(&self, claim: &Claim, scope: &Scope, which: Revive, now: Timestamp) -> Reply<'_, u64> {
        self.fenced(claim, scope, move |connection, scope| intake::revive(connection, scope, which, now))
    }

    fn waiting(&self, scope: &Scope, window: Window) -> Reply<'_, Vec<Record>> {
        let scope = scope.clone();
        self.read(move |connection| records::waiting(connection, &scope, window))
    }

    fn next_due(&self, scope: &Scope) -> Reply<'_, Option<Timestamp>> {
        let scope = scope.clone();
        self.read(move |connection| records::next_due(connection, &scope))
    }

    fn put_step(&self, claim: &Claim, scope: &Scope, step: Step, now: Timestamp) -> Reply<'_, Stored> {
        self.fenced(claim, scope, move |connection, scope| progress::put_step(connection, scope, &step, now))
    }

    fn finish(&self, claim: &Claim, scope: &Scope, end: End, now: Timestamp) -> Reply<'_, Finished> {
        self.fenced(claim, scope, move |connection, scope| progress::finish(connection, scope, &end, now))
    }

    fn reserve(&self, claim: &Claim, scope: &Scope, write: Reservation, now: Timestamp) -> Reply<'_, Reserved> {
        self.fenced(claim, scope, move |connection, scope| attempts::reserve(connection, scope, &write, now))
    }

    fn answer(&self, claim: &Claim, scope: &Scope, settlement: Settlement, now: Timestamp) -> Reply<'_, Settled> {
        self.fenced(claim, scope, move |connection, scope| attempts::answer(connection, scope, settlement, now))
    }

    fn adopt(&self, claim: &Claim, scope: &Scope, adoption: Adoption, now: Timestamp) -> Reply<'_, Settled> {
        self.fenced(claim, scope, move |connection, scope| attempts::adopt(connection, scope, adoption, now))
    }

    fn attempts(&self, scope: &Scope, key: &str) -> Reply<'_, Vec<Attempt>> {
        let (scope, key) = (scope.clone(), key.to_owned());
        self.read(move |connection| attempts::of_key(connection, &scope, &key))
    }

    fn unsettled(&self, scope: &Scope) -> Reply<'_, Vec<Attempt>> {
        let scope = scope.clone();
        self.read(move |connection| attempts::unsettled(connection, &scope))
    }

    fn resolve(&self, scope: &Scope, resolution: Resolution, now: Timestamp) -> Reply<'_, Settled> {
        let scope = scope.clone();
        self.put(move |connection| attempts::resolve(connection, &scope, resolution, now))
    }

    fn resend(&self, scope: &Scope, which: Resend, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64> {
        let scope = scope.clone();
        self.put(move |connection| intake::resend(connection, &scope, which, version, now))
    }

    fn put_link(&self, tenant: &str, link: Link, now: Timestamp) -> Reply<'_, ()> {
        let tenant = tenant.to_owned();
        self.put(move |connection| links::put(connection, &tenant, &link, now))
    }

    fn drop_link(&self, tenant: &str, a: &Thing, b: &Thing) -> Reply<'_, ()> {
        let (tenant, a, b) = (tenant.to_owned(), a.clone(), b.clone());
        self.put(move |connection| links::drop(connection, &tenant, &a, &b))
    }

    fn linked(&self, tenant: &str, thing: &Thing, resource: Option<&str>) -> Reply<'_, Vec<Linked>> {
        let (tenant, thing, resource) = (tenant.to_owned(), thing.clone(), resource.map(str::to_owned));
        self.read(move |connection| links::linked(connection, &tenant, &thing, resource.as_deref()))
    }

    fn flow(&self, scope: &Scope) -> Reply<'_, FlowState> {
        let scope = scope.clone();
        self.read(move |connection| flows::flow(connection, &scope))
    }

    fn flows(&self, tenant: &str) -> Reply<'_, Vec<FlowState>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| flows::flows(connection, &tenant))
    }

    fn pause(&self, scope: &Scope, pause: Pause) -> Reply<'_, ()> {
        let scope = scope.clone();
        self.put(move |connection| flows::pause(connection, &scope, &pause.reason, pause.since))
    }

    fn resume(&self, scope: &Scope, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64> {
        let scope = scope.clone();
        self.put(move |connection| flows::resume(connection, &scope, version, now))
    }

    fn put_version(&self, scope: &Scope, hash: Hash, files: Vec<u8>, now: Timestamp) -> Reply<'_, ()> {
        let scope = scope.clone();
        self.put(move |connection| flows::put_version(connection, &scope, hash, &files, now))
    }

    fn versions(&self, scope: &Scope) -> Reply<'_, Vec<Version>> {
        let scope = scope.clone();
        self.read(move |connection| flows::versions(connection, &scope))
    }

    fn put_run(&self, scope: &Scope, run: Run) -> Reply<'_, ()> {
        let scope = scope.clone();
        self.put(move |connection| flows::put_run(connection, &scope, &run))
    }

    fn runs(&self, scope: &Scope, limit: u32) -> Reply<'_, Vec<Run>> {
        let scope = scope.clone();
        self.read(move |connection| flows::runs(connection, &scope, limit))
    }

    fn token(&self, tenant: &str, connection: &str) -> Reply<'_, Option<Token>> {
        let (tenant, name) = (tenant.to_owned(), connection.to_owned());
        self.read(move |connection| tokens::token(connection, &tenant, &name))
    }

    fn put_token(
        &self,
        tenant: &str,
        connection: &str,
        version: u64,
        bytes: Vec<u8>,
        now: Timestamp,
    ) -> Reply<'_, Swapped> {
        let (tenant, name) = (tenant.to_owned(), connection.to_owned());
        self.put(move |connection| tokens::put(connection, &tenant, &name, version, &bytes, now))
    }

    fn drop_token(&self, tenant: &str, connection: &str) -> Reply<'_, ()> {
        let (tenant, name) = (tenant.to_owned(), connection.to_owned());
        self.call(Kind::Erase, move |connection| tokens::drop(connection, &tenant, &name))
    }

    fn put_activity(&self, tenant: &str, activity: Vec<Activity>) -> Reply<'_, ()> {
        let tenant = tenant.to_owned();
        self.put(move |connection| activity::put(connection, &tenant, &activity))
    }

    fn activity(&self, filter: ActivityFilter) -> Reply<'_, Vec<Logged>> {
        self.read(move |connection| activity::list(connection, filter))
    }

    fn records(&self, filter: RecordFilter) -> Reply<'_, Vec<Summary>> {
        self.read(move |connection| records::list(connection, filter))
    }

    fn record(&self, scope: &Scope, key: &str) -> Reply<'_, Option<Record>> {
        let (scope, key) = (scope.clone(), key.to_owned());
        self.read(move |connection| records::record(connection, &scope, &key))
    }

    fn counts(&self, scope: &Scope) -> Reply<'_, Counts> {
        let scope = scope.clone();
        self.read(move |connection| records::counts(connection, &scope))
    }

    fn groups(&self, tenant: &str, status: Status) -> Reply<'_, Vec<Group>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| records::groups(connection, &tenant, status))
    }

    fn retain(&self, tenant: &str, terms: Retention, most: u32) -> Reply<'_, Erased> {
        let tenant = tenant.to_owned();
        self.call(Kind::Sweep, move |connection| retain::retain(connection, &tenant, terms, most))
    }

    fn about(&self, tenant: &str, text: &str) -> Reply<'_, Vec<(String, String)>> {
        let (tenant, text) = (tenant.to_owned(), text.to_owned());
        self.read(move |connection| erase::about(connection, &tenant, &text))
    }

    fn traces(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten> {
        let (tenant, person) = (tenant.to_owned(), person.clone());
        self.read(move |connection| erase::traces(connection, &tenant, &person))
    }

    fn forget(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten> {
        let (tenant, person) = (tenant.to_owned(), person.clone());
        self.call(Kind::Erase, move |connection| erase::forget(connection, &tenant, &person))
    }

    fn alarms(&self, tenant: &str) -> Reply<'_, Vec<Alarm>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| letters::alarms(connection, &tenant))
    }

    fn tell(&self, tenant: &str, telling: Telling) -> Reply<'_, ()> {
        let tenant = tenant.to_owned();
        self.put(move |connection| letters::tell(connection, &tenant, &telling))
    }

    fn letters(&self, tenant: &str, due_by: Timestamp, limit: u32) -> Reply<'_, Vec<Letter>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| letters::letters(connection, &tenant, due_by, limit))
    }

    fn delivered(&self, tenant: &str, id: u64, what: Delivery) -> Reply<'_, ()> {
        let tenant = tenant.to_owned();
        self.put(move |connection| letters::delivered(connection, &tenant, id, &what))
    }
}
