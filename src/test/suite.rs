//! What became of a flow's tests, told in the forms that machines read: TAP 14, JUnit's XML, and JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::report::{self, Sources, Style};
use crate::syntax::ast::EffectWord;
use crate::test::coverage::{Kind, Spot, count, percent};
use crate::test::{Effect, Verdict};

/// The tests of one flow, run.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The flow.
    pub flow: Arc<str>,
    /// Its file.
    pub path: Arc<str>,
    /// What its roles are called.
    pub roles: Vec<Arc<str>>,
    /// What became of each test.
    pub verdicts: Vec<Verdict>,
    /// What they touch, where that was counted.
    pub spots: Option<Vec<Spot>>,
}

/// All suites as TAP 14.
#[must_use]
pub fn tap(suites: &[Suite], sources: &Sources) -> String {
    let all: usize = suites.iter().map(|suite| suite.verdicts.len()).sum();
    let mut out = format!("TAP version 14\n1..{all}");
    if all == 0 {
        out.push_str(" # SKIP there are no tests");
    }
    out.push('\n');
    let mut number = 0;
    for suite in suites {
        for verdict in &suite.verdicts {
            number += 1;
            let word = if verdict.passed() { "ok" } else { "not ok" };
            let title = format!("{}: {}", suite.flow, verdict.title).replace('\\', "\\\\").replace('#', "\\#");
            let _ = writeln!(out, "{word} {number} - {}", one_line(&title));
            if !verdict.passed() {
                let _ = writeln!(out, "  ---\n  at: {}", quoted(&sources.locate(verdict.span)));
                let _ = writeln!(out, "  message: {}", quoted(&first_words(verdict)));
                out.push_str("  details: |\n");
                for line in details(verdict, sources).lines() {
                    let _ = writeln!(out, "    {line}");
                }
                out.push_str("  ...\n");
            }
        }
        if let Some(spots) = &suite.spots {
            for line in super::coverage::told(&suite.flow, spots, sources).lines() {
                let _ = writeln!(out, "# {line}");
            }
        }
    }
    out
}

/// All suites as the XML that JUnit began and others read.
#[must_use]
pub fn junit(suites: &[Suite], sources: &Sources) -> String {
    let sum = |of: &dyn Fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let millis = |suite: &Suite| suite.verdicts.iter().map(|verdict| verdict.millis).sum::<u64>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"koppel\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{}\">",
        sum(&|suite| suite.verdicts.len()),
        sum(&failures),
        seconds(suites.iter().map(millis).sum())
    );
    for suite in suites {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"{}\">",
            escaped(&suite.flow),
            escaped(&suite.path),
            suite.verdicts.len(),
            failures(suite),
            seconds(millis(suite))
        );
        if let Some(spots) = &suite.spots {
            out.push_str("    <properties>\n");
            for (name, (touched, all)) in parts(spots) {
                let _ = writeln!(
                    out,
                    "      <property name=\"coverage.{name}\" value=\"{touched} of {all}, {} %\"/>",
                    percent(touched, all)
                );
            }
            out.push_str("    </properties>\n");
        }
        for verdict in &suite.verdicts {
            let place = sources.locate(verdict.span);
            let mut place = place.rsplitn(3, ':').skip(1);
            let (line, file) = (place.next().unwrap_or("0"), place.next().unwrap_or(&suite.path));
            let head = format!(
                "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{line}\" time=\"{}\"",
                escaped(&verdict.title),
                escaped(&suite.flow),
                escaped(file),
                seconds(verdict.millis)
            );
            if verdict.passed() {
                let _ = writeln!(out, "{head}/>");
                continue;
            }
            let kind = verdict.problems.first().map_or_else(String::new, |problem| problem.code.to_string());
            let _ = writeln!(
                out,
                "{head}>\n      <failure message=\"{}\" type=\"{kind}\">{}</failure>\n    </testcase>",
                escaped(&first_words(verdict)),
                escaped(&details(verdict, sources))
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// All suites as one JSON value.
#[must_use]
pub fn json(suites: &[Suite], sources: &Sources) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let passed: usize = suites.iter().map(|suite| suite.verdicts.len() - failures(suite)).sum();
    let flows: Vec<String> = suites
        .iter()
        .map(|suite| {
            let tests: Vec<String> = suite.verdicts.iter().map(|verdict| test_json(suite, verdict, sources)).collect();
            let coverage = suite.spots.as_ref().map_or_else(|| "null".to_string(), |spots| spots_json(spots, sources));
            let tests = tests.join(",\n");
            let (flow, path) = (text(&suite.flow), text(&suite.path));
            format!("{{\"flow\":{flow},\"file\":{path},\"tests\":[\n{tests}\n],\"coverage\":{coverage}}}")
        })
        .collect();
    let failed: usize = suites.iter().map(failures).sum();
    format!("{{\"passed\":{passed},\"failed\":{failed},\"flows\":[\n{}\n]}}\n", flows.join(",\n"))
}

fn test_json(suite: &Suite, verdict: &Verdict, sources: &Sources) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let records: Vec<String> = verdict
        .outcomes
        .iter()
        .map(|outcome| {
            let (key, title) = (text(&outcome.key), text(&outcome.title));
            let (status, reason) = (text(outcome.status.word()), text(&outcome.reason));
            format!("{{\"key\":{key},\"title\":{title},\"status\":{status},\"reason\":{reason}}}")
        })
        .collect();
    let sent: Vec<String> = verdict
        .sent
        .iter()
        .map(|effect| {
            let body = if effect.body.is_empty() { "null" } else { &effect.body };
            let (effect, id) = (text(&effect_words(suite, effect)), text(&effect.id));
            format!("{{\"effect\":{effect},\"id\":{id},\"body\":{body}}}")
        })
        .collect();
    format!(
        "{{\"title\":{},\"passed\":{},\"at\":{},\"runs\":{},\"values\":{},\"millis\":{},\"problems\":{},\"records\":[{}],\"sent\":[{}]}}",
        text(&verdict.title),
        verdict.passed(),
        text(&sources.locate(verdict.span)),
        verdict.runs,
        text(&verdict.values),
        verdict.millis,
        report::render_json(&verdict.problems, sources).trim_end(),
        records.join(","),
        sent.join(",")
    )
}

