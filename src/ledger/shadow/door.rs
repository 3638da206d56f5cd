//! The ledger's door onto the shadow: what a call is about is brought to the front, and the call is made there.

use std::time::Duration;

use futures_util::future::FutureExt;
use jiff::Timestamp;

use crate::ledger::{
    Activity, ActivityFilter, Adoption, Alarm, Attempt, Claim, Claimed, Counts, Delivery, End, Erased, Finished,
    FlowState, Forgotten, Group, Hash, Intake, Lane, Ledger, Letter, Link, Linked, Logged, Page, Pause, Person, Record,
    RecordFilter, Reply, Resend, Reservation, Reserved, Resolution, Retention, Revive, Run, Scope, Settled, Settlement,
    Shadow, Status, Step, Stored, Summary, Swapped, Telling, Thing, Token, Version, Window,
};

impl Ledger for Shadow {
    fn claim(&self, lane: &Lane, holder: &str, now: Timestamp, ttl: Duration) -> Reply<'_, Claimed> {
        self.front.claim(lane, holder, now, ttl)
    }

    fn renew(&self, claim: &Claim, now: Timestamp, ttl: Duration) -> Reply<'_, Claim> {
        self.front.renew(claim, now, ttl)
    }

    fn release(&self, claim: &Claim) -> Reply<'_, ()> {
        self.front.release(claim)
    }

    fn intake(&self, claim: &Claim, scope: &Scope, page: Page, now: Timestamp) -> Reply<'_, Intake> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            for incoming in &page.records {
                self.bring_record(&mut *self.brought().await, &scope, &incoming.key).await?;
            }
            self.front.intake(&claim, &scope, page, now).await
        }
        .boxed()
    }

    fn cursor(&self, scope: &Scope) -> Reply<'_, Option<String>> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.front.cursor(&scope).await
        }
        .boxed()
    }

    fn revive(&self, claim: &Claim, scope: &Scope, which: Revive, now: Timestamp) -> Reply<'_, u64> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            if let Some(version) = which.version {
                for status in [Status::Skipped, Status::Held] {
                    self.bring_status(&mut *self.brought().await, &scope, status, |summary| summary.version != version)
                        .await?;
                }
            }
            self.front.revive(&claim, &scope, which, now).await
        }
        .boxed()
    }

    fn waiting(&self, scope: &Scope, window: Window) -> Reply<'_, Vec<Record>> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.front.waiting(&scope, window).await
        }
        .boxed()
    }

    fn next_due(&self, scope: &Scope) -> Reply<'_, Option<Timestamp>> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.front.next_due(&scope).await
        }
        .boxed()
    }

    fn put_step(&self, claim: &Claim, scope: &Scope, step: Step, now: Timestamp) -> Reply<'_, Stored> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            self.bring_record(&mut *self.brought().await, &scope, &step.key).await?;
            self.front.put_step(&claim, &scope, step, now).await
        }
        .boxed()
    }

    fn finish(&self, claim: &Claim, scope: &Scope, end: End, now: Timestamp) -> Reply<'_, Finished> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.bring_record(&mut *self.brought().await, &scope, &end.key).await?;
            self.front.finish(&claim, &scope, end, now).await
        }
        .boxed()
    }

    fn reserve(&self, claim: &Claim, scope: &Scope, write: Reservation, now: Timestamp) -> Reply<'_, Reserved> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            self.bring_attempts(&mut *self.brought().await, &scope, &write.key).await?;
            self.front.reserve(&claim, &scope, write, now).await
        }
        .boxed()
    }

    fn answer(&self, claim: &Claim, scope: &Scope, settlement: Settlement, now: Timestamp) -> Reply<'_, Settled> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            self.bring_attempts(&mut *self.brought().await, &scope, &settlement.key).await?;
            self.bring_steps(&mut *self.brought().await, &scope, &settlement.steps).await?;
            self.bring_links(&mut *self.brought().await, &scope.tenant, &settlement.links).await?;
            self.front.answer(&claim, &scope, settlement, now).await
        }
        .boxed()
    }

    fn adopt(&self, claim: &Claim, scope: &Scope, adoption: Adoption, now: Timestamp) -> Reply<'_, Settled> {
        let (claim, scope) = (claim.clone(), scope.clone());
        async move {
            self.bring_attempts(&mut *self.brought().await, &scope, &adoption.key).await?;
            self.bring_steps(&mut *self.brought().await, &scope, &adoption.steps).await?;
            self.bring_links(&mut *self.brought().await, &scope.tenant, &adoption.links).await?;
            self.front.adopt(&claim, &scope, adoption, now).await
        }
        .boxed()
    }

    fn attempts(&self, scope: &Scope, key: &str) -> Reply<'_, Vec<Attempt>> {
        let (scope, key) = (scope.clone(), key.to_owned());
        async move {
            self.bring_attempts(&mut *self.brought().await, &scope, &key).await?;
            self.front.attempts(&scope, &key).await
        }
        .boxed()
    }

    fn unsettled(&self, scope: &Scope) -> Reply<'_, Vec<Attempt>> {
        let scope = scope.clone();
        async move {
            for attempt in self.behind.unsettled(&scope).await? {
                self.bring_attempts(&mut *self.brought().await, &scope, &attempt.key).await?;
            }
            self.front.unsettled(&scope).await
        }
        .boxed()
    }

    fn resolve(&self, scope: &Scope, resolution: Resolution, now: Timestamp) -> Reply<'_, Settled> {
        let scope = scope.clone();
        async move {
            self.bring_record(&mut *self.brought().await, &scope, &resolution.key).await?;
            if let Some(identity) = &resolution.identity {
                self.bring_attempts(&mut *self.brought().await, &scope, identity).await?;
            }
            self.front.resolve(&scope, resolution, now).await
        }
        .boxed()
    }

    fn resend(&self, scope: &Scope, which: Resend, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            match &which {
                Resend::Keys(keys) => {
                    for key in keys {
                        self.bring_record(&mut *self.brought().await, &scope, key).await?;
                    }
                }
                Resend::Held(_) => {
                    self.bring_status(&mut *self.brought().await, &scope, Status::Held, |_| true).await?
                }
            }
            self.front.resend(&scope, which, version, now).await
        }
        .boxed()
    }

    fn put_link(&self, tenant: &str, link: Link, now: Timestamp) -> Reply<'_, ()> {
        let tenant = tenant.to_owned();
        async move {
            self.bring_links(&mut *self.brought().await, &tenant, std::slice::from_ref(&link)).await?;
            self.front.put_link(&tenant, link, now).await
        }
        .boxed()
    }

    fn drop_link(&self, tenant: &str, a: &Thing, b: &Thing) -> Reply<'_, ()> {
        let (tenant, a, b) = (tenant.to_owned(), a.clone(), b.clone());
        async move {
            self.bring_thing(&mut *self.brought().await, &tenant, &a).await?;
            self.bring_thing(&mut *self.brought().await, &tenant, &b).await?;
            self.front.drop_link(&tenant, &a, &b).await
        }
        .boxed()
    }

    fn linked(&self, tenant: &str, thing: &Thing, resource: Option<&str>) -> Reply<'_, Vec<Linked>> {
        let (tenant, thing, resource) = (tenant.to_owned(), thing.clone(), resource.map(str::to_owned));
        async move {
            self.bring_thing(&mut *self.brought().await, &tenant, &thing).await?;
            self.front.linked(&tenant, &thing, resource.as_deref()).await
        }
        .boxed()
    }

    fn flow(&self, scope: &Scope) -> Reply<'_, FlowState> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.front.flow(&scope).await
        }
        .boxed()
    }

    fn flows(&self, tenant: &str) -> Reply<'_, Vec<FlowState>> {
        self.behind.flows(tenant)
    }

    fn pause(&self, scope: &Scope, pause: Pause) -> Reply<'_, ()> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.front.pause(&scope, pause).await
        }
        .boxed()
    }

    fn resume(&self, scope: &Scope, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.front.resume(&scope, version, now).await
        }
        .boxed()
    }

    fn put_version(&self, scope: &Scope, hash: Hash, files: Vec<u8>, now: Timestamp) -> Reply<'_, ()> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            self.front.put_version(&scope, hash, files, now).await
        }
        .boxed()
    }

    fn versions(&self, scope: &Scope) -> Reply<'_, Vec<Version>> {
        self.behind.versions(scope)
    }

    fn put_run(&self, scope: &Scope, run: Run) -> Reply<'_, ()> {
        self.front.put_run(scope, run)
    }

    fn runs(&self, scope: &Scope, limit: u32) -> Reply<'_, Vec<Run>> {
        self.behind.runs(scope, limit)
    }

    fn token(&self, tenant: &str, connection: &str) -> Reply<'_, Option<Token>> {
        self.behind.token(tenant, connection)
    }

    fn put_token(
        &self,
        tenant: &str,
        connection: &str,
        version: u64,
        bytes: Vec<u8>,
        now: Timestamp,
    ) -> Reply<'_, Swapped> {
        self.behind.put_token(tenant, connection, version, bytes, now)
    }

    fn drop_token(&self, tenant: &str, connection: &str) -> Reply<'_, ()> {
        self.behind.drop_token(tenant, connection)
    }

    fn put_activity(&self, tenant: &str, activity: Vec<Activity>) -> Reply<'_, ()> {
        self.front.put_activity(tenant, activity)
    }

    fn activity(&self, filter: ActivityFilter) -> Reply<'_, Vec<Logged>> {
        self.front.activity(filter)
    }

    fn records(&self, filter: RecordFilter) -> Reply<'_, Vec<Summary>> {
        async move {
            for summary in self.behind.records(filter.clone()).await? {
                let scope = Scope::new(filter.tenant.clone(), summary.flow);
                self.bring_record(&mut *self.brought().await, &scope, &summary.key).await?;
            }
            self.front.records(filter).await
        }
        .boxed()
    }

    fn record(&self, scope: &Scope, key: &str) -> Reply<'_, Option<Record>> {
        let (scope, key) = (scope.clone(), key.to_owned());
        async move {
            self.bring_record(&mut *self.brought().await, &scope, &key).await?;
            self.front.record(&scope, &key).await
        }
        .boxed()
    }

    fn counts(&self, scope: &Scope) -> Reply<'_, Counts> {
        let scope = scope.clone();
        async move {
            self.bring_flow(&mut *self.brought().await, &scope).await?;
            let (there, here) = (self.behind.counts(&scope).await?, self.front.counts(&scope).await?);
            let brought = self.brought().await;
            let of_flow = brought.records.iter().filter(|((of, _), _)| *of == scope);
            let taken: Vec<Status> = of_flow.filter_map(|(_, status)| *status).collect();
            let mut counts = Counts::default();
            for status in Status::ALL {
                let gone = taken.iter().filter(|one| **one == status).count() as u64;
                counts.add(status, there.of(status).saturating_sub(gone) + here.of(status));
            }
            Ok(counts)
        }
        .boxed()
    }

    fn groups(&self, tenant: &str, status: Status) -> Reply<'_, Vec<Group>> {
        self.behind.groups(tenant, status)
    }

    fn retain(&self, tenant: &str, terms: Retention, most: u32) -> Reply<'_, Erased> {
        self.front.retain(tenant, terms, most)
    }

    fn about(&self, tenant: &str, text: &str) -> Reply<'_, Vec<(String, String)>> {
        self.behind.about(tenant, text)
    }

    fn traces(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten> {
        self.behind.traces(tenant, person)
    }

    fn forget(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten> {
        self.front.forget(tenant, person)
    }

    fn alarms(&self, tenant: &str) -> Reply<'_, Vec<Alarm>> {
        self.behind.alarms(tenant)
    }

    fn tell(&self, tenant: &str, telling: Telling) -> Reply<'_, ()> {
        self.front.tell(tenant, telling)
    }

    fn letters(&self, tenant: &str, due_by: Timestamp, limit: u32) -> Reply<'_, Vec<Letter>> {
        self.front.letters(tenant, due_by, limit)
    }

    fn delivered(&self, tenant: &str, id: u64, what: Delivery) -> Reply<'_, ()> {
        self.front.delivered(tenant, id, what)
    }
}
