//! A person's word on a write of which nobody knows whether it happened goes in; it is tried on the system, and recorded.

use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{At, FieldPath, Key, Rung, Step, Work};
use crate::connect::Row;
use crate::ledger::{Answer, Attempt, LedgerError, Record, Resolution, Scope, Settled, State, Status};
use crate::plan::Graph;
use crate::report::{Code, Diagnostic, Span, codes};
use crate::run::compute::{self, Plain};
use crate::run::context::{Context, Witness};
use crate::run::halt::Halt;
use crate::run::lookup::{self, Wanted};
use crate::run::make::{key_wanted, shows_done};
use crate::run::record::{place_of, resource_name};
use crate::run::retry::Spot;
use crate::run::{Ended, Options, What, World, claimed, keep};
use crate::value::Arena;

/// A write of which nobody knows whether it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The step.
    pub step: String,
    /// Where: `books.invoices`; empty where the flow has no such step any more.
    pub resource: String,
    /// What the made thing carries, by which it is looked for.
    pub carries: String,
    /// The attempt's number, from 0.
    pub attempt: u32,
    /// When it was reserved.
    pub reserved: Timestamp,
    /// What went wrong; empty where the process ended before an answer.
    pub words: String,
    /// The attempt's key, where it is not the record's.
    identity: Option<String>,
}

/// What a person says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It made the thing of this id.
    Found(String),
    /// It made nothing.
    Absent,
}

/// What a person said and was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Of what.
    pub doubt: Doubt,
    /// What else of the record is in doubt.
    pub left: Vec<Doubt>,
}

/// Why a person's word was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The record has nothing in doubt: where it stands.
    NotInDoubt(Status),
    /// More than one write is in doubt, or none of that name is.
    Which(Vec<Doubt>),
    /// It is not what was to be written: why.
    NotTheOne(String),
    /// It is there.
    IsThere {
        /// Where it was looked for.
        resource: String,
        /// What it carries.
        carries: String,
        /// Its id.
        id: String,
    },
    /// What was sent may still arrive until then.
    MayStillLand(Timestamp),
    /// The system could not be asked, or the ledger refused.
    Unanswered {
        /// The number of why.
        code: Code,
        /// Why.
        words: String,
    },
}

impl Refusal {
    /// It in the shape of all messages, about the record of that title.
    #[must_use]
    pub fn problem(&self, title: &str) -> Diagnostic {
        let of = |code, words: String| Diagnostic::error(code, Span::NONE, words);
        match self {
            Refusal::NotInDoubt(status) => {
                of(codes::run::NOT_IN_DOUBT, format!("`{title}` is not in doubt: it is {}", status.word()))
            }
            Refusal::Which(doubts) => {
                let steps: Vec<String> = doubts.iter().map(|doubt| format!("`{}`", doubt.step)).collect();
                of(codes::run::SEVERAL_DOUBTS, format!("of `{title}` these are in doubt: {}", steps.join(", ")))
            }
            Refusal::NotTheOne(words) => of(codes::run::NOT_THE_ONE, words.clone()),
            Refusal::IsThere { resource, carries, id } => {
                let words = format!("it is there: {resource} {id} carries {carries:?}");
                of(codes::run::IS_THERE, words)
            }
            Refusal::MayStillLand(until) => {
                let words = format!("what was sent for `{title}` may still arrive, or show itself, until {until}");
                of(codes::run::MAY_STILL_LAND, words)
            }
            Refusal::Unanswered { code, words } => of(*code, words.clone()),
        }
    }

    /// The record is as much in doubt as before.
    #[must_use]
    pub fn leaves_doubt(&self) -> bool {
        !matches!(self, Refusal::NotInDoubt(_))
    }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Refusal {
        Halt::from(error).into()
    }
}

impl From<Halt> for Refusal {
    fn from(halt: Halt) -> Refusal {
        match halt {
            Halt::Record(end) => Refusal::Unanswered { code: end.code, words: end.reason },
            Halt::Run(ended) => {
                let known = ended.problem().map(|problem| (problem.code, problem.title));
                let (code, words) = known.expect("a run that is halted ended in some way");
                Refusal::Unanswered { code, words }
            }
        }
    }
}

/// The writes of a record that are in doubt.
///
/// # Errors
/// When the ledger refuses.
pub async fn doubts(graph: &Graph, world: &World, key: &str) -> Result<Vec<Doubt>, LedgerError> {
    let scope = Scope::new(world.tenant.clone(), graph.program.name.clone());
    match world.ledger.record(&scope, key).await? {
        Some(record) => of_record(graph, world, &scope, &record).await,
        None => Ok(Vec::new()),
    }
}

