//! The ledger's door onto the memory.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::ledger::rules::{self, Taking};
use crate::ledger::{
    Activity, ActivityFilter, Adoption, Alarm, Attempt, Claim, Claimed, Counts, Delivery, End, Erased, Finished,
    FlowState, Forgotten, Group, Hash, Intake, Lane, Ledger, Letter, Link, Linked, Logged, Memory, Page, Pause, Person,
    Record, RecordFilter, Reply, Resend, Reservation, Reserved, Resolution, Retention, Revive, Run, Scope, Settled,
    Settlement, Status, Step, Stored, Summary, Swapped, Telling, Thing, Token, Version, Window,
};

use super::Held;
use super::kept::Kept;

impl Memory {
    /// A put whose links are kept if it was.
    fn settle(
        &self,
        claim: &Claim,
        scope: &Scope,
        links: Vec<Link>,
        now: Timestamp,
        work: impl FnOnce(&mut super::Flow) -> Result<Settled, crate::ledger::LedgerError>,
    ) -> Reply<'_, Settled> {
        self.call(|store| {
            store.fence(claim)?;
            let settled = work(store.flow(scope))?;
            if settled == Settled::Stored {
                links.iter().for_each(|link| store.tenant(&scope.tenant).put_link(link, now));
            }
            Ok(settled)
        })
    }
}

