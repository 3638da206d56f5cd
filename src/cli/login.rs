//! A person lets koppel in: an address is shown, the browser or a pasted address brings the answer, tokens are kept.

use std::io::IsTerminal;
use std::net::IpAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

use crate::cli::Exit;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::cli::terminal::clean;
use crate::connect::{Brought, Class, Fault, Invitation, LoggedIn, System};
use crate::report::{Diagnostic, Sources, Span, codes};
use crate::serve::{Page, Query, callback};

/// Where the browser comes back to when `koppel.toml` does not say.
const REDIRECT: &str = "http://127.0.0.1:7425/callback";
/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// What came of it, and of whom that is told.
type Came = Result<LoggedIn, Fault>;

/// Lets a person log in; how it ended is told.
pub(super) async fn log_in(hand: &Hand, system: &System, paste: bool) -> Result<LoggedIn, Exit> {
    let name = system.connection().name.clone();
    let (redirect, listener) = place(hand, system, paste).await?;
    let invitation = hand
        .random()
        .map_err(|words| Fault::unsent(Class::ServerError, words))
        .and_then(|random| system.invite(&redirect, &random))
        .map_err(|fault| refused(hand, &name, &redirect, &fault))?;
    hand.terminal.tell(&format!("open this address in a browser, and agree:\n\n{}\n", invitation.address()));
    let reads = paste || std::io::stdin().is_terminal();
    hand.terminal.tell(&match &listener {
        Some(_) if reads => format!(
            "koppel waits for the browser at {redirect} for 5 minutes; where that is another machine, paste the address \
             here at which the browser ends up. Ctrl-C ends it."
        ),
        Some(_) => format!("koppel waits for the browser at {redirect} for 5 minutes; Ctrl-C ends it"),
        None => "then paste the address here at which the browser ends up; Ctrl-C ends it".to_owned(),
    });
    let work = async {
        tokio::select! {
            came = listened(system, &invitation, listener, &redirect) => came,
            came = pasted(hand, system, &invitation, reads, paste) => came,
        }
    };
    let came = tokio::select! {
        came = hand.clock.within(PATIENCE, work) => came,
        () = hand.cancel.cancelled() => {
            hand.terminal.tell("nobody logged in, and nothing was changed");
            return Err(Exit::Failed);
        }
    };
    let login = came.unwrap_or_else(|| Err(late())).map_err(|fault| refused(hand, &name, &redirect, &fault))?;
    hand.terminal.tell(&format!("logged in to `{name}`"));
    Ok(login)
}

fn late() -> Fault {
    let words = "nobody came back within 5 minutes";
    Fault { code: Some("late".into()), ..Fault::unsent(Class::Auth, words) }
}

/// Where the browser comes back to, and who listens there.
async fn place(hand: &Hand, system: &System, paste: bool) -> Result<(Url, Option<TcpListener>), Exit> {
    let wanted = system.connection().redirect.as_deref().unwrap_or(REDIRECT);
    let mut redirect = Url::parse(wanted).expect("the workspace has looked at it");
    let host = redirect.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let host = if host == "localhost" { "127.0.0.1".to_owned() } else { host };
    let near = host.parse::<IpAddr>().ok().filter(|host| host.is_loopback() && redirect.scheme() == "http");
    let Some(host) = near.filter(|_| !paste) else { return Ok((redirect, None)) };
    let port = redirect.port_or_known_default().unwrap_or(0);
    let bound = TcpListener::bind((host, port)).await.and_then(|listener| Ok((listener.local_addr()?, listener)));
    match bound {
        Ok((address, listener)) => {
            let _ = redirect.set_port(Some(address.port()));
            Ok((redirect, Some(listener)))
        }
        Err(error) => {
            let words = format!("nobody can listen at {redirect}, where the browser is to come back: {error}");
            let problem = Diagnostic::error(codes::run::NO_LOG_IN, Span::NONE, words);
            let next = "end what listens there, or add `--paste` and paste the address at which the browser ends up";
            open::problem(hand, &problem.next(next), &Sources::default());
            Err(Exit::Failed)
        }
    }
}

/// Waits for the browser.
async fn listened(system: &System, invitation: &Invitation, listener: Option<TcpListener>, redirect: &Url) -> Came {
    match listener {
        Some(listener) => callback(listener, redirect.path(), |query| bring(system, invitation, query)).await,
        None => std::future::pending().await,
    }
}

/// Waits for a pasted address.
async fn pasted(hand: &Hand, system: &System, invitation: &Invitation, reads: bool, only: bool) -> Came {
    if !reads {
        return std::future::pending().await;
    }
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let query = text.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        match bring(system, invitation, query).await {
            (_, Some(came)) => return came,
            (_, None) => hand.terminal.tell(
                "this is not the address of this log-in: paste all of it, from `http` to the end, as the browser shows it",
            ),
        }
    }
    if only {
        return Err(Fault::unsent(Class::Auth, "no address was pasted"));
    }
    std::future::pending().await
}

/// The lines that a person types. The thread that reads ends with the process.
fn lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// What a browser brought becomes a log-in, or not; and what the browser shows.
async fn bring(system: &System, invitation: &Invitation, query: Query) -> (Page, Option<Came>) {
    let page = |good, title: &str, words: String| Page { good, title: title.to_owned(), words };
    let came = match invitation.read(&query) {
        Brought::Foreign => {
            let words = "Go back to the terminal, and open the address that stands there.";
            return (page(false, "This is not the log-in that koppel waits for", words.to_owned()), None);
        }
        Brought::Refused(fault) => Err(fault),
        Brought::Code(code) => system.log_in(&(), invitation, &code).await,
    };
    let page = match &came {
        Ok(_) => {
            let words = format!("koppel works with {} now. You may close this window.", system.connector().title);
            page(true, "You are logged in", words)
        }
        Err(fault) => page(false, "Nobody is logged in", format!("{}. The terminal says what to do.", fault.words)),
    };
    (page, Some(came))
}

/// Tells why nobody is logged in, and what to do.
fn refused(hand: &Hand, name: &str, redirect: &Url, fault: &Fault) -> Exit {
    let words = format!("nobody logged in to `{name}`: {}", clean(&fault.words));
    let next = match fault.code.as_deref() {
        Some("access_denied") => format!("`koppel connect {name}` asks again"),
        Some("invalid_scope") => {
            format!("tick the scopes where the application was made, then `koppel connect {name}`")
        }
        Some("invalid_client" | "unauthorized_client") => {
            "compare `secret.client_id` and `secret.client_secret` with what the system shows for this application"
                .to_owned()
        }
        Some("invalid_grant") => format!(
            "`koppel connect {name}` begins anew: a code is good once, for minutes, and where {redirect} is the address \
             registered for this application"
        ),
        Some("late") => format!(
            "`koppel connect {name}` begins anew; where the browser showed a mistake about the address, register \
             {redirect} for this application, or write the registered one as `redirect` in koppel.toml"
        ),
        _ => format!("`koppel connect {name}` begins anew"),
    };
    open::problem(hand, &Diagnostic::error(codes::run::NO_LOG_IN, Span::NONE, words).next(next), &Sources::default());
    match fault.class {
        Class::Auth | Class::Token => Exit::LogIn,
        Class::Network | Class::ServerError | Class::RateLimit | Class::LostReply => Exit::Unreachable,
        _ => Exit::Config,
    }
}
