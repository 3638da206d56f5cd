//! Does the work, in time: a graph and a world go in; what became of every record comes out, and lies in the ledger.

mod again;
mod brief;
mod compute;
mod context;
mod deed;
mod desk;
mod ensure;
mod explain;
mod halt;
mod intake;
mod known;
mod lookup;
mod make;
mod map;
mod outcome;
mod parallel;
mod personal;
mod plan;
mod read;
mod reconcile;
mod record;
mod resolve;
mod retry;
mod same_stop;
mod source;
mod vault;
mod world;
mod write;

use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tracing::Instrument;

use crate::ledger::{Claim, Claimed, End, Hash, Lane, LedgerError, Pause, RecordFilter, Resend, Revive, Window};
use crate::plan::Graph;
use crate::run::context::{CLAIM, Context};
use crate::run::halt::Halt;
use crate::run::same_stop::{SAME_STOP, SameStop};

pub use crate::ledger::Status;
pub use again::Again;
pub use deed::{Deed, What};
pub use explain::{Judged, Written};
pub use map::{Make, MapEnd, MapWorker, Mapped, Mapper};
pub use outcome::{Ended, Made, Others, Outcome, Report, Requests, Unanswered};
pub use parallel::in_order;
pub use personal::person;
pub use plan::{Plan, Sum, SumRow, plan};
pub use reconcile::{Astray, Came, How, Named, Reconciled, reconcile};
pub use resolve::{Doubt, Refusal, Resolved, Word, doubts, resolve};
pub use vault::{DAMAGED, Door, NO_KEY, OTHER_KEY, Vault};
pub use world::{Options, Protocol, Watch, Way, World};

/// So many records are told of one by one when a run ends; half of them at most need nobody.
const LISTED: usize = 10_000;
/// How many waiting records are loaded at a time.
const LOADED: u32 = 400;
/// So many records are begun at once; each that ends well lets one more be under way. What a flow does wrong to all shows
/// while few are made.
const FIRST: usize = 8;

/// Runs a flow once: takes in what is new at the source, then works on all that waits.
pub async fn run(graph: &Arc<Graph>, world: &World, options: &Options) -> Report {
    // Names and counts alone: nothing of a record is ever told here.
    let span = tracing::info_span!("run", tenant = %world.tenant, flow = %graph.program.name);
    let work = async {
        let report = whole(graph, world, options).await;
        let [done, held, failed] = [Status::Done, Status::Held, Status::Failed].map(|status| report.count(status));
        let (reads, writes, in_doubt) = (report.requests.reads, report.requests.writes, report.in_doubt);
        tracing::info!(ended = report.ended.word(), done, held, failed, in_doubt, reads, writes, "the run ended");
        report
    };
    work.instrument(span).await
}

async fn whole(graph: &Arc<Graph>, world: &World, options: &Options) -> Report {
    let program = &graph.program;
    let mut report = Report::of(program.name.clone());
    let (cx, claim) = match claimed(graph, world, options).await {
        Ok(claimed) => claimed,
        Err(ended) => {
            report.ended = ended;
            return report;
        }
    };
    let work = flow(&cx, &mut report);
    let ended = tokio::select! {
        ended = work => ended,
        halt = keep(&cx, claim.clone()) => Err(halt),
        () = cx.cut_off() => Err(Ended::Cancelled.into()),
    };
    report.unanswered = cx.unanswered();
    if let Err(halt) = ended {
        report.ended = match halt {
            Halt::Run(ended) => with_what_waits(&cx, *ended).await,
            // The source cannot be read: there is no record of which it could be said.
            Halt::Record(end) if end.status == Status::Stopped => stopped(&cx, end.reason).await,
            Halt::Record(end) => Ended::Config(format!("{}: {}", end.step, end.reason)),
        };
    }
    if let Err(Halt::Run(ended)) = cx.flush().await {
        report.ended = *ended;
    }
    match standing(&cx, &report).await {
        Ok(in_doubt) => report.in_doubt = in_doubt,
        Err(error) => report.ended = Ended::Ledger(error.to_string()),
    }
    if let Err(error) = world.ledger.release(&claim).await {
        report.ended = Ended::Ledger(error.to_string());
    }
    report.requests = cx.requests();
    report
}