async fn of_record(graph: &Graph, world: &World, scope: &Scope, record: &Record) -> Result<Vec<Doubt>, LedgerError> {
    let mut all: Vec<Doubt> = record.attempts.iter().filter_map(|attempt| doubt(graph, attempt, None)).collect();
    // What was sent to make whom a record is about lies under the identity, not under the record.
    let decided = record.summary.outcome.iter().flat_map(|outcome| &outcome.decided);
    let in_doubt = What::Doubted("".into()).word();
    for identity in decided.filter(|decision| decision.what == in_doubt).filter_map(|decision| decision.by.clone()) {
        for attempt in world.ledger.attempts(scope, &identity).await? {
            all.extend(doubt(graph, &attempt, Some(identity.clone())));
        }
    }
    Ok(all)
}

fn doubt(graph: &Graph, attempt: &Attempt, identity: Option<String>) -> Option<Doubt> {
    let words = match &attempt.state {
        State::Open => String::new(),
        State::Answered(Answer::Unknown { words }) => words.clone(),
        State::Answered(_) => return None,
    };
    let program = &graph.program;
    let resource = program.steps.iter().find(|step| *step.name == *attempt.step).map(|step| {
        let at = place_of(step);
        format!("{}.{}", program.roles[at.role].name, at.resource.name.resource)
    });
    Some(Doubt {
        step: attempt.step.clone(),
        resource: resource.unwrap_or_default(),
        carries: attempt.key_text.clone(),
        attempt: attempt.n,
        reserved: attempt.reserved,
        words,
        identity,
    })
}

/// Records what a person says of a write in doubt, once it was tried on the system: what is named must be there and carry
/// what was sent; what is said not to be there must not be found. The record then waits, to go on behind that step.
///
/// # Errors
/// When it is not so, or cannot be tried; nothing is recorded then.
pub async fn resolve(
    graph: &Arc<Graph>,
    world: &World,
    key: &str,
    step: Option<&str>,
    word: &Word,
) -> Result<Resolved, Refusal> {
    // Nobody else works on what a person speaks of: a run that is under way could be sending just now.
    let (cx, claim) = claimed(graph, world, &Options::default()).await?;
    let said = tokio::select! {
        said = said(&cx, key, step, word) => said,
        halt = keep(&cx, claim.clone()) => Err(halt.into()),
    };
    let flushed = cx.flush().await;
    world.ledger.release(&claim).await?;
    flushed?;
    said
}

async fn said(cx: &Context, key: &str, step: Option<&str>, word: &Word) -> Result<Resolved, Refusal> {
    let ledger = &cx.world.ledger;
    let Some(record) = ledger.record(&cx.scope, key).await? else { return Err(Refusal::NotInDoubt(Status::Waiting)) };
    if record.summary.status != Status::InDoubt {
        return Err(Refusal::NotInDoubt(record.summary.status));
    }
    let all = of_record(&cx.graph, &cx.world, &cx.scope, &record).await?;
    let named: Vec<&Doubt> = all.iter().filter(|doubt| step.is_none_or(|step| step == doubt.step)).collect();
    let [doubt] = named.as_slice() else { return Err(Refusal::Which(all.clone())) };
    let doubt = (*doubt).clone();
    let trial = Trial::new(cx, key, &doubt)?;
    let found = match word {
        Word::Found(id) => {
            trial.is_the_one(id).await?;
            Some(id.clone())
        }
        Word::Absent => {
            trial.is_absent().await?;
            None
        }
    };
    let resolution = Resolution {
        key: key.to_owned(),
        identity: doubt.identity.clone(),
        step: doubt.step.clone(),
        n: doubt.attempt,
        found,
    };
    match ledger.resolve(&cx.scope, resolution, cx.world.clock.now()).await? {
        Settled::Stored => {}
        Settled::Kept(_) => {
            let status = ledger.record(&cx.scope, key).await?.map_or(Status::Waiting, |record| record.summary.status);
            return Err(Refusal::NotInDoubt(status));
        }
    }
    let left = doubts(&cx.graph, &cx.world, key).await?;
    Ok(Resolved { doubt, left })
}

/// A person's word being tried on the system.
struct Trial<'a> {
    cx: &'a Context,
    key: &'a str,
    doubt: &'a Doubt,
    step: &'a Step,
    at: &'a At,
    spot: Spot,
    /// What the thing must carry; empty where it cannot be told by that.
    wanted: Vec<Wanted>,
}

impl<'a> Trial<'a> {
    fn new(cx: &'a Context, key: &'a str, doubt: &'a Doubt) -> Result<Trial<'a>, Refusal> {
        let Some(step) = cx.graph.program.steps.iter().find(|step| *step.name == *doubt.step) else {
            let words = format!("the flow has no step `{}` any more: what it made cannot be looked at", doubt.step);
            return Err(Refusal::NotTheOne(words));
        };
        let at = place_of(step);
        let spot = Spot { step: step.name.clone(), span: step.span };
        Ok(Trial { cx, key, doubt, step, at, spot, wanted: wanted_of(step, &doubt.carries) })
    }

    fn witness(&self) -> Witness<'_> {
        let system = &self.cx.system(self.at).connection().name;
        let (key, step) = (Some(self.key), Some(&*self.spot.step));
        Witness { cx: self.cx, system, key, step, attempt: None, until: None, shared: false }
    }

