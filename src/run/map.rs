//! The pure part of a flow: a source record's bytes go in, what it would make comes out, without any system.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use crate::check::{At, Program, Rung, SETTINGS, SOURCE, Step, Work};
use crate::eval::{self, Entry, Expr, Fields, Frame, Op, Reader, Settings, Shape};
use crate::ledger::Status;
use crate::plan::Graph;
use crate::report::{self, Code, Diagnostic, Sources, Span, Written, codes};
use crate::run::compute;
use crate::syntax::ast::StopWord;
use crate::value::{Arena, Failure, Mark, Value};

/// What is shared by all who map records of one flow.
pub struct Mapper {
    pub(super) graph: Arc<Graph>,
    settings: Arc<Settings>,
    source: Reader,
    /// For each step, the fields of its body that only a system can give.
    unknown: Vec<Vec<Unknown>>,
    /// For each step, whether its guard or stop can be judged without a system.
    judged: Vec<bool>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Its key; empty when it cannot be read.
    pub key: String,
    /// What people know it by.
    pub title: String,
    /// The end of the record, where a stop that can be judged holds.
    pub end: Option<MapEnd>,
    /// What it would make, in the order of the file; empty when it ends before.
    pub makes: Vec<Make>,
    /// The steps that need a system to be judged: their names and places.
    pub not_judged: Vec<(Arc<str>, Span)>,
}

/// Why a record makes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapEnd {
    /// Skipped, held or stopped.
    pub status: Status,
    /// Why.
    pub reason: String,
    /// The place in the flow.
    pub span: Span,
    /// The field it is about; may be empty.
    pub field: String,
    /// The value that was found; may be empty.
    pub found: String,
    /// What was expected there instead; may be empty.
    pub expected: String,
    /// The number of the kind of end.
    pub code: Code,
}

impl MapEnd {
    /// The same in the shape of all messages; nothing is ever written.
    #[must_use]
    pub fn problem(&self, record: &str) -> Diagnostic {
        Diagnostic::error(self.code, self.span, &self.reason)
            .record(self.status.word(), record)
            .path(&self.field)
            .found(&self.found)
            .expected(&self.expected)
            .written(Written::Nothing)
    }
}

/// One body that would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Make {
    /// The step.
    pub step: Arc<str>,
    /// The role and resource: `books.invoices`.
    pub resource: String,
    /// The JSON that would leave, with null for what only a system can give.
    pub body: Vec<u8>,
    /// The fields that only a system can give.
    pub unknown: Vec<String>,
}

impl Mapper {
    /// Prepares a flow with its settings.
    #[must_use]
    pub fn new(graph: Arc<Graph>, settings: Arc<Settings>) -> Mapper {
        let program = graph.program.clone();
        let source = Reader::new(&program.source.at.resource.shape, &crate::run::context::source_used(&program));
        let unknown: BTreeSet<u32> = program.steps.iter().filter_map(|step| step.makes).collect();
        let judged = program
            .steps
            .iter()
            .map(|step| {
                let free = |expr: &Expr| !expr.mentions(&|variable| unknown.contains(&variable));
                match &step.work {
                    Work::Stop(stop) => stop.when.as_ref().is_none_or(free),
                    _ => step.guard.as_ref().is_none_or(free),
                }
            })
            .collect();
        let unknown = program
            .steps
            .iter()
            .map(|step| match body_of(step) {
                Some((Expr { op: Op::Record(body), .. }, shape)) => {
                    unknown_in(&body.entries, &shape, &|variable| unknown.contains(&variable))
                }
                _ => Vec::new(),
            })
            .collect();
        Mapper { graph, settings, source, unknown, judged }
    }

    /// Someone who maps; each has memory of its own, kept from record to record.
    #[must_use]
    pub fn worker(&self) -> MapWorker<'_> {
        let arena = self.settings.arena.clone();
        let frame = Frame::new(self.graph.program.variables as usize, self.settings.tables.clone());
        MapWorker { mapper: self, mark: arena.mark(), arena, frame }
    }
}

