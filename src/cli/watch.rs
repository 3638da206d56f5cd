//! `koppel test --watch`: runs the tests again that a saved file concerns, until a person stops it.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::Exit;
use crate::cli::args::TestArgs;
use crate::cli::hand::Hand;
use crate::cli::{open, test};
use crate::report::codes;
use crate::workspace::{CONFIG, Depth, Flow, Saves, Workspace};

/// By flow, the files it reads: its own, what it imports, its connectors, and what its tests name.
type Reads = BTreeMap<String, BTreeSet<String>>;

/// Runs all tests, then, after each save, those of the flows that read what was saved.
pub(super) async fn watch(hand: &Hand, args: &TestArgs) -> Exit {
    let folder = match open::workspace(hand, &args.flows, Depth::Files) {
        Ok(workspace) => workspace.folder,
        Err(exit) => return exit,
    };
    let mut saves = match Saves::new(&folder) {
        Ok(saves) => saves,
        Err(words) => {
            hand.terminal.wrong(codes::command::CANNOT, &format!("files cannot be watched: {words}"), None);
            return Exit::Failed;
        }
    };
    let mut reads = Reads::new();
    // Every flow reads this one: at first all are run.
    let mut saved = BTreeSet::from([CONFIG.to_owned()]);
    saves.follow(saved.iter().map(String::as_str));
    loop {
        // With a mistake somewhere nothing runs, and what was saved stays to be tried.
        if let Ok(workspace) = open::workspace(hand, &args.flows, Depth::Flows) {
            let now = reads_of(&workspace);
            saves.follow(now.values().flatten().map(String::as_str));
            let is_concerned = |flow: &&Flow| {
                let name = &*flow.program.name;
                [&reads, &now].iter().any(|reads| reads.get(name).is_none_or(|files| !files.is_disjoint(&saved)))
            };
            let concerned: Vec<&Flow> = workspace.flows.iter().filter(is_concerned).collect();
            if !concerned.is_empty() {
                // What a filter leaves nothing of is told, and may come with the next save.
                let _ = test::suites(hand, args, &workspace, &concerned).await;
            }
            reads = now;
            saved.clear();
        }
        hand.terminal.tell("watching; Ctrl-C ends it");
        let names = tokio::select! {
            () = hand.cancel.cancelled() => return Exit::Done,
            names = saves.next() => names,
        };
        hand.terminal.say(&format!("\nsaved: {}", names.iter().cloned().collect::<Vec<_>>().join(", ")));
        saved.extend(names);
    }
}

fn reads_of(workspace: &Workspace) -> Reads {
    let files = |flow: &Flow| {
        let mut files: BTreeSet<String> = flow.files.iter().map(ToString::to_string).collect();
        files.extend(test::samples(workspace, flow));
        files.insert(CONFIG.to_owned());
        files
    };
    workspace.flows.iter().map(|flow| (flow.program.name.to_string(), files(flow))).collect()
}
