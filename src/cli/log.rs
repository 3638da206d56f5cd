//! `koppel log`: what became of records, and one record's chain with all that was sent and answered.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::LogArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::cli::pretty::pretty;
use crate::cli::summary::in_doubt;
use crate::cli::terminal::clean;
use crate::ledger::{
    Activity, ActivityFilter, Answer, Attempt, Ledger, LedgerError, Record, RecordFilter, Scope, State, Status, Summary,
};
use crate::report::{self, Style, codes};
use crate::workspace::Workspace;

/// Runs the command.
pub(super) async fn log(hand: &Hand, args: LogArgs) -> Exit {
    let workspace = match open::workspace(hand, &[], crate::workspace::Depth::Files) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    if !workspace.ledger.exists() {
        hand.terminal.tell("nothing is recorded yet");
        hand.terminal.tell("next:  koppel run FLOW");
        return Exit::Done;
    }
    let ledger = match open::ledger_to_read(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let shown = match &args.key {
        None => list(hand, &workspace, &*ledger, &args).await,
        Some(key) => chain(hand, &workspace, &*ledger, &args, key).await,
    };
    shown.unwrap_or_else(|error| open::refused(hand, &error))
}

async fn list(hand: &Hand, workspace: &Workspace, ledger: &dyn Ledger, args: &LogArgs) -> Result<Exit, LedgerError> {
    let limit = u32::try_from(args.limit).unwrap_or(u32::MAX);
    let filter = RecordFilter { flow: args.flow.clone(), limit, ..RecordFilter::of(workspace.tenant.clone()) };
    let summaries = ledger.records(filter).await?;
    if args.json {
        summaries.iter().for_each(|summary| hand.terminal.say(&summary_json(summary).to_string()));
        return Ok(Exit::Done);
    }
    if summaries.is_empty() {
        hand.terminal.tell("nothing is recorded yet");
        return Ok(Exit::Done);
    }
    let rows = summaries
        .iter()
        .map(|summary| {
            vec![
                local(summary.changed, &workspace.zone),
                summary.flow.clone(),
                summary.title.clone(),
                summary.status.word().to_owned(),
                came_of(summary),
            ]
        })
        .collect();
    hand.terminal.say(&hand.terminal.table(&["when", "flow", "record", "status", "what"], rows));
    hand.terminal.tell(&format!("next:  koppel log {}", shell(&summaries[0].title)));
    Ok(Exit::Done)
}

async fn chain(
    hand: &Hand,
    workspace: &Workspace,
    ledger: &dyn Ledger,
    args: &LogArgs,
    key: &str,
) -> Result<Exit, LedgerError> {
    let filter = RecordFilter {
        flow: args.flow.clone(),
        named: Some(key.to_owned()),
        ..RecordFilter::of(workspace.tenant.clone())
    };
    let found = ledger.records(filter).await?;
    if found.is_empty() {
        hand.terminal.wrong(
            codes::command::NO_RECORD,
            &format!("no record has the key or number `{}`", clean(key)),
            Some("koppel log"),
        );
        return Ok(Exit::Failed);
    }
    for summary in &found {
        let scope = Scope { tenant: workspace.tenant.clone(), flow: summary.flow.as_str().into() };
        let Some(record) = ledger.record(&scope, &summary.key).await? else { continue };
        let calls = ledger
            .activity(ActivityFilter {
                flow: Some(summary.flow.clone()),
                key: Some(summary.key.clone()),
                newest_first: false,
                bodies: true,
                limit: 10_000,
                ..ActivityFilter::of(workspace.tenant.clone())
            })
            .await?;
        let calls: Vec<&Activity> = calls.iter().map(|logged| &logged.activity).collect();
        if args.json {
            hand.terminal.say(&chain_json(&record, &calls).to_string());
        } else {
            let style = if hand.terminal.color { Style::Color } else { Style::Plain };
            hand.terminal.say(&chain_text(&record, &calls, &workspace.zone, style));
        }
    }
    Ok(Exit::Done)
}

/// What came of a record, in one line.
fn came_of(summary: &Summary) -> String {
    let Some(outcome) = &summary.outcome else { return String::new() };
    match &outcome.reason {
        Some(reason) => reason.clone(),
        None => {
            let things: Vec<String> =
                outcome.made.iter().map(|made| format!("{} {}", made.resource, made.id)).collect();
            things.join(", ")
        }
    }
}

fn chain_text(record: &Record, calls: &[&Activity], zone: &TimeZone, style: Style) -> String {
    let summary = &record.summary;
    let mut text = format!("{} {}: {}\n", summary.flow, clean(&summary.title), summary.status.word());
    let mut line = |name: &str, what: &str| {
        if !what.is_empty() {
            writeln!(text, "  {name:<11}{}", clean(what)).expect("writing to a text cannot fail");
        }
    };
    line("key", &summary.key);
    line("first seen", &local(summary.first_seen, zone));
    line("changed", &local(summary.changed, zone));
    if let Some(due) = summary.due {
        line("due", &local(due, zone));
    }
    if let Some(outcome) = &summary.outcome {
        for made in &outcome.made {
            line("made", &format!("{} {}", made.resource, made.id));
        }
    }
    for attempt in &record.attempts {
        line("write", &attempt_words(attempt, zone));
    }
    if let Some((problem, sources)) = summary.problem() {
        let doubtful = summary.status == Status::InDoubt;
        let problem = if doubtful { problem.next(in_doubt(&shell(&summary.title))) } else { problem };
        write!(text, "\n{}", report::draw(&problem, &sources, style)).expect("writing to a text cannot fail");
    }
    if !record.source.is_empty() {
        write!(text, "\nthe record as it came\n{}\n", pretty(&record.source, "  "))
            .expect("writing to a text cannot fail");
    }
    for call in calls {
        let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let step = call.step.as_deref().map_or_else(String::new, |step| format!("  ({step})"));
        write!(
            text,
            "\n{}  {} {} {}  {status}  {} ms{step}\n",
            local(call.at, zone),
            call.system,
            call.method,
            clean(&call.url),
            call.millis
        )
        .expect("writing to a text cannot fail");
        for (mark, bytes) in [("  > ", &call.request), ("  < ", &call.answer)] {
            if !bytes.is_empty() {
                writeln!(text, "{}", pretty(bytes, mark)).expect("writing to a text cannot fail");
            }
        }
    }
    text
}

pub(super) fn attempt_words(attempt: &Attempt, zone: &TimeZone) -> String {
    let (at, state) = (local(attempt.reserved, zone), state_words(attempt));
    let said = attempt.answered.filter(|_| attempt.said);
    let by = said.map_or_else(String::new, |when| format!(", said a person at {}", local(when, zone)));
    format!("{at} {}, as `{}`, attempt {}: {state}{by}", attempt.step, attempt.key_text, attempt.n + 1)
}

fn state_words(attempt: &Attempt) -> String {
    match &attempt.state {
        State::Open => "reserved, not answered".to_owned(),
        State::Answered(Answer::Made { id }) if attempt.body.is_none() => format!("found: {id}"),
        State::Answered(Answer::Made { id }) => format!("made: {id}"),
        State::Answered(Answer::NotApplied { class, words }) => format!("refused ({class}): {words}"),
        State::Answered(Answer::Unknown { words }) => format!("nobody knows: {words}"),
        State::Answered(Answer::Absent) if attempt.said => "not there".to_owned(),
        State::Answered(Answer::Absent) => "looked for, not there".to_owned(),
    }
}

fn summary_json(summary: &Summary) -> Value {
    let outcome = summary.outcome.as_ref();
    let mut value = json!({
        "flow": summary.flow,
        "key": summary.key,
        "title": summary.title,
        "status": summary.status.word(),
        "first_seen": summary.first_seen.to_string(),
        "changed": summary.changed.to_string(),
        "made": outcome.map_or_else(Vec::new, |outcome| outcome.made.iter()
            .map(|made| json!({ "resource": made.resource, "id": made.id })).collect()),
    });
    if let Some((problem, sources)) = summary.problem() {
        value["step"] = json!(outcome.and_then(|outcome| outcome.step.as_deref()));
        value["problem"] = report::json(&problem, &sources);
    }
    value
}

pub(super) fn chain_json(record: &Record, calls: &[&Activity]) -> Value {
    let text = |bytes: &[u8]| (!bytes.is_empty()).then(|| String::from_utf8_lossy(bytes).into_owned());
    let mut value = summary_json(&record.summary);
    value["source"] = json!(text(&record.source));
    value["writes"] = record
        .attempts
        .iter()
        .map(|attempt| {
            json!({
                "step": attempt.step,
                "attempt": attempt.n,
                "carries": attempt.key_text,
                "reserved": attempt.reserved.to_string(),
                "state": state_words(attempt),
                "answered": attempt.answered.map(|at| at.to_string()),
                "said_by_a_person": attempt.said,
            })
        })
        .collect();
    value["calls"] = calls
        .iter()
        .map(|call| {
            json!({
                "at": call.at.to_string(),
                "direction": call.direction.word(),
                "system": call.system,
                "step": call.step,
                "method": call.method,
                "url": call.url,
                "status": call.status,
                "millis": call.millis,
                "request": text(&call.request),
                "answer": text(&call.answer),
            })
        })
        .collect();
    value
}

/// A time as the workspace's people read it.
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A word for a command line.
pub(super) fn shell(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:@+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
