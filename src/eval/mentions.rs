//! Which variables an expression needs, through `let`s too, and which fields of one.

use crate::eval::expr::{Entry, Expr, Op, Piece, RecordExpr, Step, TableRef};
use crate::eval::shape::Used;

impl Expr {
    /// It, or a part of it, needs one of the variables that `wanted` names.
    pub fn mentions(&self, wanted: &dyn Fn(u32) -> bool) -> bool {
        let any = |expressions: &[Expr]| expressions.iter().any(|part| part.mentions(wanted));
        match &self.op {
            Op::Unset | Op::Null | Op::Bool(_) | Op::Number(_) | Op::Text(_) | Op::Date(_) => false,
            Op::Var(variable) => wanted(*variable),
            Op::Lazy(variable, value) => wanted(*variable) || value.mentions(wanted),
            Op::Path(root, _) | Op::Paths(root, _) | Op::Query { root, .. } => root.mentions(wanted),
            Op::Not(value)
            | Op::IsSet(value)
            | Op::Negate(value)
            | Op::Project(value, _)
            | Op::ProjectAll(value, _)
            | Op::Sure(value, _)
            | Op::Counted(_, value) => value.mentions(wanted),
            Op::And(a, b) | Op::Or(a, b) | Op::Coalesce(a, b) | Op::When(a, b) => {
                a.mentions(wanted) || b.mentions(wanted)
            }
            Op::Compare(_, _, a, b) | Op::In(_, a, b) | Op::Arithmetic(_, a, b) => {
                a.mentions(wanted) || b.mentions(wanted)
            }
            Op::Concat { pieces, .. } => {
                pieces.iter().any(|piece| matches!(piece, Piece::Value(value, _) if value.mentions(wanted)))
            }
            Op::Match { subject, arms, none, any: rest, .. } => {
                subject.mentions(wanted)
                    || arms.iter().any(|arm| arm.value.mentions(wanted))
                    || none.as_ref().is_some_and(|value| value.mentions(wanted))
                    || rest.as_ref().is_some_and(|value| value.mentions(wanted))
            }
            Op::Each(each) => {
                each.ranges.iter().any(|(_, list)| list.mentions(wanted))
                    || each.condition.as_ref().is_some_and(|condition| condition.mentions(wanted))
                    || each.record.mentions(wanted)
            }
            Op::Record(record) => record.mentions(wanted),
            Op::List(values) | Op::Builtin(_, values) | Op::Function(_, values) | Op::Script(_, values) => any(values),
            Op::Lookup(TableRef::Fixed(_) | TableRef::Setting(_), key) => key.mentions(wanted),
        }
    }
}

impl RecordExpr {
    fn mentions(&self, wanted: &dyn Fn(u32) -> bool) -> bool {
        entries_mention(&self.entries, wanted)
    }
}

fn entries_mention(entries: &[Entry], wanted: &dyn Fn(u32) -> bool) -> bool {
    entries.iter().any(|entry| match entry {
        Entry::Field(_, value) => value.mentions(wanted),
        Entry::If(condition, then, otherwise) => {
            condition.mentions(wanted) || entries_mention(then, wanted) || entries_mention(otherwise, wanted)
        }
    })
}

/// The fields of a variable's record that a `from` needs: those that its paths begin with, else all.
pub(super) fn fields_of(expr: &Expr, variable: u32) -> Used {
    let mut used = Used::default();
    collect(expr, variable, &mut used);
    used
}

fn collect(expr: &Expr, variable: u32, used: &mut Used) {
    let own = |number: u32| number == variable;
    match &expr.op {
        Op::Path(root, steps) if matches!(root.op, Op::Var(number) if own(number)) => begin(steps, used),
        Op::Paths(root, paths) if matches!(root.op, Op::Var(number) if own(number)) => {
            paths.iter().for_each(|steps| begin(steps, used));
        }
        Op::Coalesce(a, b) | Op::When(a, b) => {
            collect(a, variable, used);
            collect(b, variable, used);
        }
        Op::Builtin(_, values) => values.iter().for_each(|value| collect(value, variable, used)),
        _ if expr.mentions(&own) => used.whole = true,
        _ => {}
    }
}

fn begin(steps: &[Step], used: &mut Used) {
    match steps.first() {
        Some(Step::Field(slot)) => {
            used.fields.insert(*slot, Used::all());
        }
        _ => used.whole = true,
    }
}
