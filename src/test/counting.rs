//! A flow goes in; the same flow comes out with a counter at every place where it may go one way or the other.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::{By, Ensure, ExpectWhat, GivenRecords, Program, Rung, Step, Stop, TestItem, Work};
use crate::eval::{Arm, Each, Entry, Expr, Function, Op, Piece, RecordExpr, Table, TableRef};
use crate::report::Span;
use crate::script::{CountedScripts, Passage, Ways};
use crate::syntax::ast::StopWord;
use crate::test::coverage::{Kind, Need, Point};
use crate::value::Counter;

/// Puts counters into expressions.
#[derive(Default)]
pub(super) struct Counting {
    pub(super) points: Vec<Point>,
    counters: HashMap<(Span, &'static str), Arc<Counter>>,
    functions: HashMap<*const Function, Arc<Function>>,
    tables: HashMap<*const Table, Arc<Table>>,
    lets: HashMap<*const Expr, Arc<Expr>>,
    scripts: HashMap<String, Arc<Counter>>,
    forks: CountedScripts,
    /// Expressions of tests are not counted themselves, but what they call is.
    quiet: bool,
}

impl Counting {
    /// The flow with its counters.
    pub(super) fn program(&mut self, program: &Program) -> Program {
        let mut counted = program.clone();
        for setting in &mut counted.settings {
            setting.table = setting.table.as_ref().map(|table| self.table(table));
        }
        for step in &mut counted.steps {
            self.step(step);
        }
        for function in counted.functions.values_mut() {
            *function = self.function(function);
        }
        for table in counted.tables.values_mut() {
            *table = self.table(table);
        }
        self.quiet = true;
        for item in counted.tests.iter_mut().flat_map(|test| &mut test.items) {
            self.test_item(item);
        }
        self.quiet = false;
        for fork in self.forks.forks() {
            let (kind, ways) = match fork.ways {
                Ways::Condition(word) => {
                    let ways = [(Need::Yes, "true"), (Need::No, "false")];
                    (Kind::Branch, ways.map(|(need, held)| (need, format!("`{word}` is never {held}"))).to_vec())
                }
                Ways::Passage(Passage::Body) => (Kind::Branch, vec![(Need::Any, "it never goes round".to_owned())]),
                Ways::Passage(Passage::Arm) => (Kind::Arm, vec![(Need::Any, "this arm is never taken".to_owned())]),
                Ways::Passage(Passage::And) => {
                    (Kind::Branch, vec![(Need::Any, "what stands right of `&&` is never looked at".to_owned())])
                }
                Ways::Passage(Passage::Or) => {
                    (Kind::Branch, vec![(Need::Any, "what stands right of `||` is never looked at".to_owned())])
                }
            };
            for (need, words) in ways {
                self.points.push(Point { kind, span: fork.span, counter: fork.counter.clone(), need, words });
            }
        }
        counted
    }

    fn step(&mut self, step: &mut Step) {
        let span = step.span;
        let name = step.name.clone();
        if let Some(guard) = &mut step.guard {
            *guard = self.both(guard, "when");
        }
        match &mut step.work {
            Work::Stop(stop) => self.stop(stop),
            Work::Find(find) => {
                find.by.iter_mut().for_each(|by| self.by(by));
                find.several.iter_mut().for_each(|stop| self.end(stop, "`several` never comes"));
            }
            Work::Require(require) => {
                self.by(&mut require.by);
                self.end(&mut require.otherwise, "nothing is ever missing: `else` never comes");
            }
            Work::Ensure(ensure) => self.ensure(ensure),
            Work::Create(create) => {
                create.key.value = self.expr(&create.key.value);
                create.body = self.expr(&create.body);
            }
            Work::Update(update) => {
                update.id = self.expr(&update.id);
                update.body = self.expr(&update.body);
            }
            Work::Call(call) => {
                call.id = self.expr(&call.id);
                call.body = call.body.as_ref().map(|body| self.expr(body));
                if let Some(key) = &mut call.key {
                    key.value = self.expr(&key.value);
                }
            }
        }
        if !matches!(step.work, Work::Stop(_)) {
            // A step is one line for people: its first.
            self.points.push(Point::step(&name, span));
        }
    }

