//! `koppel connect`: tries the credentials of a connection, and says which scope, plan or access is missing.

use std::sync::Arc;

use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::ConnectArgs;
use crate::cli::hand::Hand;
use crate::cli::open::{self, Opener};
use crate::connect::{Class, Finding, MemoryTokens, probe};
use crate::report::{self, Code, Diagnostic, Sources, Span, codes, nearest};
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
        hand.terminal.wrong(codes::command::NOT_KNOWN, &format!("there is no connection `{}`", args.name), Some(&next));
        return Exit::Usage;
    }
    let system = match Opener::new(hand, &workspace, Arc::new(MemoryTokens::default()))
        .and_then(|mut opener| opener.named(&args.name))
    {
        Ok(system) => system,
        Err(exit) => return exit,
    };
    let found = tokio::select! {
        report = probe(&system, &()) => report,
        () = hand.cancel.cancelled() => return Exit::Failed,
    };
    if args.json {
        let findings: Vec<_> = found
            .findings
            .iter()
            .map(|finding| {
                let problem = problem(finding).map(|problem| report::json(&problem, &Sources::default()));
                json!({
                    "what": finding.what,
                    "works": finding.fault.is_none(),
                    "class": finding.fault.as_ref().map(|fault| fault.class.word()),
                    "problem": problem,
                })
            })
            .collect();
        let findings = json!({ "connection": found.connection, "good": found.is_good(), "findings": findings });
        hand.terminal.say(&findings.to_string());
    } else {
        let rows = found
            .findings
            .iter()
            .map(|finding| {
                let what = finding.fault.as_ref().map_or("works", |fault| fault.class.word());
                vec![finding.what.clone(), what.to_owned()]
            })
            .collect();
        hand.terminal.say(&hand.terminal.table(&[&found.connection, system.connection().base.as_ref()], rows));
        let problems: Vec<Diagnostic> = found.findings.iter().filter_map(problem).collect();
        hand.terminal.refuse(&problems, &Sources::default());
    }
    let faults: Vec<Class> =
        found.findings.iter().filter_map(|finding| finding.fault.as_ref()).map(|fault| fault.class).collect();
    if faults.is_empty() {
        hand.terminal.tell("next:  koppel check");
        return Exit::Done;
    }
    let codes: Vec<Code> = faults.into_iter().map(code).collect();
    match () {
        () if codes.contains(&codes::run::LOG_IN) => Exit::LogIn,
        () if codes.contains(&codes::run::UNREACHABLE) => Exit::Unreachable,
        () => Exit::Config,
    }
}

/// The number of what a class of faults means for a connection.
fn code(class: Class) -> Code {
    match class {
        Class::Auth | Class::Token => codes::run::LOG_IN,
        Class::Network | Class::ServerError | Class::RateLimit | Class::LostReply => codes::run::UNREACHABLE,
        _ => codes::run::SET_UP,
    }
}

/// What does not work, in the shape of all messages.
fn problem(finding: &Finding) -> Option<Diagnostic> {
    let fault = finding.fault.as_ref()?;
    let title = format!("{}: {}", finding.what, fault.words);
    let problem = Diagnostic::error(code(fault.class), Span::NONE, title);
    Some(match &finding.advice {
        Some(advice) => problem.next(advice),
        None => problem,
    })
}
