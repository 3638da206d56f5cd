//! `koppel connect`: tries the credentials of a connection, and says which scope, plan or access is missing.

use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::ConnectArgs;
use crate::cli::hand::Hand;
use crate::cli::login::log_in;
use crate::cli::open::{self, Opener};
use crate::cli::{secret, show};
use crate::connect::{Class, Fault, Finding, LoggedIn, Report, System, probe};
use crate::report::{self, Code, Diagnostic, Sources, Span, codes, nearest};
use crate::run::{OTHER_KEY, Vault};
use crate::workspace::{Connected, Depth, Workspace};

/// Tries the credentials; where only a person can come to some, they log in first.
async fn tried(
    hand: &Hand,
    args: &ConnectArgs,
    workspace: &Workspace,
    connected: &Connected,
    vault: Vault,
) -> Result<(System, Report), Exit> {
    let kept = match connected.has_login() {
        true => LoggedIn::of(&vault, &connected.name).await,
        false => Ok(None),
    };
    let is_kept = matches!(&kept, Ok(Some(login)) if login.over.is_none());
    if !connected.has_login() || (is_kept && !args.again) {
        let system = Opener::new(hand, workspace, vault)?.named(&args.name).await?;
        let report = probed(hand, &system).await?;
        let lacks = |finding: &Finding| finding.fault.as_ref().is_some_and(|fault| fault.class == Class::Auth);
        if !connected.has_login() || !report.findings.iter().any(lacks) {
            return Ok((system, report));
        }
    }
    if let Err(fault) = &kept {
        // The wrong key is at hand, more likely than that the right one is lost: it is not written over unasked.
        if fault.code.as_deref() == Some(OTHER_KEY) && !args.again {
            open::mistakes(hand, &[workspace.other_key(&fault.words)], &workspace.sources);
            return Err(Exit::Config);
        }
        hand.terminal.tell(&fault.words);
    }
    // What is to be kept can be kept, before anyone is asked.
    let vault = open::vault(hand, workspace, open::ledger(hand, workspace)?);
    let mut opener = Opener::new(hand, workspace, vault)?;
    opener.anew = true;
    let system = opener.named(&args.name).await?;
    let login = log_in(hand, &system, args.paste).await?;
    let mut report = probed(hand, &system).await?;
    let missing = system.scopes_missing(&login);
    if !missing.is_empty() {
        let words = format!("these scopes were not given: {}", missing.join(", "));
        let advice = format!("agree to all of them: koppel connect {} --again", args.name);
        let fault = Some(Fault::unsent(Class::Config, words));
        report.findings.insert(0, Finding { what: "scopes".to_owned(), fault, advice: Some(advice) });
    }
    Ok((system, report))
}

/// Tries the credentials, unless the person stops it.
async fn probed(hand: &Hand, system: &System) -> Result<Report, Exit> {
    tokio::select! {
        report = probe(system, &()) => Ok(report),
        () = hand.cancel.cancelled() => Err(Exit::Failed),
    }
}

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
    let connected = workspace.connection(&args.name).expect("it was just looked for");
    if let Some(secret) = &args.set {
        return secret::set(hand, &workspace, connected, secret).await;
    }
    let ledger = match open::ledger_if_there(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let vault = open::vault_to_read(hand, &workspace, ledger);
    if args.show {
        return show::show(hand, &workspace, connected, &vault, args.json).await;
    }
    let (system, found) = match tried(hand, args, &workspace, connected, vault).await {
        Ok(tried) => tried,
        Err(exit) => return exit,
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
