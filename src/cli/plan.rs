//! `koppel plan`: what a run would do, record by record, with the exact JSON that would leave.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::PlanArgs;
use crate::cli::hand::Hand;
use crate::cli::log::shell;
use crate::cli::open;
use crate::cli::pretty::pretty;
use crate::cli::run::{moment, world};
use crate::cli::terminal::{clean, one_line};
use crate::cli::{exit, summary};
use crate::connect::Difference;
use crate::report::{self, Sources, Style, Written, codes};
use crate::run::{self, Deed, Options, Outcome, Plan, Status, Sum, What};
use crate::workspace::Depth;

/// Runs the command.
pub(super) async fn plan(hand: &Hand, args: PlanArgs) -> Exit {
    let workspace = match open::workspace(hand, std::slice::from_ref(&args.flow), Depth::Bound) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let since = match args.since.as_deref().map(|text| moment(text, &workspace.zone)).transpose() {
        Ok(since) => since,
        Err(words) => {
            hand.terminal.wrong(codes::command::DATE, &words, Some("koppel plan FLOW --since 2026-01-31"));
            return Exit::Usage;
        }
    };
    let flow = open::only_flow(&workspace);
    // The ledger is only looked at; where there is none, none is made.
    let ledger = match open::ledger_if_there(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let vault = open::vault_to_read(hand, &workspace, ledger.clone());
    let systems = match open::systems(hand, &workspace, flow, vault).await {
        Ok(systems) => systems,
        Err(exit) => return exit,
    };
    let only = args.only.as_deref().map(Arc::from);
    let options = Options { since, only, limit: args.limit, ..Options::default() };
    let (world, bar) = world(hand, &workspace, flow, systems, ledger);
    let plan = run::plan(&flow.graph, &world, &options).await;
    bar.finish();
    if args.json {
        hand.terminal.say(&value(&plan, &workspace.sources).to_string());
    } else {
        let style = if hand.terminal.color { Style::Color } else { Style::Plain };
        hand.terminal.say(text(&plan, &workspace.sources, style).trim_end());
    }
    if let Some(problem) = summary::ended(&plan.report).filter(|_| !args.json) {
        open::problem(hand, &problem, &workspace.sources);
    }
    exit::of_report(&plan.report)
}

/// What a record would end as.
fn would(status: Status) -> &'static str {
    match status {
        Status::Done => "to do",
        status => status.word(),
    }
}

/// The records that would make each thing, by the thing.
type Makers<'p> = BTreeMap<(&'p str, &'p str), &'p str>;

fn text(plan: &Plan, sources: &Sources, style: Style) -> String {
    let mut text = records(plan, sources, style);
    let flow = &plan.report.flow;
    writeln!(text, "nothing was written; next: koppel run {}", shell(flow)).expect("a text takes all");
    text
}

/// What would become of each record, and of all.
pub(super) fn records(plan: &Plan, sources: &Sources, style: Style) -> String {
    let report = &plan.report;
    let mut text = String::new();
    let mut makers = Makers::new();
    for outcome in &report.outcomes {
        record(&mut text, outcome, &makers, sources, style);
        for deed in &outcome.deeds {
            if matches!(deed.what, What::Created { .. } | What::Called { .. }) {
                makers.entry((&deed.resource, &deed.id)).or_insert(&outcome.title);
            }
        }
    }
    for sum in &plan.sums {
        writeln!(text, "{} would add up to, as {} of {} by {}", sum.resource, sum.value, sum.list, sum.by)
            .expect("a text takes all");
        let by = sum.rows.iter().map(|row| shown(&row.by).chars().count()).max().unwrap_or(0);
        let width = sum.rows.iter().map(|row| total(row).len()).max().unwrap_or(0);
        for row in &sum.rows {
            let lines = if row.count == 1 { "1 line".to_owned() } else { format!("{} lines", row.count) };
            writeln!(text, "  {:<by$}  {:>width$}  {lines}", shown(&row.by), total(row)).expect("a text takes all");
        }
        text.push('\n');
    }
    if let Some(reason) = &plan.paused {
        writeln!(text, "the flow waits for a person: {}; so this is what `--resume` would do", clean(reason))
            .expect("a text takes all");
    }
    writeln!(text, "{}: {}", report.flow, counts(plan)).expect("a text takes all");
    text
}

fn shown(by: &str) -> &str {
    if by.is_empty() { "(not set)" } else { by }
}

fn total(row: &run::SumRow) -> &str {
    row.sum.as_deref().unwrap_or("(too large)")
}

fn counts(plan: &Plan) -> String {
    let report = &plan.report;
    let mut parts = vec![format!("{} listed", report.listed)];
    if report.unchanged > 0 {
        parts.push(format!("{} unchanged", report.unchanged));
    }
    for status in Status::ALL {
        let count = report.count(status);
        if count > 0 || status == Status::Done {
            parts.push(format!("{count} {}", would(status)));
        }
    }
    format!("{}; a run would cost {}", parts.join(", "), summary::spent(report.requests))
}

