//! A record of the ledger goes in; all that is known of its way, and what can be recomputed of it, comes out.

use crate::cli::diff::version_name;
use crate::cli::hand::Hand;
use crate::cli::terminal::one_line;
use crate::ledger::{Activity, ActivityFilter, Ledger, LedgerError, Linked, Record, Scope, Status, Summary, Thing};
use crate::plan::{Graph, Phase, Task};
use crate::report::Sources;
use crate::run::{Judged, Mapper, Written};
use crate::workspace::{self, Depth, Request, Workspace};

/// So many calls are looked through for the one that showed the record.
const LISTS: u32 = 500;

/// The chain of one record.
pub(super) struct Chain {
    pub(super) record: Record,
    /// The version it ran on: `orders@3fa9c1d2`.
    pub(super) version: String,
    /// The call that showed it last, where it is still known.
    pub(super) listed: Option<Activity>,
    /// What its run asked once for all records, by step and oldest first, as far as it is still known.
    pub(super) shared: Vec<Activity>,
    /// All calls for it, oldest first.
    pub(super) calls: Vec<Activity>,
    /// Its stops, in the order of the file; why they cannot be shown, where they cannot.
    pub(super) stops: Result<Vec<Stop>, String>,
    /// What its `ensure`s look for, by step; recomputed as the stops are.
    pub(super) looks: Vec<(String, Vec<(String, String)>)>,
    /// The pairs that it, and what it made, are remembered in.
    pub(super) links: Vec<(Thing, Linked)>,
}

/// A stop and what became of it.
pub(super) struct Stop {
    pub(super) verdict: Verdict,
    pub(super) place: String,
    /// The flow's own words.
    pub(super) line: String,
    /// What its condition was made of, as it is written, and the values.
    pub(super) values: Vec<(String, String)>,
    /// What cannot be recomputed, and why; empty where all can.
    pub(super) open: String,
}

/// What became of a stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The record went on.
    Passed,
    /// The record ended there.
    Ended,
    /// The record had ended before.
    NotReached,
    /// The record is still on its way.
    Ahead,
}

impl Verdict {
    pub(super) fn word(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Ended => "ended here",
            Verdict::NotReached => "not reached",
            Verdict::Ahead => "not yet",
        }
    }
}

/// Gathers the chain of a record.
pub(super) async fn chain(
    hand: &Hand,
    home: &Workspace,
    ledger: &dyn Ledger,
    summary: &Summary,
) -> Result<Option<Chain>, LedgerError> {
    let scope = Scope { tenant: home.tenant.clone(), flow: summary.flow.as_str().into() };
    let Some(record) = ledger.record(&scope, &summary.key).await? else { return Ok(None) };
    let filter = ActivityFilter {
        flow: Some(summary.flow.clone()),
        newest_first: false,
        bodies: true,
        ..ActivityFilter::of(home.tenant.clone())
    };
    let own = ActivityFilter { key: Some(summary.key.clone()), limit: 10_000, ..filter.clone() };
    let calls = ledger.activity(own).await?.into_iter().map(|logged| logged.activity).collect();
    let lists = ActivityFilter { newest_first: true, limit: LISTS, ..filter };
    let key = summary.key.as_bytes();
    let shows = |call: &Activity| {
        call.key.is_none()
            && call.step.as_ref().is_some_and(|step| step.starts_with("from "))
            && call.answer.windows(key.len().max(1)).any(|window| window == key)
    };
    let recent: Vec<Activity> = ledger.activity(lists).await?.into_iter().map(|logged| logged.activity).collect();
    let listed = recent.iter().find(|call| shows(call)).cloned();
    let shared = shared(&recent, listed.as_ref(), summary);

    // The version that it ran on, as it is kept.
    let hash = summary.outcome.as_ref().map_or(summary.version, |outcome| outcome.version);
    let version = version_name(&summary.flow, hash);
    let kept = ledger.versions(&scope).await?.into_iter().find(|kept| kept.hash == hash);
    let then = match kept {
        None => Err(format!("the flow as it was then ({version}) is not kept")),
        Some(kept) => workspace::recall(&kept.files)
            .map_err(|_| format!("the flow as it was then ({version}) cannot be read by this koppel any more")),
    };
    let again = match &then {
        Err(words) => Err(words.clone()),
        Ok(_) if record.source.is_empty() => {
            Err("the record as it came was erased: what its stops were judged by cannot be shown".to_owned())
        }
        Ok(then) => judged(then, &record),
    };
    let (stops, looks, source) = match again {
        Err(words) => (Err(words), Vec::new(), None),
        Ok(Again { stops, looks, source }) => (Ok(stops), looks, source),
    };
    let links = links(hand, home, ledger, &record, source).await?;
    Ok(Some(Chain { record, version, listed, shared, calls, stops, looks, links }))
}

/// What the run that worked on the record last asked for all its records: of each step the newest before the record's end, and
/// what came before it since the record was listed.
fn shared(newest_first: &[Activity], listed: Option<&Activity>, summary: &Summary) -> Vec<Activity> {
    let of_steps = newest_first.iter().filter(|call| {
        let step = call.step.as_deref().unwrap_or_default();
        call.key.is_none() && call.at <= summary.changed && !step.is_empty() && !step.starts_with("from ")
    });
    let mut found: Vec<Activity> = Vec::new();
    for call in of_steps {
        let is_newest = !found.iter().any(|known| known.step == call.step);
        if is_newest || listed.is_some_and(|listed| call.at >= listed.at) {
            found.push(call.clone());
        }
    }
    found.reverse();
    found
}

