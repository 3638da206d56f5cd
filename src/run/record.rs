//! One record on its way through the graph: reads and stops first, then the look for keys, then the writes in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{At, SETTINGS, SOURCE, Step, Stop, Work};
use crate::connect::Row;
use crate::eval::{self, Expr, Frame};
use crate::ledger::{self, Status, Thing};
use crate::plan::{Phase, Task};
use crate::report::{codes, mask};
use crate::run::brief::slots_of;
use crate::run::compute::{self, Plain};
use crate::run::context::{Context, Witness};
use crate::run::desk::{Ask, Told};
use crate::run::explain::{parts_of, plainly};
use crate::run::halt::{End, Halt};
use crate::run::personal::personal;
use crate::run::retry::Spot;
use crate::run::{Deed, Made, Outcome, Way};
use crate::syntax::ast::StopWord;
use crate::value::{Arena, Kind, Value};

/// A record being worked on.
pub(super) struct Worker<'a> {
    pub(super) cx: &'a Context,
    pub(super) record: ledger::Record,
    pub(super) arena: Arena,
    pub(super) frame: Frame,
    /// The ids of what steps found or made, by variable.
    pub(super) ids: BTreeMap<u32, String>,
    /// The variables whose record was read whole.
    whole: BTreeSet<u32>,
    /// What a look for a key found, by the number of the step.
    pub(super) existing: BTreeMap<usize, Existing>,
    pub(super) made: Vec<Made>,
    pub(super) deeds: Vec<Deed>,
    /// Variables that a step would have filled which was not judged.
    pub(super) unjudged: BTreeSet<u32>,
    /// When it was last seen that what a step would make is not there, by the step's name.
    pub(super) looked: BTreeMap<Arc<str>, Timestamp>,
    /// Something was written for this record, now or before.
    pub(super) wrote: bool,
}

/// A thing that was there before its step.
pub(super) struct Existing {
    pub(super) id: String,
    /// This record made it, and did not come to its end.
    pub(super) ours: bool,
}

/// Works on a record to its end.
pub(super) async fn work(cx: &Context, record: ledger::Record) -> Result<(Outcome, bool), Halt> {
    let mut worker = Worker::new(cx, record);
    let ended = match worker.steps().await {
        Ok(end) => end,
        Err(Halt::Record(end)) => Some(*end),
        Err(halt) => {
            cx.flush().await?;
            return Err(halt);
        }
    };
    let wrote = worker.wrote;
    let outcome = worker.outcome(ended);
    Ok((outcome, wrote))
}

/// A record that ends before it is worked on.
pub(super) fn ended(cx: &Context, record: ledger::Record, end: End) -> Outcome {
    Worker::new(cx, record).outcome(Some(end))
}