/// Maps one record after another.
pub struct MapWorker<'a> {
    pub(super) mapper: &'a Mapper,
    pub(super) arena: Arena,
    mark: Mark,
    pub(super) frame: Frame,
}

impl MapWorker<'_> {
    /// Maps one record, given as JSON.
    pub fn map(&mut self, json: &str) -> Mapped {
        let mut mapped =
            Mapped { key: String::new(), title: String::new(), end: None, makes: Vec::new(), not_judged: Vec::new() };
        let program = self.mapper.graph.program.clone();
        if let Err(end) = self.begin(json) {
            mapped.end = Some(end);
            return mapped;
        }
        mapped.key = self.printed(&program.source.key);
        mapped.title = program.source.title.map_or_else(String::new, |slot| {
            let value = compute::slot(self.frame.get(SOURCE), &[slot], &self.arena);
            compute::plain(value, eval::Compared::Text, &self.arena).map(|plain| plain.text.into()).unwrap_or_default()
        });
        if mapped.title.is_empty() {
            mapped.title.clone_from(&mapped.key);
        }
        for (step, judged) in program.steps.iter().zip(&self.mapper.judged) {
            if matches!(step.work, Work::Require(_)) || (!judged && matches!(step.work, Work::Stop(_))) {
                mapped.not_judged.push((step.name.clone(), step.span));
            }
        }
        if let Some(end) = self.stopped(&program) {
            mapped.end = Some(end);
            return mapped;
        }
        for (number, step) in program.steps.iter().enumerate() {
            if let Err(failure) = self.make(&program, number, &mut mapped) {
                mapped.end = Some(held(*failure, step.span));
                mapped.makes.clear();
                return mapped;
            }
        }
        mapped
    }

    /// Writes the bodies of the `create`s alone, a line each; answers whether the record comes to them.
    ///
    /// # Errors
    /// When something cannot be computed, or the record cannot be read.
    pub fn bodies(&mut self, json: &str, out: &mut Vec<u8>) -> Result<bool, MapEnd> {
        let program = &self.mapper.graph.program;
        self.begin(json)?;
        for (step, judged) in program.steps.iter().zip(&self.mapper.judged) {
            let Work::Stop(stop) = &step.work else { continue };
            if let (Some(when), true) = (&stop.when, *judged)
                && eval::holds(when, &mut self.frame, &mut self.arena).map_err(|failure| held(*failure, stop.span))?
            {
                return Ok(false);
            }
        }
        let mapper = self.mapper;
        for (step, unknown) in program.steps.iter().zip(&mapper.unknown) {
            let Work::Create(create) = &step.work else { continue };
            let record = eval::eval(&create.body, &mut self.frame, &mut self.arena)
                .map_err(|failure| held(*failure, step.span))?;
            self.nulls(unknown, record, "", &mut |_| {});
            eval::write(&create.at.resource.shape, record, Fields::All, &mut self.arena, out)
                .map_err(|failure| held(*failure, step.span))?;
            out.push(b'\n');
        }
        Ok(true)
    }

    /// Reads the record into memory that is free again.
    pub(super) fn begin(&mut self, json: &str) -> Result<(), MapEnd> {
        let program = &self.mapper.graph.program;
        self.arena.reset(self.mark);
        self.frame.clear();
        self.frame.set(SETTINGS, self.mapper.settings.record);
        for variable in &program.lets {
            self.frame.set(*variable, Value::Pending);
        }
        let record = self.mapper.source.read(json, &mut self.arena).map_err(|error| MapEnd {
            status: Status::Held,
            reason: format!("the record cannot be read: {error}"),
            span: program.source.span,
            field: String::new(),
            found: String::new(),
            expected: String::new(),
            code: codes::run::UNREADABLE_RECORD,
        })?;
        self.frame.set(SOURCE, record);
        Ok(())
    }

    /// The first stop that holds, of those that can be judged.
    fn stopped(&mut self, program: &Program) -> Option<MapEnd> {
        for (step, judged) in program.steps.iter().zip(&self.mapper.judged) {
            let (Work::Stop(stop), true) = (&step.work, *judged) else { continue };
            if let Some(when) = &stop.when {
                match eval::holds(when, &mut self.frame, &mut self.arena) {
                    Ok(false) => continue,
                    Ok(true) => {}
                    Err(failure) => return Some(held(*failure, stop.span)),
                }
            }
            let status = match stop.word {
                StopWord::Skip => Status::Skipped,
                StopWord::Hold => Status::Held,
                StopWord::Stop => Status::Stopped,
            };
            return Some(MapEnd {
                status,
                reason: self.printed(&stop.because),
                span: stop.span,
                field: String::new(),
                found: String::new(),
                expected: String::new(),
                code: codes::run::STOPPED_BY_FLOW,
            });
        }
        None
    }

    fn printed(&mut self, expr: &Expr) -> String {
        match eval::eval(expr, &mut self.frame, &mut self.arena) {
            Ok(value) => compute::plain(value, eval::Compared::Text, &self.arena)
                .map(|plain| plain.text.into())
                .unwrap_or_default(),
            Err(failure) => failure.words,
        }
    }

    fn make(&mut self, program: &Program, number: usize, mapped: &mut Mapped) -> Result<(), Box<Failure>> {
        let step = &program.steps[number];
        if let Some(guard) = &step.guard {
            if !self.mapper.judged[number] {
                mapped.not_judged.push((step.name.clone(), step.span));
                return Ok(());
            }
            if !eval::holds(guard, &mut self.frame, &mut self.arena)? {
                return Ok(());
            }
        }
        if let Work::Ensure(ensure) = &step.work {
            for rung in &ensure.rungs {
                let Rung::Use(value) = rung else { continue };
                let id = eval::eval(value, &mut self.frame, &mut self.arena)?;
                if id.is_set() {
                    self.know_id(step, &ensure.at, id);
                    return Ok(());
                }
            }
        }
        let Some((body, shape)) = body_of(step) else { return Ok(()) };
        let at = match &step.work {
            // What an action takes is told under the resource it is done on.
            Work::Call(call) => &call.at,
            _ => crate::run::record::place_of(step),
        };
        let record = eval::eval(body, &mut self.frame, &mut self.arena)?;
        let mut unknown = Vec::new();
        let mapper = self.mapper;
        self.nulls(&mapper.unknown[number], record, "", &mut |field| unknown.push(field));
        let mut out = Vec::new();
        let named: Vec<u32>;
        let fields = match &step.work {
            Work::Update(update) => {
                named = update.fields.clone();
                Fields::Only(&named)
            }
            _ => Fields::All,
        };
        eval::write(&shape, record, fields, &mut self.arena, &mut out)?;
        let resource = format!("{}.{}", program.roles[at.role].name, at.resource.name.resource);
        mapped.makes.push(Make { step: step.name.clone(), resource, body: out, unknown });
        Ok(())
    }

    /// A thing whose id the settings give.
    fn know_id(&mut self, step: &Step, at: &At, id: Value) {
        let (Some(variable), Some(slot)) = (step.makes, at.resource.shape.id) else { return };
        let run = self.arena.reserve(at.resource.shape.fields.len());
        self.arena.set_slot(run, slot, id);
        self.frame.set(variable, Value::Record(run));
    }

    /// Writes null into the fields that only a system can give and nothing else gave.
    fn nulls(&mut self, unknown: &[Unknown], record: Value, path: &str, told: &mut impl FnMut(String)) {
        let Value::Record(run) = record else { return };
        for field in unknown {
            let there = self.arena.slot(run, field.slot);
            match there {
                Value::Record(_) => self.nulls(&field.inner, there, &format!("{path}{}.", field.name), told),
                there if !there.is_set() && field.itself => {
                    self.arena.set_slot(run, field.slot, Value::Null);
                    told(format!("{path}{}", field.name));
                }
                _ => {}
            }
        }
    }
}