    /// The thing of that id is what the write would have made.
    async fn is_the_one(&self, id: &str) -> Result<(), Refusal> {
        let (cx, at) = (self.cx, self.at);
        let resource = resource_name(at, cx);
        let Some(row) = lookup::get(cx, &self.witness(), at, id, &self.spot).await? else {
            return Err(Refusal::NotTheOne(format!("{resource} has no `{id}`")));
        };
        if let Work::Call(call) = &self.step.work
            && call.makes.is_none()
        {
            if *id != self.doubt.carries {
                let words =
                    format!("`{}` was done to {resource} {}, not to `{id}`", self.step.name, self.doubt.carries);
                return Err(Refusal::NotTheOne(words));
            }
            let done = at.resource.actions[call.action].done.as_ref();
            if done.is_some_and(|done| !shows_done(cx, at, &at.resource, done, &row)) {
                let words = format!("{resource} {id} does not show that `{}` was done", self.step.name);
                return Err(Refusal::NotTheOne(words));
            }
            return Ok(());
        }
        for wanted in &self.wanted {
            let carried = carried(cx, at, &row, wanted);
            if carried.as_ref() != wanted.plain.first() {
                let there = carried.map_or_else(|| "nothing".to_owned(), |plain| format!("{:?}", plain.text));
                let field = &wanted.field.dotted;
                let words =
                    format!("{resource} {id} carries {there} in `{field}`, sent was {:?}", wanted.plain[0].text);
                return Err(Refusal::NotTheOne(words));
            }
        }
        Ok(())
    }

    /// Nothing that was sent can still arrive, and what it would have made is not found.
    async fn is_absent(&self) -> Result<(), Refusal> {
        let (cx, at) = (self.cx, self.at);
        let connection = cx.system(at).connection();
        let settled = self.doubt.reserved + connection.window + connection.timeout + connection.lag;
        if cx.world.clock.now() < settled {
            return Err(Refusal::MayStillLand(settled));
        }
        let (resource, carries) = (resource_name(at, cx), self.doubt.carries.clone());
        if let Work::Call(call) = &self.step.work
            && call.makes.is_none()
        {
            let Some(done) = at.resource.actions[call.action].done.as_ref() else { return Ok(()) };
            let row = lookup::get(cx, &self.witness(), at, &carries, &self.spot).await?;
            return match row {
                Some(row) if shows_done(cx, at, &at.resource, done, &row) => {
                    let words = format!("{resource} {carries} shows that `{}` was done", self.step.name);
                    Err(Refusal::NotTheOne(words))
                }
                _ => Ok(()),
            };
        }
        if self.wanted.is_empty() {
            return Ok(());
        }
        let reserved = self.doubt.reserved;
        let rows = lookup::look_again(cx, &self.witness(), at, &self.wanted, reserved, &self.spot).await?;
        match rows.iter().find_map(|row| compute::id_of(cx, at, row)) {
            Some(id) => Err(Refusal::IsThere { resource, carries, id }),
            None => Ok(()),
        }
    }
}

/// What a made thing must carry, by the text that was kept of it.
fn wanted_of(step: &Step, carries: &str) -> Vec<Wanted> {
    let by_key = |key: &Key| vec![key_wanted(key, carries)];
    match &step.work {
        Work::Create(create) => by_key(&create.key),
        Work::Call(call) => call.key.as_ref().map(by_key).unwrap_or_default(),
        Work::Ensure(ensure) => {
            let shape = &ensure.at.resource.shape;
            let rungs = ensure.rungs.iter().filter_map(|rung| match rung {
                Rung::By { fields, .. } if !fields.is_empty() => Some(fields),
                _ => None,
            });
            let read = |fields: &Vec<(u32, crate::eval::Compared)>| {
                let mut rest = carries;
                let mut wanted = Vec::new();
                for (number, (slot, compared)) in fields.iter().enumerate() {
                    let name = shape.fields[*slot as usize].name.clone();
                    let after = rest.strip_prefix(&*name)?.strip_prefix('=')?;
                    let next = fields.get(number + 1);
                    let next = next.map(|(slot, _)| format!(", {}=", shape.fields[*slot as usize].name));
                    let end = next.map_or(Some(after.len()), |next| after.find(&next))?;
                    let plain = vec![Plain { text: after[..end].into() }];
                    let field = FieldPath { dotted: name, slots: vec![*slot] };
                    wanted.push(Wanted { field, compared: *compared, plain, filter: None });
                    rest = after[end..].trim_start_matches(", ");
                }
                Some(wanted)
            };
            rungs.into_iter().find_map(read).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// What a thing carries in a field.
fn carried(cx: &Context, at: &At, row: &Row, wanted: &Wanted) -> Option<Plain> {
    let mut arena = Arena::new(cx.world.zone.clone());
    let record = cx.reader(at).read(row.text(), &mut arena).ok()?;
    compute::plain_at(record, wanted, &at.resource.shape, &mut arena)
}

impl From<Ended> for Refusal {
    fn from(ended: Ended) -> Refusal {
        Halt::from(ended).into()
    }
}
