//! A chain goes in; what a person reads of it comes out.

use std::fmt::Write;

use jiff::tz::TimeZone;

use crate::cli::log::{attempt_words, local, shell};
use crate::cli::pretty::pretty;
use crate::cli::terminal::clean;
use crate::cli::why::gather::{Chain, Verdict};
use crate::ledger::{Activity, Decision};
use crate::report::{self, Style};

/// The chain, in words.
pub(super) fn text(chain: &Chain, zone: &TimeZone, style: Style) -> String {
    let summary = &chain.record.summary;
    let mut text = String::new();
    let title = if summary.title.is_empty() { &summary.key } else { &summary.title };
    put(&mut text, &format!("{} {}: {}", summary.flow, clean(title), summary.status.word()));
    if let Some((problem, sources)) = summary.problem() {
        put(&mut text, &format!("\n{}", report::draw(&problem, &sources, style).trim_end()));
    }

    put(&mut text, "\nseen");
    line(&mut text, "key", &summary.key);
    line(&mut text, "first", &local(summary.first_seen, zone));
    line(&mut text, "changed", &local(summary.changed, zone));
    line(&mut text, "round", &format!("{}, on {}", summary.round, chain.version));
    match &chain.listed {
        Some(call) => line(&mut text, "by", &call_words(call, zone)),
        None => line(&mut text, "by", "the request that showed it is not in the log any more"),
    }

    match &chain.stops {
        Err(words) => put(&mut text, &format!("\nstops\n  {}", clean(words))),
        Ok(stops) => {
            put(
                &mut text,
                &format!("\nstops, their values recomputed from the record as it came, on {}", chain.version),
            );
            for stop in stops {
                put(&mut text, &format!("  {:<12} {}  {}", stop.verdict.word(), stop.place, clean(&stop.line)));
                if stop.verdict != Verdict::NotReached {
                    let open = (!stop.open.is_empty()).then_some(stop.open.as_str());
                    values(&mut text, &stop.values, open);
                }
            }
        }
    }

    let decisions = summary.outcome.iter().flat_map(|outcome| &outcome.decided).collect::<Vec<_>>();
    if !decisions.is_empty() {
        put(&mut text, "\nsteps, as they were recorded");
        for decision in decisions {
            put(&mut text, &format!("  {:<20} {}", decision.step, clean(&decision_words(decision))));
            for (_, looks) in chain.looks.iter().filter(|(step, _)| *step == decision.step) {
                values(&mut text, looks, None);
            }
        }
    }
    if !chain.record.attempts.is_empty() {
        put(&mut text, "\nwrites");
        for attempt in &chain.record.attempts {
            put(&mut text, &format!("  {}", clean(&attempt_words(attempt, zone))));
        }
    }
    if !chain.shared.is_empty() {
        put(&mut text, "\nasked once for all records of the run");
        for call in &chain.shared {
            put(&mut text, &format!("  {}", clean(&call_words(call, zone))));
        }
    }
    if !chain.calls.is_empty() {
        put(&mut text, "\nasked and sent");
        for call in &chain.calls {
            put(&mut text, &format!("  {}", clean(&call_words(call, zone))));
            if call.method != "GET" {
                for (mark, bytes) in [("    > ", &call.request), ("    < ", &call.answer)] {
                    if !bytes.is_empty() {
                        put(&mut text, &pretty(bytes, mark));
                    }
                }
            }
        }
    }
    if !chain.links.is_empty() {
        put(&mut text, "\nlinks");
        for (thing, linked) in &chain.links {
            let extra = if linked.extra.is_empty() { String::new() } else { format!(" ({})", linked.extra) };
            let pair =
                format!("{} {} - {} {}{extra}", thing.resource, thing.id, linked.thing.resource, linked.thing.id);
            put(&mut text, &format!("  {}, by {} at {}", clean(&pair), linked.flow, local(linked.at, zone)));
        }
    }
    put(&mut text, &format!("\nnext:  koppel log {} shows all that was sent and answered", shell(title)));
    text
}

/// The values that something was judged by.
fn values(text: &mut String, values: &[(String, String)], open: Option<&str>) {
    let mut all: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    all.extend(open.map(str::to_owned));
    if !all.is_empty() {
        put(text, &format!("               {}", clean(&all.join(", "))));
    }
}

fn put(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a text takes all");
}

fn line(text: &mut String, name: &str, what: &str) {
    if !what.is_empty() {
        put(text, &format!("  {name:<8} {}", clean(what)));
    }
}

/// What was decided about a thing.
pub(super) fn decision_words(decision: &Decision) -> String {
    let thing = decision.thing.as_ref().map_or_else(String::new, |thing| format!(": {} {}", thing.resource, thing.id));
    match &decision.by {
        Some(by) if decision.what == "recognised" => format!("recognised by `{by}`{thing}"),
        Some(_) if decision.what == "in doubt" => "nobody knows whether it happened".to_owned(),
        Some(by) if decision.what == "called" => format!("called `{by}`{thing}"),
        Some(by) => format!("{}, known by `{by}`{thing}", decision.what),
        None => format!("{}{thing}", decision.what),
    }
}

fn call_words(call: &Activity, zone: &TimeZone) -> String {
    let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let step = call.step.as_deref().map_or_else(String::new, |step| format!("  ({step})"));
    format!(
        "{}  {} {} {}  {status}  {} ms{step}",
        local(call.at, zone),
        call.system,
        call.method,
        call.url,
        call.millis
    )
}