    fn stop(&mut self, stop: &mut Stop) {
        let word = match stop.word {
            StopWord::Skip => "skip",
            StopWord::Hold => "hold",
            StopWord::Stop => "stop",
        };
        stop.because = self.expr(&stop.because);
        let Some(when) = &stop.when else { return };
        let condition = self.expr(when);
        let counter = Arc::new(Counter::default());
        for (kind, need, words) in [
            (Kind::Step, Need::Any, format!("`{word}` is never judged")),
            (Kind::Branch, Need::Yes, format!("`{word}` never ends a record")),
            (Kind::Branch, Need::No, format!("`{word}` never lets a record pass")),
        ] {
            self.points.push(Point { kind, span: stop.span, counter: counter.clone(), need, words });
        }
        stop.when = Some(Expr::new(Op::Counted(counter, Box::new(condition)), when.span));
    }

    /// A stop behind another word.
    fn end(&mut self, stop: &mut Stop, words: &str) {
        if let Some(when) = &stop.when {
            stop.when = Some(self.both(when, "when"));
        }
        stop.because = self.counted(&stop.because, "end", &[(Kind::Branch, Need::Any, words.to_string())]);
    }

    fn by(&mut self, by: &mut By) {
        match by {
            By::Linked { value, .. } | By::Field { value, .. } | By::Id(value) => *value = self.expr(value),
        }
    }

    fn ensure(&mut self, ensure: &mut Ensure) {
        for rung in &mut ensure.rungs {
            match rung {
                Rung::Use(value) => {
                    let words = "`use` never gives one".to_string();
                    *value = self.counted(value, "use", &[(Kind::Branch, Need::Yes, words)]);
                }
                Rung::By { linked: Some((value, _)), .. } => *value = self.expr(value),
                Rung::By { .. } => {}
            }
        }
        ensure.several.iter_mut().for_each(|stop| self.end(stop, "`several` never comes"));
        ensure.missing.iter_mut().for_each(|stop| self.end(stop, "`missing` never comes"));
        ensure.body = self.expr(&ensure.body);
    }

    /// A condition that is to be true once and false once.
    fn both(&mut self, condition: &Expr, word: &'static str) -> Expr {
        self.counted(
            condition,
            word,
            &[
                (Kind::Branch, Need::Yes, format!("`{word}` is never true")),
                (Kind::Branch, Need::No, format!("`{word}` is never false")),
            ],
        )
    }

    /// An expression behind a counter that these points look at.
    fn counted(&mut self, expr: &Expr, place: &'static str, points: &[(Kind, Need, String)]) -> Expr {
        let inner = self.expr(expr);
        if self.quiet {
            return inner;
        }
        let counter = match self.counters.get(&(expr.span, place)) {
            Some(counter) => counter.clone(),
            None => {
                let counter = Arc::new(Counter::default());
                self.counters.insert((expr.span, place), counter.clone());
                for (kind, need, words) in points {
                    let (counter, words) = (counter.clone(), words.clone());
                    self.points.push(Point { kind: *kind, span: expr.span, counter, need: *need, words });
                }
                counter
            }
        };
        Expr::new(Op::Counted(counter, Box::new(inner)), expr.span)
    }

