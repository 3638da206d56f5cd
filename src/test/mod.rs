//! Runs the tests that stand in a flow: a declared world and a flow go in, a verdict for each test comes out.

mod asked;
mod body;
mod changed;
mod compare;
mod counting;
mod coverage;
mod declared;
mod expect;
mod given;
mod mortal;
mod page;
mod pinned;
mod suite;
mod time;
mod trial;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::check::{GivenRecords, Test, TestItem};
use crate::plan::Graph;
use crate::report::{Diagnostic, Severity, Sources, Span, codes};
use crate::run::Outcome;
use crate::test::trial::Trial;
use crate::value::Clock;

pub use coverage::{Coverage, Kind, Spot, count, percent, told};
pub use suite::{Suite, effect_words, json, junit, tap};
pub use world::Effect;

/// More combinations of values than this are not gone through.
const MOST_RUNS: usize = 100_000;

/// What the tests of a flow need.
pub struct Tests<'a> {
    /// The flow.
    pub graph: Arc<Graph>,
    /// The texts that places lie in.
    pub sources: Arc<Sources>,
    /// Reads a file that the flow names: beside it, or from the workspace's folder.
    pub read: &'a (dyn Fn(&str) -> Result<String, String> + Sync),
    /// Where what is pinned lies: `snapshots/flows/FLOW`.
    pub snapshots: PathBuf,
    /// Pins what differs or is not pinned yet, instead of calling it wrong.
    pub accept: bool,
    /// Where a datetime's day is told.
    pub zone: TimeZone,
    /// The time.
    pub clock: Clock,
    /// Who counts what is touched: the one that came with the graph.
    pub coverage: Option<Arc<Coverage>>,
}

/// What became of one test.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What the test shows.
    pub title: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// The smallest values of its `for` with which it failed, as `name = value`; empty without.
    pub values: String,
    /// How often it was run: once, or for each combination of values.
    pub runs: usize,
    /// How many of these failed.
    pub failed: usize,
    /// What is wrong; empty when it passed.
    pub problems: Vec<Diagnostic>,
    /// What was pinned by this run.
    pub pinned: Vec<PathBuf>,
    /// What became of the records, in the order they ended; of several runs those of the one that is told.
    pub outcomes: Vec<Outcome>,
    /// What was done to the world, in order.
    pub sent: Vec<Effect>,
    /// How long it took.
    pub millis: u64,
}

impl Verdict {
    /// Nothing is wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity == Severity::Warning)
    }
}

/// Runs all tests of a flow, or those whose title holds `only`.
pub async fn run(tests: &Tests<'_>, only: Option<&str>) -> Vec<Verdict> {
    let program = tests.graph.program.clone();
    let mut verdicts = Vec::new();
    for test in &program.tests {
        if only.is_none_or(|only| test.title.contains(only)) {
            verdicts.push(one(tests, test).await);
        }
    }
    verdicts
}

/// The files that a test names.
#[must_use]
pub fn files(test: &Test) -> Vec<Arc<str>> {
    let file = |item: &TestItem| match item {
        TestItem::Records { records: GivenRecords::File(path, _), .. } => Some(path.clone()),
        _ => None,
    };
    test.items.iter().filter_map(file).collect()
}

async fn one(tests: &Tests<'_>, test: &Test) -> Verdict {
    let start = tests.clock.now();
    let mut verdict = Verdict {
        title: test.title.clone(),
        span: test.span,
        values: String::new(),
        runs: 0,
        failed: 0,
        problems: Vec::new(),
        pinned: Vec::new(),
        outcomes: Vec::new(),
        sent: Vec::new(),
        millis: 0,
    };
    let count = test.ranges.iter().map(|range| range.values.len()).fold(1_usize, usize::saturating_mul);
    if count == 0 || count > MOST_RUNS {
        let title = format!("expected at least one and at most {MOST_RUNS} combinations of values, found {count}");
        verdict.problems.push(Diagnostic::error(codes::test::CANNOT_RUN, test.span, title));
        return verdict;
    }
    let mut smallest = None;
    for number in 0..count {
        verdict.runs += 1;
        let mut trial = Trial::new(tests, test, &chosen(test, number));
        trial.run().await;
        verdict.pinned.append(&mut trial.pinned);
        let size = trial.size;
        let failed = !trial.problems.is_empty();
        verdict.failed += usize::from(failed);
        // Of all that fail the smallest is told: the one a person can follow.
        let tells = match smallest {
            _ if !failed => verdict.failed == 0,
            None => true,
            Some(there) => size < there,
        };
        if tells {
            if failed {
                smallest = Some(size);
            }
            verdict.sent = trial.all_effects();
            verdict.problems = trial.problems;
            verdict.values = trial.values;
            verdict.outcomes = trial.outcomes;
        }
    }
    if verdict.failed == 0 {
        verdict.values.clear();
    }
    if count > 1 {
        let of = match verdict.failed {
            1 => format!("with {}; with the other {} values it holds", verdict.values, count - 1),
            failed => {
                format!("with {}, the smallest of {failed} values of {count} with which it fails", verdict.values)
            }
        };
        for problem in &mut verdict.problems {
            problem.notes.push(of.clone());
        }
    }
    verdict.millis = u64::try_from(tests.clock.now().duration_since(start).as_millis()).unwrap_or(0);
    verdict
}

/// The combination of that number: by range, the number of the value.
fn chosen(test: &Test, mut number: usize) -> Vec<usize> {
    let mut all: Vec<usize> = test
        .ranges
        .iter()
        .rev()
        .map(|range| {
            let values = range.values.len().max(1);
            let value = number % values;
            number /= values;
            value
        })
        .collect();
    all.reverse();
    all
}
