//! How a workspace stands goes in; what a person reads of it comes out.

use std::fmt::Write;

use jiff::tz::TimeZone;

use crate::cli::log::local;
use crate::cli::status::gather::{COUNTED, FlowStanding, Login, Standing};
use crate::cli::terminal::{Terminal, clean};

/// So many characters of a version tell it from the others.
const SHORT: usize = 8;
/// So many causes are shown.
const SHOWN: usize = 8;

/// All of it.
pub(super) fn text(terminal: &Terminal, standing: &Standing, zone: &TimeZone) -> String {
    let mut text = String::new();
    let mut put = |part: &str| writeln!(text, "{part}").expect("a text takes all");
    if standing.flows.is_empty() {
        put("there is no flow yet");
    } else {
        let rows = standing.flows.iter().map(|flow| flow_row(flow, zone)).collect();
        put(&terminal.table(&["flow", "last run", "runs", "version", "records"], rows));
    }
    if !standing.connections.is_empty() {
        let rows = standing
            .connections
            .iter()
            .map(|connection| {
                let until = connection.until.map_or_else(String::new, |until| local(until, zone));
                let words = match (&connection.problem, connection.login) {
                    (Some(problem), login) => format!("{}: {}", login.word(), clean(problem)),
                    (None, Login::None) => String::new(),
                    (None, login) => login.word().to_owned(),
                };
                let next = match connection.login {
                    Login::Missing | Login::Over => format!("\nnext: koppel connect {}", connection.name),
                    _ => String::new(),
                };
                vec![connection.name.clone(), until, format!("{words}{next}")]
            })
            .collect();
        put("");
        put(&terminal.table(&["connection", "token until", "log-in"], rows));
    }
    if !standing.sound {
        put("\nthe files hold mistakes, so what flows say is not shown\n  next:  koppel check");
    }
    if standing.problems.is_empty() {
        put("\nnothing waits for a person");
        return text;
    }
    put("\nwaits for a person");
    for cause in standing.problems.iter().take(SHOWN) {
        let code = cause.code.map_or_else(String::new, |code| format!("[{code}]"));
        let since = cause.since.map_or_else(String::new, |since| format!(", since {}", local(since, zone)));
        put(&clean(&format!("{}{code}: {} of {}{since}", cause.status.word(), cause.records, cause.flow)));
        put(&clean(&format!("  {}", cause.reason)));
        if let Some(next) = cause.next() {
            put(&format!("  next:  {next}"));
        }
    }
    match standing.problems.len().saturating_sub(SHOWN) {
        0 => {}
        more => put(&format!("and {more} more causes: koppel log --held, --failed, --in-doubt")),
    }
    text
}

fn flow_row(flow: &FlowStanding, zone: &TimeZone) -> Vec<String> {
    let last = flow.last_run.as_ref().map_or_else(
        || "never".to_owned(),
        |run| match &run.fault {
            Some(fault) => format!("{}\n{}", local(run.ended, zone), clean(fault)),
            None => local(run.ended, zone),
        },
    );
    let runs = match (&flow.paused, flow.in_workspace) {
        (Some(pause), _) => format!("paused since {}\n{}", local(pause.since, zone), clean(&pause.reason)),
        (None, false) => "no longer there".to_owned(),
        (None, true) if flow.every.is_empty() => "when asked".to_owned(),
        (None, true) => format!("every {}", flow.every.join(", ")),
    };
    let version = flow.version.map_or_else(String::new, |version| version.to_string().chars().take(SHORT).collect());
    let counts: Vec<String> = COUNTED
        .iter()
        .filter(|status| flow.counts.of(**status) > 0)
        .map(|status| format!("{} {}", flow.counts.of(*status), status.word()))
        .collect();
    vec![flow.name.clone(), last, runs, version, counts.join(", ")]
}