impl<'a> Worker<'a> {
    fn new(cx: &'a Context, record: ledger::Record) -> Worker<'a> {
        let settings = &cx.world.settings;
        let program = cx.program();
        let mut frame = Frame::new(program.variables as usize, settings.tables.clone());
        frame.set(SETTINGS, settings.record);
        for variable in &program.lets {
            frame.set(*variable, Value::Pending);
        }
        let wrote = record.attempts.iter().any(made_by_us);
        Worker {
            cx,
            record,
            arena: settings.arena.clone(),
            frame,
            ids: BTreeMap::new(),
            whole: BTreeSet::new(),
            existing: BTreeMap::new(),
            made: Vec::new(),
            deeds: Vec::new(),
            unjudged: BTreeSet::new(),
            looked: BTreeMap::new(),
            wrote,
        }
    }

    async fn steps(&mut self) -> Result<Option<End>, Halt> {
        let graph = self.cx.graph.clone();
        let program = self.cx.program().clone();
        let source = Spot { step: format!("from {}", program.source.name).into(), span: program.source.span };
        let text = match std::str::from_utf8(&self.record.source) {
            Ok(text) => text,
            Err(error) => {
                return Ok(Some(
                    self.unreadable(&source, &format!("it is not UTF-8 from byte {} on", error.valid_up_to())),
                ));
            }
        };
        let value = match self.cx.source.read(text, &mut self.arena) {
            Ok(value) => value,
            Err(error) => return Ok(Some(self.unreadable(&source, &error.to_string()))),
        };
        self.frame.set(SOURCE, value);
        if !self.value(&program.source.key, &source).is_ok_and(Value::is_set) {
            let reason = "the record has nothing that identifies it: its key is not set";
            return Ok(Some(End::new(Status::Held, codes::run::NO_KEY, &source.step, source.span, reason)));
        }

        // 1. Reads and stops that need nothing made; of several stops the first in the file counts.
        if let Some(end) = self.before().await? {
            return Ok(Some(end));
        }
        // 2. Is what would be made there already?
        let looks: Vec<usize> = graph
            .nodes
            .iter()
            .filter_map(|node| if let Task::LookForKey(step) = node.task { Some(step) } else { None })
            .collect();
        if let Some(end) = self.look_for_keys(&looks).await? {
            return Ok(Some(end));
        }
        // 3. The writes, and what needs them, in the order of the file.
        for node in graph.nodes.iter().filter(|node| node.phase != Phase::Before) {
            self.cx.pass()?;
            let step = node.task.step();
            match node.task {
                Task::Step(_) => self.step(step, &program.steps[step]).await?,
                Task::ReadBack(_) => self.read_back(&program.steps[step]).await?,
                Task::LookForKey(_) => {}
            }
        }
        Ok(None)
    }

    fn unreadable(&self, source: &Spot, words: &str) -> End {
        let reason = format!("the record cannot be read: {words}");
        End::new(Status::Held, codes::run::UNREADABLE_RECORD, &source.step, source.span, reason)
    }

    /// Runs reads and stops in waves: all reads that are ready go together, and a stop that holds bounds what is still read.
    async fn before(&mut self) -> Result<Option<End>, Halt> {
        let graph = self.cx.graph.clone();
        let program = self.cx.program().clone();
        let mut open: Vec<usize> = graph
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.phase == Phase::Before && matches!(node.task, Task::Step(_)))
            .map(|(number, _)| number)
            .collect();
        open.sort_by_key(|number| graph.nodes[*number].task.step());
        let mut done: BTreeSet<usize> = BTreeSet::new();
        let mut first: Option<(usize, End)> = None;
        loop {
            let bound = first.as_ref().map_or(usize::MAX, |(step, _)| *step);
            let is_ready = |number: &usize| {
                graph.nodes[*number].task.step() < bound
                    && graph.nodes[*number].after.iter().all(|needed| done.contains(needed) || !open.contains(needed))
            };
            let ready: Vec<usize> = open.iter().copied().filter(|number| is_ready(number)).collect();
            if ready.is_empty() {
                break;
            }
            // Stops first: they cost nothing, and may spare the reads behind them.
            let stops: Vec<usize> = ready
                .iter()
                .copied()
                .filter(|number| matches!(program.steps[graph.nodes[*number].task.step()].work, Work::Stop(_)))
                .collect();
            if stops.is_empty() {
                let steps: Vec<usize> = ready.iter().map(|number| graph.nodes[*number].task.step()).collect();
                let ends = self.read_together(&steps).await?;
                for (step, end) in ends {
                    if first.as_ref().is_none_or(|(there, _)| step < *there) {
                        first = Some((step, end));
                    }
                }
                done.extend(&ready);
                open.retain(|number| !ready.contains(number));
                continue;
            }
            for number in &stops {
                let number = *number;
                let step = graph.nodes[number].task.step();
                if first.as_ref().is_some_and(|(there, _)| *there < step) {
                    continue;
                }
                let Work::Stop(stop) = &program.steps[step].work else { continue };
                if let Some(end) = self.stop(stop, &program.steps[step].name) {
                    first = Some((step, end));
                }
            }
            done.extend(&stops);
            open.retain(|number| !stops.contains(number));
        }
        Ok(first.map(|(_, end)| end))
    }