/// A field of a body that needs what only a system can give, or a record with such fields in it.
struct Unknown {
    slot: usize,
    name: Arc<str>,
    itself: bool,
    inner: Vec<Unknown>,
}

/// The fields of a body that mention one of the variables.
fn unknown_in(entries: &[Entry], shape: &Shape, wanted: &dyn Fn(u32) -> bool) -> Vec<Unknown> {
    let mut all = Vec::new();
    for entry in entries {
        match entry {
            Entry::If(_, then, otherwise) => {
                all.extend(unknown_in(then, shape, wanted));
                all.extend(unknown_in(otherwise, shape, wanted));
            }
            Entry::Field(slot, value) if value.mentions(wanted) => {
                let slot = *slot as usize;
                let field = &shape.fields[slot];
                let inner = match (&value.op, &field.shape) {
                    (Op::Record(record), Some(inner)) => unknown_in(&record.entries, inner, wanted),
                    _ => Vec::new(),
                };
                all.push(Unknown { slot, name: field.name.clone(), itself: true, inner });
            }
            Entry::Field(..) => {}
        }
    }
    all
}

/// The body of a step that sends one, and the shape it is written by.
fn body_of(step: &Step) -> Option<(&Expr, Arc<Shape>)> {
    match &step.work {
        Work::Ensure(ensure) => Some((&ensure.body, ensure.at.resource.shape.clone())),
        Work::Create(create) => Some((&create.body, create.at.resource.shape.clone())),
        Work::Update(update) => Some((&update.body, update.at.resource.shape.clone())),
        Work::Call(call) => Some((call.body.as_ref()?, call.at.resource.actions[call.action].takes.clone()?)),
        Work::Stop(_) | Work::Find(_) | Work::Require(_) => None,
    }
}

