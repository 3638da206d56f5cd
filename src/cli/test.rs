//! `koppel test`: runs the tests that stand in flows, each in a world of its own, and tells what is not as expected.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::cli::Exit;
use crate::cli::args::{TestArgs, TestFormat};
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::cli::watch;
use crate::report::codes;
use crate::test::{self, Coverage, Suite, Tests, Verdict, percent};
use crate::workspace::{Depth, Flow, Workspace};

/// Runs the command.
pub(super) async fn test(hand: &Hand, args: &TestArgs) -> Exit {
    if args.watch {
        return watch::watch(hand, args).await;
    }
    let workspace = match open::workspace(hand, &args.flows, Depth::Flows) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let flows: Vec<&Flow> = workspace.flows.iter().collect();
    suites(hand, args, &workspace, &flows).await
}

/// Runs the tests of these flows, and tells what became of them.
pub(super) async fn suites(hand: &Hand, args: &TestArgs, workspace: &Workspace, flows: &[&Flow]) -> Exit {
    let mut suites = Vec::new();
    for flow in flows {
        let suite = run(hand, args, workspace, flow).await;
        if args.format == TestFormat::Text {
            tell(hand, args, workspace, &suite);
        }
        suites.push(suite);
    }
    let all: usize = suites.iter().map(|suite| suite.verdicts.len()).sum();
    if let (Some(only), 0) = (&args.only, all) {
        hand.terminal.wrong(
            codes::command::NOT_KNOWN,
            &format!("no title of a test holds {only:?}"),
            Some("koppel test"),
        );
        return Exit::Usage;
    }
    let told = match args.format {
        TestFormat::Text => summary(&suites),
        TestFormat::Tap => test::tap(&suites, &workspace.sources),
        TestFormat::Junit => test::junit(&suites, &workspace.sources),
        TestFormat::Json => test::json(&suites, &workspace.sources),
    };
    hand.terminal.say(told.trim_end());
    let low = below(hand, args, &suites);
    if low || suites.iter().flat_map(|suite| &suite.verdicts).any(|verdict| !verdict.passed()) {
        Exit::Failed
    } else {
        Exit::Done
    }
}

/// The files that the tests of a flow read, by their paths from the workspace's folder.
pub(super) fn samples(workspace: &Workspace, flow: &Flow) -> BTreeSet<String> {
    let files = flow.program.tests.iter().flat_map(test::files);
    files.filter_map(|path| place(workspace, flow, &path)).collect()
}

async fn run(hand: &Hand, args: &TestArgs, workspace: &Workspace, flow: &Flow) -> Suite {
    let counted = (args.coverage || args.coverage_min.is_some()).then(|| Coverage::of(&flow.graph));
    let (graph, coverage) = match counted {
        Some((graph, coverage)) => (graph, Some(Arc::new(coverage))),
        None => (Arc::clone(&flow.graph), None),
    };
    let read = |path: &str| read(workspace, flow, path);
    let tests = Tests {
        graph,
        sources: Arc::new(workspace.sources.clone()),
        read: &read,
        snapshots: workspace.folder.join("snapshots").join("flows").join(&*flow.program.name),
        accept: args.accept,
        zone: workspace.zone.clone(),
        clock: hand.clock.clone(),
        coverage: coverage.clone(),
    };
    let verdicts = test::run(&tests, args.only.as_deref()).await;
    Suite {
        flow: flow.program.name.clone(),
        path: flow.path.clone(),
        roles: flow.program.roles.iter().map(|role| role.name.clone()).collect(),
        verdicts,
        spots: coverage.map(|coverage| coverage.spots()),
    }
}

fn tell(hand: &Hand, args: &TestArgs, workspace: &Workspace, suite: &Suite) {
    if suite.verdicts.is_empty() && args.only.is_none() {
        hand.terminal.say(&format!("{}: no tests", suite.flow));
    }
    for verdict in &suite.verdicts {
        let word = if verdict.passed() { "ok    " } else { "failed" };
        let runs = if verdict.runs > 1 { format!(" ({} values)", verdict.runs) } else { String::new() };
        hand.terminal.say(&format!("{word} {}: {}{runs}", suite.flow, verdict.title));
        open::mistakes(hand, &verdict.problems, &workspace.sources);
    }
    if let Some(spots) = &suite.spots {
        hand.terminal.say(&test::told(&suite.flow, spots, &workspace.sources));
    }
}

fn summary(suites: &[Suite]) -> String {
    let verdicts: Vec<&Verdict> = suites.iter().flat_map(|suite| &suite.verdicts).collect();
    let passed = verdicts.iter().filter(|verdict| verdict.passed()).count();
    let pins = match verdicts.iter().map(|verdict| verdict.pinned.len()).sum() {
        0 => String::new(),
        1 => ", 1 snapshot pinned".to_owned(),
        more => format!(", {more} snapshots pinned"),
    };
    format!("{passed} passed, {} failed{pins}", verdicts.len() - passed)
}

/// Whether a flow's coverage is below what is demanded.
fn below(hand: &Hand, args: &TestArgs, suites: &[Suite]) -> bool {
    let Some(least) = args.coverage_min else { return false };
    let mut low = false;
    for suite in suites {
        let (touched, all) = test::count(suite.spots.as_deref().unwrap_or_default(), None);
        let share = percent(touched, all);
        if share < usize::from(least) {
            low = true;
            let words = format!("the tests of `{}` touch {share} % of it, less than {least} %", suite.flow);
            let next = (args.format != TestFormat::Text || !args.coverage).then_some("koppel test --coverage");
            hand.terminal.wrong(codes::test::COVERAGE, &words, next);
        }
    }
    low
}

/// A file that a flow names: beside the flow, or from the workspace's folder.
fn read(workspace: &Workspace, flow: &Flow, path: &str) -> Result<String, String> {
    let place = place(workspace, flow, path).ok_or("there is no such file")?;
    std::fs::read_to_string(workspace.folder.join(place)).map_err(|error| error.to_string())
}

fn place(workspace: &Workspace, flow: &Flow, path: &str) -> Option<String> {
    let beside = Path::new(&*flow.path).parent().unwrap_or(Path::new("")).join(path);
    [beside, Path::new(path).to_owned()]
        .into_iter()
        .find(|place| workspace.folder.join(place).is_file())
        .map(|place| place.to_string_lossy().into_owned())
}
