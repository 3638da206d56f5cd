//! An expression goes in; its meaning without places goes into a digest, so that a moved line is the same step.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::check::{At, By, FieldPath, Key, Program, Rung, Step, Stop, Work};
use crate::eval::{Entry, Expr, Function, Op, Piece, RecordExpr, Table, TableRef};
use crate::value::Digest;

/// Writes meanings down; what was written once is named afterwards.
pub(super) struct Meaning<'p> {
    program: &'p Program,
    text: String,
    /// Variables without a name of their own, numbered as they come: their own numbers move when a line is put in above.
    seen: BTreeMap<u32, usize>,
}

/// The digest of a step's meaning.
pub(super) fn of_step(program: &Program, step: &Step, what: &str) -> Arc<str> {
    let mut meaning = Meaning { program, text: String::new(), seen: BTreeMap::new() };
    meaning.step(step);
    let mut digest = Digest::default();
    digest.part(what);
    digest.part(&*step.name);
    digest.part(&meaning.text);
    Arc::from(&digest.hex()[..16])
}

impl Meaning<'_> {
    fn word(&mut self, word: &str) {
        self.text.push_str(word);
        self.text.push(' ');
    }

    fn number(&mut self, number: impl std::fmt::Display) {
        write!(self.text, "{number} ").expect("a text takes all that is written");
    }

    /// A text, marked off from what follows.
    fn quoted(&mut self, text: &str) {
        write!(self.text, "{}:{text} ", text.len()).expect("a text takes all that is written");
    }

    fn at(&mut self, at: &At) {
        self.number(&at.resource.name);
        self.number(at.role);
    }

    fn step(&mut self, step: &Step) {
        self.optional(step.guard.as_ref());
        match &step.work {
            Work::Stop(stop) => self.stop(stop),
            Work::Find(find) => {
                self.at(&find.at);
                find.by.iter().for_each(|by| self.by(by));
                find.several.iter().for_each(|stop| self.stop(stop));
            }
            Work::Require(require) => {
                self.at(&require.at);
                self.by(&require.by);
                self.stop(&require.otherwise);
            }
            Work::Ensure(ensure) => {
                self.at(&ensure.at);
                for rung in &ensure.rungs {
                    match rung {
                        Rung::Use(value) => {
                            self.word("use");
                            self.expr(value);
                        }
                        Rung::By { linked, fields, .. } => {
                            self.word("by");
                            if let Some((value, of)) = linked {
                                self.number(of);
                                self.expr(value);
                            }
                            fields.iter().for_each(|(slot, _)| self.number(slot));
                        }
                    }
                }
                self.word("several");
                ensure.several.iter().for_each(|stop| self.stop(stop));
                self.word("found");
                ensure.update.iter().for_each(|slot| self.number(slot));
                self.word("missing");
                ensure.missing.iter().for_each(|stop| self.stop(stop));
                self.expr(&ensure.body);
            }
            Work::Create(create) => {
                self.at(&create.at);
                self.key(&create.key);
                self.expr(&create.body);
            }
            Work::Update(update) => {
                self.at(&update.at);
                self.expr(&update.id);
                self.expr(&update.body);
            }
            Work::Call(call) => {
                self.at(&call.at);
                self.number(call.action);
                self.expr(&call.id);
                self.optional(call.body.as_ref());
                call.key.iter().for_each(|key| self.key(key));
            }
        }
    }

    fn key(&mut self, key: &Key) {
        self.field(&key.field);
        self.expr(&key.value);
    }

    fn field(&mut self, field: &FieldPath) {
        self.quoted(&field.dotted);
    }

    fn by(&mut self, by: &By) {
        match by {
            By::Linked { value, of } => {
                self.number(of);
                self.expr(value);
            }
            By::Field { field, value, many, .. } => {
                self.field(field);
                self.number(many);
                self.expr(value);
            }
            By::Id(value) => {
                self.word("id");
                self.expr(value);
            }
        }
    }

    fn stop(&mut self, stop: &Stop) {
        self.word(stop.word.word());
        self.optional(stop.when.as_ref());
        self.expr(&stop.because);
    }

    fn optional(&mut self, expr: Option<&Expr>) {
        match expr {
            Some(expr) => self.expr(expr),
            None => self.word("-"),
        }
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        self.word("(");
        exprs.into_iter().for_each(|expr| self.expr(expr));
        self.word(")");
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.op {
            Op::Unset => self.word("none"),
            Op::Null => self.word("null"),
            Op::Bool(truth) => self.number(truth),
            Op::Number(number) => self.number(number),
            Op::Text(text) => self.quoted(text),
            Op::Date(date) => self.number(date),
            Op::Var(variable) => {
                self.word("var");
                self.variable(*variable);
            }
            Op::Lazy(variable, value) => {
                let known = self.seen.contains_key(variable);
                self.word("let");
                self.local(*variable);
                if !known {
                    self.expr(value);
                }
            }
            Op::Path(root, steps) => {
                write!(self.text, "path {steps:?} ").expect("a text takes all that is written");
                self.expr(root);
            }
            Op::Paths(root, paths) => {
                write!(self.text, "paths {paths:?} ").expect("a text takes all that is written");
                self.expr(root);
            }
            Op::Query { root, query, single, .. } => {
                write!(self.text, "query {query:?} {single} ").expect("a text takes all that is written");
                self.expr(root);
            }
            Op::Concat { pieces, lenient } => {
                write!(self.text, "concat {lenient} {} ", pieces.len()).expect("a text takes all that is written");
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => self.quoted(text),
                        Piece::Value(value, _) => self.expr(value),
                    }
                }
            }
            Op::Not(value) => self.named("not", [&**value]),
            Op::And(a, b) => self.named("and", [&**a, b]),
            Op::Or(a, b) => self.named("or", [&**a, b]),
            Op::IsSet(value) => self.named("is set", [&**value]),
            Op::Compare(comparison, compared, a, b) => self.named(&format!("{comparison:?} {compared:?}"), [&**a, b]),
            Op::In(compared, a, b) => self.named(&format!("in {compared:?}"), [&**a, b]),
            Op::Arithmetic(arithmetic, a, b) => self.named(&format!("{arithmetic:?}"), [&**a, b]),
            Op::Negate(value) => self.named("-", [&**value]),
            Op::Coalesce(a, b) => self.named("??", [&**a, b]),
            Op::When(a, b) => self.named("when", [&**a, b]),
            Op::Match { subject, arms, none, any, .. } => {
                self.named("match", [&**subject]);
                for arm in arms {
                    self.all(&arm.patterns);
                    self.expr(&arm.value);
                }
                self.optional(none.as_deref());
                self.optional(any.as_deref());
            }
            Op::Each(each) => {
                self.word("each");
                for (variable, list) in &each.ranges {
                    self.local(*variable);
                    self.expr(list);
                }
                self.optional(each.condition.as_ref());
                self.record(&each.record);
            }
            Op::Record(record) => self.record(record),
            Op::List(items) => self.named("list", items),
            Op::Builtin(builtin, arguments) => self.named(builtin.name, arguments),
            Op::Function(function, arguments) => {
                self.function(function);
                self.all(arguments);
            }
            Op::Script(script, arguments) => {
                write!(self.text, "script {script:?} ").expect("a text takes all that is written");
                self.all(arguments);
            }
            Op::Lookup(table, key) => {
                match table {
                    TableRef::Fixed(table) => self.table(table),
                    TableRef::Setting(setting) => {
                        self.word("setting");
                        self.number(setting);
                    }
                }
                self.expr(key);
            }
            Op::Project(value, fields) | Op::ProjectAll(value, fields) => {
                write!(self.text, "project {fields:?} ").expect("a text takes all that is written");
                self.expr(value);
            }
            // What is counted means the same.
            Op::Counted(_, value) => self.expr(value),
            Op::Sure(value, words) => {
                self.word("sure");
                self.quoted(words);
                self.expr(value);
            }
        }
    }

    fn named<'e>(&mut self, name: &str, parts: impl IntoIterator<Item = &'e Expr>) {
        self.word(name);
        self.all(parts);
    }

    /// A variable that a step fills by its name, any other by when it was first seen.
    fn variable(&mut self, variable: u32) {
        match self.program.names.get(&variable).cloned() {
            Some(name) if !self.seen.contains_key(&variable) => self.quoted(&name),
            _ => self.local(variable),
        }
    }

    fn local(&mut self, variable: u32) {
        let next = self.seen.len();
        let number = *self.seen.entry(variable).or_insert(next);
        self.number(number);
    }

    fn function(&mut self, function: &Function) {
        self.word("fn");
        self.quoted(&function.name);
        let outer = std::mem::take(&mut self.seen);
        self.expr(&function.body);
        self.seen = outer;
    }

    fn table(&mut self, table: &Table) {
        self.word("table");
        let mut rows: Vec<_> = table.rows.iter().collect();
        rows.sort_by(|a, b| a.0.cmp(b.0));
        for (key, value) in rows {
            self.quoted(key);
            self.expr(value);
        }
        self.optional(table.any.as_ref());
    }

    fn record(&mut self, record: &RecordExpr) {
        self.word("{");
        self.number(record.width);
        self.entries(&record.entries);
        self.word("}");
    }

    fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Field(slot, value) => {
                    self.number(slot);
                    self.expr(value);
                }
                Entry::If(condition, yes, no) => {
                    self.named("if", [condition]);
                    self.entries(yes);
                    self.word("else");
                    self.entries(no);
                    self.word("end");
                }
            }
        }
    }
}
