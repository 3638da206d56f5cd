//! Both sides counted: what the source has against what the ledger says became of it, and what it says was made against
//! what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::{At, Key, Step, Work};
use crate::connect::{Call, ListQuery, Row};
use crate::eval::Compared;
use crate::ledger::{Answer, Attempt, RecordFilter, Scope, Shadow, State, Status, Summary};
use crate::plan::Graph;
use crate::report::codes;
use crate::run::brief::completed;
use crate::run::compute::{self, Plain};
use crate::run::context::{Context, Witness};
use crate::run::halt::Halt;
use crate::run::lookup;
use crate::run::make::key_wanted;
use crate::run::record::resource_name;
use crate::run::retry::{Patience, Spot, refused};
use crate::run::source::{Reached, Seen, walk, whole};
use crate::run::{Ended, Options, Requests, World, claimed};
use crate::value::Arena;

/// So many records of the ledger are read at a time.
const READ: u32 = 1000;

/// What a record of the source came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Came {
    /// What is to be made is there.
    Made,
    /// A rule of the flow skipped it.
    Skipped,
    /// A person must look.
    Held,
    /// It comes again with the next run.
    Failed,
    /// Nobody knows of its last write.
    InDoubt,
    /// It was taken in, and is to be worked on.
    Waiting,
    /// It changed at the source after the last run: the next one takes it in.
    New,
}

impl Came {
    /// All of them, in the order people read them.
    pub const ALL: [Came; 7] =
        [Came::Made, Came::Skipped, Came::Held, Came::Failed, Came::InDoubt, Came::Waiting, Came::New];

    /// It in words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Came::Made => "made",
            Came::Skipped => "skipped by rule",
            Came::Held => "held",
            Came::Failed => "failed",
            Came::InDoubt => "in doubt",
            Came::Waiting => "waiting",
            Came::New => "new",
        }
    }

    fn of(summary: &Summary) -> Came {
        let code = summary.outcome.as_ref().and_then(|outcome| outcome.code);
        match summary.status {
            Status::Done => Came::Made,
            Status::Skipped if code == Some(codes::run::EXISTS) => Came::Made,
            Status::Skipped => Came::Skipped,
            Status::Held | Status::Stopped => Came::Held,
            Status::Failed => Came::Failed,
            Status::InDoubt => Came::InDoubt,
            Status::Waiting => Came::Waiting,
        }
    }
}

/// A record, as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its key.
    pub key: String,
    /// Its title.
    pub title: String,
}

/// Something that is not as the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Astray {
    /// The record; empty where no record is known to have made it.
    pub title: String,
    /// The step.
    pub step: String,
    /// Where: `books.invoices`.
    pub resource: String,
    /// The thing's id.
    pub id: String,
    /// What it was to carry.
    pub carries: String,
    /// What is wrong.
    pub how: How,
}

/// What is wrong with a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The ledger says that it was made, and it is not there.
    Missing,
    /// It carries this instead.
    Changed(String),
    /// It carries what another thing carries too.
    Twice(String),
    /// It is there, and the ledger does not know that it was made.
    Unknown,
}

/// Both sides, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// The flow.
    pub flow: Arc<str>,
    /// How many records the source has.
    pub source: u64,
    /// What they came to.
    pub came: BTreeMap<Came, u64>,
    /// Those of which the ledger knows nothing: the difference.
    pub unknown: Vec<Named>,
    /// How many records of the ledger the source does not show any more.
    pub beyond: u64,
    /// How many things were made, by resource, that were looked for.
    pub made: BTreeMap<String, u64>,
    /// What is not as the ledger says.
    pub astray: Vec<Astray>,
    /// What it cost.
    pub requests: Requests,
}

impl Reconciled {
    /// How many came to that.
    #[must_use]
    pub fn count(&self, came: Came) -> u64 {
        self.came.get(&came).copied().unwrap_or_default()
    }

    /// What the source has less what is known of it.
    #[must_use]
    pub fn difference(&self) -> u64 {
        self.source - Came::ALL.iter().map(|came| self.count(*came)).sum::<u64>()
    }

    /// All that the source has is known, and all that was made is there.
    #[must_use]
    pub fn is_even(&self) -> bool {
        self.difference() == 0 && self.astray.is_empty()
    }
}

/// Counts both sides: walks the source as the flow's `from` does, from its beginning or the time that is wished, and the
/// target once for each resource in which something is made. Nothing is changed, the ledger is only read.
///
/// # Errors
/// How it ended, where it could not be done.
pub async fn reconcile(graph: &Arc<Graph>, world: &World, options: &Options) -> Result<Reconciled, Ended> {
    let world = World { ledger: Arc::new(Shadow::new(world.ledger.clone())), ..world.clone() };
    let (cx, _) = claimed(graph, &world, options).await?;
    match count(&cx).await {
        Ok(reconciled) => Ok(reconciled),
        Err(Halt::Run(ended)) => Err(*ended),
        Err(Halt::Record(end)) => Err(Ended::Unreachable(end.reason)),
    }
}

