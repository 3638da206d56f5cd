//! The report of a run goes in; what a person or a program reads of it comes out.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::causes::{Cause, Ended as EndedSo, causes};
use crate::cli::log::shell;
use crate::cli::terminal::Terminal;
use crate::report::{self, Diagnostic, Sources, Style};
use crate::run::{Ended, Outcome, Report, Requests, Status};

/// So many records are listed one by one.
const LISTED: usize = 20;

/// All statuses, in the order people read them.
const STATUSES: [Status; 6] =
    [Status::Done, Status::Skipped, Status::Held, Status::Failed, Status::InDoubt, Status::Stopped];

/// What people read of a run.
pub(super) fn text(terminal: &Terminal, report: &Report, sources: &Sources) -> String {
    let mut text = format!("{}: {}\n", report.flow, counts(report));
    let made = made(report);
    if !made.is_empty() {
        writeln!(text, "{made}").expect("a text takes all");
    }
    if let Some(cost) = cost(report) {
        writeln!(text, "{cost}").expect("a text takes all");
    }
    let others = report.others.total();
    if others > 0 {
        writeln!(text, "{others} records are not told of here: koppel log --flow {}", shell(&report.flow))
            .expect("a text takes all");
    }

    let groups = groups(report, sources);
    if !groups.is_empty() {
        let rows = groups
            .iter()
            .map(|group| {
                vec![group.records.to_string(), group.status.word().to_owned(), group.reason.clone(), group.examples()]
            })
            .collect();
        writeln!(text, "{}", terminal.table(&["records", "", "reason", "for example"], rows))
            .expect("a text takes all");
    }

    let waiting: Vec<&Outcome> = report.outcomes.iter().filter(|outcome| needs_a_person(outcome.status)).collect();
    let style = if terminal.color { Style::Color } else { Style::Plain };
    for outcome in waiting.iter().take(LISTED) {
        if let Some(problem) = problem(outcome) {
            write!(text, "\n{}", report::draw(&problem, sources, style)).expect("a text takes all");
        }
    }
    if waiting.len() > LISTED {
        let more = waiting.len() - LISTED;
        writeln!(text, "\nand {more} more: koppel log --flow {}", shell(&report.flow)).expect("a text takes all");
    }
    let before = report.in_doubt.saturating_sub(report.count(Status::InDoubt) as u64);
    if before > 0 {
        let are = if before == 1 { "1 record is".to_owned() } else { format!("{before} records are") };
        writeln!(text, "\n{are} in doubt from before: koppel log --in-doubt --flow {}", shell(&report.flow))
            .expect("a text takes all");
    }
    text.truncate(text.trim_end().len());
    text
}

/// How many records ended how, in one line.
pub(super) fn counts(report: &Report) -> String {
    let mut parts = vec![format!("{} listed", report.listed)];
    if report.unchanged > 0 {
        parts.push(format!("{} unchanged", report.unchanged));
    }
    for status in STATUSES {
        let count = report.count(status);
        if count > 0 || status == Status::Done {
            parts.push(format!("{count} {}", status.word()));
        }
    }
    format!("{}; {}", parts.join(", "), spent(report.requests))
}

/// How many requests, in words.
pub(super) fn spent(requests: Requests) -> String {
    let all = requests.reads + requests.writes;
    let noun = if all == 1 { "request" } else { "requests" };
    format!("{all} {noun}, {} of them writes", requests.writes)
}

/// What a record cost in requests, beside what it must cost; none where no record was worked on.
pub(super) fn cost(report: &Report) -> Option<String> {
    let records = u64::try_from(report.outcomes.len() + report.others.total()).ok().filter(|records| *records > 0)?;
    let each = |requests: u64| {
        let hundredths = (requests * 100).div_ceil(records);
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    };
    let requests = report.requests;
    let (cost, least) = (each(requests.reads + requests.writes), each(requests.least));
    Some(format!("{cost} requests a record, the least is {least}"))
}

/// How many things of which resource were made, changed or acted on, in one line.
fn made(report: &Report) -> String {
    let mut all: Vec<(&str, &str, usize)> = Vec::new();
    for made in report.outcomes.iter().flat_map(|outcome| &outcome.made) {
        match all.iter_mut().find(|(verb, resource, _)| *verb == &*made.verb && *resource == &*made.resource) {
            Some((_, _, count)) => *count += 1,
            None => all.push((&made.verb, &made.resource, 1)),
        }
    }
    for ((verb, resource), more) in &report.others.made {
        match all.iter_mut().find(|(one, of, _)| *one == &**verb && *of == &**resource) {
            Some((_, _, count)) => *count += more,
            None => all.push((verb, resource, *more)),
        }
    }
    all.sort_unstable();
    let parts: Vec<String> = all.iter().map(|(verb, resource, count)| format!("{verb} {count} {resource}")).collect();
    parts.join(", ")
}

