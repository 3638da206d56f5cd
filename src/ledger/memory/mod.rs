//! The ledger in memory: the same answers as from a file, kept as long as the process lives.

mod door;
mod erase;
mod flow;
mod kept;
mod seed;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::future::{FutureExt, ready};
use jiff::Timestamp;

use crate::ledger::rules;
use crate::ledger::{Alarm, Claim, Lane, LedgerError, Letter, Linked, Logged, Reply, Scope, Thing, Token};

use flow::Flow;

/// A ledger that forgets when the process ends: for tests and rehearsals.
#[derive(Debug, Default)]
pub struct Memory {
    store: Mutex<Store>,
}

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does one thing at once; work that fails has changed nothing.
    fn call<T: Send + 'static>(&self, work: impl FnOnce(&mut Store) -> Result<T, LedgerError>) -> Reply<'_, T> {
        let mut store = self.store.lock().expect("no work panics while it holds the store");
        ready(work(&mut store)).boxed()
    }

    /// Does one thing at once that cannot fail.
    fn with(&self, work: impl FnOnce(&mut Store)) {
        work(&mut self.store.lock().expect("no work panics while it holds the store"));
    }

    /// A put that its claim allows.
    fn fenced<T: Send + 'static>(
        &self,
        claim: &Claim,
        scope: &Scope,
        work: impl FnOnce(&mut Flow) -> Result<T, LedgerError>,
    ) -> Reply<'_, T> {
        self.call(|store| {
            store.fence(claim)?;
            work(store.flow(scope))
        })
    }
}

#[derive(Debug, Default)]
struct Store {
    lanes: BTreeMap<Lane, Held>,
    flows: BTreeMap<Scope, Flow>,
    tenants: BTreeMap<Arc<str>, Tenant>,
    records: u64,
    calls: u64,
    letters: u64,
}

/// Who holds a lane, or held it last.
#[derive(Debug)]
struct Held {
    epoch: u64,
    holder: Option<String>,
    until: Timestamp,
}

/// What the flows of a tenant share.
#[derive(Debug, Default)]
struct Tenant {
    /// From each side: the thing, then its partner.
    links: BTreeMap<(Thing, Thing), Linked>,
    tokens: BTreeMap<String, (u64, Option<Token>)>,
    activity: Vec<Logged>,
    alarms: BTreeMap<String, Alarm>,
    letters: Vec<Letter>,
}

impl Store {
    fn flow(&mut self, scope: &Scope) -> &mut Flow {
        self.flows.entry(scope.clone()).or_default()
    }

    fn tenant(&mut self, tenant: &str) -> &mut Tenant {
        self.tenants.entry(tenant.into()).or_default()
    }

    fn flows_of<'a>(&'a self, tenant: &'a str) -> impl Iterator<Item = (&'a Scope, &'a Flow)> {
        self.flows.iter().filter(move |(scope, _)| &*scope.tenant == tenant)
    }

    fn fence(&self, claim: &Claim) -> Result<(), LedgerError> {
        let held = self.lanes.get(&claim.lane).filter(|held| held.epoch == claim.epoch && held.holder.is_some());
        held.map(|_| ()).ok_or_else(|| LedgerError::Stale { lane: claim.lane.clone(), epoch: claim.epoch })
    }
}

impl Tenant {
    fn put_link(&mut self, link: &crate::ledger::Link, now: Timestamp) {
        let (extra, flow, at) = (&link.extra, &link.flow, rules::kept(now));
        for (one, other) in [(&link.a, &link.b), (&link.b, &link.a)] {
            let linked = Linked { thing: other.clone(), extra: extra.clone(), flow: flow.clone(), at };
            self.links.insert((one.clone(), other.clone()), linked);
        }
    }
}