async fn count(cx: &Context) -> Result<Reconciled, Halt> {
    let ledger = &cx.world.ledger;
    // What the source has is read before what is known of it, so that a run in between cannot make it look lost.
    let cursor = ledger.cursor(&cx.scope).await?.and_then(|text| Reached::parse(&text));
    let mut listed: BTreeMap<String, (String, Option<Reached>)> = BTreeMap::new();
    walk(cx, whole(cx)?, async |page: Vec<Seen>| {
        let named = page.into_iter().map(|seen| (seen.incoming.key, (seen.incoming.title, seen.reached)));
        listed.extend(named);
        Ok(())
    })
    .await?;
    let known = all_records(cx).await?;
    let mut reconciled = Reconciled {
        flow: cx.program().name.clone(),
        source: listed.len() as u64,
        came: BTreeMap::new(),
        unknown: Vec::new(),
        beyond: known.keys().filter(|key| !listed.contains_key(*key)).count() as u64,
        made: BTreeMap::new(),
        astray: Vec::new(),
        requests: Requests::default(),
    };
    for (key, (title, reached)) in listed {
        let came = match known.get(&key) {
            Some(summary) => Came::of(summary),
            None if cursor.is_some() && reached > cursor => Came::New,
            None => {
                reconciled.unknown.push(Named { key, title });
                continue;
            }
        };
        *reconciled.came.entry(came).or_default() += 1;
    }
    things(cx, &known, &mut reconciled).await?;
    reconciled.requests = cx.requests();
    Ok(reconciled)
}

/// All records of the flow, by key.
async fn all_records(cx: &Context) -> Result<BTreeMap<String, Summary>, Halt> {
    let mut all = BTreeMap::new();
    let mut filter = RecordFilter::of(cx.scope.tenant.clone());
    (filter.flow, filter.limit) = (Some(cx.scope.flow.to_string()), READ);
    loop {
        let page = cx.world.ledger.records(filter.clone()).await?;
        let last = (page.len() as u32) < READ;
        all.extend(page.into_iter().map(|summary| (summary.key.clone(), summary)));
        if last {
            return Ok(all);
        }
        filter.skip += READ;
    }
}

/// A write of a record, with the record's title.
struct Tried {
    title: String,
    attempt: Attempt,
}

/// Looks whether what the ledger says was made is there as it was made.
async fn things(cx: &Context, known: &BTreeMap<String, Summary>, reconciled: &mut Reconciled) -> Result<(), Halt> {
    let program = cx.program().clone();
    let kept = program.steps.iter().filter_map(|step| key_of(step).map(|(at, key)| (step, at, key)));
    let kept: Vec<(&Step, &At, &Key)> = kept.collect();
    let mut tried: BTreeMap<&str, Vec<Tried>> = BTreeMap::new();
    let scope: &Scope = &cx.scope;
    for (key, summary) in known {
        for attempt in cx.world.ledger.attempts(scope, key).await? {
            if let Some((step, ..)) = kept.iter().find(|(step, ..)| *step.name == *attempt.step) {
                tried.entry(&step.name).or_default().push(Tried { title: summary.title.clone(), attempt });
            }
        }
    }
    for (step, at, key) in kept {
        if let Some(tried) = tried.get(&*step.name) {
            at_target(cx, step, (at, key), tried, reconciled).await?;
        }
    }
    Ok(())
}

/// Where a step makes something that carries a key, and the key.
fn key_of(step: &Step) -> Option<(&At, &Key)> {
    match &step.work {
        Work::Create(create) => Some((&create.at, &create.key)),
        Work::Call(call) => call.makes.as_ref().zip(call.key.as_ref()),
        _ => None,
    }
}

