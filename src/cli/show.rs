//! `koppel connect NAME --show`: the log-in that is kept, without a token.

use serde_json::json;

use crate::cli::Exit;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::connect::LoggedIn;
use crate::report::codes;
use crate::run::{OTHER_KEY, Vault};
use crate::workspace::{Connected, Workspace};

/// Shows what is kept of a log-in; asks nobody.
pub(super) async fn show(
    hand: &Hand,
    workspace: &Workspace,
    connected: &Connected,
    vault: &Vault,
    as_json: bool,
) -> Exit {
    let name = &connected.name;
    if !connected.has_login() {
        let words = format!("nobody logs in to `{name}`: its credentials are in koppel.toml, and nothing else is kept");
        match as_json {
            true => hand.terminal.say(&json!({ "connection": &**name, "log_in": null }).to_string()),
            false => hand.terminal.say(&words),
        }
        return Exit::Done;
    }
    if let Err(problem) = workspace.seal(&*hand.lookup) {
        open::mistakes(hand, &[*problem], &workspace.sources);
        return Exit::Config;
    }
    let login = match LoggedIn::of(vault, name).await {
        Ok(login) => login,
        Err(fault) if fault.code.as_deref() == Some(OTHER_KEY) => {
            open::mistakes(hand, &[workspace.other_key(&fault.words)], &workspace.sources);
            return Exit::Config;
        }
        Err(fault) => {
            hand.terminal.wrong(codes::run::LOG_IN, &fault.words, Some(&format!("koppel connect {name}")));
            return Exit::LogIn;
        }
    };
    let Some(login) = login else {
        match as_json {
            true => hand.terminal.say(&json!({ "connection": &**name, "log_in": null }).to_string()),
            false => hand.terminal.wrong(
                codes::run::LOG_IN,
                &format!("nobody is logged in to `{name}`"),
                Some(&format!("koppel connect {name}")),
            ),
        }
        return Exit::LogIn;
    };
    let now = hand.clock.now();
    let has_ended = login.ends.is_some_and(|ends| ends <= now);
    if as_json {
        let time = |at: Option<jiff::Timestamp>| at.map(|at| format!("{at:.0}"));
        let value = json!({
            "connection": &**name,
            "log_in": {
                "since": time(login.since),
                "renewed": time(login.renewed),
                "ends": time(login.ends),
                "scopes": login.scopes,
                "change_begun": time(login.turning),
                "over": login.over,
            },
        });
        hand.terminal.say(&value.to_string());
    } else {
        let zone = &workspace.zone;
        let time = |at: Option<jiff::Timestamp>| match at {
            Some(at) => zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            None => "not known".to_owned(),
        };
        let ends = match has_ended {
            true => format!("{}, over: it is renewed when it is needed", time(login.ends)),
            false => format!("{}, renewed by itself before that", time(login.ends)),
        };
        let scopes = login.scopes.as_ref().map_or_else(|| "not known".to_owned(), |scopes| scopes.join(" "));
        let mut rows = vec![
            vec!["logged in".to_owned(), time(login.since)],
            vec!["token from".to_owned(), time(login.renewed)],
            vec!["token until".to_owned(), ends],
            vec!["scopes".to_owned(), scopes],
        ];
        if login.turning.is_some() {
            let words = format!("begun at {}, and nobody saw the end: it is tried again", time(login.turning));
            rows.push(vec!["change of token".to_owned(), words]);
        }
        if let Some(over) = &login.over {
            rows.push(vec!["over".to_owned(), format!("{over}\nnext: koppel connect {name}")]);
        }
        hand.terminal.say(&hand.terminal.table(&[name, "log-in"], rows));
    }
    if login.over.is_some() { Exit::LogIn } else { Exit::Done }
}
