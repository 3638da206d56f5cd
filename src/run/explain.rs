//! A source record's bytes go in; what ends it or recognises something, with the values it is judged by, comes out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::{Ensure, Rung, SOURCE, Work};
use crate::eval::{self, Entry, Expr, Op};
use crate::report::Span;
use crate::run::compute;
use crate::run::map::{MapEnd, MapWorker};
use crate::value::{Arena, Kind, Value};

/// A step that can end a record, or recognises something, as it is judged for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The step.
    pub step: Arc<str>,
    /// Its place.
    pub span: Span,
    /// Whether the record ends there; none where that needs a system, or cannot be computed.
    pub ends: Option<bool>,
    /// It recognises something: its values are what is looked for.
    pub looks: bool,
    /// Why it cannot be computed; empty where it can.
    pub failed: String,
    /// What it is judged by: in the flow's own words, and the value.
    pub values: Vec<(Written, String)>,
}

/// Words of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Those at a place.
    At(Span),
    /// The name of a field.
    Field(Arc<str>),
}

impl MapWorker<'_> {
    /// Judges every `skip`, `hold`, `stop`, `require` and `ensure`, in the order of the file, also those behind the
    /// first that ends the record.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn explain(&mut self, json: &str) -> Result<Vec<Judged>, MapEnd> {
        self.begin(json)?;
        let program = self.mapper.graph.program.clone();
        let unknown: BTreeSet<u32> = program.steps.iter().filter_map(|step| step.makes).collect();
        let free = |expr: &Expr| !expr.mentions(&|variable| unknown.contains(&variable));
        let mut all = Vec::new();
        for step in &program.steps {
            let (step_name, span) = (step.name.clone(), step.span);
            let (ends, looks, failed) = (None, false, String::new());
            let mut judged = Judged { step: step_name, span, ends, looks, failed, values: Vec::new() };
            match &step.work {
                Work::Stop(stop) => {
                    judged.ends = Some(true);
                    if let Some(condition) = &stop.when {
                        self.parts(condition, &free, &mut judged);
                        judged.ends = None;
                        if free(condition) {
                            match eval::holds(condition, &mut self.frame, &mut self.arena) {
                                Ok(holds) => judged.ends = Some(holds),
                                Err(failure) => judged.failed = failure.words,
                            }
                        }
                    }
                }
                Work::Require(require) => self.parts(require.by.value(), &free, &mut judged),
                Work::Ensure(ensure) => {
                    judged.looks = true;
                    self.rungs(ensure, &free, &mut judged);
                }
                Work::Find(_) | Work::Create(_) | Work::Update(_) | Work::Call(_) => continue,
            }
            all.push(judged);
        }
        Ok(all)
    }

    /// The parts of a condition that need no system.
    fn parts(&mut self, condition: &Expr, free: &dyn Fn(&Expr) -> bool, judged: &mut Judged) {
        let mut parts = Vec::new();
        parts_of(condition, &mut parts);
        for part in parts.into_iter().filter(|part| free(part)) {
            let written = Written::At(part.span);
            if !judged.values.iter().any(|(known, _)| *known == written) {
                let value = self.shown(part);
                judged.values.push((written, value));
            }
        }
    }

    /// What the rungs of an `ensure` look for, as far as it needs no system.
    fn rungs(&mut self, ensure: &Ensure, free: &dyn Fn(&Expr) -> bool, judged: &mut Judged) {
        let shape = &ensure.at.resource.shape;
        let body = eval::eval(&ensure.body, &mut self.frame, &mut self.arena);
        for rung in &ensure.rungs {
            match rung {
                Rung::Use(value) if free(value) => self.parts(value, free, judged),
                Rung::Use(_) => {}
                Rung::By { linked, fields, .. } => {
                    if let Some((value, _)) = linked.as_ref().filter(|(value, _)| free(value)) {
                        self.parts(value, free, judged);
                    }
                    for (slot, _) in fields {
                        let written = Written::Field(shape.fields[*slot as usize].name.clone());
                        let known = judged.values.iter().any(|(known, _)| *known == written);
                        if known || !field_of(&ensure.body, *slot).is_some_and(free) {
                            continue;
                        }
                        let Ok(record) = body else { continue };
                        let value = plainly(compute::slot(record, &[*slot], &self.arena), &self.arena);
                        judged.values.push((written, value));
                    }
                }
            }
        }
    }

    /// A value as a person reads it.
    fn shown(&mut self, part: &Expr) -> String {
        match eval::eval(part, &mut self.frame, &mut self.arena) {
            Err(failure) => failure.words,
            Ok(value) => plainly(value, &self.arena),
        }
    }

    /// The id of the record that was read last, where its shape has one.
    #[must_use]
    pub fn source_id(&self) -> Option<String> {
        let id = u32::try_from(self.mapper.graph.program.source.at.resource.shape.id?).ok()?;
        let value = compute::slot(self.frame.get(SOURCE), &[id], &self.arena);
        compute::plain(value, eval::Compared::Text, &self.arena).map(|plain| plain.text.into())
    }
}

/// A value as a person reads it.
pub(super) fn plainly(value: Value, arena: &Arena) -> String {
    match value {
        Value::Text(text) => format!("{:?}", arena.text(text)),
        Value::Record(_) => "a record".to_owned(),
        Value::List(run) => {
            let printed = eval::print(value, &Kind::Any, arena);
            let nothing = printed.trim_matches([',', ' ']).is_empty();
            if nothing { format!("{} records", run.len) } else { format!("[{printed}]") }
        }
        value if !value.is_set() => "not set".to_owned(),
        value => eval::print(value, &Kind::Any, arena),
    }
}

/// What a record's field is made of.
fn field_of(body: &Expr, slot: u32) -> Option<&Expr> {
    fn among(entries: &[Entry], slot: u32) -> Option<&Expr> {
        entries.iter().find_map(|entry| match entry {
            Entry::Field(own, value) => (*own == slot).then_some(value),
            Entry::If(_, then, otherwise) => among(then, slot).or_else(|| among(otherwise, slot)),
        })
    }
    match &body.op {
        Op::Record(record) => among(&record.entries, slot),
        _ => None,
    }
}

/// The parts of a condition that have a value of their own: the sides of its comparisons, what is asked to be set.
pub(super) fn parts_of<'e>(condition: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &condition.op {
        Op::Not(inner) | Op::IsSet(inner) | Op::Counted(_, inner) => parts_of(inner, parts),
        Op::And(a, b) | Op::Or(a, b) | Op::Compare(_, _, a, b) | Op::In(_, a, b) => {
            parts_of(a, parts);
            parts_of(b, parts);
        }
        // A literal says what it is.
        Op::Unset | Op::Null | Op::Bool(_) | Op::Number(_) | Op::Text(_) | Op::Date(_) => {}
        Op::List(all) if all.iter().all(|one| matches!(one.op, Op::Number(_) | Op::Text(_) | Op::Date(_))) => {}
        _ => parts.push(condition),
    }
}
