//! `koppel run`: a flow once, with a progress bar and a summary.

use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::args::RunArgs;
use crate::cli::hand::Hand;
use crate::cli::log::shell;
use crate::cli::open;
use crate::cli::terminal::{Terminal, clean};
use crate::cli::{Exit, exit, summary};
use crate::connect::System;
use crate::ledger::{Ledger, LedgerError, RecordFilter, Scope};
use crate::report::{self, Diagnostic, Span, codes};
use crate::run::{self, Ended, Options, Outcome, Report, Status, Watch, World};
use crate::serve::retention::sweep;
use crate::workspace::{Depth, Flow, Workspace};

/// No longer than this is erased at the end of a run.
const SWEPT: Duration = Duration::from_secs(2);

/// Runs the command.
pub(super) async fn run(hand: &Hand, args: RunArgs) -> Exit {
    let workspace = match open::workspace(hand, std::slice::from_ref(&args.flow), Depth::Bound) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let since = match args.since.as_deref().map(|text| moment(text, &workspace.zone)).transpose() {
        Ok(since) => since,
        Err(words) => {
            hand.terminal.wrong(codes::command::DATE, &words, Some("koppel run FLOW --since 2026-01-31"));
            return Exit::Usage;
        }
    };
    let flow = open::only_flow(&workspace);
    let ledger = match open::ledger(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let vault = open::vault(hand, &workspace, ledger.clone());
    let systems = match open::systems(hand, &workspace, flow, vault).await {
        Ok(systems) => systems,
        Err(exit) => return exit,
    };
    let options = Options {
        since,
        only: args.only.as_deref().map(Arc::from),
        limit: args.limit,
        resume: args.resume,
        ..Options::default()
    };
    let report = once(hand, &workspace, flow, systems, ledger.clone(), &options).await;
    // What was kept for its time goes, also where nothing runs but this.
    if !matches!(report.ended, Ended::Taken(_) | Ended::Ledger(_))
        && let Err(error) = sweep(&*ledger, &workspace.tenant, &hand.clock, workspace.retention, SWEPT).await
    {
        open::refused(hand, &error);
    }
    let (problem, exit) = match &args.only {
        Some(key) if report.outcomes.is_empty() && report.ended == Ended::Done => {
            match not_run(hand, &workspace, flow, &*ledger, key).await {
                Ok(found) => found,
                Err(error) => return open::refused(hand, &error),
            }
        }
        _ => (summary::ended(&report), exit::of_report(&report)),
    };
    if args.json {
        let mut value = summary::value(&report, &workspace.sources);
        if let Some(problem) = problem {
            value["problem"] = report::json(&problem, &workspace.sources);
        }
        hand.terminal.say(&value.to_string());
        return exit;
    }
    hand.terminal.say(&summary::text(&hand.terminal, &report, &workspace.sources));
    if let Some(problem) = problem {
        open::problem(hand, &problem, &workspace.sources);
    }
    for unanswered in &report.unanswered {
        open::problem(hand, &unanswered.problem().next(summary::again(&report)), &workspace.sources);
    }
    exit
}

/// Says why the one record that was asked for was not worked on.
async fn not_run(
    hand: &Hand,
    workspace: &Workspace,
    flow: &Flow,
    ledger: &dyn Ledger,
    key: &str,
) -> Result<(Option<Diagnostic>, Exit), LedgerError> {
    let filter = RecordFilter {
        flow: Some(flow.program.name.to_string()),
        named: Some(key.to_owned()),
        ..RecordFilter::of(workspace.tenant.clone())
    };
    let Some(found) = ledger.records(filter).await?.into_iter().next() else {
        let next = format!("koppel run {} --since DATE lists what lies before the last run", flow.program.name);
        let words = format!("no record has the key or number `{}`", clean(key));
        let problem = Diagnostic::error(codes::command::NO_RECORD, Span::NONE, words).found(key);
        return Ok((Some(problem.next(next)), Exit::Failed));
    };
    let (words, next) =
        (format!("`{}` is {} already", clean(key), found.status.word()), format!("koppel log {}", shell(key)));
    if found.status == Status::InDoubt {
        let words = format!("`{}` is in doubt: a person must look", clean(key));
        let problem = Diagnostic::error(codes::run::IN_DOUBT, Span::NONE, words).next(next);
        return Ok((Some(problem), Exit::InDoubt));
    }
    hand.terminal.tell(&words);
    hand.terminal.tell(&format!("next:  {next}"));
    Ok((None, Exit::Done))
}

/// A flow, once, with a bar.
pub(super) async fn once(
    hand: &Hand,
    workspace: &Workspace,
    flow: &Flow,
    systems: Vec<System>,
    ledger: Arc<dyn Ledger>,
    options: &Options,
) -> Report {
    let (world, bar) = world(hand, workspace, flow, systems, ledger.clone());
    let started = hand.clock.now();
    let mut report = run::run(&flow.graph, &world, options).await;
    bar.finish();
    // One that another keeps from its work was none.
    if !matches!(report.ended, Ended::Taken(_) | Ended::Ledger(_)) {
        let scope = Scope::new(workspace.tenant.clone(), flow.program.name.clone());
        if let Err(error) = ledger.put_run(&scope, report.kept(started, hand.clock.now())).await {
            report.ended = Ended::Ledger(error.to_string());
        }
    }
    report
}

/// All that a flow stands in, with a bar that looks on.
pub(super) fn world(
    hand: &Hand,
    workspace: &Workspace,
    flow: &Flow,
    systems: Vec<System>,
    ledger: Arc<dyn Ledger>,
) -> (World, Arc<Bar>) {
    let bar = Arc::new(Bar::new(&hand.terminal, &flow.program.name));
    let world = World {
        tenant: workspace.tenant.clone(),
        systems,
        settings: flow.settings.clone().expect("a workspace that is bound has the settings of its flows"),
        kept: flow.kept.clone(),
        ledger,
        sources: Arc::new(workspace.sources.clone()),
        clock: hand.clock.clone(),
        zone: workspace.zone.clone(),
        seed: hand.seed(),
        holder: format!("process {}", std::process::id()).into(),
        cancel: hand.cancel.clone(),
        at_once: hand.at_once.clone(),
        watch: Arc::clone(&bar) as Arc<dyn Watch>,
    };
    (world, bar)
}

/// A day (its beginning in the workspace's zone) or an instant.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    text.parse::<Date>()
        .ok()
        .and_then(|date| date.to_zoned_datetime(zone.clone()).ok())
        .map(|at| at.timestamp())
        .ok_or_else(|| format!("`{text}` is no date"))
}

/// A bar that looks on.
pub(super) struct Bar(ProgressBar);

impl Bar {
    fn new(terminal: &Terminal, name: &str) -> Bar {
        Bar(terminal.progress(name))
    }

    /// Takes it away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Watch for Bar {
    fn found(&self, records: usize) {
        self.0.inc_length(records as u64);
    }

    fn ended(&self, _: &Outcome) {
        self.0.inc(1);
    }
}
