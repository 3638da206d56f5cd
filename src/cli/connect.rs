//! `koppel connect`: tries the credentials of a connection, and says which scope, plan or access is missing.

use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::ConnectArgs;
use crate::cli::hand::Hand;
use crate::cli::open::{self, Opener};
use crate::connect::{Class, probe};
use crate::report::nearest;
use crate::workspace::Depth;

/// Runs the command.
pub(super) async fn connect(hand: &Hand, args: &ConnectArgs) -> Exit {
    let workspace = match open::workspace(hand, &[], Depth::Connections) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    if workspace.connection(&args.name).is_none() {
        let names: Vec<&str> = workspace.connections.iter().map(|connected| &*connected.name).collect();
        let next = match nearest(&args.name, names.iter().copied()) {
            Some(meant) => format!("koppel connect {meant}"),
            None => format!("write a `[connections.{}]` in koppel.toml", args.name),
        };
        hand.terminal.wrong(&format!("there is no connection `{}`", args.name), Some(&next));
        return Exit::Usage;
    }
    let ledger = match open::ledger_if_there(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let vault = open::vault_to_read(hand, &workspace, ledger);
    let opened = match Opener::new(hand, &workspace, vault) {
        Ok(mut opener) => opener.named(&args.name).await,
        Err(exit) => Err(exit),
    };
    let system = match opened {
        Ok(system) => system,
        Err(exit) => return exit,
    };
    let report = tokio::select! {
        report = probe(&system, &()) => report,
        () = hand.cancel.cancelled() => return Exit::Failed,
    };
    if args.json {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "what": finding.what,
                    "works": finding.fault.is_none(),
                    "class": finding.fault.as_ref().map(|fault| fault.class.word()),
                    "words": finding.fault.as_ref().map(|fault| fault.words.clone()),
                    "advice": finding.advice,
                })
            })
            .collect();
        let findings = json!({ "connection": report.connection, "good": report.is_good(), "findings": findings });
        hand.terminal.say(&findings.to_string());
    } else {
        let rows = report
            .findings
            .iter()
            .map(|finding| {
                let what = finding.fault.as_ref().map_or_else(|| "works".to_owned(), |fault| fault.words.clone());
                let advice = finding.advice.as_ref().map_or_else(String::new, |advice| format!("\n{advice}"));
                vec![finding.what.clone(), format!("{what}{advice}")]
            })
            .collect();
        hand.terminal.say(&hand.terminal.table(&[&report.connection, system.connection().base.as_ref()], rows));
    }
    let faults: Vec<Class> =
        report.findings.iter().filter_map(|finding| finding.fault.as_ref()).map(|fault| fault.class).collect();
    let is = |classes: &[Class]| faults.iter().any(|class| classes.contains(class));
    match () {
        () if faults.is_empty() => {
            hand.terminal.tell("next:  koppel check");
            Exit::Done
        }
        () if is(&[Class::Auth, Class::Token]) => Exit::LogIn,
        () if is(&[Class::Network, Class::ServerError, Class::RateLimit, Class::LostReply]) => Exit::Unreachable,
        () => Exit::Config,
    }
}