fn record(text: &mut String, outcome: &Outcome, makers: &Makers<'_>, sources: &Sources, style: Style) {
    match outcome.problem() {
        None => writeln!(text, "{} {}", clean(&outcome.called()), would(outcome.status)).expect("a text takes all"),
        // Whatever the run would have written by then, the plan has not.
        Some(problem) => text.push_str(&report::draw(&problem.written(Written::Nothing), sources, style)),
    }
    for deed in &outcome.deeds {
        let thing = format!("{} {}", deed.resource, deed.id);
        let place = sources.locate(deed.span);
        match &deed.what {
            What::Created { key, body } => {
                line(text, "create", &format!("{thing}, known by `{key}`  ({place})"));
                sent(text, body);
            }
            What::Updated { body, changes, rest } => {
                line(text, "update", &format!("{thing}  ({place})"));
                for change in changes {
                    writeln!(text, "    {}", clean(&difference(change))).expect("a text takes all");
                }
                sent(text, body);
                if *rest {
                    writeln!(text, "    and all else of it as it is by then").expect("a text takes all");
                }
            }
            What::Called { action, body } => {
                line(text, "call", &format!("{}.{action} {}  ({place})", deed.resource, deed.id));
                sent(text, body);
            }
            What::Adopted(key) => line(text, "adopt", &format!("{thing}, found as `{key}`  ({place})")),
            What::Exists => line(text, "exists", &format!("{thing}  ({place})")),
            What::Given => line(text, "use", &format!("{thing}, as the settings say  ({place})")),
            What::Kept => line(text, "use", &format!("{thing}, as before  ({place})")),
            What::Recognised(by) => {
                let by = match makers.get(&(&*deed.resource, &*deed.id)) {
                    Some(maker) => format!("the same as for {maker} above"),
                    None => format!("recognised by {by}"),
                };
                line(text, "use", &format!("{thing}, {by}  ({place})"));
            }
            What::Unchanged => line(text, "same", &format!("{thing}, nothing to change  ({place})")),
            What::Doubted(_) => line(text, "open", &format!("nobody knows whether it happened  ({place})")),
            What::NotJudged => {
                let words = one_line(sources, deed.span);
                line(text, "open", &format!("reads what is not made yet: {words}  ({place})"));
            }
        }
    }
    text.push('\n');
}

/// A line of a record, where there is something to say.
fn line(text: &mut String, name: &str, what: &str) {
    if !what.is_empty() {
        writeln!(text, "  {name:<6} {}", clean(what)).expect("a text takes all");
    }
}

/// The JSON that would leave.
fn sent(text: &mut String, body: &[u8]) {
    if !body.is_empty() {
        writeln!(text, "{}", pretty(body, "    ")).expect("a text takes all");
    }
}

/// `field: old -> new`.
pub(super) fn difference(change: &Difference) -> String {
    let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("{}: {} -> {}", change.field, side(&change.old), side(&change.new))
}

/// The same for a program.
pub(super) fn difference_json(change: &Difference) -> Value {
    json!({ "field": change.field, "old": change.old, "new": change.new })
}

/// It for a program.
pub(super) fn value(plan: &Plan, sources: &Sources) -> Value {
    let mut value = summary::value(&plan.report, sources);
    let records = value["records"].as_array_mut().into_iter().flatten();
    for (record, outcome) in records.zip(&plan.report.outcomes) {
        record["does"] = outcome.deeds.iter().map(|deed| deed_json(deed, sources)).collect();
    }
    value["waits"] = json!(plan.paused);
    value["totals"] = plan.sums.iter().map(sum_json).collect();
    value
}

fn deed_json(deed: &Deed, sources: &Sources) -> Value {
    let body = |body: &[u8]| (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned());
    let mut value = json!({
        "step": &*deed.step,
        "place": sources.locate(deed.span),
        "what": word(&deed.what),
        "resource": (!deed.resource.is_empty()).then_some(&*deed.resource),
        "id": (!deed.id.is_empty()).then_some(&*deed.id),
    });
    match &deed.what {
        What::Created { key, body: sent } => {
            value["key"] = json!(&**key);
            value["body"] = json!(body(sent));
        }
        What::Updated { body: sent, changes, rest } => {
            value["rest_as_it_is"] = json!(rest);
            value["changes"] = changes.iter().map(difference_json).collect();
            value["body"] = json!(body(sent));
        }
        What::Called { action, body: sent } => {
            value["action"] = json!(&**action);
            value["body"] = json!(body(sent));
        }
        What::Adopted(key) => value["key"] = json!(&**key),
        What::Recognised(by) => value["by"] = json!(&**by),
        What::Given | What::Kept | What::Exists | What::Unchanged | What::Doubted(_) | What::NotJudged => {}
    }
    value
}

/// What a step would do, in a word.
fn word(what: &What) -> &'static str {
    match what {
        What::Adopted(_) => "adopt",
        What::Created { .. } => "create",
        What::Updated { .. } => "update",
        What::Called { .. } => "call",
        other => other.word(),
    }
}

fn sum_json(sum: &Sum) -> Value {
    json!({
        "resource": &*sum.resource,
        "list": &*sum.list,
        "value": &*sum.value,
        "by": &*sum.by,
        "rows": sum.rows.iter().map(|row| json!({ "by": row.by, "count": row.count, "sum": row.sum })).collect::<Vec<_>>(),
    })
}
