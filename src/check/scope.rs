//! The names that can be seen at a place, and what is known of them there.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eval::{Expr, Op, Step};
use crate::report::Span;
use crate::value::{RecordKind, Typed};

/// A variable, or a field of one: what a condition can make sure.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) variable: u32,
    pub(super) steps: Vec<Step>,
}

impl Spot {
    pub(super) fn variable(variable: u32) -> Spot {
        Spot { variable, steps: Vec::new() }
    }

    pub(super) fn step(&self, step: Step) -> Spot {
        let mut steps = self.steps.clone();
        steps.push(step);
        Spot { variable: self.variable, steps }
    }
}

/// What is set when a condition holds, and when it does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) yes: Vec<Spot>,
    pub(super) no: Vec<Spot>,
}

impl Facts {
    /// The facts of the opposite.
    pub(super) fn opposite(self) -> Facts {
        Facts { yes: self.no, no: self.yes }
    }
}

/// The spots that are in both.
pub(super) fn both(a: &[Spot], b: &[Spot]) -> Vec<Spot> {
    a.iter().filter(|spot| b.contains(spot)).cloned().collect()
}

/// The spots that are in either.
pub(super) fn either(a: &[Spot], b: &[Spot]) -> Vec<Spot> {
    a.iter().chain(b).cloned().collect()
}

/// A condition that is known to hold or not, and the spots that it is about.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) condition: Expr,
    pub(super) truth: bool,
    pub(super) spots: Vec<Spot>,
}

/// A name and what it stands for.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: Arc<str>,
    pub(super) span: Span,
    pub(super) variable: u32,
    pub(super) typed: Typed,
    /// A `let` is computed by this when it is needed.
    pub(super) lazy: Option<Arc<Expr>>,
    /// What it is another name of, or itself.
    pub(super) spot: Spot,
    /// What is known when it is true or false.
    pub(super) facts: Facts,
    /// Something reads it.
    pub(super) read: Cell<bool>,
    /// It is worth a word when nothing reads it.
    pub(super) wanted: Option<Wanted>,
}

/// Why a name should be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It is a `let`.
    Let,
    /// It is what a `find` asked for.
    Find,
}

impl Name {
    /// A name of a variable that something else fills.
    pub(super) fn filled(text: Arc<str>, span: Span, variable: u32, typed: Typed) -> Name {
        Name {
            text,
            span,
            variable,
            typed,
            lazy: None,
            spot: Spot::variable(variable),
            facts: Facts::default(),
            read: Cell::new(false),
            wanted: None,
        }
    }

    /// The expression that reads it.
    pub(super) fn expr(&self, span: Span) -> Expr {
        match &self.lazy {
            Some(expr) => Expr::new(Op::Lazy(self.variable, expr.clone()), span),
            None => Expr::new(Op::Var(self.variable), span),
        }
    }
}

/// Where an expression stands, which decides what it sees.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// In a flow: settings and all names above.
    Flow,
    /// Where only settings are known, with the words that say why.
    Settings(&'static str),
    /// In a function: its parameters.
    Function,
    /// In a test: its own names.
    Test,
    /// In a connector: the fields of one record, variable 0.
    Record(Arc<RecordKind>),
}

/// The variables of one frame and the names that are seen now.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) place: Place,
    pub(super) names: Vec<Name>,
    pub(super) facts: Vec<Spot>,
    /// What stops behind a write make sure of values that were there before it: not for what runs before that write.
    pub(super) late: Vec<Spot>,
    /// What is looked at runs before the first write.
    pub(super) early: bool,
    /// Conditions that are known to hold, or not to, where all of their values were read before the first write.
    pub(super) settled: Vec<Settled>,
    /// Names given further down, with their lines.
    pub(super) below: BTreeMap<Box<str>, Span>,
    /// Names of all variables, for people.
    pub(super) labels: BTreeMap<u32, Arc<str>>,
    /// The kinds of those variables.
    pub(super) kinds: BTreeMap<u32, Typed>,
    /// The variables of `let`s of the record that is being checked, the innermost last.
    pub(super) lets: Vec<Vec<u32>>,
    next: u32,
}

impl Frame {
    /// A frame whose first free variable is `next`.
    pub(super) fn new(place: Place, next: u32) -> Frame {
        Frame {
            place,
            names: Vec::new(),
            facts: Vec::new(),
            late: Vec::new(),
            early: false,
            settled: Vec::new(),
            below: BTreeMap::new(),
            labels: BTreeMap::new(),
            kinds: BTreeMap::new(),
            lets: vec![Vec::new()],
            next,
        }
    }

    /// A new variable.
    pub(super) fn variable(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// How many variables there are.
    pub(super) fn width(&self) -> u32 {
        self.next
    }

    /// The name that is seen under this text.
    pub(super) fn name(&self, text: &str) -> Option<&Name> {
        self.names.iter().rev().find(|name| &*name.text == text)
    }

    /// Whether it is known that this spot is set.
    pub(super) fn is_sure(&self, spot: &Spot) -> bool {
        let late: &[Spot] = if self.early { &[] } else { &self.late };
        let mut facts = self.facts.iter().chain(late);
        facts.any(|fact| fact.variable == spot.variable && fact.steps.starts_with(&spot.steps))
    }
}