impl Mapped {
    /// One line of JSON: what the record would make, or why it makes nothing.
    #[must_use]
    pub fn line(&self, sources: &Sources) -> String {
        let mut out = Vec::new();
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let _ = write!(out, "{{\"key\":{},\"title\":{}", text(&self.key), text(&self.title));
        if let Some(end) = &self.end {
            let _ = write!(
                out,
                ",\"outcome\":{},\"problem\":{}",
                text(end.status.word()),
                report::json(&end.problem(&self.title), sources)
            );
        } else {
            out.extend_from_slice(b",\"outcome\":\"mapped\",\"makes\":[");
            for (index, make) in self.makes.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                let unknown: Vec<String> = make.unknown.iter().map(|field| text(field)).collect();
                let (step, resource) = (text(&make.step), text(&make.resource));
                let _ = write!(out, "{{\"step\":{step},\"resource\":{resource},\"body\":");
                out.extend_from_slice(&make.body);
                let _ = write!(out, ",\"unknown\":[{}]}}", unknown.join(","));
            }
            out.push(b']');
        }
        let steps: Vec<String> = self
            .not_judged
            .iter()
            .map(|(step, span)| format!("{{\"step\":{},\"at\":{}}}", text(step), text(&sources.locate(*span))))
            .collect();
        let _ = write!(out, ",\"not_judged\":[{}]}}", steps.join(","));
        String::from_utf8(out).expect("it is made of texts and of bodies in UTF-8")
    }
}

fn held(failure: Failure, span: Span) -> MapEnd {
    let Failure { words, span: place, field, found, expected } = failure;
    let span = if place == Span::default() { span } else { place };
    MapEnd { status: Status::Held, reason: words, span, field, found, expected, code: codes::run::NOT_COMPUTED }
}
