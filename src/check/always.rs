//! A condition goes in; whether it is the same for every record, and then which, comes out.
//!
//! Every value that it compares is given each of the few values that could make a difference (each written one, one
//! beside it, not set), and the condition is judged for all of them. What cannot be judged is no answer: nothing is told
//! of a condition that only might be the same.

use std::cmp::Ordering;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::check::checker::Checker;
use crate::check::program::SETTINGS;
use crate::check::samples::{Sample, days, equal, points};
use crate::check::scope::{Place, Settled, Spot};
use crate::eval::{Compared, Comparison, Expr, Op, Step};
use crate::value::{Kind, Typed};

/// So many combinations of values are looked at; with more, nothing is told.
const MOST: usize = 4096;

/// So many of the conditions above are taken into account.
const NEAR: usize = 12;

/// What is known at a place when a condition is judged there.
struct Judge<'c> {
    spots: Vec<Spot>,
    kinds: Vec<Option<Typed>>,
    texts: Vec<Box<str>>,
    numbers: Vec<Decimal>,
    dates: Vec<Date>,
    known: &'c dyn Fn(&Spot) -> Option<Typed>,
}

impl Checker<'_> {
    /// Whether a condition always or never holds here, given the stops and branches around it.
    pub(super) fn always(&self, condition: &Expr) -> Option<bool> {
        if matches!(self.frame.place, Place::Record(_) | Place::Test) {
            return None;
        }
        let known = |spot: &Spot| self.spot_kind(spot);
        let mut judge = Judge::new(&known);
        judge.gather(condition);
        let alone = judge.verdict(condition, &[]);
        if alone.is_some() {
            return alone;
        }
        // What was settled above counts where it is about the same values, the nearest first.
        let touches = |settled: &&Settled| settled.spots.iter().any(|spot| judge.spots.contains(spot));
        let near: Vec<&Settled> = self.frame.settled.iter().rev().filter(touches).take(NEAR).collect();
        near.iter().for_each(|settled| judge.gather(&settled.condition));
        if near.is_empty() { None } else { judge.verdict(condition, &near) }
    }

    /// Knows from here on that a condition holds, or that it does not.
    pub(super) fn settle(&mut self, condition: &Expr, truth: bool) {
        let known = |_: &Spot| None;
        let mut judge = Judge::new(&known);
        judge.gather(condition);
        let spots = judge.spots;
        self.frame.settled.push(Settled { condition: condition.clone(), truth, spots });
    }

    /// The kind of what a spot names; not when it is no single known thing.
    fn spot_kind(&self, spot: &Spot) -> Option<Typed> {
        let names = &self.frame.names;
        let mut typed = if spot.variable == SETTINGS {
            Typed::sure(Kind::Record(self.settings.clone()))
        } else {
            let named =
                || names.iter().rev().find(|name| name.variable == spot.variable).map(|name| name.typed.clone());
            self.frame.kinds.get(&spot.variable).cloned().or_else(named)?
        };
        for step in &spot.steps {
            typed = match (step, &typed.kind) {
                (Step::Field(slot), Kind::Record(record)) => {
                    let field = &record.fields.get(*slot as usize)?.typed;
                    Typed { kind: field.kind.clone(), maybe: typed.maybe || field.maybe }
                }
                (Step::Index(_), Kind::List(of)) => Typed::maybe((**of).clone()),
                _ => return None,
            };
        }
        if matches!(typed.kind, Kind::Any | Kind::Nothing) {
            return None;
        }
        let list = matches!(typed.kind, Kind::List(_));
        let maybe = (typed.maybe || list) && !self.frame.is_sure(spot);
        Some(Typed { kind: typed.kind, maybe })
    }
}

