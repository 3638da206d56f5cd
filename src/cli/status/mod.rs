//! `koppel status`: how flows and connections stand and what waits for a person, from the ledger alone.

mod gather;
mod text;

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::StatusArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::workspace::{Depth, Workspace};

use gather::Standing;

/// How often a status that is watched is shown.
const AGAIN: Duration = Duration::from_secs(2);

/// Runs the command.
pub(super) async fn status(hand: &Hand, args: &StatusArgs) -> Exit {
    loop {
        let (workspace, sound) = match workspace(hand) {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        let ledger = match open::ledger_if_there(hand, &workspace) {
            Ok(ledger) => ledger,
            Err(exit) => return exit,
        };
        let vault = open::vault_to_read(hand, &workspace, ledger.clone());
        let standing = match gather::gather(&workspace, &*ledger, &vault).await {
            Ok(standing) => Standing { sound, ..standing },
            Err(error) => return open::refused(hand, &error),
        };
        if args.json {
            hand.terminal.say(&value(&standing).to_string());
        } else {
            if args.watch {
                // From the top of an empty screen.
                hand.terminal.say("\u{1b}[2J\u{1b}[H");
            }
            hand.terminal.say(text::text(&hand.terminal, &standing, &workspace.zone).trim_end());
        }
        if !args.watch {
            return Exit::Done;
        }
        tokio::select! {
            () = hand.cancel.cancelled() => return Exit::Done,
            () = hand.clock.wait(AGAIN) => {}
        }
    }
}

/// The workspace with its flows, or as far as it can be read: mistakes in it hide nothing of what is recorded.
fn workspace(hand: &Hand) -> Result<(Workspace, bool), Exit> {
    let request =
        |depth| crate::workspace::Request { from: &hand.folder, folder: hand.workspace.as_deref(), flows: &[], depth };
    match crate::workspace::load(&request(Depth::Flows)) {
        Ok(workspace) => Ok((workspace, true)),
        Err(_) => open::workspace(hand, &[], Depth::Files).map(|workspace| (workspace, false)),
    }
}

/// What a program reads of it.
fn value(standing: &Standing) -> Value {
    let flows = standing.flows.iter().map(|flow| {
        let run = flow.last_run.as_ref().map(|run| {
            json!({
                "started": run.started.to_string(),
                "ended": run.ended.to_string(),
                "new": run.new,
                "requests": run.requests,
                "fault": run.fault,
            })
        });
        let paused =
            flow.paused.as_ref().map(|pause| json!({ "reason": pause.reason, "since": pause.since.to_string() }));
        json!({
            "flow": flow.name,
            "in_workspace": flow.in_workspace,
            "last_run": run,
            "every": flow.every,
            "paused": paused,
            "version": flow.version.map(|version| version.to_string()),
            "counts": gather::COUNTED.iter()
                .map(|status| (status.word().replace(' ', "_"), json!(flow.counts.of(*status))))
                .collect::<serde_json::Map<_, _>>(),
        })
    });
    let connections = standing.connections.iter().map(|connection| {
        json!({
            "connection": connection.name,
            "log_in": connection.login.word(),
            "token_until": connection.until.map(|until| format!("{until:.0}")),
            "problem": connection.problem,
        })
    });
    let problems = standing.problems.iter().map(|cause| {
        json!({
            "flow": cause.flow,
            "status": cause.status.word(),
            "code": cause.code.map(|code| code.to_string()),
            "reason": cause.reason,
            "records": cause.records,
            "place": cause.place,
            "since": cause.since.map(|since| since.to_string()),
            "next": cause.next(),
        })
    });
    json!({
        "sound": standing.sound,
        "flows": flows.collect::<Vec<_>>(),
        "connections": connections.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
    })
}
