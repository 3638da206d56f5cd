//! Runs the tests that stand in a flow: a declared world and a flow go in, a verdict for each test comes out.

mod asked;
mod body;
mod changed;
mod compare;
mod expect;
mod page;
mod pinned;
mod time;
mod trial;
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::check::Test;
use crate::plan::Graph;
use crate::report::{Diagnostic, Severity, Sources};
use crate::value::Clock;

pub use world::Effect;

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
}

/// What became of one test.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What the test shows.
    pub title: Arc<str>,
    /// The values of its `for`, as `name = value`, where it failed; empty without a `for`.
    pub values: String,
    /// How often it was run: once, or for each combination of values.
    pub runs: usize,
    /// What is wrong; empty when it passed.
    pub problems: Vec<Diagnostic>,
    /// What was pinned by this run.
    pub pinned: Vec<PathBuf>,
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

async fn one(tests: &Tests<'_>, test: &Test) -> Verdict {
    let mut verdict =
        Verdict { title: test.title.clone(), values: String::new(), runs: 0, problems: Vec::new(), pinned: Vec::new() };
    for values in combinations(test) {
        verdict.runs += 1;
        let mut trial = trial::Trial::new(tests, test, &values);
        trial.run().await;
        verdict.pinned.append(&mut trial.pinned);
        if !trial.problems.is_empty() {
            verdict.problems = trial.problems;
            verdict.values = trial.values;
            break;
        }
    }
    verdict
}

/// Every combination of the values of a test's `for`: by range, the number of the value.
fn combinations(test: &Test) -> Vec<BTreeMap<usize, usize>> {
    let mut all = vec![BTreeMap::new()];
    for (range, (_, values)) in test.ranges.iter().enumerate() {
        all = all
            .into_iter()
            .flat_map(|chosen| {
                (0..values.len()).map(move |value| {
                    let mut chosen = chosen.clone();
                    chosen.insert(range, value);
                    chosen
                })
            })
            .collect();
    }
    all
}
