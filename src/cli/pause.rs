//! `koppel pause` and `koppel resume`: flows rest, and run again.

use std::sync::Arc;

use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::{PauseArgs, ResumeArgs};
use crate::cli::hand::Hand;
use crate::cli::log::{local, shell};
use crate::cli::open;
use crate::cli::terminal::clean;
use crate::ledger::{Ledger, LedgerError, Pause, Scope};
use crate::report::codes;
use crate::workspace::{Depth, Workspace};

/// Lets flows rest.
pub(super) async fn pause(hand: &Hand, args: PauseArgs) -> Exit {
    let (workspace, ledger, names) = match opened(hand, &args.flows) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    for name in names {
        let scope = Scope::new(workspace.tenant.clone(), name);
        match rest(hand, &*ledger, &scope, &args.because).await {
            Ok(pause) if args.json => {
                let pause = json!({ "reason": pause.reason, "since": pause.since.to_string() });
                hand.terminal.say(&json!({ "flow": &*scope.flow, "paused": pause }).to_string());
            }
            Ok(pause) => {
                let since = local(pause.since, &workspace.zone);
                let line = format!("{}: paused since {since}: {}", scope.flow, clean(&pause.reason));
                hand.terminal.say(&line);
            }
            Err(error) => return open::refused(hand, &error),
        }
    }
    if !args.json {
        let names: Vec<String> = args.flows.iter().map(|flow| shell(flow)).collect();
        hand.terminal.tell(format!("next:  koppel resume {}", names.join(" ")).trim_end());
    }
    Exit::Done
}

/// The pause that counts now: a flow that rests keeps its first reason.
async fn rest(hand: &Hand, ledger: &dyn Ledger, scope: &Scope, because: &str) -> Result<Pause, LedgerError> {
    let pause = Pause { reason: because.to_owned(), since: hand.clock.now() };
    ledger.pause(scope, pause.clone()).await?;
    Ok(ledger.flow(scope).await?.paused.unwrap_or(pause))
}

/// Lets flows run again.
pub(super) async fn resume(hand: &Hand, args: ResumeArgs) -> Exit {
    let (workspace, ledger, names) = match opened(hand, &args.flows) {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    for name in names {
        let scope = Scope::new(workspace.tenant.clone(), name);
        let resumed = async {
            let was = ledger.flow(&scope).await?.paused;
            let stopped = ledger.resume(&scope, None, hand.clock.now()).await?;
            Ok::<_, LedgerError>((was.is_some(), stopped))
        };
        let (was, stopped) = match resumed.await {
            Ok(resumed) => resumed,
            Err(error) => return open::refused(hand, &error),
        };
        if args.json {
            let line = json!({ "flow": &*scope.flow, "was_paused": was, "records_waiting_again": stopped });
            hand.terminal.say(&line.to_string());
            continue;
        }
        let words = match (was, stopped) {
            (false, _) => "was not paused".to_owned(),
            (true, 0) => "runs again".to_owned(),
            (true, 1) => "runs again; 1 record that was stopped waits for its next run".to_owned(),
            (true, some) => format!("runs again; {some} records that were stopped wait for its next run"),
        };
        hand.terminal.say(&format!("{}: {words}", scope.flow));
    }
    Exit::Done
}

/// What there is to write, and to which flows.
type Opened = (Workspace, Arc<dyn Ledger>, Vec<Arc<str>>);

/// The ledger to write, and the names of the flows that are meant.
fn opened(hand: &Hand, flows: &[String]) -> Result<Opened, Exit> {
    let workspace = open::workspace(hand, flows, Depth::Flows)?;
    let names: Vec<Arc<str>> = workspace.flows.iter().map(|flow| flow.program.name.clone()).collect();
    if names.is_empty() {
        let next = Some("write a flow as `flows/NAME.flow`");
        hand.terminal.wrong(codes::command::NOTHING, "the workspace has no flow", next);
        return Err(Exit::Failed);
    }
    let ledger = open::ledger(hand, &workspace)?;
    Ok((workspace, ledger, names))
}