    fn expr(&mut self, expr: &Expr) -> Expr {
        let op = match &expr.op {
            plain @ (Op::Unset
            | Op::Null
            | Op::Bool(_)
            | Op::Number(_)
            | Op::Text(_)
            | Op::Date(_)
            | Op::Var(_)
            | Op::Counted(..)) => plain.clone(),
            Op::Lazy(variable, value) => Op::Lazy(*variable, self.let_value(value)),
            Op::Path(root, steps) => Op::Path(self.boxed(root), steps.clone()),
            Op::Paths(root, paths) => Op::Paths(self.boxed(root), paths.clone()),
            Op::Query { root, kind, query, single } => {
                Op::Query { root: self.boxed(root), kind: kind.clone(), query: query.clone(), single: *single }
            }
            Op::Concat { pieces, lenient } => {
                let pieces = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => Piece::Text(text.clone()),
                    Piece::Value(value, kind) => Piece::Value(self.expr(value), kind.clone()),
                });
                Op::Concat { pieces: pieces.collect(), lenient: *lenient }
            }
            Op::Not(value) => Op::Not(self.boxed(value)),
            Op::And(a, b) => Op::And(Box::new(self.operand(a, true)), Box::new(self.operand(b, true))),
            Op::Or(a, b) => Op::Or(Box::new(self.operand(a, false)), Box::new(self.operand(b, false))),
            Op::IsSet(value) => Op::IsSet(self.boxed(value)),
            Op::Compare(comparison, compared, a, b) => {
                Op::Compare(*comparison, *compared, self.boxed(a), self.boxed(b))
            }
            Op::In(compared, value, within) => Op::In(*compared, self.boxed(value), self.boxed(within)),
            Op::Arithmetic(arithmetic, a, b) => Op::Arithmetic(*arithmetic, self.boxed(a), self.boxed(b)),
            Op::Negate(value) => Op::Negate(self.boxed(value)),
            Op::Coalesce(a, b) => Op::Coalesce(Box::new(self.alternative(a)), Box::new(self.fallback(b))),
            Op::When(condition, value) => Op::When(Box::new(self.both(condition, "when")), self.boxed(value)),
            Op::Match { subject, compared, arms, none, any } => Op::Match {
                subject: self.boxed(subject),
                compared: *compared,
                arms: arms
                    .iter()
                    .map(|arm| Arm { patterns: arm.patterns.clone(), value: self.arm(&arm.value) })
                    .collect(),
                none: none.as_ref().map(|value| Box::new(self.arm(value))),
                any: any.as_ref().map(|value| Box::new(self.arm(value))),
            },
            Op::Each(each) => {
                let ranges = each.ranges.iter().map(|(variable, list)| (*variable, self.expr(list))).collect();
                let condition = each.condition.as_ref().map(|condition| self.both(condition, "where"));
                Op::Each(Box::new(Each { ranges, condition, record: self.record(&each.record) }))
            }
            Op::Record(record) => Op::Record(Box::new(self.record(record))),
            Op::List(values) => Op::List(self.all(values)),
            Op::Builtin(builtin, values) => Op::Builtin(builtin, self.all(values)),
            Op::Function(function, values) => Op::Function(self.function(function), self.all(values)),
            Op::Script(script, values) => {
                let counted = Arc::new(self.forks.counted(script, crate::builtin::all()));
                let call = Expr::new(Op::Script(counted, self.all(values)), expr.span);
                Op::Counted(self.script(script.name(), expr.span), Box::new(call))
            }
            Op::Lookup(TableRef::Fixed(table), key) => Op::Lookup(TableRef::Fixed(self.table(table)), self.boxed(key)),
            Op::Lookup(table, key) => Op::Lookup(table.clone(), self.boxed(key)),
            Op::Project(value, fields) => Op::Project(self.boxed(value), fields.clone()),
            Op::ProjectAll(value, fields) => Op::ProjectAll(self.boxed(value), fields.clone()),
            Op::Sure(value, name) => Op::Sure(self.boxed(value), name.clone()),
        };
        Expr::new(op, expr.span)
    }

    fn boxed(&mut self, expr: &Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn all(&mut self, exprs: &[Expr]) -> Vec<Expr> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// One side of `and` is to be false once, of `or` true once: otherwise it decides nothing.
    fn operand(&mut self, expr: &Expr, and: bool) -> Expr {
        match (&expr.op, and) {
            (Op::And(..), true) | (Op::Or(..), false) => self.expr(expr),
            (_, true) => self.counted(expr, "and", &[(Kind::Branch, Need::No, "this is never false".to_string())]),
            (_, false) => self.counted(expr, "or", &[(Kind::Branch, Need::Yes, "this is never true".to_string())]),
        }
    }

    /// What stands before `??` is to give the value once.
    fn alternative(&mut self, expr: &Expr) -> Expr {
        match &expr.op {
            Op::Coalesce(..) => self.expr(expr),
            _ => self.counted(expr, "alternative", &[(Kind::Branch, Need::Yes, "this is never set".to_string())]),
        }
    }

    /// What stands behind it is to be asked for once.
    fn fallback(&mut self, expr: &Expr) -> Expr {
        self.counted(expr, "fallback", &[(Kind::Branch, Need::Any, "this is never fallen back to".to_string())])
    }

    fn arm(&mut self, value: &Expr) -> Expr {
        self.counted(value, "arm", &[(Kind::Arm, Need::Any, "this arm is never taken".to_string())])
    }

    fn let_value(&mut self, value: &Arc<Expr>) -> Arc<Expr> {
        if let Some(known) = self.lets.get(&Arc::as_ptr(value)) {
            return known.clone();
        }
        let counted = Arc::new(self.expr(value));
        self.lets.insert(Arc::as_ptr(value), counted.clone());
        counted
    }

    fn record(&mut self, record: &RecordExpr) -> RecordExpr {
        RecordExpr { width: record.width, lets: record.lets.clone(), entries: self.entries(&record.entries) }
    }

    fn entries(&mut self, entries: &[Entry]) -> Vec<Entry> {
        entries
            .iter()
            .map(|entry| match entry {
                Entry::Field(slot, value) => Entry::Field(*slot, self.expr(value)),
                Entry::If(condition, then, otherwise) => {
                    Entry::If(self.both(condition, "if"), self.entries(then), self.entries(otherwise))
                }
            })
            .collect()
    }

    fn function(&mut self, function: &Arc<Function>) -> Arc<Function> {
        if let Some(known) = self.functions.get(&Arc::as_ptr(function)) {
            return known.clone();
        }
        // What stands in a function counts wherever it is called from.
        let quiet = std::mem::replace(&mut self.quiet, false);
        let words = format!("`{}` is never called", function.name);
        let body = self.counted(&function.body, "fn", &[(Kind::Function, Need::Any, words)]);
        self.quiet = quiet;
        let counted = Arc::new(Function {
            name: function.name.clone(),
            variables: function.variables,
            maybe: function.maybe.clone(),
            body,
        });
        self.functions.insert(Arc::as_ptr(function), counted.clone());
        counted
    }

    /// The counter of a script, wherever it is called from.
    fn script(&mut self, name: &str, span: Span) -> Arc<Counter> {
        let counter = self.scripts.entry(name.to_string()).or_default().clone();
        let known = |point: &Point| Arc::ptr_eq(&point.counter, &counter);
        if !self.quiet && !self.points.iter().any(known) {
            let words = format!("`{name}` never gives anything");
            let counter = counter.clone();
            self.points.push(Point { kind: Kind::Function, span, counter, need: Need::Yes, words });
        }
        counter
    }

    fn table(&mut self, table: &Arc<Table>) -> Arc<Table> {
        if let Some(known) = self.tables.get(&Arc::as_ptr(table)) {
            return known.clone();
        }
        let quiet = std::mem::replace(&mut self.quiet, false);
        let mut counted = Table::default();
        for (key, row) in &table.rows {
            let words = format!("the row {key:?} is never looked up");
            counted.rows.insert(key.clone(), self.counted(row, "row", &[(Kind::Row, Need::Any, words)]));
        }
        let rest = "the row `_` is never looked up".to_string();
        counted.any = table.any.as_ref().map(|row| self.counted(row, "row", &[(Kind::Row, Need::Any, rest)]));
        self.quiet = quiet;
        let counted = Arc::new(counted);
        self.tables.insert(Arc::as_ptr(table), counted.clone());
        counted
    }

    fn test_item(&mut self, item: &mut TestItem) {
        match item {
            TestItem::Records { records, with, .. } => {
                if let GivenRecords::Record(record) = records {
                    *record = self.expr(record);
                }
                with.iter_mut().for_each(|(_, value)| *value = self.expr(value));
            }
            TestItem::Setting(_, value) => *value = self.expr(value),
            TestItem::ExpectEffect { what: ExpectWhat::Record(record), .. } => *record = self.expr(record),
            TestItem::ExpectHolds { condition, sides, .. } => {
                *condition = self.expr(condition);
                sides.iter_mut().for_each(|(side, _)| *side = self.expr(side));
            }
            TestItem::Link { .. }
            | TestItem::Fault { .. }
            | TestItem::ExpectStop { .. }
            | TestItem::ExpectEffect { .. } => {}
        }
    }
}