impl<'c> Judge<'c> {
    fn new(known: &'c dyn Fn(&Spot) -> Option<Typed>) -> Judge<'c> {
        Judge { spots: Vec::new(), kinds: Vec::new(), texts: Vec::new(), numbers: Vec::new(), dates: Vec::new(), known }
    }

    /// Notes the spots and the written values of an expression.
    fn gather(&mut self, expr: &Expr) {
        match &expr.op {
            Op::Text(text) => add(&mut self.texts, text),
            Op::Number(number) => add(&mut self.numbers, number),
            Op::Date(date) => add(&mut self.dates, date),
            Op::Not(value) | Op::IsSet(value) | Op::Sure(value, _) => self.gather(value),
            Op::And(a, b) | Op::Or(a, b) | Op::Compare(_, _, a, b) | Op::In(_, a, b) | Op::Coalesce(a, b) => {
                self.gather(a);
                self.gather(b);
            }
            Op::List(items) => items.iter().for_each(|item| self.gather(item)),
            Op::Match { subject, arms, none, any, .. } => {
                self.gather(subject);
                for arm in arms {
                    arm.patterns.iter().for_each(|pattern| self.gather(pattern));
                    self.gather(&arm.value);
                }
                none.iter().chain(any).for_each(|arm| self.gather(arm));
            }
            Op::Var(_) | Op::Path(..) | Op::Lazy(..) => match subject(expr) {
                Subject::Spot(spot) if !self.spots.contains(&spot) => {
                    self.kinds.push((self.known)(&spot));
                    self.spots.push(spot);
                }
                Subject::Spot(_) | Subject::Nothing => {}
                Subject::Through(inner) => self.gather(inner),
            },
            _ => {}
        }
    }

    /// Whether a condition always or never holds where all of these are settled.
    fn verdict(&self, condition: &Expr, settled: &[&Settled]) -> Option<bool> {
        let domains: Vec<Vec<Sample>> = (0..self.spots.len()).map(|spot| self.domain(spot)).collect();
        let count = domains.iter().try_fold(1_usize, |all, one| all.checked_mul(one.len()))?;
        if count > MOST {
            return None;
        }
        let mut verdict = None;
        let mut values: Vec<Sample> = vec![Sample::Unset; domains.len()];
        for mut number in 0..count {
            for (value, domain) in values.iter_mut().zip(&domains) {
                *value = domain[number % domain.len()].clone();
                number /= domain.len();
            }
            if settled.iter().any(|settled| self.holds(&settled.condition, &values) == Some(!settled.truth)) {
                continue;
            }
            match (self.holds(condition, &values), verdict) {
                (None, _) => return None,
                (Some(holds), Some(before)) if holds != before => return None,
                (holds, _) => verdict = holds,
            }
        }
        verdict
    }

    /// The values of a spot that could make a difference.
    fn domain(&self, spot: usize) -> Vec<Sample> {
        let Some(typed) = &self.kinds[spot] else { return vec![Sample::Unknown] };
        let mut domain: Vec<Sample> = match &typed.kind {
            Kind::Bool => vec![Sample::Bool(true), Sample::Bool(false)],
            Kind::Choice(texts) => texts.iter().map(|text| Sample::Text((**text).into())).collect(),
            Kind::Text | Kind::Email | Kind::Id(_) => {
                let texts = self.texts.iter().map(|text| Sample::Text(text.clone()));
                texts.chain([Sample::Other(spot)]).collect()
            }
            Kind::Int | Kind::Decimal => match points(&self.numbers, typed.kind == Kind::Int) {
                Some(numbers) => numbers.into_iter().map(Sample::Number).collect(),
                None => vec![Sample::Unknown],
            },
            Kind::Date => match days(&self.dates) {
                Some(days) => days.into_iter().map(Sample::Date).collect(),
                None => vec![Sample::Unknown],
            },
            _ => vec![Sample::Other(spot)],
        };
        if typed.maybe {
            domain.push(Sample::Unset);
        }
        domain
    }

    fn value(&self, expr: &Expr, values: &[Sample]) -> Sample {
        match &expr.op {
            Op::Unset => Sample::Unset,
            Op::Text(text) => Sample::Text(text.clone()),
            Op::Number(number) => Sample::Number(*number),
            Op::Date(date) => Sample::Date(*date),
            Op::Sure(value, _) => self.value(value, values),
            Op::Coalesce(a, b) => match self.value(a, values) {
                Sample::Unset => self.value(b, values),
                value => value,
            },
            Op::Match { subject, compared, arms, none, any } => {
                let subject = self.value(subject, values);
                if subject == Sample::Unset {
                    return none.as_ref().or(any.as_ref()).map_or(Sample::Unset, |arm| self.value(arm, values));
                }
                for arm in arms {
                    for pattern in &arm.patterns {
                        match equal(*compared, &subject, &self.value(pattern, values)) {
                            Some(true) => return self.value(&arm.value, values),
                            Some(false) => {}
                            None => return Sample::Unknown,
                        }
                    }
                }
                any.as_ref().map_or(Sample::Unset, |arm| self.value(arm, values))
            }
            Op::Var(_) | Op::Path(..) | Op::Lazy(..) => match subject(expr) {
                Subject::Spot(spot) => {
                    let at = self.spots.iter().position(|known| *known == spot);
                    at.map_or(Sample::Unknown, |at| values[at].clone())
                }
                Subject::Through(inner) => self.value(inner, values),
                Subject::Nothing => Sample::Unknown,
            },
            Op::Bool(_) | Op::Not(_) | Op::And(..) | Op::Or(..) | Op::IsSet(_) | Op::Compare(..) | Op::In(..) => {
                self.holds(expr, values).map_or(Sample::Unknown, Sample::Bool)
            }
            _ => Sample::Unknown,
        }
    }

    fn holds(&self, expr: &Expr, values: &[Sample]) -> Option<bool> {
        match &expr.op {
            Op::Bool(truth) => Some(*truth),
            Op::Not(value) => self.holds(value, values).map(|truth| !truth),
            Op::And(a, b) => match (self.holds(a, values), self.holds(b, values)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Op::Or(a, b) => match (self.holds(a, values), self.holds(b, values)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Op::IsSet(value) => match self.value(value, values) {
                Sample::Unknown => None,
                value => Some(value != Sample::Unset),
            },
            Op::Compare(comparison, compared, a, b) => self.compare(*comparison, *compared, a, b, values),
            Op::In(compared, value, list) => {
                let Op::List(items) = &list.op else { return None };
                let value = self.value(value, values);
                let mut unknown = false;
                for item in items {
                    match equal(*compared, &value, &self.value(item, values)) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                (!unknown).then_some(false)
            }
            _ => match self.value(expr, values) {
                Sample::Bool(truth) => Some(truth),
                _ => None,
            },
        }
    }

    fn compare(
        &self,
        comparison: Comparison,
        compared: Compared,
        a: &Expr,
        b: &Expr,
        values: &[Sample],
    ) -> Option<bool> {
        let (left, right) = (self.value(a, values), self.value(b, values));
        let ordering = match (spot_of(a), spot_of(b)) {
            (Some(a), Some(b)) if a == b && left != Sample::Unset => Some(Ordering::Equal),
            // Two values that are read are only as far apart as their being set says.
            (Some(_), Some(_)) if left != Sample::Unset && right != Sample::Unset => None,
            _ => match (&left, &right) {
                (Sample::Number(a), Sample::Number(b)) => Some(a.cmp(b)),
                (Sample::Date(a), Sample::Date(b)) => Some(a.cmp(b)),
                _ => None,
            },
        };
        let same = match ordering {
            Some(ordering) => Some(ordering == Ordering::Equal),
            None if spot_of(a).is_some() && spot_of(b).is_some() && left != Sample::Unset && right != Sample::Unset => {
                None
            }
            None => equal(compared, &left, &right),
        };
        match comparison {
            Comparison::Equal => same,
            Comparison::NotEqual => same.map(|same| !same),
            Comparison::Less => ordering.map(Ordering::is_lt),
            Comparison::LessEqual => ordering.map(Ordering::is_le),
            Comparison::Greater => ordering.map(Ordering::is_gt),
            Comparison::GreaterEqual => ordering.map(Ordering::is_ge),
        }
    }
}

/// What an expression is about.
enum Subject<'e> {
    /// A variable or a field of one.
    Spot(Spot),
    /// What another expression is about: a `let` of it.
    Through(&'e Expr),
    /// Nothing that could be told apart.
    Nothing,
}

fn subject(expr: &Expr) -> Subject<'_> {
    match &expr.op {
        Op::Lazy(_, inner) if transparent(inner) => Subject::Through(inner),
        _ => spot_of(expr).map_or(Subject::Nothing, Subject::Spot),
    }
}

fn spot_of(expr: &Expr) -> Option<Spot> {
    match &expr.op {
        Op::Var(variable) => Some(Spot::variable(*variable)),
        Op::Lazy(variable, inner) => match &inner.op {
            Op::Var(_) | Op::Path(..) | Op::Lazy(..) => spot_of(inner),
            _ => Some(Spot::variable(*variable)),
        },
        Op::Path(root, steps) => {
            let mut spot = spot_of(root)?;
            spot.steps.extend_from_slice(steps);
            Some(spot)
        }
        _ => None,
    }
}

/// Whether all that an expression is made of can be judged.
fn transparent(expr: &Expr) -> bool {
    match &expr.op {
        Op::Unset | Op::Bool(_) | Op::Number(_) | Op::Text(_) | Op::Date(_) => true,
        Op::Not(value) | Op::IsSet(value) => transparent(value),
        Op::And(a, b) | Op::Or(a, b) | Op::Compare(_, _, a, b) | Op::In(_, a, b) | Op::Coalesce(a, b) => {
            transparent(a) && transparent(b)
        }
        Op::List(items) => items.iter().all(transparent),
        Op::Match { subject, arms, none, any, .. } => {
            transparent(subject)
                && arms.iter().all(|arm| transparent(&arm.value))
                && none.iter().chain(any).all(|arm| transparent(arm))
        }
        Op::Lazy(_, inner) => transparent(inner) || spot_of(expr).is_some(),
        _ => spot_of(expr).is_some(),
    }
}

fn add<T: Clone + PartialEq>(all: &mut Vec<T>, one: &T) {
    if !all.contains(one) {
        all.push(one.clone());
    }
}
