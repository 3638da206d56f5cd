//! `koppel log --held`: what waits for a person, by cause, each with the next step.

use std::fmt::Write;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::LogArgs;
use crate::cli::causes::{Cause, Ended, causes};
use crate::cli::hand::Hand;
use crate::cli::log::local;
use crate::cli::terminal::clean;
use crate::ledger::{Ledger, LedgerError, RecordFilter, Status, Summary};
use crate::workspace::Workspace;

/// So many records are read at a time.
const READ: u32 = 1000;

/// Shows what stands so.
pub(super) async fn inbox(
    hand: &Hand,
    workspace: &Workspace,
    ledger: &dyn Ledger,
    args: &LogArgs,
) -> Result<Exit, LedgerError> {
    let wanted = [
        (args.held, Status::Held),
        (args.held, Status::Stopped),
        (args.failed, Status::Failed),
        (args.in_doubt, Status::InDoubt),
    ];
    let mut all: Vec<Summary> = Vec::new();
    for (_, status) in wanted.into_iter().filter(|(wanted, _)| *wanted) {
        let mut filter = RecordFilter { flow: args.flow.clone(), ..RecordFilter::of(workspace.tenant.clone()) };
        (filter.status, filter.limit) = (Some(status), READ);
        loop {
            let page = ledger.records(filter.clone()).await?;
            let last = (page.len() as u32) < READ;
            all.extend(page);
            if last {
                break;
            }
            filter.skip += READ;
        }
    }
    let causes = causes(all.iter().filter_map(Ended::of));
    if args.json {
        causes.iter().for_each(|cause| hand.terminal.say(&value(cause).to_string()));
    } else if causes.is_empty() {
        hand.terminal.tell("nothing waits for a person");
    } else {
        hand.terminal.say(text(&causes, &workspace.zone).trim_end());
    }
    Ok(Exit::Done)
}

fn text(causes: &[Cause], zone: &TimeZone) -> String {
    let mut text = String::new();
    let mut put = |line: String| writeln!(text, "{}", clean(&line)).expect("a text takes all");
    for cause in causes {
        let code = cause.code.map_or_else(String::new, |code| format!("[{code}]"));
        let since = cause.since.map_or_else(String::new, |since| format!(", since {}", local(since, zone)));
        put(format!("{}{code}: {} of {}{since}", cause.status.word(), cause.records, cause.flow));
        put(format!("  {}", cause.reason));
        if !cause.place.is_empty() {
            put(format!("  at {}, `{}`", cause.place, cause.step));
        }
        put(format!("  {}", cause.examples()));
        if let Some(next) = cause.next() {
            put(format!("  next:  {next}"));
        }
        put(String::new());
    }
    text
}

fn value(cause: &Cause) -> Value {
    json!({
        "flow": cause.flow,
        "status": cause.status.word(),
        "code": cause.code.map(|code| code.to_string()),
        "reason": cause.reason,
        "step": cause.step,
        "place": cause.place,
        "records": cause.records,
        "titles": cause.titles,
        "since": cause.since.map(|since| since.to_string()),
        "next": cause.next(),
    })
}