fn spots_json(spots: &[Spot], sources: &Sources) -> String {
    let parts: Vec<String> = parts(spots)
        .map(|(name, (touched, all))| {
            format!("\"{name}\":{{\"touched\":{touched},\"of\":{all},\"percent\":{}}}", percent(touched, all))
        })
        .collect();
    let untouched: Vec<String> = spots
        .iter()
        .filter(|spot| !spot.touched)
        .map(|spot| {
            let (at, words) = (sources.locate(spot.span), &spot.words);
            serde_json::json!({ "at": at, "kind": spot.kind.words(), "words": words }).to_string()
        })
        .collect();
    format!("{{{},\"untouched\":[{}]}}", parts.join(","), untouched.join(","))
}

/// All of it and each kind, with what is touched and how much there is.
fn parts(spots: &[Spot]) -> impl Iterator<Item = (String, (usize, usize))> {
    let kinds = Kind::ALL.iter().map(|kind| (kind.words().replace(' ', "_"), count(spots, Some(*kind))));
    std::iter::once(("all".to_string(), count(spots, None))).chain(kinds)
}

fn failures(suite: &Suite) -> usize {
    suite.verdicts.iter().filter(|verdict| !verdict.passed()).count()
}

/// What was done, as a test calls it: `create books.invoices`.
#[must_use]
pub fn effect_words(suite: &Suite, effect: &Effect) -> String {
    let word = match effect.word {
        EffectWord::Create => "create",
        EffectWord::Update => "update",
        EffectWord::Call => "call",
        EffectWord::Read => "read",
    };
    let role = suite.roles.get(effect.role).map_or("", |role| &**role);
    let action = effect.action.as_ref().map_or_else(String::new, |action| format!(".{action}"));
    format!("{word} {role}.{}{action}", effect.resource)
}

fn first_words(verdict: &Verdict) -> String {
    verdict.problems.first().map_or_else(String::new, |problem| match problem.label.is_empty() {
        true => problem.title.clone(),
        false => format!("{}: {}", problem.title, problem.label),
    })
}

fn details(verdict: &Verdict, sources: &Sources) -> String {
    report::render(&verdict.problems, sources, Style::Plain)
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A text in YAML: JSON's form is one of its forms.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text in XML; what XML cannot hold becomes a mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            '\t' => out.push_str("&#9;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}