impl Ledger for Memory {
    fn claim(&self, lane: &Lane, holder: &str, now: Timestamp, ttl: Duration) -> Reply<'_, Claimed> {
        self.call(|store| {
            let epoch = match store.lanes.get(lane) {
                Some(Held { holder: Some(holder), until, .. }) if *until > rules::kept(now) => {
                    return Ok(Claimed::Taken { holder: holder.clone(), until: *until });
                }
                held => held.map_or(1, |held| held.epoch + 1),
            };
            let until = rules::later(now, ttl);
            store.lanes.insert(lane.clone(), Held { epoch, holder: Some(holder.to_owned()), until });
            Ok(Claimed::Granted(Claim { lane: lane.clone(), epoch, until }))
        })
    }

    fn renew(&self, claim: &Claim, now: Timestamp, ttl: Duration) -> Reply<'_, Claim> {
        self.call(|store| {
            store.fence(claim)?;
            let until = rules::later(now, ttl);
            store.lanes.entry(claim.lane.clone()).and_modify(|held| held.until = until);
            Ok(Claim { until, ..claim.clone() })
        })
    }

    fn release(&self, claim: &Claim) -> Reply<'_, ()> {
        self.call(|store| {
            if let Some(held) = store.lanes.get_mut(&claim.lane).filter(|held| held.epoch == claim.epoch) {
                held.holder = None;
            }
            Ok(())
        })
    }

    fn intake(&self, claim: &Claim, scope: &Scope, page: Page, now: Timestamp) -> Reply<'_, Intake> {
        self.call(|store| {
            store.fence(claim)?;
            let mut intake = Intake::default();
            let mut sequence = store.records;
            let flow = store.flow(scope);
            flow.listed = true;
            for incoming in page.records {
                match flow.take(&scope.flow, incoming, sequence + 1, rules::kept(now)) {
                    Taking::New => (intake.new, sequence) = (intake.new + 1, sequence + 1),
                    Taking::Again | Taking::GoesOn => intake.again += 1,
                    Taking::InDoubt => intake.in_doubt += 1,
                    Taking::Unchanged => intake.unchanged += 1,
                }
            }
            flow.cursor = page.cursor.or(flow.cursor.take());
            store.records = sequence;
            Ok(intake)
        })
    }

    fn cursor(&self, scope: &Scope) -> Reply<'_, Option<String>> {
        self.call(|store| Ok(store.flows.get(scope).and_then(|flow| flow.cursor.clone())))
    }

    fn revive(&self, claim: &Claim, scope: &Scope, which: Revive, now: Timestamp) -> Reply<'_, u64> {
        self.fenced(claim, scope, |flow| Ok(flow.revive(which, rules::kept(now))))
    }

    fn waiting(&self, scope: &Scope, window: Window) -> Reply<'_, Vec<Record>> {
        self.call(|store| Ok(store.flows.get(scope).map(|flow| flow.waiting(window)).unwrap_or_default()))
    }

    fn next_due(&self, scope: &Scope) -> Reply<'_, Option<Timestamp>> {
        self.call(|store| {
            let records = store.flows.get(scope).into_iter().flat_map(|flow| flow.records.values());
            Ok(records.filter(|kept| kept.summary.status == Status::Waiting).filter_map(|kept| kept.summary.due).min())
        })
    }

    fn put_step(&self, claim: &Claim, scope: &Scope, step: Step, now: Timestamp) -> Reply<'_, Stored> {
        self.fenced(claim, scope, |flow| flow.put_step(step, rules::kept(now)))
    }

    fn finish(&self, claim: &Claim, scope: &Scope, end: End, now: Timestamp) -> Reply<'_, Finished> {
        self.fenced(claim, scope, |flow| flow.finish(end, rules::kept(now)))
    }

    fn reserve(&self, claim: &Claim, scope: &Scope, write: Reservation, now: Timestamp) -> Reply<'_, Reserved> {
        self.fenced(claim, scope, |flow| flow.reserve(write, rules::kept(now)))
    }

    fn answer(&self, claim: &Claim, scope: &Scope, mut settlement: Settlement, now: Timestamp) -> Reply<'_, Settled> {
        let links = std::mem::take(&mut settlement.links);
        self.settle(claim, scope, links, now, |flow| flow.answer(settlement, rules::kept(now)))
    }

    fn adopt(&self, claim: &Claim, scope: &Scope, mut adoption: Adoption, now: Timestamp) -> Reply<'_, Settled> {
        let links = std::mem::take(&mut adoption.links);
        self.settle(claim, scope, links, now, |flow| flow.adopt(adoption, rules::kept(now)))
    }

    fn attempts(&self, scope: &Scope, key: &str) -> Reply<'_, Vec<Attempt>> {
        self.call(|store| Ok(store.flows.get(scope).map(|flow| flow.attempts_of(key)).unwrap_or_default()))
    }

    fn unsettled(&self, scope: &Scope) -> Reply<'_, Vec<Attempt>> {
        self.call(|store| {
            let attempts = store.flows.get(scope).into_iter().flat_map(|flow| flow.attempts.values());
            Ok(attempts.filter(|attempt| rules::is_unsettled(&attempt.state)).cloned().collect())
        })
    }

    fn resolve(&self, scope: &Scope, resolution: Resolution, now: Timestamp) -> Reply<'_, Settled> {
        self.call(|store| store.flow(scope).resolve(resolution, rules::kept(now)))
    }

    fn resend(&self, scope: &Scope, which: Resend, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64> {
        self.call(|store| Ok(store.flow(scope).resend(which, version, rules::kept(now))))
    }

    fn put_link(&self, tenant: &str, link: Link, now: Timestamp) -> Reply<'_, ()> {
        self.call(|store| {
            store.tenant(tenant).put_link(&link, now);
            Ok(())
        })
    }

    fn drop_link(&self, tenant: &str, a: &Thing, b: &Thing) -> Reply<'_, ()> {
        self.call(|store| {
            let links = &mut store.tenant(tenant).links;
            links.remove(&(a.clone(), b.clone()));
            links.remove(&(b.clone(), a.clone()));
            Ok(())
        })
    }

    fn linked(&self, tenant: &str, thing: &Thing, resource: Option<&str>) -> Reply<'_, Vec<Linked>> {
        self.call(|store| {
            let Some(tenant) = store.tenants.get(tenant) else { return Ok(Vec::new()) };
            let from = (thing.clone(), Thing::new("", ""));
            let partners = tenant.links.range(from..).take_while(|((one, _), _)| one == thing);
            let of_resource = partners.filter(|((_, other), _)| resource.is_none_or(|name| other.resource == name));
            Ok(of_resource.map(|(_, linked)| linked.clone()).collect())
        })
    }

    fn flow(&self, scope: &Scope) -> Reply<'_, FlowState> {
        self.call(|store| Ok(store.flow(scope).state(&scope.flow)))
    }

    fn flows(&self, tenant: &str) -> Reply<'_, Vec<FlowState>> {
        self.call(|store| {
            let listed = store.flows_of(tenant).filter(|(_, flow)| flow.listed);
            Ok(listed.map(|(scope, flow)| flow.state(&scope.flow)).collect())
        })
    }

    fn pause(&self, scope: &Scope, pause: Pause) -> Reply<'_, ()> {
        self.call(|store| {
            store.flow(scope).pause(Pause { since: rules::kept(pause.since), ..pause });
            Ok(())
        })
    }

    fn resume(&self, scope: &Scope, version: Option<Hash>, now: Timestamp) -> Reply<'_, u64> {
        self.call(|store| Ok(store.flow(scope).resume(version, rules::kept(now))))
    }

    fn put_version(&self, scope: &Scope, hash: Hash, files: Vec<u8>, now: Timestamp) -> Reply<'_, ()> {
        self.call(|store| {
            store.flow(scope).put_version(hash, files, rules::kept(now));
            Ok(())
        })
    }

    fn versions(&self, scope: &Scope) -> Reply<'_, Vec<Version>> {
        self.call(|store| {
            let mut versions = store.flows.get(scope).map(|flow| flow.versions.clone()).unwrap_or_default();
            versions.reverse();
            versions.sort_by_key(|version| std::cmp::Reverse(version.last));
            Ok(versions)
        })
    }

    fn put_run(&self, scope: &Scope, run: Run) -> Reply<'_, ()> {
        self.call(|store| {
            store.flow(scope).put_run(run);
            Ok(())
        })
    }

    fn runs(&self, scope: &Scope, limit: u32) -> Reply<'_, Vec<Run>> {
        self.call(|store| {
            let runs = store.flows.get(scope).into_iter().flat_map(|flow| flow.runs.iter().rev());
            Ok(runs.take(limit as usize).cloned().collect())
        })
    }

    fn token(&self, tenant: &str, connection: &str) -> Reply<'_, Option<Token>> {
        self.call(|store| Ok(store.tenant(tenant).tokens.get(connection).and_then(|(_, token)| token.clone())))
    }

    fn put_token(
        &self,
        tenant: &str,
        connection: &str,
        version: u64,
        bytes: Vec<u8>,
        now: Timestamp,
    ) -> Reply<'_, Swapped> {
        self.call(|store| {
            let (count, token) = store.tenant(tenant).tokens.entry(connection.to_owned()).or_default();
            if token.as_ref().map_or(0, |token| token.version) != version {
                return Ok(Swapped::Lost(token.clone()));
            }
            *count += 1;
            *token = Some(Token { version: *count, bytes, at: rules::kept(now) });
            Ok(Swapped::Stored(*count))
        })
    }

    fn drop_token(&self, tenant: &str, connection: &str) -> Reply<'_, ()> {
        self.call(|store| {
            store.tenant(tenant).tokens.entry(connection.to_owned()).and_modify(|(_, token)| *token = None);
            Ok(())
        })
    }

    fn put_activity(&self, tenant: &str, activity: Vec<Activity>) -> Reply<'_, ()> {
        self.call(|store| {
            let mut id = store.calls;
            let log = &mut store.tenant(tenant).activity;
            for call in activity {
                id += 1;
                log.push(Logged { id, activity: Activity { at: rules::kept(call.at), ..call } });
            }
            store.calls = id;
            Ok(())
        })
    }

    fn activity(&self, filter: ActivityFilter) -> Reply<'_, Vec<Logged>> {
        self.call(|store| {
            let (since, until) = (filter.since.map(rules::kept), filter.until.map(rules::kept));
            let asked = |logged: &&Logged| {
                let Logged { id, activity } = logged;
                filter.flow.as_ref().is_none_or(|flow| *flow == activity.flow)
                    && (filter.key.is_none() || filter.key == activity.key)
                    && since.is_none_or(|since| activity.at >= since)
                    && until.is_none_or(|until| activity.at < until)
                    && filter.after.is_none_or(|after| if filter.newest_first { *id < after } else { *id > after })
            };
            let log = &store.tenant(&filter.tenant).activity;
            let limit = filter.limit as usize;
            let mut found: Vec<_> = if filter.newest_first {
                log.iter().rev().filter(asked).take(limit).cloned().collect()
            } else {
                log.iter().filter(asked).take(limit).cloned().collect()
            };
            if !filter.bodies {
                for logged in &mut found {
                    logged.activity.request.clear();
                    logged.activity.answer.clear();
                }
            }
            Ok(found)
        })
    }

    fn records(&self, filter: RecordFilter) -> Reply<'_, Vec<Summary>> {
        self.call(|store| {
            let since = filter.since.map(rules::kept);
            let asked = |kept: &&Kept| {
                let summary = &kept.summary;
                let reason = summary.outcome.as_ref().and_then(|outcome| outcome.reason.as_ref());
                filter.flow.as_ref().is_none_or(|flow| *flow == summary.flow)
                    && filter.status.is_none_or(|status| status == summary.status)
                    && since.is_none_or(|since| summary.changed >= since)
                    && filter.named.as_ref().is_none_or(|name| *name == summary.key || *name == summary.title)
                    && (filter.reason.is_none() || filter.reason.as_ref() == reason)
            };
            let all = store.flows_of(&filter.tenant).flat_map(|(_, flow)| flow.records.values());
            let mut found: Vec<_> = all.filter(asked).collect();
            found.sort_by_key(|kept| std::cmp::Reverse((kept.summary.changed, kept.mark.sequence)));
            let page = found.into_iter().skip(filter.skip as usize).take(filter.limit as usize);
            Ok(page.map(|kept| kept.summary.clone()).collect())
        })
    }

    fn record(&self, scope: &Scope, key: &str) -> Reply<'_, Option<Record>> {
        self.call(|store| {
            let Some(flow) = store.flows.get(scope) else { return Ok(None) };
            Ok(flow.records.get(key).map(|kept| kept.record(flow.attempts_of(key))))
        })
    }

    fn counts(&self, scope: &Scope) -> Reply<'_, Counts> {
        self.call(|store| Ok(store.flows.get(scope).map(|flow| flow.counts()).unwrap_or_default()))
    }

    fn groups(&self, tenant: &str, status: Status) -> Reply<'_, Vec<Group>> {
        self.call(|store| {
            let all = store.flows_of(tenant).flat_map(|(_, flow)| flow.records.values());
            let mut groups = BTreeMap::new();
            for Kept { summary, .. } in all.filter(|kept| kept.summary.status == status) {
                let outcome = summary.outcome.as_ref();
                let reason = outcome.and_then(|outcome| outcome.reason.clone());
                let step = outcome.and_then(|outcome| outcome.step.clone());
                let (count, since) = groups.entry((summary.flow.clone(), reason, step)).or_insert((0, summary.changed));
                (*count, *since) = (*count + 1, summary.changed.min(*since));
            }
            let group = |((flow, reason, step), (count, since))| Group { flow, reason, step, count, since };
            let mut groups: Vec<_> = groups.into_iter().map(group).collect();
            groups.sort_by_key(|group| std::cmp::Reverse(group.count));
            Ok(groups)
        })
    }

    fn retain(&self, tenant: &str, terms: Retention, most: u32) -> Reply<'_, Erased> {
        self.call(|store| Ok(store.retain(tenant, terms, most as usize)))
    }

    fn about(&self, tenant: &str, text: &str) -> Reply<'_, Vec<(String, String)>> {
        self.call(|store| Ok(store.about(tenant, text)))
    }

    fn traces(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten> {
        self.call(|store| Ok(store.forget(tenant, person, false)))
    }

    fn forget(&self, tenant: &str, person: &Person) -> Reply<'_, Forgotten> {
        self.call(|store| Ok(store.forget(tenant, person, true)))
    }

    fn alarms(&self, tenant: &str) -> Reply<'_, Vec<Alarm>> {
        self.call(|store| Ok(store.tenant(tenant).alarms.values().cloned().collect()))
    }

    fn tell(&self, tenant: &str, telling: Telling) -> Reply<'_, ()> {
        self.call(|store| {
            let mut next = store.letters;
            let of = store.tenant(tenant);
            for alarm in telling.alarms {
                let kept = |at| rules::kept(at);
                let (since, newest, told) = (kept(alarm.since), kept(alarm.newest), kept(alarm.told));
                of.alarms.insert(alarm.cause.clone(), Alarm { since, newest, told, ..alarm });
            }
            telling.over.iter().for_each(|cause| drop(of.alarms.remove(cause)));
            for letter in telling.letters {
                next += 1;
                let (at, due) = (rules::kept(letter.at), rules::kept(letter.due));
                of.letters.push(Letter { id: next, at, due, ..letter });
            }
            store.letters = next;
            Ok(())
        })
    }

    fn letters(&self, tenant: &str, due_by: Timestamp, limit: u32) -> Reply<'_, Vec<Letter>> {
        self.call(|store| {
            let due = store.tenant(tenant).letters.iter().filter(|letter| letter.due <= due_by);
            let mut due: Vec<Letter> = due.cloned().collect();
            due.sort_by_key(|letter| (letter.due, letter.id));
            due.truncate(limit as usize);
            Ok(due)
        })
    }

    fn delivered(&self, tenant: &str, id: u64, what: Delivery) -> Reply<'_, ()> {
        self.call(|store| {
            let letters = &mut store.tenant(tenant).letters;
            match what {
                Delivery::Sent => letters.retain(|letter| letter.id != id),
                Delivery::Again { due, words } => {
                    for letter in letters.iter_mut().filter(|letter| letter.id == id) {
                        (letter.due, letter.words) = (rules::kept(due), words.clone());
                        letter.tries += 1;
                    }
                }
            }
            Ok(())
        })
    }
}