    /// Ends the record where the condition holds, or where it cannot be computed.
    pub(super) fn stop(&mut self, stop: &Stop, step: &Arc<str>) -> Option<End> {
        if let Some(condition) = &stop.when {
            match eval::holds(condition, &mut self.frame, &mut self.arena) {
                Ok(false) => return None,
                Ok(true) => {}
                Err(failure) => return Some(End::failed(*failure, codes::run::NOT_COMPUTED, step)),
            }
        }
        let status = match stop.word {
            StopWord::Skip => Status::Skipped,
            StopWord::Hold => Status::Held,
            StopWord::Stop => Status::Stopped,
        };
        let reason = match self.print(&stop.because, &Kind::Text) {
            Ok(reason) => reason,
            Err(failure) => return Some(End::failed(*failure, codes::run::NOT_COMPUTED, step)),
        };
        let mut end = End::new(status, codes::run::STOPPED_BY_FLOW, step, stop.span, reason);
        if let Some(condition) = &stop.when {
            (end.field, end.found) = self.judged_by(condition);
        }
        Some(end)
    }

    /// What a condition is judged by, in the flow's own words, and the values.
    fn judged_by(&mut self, condition: &Expr) -> (String, String) {
        let mut parts = Vec::new();
        parts_of(condition, &mut parts);
        let (mut names, mut values): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for part in parts {
            let name = self.cx.words(part.span);
            if name.is_empty() || names.contains(&name) {
                continue;
            }
            values.push(match eval::eval(part, &mut self.frame, &mut self.arena) {
                Ok(value) => plainly(value, &self.arena),
                Err(failure) => failure.words,
            });
            names.push(name);
        }
        (names.join(", "), values.join(", "))
    }

    async fn step(&mut self, number: usize, step: &Step) -> Result<(), Halt> {
        let spot = Spot { step: step.name.clone(), span: step.span };
        if self.leaves_open(step) {
            return Ok(());
        }
        if let Work::Stop(stop) = &step.work {
            if !self.cx.options.judge_unknown && self.reads_unknown(step) {
                return Ok(());
            }
            return match self.stop(stop, &step.name) {
                Some(end) => Err(end.into()),
                None => Ok(()),
            };
        }
        if let Some(guard) = &step.guard
            && !self.holds(guard, &spot)?
        {
            return Ok(());
        }
        if !matches!(step.work, Work::Find(_) | Work::Require(_)) {
            self.passed(&step.name, Way::Begun);
        }
        match &step.work {
            Work::Stop(_) => Ok(()),
            Work::Find(_) | Work::Require(_) => match self.read_together(&[number]).await?.into_iter().next() {
                Some((_, end)) => Err(end.into()),
                None => Ok(()),
            },
            Work::Ensure(ensure) => self.ensure(step, ensure, &spot).await,
            Work::Create(create) => self.create(number, step, create, &spot).await,
            Work::Update(update) => self.update(step, update, &spot).await,
            Work::Call(call) => self.call(number, step, call, &spot).await,
        }
    }

    /// Tells who looks on what happened at a step.
    pub(super) fn passed(&self, step: &Arc<str>, way: Way) {
        self.cx.world.watch.passed(step, way);
    }

    /// A field that the step reads of something made was not answered.
    fn reads_unknown(&self, step: &Step) -> bool {
        step.reads.iter().any(|(variable, used)| {
            self.ids.contains_key(variable)
                && used
                    .fields
                    .keys()
                    .any(|slot| !compute::slot(self.frame.get(*variable), &[*slot], &self.arena).is_set())
        })
    }

