//! A ledger in front of another: what is put stays in memory, what is not there is read from behind. For rehearsals,
//! which change nothing, and still remember what they did.

mod door;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

use crate::ledger::{Ledger, LedgerError, Link, Linked, Memory, RecordFilter, Scope, Status, Step, Summary, Thing};

/// So many records are listed at a time.
const LISTED: u32 = 1000;

/// A ledger that changes nothing behind it. Only a token that was renewed goes through: the old one is worth nothing
/// any more.
pub struct Shadow {
    front: Memory,
    behind: Arc<dyn Ledger>,
    brought: Mutex<Brought>,
}

/// What was brought to the front, each once.
#[derive(Default)]
struct Brought {
    /// Flows with what waits in them.
    flows: BTreeSet<Scope>,
    /// Records, with the status they had.
    records: BTreeMap<(Scope, String), Option<Status>>,
    /// Keys with their attempts.
    attempts: BTreeSet<(Scope, String)>,
    /// Things with their partners.
    things: BTreeSet<(Arc<str>, Thing)>,
}

type Answer<T> = Result<T, LedgerError>;

impl Shadow {
    /// In front of that one.
    pub fn new(behind: Arc<dyn Ledger>) -> Shadow {
        Shadow { front: Memory::new(), behind, brought: Mutex::default() }
    }

    /// One brings at a time: whoever asks for the same waits until it is there.
    async fn brought(&self) -> MutexGuard<'_, Brought> {
        self.brought.lock().await
    }

    /// A flow's state, and the records that a run takes up by themselves.
    async fn bring_flow(&self, brought: &mut Brought, scope: &Scope) -> Answer<()> {
        if !brought.flows.insert(scope.clone()) {
            return Ok(());
        }
        self.front.seed_flow(scope, self.behind.flow(scope).await?);
        for status in [Status::Waiting, Status::Failed, Status::InDoubt, Status::Stopped] {
            self.bring_status(brought, scope, status, |_| true).await?;
        }
        Ok(())
    }

    async fn bring_status(
        &self,
        brought: &mut Brought,
        scope: &Scope,
        status: Status,
        wanted: impl Fn(&Summary) -> bool,
    ) -> Answer<()> {
        let mut skip = 0;
        loop {
            let filter = RecordFilter {
                flow: Some(scope.flow.to_string()),
                status: Some(status),
                skip,
                limit: LISTED,
                ..RecordFilter::of(scope.tenant.clone())
            };
            let listed = self.behind.records(filter).await?;
            for summary in listed.iter().filter(|summary| wanted(summary)) {
                self.bring_record(brought, scope, &summary.key).await?;
            }
            if listed.len() < LISTED as usize {
                return Ok(());
            }
            skip += LISTED;
        }
    }

    async fn bring_record(&self, brought: &mut Brought, scope: &Scope, key: &str) -> Answer<()> {
        let place = (scope.clone(), key.to_string());
        if brought.records.contains_key(&place) {
            return Ok(());
        }
        let record = self.behind.record(scope, key).await?;
        brought.records.insert(place.clone(), record.as_ref().map(|record| record.summary.status));
        let attempts = match &record {
            Some(record) => record.attempts.clone(),
            None => self.behind.attempts(scope, key).await?,
        };
        if brought.attempts.insert(place) {
            self.front.seed_attempts(scope, attempts);
        }
        if let Some(record) = record {
            self.front.seed_record(scope, record);
        }
        Ok(())
    }

    async fn bring_attempts(&self, brought: &mut Brought, scope: &Scope, key: &str) -> Answer<()> {
        if brought.attempts.insert((scope.clone(), key.to_string())) {
            let attempts = self.behind.attempts(scope, key).await?;
            self.front.seed_attempts(scope, attempts);
        }
        Ok(())
    }

    /// A thing's partners; whatever changes a pair brings both sides of it before.
    async fn bring_thing(&self, brought: &mut Brought, tenant: &str, thing: &Thing) -> Answer<()> {
        if !brought.things.insert((tenant.into(), thing.clone())) {
            return Ok(());
        }
        for partner in self.behind.linked(tenant, thing, None).await? {
            let there = self.front.linked(tenant, thing, None).await?;
            if there.iter().any(|known| known.thing == partner.thing) {
                continue;
            }
            // Its other side was brought before: a pair that is not there any more was dropped since.
            if brought.things.contains(&(tenant.into(), partner.thing.clone())) {
                continue;
            }
            let Linked { thing: other, extra, flow, at } = partner;
            self.front.put_link(tenant, Link { a: thing.clone(), b: other, extra, flow }, at).await?;
        }
        Ok(())
    }

    async fn bring_links(&self, brought: &mut Brought, tenant: &str, links: &[Link]) -> Answer<()> {
        for link in links {
            self.bring_thing(brought, tenant, &link.a).await?;
            self.bring_thing(brought, tenant, &link.b).await?;
        }
        Ok(())
    }

    async fn bring_steps(&self, brought: &mut Brought, scope: &Scope, steps: &[Step]) -> Answer<()> {
        for step in steps {
            self.bring_record(brought, scope, &step.key).await?;
        }
        Ok(())
    }
}
