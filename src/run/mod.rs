//! Does the work, in time: a graph and a world go in; what became of every record comes out, and lies in the ledger.

mod compute;
mod context;
mod deed;
mod ensure;
mod explain;
mod halt;
mod intake;
mod lookup;
mod make;
mod map;
mod outcome;
mod parallel;
mod plan;
mod read;
mod record;
mod retry;
mod world;
mod write;

use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::ledger::{Claim, Claimed, End, Hash, Lane, Pause, Resend, Revive, Window};
use crate::plan::Graph;
use crate::report::codes;
use crate::run::context::{CLAIM, Context};
use crate::run::halt::Halt;

pub use crate::ledger::Status;
pub use deed::{Deed, What};
pub use explain::{Judged, Written};
pub use map::{Make, MapEnd, MapWorker, Mapped, Mapper};
pub use outcome::{Ended, Made, Outcome, Report, Requests};
pub use parallel::in_order;
pub use plan::{Plan, Sum, SumRow, plan};
pub use world::{Options, Watch, World};

/// How many waiting records are loaded at a time.
const LOADED: u32 = 200;
/// So many records in a row that end at the same stop after a write pause the flow: what is wrong is wrong for all.
const SAME_STOP: usize = 3;

/// Runs a flow once: takes in what is new at the source, then works on all that waits.
pub async fn run(graph: &Arc<Graph>, world: &World, options: &Options) -> Report {
    let program = &graph.program;
    let mut report = Report {
        flow: program.name.clone(),
        outcomes: Vec::new(),
        listed: 0,
        unchanged: 0,
        requests: Requests::default(),
        ended: Ended::Done,
    };
    let lane = Lane::new(world.tenant.clone(), lane_name(graph, world));
    let claim = match world.ledger.claim(&lane, &world.holder, world.clock.now(), CLAIM).await {
        Ok(Claimed::Granted(claim)) => claim,
        Ok(Claimed::Taken { holder, .. }) => {
            report.ended = Ended::Taken(format!("{holder} works on `{}`", lane.name));
            return report;
        }
        Err(error) => {
            report.ended = Ended::Ledger(error.to_string());
            return report;
        }
    };
    let version = version(graph, world);
    let cx = Context::new(graph.clone(), world.clone(), options.clone(), claim.clone(), version);
    let work = flow(&cx, &mut report);
    let ended = tokio::select! {
        ended = work => ended,
        halt = keep(&cx, claim.clone()) => Err(halt),
    };
    if let Err(halt) = ended {
        report.ended = match halt {
            Halt::Run(ended) => *ended,
            Halt::Record(end) => Ended::Config(format!("{}: {}", end.step, end.reason)),
        };
    }
    if let Err(Halt::Run(ended)) = cx.flush().await {
        report.ended = *ended;
    }
    if let Err(error) = world.ledger.release(&claim).await {
        report.ended = Ended::Ledger(error.to_string());
    }
    report.requests = cx.requests();
    report
}

/// The version that records of this flow run on: its text and its settings.
fn version(graph: &Graph, world: &World) -> Hash {
    write::hash_all(&[&graph.program.hash, &world.settings.text])
}

/// The connection whose budget is spent: that of the first step that writes, else that of the source.
fn lane_name(graph: &Graph, world: &World) -> Arc<str> {
    let program = &graph.program;
    let step = program.steps.iter().find(|step| step.work.writes());
    let role = step.map_or(program.source.at.role, |step| record::place_of(step).role);
    world.systems[role].connection().name.clone()
}

/// Keeps the claim for as long as it is asked; answers only when it is lost.
async fn keep(cx: &Context, mut claim: Claim) -> Halt {
    loop {
        tokio::time::sleep(CLAIM / 3).await;
        match cx.world.ledger.renew(&claim, cx.world.clock.now(), CLAIM).await {
            Ok(renewed) => claim = renewed,
            Err(error) => return error.into(),
        }
    }
}

async fn flow(cx: &Context, report: &mut Report) -> Result<(), Halt> {
    let ledger = &cx.world.ledger;
    let now = cx.world.clock.now();
    if !cx.world.kept.is_empty() {
        ledger.put_version(&cx.scope, cx.version, cx.world.kept.to_vec(), now).await?;
    }
    if let Some(pause) = ledger.flow(&cx.scope).await?.paused {
        if !cx.options.resume {
            return Err(Ended::Paused(format!("{} (since {})", pause.reason, pause.since)).into());
        }
        ledger.resume(&cx.scope, Some(cx.version), now).await?;
    }
    let revive = Revive { failed: true, version: Some(cx.version) };
    ledger.revive(&cx.claim, &cx.scope, revive, now).await?;
    let taken = intake::take(cx).await?;
    report.listed = taken.listed;
    report.unchanged = taken.unchanged;
    if let Some(only) = &cx.options.only {
        send_again(cx, only).await?;
    }
    cx.flush().await?;
    all(cx, report).await
}

