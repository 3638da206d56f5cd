//! `koppel test`: runs the tests that stand in flows, each in a world of its own, and tells what is not as expected.

use std::path::Path;
use std::sync::Arc;

use crate::cli::Exit;
use crate::cli::args::TestArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::test::{self, Tests, Verdict};
use crate::workspace::{Depth, Flow, Workspace};

/// Runs the command.
pub(super) async fn test(hand: &Hand, args: &TestArgs) -> Exit {
    let workspace = match open::workspace(hand, &args.flows, Depth::Flows) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let sources = Arc::new(workspace.sources.clone());
    let (mut passed, mut failed, mut pinned) = (0, 0, 0);
    for flow in &workspace.flows {
        let read = |path: &str| read(&workspace, flow, path);
        let tests = Tests {
            graph: Arc::clone(&flow.graph),
            sources: Arc::clone(&sources),
            read: &read,
            snapshots: workspace.folder.join("snapshots").join("flows").join(&*flow.program.name),
            accept: args.accept,
            zone: workspace.zone.clone(),
            clock: hand.clock.clone(),
        };
        let verdicts = test::run(&tests, args.only.as_deref()).await;
        if verdicts.is_empty() {
            hand.terminal.say(&format!("{}: no tests", flow.program.name));
        }
        for verdict in &verdicts {
            tell(hand, &workspace, flow, verdict);
            pinned += verdict.pinned.len();
            if verdict.passed() {
                passed += 1;
            } else {
                failed += 1;
            }
        }
    }
    let pins = match pinned {
        0 => String::new(),
        1 => ", 1 snapshot pinned".to_owned(),
        more => format!(", {more} snapshots pinned"),
    };
    hand.terminal.say(&format!("{passed} passed, {failed} failed{pins}"));
    if failed > 0 { Exit::Failed } else { Exit::Done }
}

fn tell(hand: &Hand, workspace: &Workspace, flow: &Flow, verdict: &Verdict) {
    let word = if verdict.passed() { "ok    " } else { "failed" };
    let runs = if verdict.runs > 1 { format!(" ({} values)", verdict.runs) } else { String::new() };
    hand.terminal.say(&format!("{word} {}: {}{runs}", flow.program.name, verdict.title));
    open::mistakes(hand, &verdict.problems, &workspace.sources);
}

/// A file that a flow names: beside the flow, or from the workspace's folder.
fn read(workspace: &Workspace, flow: &Flow, path: &str) -> Result<String, String> {
    let beside = Path::new(&*flow.path).parent().unwrap_or(Path::new(""));
    let places = [workspace.folder.join(beside).join(path), workspace.folder.join(path)];
    let place = places.iter().find(|place| place.is_file()).ok_or("there is no such file")?;
    std::fs::read_to_string(place).map_err(|error| error.to_string())
}
