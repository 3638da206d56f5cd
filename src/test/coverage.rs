//! How much of a flow its tests touch: steps, branches, match arms, table rows and functions, each with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::{Program, Rung, Work};
use crate::plan::Graph;
use crate::report::{Sources, Span};
use crate::run::Way;
use crate::test::counting::Counting;
use crate::value::Counter;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A step, or a stop that is judged.
    Step,
    /// One way of two or more.
    Branch,
    /// An arm of a `match`.
    Arm,
    /// A row of a table.
    Row,
    /// A function of the language.
    Function,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 5] = [Kind::Step, Kind::Branch, Kind::Arm, Kind::Row, Kind::Function];

    /// Several of it, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Kind::Step => "steps",
            Kind::Branch => "branches",
            Kind::Arm => "match arms",
            Kind::Row => "table rows",
            Kind::Function => "functions",
        }
    }
}

/// What must have been seen at a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Any,
    Yes,
    No,
}

/// A place that is to be touched.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) kind: Kind,
    pub(super) span: Span,
    pub(super) counter: Arc<Counter>,
    pub(super) need: Need,
    pub(super) words: String,
}

impl Point {
    /// A step that is to be run once.
    pub(super) fn step(name: &str, span: Span) -> Point {
        let counter = Arc::new(Counter::default());
        Point { kind: Kind::Step, span, counter, need: Need::Any, words: format!("`{name}` never runs") }
    }

    fn is_touched(&self) -> bool {
        match self.need {
            Need::Any => self.counter.yes() + self.counter.no() > 0,
            Need::Yes => self.counter.yes() > 0,
            Need::No => self.counter.no() > 0,
        }
    }
}

/// The counters of what only a run sees, by the step and the way.
type Ways = BTreeMap<(Arc<str>, Way), Arc<Counter>>;

/// Counts what tests touch of a flow.
#[derive(Debug)]
pub struct Coverage {
    points: Vec<Point>,
    ways: Ways,
}

/// A place, and whether tests touch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub span: Span,
    /// What never happens there, where it is not touched.
    pub words: String,
    /// A test touches it.
    pub touched: bool,
}

impl Coverage {
    /// A flow with counters in it, and who reads them; the flow itself is left as it is, without any.
    #[must_use]
    pub fn of(graph: &Graph) -> (Arc<Graph>, Coverage) {
        let mut counting = Counting::default();
        let program = counting.program(&graph.program);
        let mut points = counting.points;
        let mut ways = BTreeMap::new();
        seen_in_runs(&program, &mut points, &mut ways);
        points.sort_by_key(|point| (point.span.source, point.span.start, point.kind, point.need == Need::No));
        let graph = Graph { program: Arc::new(program), nodes: graph.nodes.clone() };
        (Arc::new(graph), Coverage { points, ways })
    }

    /// A run took this way at a step.
    pub(super) fn passed(&self, step: &Arc<str>, way: Way) {
        if let Some(counter) = self.ways.get(&(step.clone(), way)) {
            counter.count(true);
        }
    }

    /// Every place, in the order of the texts.
    #[must_use]
    pub fn spots(&self) -> Vec<Spot> {
        self.points
            .iter()
            .map(|point| Spot {
                kind: point.kind,
                span: point.span,
                words: point.words.clone(),
                touched: point.is_touched(),
            })
            .collect()
    }
}

/// What expressions do not tell: steps that ran, rungs that recognised, what became of it, policies that were asked.
fn seen_in_runs(program: &Program, points: &mut Vec<Point>, ways: &mut Ways) {
    for (number, policy) in program.policies.iter().enumerate() {
        for (at, span) in policy.places.iter().enumerate() {
            let counter = Arc::new(Counter::default());
            ways.insert(("".into(), Way::Policy(number, at)), counter.clone());
            let words = "no error of this class ever comes".to_owned();
            points.push(Point { kind: Kind::Branch, span: *span, counter, need: Need::Any, words });
        }
    }
    for step in &program.steps {
        if let Some(point) = points.iter().find(|point| {
            point.kind == Kind::Step
                && point.span == step.span
                && point.words == Point::step(&step.name, step.span).words
        }) {
            ways.insert((step.name.clone(), Way::Begun), point.counter.clone());
        }
        let mut add = |way: Way, span: Span, words: &str| {
            let counter = Arc::new(Counter::default());
            ways.insert((step.name.clone(), way), counter.clone());
            let words = words.to_string();
            points.push(Point { kind: Kind::Branch, span, counter, need: Need::Any, words });
        };
        match &step.work {
            Work::Find(find) if !find.by.is_empty() => {
                add(Way::Found, step.span, "one is never found");
                add(Way::Missing, step.span, "it never happens that none is found");
            }
            Work::Require(_) => add(Way::Found, step.span, "it never happens that all are there"),
            Work::Ensure(ensure) => {
                for (number, rung) in ensure.rungs.iter().enumerate() {
                    if let Rung::By { span, .. } = rung {
                        add(Way::Rung(number), *span, "this never recognises one");
                    }
                }
                if !ensure.update.is_empty() {
                    add(Way::Updated, step.span, "`found update` never finds a difference");
                    add(Way::Kept, step.span, "`found update` never finds none");
                }
                if ensure.missing.is_none() {
                    add(Way::Created, step.span, "none is ever missing: it never makes one");
                }
            }
            _ => {}
        }
    }
}

/// How many places of a kind there are, and how many are touched.
#[must_use]
pub fn count(spots: &[Spot], kind: Option<Kind>) -> (usize, usize) {
    let of_kind = spots.iter().filter(|spot| kind.is_none_or(|kind| spot.kind == kind));
    let touched = of_kind.clone().filter(|spot| spot.touched).count();
    (touched, of_kind.count())
}

/// A share in percent, rounded down so that 100 is all of it; nothing of nothing is all.
#[must_use]
pub fn percent(touched: usize, all: usize) -> usize {
    (touched * 100).checked_div(all).unwrap_or(100)
}

/// The places of a flow that no test touches, with how much is touched of each kind, for people.
#[must_use]
pub fn told(name: &str, spots: &[Spot], sources: &Sources) -> String {
    let (touched, all) = count(spots, None);
    let mut out = format!("coverage of {name}: {} %", percent(touched, all));
    for kind in Kind::ALL {
        let (touched, all) = count(spots, Some(kind));
        if all > 0 {
            out.push_str(&format!(", {touched} of {all} {}", kind.words()));
        }
    }
    for spot in spots.iter().filter(|spot| !spot.touched) {
        out.push_str(&format!("\n  {}: {}: {}", sources.locate(spot.span), spot.words, text_of(spot.span, sources)));
    }
    out
}

/// What stands there, on one line.
fn text_of(span: Span, sources: &Sources) -> String {
    const LONGEST: usize = 60;
    let text = sources.get(span.source).and_then(|source| source.text.get(span.start as usize..span.end as usize));
    let line = text.unwrap_or_default().lines().next().unwrap_or_default().trim_end();
    if line.chars().count() <= LONGEST { line.to_string() } else { line.chars().take(LONGEST).chain(['…']).collect() }
}
