//! `find` and `require`: what a record asks of systems before anything is written.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::check::{At, By, Find, Require, SOURCE, Step, Stop, Work};
use crate::connect::Row;
use crate::eval::{self, Compared, Expr};
use crate::ledger::{Status, Thing};
use crate::report::codes;
use crate::run::Way;
use crate::run::brief::{completed, slots_of};
use crate::run::compute::{self, Plain};
use crate::run::context::{Context, Witness};
use crate::run::halt::{End, Halt};
use crate::run::lookup::{self, Wanted};
use crate::run::record::{Worker, place_of, resource_name};
use crate::run::retry::Spot;
use crate::value::{ResourceName, Value};

/// A question whose values are known.
enum Question {
    /// It finds nothing, without a request: a value it needs is not set.
    Nothing,
    /// The one record of a resource that has one.
    Single,
    /// The record of that id.
    Id(String),
    /// All that are exactly so.
    Exactly(Vec<Wanted>),
    /// The partner of a thing.
    Linked(Thing),
}

impl Worker<'_> {
    /// Reads for several steps at the same time; answers the steps that end the record.
    pub(super) async fn read_together(&mut self, steps: &[usize]) -> Result<Vec<(usize, End)>, Halt> {
        let program = self.cx.program().clone();
        let mut questions = Vec::new();
        for number in steps {
            let step = &program.steps[*number];
            let spot = Spot { step: step.name.clone(), span: step.span };
            self.passed(&step.name, Way::Begun);
            let asked = match &step.work {
                Work::Find(find) => self.question_of_find(find, &spot),
                Work::Require(require) => self.conditions(std::slice::from_ref(&require.by), &spot),
                _ => continue,
            };
            match asked {
                Ok(question) => questions.push((*number, question, spot)),
                Err(Halt::Record(end)) => return Ok(vec![(*number, *end)]),
                Err(halt) => return Err(halt),
            }
        }
        let cx = self.cx;
        let key = self.record.summary.key.clone();
        let answers = join_all(questions.iter().map(|(number, question, spot)| {
            let step = &program.steps[*number];
            let once = cx.graph.nodes.iter().any(|node| node.once && node.task == crate::plan::Task::Step(*number));
            ask(cx, *number, step, question, spot, &key, once)
        }))
        .await;
        let mut ends = Vec::new();
        for ((number, question, spot), rows) in questions.iter().zip(answers) {
            let rows = match rows {
                Ok(rows) => rows,
                Err(Halt::Record(end)) => {
                    ends.push((*number, *end));
                    continue;
                }
                Err(halt) => return Err(halt),
            };
            let step = &program.steps[*number];
            let end = match &step.work {
                Work::Find(find) => self.found(step, find, &rows, spot)?,
                Work::Require(require) => self.required(step, require, question, &rows)?,
                _ => None,
            };
            ends.extend(end.map(|end| (*number, end)));
        }
        Ok(ends)
    }

    fn question_of_find(&mut self, find: &Find, spot: &Spot) -> Result<Question, Halt> {
        if find.by.is_empty() { Ok(Question::Single) } else { self.conditions(&find.by, spot) }
    }

    /// What the conditions ask for, their values computed.
    fn conditions(&mut self, by: &[By], spot: &Spot) -> Result<Question, Halt> {
        let mut wanted = Vec::new();
        for condition in by {
            match condition {
                By::Linked { value, of } => {
                    let Some(id) = self.plain(value, spot)? else { return Ok(Question::Nothing) };
                    return Ok(Question::Linked(Thing::new(self.place_of_id(value, of), id.text)));
                }
                By::Id(value) => {
                    let Some(id) = self.plain(value, spot)? else { return Ok(Question::Nothing) };
                    return Ok(Question::Id(id.text.into()));
                }
                By::Field { field, compared, value, many, filter } => {
                    let value = self.value(value, spot)?;
                    let plain = self.plains(value, *compared, *many);
                    if plain.is_empty() {
                        return Ok(Question::Nothing);
                    }
                    wanted.push(Wanted { field: field.clone(), compared: *compared, plain, filter: *filter });
                }
            }
        }
        Ok(Question::Exactly(wanted))
    }

    /// The plain texts of a value, or of a list's elements, each once.
    pub(super) fn plains(&self, value: Value, compared: Compared, many: bool) -> Vec<Plain> {
        let all: Vec<Value> = match value {
            Value::List(run) if many => self.arena.slots(run).to_vec(),
            value => vec![value],
        };
        let mut seen = HashSet::new();
        all.into_iter()
            .filter_map(|value| compute::plain(value, compared, &self.arena))
            .filter(|plain| seen.insert(plain.clone()))
            .collect()
    }

    /// The resource that an id is of, as the ledger knows it: of the record it was read from; where it is of none, by the
    /// first role that speaks to its connector.
    pub(super) fn place_of_id(&self, id: &Expr, of: &ResourceName) -> String {
        let program = self.cx.program();
        let is_of = |role: &usize| program.roles[*role].connector.name == of.connector;
        let source = std::iter::once((SOURCE, program.source.at.role));
        let filled = program.steps.iter().filter_map(|step| Some((step.makes?, place_of(step).role)));
        let from = source.chain(filled).filter(|(_, role)| is_of(role));
        let read = from.into_iter().find(|(variable, _)| id.mentions(&|other| other == *variable));
        let role = read.map(|(_, role)| role).or_else(|| (0..program.roles.len()).find(is_of));
        let connection = role.map_or(&of.connector, |role| &self.cx.world.systems[role].connection().name);
        format!("{connection}.{}", of.resource)
    }

    fn found(&mut self, step: &Step, find: &Find, rows: &[Row], spot: &Spot) -> Result<Option<End>, Halt> {
        match rows {
            [] => {
                self.passed(&step.name, Way::Missing);
                Ok(None)
            }
            [row] => {
                self.passed(&step.name, Way::Found);
                if let Some(variable) = step.makes {
                    self.fill(variable, &find.at, row, spot)?;
                }
                Ok(None)
            }
            rows => Ok(Some(self.several(&find.at, find.several.as_ref(), rows.len(), spot))),
        }
    }

    /// The end of a record for which more than one thing fits.
    pub(super) fn several(&mut self, at: &At, several: Option<&Stop>, count: usize, spot: &Spot) -> End {
        several.and_then(|stop| self.stop(stop, &spot.step)).unwrap_or_else(|| {
            let reason = format!("{count} of {} fit", resource_name(at, self.cx));
            End::new(Status::Held, codes::run::SEVERAL, &spot.step, spot.span, reason)
        })
    }

    fn required(
        &mut self,
        step: &Step,
        require: &Require,
        question: &Question,
        rows: &[Row],
    ) -> Result<Option<End>, Halt> {
        let (missing, nothing): (Vec<Box<str>>, bool) = match question {
            Question::Nothing => return Ok(None),
            Question::Exactly(wanted) => {
                let shape = &require.at.resource.shape;
                let mut there: HashSet<Plain> = HashSet::new();
                for row in rows {
                    let mark = self.arena.mark();
                    if let Ok(record) = self.cx.reader(&require.at).read(row.text(), &mut self.arena) {
                        there.extend(compute::plain_at(record, &wanted[0], shape, &mut self.arena));
                    }
                    self.arena.reset(mark);
                }
                let missing: Vec<Box<str>> = wanted[0]
                    .plain
                    .iter()
                    .filter(|plain| !there.contains(*plain))
                    .map(|plain| plain.text.clone())
                    .collect();
                let nothing = missing.is_empty();
                (missing, nothing)
            }
            Question::Id(id) => (vec![id.as_str().into()], !rows.is_empty()),
            Question::Linked(thing) => (vec![thing.id.as_str().into()], !rows.is_empty()),
            Question::Single => (Vec::new(), !rows.is_empty()),
        };
        if nothing {
            self.passed(&step.name, Way::Found);
            return Ok(None);
        }
        if let Some(variable) = require.otherwise.missing {
            let height = self.arena.stack_len();
            for text in &missing {
                let text = self.arena.put_text(text);
                self.arena.push(Value::Text(text));
            }
            let run = self.arena.take_list(height);
            self.frame.set(variable, Value::List(run));
        }
        let end = self.stop(&require.otherwise, &step.name).map(|mut end| {
            end.field = self.cx.words(require.by.value().span);
            end.found = missing.join(", ");
            end
        });
        Ok(end)
    }
}