/// How many records are in doubt by now: of the flow, or of those that were asked for.
async fn standing(cx: &Context, report: &Report) -> Result<u64, LedgerError> {
    if cx.options.only.is_some() || cx.options.again.is_some() {
        return Ok(report.count(Status::InDoubt) as u64);
    }
    Ok(cx.world.ledger.counts(&cx.scope).await?.of(Status::InDoubt))
}

/// The right to work for a flow, and what that stands on.
async fn claimed(graph: &Arc<Graph>, world: &World, options: &Options) -> Result<(Context, Claim), Ended> {
    let lane = Lane::new(world.tenant.clone(), lane_name(graph, world));
    match world.ledger.claim(&lane, &world.holder, world.clock.now(), CLAIM).await {
        Ok(Claimed::Granted(claim)) => {
            let version = version(graph, world);
            Ok((Context::new(graph.clone(), world.clone(), options.clone(), claim.clone(), version), claim))
        }
        Ok(Claimed::Taken { holder, .. }) => Err(Ended::Taken(format!("{holder} works on `{}`", lane.name))),
        Err(error) => Err(Ended::Ledger(error.to_string())),
    }
}

/// Where a system cannot be reached, what waits for it.
async fn with_what_waits(cx: &Context, ended: Ended) -> Ended {
    let Ended::Unreachable(why) = ended else { return ended };
    let waiting = cx.world.ledger.counts(&cx.scope).await.map_or(0, |counts| counts.of(Status::Waiting));
    Ended::Unreachable(match waiting {
        0 => why,
        1 => format!("{why}; 1 record waits, untouched"),
        some => format!("{why}; {some} records wait, untouched"),
    })
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
        cx.world.clock.wait(CLAIM / 3).await;
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
    if let Some(records) = &cx.options.again {
        again::take(cx, records).await?;
        cx.flush().await?;
        return all(cx, report).await;
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
    let mut filter = RecordFilter::of(cx.world.tenant.clone());
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

/// Works on all that waits, some at a time, in the order of the source.
async fn all(cx: &Context, report: &mut Report) -> Result<(), Halt> {
    let counts = cx.world.ledger.counts(&cx.scope).await?;
    let waiting = usize::try_from(counts.of(Status::Waiting)).unwrap_or(usize::MAX);
    let most = match (&cx.options.only, &cx.options.again) {
        (Some(_), _) => 1,
        (None, Some(again)) => again.keys.len(),
        (None, None) => usize::MAX,
    };
    let expected = waiting.min(cx.options.limit.unwrap_or(most)).min(most);
    cx.listings.expect(expected);
    cx.world.watch.found(expected);
    let mut ended: Vec<(usize, Outcome)> = Vec::new();
    // Whoever is worked on asks at the desk.
    let done = tokio::select! {
        biased;
        done = worked(cx, &mut ended, &mut report.others) => done,
        never = cx.desk.serve(cx) => match never {},
    };
    // In the order in which they were begun, whatever each had to wait for.
    ended.sort_by_key(|(begun, _)| *begun);
    report.outcomes = ended.into_iter().map(|(_, outcome)| outcome).collect();
    done
}

async fn worked(cx: &Context, ended: &mut Vec<(usize, Outcome)>, others: &mut Others) -> Result<(), Halt> {
    let mut after = None;
    let mut left = cx.options.limit.unwrap_or(usize::MAX);
    let mut same = SameStop::before(cx).await?;
    let mut halt: Option<Halt> = None;
    let (mut begun, mut well, most) = (0, 0, at_once(cx));
    loop {
        let due_by = cx.world.clock.now();
        let window = Window { limit: LOADED, after, due_by };
        let loaded = cx.world.ledger.waiting(&cx.scope, window).await?;
        let Some(last) = loaded.last() else { break };
        after = Some(last.mark);
        let mut queue = loaded.into_iter().filter(|record| {
            let (key, title) = (&record.summary.key, &record.summary.title);
            cx.options.only.as_ref().is_none_or(|only| **key == **only || **title == **only)
                && cx.options.again.as_ref().is_none_or(|again| again.keys.contains(key))
        });
        let mut running = FuturesUnordered::new();
        loop {
            // Once a record ended at a stop after a write, the next are tried one by one.
            let at_once = if same.is_suspected() { 1 } else { most.min(FIRST + well) };
            while halt.is_none() && left > 0 && running.len() < at_once {
                let Some(record) = queue.next() else { break };
                left -= 1;
                begun += 1;
                let number = begun;
                running.push(async move { one(cx, record).await.map(|(outcome, wrote)| (number, outcome, wrote)) });
            }
            match running.next().await {
                None => break,
                Some(Ok((number, outcome, wrote))) => {
                    cx.world.watch.ended(&outcome);
                    tracing::debug!(number, status = outcome.status.word(), step = %outcome.step, wrote, "a record ended");
                    well += usize::from(outcome.status == Status::Done);
                    same.count(&outcome, wrote);
                    if same.is_enough() && halt.is_none() {
                        halt = Some(pause(cx, &outcome).await?);
                    }
                    if outcome.status == Status::Stopped && halt.is_none() {
                        halt = Some(Ended::Paused(outcome.reason.clone()).into());
                    }
                    let needs_no_one = matches!(outcome.status, Status::Done | Status::Skipped);
                    if ended.len() < if needs_no_one { LISTED / 2 } else { LISTED } {
                        ended.push((number, outcome));
                    } else {
                        others.count(&outcome);
                    }
                }
                Some(Err(stopped)) => {
                    cx.end();
                    halt = Some(halt.unwrap_or(stopped));
                }
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

/// How many records may be under way: none waits for its turn to send for longer than a quarter of what a look is trusted.
fn at_once(cx: &Context) -> usize {
    let step = cx.program().steps.iter().find(|step| step.work.writes());
    let connection = step.map(|step| cx.system(record::place_of(step)).connection());
    let turns = connection.and_then(|connection| {
        let limit = connection.limit?;
        Some(u128::from(limit.count) * connection.window.as_millis() / limit.per.as_millis().max(1) / 4)
    });
    let turns = turns.map_or(usize::MAX, |turns| usize::try_from(turns).unwrap_or(usize::MAX));
    cx.options.concurrency.min(turns.max(FIRST)).max(1)
}

/// Works on one record and writes down how it ended.
async fn one(cx: &Context, record: crate::ledger::Record) -> Result<(Outcome, bool), Halt> {
    let _running = cx.desk.running();
    let (record, end) = again::refreshed(cx, record).await?;
    let round = record.summary.round;
    let (outcome, wrote) = match end {
        None => record::work(cx, record).await?,
        Some(end) => (record::ended(cx, record, end), false),
    };
    cx.flush().await?;
    let end = End {
        key: outcome.key.to_string(),
        round,
        outcome: crate::ledger::Outcome {
            status: outcome.status,
            code: outcome.code,
            reason: (!outcome.reason.is_empty()).then(|| outcome.reason.clone()),
            step: (!outcome.step.is_empty()).then(|| outcome.step.to_string()),
            place: outcome.span.and_then(|span| cx.world.sources.excerpt(span)).map(|excerpt| excerpt.to_string()),
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
            personal: outcome.personal.clone(),
        },
        due: None,
    };
    cx.world.ledger.finish(&cx.claim, &cx.scope, end, cx.world.clock.now()).await?;
    Ok((outcome, wrote))
}

async fn pause(cx: &Context, outcome: &Outcome) -> Result<Halt, Halt> {
    let reason =
        format!("{SAME_STOP} records in a row ended at `{}` after a write, the last: {}", outcome.step, outcome.reason);
    Ok(stopped(cx, reason).await.into())
}

/// The flow waits for a person from now on.
async fn stopped(cx: &Context, reason: String) -> Ended {
    let since = cx.world.clock.now();
    match cx.world.ledger.pause(&cx.scope, Pause { reason: reason.clone(), since }).await {
        Ok(()) => Ended::Paused(reason),
        Err(error) => Ended::Ledger(error.to_string()),
    }
}
