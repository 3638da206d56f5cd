//! `koppel resolve`: what a person found out about a write in doubt; then its record goes on.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::args::ResolveArgs;
use crate::cli::hand::Hand;
use crate::cli::log::{local, shell};
use crate::cli::open;
use crate::cli::run::{once, world};
use crate::cli::terminal::clean;
use crate::cli::{Exit, exit, summary};
use crate::ledger::{Ledger, LedgerError, RecordFilter, Summary};
use crate::report::{Sources, codes};
use crate::run::{self, Again, Doubt, Options, Refusal, Report, Resolved, Status, Word};
use crate::workspace::{Depth, Workspace};

/// Runs the command.
pub(super) async fn resolve(hand: &Hand, args: ResolveArgs) -> Exit {
    let home = match open::recorded(hand) {
        Ok(home) => home,
        Err(exit) => return exit,
    };
    // Only who holds the ledger may say what became of a write: no run can be sending it meanwhile.
    let ledger = match open::ledger(hand, &home) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let summary = match the_record(hand, &home, &*ledger, &args).await {
        Ok(Ok(summary)) => summary,
        Ok(Err(exit)) => return exit,
        Err(error) => return open::refused(hand, &error),
    };
    say(hand, ledger, &args, &summary).await
}

/// The one record that is meant.
async fn the_record(
    hand: &Hand,
    home: &Workspace,
    ledger: &dyn Ledger,
    args: &ResolveArgs,
) -> Result<Result<Summary, Exit>, LedgerError> {
    let filter = RecordFilter {
        flow: args.flow.clone(),
        named: Some(args.key.clone()),
        ..RecordFilter::of(home.tenant.clone())
    };
    let mut found = ledger.records(filter).await?;
    if found.iter().any(|summary| summary.status == Status::InDoubt) {
        found.retain(|summary| summary.status == Status::InDoubt);
    }
    Ok(match found.len() {
        0 => {
            let words = format!("no record has the key or number `{}`", clean(&args.key));
            hand.terminal.wrong(codes::command::NO_RECORD, &words, Some("koppel log"));
            Err(Exit::Failed)
        }
        1 => Ok(found.remove(0)),
        _ => {
            let flows: Vec<String> = found.iter().map(|one| format!("`{}` ({})", one.flow, one.key)).collect();
            let words = format!("more than one record is called `{}`: {}", clean(&args.key), flows.join(", "));
            let next = "name the flow with --flow, or the record by its key";
            hand.terminal.wrong(codes::command::NOT_KNOWN, &words, Some(next));
            Err(Exit::Usage)
        }
    })
}

async fn say(hand: &Hand, ledger: Arc<dyn Ledger>, args: &ResolveArgs, summary: &Summary) -> Exit {
    let workspace = match open::workspace(hand, std::slice::from_ref(&summary.flow), Depth::Bound) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let flow = open::only_flow(&workspace);
    let vault = open::vault(hand, &workspace, ledger.clone());
    let systems = match open::systems(hand, &workspace, flow, vault).await {
        Ok(systems) => systems,
        Err(exit) => return exit,
    };
    let word = args.found.clone().map_or(Word::Absent, Word::Found);
    let (world, bar) = world(hand, &workspace, flow, systems.clone(), ledger.clone());
    let said = run::resolve(&flow.graph, &world, &summary.key, args.step.as_deref(), &word).await;
    bar.finish();
    let resolved = match said {
        Ok(resolved) => resolved,
        Err(refusal) => return refused(hand, args, summary, &refusal),
    };
    let goes_on = resolved.left.is_empty() && !args.later;
    let report = if goes_on {
        let again = Some(Again { keys: vec![summary.key.clone()], sent: false });
        Some(once(hand, &workspace, flow, systems, ledger, &Options { again, ..Options::default() }).await)
    } else {
        None
    };
    tell(hand, args, summary, &resolved, report.as_ref(), &workspace);
    match &report {
        Some(report) => exit::of_report(report),
        None if resolved.left.is_empty() => Exit::Done,
        None => Exit::InDoubt,
    }
}

/// Tells why a person's word was not taken, and what to do.
fn refused(hand: &Hand, args: &ResolveArgs, summary: &Summary, refusal: &Refusal) -> Exit {
    let title = shell(&args.key);
    let next = match refusal {
        Refusal::NotInDoubt(_) => format!("koppel log {title}"),
        Refusal::Which(doubts) => {
            let step = doubts.first().map_or_else(|| "STEP".to_owned(), |doubt| shell(&doubt.step));
            format!("koppel resolve {title} --step {step} --found ID (or --absent)")
        }
        Refusal::NotTheOne(_) => format!("look in the system, then koppel resolve {title} --found ID (or --absent)"),
        Refusal::IsThere { id, .. } => format!("koppel resolve {title} --found {}", shell(id)),
        Refusal::MayStillLand(until) => format!("after {until}: koppel resolve {title} --absent"),
        Refusal::Unanswered { .. } => "nothing was recorded; try again later".to_owned(),
    };
    let problem = refusal.problem(&summary.title).next(next);
    open::problem(hand, &problem, &Sources::default());
    if refusal.leaves_doubt() { Exit::InDoubt } else { Exit::Failed }
}

fn tell(
    hand: &Hand,
    args: &ResolveArgs,
    summary: &Summary,
    resolved: &Resolved,
    report: Option<&Report>,
    workspace: &Workspace,
) {
    if args.json {
        let value = json!({
            "flow": summary.flow,
            "key": summary.key,
            "title": summary.title,
            "resolved": doubt_json(&resolved.doubt),
            "found": args.found,
            "in_doubt": resolved.left.iter().map(doubt_json).collect::<Vec<_>>(),
            "run": report.map(|report| summary::value(report, &workspace.sources)),
        });
        hand.terminal.say(&value.to_string());
        return;
    }
    let doubt = &resolved.doubt;
    let became =
        args.found.as_ref().map_or_else(|| "made nothing".to_owned(), |id| format!("made {} {id}", doubt.resource));
    hand.terminal.say(&clean(&format!("{}: `{}` {became}, and so it is recorded", summary.title, doubt.step)));
    for left in &resolved.left {
        hand.terminal.say(&clean(&doubt_words(left, &workspace.zone)));
    }
    if let Some(report) = report {
        hand.terminal.say(&summary::text(&hand.terminal, report, &workspace.sources));
        if let Some(problem) = summary::ended(report) {
            open::problem(hand, &problem, &workspace.sources);
        }
    } else if resolved.left.is_empty() {
        hand.terminal.say(&format!("next:  koppel run {} goes on behind that step", shell(&summary.flow)));
    } else {
        let step = shell(&resolved.left[0].step);
        hand.terminal
            .say(&format!("next:  koppel resolve {} --step {step} --found ID (or --absent)", shell(&args.key)));
    }
}

/// A write in doubt, in words.
fn doubt_words(doubt: &Doubt, zone: &TimeZone) -> String {
    let words = if doubt.words.is_empty() { "no answer was seen" } else { &doubt.words };
    format!("still in doubt: `{}` of {}, as `{}`: {words}", doubt.step, local(doubt.reserved, zone), doubt.carries)
}

fn doubt_json(doubt: &Doubt) -> Value {
    json!({
        "step": doubt.step,
        "resource": doubt.resource,
        "carries": doubt.carries,
        "attempt": doubt.attempt,
        "reserved": doubt.reserved.to_string(),
        "words": doubt.words,
    })
}