/// Asks, sharing what is the same for every record of the run.
async fn ask(
    cx: &Context,
    number: usize,
    step: &Step,
    question: &Question,
    spot: &Spot,
    key: &str,
    once: bool,
) -> Result<Vec<Row>, Halt> {
    let at = super::record::place_of(step);
    let mut witness = Witness::shared(cx, at, Some(&spot.step));
    let read = async |witness: &Witness<'_>| {
        let rows = answer(cx, witness, at, question, spot).await?;
        completed(cx, witness, at, rows, &slots_of(&step.used, &at.resource.shape), spot).await
    };
    if once {
        let read = async || {
            cx.needed(1);
            read(&witness).await
        };
        return cx.once(number).get_or_try_init(read).await.cloned();
    }
    witness.key = Some(key);
    read(&witness).await
}

async fn answer(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    question: &Question,
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    match question {
        Question::Nothing => Ok(Vec::new()),
        Question::Single => {
            let system = cx.system(at);
            let ask = || system.get(crate::connect::Call::of(witness), &at.resource, &[]);
            Ok(super::retry::retrying(witness, system, spot, ask).await?.into_iter().collect())
        }
        Question::Id(id) => Ok(lookup::get(cx, witness, at, id, spot).await?.into_iter().collect()),
        Question::Exactly(wanted) => lookup::find(cx, witness, at, wanted, spot).await,
        Question::Linked(thing) => {
            let place = cx.place(at);
            let partners = cx.world.ledger.linked(&cx.world.tenant, thing, Some(&place)).await?;
            let mut rows = Vec::new();
            for partner in partners {
                rows.extend(lookup::get(cx, witness, at, &partner.thing.id, spot).await?);
            }
            Ok(rows)
        }
    }
}

/// The slots of a record that are set, of those a step names.
pub(super) fn set_slots(worker: &Worker<'_>, record: Value, slots: &[u32]) -> Vec<u32> {
    slots.iter().copied().filter(|slot| compute::slot(record, &[*slot], &worker.arena).is_set()).collect()
}

/// Two values of a field are the same for the system.
pub(super) fn same(worker: &Worker<'_>, at: &At, slot: u32, a: Value, b: Value) -> bool {
    let kind = &at.resource.shape.kind.fields[slot as usize].typed.kind;
    let a = if matches!(a, Value::Null) { Value::Unset } else { a };
    eval::equal(a, b, kind, &worker.arena)
}
