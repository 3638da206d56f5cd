//! The report of a run goes in; what a person or a program reads of it comes out.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::log::shell;
use crate::cli::terminal::{Terminal, clean};
use crate::report::{Sources, Span};
use crate::run::{Ended, Outcome, Report, Status};

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

    let groups = groups(report);
    if !groups.is_empty() {
        let rows = groups
            .iter()
            .map(|group| {
                vec![group.records.len().to_string(), group.status.word().to_owned(), group.reason(), group.examples()]
            })
            .collect();
        writeln!(text, "{}", terminal.table(&["records", "", "reason", "for example"], rows))
            .expect("a text takes all");
    }

    let waiting: Vec<&Outcome> = report.outcomes.iter().filter(|outcome| needs_a_person(outcome.status)).collect();
    for outcome in waiting.iter().take(LISTED) {
        writeln!(text, "\n{} {}: {}", outcome.status.word(), clean(&outcome.title), clean(&outcome.reason))
            .expect("a text takes all");
        let mut line = |name: &str, what: &str| {
            if !what.is_empty() {
                writeln!(text, "  {name:<6} {}", clean(what)).expect("a text takes all");
            }
        };
        line("field", &outcome.field);
        line("value", &outcome.found);
        for made in &outcome.made {
            line("made", &format!("{} {} ({})", made.resource, made.id, made.verb));
        }
        line("place", &outcome.span.map_or_else(String::new, |span| sources.locate(span)));
        line("next", &format!("koppel log {}", shell(&outcome.title)));
    }
    if waiting.len() > LISTED {
        let more = waiting.len() - LISTED;
        writeln!(text, "\nand {more} more: koppel log --flow {}", shell(&report.flow)).expect("a text takes all");
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
    let requests = report.requests;
    format!("{}; {} requests, {} of them writes", parts.join(", "), requests.reads + requests.writes, requests.writes)
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
    all.sort_unstable();
    let parts: Vec<String> = all.iter().map(|(verb, resource, count)| format!("{verb} {count} {resource}")).collect();
    parts.join(", ")
}

/// How the run ended, where that is worth a word: the words and the next step.
pub(super) fn ended(report: &Report) -> Option<(String, Option<String>)> {
    let run = || format!("koppel run {}", shell(&report.flow));
    match &report.ended {
        Ended::Done => None,
        Ended::Cancelled => Some(("it was told to stop; nothing is lost".to_owned(), Some(run()))),
        Ended::Paused(why) => {
            let next = format!("mend it, then koppel run {} --resume", shell(&report.flow));
            Some((format!("the flow waits for a person: {why}"), Some(next)))
        }
        Ended::LogIn(why) => Some((why.clone(), Some("koppel connect NAME tries the credentials".to_owned()))),
        Ended::Config(why) => Some((why.clone(), Some("koppel check".to_owned()))),
        Ended::Unreachable(why) => Some((why.clone(), Some(format!("later: {}", run())))),
        Ended::Taken(who) => Some((format!("another run is under way: {who}"), None)),
        Ended::Ledger(why) => Some((why.clone(), None)),
    }
}

/// What a program reads of a run.
pub(super) fn value(report: &Report, sources: &Sources) -> Value {
    let (ended, why) = match &report.ended {
        Ended::Done => ("done", None),
        Ended::Cancelled => ("cancelled", None),
        Ended::Paused(why) => ("paused", Some(why)),
        Ended::LogIn(why) => ("log in", Some(why)),
        Ended::Config(why) => ("config", Some(why)),
        Ended::Unreachable(why) => ("unreachable", Some(why)),
        Ended::Taken(why) => ("taken", Some(why)),
        Ended::Ledger(why) => ("ledger", Some(why)),
    };
    let mut counts = serde_json::Map::new();
    for status in STATUSES {
        counts.insert(status.word().to_owned(), json!(report.count(status)));
    }
    json!({
        "flow": &*report.flow,
        "ended": ended,
        "why": why,
        "listed": report.listed,
        "unchanged": report.unchanged,
        "counts": counts,
        "requests": { "reads": report.requests.reads, "writes": report.requests.writes },
        "records": report.outcomes.iter().map(|outcome| json!({
            "key": &*outcome.key,
            "title": &*outcome.title,
            "status": outcome.status.word(),
            "code": outcome.code.map(|code| code.to_string()),
            "reason": some(&outcome.reason),
            "step": some(&outcome.step),
            "place": outcome.span.map(|span| sources.locate(span)),
            "field": some(&outcome.field),
            "value": some(&outcome.found),
            "made": outcome.made.iter()
                .map(|made| json!({ "verb": &*made.verb, "resource": &*made.resource, "id": &*made.id }))
                .collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn needs_a_person(status: Status) -> bool {
    matches!(status, Status::Held | Status::Failed | Status::InDoubt | Status::Stopped)
}

/// Records that ended at the same place.
pub(super) struct Group<'r> {
    /// How.
    pub(super) status: Status,
    /// Which.
    pub(super) records: Vec<&'r Outcome>,
}

impl Group<'_> {
    /// Their reason; where it differs from record to record, that of the first.
    pub(super) fn reason(&self) -> String {
        let first = &self.records[0].reason;
        let differs = self.records.iter().any(|record| record.reason != *first);
        if differs { format!("{first} (and the like)") } else { first.clone() }
    }

    /// Some of them, as people know them.
    pub(super) fn examples(&self) -> String {
        let titles: Vec<&str> = self.records.iter().take(3).map(|record| &*record.title).collect();
        if self.records.len() > titles.len() { format!("{}, …", titles.join(", ")) } else { titles.join(", ") }
    }
}

/// The records that were not done, by where they ended; the largest group first.
pub(super) fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut by_place: BTreeMap<(Status, Option<Span>, &str), Vec<&Outcome>> = BTreeMap::new();
    for outcome in report.outcomes.iter().filter(|outcome| outcome.status != Status::Done) {
        by_place.entry((outcome.status, outcome.span, &outcome.step)).or_default().push(outcome);
    }
    let mut groups: Vec<Group<'_>> =
        by_place.into_iter().map(|((status, ..), records)| Group { status, records }).collect();
    groups.sort_by_key(|group| (group.status, usize::MAX - group.records.len()));
    groups
}