/// What is recomputed from the record as it came.
struct Again {
    stops: Vec<Stop>,
    looks: Vec<(String, Vec<(String, String)>)>,
    /// The record's own id.
    source: Option<String>,
}

/// The stops of the version that the record ran on, and what its `ensure`s look for.
fn judged(then: &Workspace, record: &Record) -> Result<Again, String> {
    let flow = then.flows.first().ok_or("the flow is not kept whole")?;
    let settings = flow.settings.clone().ok_or("its settings are not kept")?;
    let mapper = Mapper::new(flow.graph.clone(), settings);
    let mut worker = mapper.worker();
    let judged = worker.explain(&String::from_utf8_lossy(&record.source)).map_err(|end| end.reason)?;
    let (looks, stops): (Vec<Judged>, Vec<Judged>) = judged.into_iter().partition(|one| one.looks);
    let stops = stops.iter().map(|one| stop(one, &flow.graph, &then.sources, record)).collect();
    let looks = looks.iter().map(|one| (one.step.to_string(), values(one, &then.sources))).collect();
    Ok(Again { stops, looks, source: worker.source_id() })
}

/// What a step is judged by, in the flow's own words.
fn values(judged: &Judged, sources: &Sources) -> Vec<(String, String)> {
    let words = |written: &Written| match written {
        Written::At(span) => one_line(sources, *span),
        Written::Field(name) => name.to_string(),
    };
    judged.values.iter().map(|(written, value)| (words(written), value.clone())).collect()
}

fn stop(judged: &Judged, graph: &Graph, sources: &Sources, record: &Record) -> Stop {
    let open = match judged.ends {
        Some(_) => String::new(),
        None if judged.failed.is_empty() => "not recomputed: what a system gave".to_owned(),
        None => judged.failed.clone(),
    };
    Stop {
        verdict: verdict(&judged.step, graph, record),
        place: sources.locate(judged.span),
        line: one_line(sources, judged.span),
        values: values(judged, sources),
        open,
    }
}

/// What became of a stop, by where the record ended: of several stops before the writes the first in the file counts.
fn verdict(step: &str, graph: &Graph, record: &Record) -> Verdict {
    let Some(outcome) = &record.summary.outcome else { return Verdict::Ahead };
    if record.summary.status == Status::Waiting {
        return Verdict::Ahead;
    }
    let place = |name: &str| {
        graph.nodes.iter().find_map(|node| match node.task {
            Task::Step(at) if *graph.program.steps[at].name == *name => Some((node.phase != Phase::Before, at)),
            _ => None,
        })
    };
    let end = match (&outcome.step, outcome.status) {
        (_, Status::Done) => return Verdict::Passed,
        (Some(end), _) if end == step => {
            return if outcome.code == Some(crate::report::codes::run::EXISTS) {
                Verdict::Passed
            } else {
                Verdict::Ended
            };
        }
        (Some(end), _) => place(end),
        (None, _) => None,
    };
    // What exists was found behind all stops that need nothing made.
    let end = if outcome.code == Some(crate::report::codes::run::EXISTS) { Some((false, usize::MAX)) } else { end };
    match (place(step), end) {
        (Some((false, _)), Some((true, _))) => Verdict::Passed,
        (Some((behind, at)), Some((ended_behind, ended))) if behind == ended_behind && at < ended => Verdict::Passed,
        _ => Verdict::NotReached,
    }
}

/// The pairs of the record and of what it made.
async fn links(
    hand: &Hand,
    home: &Workspace,
    ledger: &dyn Ledger,
    record: &Record,
    source: Option<String>,
) -> Result<Vec<(Thing, Linked)>, LedgerError> {
    // Pairs are kept by connection: only the flow as it is bound now says which one a role speaks to.
    let flows = [record.summary.flow.clone()];
    let request = Request { from: &hand.folder, folder: Some(&home.folder), flows: &flows, depth: Depth::Bound };
    let Ok(bound) = workspace::load(&request) else { return Ok(Vec::new()) };
    let Some(flow) = bound.flows.first() else { return Ok(Vec::new()) };
    let program = &flow.program;
    let connection = |role: &str| {
        let number = program.roles.iter().position(|known| *known.name == *role)?;
        flow.connections.get(number).cloned()
    };
    let mut things: Vec<Thing> = Vec::new();
    let at = &program.source.at;
    if let (Some(id), Some(name)) = (source, flow.connections.get(at.role)) {
        things.push(Thing::new(format!("{name}.{}", at.resource.name.resource), id));
    }
    for made in record.summary.outcome.iter().flat_map(|outcome| &outcome.made) {
        if let Some((role, resource)) = made.resource.split_once('.')
            && let Some(name) = connection(role)
        {
            things.push(Thing::new(format!("{name}.{resource}"), made.id.clone()));
        }
    }
    let mut links: Vec<(Thing, Linked)> = Vec::new();
    for thing in &things {
        for linked in ledger.linked(&home.tenant, thing, None).await? {
            // A pair between two of them is told once; what stands for an identity is no thing of a system.
            let told = links.iter().any(|(one, other)| *one == linked.thing && other.thing == *thing);
            if !told && !linked.thing.resource.starts_with("identity of ") {
                links.push((thing.clone(), linked));
            }
        }
    }
    Ok(links)
}