    /// Reads what a step found or made, once, where the answer did not hold all that the flow reads of it.
    async fn read_back(&mut self, step: &Step) -> Result<(), Halt> {
        let Some(variable) = step.makes else { return Ok(()) };
        let (Some(id), false) = (self.ids.get(&variable).cloned(), self.whole.contains(&variable)) else {
            return Ok(());
        };
        let at = place_of(step).clone();
        let spot = Spot { step: step.name.clone(), span: step.span };
        self.cx.reads_back();
        match self
            .get(&at, Ask::Get { id: id.clone(), slots: slots_of(&step.used, &at.resource.shape), made: true }, &spot)
            .await?
        {
            // What the system itself would compute is not known.
            Some(_) if self.cx.system(&at).would_be(&at.resource, &id) => Ok(()),
            Some(row) => self.fill(variable, &at, &row, &spot),
            None => {
                let reason = format!("`{}` of {} is gone", id, resource_name(&at, self.cx));
                Err(End::new(Status::Held, codes::run::GONE, &spot.step, spot.span, reason).into())
            }
        }
    }

    /// Asks, together with the other records; one thing, or none when it is not there.
    pub(super) async fn get(&self, at: &At, ask: Ask, spot: &Spot) -> Result<Option<Row>, Halt> {
        Ok(self.asks(at, ask, spot).await?.rows.into_iter().next())
    }

    /// Asks, together with the other records.
    pub(super) async fn asks(&self, at: &At, ask: Ask, spot: &Spot) -> Result<Told, Halt> {
        self.cx.desk.ask(self.cx, at, ask, spot, &self.record.summary.key).await
    }

    /// Reads a row into a variable.
    pub(super) fn fill(&mut self, variable: u32, at: &At, row: &Row, spot: &Spot) -> Result<(), Halt> {
        let value = self.decode(at, row, spot)?;
        if let Some(id) = self.id_in(at, value) {
            self.ids.insert(variable, id);
        }
        self.frame.set(variable, value);
        self.whole.insert(variable);
        Ok(())
    }

    pub(super) fn decode(&mut self, at: &At, row: &Row, spot: &Spot) -> Result<Value, Halt> {
        self.cx.reader(at).read(row.text(), &mut self.arena).map_err(|error| {
            let reason = format!("what {} answered cannot be read: {error}", resource_name(at, self.cx));
            End::new(Status::Held, codes::run::UNREADABLE_ANSWER, &spot.step, spot.span, reason).into()
        })
    }

    /// Sets a variable to a thing of which only the id is known.
    pub(super) fn set_id(&mut self, variable: Option<u32>, at: &At, id: &str) {
        let Some(variable) = variable else { return };
        let shape = &at.resource.shape;
        let run = self.arena.reserve(shape.fields.len());
        if let Some(slot) = shape.id {
            let text = self.arena.put_text(id);
            self.arena.set_slot(run, slot, Value::Text(text));
        }
        self.frame.set(variable, Value::Record(run));
        self.ids.insert(variable, id.to_string());
    }

    pub(super) fn id_in(&self, at: &At, record: Value) -> Option<String> {
        let id = at.resource.shape.id?;
        compute::plain(compute::slot(record, &[id as u32], &self.arena), eval::Compared::Text, &self.arena)
            .map(|plain| plain.text.into())
    }

    pub(super) fn value(&mut self, expr: &Expr, spot: &Spot) -> Result<Value, Halt> {
        eval::eval(expr, &mut self.frame, &mut self.arena)
            .map_err(|failure| End::failed(*failure, codes::run::NOT_COMPUTED, &spot.step).into())
    }

    pub(super) fn holds(&mut self, expr: &Expr, spot: &Spot) -> Result<bool, Halt> {
        eval::holds(expr, &mut self.frame, &mut self.arena)
            .map_err(|failure| End::failed(*failure, codes::run::NOT_COMPUTED, &spot.step).into())
    }

    pub(super) fn plain(&mut self, expr: &Expr, spot: &Spot) -> Result<Option<Plain>, Halt> {
        let value = self.value(expr, spot)?;
        Ok(compute::plain(value, eval::Compared::Text, &self.arena))
    }