/// How the run ended, where that is worth a word, with the next step.
pub(super) fn ended(report: &Report) -> Option<Diagnostic> {
    let problem = report.ended.problem()?;
    let run = || again(report);
    Some(match &report.ended {
        Ended::Done | Ended::Taken(_) => problem,
        Ended::Ledger(_) => problem.next(format!("see to that file and its disk, then `{}`: nothing is lost", run())),
        Ended::Cancelled => problem.next(run()),
        Ended::Paused(_) => problem.next(format!("mend it, then `{} --resume`", run())),
        Ended::LogIn(_) => problem.next("`koppel connect NAME` tries the credentials"),
        Ended::Config(_) => problem.next("koppel check"),
        Ended::Unreachable(_) => problem.next(format!("later: `{}`", run())),
    })
}

/// The command that goes on with it.
pub(super) fn again(report: &Report) -> String {
    format!("koppel run {}", shell(&report.flow))
}

/// What a program reads of a run.
pub(super) fn value(report: &Report, sources: &Sources) -> Value {
    let how = match &report.ended {
        Ended::Done => "done",
        Ended::Cancelled => "cancelled",
        Ended::Paused(_) => "paused",
        Ended::LogIn(_) => "log in",
        Ended::Config(_) => "config",
        Ended::Unreachable(_) => "unreachable",
        Ended::Taken(_) => "taken",
        Ended::Ledger(_) => "ledger",
    };
    let mut counts = serde_json::Map::new();
    for status in STATUSES {
        counts.insert(status.word().to_owned(), json!(report.count(status)));
    }
    let mut value = json!({
        "flow": &*report.flow,
        "ended": how,
        "listed": report.listed,
        "unchanged": report.unchanged,
        "counts": counts,
        "in_doubt": report.in_doubt,
        "requests": { "reads": report.requests.reads, "writes": report.requests.writes, "least": report.requests.least },
        "left_out": report.others.total(),
        "records": report.outcomes.iter().map(|outcome| record(outcome, sources)).collect::<Vec<_>>(),
    });
    if let Some(problem) = ended(report) {
        value["problem"] = report::json(&problem, sources);
    }
    if !report.unanswered.is_empty() {
        let all = report.unanswered.iter().map(|one| report::json(&one.problem().next(again(report)), sources));
        value["unanswered"] = all.collect();
    }
    value
}

/// What a program reads of a record; `problem` has the shape that all messages have.
fn record(outcome: &Outcome, sources: &Sources) -> Value {
    let made = outcome
        .made
        .iter()
        .map(|made| json!({ "verb": &*made.verb, "resource": &*made.resource, "id": &*made.id }))
        .collect::<Vec<_>>();
    let mut value = json!({
        "key": &*outcome.key,
        "title": outcome.called(),
        "status": outcome.status.word(),
        "made": made,
    });
    if let Some(problem) = problem(outcome) {
        value["step"] = json!(&*outcome.step);
        value["problem"] = report::json(&problem, sources);
    }
    value
}

/// What went on with a record, and the next step for a person.
fn problem(outcome: &Outcome) -> Option<Diagnostic> {
    let problem = outcome.problem()?;
    let title = shell(&outcome.called());
    Some(match outcome.status {
        Status::InDoubt => problem.next(in_doubt(&title)),
        status if needs_a_person(status) => problem.next(format!("koppel log {title}")),
        _ => problem,
    })
}

/// What to do about a record in doubt.
pub(super) fn in_doubt(title: &str) -> String {
    format!("look in the system, then koppel resolve {title} --found ID (or --absent)")
}

fn needs_a_person(status: Status) -> bool {
    matches!(status, Status::Held | Status::Failed | Status::InDoubt | Status::Stopped)
}

/// The records that were not done, by what they came to.
fn groups(report: &Report, sources: &Sources) -> Vec<Cause> {
    causes(report.outcomes.iter().filter(|outcome| outcome.status != Status::Done).map(|outcome| EndedSo {
        flow: &report.flow,
        status: outcome.status,
        code: outcome.code,
        step: &outcome.step,
        place: outcome.span.map_or_else(String::new, |span| sources.locate(span)),
        reason: outcome.masked(&outcome.reason),
        title: outcome.called(),
        since: None,
    }))
}
