//! `koppel connect`: tries the credentials of a connection, and says which scope, plan or access is missing.

use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::ConnectArgs;
use crate::cli::hand::Hand;
use crate::cli::login::log_in;
use crate::cli::open::{self, Opener};
use crate::cli::{secret, show};
use crate::connect::{Class, Fault, Finding, LoggedIn, Report, System, probe};
use crate::report::nearest;
use crate::run::Vault;
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
        let report = probe(&system, &()).await;
        let lacks = |finding: &Finding| finding.fault.as_ref().is_some_and(|fault| fault.class == Class::Auth);
        if !connected.has_login() || !report.findings.iter().any(lacks) {
            return Ok((system, report));
        }
    }
    if let Err(fault) = &kept {
        hand.terminal.tell(&fault.words);
    }
    // What is to be kept can be kept, before anyone is asked.
    let vault = open::vault(hand, workspace, open::ledger(hand, workspace)?);
    let mut opener = Opener::new(hand, workspace, vault)?;
    opener.anew = true;
    let system = opener.named(&args.name).await?;
    let login = log_in(hand, &system, args.paste).await?;
    let mut report = probe(&system, &()).await;
    let missing = system.scopes_missing(&login);
    if !missing.is_empty() {
        let words = format!("these scopes were not given: {}", missing.join(", "));
        let advice = format!("agree to all of them: koppel connect {} --again", args.name);
        let fault = Some(Fault::unsent(Class::Config, words));
        report.findings.insert(0, Finding { what: "scopes".to_owned(), fault, advice: Some(advice) });
    }
    Ok((system, report))
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
        hand.terminal.wrong(&format!("there is no connection `{}`", args.name), Some(&next));
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
    let tried = tokio::select! {
        tried = tried(hand, args, &workspace, connected, vault) => tried,
        () = hand.cancel.cancelled() => return Exit::Failed,
    };
    let (system, report) = match tried {
        Ok(tried) => tried,
        Err(exit) => return exit,
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