    fn print(&mut self, expr: &Expr, kind: &Kind) -> Result<String, Box<crate::value::Failure>> {
        let value = eval::eval(expr, &mut self.frame, &mut self.arena)?;
        Ok(eval::print(value, kind, &self.arena))
    }

    /// The body of a write, in JSON.
    pub(super) fn write(
        &mut self,
        shape: &eval::Shape,
        record: Value,
        fields: eval::Fields<'_>,
        spot: &Spot,
    ) -> Result<Vec<u8>, Halt> {
        let mut body = Vec::new();
        eval::write(shape, record, fields, &mut self.arena, &mut body).map_err(|mut failure| {
            if failure.span == crate::report::Span::default() {
                failure.span = spot.span;
            }
            Halt::from(End::failed(*failure, codes::run::NOT_COMPUTED, &spot.step))
        })?;
        Ok(body)
    }

    /// The source record as a thing, where its shape has an id.
    pub(super) fn source_thing(&self) -> Option<Thing> {
        let at = &self.cx.program().source.at;
        let id = self.id_in(at, self.frame.get(SOURCE))?;
        Some(Thing::new(self.cx.place(at), id))
    }

    pub(super) fn witness<'w>(&'w self, at: &'w At, step: &'w str) -> Witness<'w>
    where
        'a: 'w,
    {
        Witness {
            cx: self.cx,
            system: &self.cx.system(at).connection().name,
            key: Some(&self.record.summary.key),
            step: Some(step),
            attempt: None,
            until: None,
            shared: false,
        }
    }

    pub(super) fn note(&mut self, verb: &str, at: &At, id: &str) {
        self.made.push(Made { verb: verb.into(), resource: resource_name(at, self.cx).into(), id: id.into() });
    }

    fn outcome(self, end: Option<End>) -> Outcome {
        let summary = &self.record.summary;
        let source = &self.cx.program().source;
        let is_personal = source.title.is_some_and(|title| source.at.resource.shape.fields[title as usize].personal);
        let mut outcome = Outcome {
            key: summary.key.as_str().into(),
            title: summary.title.as_str().into(),
            status: Status::Done,
            code: None,
            reason: String::new(),
            step: "".into(),
            span: None,
            field: String::new(),
            found: String::new(),
            expected: String::new(),
            made: self.made,
            deeds: self.deeds,
            personal: Vec::new(),
        };
        if let Some(end) = end {
            outcome.status = end.status;
            outcome.code = Some(end.code);
            outcome.reason = end.reason;
            outcome.step = end.step;
            outcome.span = Some(end.span);
            outcome.field = end.field;
            outcome.found = end.found;
            outcome.expected = end.expected;
        }
        let texts = [&*outcome.title, &outcome.reason, &outcome.found, &outcome.expected];
        if is_personal || outcome.code.is_some() {
            let shows = |value: &String| texts.iter().any(|text| mask(text, std::slice::from_ref(value)) != **text);
            outcome.personal = personal(self.cx, &self.record.source).into_iter().filter(shows).collect();
        }
        outcome
    }
}

/// The attempt made something and was sent by us, not adopted.
pub(super) fn made_by_us(attempt: &ledger::Attempt) -> bool {
    attempt.body.is_some() && matches!(attempt.state, ledger::State::Answered(ledger::Answer::Made { .. }))
}

/// Where the thing lives that a step finds or makes.
pub(super) fn place_of(step: &Step) -> &At {
    match &step.work {
        Work::Find(find) => &find.at,
        Work::Require(require) => &require.at,
        Work::Ensure(ensure) => &ensure.at,
        Work::Create(create) => &create.at,
        Work::Update(update) => &update.at,
        Work::Call(call) => call.makes.as_ref().unwrap_or(&call.at),
        Work::Stop(_) => unreachable!("a stop finds and makes nothing"),
    }
}

/// The resource as the flow calls it: `books.invoices`.
pub(super) fn resource_name(at: &At, cx: &Context) -> String {
    format!("{}.{}", cx.program().roles[at.role].name, at.resource.name.resource)
}