/// A record that is asked for by name is worked on although nothing about it changed.
async fn send_again(cx: &Context, named: &Arc<str>) -> Result<(), Halt> {
    let mut filter = crate::ledger::RecordFilter::of(cx.world.tenant.clone());
    filter.flow = Some(cx.scope.flow.to_string());
    filter.named = Some(named.to_string());
    let keys: Vec<String> = cx
        .world
        .ledger
        .records(filter)
        .await?
        .into_iter()
        .filter(|record| matches!(record.status, Status::Skipped | Status::Held | Status::Failed | Status::Stopped))
        .map(|record| record.key)
        .collect();
    if !keys.is_empty() {
        let now = cx.world.clock.now();
        cx.world.ledger.resend(&cx.scope, Resend::Keys(keys), Some(cx.version), now).await?;
    }
    Ok(())
}

/// Works on all that waits, a few at a time, in the order of the source.
async fn all(cx: &Context, report: &mut Report) -> Result<(), Halt> {
    let counts = cx.world.ledger.counts(&cx.scope).await?;
    let waiting = usize::try_from(counts.of(Status::Waiting)).unwrap_or(usize::MAX);
    let expected = cx.options.limit.map_or(waiting, |limit| limit.min(waiting));
    cx.listings.expect(expected);
    cx.world.watch.found(expected);
    let mut after = None;
    let mut left = cx.options.limit.unwrap_or(usize::MAX);
    let mut same = SameStop::default();
    let mut halt: Option<Halt> = None;
    loop {
        let due_by = cx.world.clock.now();
        let window = Window { limit: LOADED, after, due_by };
        let loaded = cx.world.ledger.waiting(&cx.scope, window).await?;
        let Some(last) = loaded.last() else { break };
        after = Some(last.mark);
        let mut queue = loaded.into_iter().filter(|record| {
            cx.options.only.as_ref().is_none_or(|only| *record.summary.key == **only || *record.summary.title == **only)
        });
        let mut running = FuturesUnordered::new();
        loop {
            while halt.is_none() && left > 0 && running.len() < cx.options.concurrency.max(1) {
                let Some(record) = queue.next() else { break };
                left -= 1;
                running.push(one(cx, record));
            }
            match running.next().await {
                None => break,
                Some(Ok((outcome, wrote))) => {
                    cx.world.watch.ended(&outcome);
                    if same.count(&outcome, wrote) >= SAME_STOP && halt.is_none() {
                        halt = Some(pause(cx, &outcome).await?);
                    }
                    if outcome.status == Status::Stopped && halt.is_none() {
                        halt = Some(Ended::Paused(outcome.reason.clone()).into());
                    }
                    report.outcomes.push(outcome);
                }
                Some(Err(stopped)) => halt = Some(halt.unwrap_or(stopped)),
            }
        }
        if let Some(halt) = halt {
            return Err(halt);
        }
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// Works on one record and writes down how it ended.
async fn one(cx: &Context, record: crate::ledger::Record) -> Result<(Outcome, bool), Halt> {
    let round = record.summary.round;
    let (outcome, wrote) = record::work(cx, record).await?;
    cx.flush().await?;
    let end = End {
        key: outcome.key.to_string(),
        round,
        outcome: crate::ledger::Outcome {
            status: outcome.status,
            code: outcome.code,
            reason: (!outcome.reason.is_empty()).then(|| outcome.reason.clone()),
            step: (!outcome.step.is_empty()).then(|| outcome.step.to_string()),
            place: outcome.span.map(|span| cx.world.sources.locate(span)),
            field: (!outcome.field.is_empty()).then(|| outcome.field.clone()),
            value: (!outcome.found.is_empty()).then(|| outcome.found.clone()),
            made: outcome
                .made
                .iter()
                .map(|made| crate::ledger::Thing::new(made.resource.to_string(), made.id.to_string()))
                .collect(),
            decided: outcome.deeds.iter().filter_map(|deed| deed.decision(round)).collect(),
            requests: 0,
            version: cx.version,
        },
        due: None,
    };
    cx.world.ledger.finish(&cx.claim, &cx.scope, end, cx.world.clock.now()).await?;
    Ok((outcome, wrote))
}

async fn pause(cx: &Context, outcome: &Outcome) -> Result<Halt, Halt> {
    let reason =
        format!("{SAME_STOP} records in a row ended at `{}` after a write, the last: {}", outcome.step, outcome.reason);
    let since = cx.world.clock.now();
    cx.world.ledger.pause(&cx.scope, Pause { reason: reason.clone(), since }).await?;
    Ok(Ended::Paused(reason).into())
}

/// How many records in a row ended at the same stop after a write.
#[derive(Default)]
struct SameStop {
    step: Option<Arc<str>>,
    count: usize,
}

impl SameStop {
    fn count(&mut self, outcome: &Outcome, wrote: bool) -> usize {
        let stopped = wrote && outcome.code == Some(codes::run::STOPPED_BY_FLOW);
        if !stopped {
            // A record that never came to a write says nothing about the writes.
            if outcome.status == Status::Done {
                *self = SameStop::default();
            }
            return 0;
        }
        if self.step.as_ref() == Some(&outcome.step) {
            self.count += 1;
        } else {
            *self = SameStop { step: Some(outcome.step.clone()), count: 1 };
        }
        self.count
    }
}