async fn at_target(
    cx: &Context,
    step: &Step,
    (at, key): (&At, &Key),
    tried: &[Tried],
    reconciled: &mut Reconciled,
) -> Result<(), Halt> {
    let spot = Spot { step: step.name.clone(), span: step.span };
    let resource = resource_name(at, cx);
    let made: BTreeMap<&str, &Tried> = tried
        .iter()
        .filter_map(|tried| match &tried.attempt.state {
            State::Answered(Answer::Made { id }) => Some((id.as_str(), tried)),
            _ => None,
        })
        .collect();
    *reconciled.made.entry(resource.clone()).or_default() += made.len() as u64;
    let astray = |tried: Option<&Tried>, id: &str, carries: &str, how: How| Astray {
        title: tried.map_or_else(String::new, |tried| tried.title.clone()),
        step: step.name.to_string(),
        resource: resource.clone(),
        id: id.to_owned(),
        carries: carries.to_owned(),
        how,
    };
    let text_of = |tried: &Tried| key_wanted(key, &tried.attempt.key_text).plain.remove(0);
    let by_key: BTreeMap<Plain, &Tried> = tried.iter().map(|tried| (text_of(tried), tried)).collect();
    let there = listed(cx, at, key, &spot, &made).await?;
    let mut first: BTreeMap<&Plain, &str> = BTreeMap::new();
    for (id, carried) in &there {
        match (made.get(id.as_str()), carried) {
            (Some(tried), carried) if carried.as_ref() != Some(&text_of(tried)) => {
                let now = carried.as_ref().map_or_else(String::new, |plain| plain.text.to_string());
                reconciled.astray.push(astray(Some(tried), id, &tried.attempt.key_text, How::Changed(now)));
            }
            (None, Some(carried)) => {
                let tried = by_key.get(carried).copied();
                let is_made = tried.is_some_and(|tried| made.values().any(|one| text_of(one) == text_of(tried)));
                if let Some(tried) = tried.filter(|_| !is_made) {
                    reconciled.astray.push(astray(Some(tried), id, &carried.text, How::Unknown));
                }
            }
            _ => {}
        }
        let Some(carried) = carried.as_ref().filter(|carried| by_key.contains_key(carried)) else { continue };
        match first.get(carried) {
            Some(other) => {
                let tried = by_key.get(carried).copied();
                reconciled.astray.push(astray(tried, id, &carried.text, How::Twice((*other).to_owned())));
            }
            None => {
                first.insert(carried, id);
            }
        }
    }
    let seen: BTreeSet<&str> = there.iter().map(|(id, _)| id.as_str()).collect();
    for (id, tried) in made.iter().filter(|(id, _)| !seen.contains(**id)) {
        // A list that moved while it was read may have passed it by.
        let witness = Witness::shared(cx, at, Some(&step.name));
        if lookup::get(cx, &witness, at, id, &spot).await?.is_none() {
            reconciled.astray.push(astray(Some(tried), id, &tried.attempt.key_text, How::Missing));
        }
    }
    Ok(())
}

/// What is there, with what it carries, from the newest back to the oldest that was made; the whole list where not all of
/// those are found.
async fn listed(
    cx: &Context,
    at: &At,
    key: &Key,
    spot: &Spot,
    made: &BTreeMap<&str, &Tried>,
) -> Result<Vec<(String, Option<Plain>)>, Halt> {
    if at.resource.list.is_none() {
        return Ok(Vec::new());
    }
    let system = cx.system(at);
    let witness = Witness::shared(cx, at, Some(&spot.step));
    let fields: Vec<u32> = key.field.slots.first().copied().into_iter().collect();
    let refuse = |fault| refused(cx, system, &fault, spot);
    let mut pages = system.list(&at.resource, &ListQuery::default()).map_err(refuse)?;
    let mut patience = Patience::new(cx);
    let mut all = Vec::new();
    let mut left: BTreeSet<&str> = made.keys().copied().collect();
    let mut seen = BTreeSet::new();
    loop {
        cx.pass()?;
        let rows = match pages.next_page(Call::of(&witness)).await {
            Ok(Some(page)) => page.rows,
            Ok(None) => return Ok(all),
            Err(fault) => {
                patience.wait(cx, system, &fault, spot).await?;
                continue;
            }
        };
        for row in completed(cx, &witness, at, rows, &fields, spot).await? {
            let Some((id, carried)) = read(cx, at, key, &row) else { continue };
            left.remove(id.as_str());
            if seen.insert(id.clone()) {
                all.push((id, carried));
            }
        }
        if left.is_empty() {
            return Ok(all);
        }
    }
}

/// A thing's id and what it carries; none for what is not there for the connector.
fn read(cx: &Context, at: &At, key: &Key, row: &Row) -> Option<(String, Option<Plain>)> {
    let mut arena = Arena::new(cx.world.zone.clone());
    let record = cx.reader(at).read(row.text(), &mut arena).ok()?;
    let slot = u32::try_from(at.resource.shape.id?).ok()?;
    let id = compute::plain(compute::slot(record, &[slot], &arena), Compared::Text, &arena)?;
    if !compute::is_there(&at.resource, record, &mut arena) {
        return None;
    }
    let wanted = key_wanted(key, "");
    Some((id.text.into(), compute::plain_at(record, &wanted, &at.resource.shape, &mut arena)))
}
