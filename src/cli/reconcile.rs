//! `koppel reconcile`: both sides counted, and what is not as it should be, one by one.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::args::ReconcileArgs;
use crate::cli::hand::Hand;
use crate::cli::log::shell;
use crate::cli::open;
use crate::cli::run::{moment, world};
use crate::cli::terminal::clean;
use crate::cli::{Exit, summary};
use crate::ledger::Ledger;
use crate::report::codes;
use crate::run::{self, Came, How, Options, Reconciled, Report};
use crate::workspace::{Depth, Workspace};

/// So many records or things are named one by one.
const NAMED: usize = 20;

/// Runs the command.
pub(super) async fn reconcile(hand: &Hand, args: ReconcileArgs) -> Exit {
    let flows: Vec<String> = args.flow.iter().cloned().collect();
    let workspace = match open::workspace(hand, &flows, Depth::Bound) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let since = match args.since.as_deref().map(|text| moment(text, &workspace.zone)).transpose() {
        Ok(since) => since,
        Err(words) => {
            hand.terminal.wrong(codes::command::DATE, &words, Some("koppel reconcile FLOW --since 2026-01-31"));
            return Exit::Usage;
        }
    };
    let ledger = match open::ledger_if_there(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let options = Options { since, ..Options::default() };
    let mut exit = Exit::Done;
    for number in 0..workspace.flows.len() {
        exit = exit.worse(one(hand, &workspace, number, &ledger, &options, args.json).await);
    }
    exit
}

async fn one(
    hand: &Hand,
    workspace: &Workspace,
    number: usize,
    ledger: &Arc<dyn Ledger>,
    options: &Options,
    as_json: bool,
) -> Exit {
    let flow = &workspace.flows[number];
    let vault = open::vault_to_read(hand, workspace, ledger.clone());
    let systems = match open::systems(hand, workspace, flow, vault).await {
        Ok(systems) => systems,
        Err(exit) => return exit,
    };
    let (world, bar) = world(hand, workspace, flow, systems, ledger.clone());
    let reconciled = run::reconcile(&flow.graph, &world, options).await;
    bar.finish();
    match reconciled {
        Ok(reconciled) => {
            let told = if as_json { value(&reconciled).to_string() } else { text(&reconciled) };
            hand.terminal.say(&told);
            of(&reconciled)
        }
        Err(ended) => {
            let report = Report { ended, ..Report::of(flow.program.name.clone()) };
            if let Some(problem) = summary::ended(&report) {
                open::problem(hand, &problem, &workspace.sources);
            }
            crate::cli::exit::of_report(&report)
        }
    }
}

/// How it ends: well where nothing is astray, with 4 where a write in doubt may be why.
fn of(reconciled: &Reconciled) -> Exit {
    match reconciled.count(Came::InDoubt) {
        _ if reconciled.is_even() => Exit::Done,
        0 => Exit::Left,
        _ => Exit::InDoubt,
    }
}

fn text(reconciled: &Reconciled) -> String {
    let flow = &reconciled.flow;
    let parts = Came::ALL.iter().filter(|came| reconciled.count(**came) > 0 || **came == Came::Made);
    let parts: Vec<String> = parts.map(|came| format!("{} {}", reconciled.count(*came), came.word())).collect();
    let mut text = String::new();
    let difference = reconciled.difference();
    put(
        &mut text,
        &format!("{flow}: {} at the source = {}; difference {difference}", reconciled.source, parts.join(" + ")),
    );
    for unknown in reconciled.unknown.iter().take(NAMED) {
        put(&mut text, &format!("  {} is not in the ledger (key {})", clean(&unknown.title), clean(&unknown.key)));
    }
    more(&mut text, reconciled.unknown.len());
    if !reconciled.unknown.is_empty() {
        put(
            &mut text,
            &format!("  next:  koppel run {} takes in what changed, --since DATE what lies before", shell(flow)),
        );
    }
    if reconciled.beyond > 0 {
        let many =
            if reconciled.beyond == 1 { "1 record".to_owned() } else { format!("{} records", reconciled.beyond) };
        put(&mut text, &format!("  {many} of the ledger the source does not show any more"));
    }
    for (resource, made) in &reconciled.made {
        let astray = reconciled.astray.iter().filter(|astray| astray.resource == *resource).count();
        let verdict = if astray == 0 { "all there as they were made".to_owned() } else { format!("{astray} astray") };
        put(&mut text, &format!("{resource}: {made} made by the ledger, {verdict}"));
        for astray in reconciled.astray.iter().filter(|astray| astray.resource == *resource).take(NAMED) {
            let who = if astray.title.is_empty() { String::new() } else { format!("{}: ", astray.title) };
            let id = &astray.id;
            let words = match &astray.how {
                How::Missing => format!("{id}, made as `{}`, is not there", astray.carries),
                How::Changed(now) if now.is_empty() => {
                    format!("{id}, made as `{}`, carries nothing now", astray.carries)
                }
                How::Changed(now) => format!("{id}, made as `{}`, carries `{now}` now", astray.carries),
                How::Twice(other) => format!("{id} carries `{}`, and so does {other}", astray.carries),
                How::Unknown => {
                    format!("{id} carries `{}`, and the ledger does not know that it was made", astray.carries)
                }
            };
            put(&mut text, &format!("  {}", clean(&format!("{who}{words}"))));
        }
        more(&mut text, astray);
    }
    let requests = reconciled.requests;
    put(&mut text, &format!("{} requests, none of them a write", requests.reads + requests.writes));
    text.truncate(text.trim_end().len());
    text
}

fn put(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a text takes all");
}

fn more(text: &mut String, all: usize) {
    if all > NAMED {
        put(text, &format!("  and {} more: --json names all", all - NAMED));
    }
}

fn value(reconciled: &Reconciled) -> Value {
    let counts: serde_json::Map<String, Value> =
        Came::ALL.iter().map(|came| (came.word().to_owned(), json!(reconciled.count(*came)))).collect();
    json!({
        "flow": &*reconciled.flow,
        "source": reconciled.source,
        "counts": counts,
        "difference": reconciled.difference(),
        "unknown": reconciled.unknown.iter().map(|one| json!({ "key": one.key, "title": one.title })).collect::<Vec<_>>(),
        "beyond": reconciled.beyond,
        "made": reconciled.made,
        "astray": reconciled.astray.iter().map(|astray| json!({
            "title": astray.title,
            "step": astray.step,
            "resource": astray.resource,
            "id": astray.id,
            "carries": astray.carries,
            "how": match &astray.how {
                How::Missing => "missing",
                How::Changed(_) => "changed",
                How::Twice(_) => "twice",
                How::Unknown => "unknown",
            },
            "now": match &astray.how { How::Changed(now) => Some(now), _ => None },
            "other": match &astray.how { How::Twice(other) => Some(other), _ => None },
        })).collect::<Vec<_>>(),
        "requests": reconciled.requests.reads + reconciled.requests.writes,
    })
}
