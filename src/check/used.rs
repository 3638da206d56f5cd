//! An expression goes in; which fields of which variables it reads, through `let`s and functions too, comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eval::{Each, Entry, Expr, Function, Op, Piece, RecordExpr, Step, Used};

/// What is read, by variable.
pub(super) type Reads = BTreeMap<u32, Used>;

/// What an expression reads when all of its result is wanted.
pub(super) fn reads(expr: &Expr) -> Reads {
    let mut reader = Reader::default();
    reader.read(expr, &Used::all());
    reader.finish(0)
}

/// Adds what another expression reads.
pub(super) fn merge(into: &mut Reads, other: &Reads) {
    for (variable, used) in other {
        into.entry(*variable).or_default().merge(used);
    }
}

#[derive(Default)]
struct Reader {
    reads: Reads,
    /// `let`s that are wanted, to be gone into once all that wants them is known.
    wanted: BTreeMap<u32, (Arc<Expr>, Used)>,
}

impl Reader {
    /// Goes into the `let`s from the variable `from` on, the last given first: each reads only those given before it.
    fn flush(&mut self, from: u32) {
        while let Some((&variable, _)) = self.wanted.range(from..).next_back() {
            if let Some((expr, used)) = self.wanted.remove(&variable) {
                self.read(&expr, &used);
            }
        }
    }

    fn finish(mut self, from: u32) -> Reads {
        self.flush(from);
        self.reads
    }

    fn read(&mut self, expr: &Expr, used: &Used) {
        let plain = Used::default();
        match &expr.op {
            Op::Unset | Op::Null | Op::Bool(_) | Op::Number(_) | Op::Text(_) | Op::Date(_) => {}
            Op::Var(variable) => self.reads.entry(*variable).or_default().merge(used),
            Op::Lazy(variable, expr) => {
                let entry = self.wanted.entry(*variable).or_insert_with(|| (expr.clone(), Used::default()));
                entry.1.merge(used);
            }
            Op::Path(root, steps) => self.read(root, &through(steps, used)),
            Op::Paths(root, paths) => {
                let mut all = Used::default();
                paths.iter().for_each(|steps| all.merge(&through(steps, used)));
                self.read(root, &all);
            }
            Op::Query { root, .. } => self.read(root, &Used::all()),
            Op::Concat { pieces, .. } => {
                for piece in pieces {
                    if let Piece::Value(value, _) = piece {
                        self.read(value, &plain);
                    }
                }
            }
            Op::Not(value) | Op::Negate(value) => self.read(value, &plain),
            Op::IsSet(value) => self.read(value, &Used { presence: true, ..Used::default() }),
            Op::And(a, b) | Op::Or(a, b) | Op::Compare(_, _, a, b) | Op::In(_, a, b) | Op::Arithmetic(_, a, b) => {
                self.read(a, &plain);
                self.read(b, &plain);
            }
            Op::Coalesce(a, b) => {
                self.read(a, &Used { presence: true, ..used.clone() });
                self.read(b, used);
            }
            Op::When(condition, value) => {
                self.read(condition, &plain);
                self.read(value, used);
            }
            Op::Match { subject, arms, none, any, .. } => {
                self.read(subject, &plain);
                arms.iter().for_each(|arm| self.read(&arm.value, used));
                none.iter().chain(any).for_each(|arm| self.read(arm, used));
            }
            Op::Each(each) => self.each(each, used),
            Op::Record(record) => self.record(record, used),
            Op::List(items) => items.iter().for_each(|item| self.read(item, used)),
            Op::Builtin(_, arguments) => arguments.iter().for_each(|argument| self.read(argument, &Used::all())),
            Op::Function(function, arguments) => self.function(function, arguments, used),
            Op::Script(_, arguments) => arguments.iter().for_each(|argument| self.read(argument, &Used::all())),
            Op::Lookup(_, key) => self.read(key, &plain),
            Op::Project(value, fields) | Op::ProjectAll(value, fields) => {
                self.read(value, &projected(fields, used));
            }
            Op::Sure(value, _) => self.read(value, &Used { presence: true, ..used.clone() }),
            Op::Counted(_, value) => self.read(value, used),
        }
    }

    fn record(&mut self, record: &RecordExpr, used: &Used) {
        self.entries(&record.entries, used);
        if let Some(first) = record.lets.first() {
            self.flush(*first);
        }
    }

    fn entries(&mut self, entries: &[Entry], used: &Used) {
        for entry in entries {
            match entry {
                Entry::Field(slot, value) => {
                    // Every line is computed, wanted or not, so that each reads at least what it needs to be computed.
                    let part = if used.whole {
                        Used::all()
                    } else {
                        let mut part = used.fields.get(slot).cloned().unwrap_or_default();
                        part.presence |= used.presence;
                        part
                    };
                    self.read(value, &part);
                }
                Entry::If(condition, yes, no) => {
                    self.read(condition, &Used::default());
                    self.entries(yes, used);
                    self.entries(no, used);
                }
            }
        }
    }

    fn each(&mut self, each: &Each, used: &Used) {
        self.entries(&each.record.entries, used);
        if let Some(condition) = &each.condition {
            self.read(condition, &Used::default());
        }
        if let Some(first) = each.record.lets.first() {
            self.flush(*first);
        }
        for (variable, list) in each.ranges.iter().rev() {
            // An element that has nothing set is left out, so that its presence is asked in any case.
            let mut element = self.reads.remove(variable).unwrap_or_default();
            element.presence = true;
            self.read(list, &element);
        }
    }

    fn function(&mut self, function: &Function, arguments: &[Expr], used: &Used) {
        let mut inner = Reader::default();
        inner.read(&function.body, used);
        let reads = inner.finish(0);
        for (at, argument) in arguments.iter().enumerate() {
            let mut part = u32::try_from(at).ok().and_then(|at| reads.get(&at).cloned()).unwrap_or_default();
            part.presence = true;
            self.read(argument, &part);
        }
    }
}

/// What of a path's root is read when `used` of its end is.
fn through(steps: &[Step], used: &Used) -> Used {
    steps.iter().rev().fold(used.clone(), |used, step| match step {
        Step::Field(slot) => Used { fields: BTreeMap::from([(*slot, used)]), ..Used::default() },
        Step::Index(_) | Step::All => Used { presence: true, ..used },
        Step::AllFields => Used::all(),
    })
}

/// What of a record is read when `used` of it is, seen through another kind.
fn projected(fields: &[Option<u32>], used: &Used) -> Used {
    let mut all = Used { presence: used.presence || used.whole, ..Used::default() };
    for (at, field) in fields.iter().enumerate() {
        let Some(field) = field else { continue };
        let part = if used.whole {
            Some(Used::all())
        } else {
            u32::try_from(at).ok().and_then(|at| used.fields.get(&at).cloned())
        };
        if let Some(part) = part {
            all.fields.entry(*field).or_default().merge(&part);
        }
    }
    all
}
