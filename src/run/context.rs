//! What all records of one run share: the graph, the world, the claim, and what was read once for all of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use tokio_util::sync::CancellationToken;

use crate::check::{At, FieldPath, Program};
use crate::connect::{Exchange, Observer, System};
use crate::eval::{Compared, Reader, Used};
use crate::ledger::{Activity, Claim, Direction, Hash, Scope};
use crate::plan::Graph;
use crate::run::compute::Plain;
use crate::run::desk::{Counted, Desk, PAGE};
use crate::run::halt::Halt;
use crate::run::lookup::{Listings, Wanted};
use crate::run::{Ended, Options, Requests, Unanswered, World};

/// How long a claim on a lane holds without being renewed.
pub(super) const CLAIM: Duration = Duration::from_secs(60);

/// How long what is under way may take after the run was told to stop.
const GRACE: Duration = Duration::from_secs(8);

/// One run of one flow.
pub(super) struct Context {
    pub(super) graph: Arc<Graph>,
    pub(super) world: World,
    pub(super) options: Options,
    pub(super) scope: Scope,
    pub(super) claim: Claim,
    pub(super) version: Hash,
    pub(super) source: Reader,
    pub(super) listings: Listings,
    pub(super) desk: Desk,
    /// By place: the fields by which things are looked for there before one is made.
    sought: HashMap<String, Vec<Wanted>>,
    readers: HashMap<String, Arc<Reader>>,
    identities: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    once: HashMap<usize, tokio::sync::OnceCell<Vec<crate::connect::Row>>>,
    reads: AtomicU64,
    writes: AtomicU64,
    needed: AtomicU64,
    read_back: AtomicU64,
    seeds: AtomicU64,
    activity: Mutex<Vec<Activity>>,
    /// The run ends: what waits goes no further.
    over: CancellationToken,
    unanswered: Mutex<Vec<Unanswered>>,
    /// When the run began, by the time that nobody sets.
    pub(super) began: Duration,
}

impl Context {
    pub(super) fn new(graph: Arc<Graph>, world: World, options: Options, claim: Claim, version: Hash) -> Context {
        let program = graph.program.clone();
        let scope = Scope::new(world.tenant.clone(), program.name.clone());
        let mut readers = HashMap::new();
        for at in places(&program) {
            let name = at.resource.name.to_string();
            readers.entry(name).or_insert_with(|| Arc::new(Reader::new(&at.resource.shape, &Used::all())));
        }
        let once = (0..program.steps.len()).map(|step| (step, tokio::sync::OnceCell::new())).collect();
        Context {
            source: Reader::new(&program.source.at.resource.shape, &source_used(&program)),
            seeds: AtomicU64::new(world.seed),
            listings: Listings::default(),
            desk: Desk::default(),
            sought: sought(&program, &world),
            identities: Mutex::default(),
            activity: Mutex::default(),
            over: world.cancel.child_token(),
            unanswered: Mutex::default(),
            began: world.clock.steady(),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            needed: AtomicU64::new(0),
            read_back: AtomicU64::new(0),
            graph,
            world,
            options,
            scope,
            claim,
            version,
            readers,
            once,
        }
    }

    pub(super) fn program(&self) -> &Arc<Program> {
        &self.graph.program
    }

    pub(super) fn system(&self, at: &At) -> &System {
        &self.world.systems[at.role]
    }

    /// The resource as the ledger knows it, whatever the flow calls its role: `CONNECTION.RESOURCE`.
    pub(super) fn place(&self, at: &At) -> String {
        format!("{}.{}", self.system(at).connection().name, at.resource.name.resource)
    }

    /// The flow's own words at a place, on one line.
    pub(super) fn words(&self, span: crate::report::Span) -> String {
        let source = self.world.sources.get(span.source);
        let text = source.and_then(|source| source.text.get(span.start as usize..span.end as usize));
        text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// A rung in the flow's own words, on one line: `email, is_private`.
    pub(super) fn rung(&self, span: crate::report::Span) -> Arc<str> {
        let words = self.words(span);
        words.strip_prefix("by ").unwrap_or(&words).into()
    }

    /// Reads whole records of a resource.
    pub(super) fn reader(&self, at: &At) -> &Reader {
        self.readers.get(&at.resource.name.to_string()).expect("every resource of the program has its reader")
    }

    /// What a step reads once per run, by the number of the step.
    pub(super) fn once(&self, step: usize) -> &tokio::sync::OnceCell<Vec<crate::connect::Row>> {
        self.once.get(&step).expect("every step has its cell")
    }

    /// The lock of an identity, so that one record at a time works on it.
    pub(super) fn identity(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut identities = self.identities.lock().expect("no holder of it panics");
        identities.entry(name.to_string()).or_default().clone()
    }

    /// Forgets the lock of an identity that nobody works on or waits for.
    pub(super) fn leave(&self, name: &str) {
        let mut identities = self.identities.lock().expect("no holder of it panics");
        if identities.get(name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            identities.remove(name);
        }
    }

    /// Nothing leaves: what would is shown.
    pub(super) fn rehearses(&self) -> bool {
        self.world.systems.iter().any(System::rehearses)
    }

    /// A body as it is kept with what a step did: for people who plan, and else no longer than it takes to send it.
    pub(super) fn kept(&self, body: &bytes::Bytes) -> bytes::Bytes {
        if self.rehearses() { body.clone() } else { bytes::Bytes::new() }
    }

    pub(super) fn next_seed(&self) -> u64 {
        self.seeds.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn requests(&self) -> Requests {
        let read_back = self.read_back.load(Ordering::Relaxed).div_ceil(PAGE as u64);
        Requests {
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            least: self.needed.load(Ordering::Relaxed) + read_back,
        }
    }

    /// So many requests could not have been spared by anyone: writes that did something, pages that must be read.
    pub(super) fn needed(&self, requests: usize) {
        self.needed.fetch_add(requests as u64, Ordering::Relaxed);
    }

    /// A made thing is read back: a page holds many.
    pub(super) fn reads_back(&self) {
        self.read_back.fetch_add(1, Ordering::Relaxed);
    }

    /// The fields by which things are looked for in that place before one is made.
    pub(super) fn sought(&self, place: &str) -> &[Wanted] {
        self.sought.get(place).map_or(&[], Vec::as_slice)
    }

    /// Waits, unless the run is told to stop.
    pub(super) async fn sleep(&self, wait: Duration) -> Result<(), Halt> {
        let _idle = self.desk.idle();
        tokio::select! {
            biased;
            () = self.over.cancelled() => Err(Ended::Cancelled.into()),
            () = self.world.clock.wait(wait) => Ok(()),
        }
    }

    /// Comes back when nothing is waited for any more: told so, or some seconds after the run was told to stop.
    pub(super) async fn cut_off(&self) {
        let late = async {
            self.world.cancel.cancelled().await;
            self.world.clock.wait(GRACE).await;
        };
        tokio::select! {
            () = self.world.at_once.cancelled() => {}
            () = late => {}
        }
    }

    /// From now on nobody knows what becomes of a write.
    pub(super) fn opened(&self, write: Unanswered) {
        let mut all = self.unanswered.lock().expect("no holder of it panics");
        if !all.iter().any(|known| known.is(&write)) {
            all.push(write);
        }
    }

    /// It is known, or written down as a doubt.
    pub(super) fn closed(&self, write: &Unanswered) {
        self.unanswered.lock().expect("no holder of it panics").retain(|known| !known.is(write));
    }

    /// The writes of which nobody knows.
    pub(super) fn unanswered(&self) -> Vec<Unanswered> {
        self.unanswered.lock().expect("no holder of it panics").clone()
    }

    /// The right to go on: nobody told the run to stop.
    pub(super) fn pass(&self) -> Result<(), Halt> {
        if self.over.is_cancelled() { Err(Ended::Cancelled.into()) } else { Ok(()) }
    }

    /// The run ends for a reason that is known: what waits goes no further, what is under way is let finish.
    pub(super) fn end(&self) {
        self.over.cancel();
    }

    /// Writes down the exchanges seen since the last time.
    pub(super) async fn flush(&self) -> Result<(), Halt> {
        let seen = std::mem::take(&mut *self.activity.lock().expect("no holder of it panics"));
        if !seen.is_empty() {
            self.world.ledger.put_activity(&self.world.tenant, seen).await?;
        }
        Ok(())
    }

    fn note(&self, witness: &Witness<'_>, exchange: Exchange) {
        let counter = if exchange.write { &self.writes } else { &self.reads };
        counter.fetch_add(1, Ordering::Relaxed);
        let answer = match (&exchange.fault, exchange.answer.is_empty()) {
            (Some(fault), true) => fault.words.clone().into_bytes(),
            _ => exchange.answer.to_vec(),
        };
        let activity = Activity {
            at: exchange.at,
            flow: self.program().name.to_string(),
            key: witness.key.map(str::to_string),
            step: witness.step.map(str::to_string),
            direction: Direction::Out,
            system: witness.system.to_string(),
            method: exchange.method,
            url: exchange.url,
            status: exchange.status,
            request: exchange.body.map(|body| body.to_vec()).unwrap_or_default(),
            answer,
            millis: u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
            attempt: witness.attempt,
        };
        self.activity.lock().expect("no holder of it panics").push(activity);
    }
}

/// Notes what is sent and answered, for the record and step it was for.
pub(super) struct Witness<'a> {
    pub(super) cx: &'a Context,
    pub(super) system: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) step: Option<&'a str>,
    pub(super) attempt: Option<u32>,
    /// Nothing leaves after this, by the time that nobody sets.
    pub(super) until: Option<Duration>,
    /// It is asked for several records, who wait.
    pub(super) shared: bool,
}

impl<'a> Witness<'a> {
    /// For a read that all records of the run share.
    pub(super) fn shared(cx: &'a Context, at: &At, step: Option<&'a str>) -> Witness<'a> {
        Witness {
            cx,
            system: &cx.system(at).connection().name,
            key: None,
            step,
            attempt: None,
            until: None,
            shared: false,
        }
    }

    /// Counts the record as one whose request is on its way.
    pub(super) fn sending(&self) -> Option<Counted<'a>> {
        (!self.shared).then(|| self.cx.desk.sending())
    }
}

impl Observer for Witness<'_> {
    fn exchanged(&self, exchange: Exchange) {
        let (status, millis) = (exchange.status, exchange.duration.as_millis());
        let (method, write) = (&*exchange.method, exchange.write);
        let class = exchange.fault.as_ref().map(|fault| fault.class.word());
        tracing::debug!(method, write, status, millis, class, "a request ended");
        self.cx.note(self, exchange);
    }

    fn may_send(&self) -> bool {
        !self.cx.world.cancel.is_cancelled() && self.until.is_none_or(|until| self.cx.world.clock.steady() <= until)
    }

    fn given_up(&self) -> BoxFuture<'_, ()> {
        self.cx.over.cancelled().boxed()
    }
}

/// The fields by which an `ensure` recognises and a key is looked for, by place.
fn sought(program: &Program, world: &World) -> HashMap<String, Vec<Wanted>> {
    use crate::check::{Rung, Work};
    let mut all: HashMap<String, Vec<Wanted>> = HashMap::new();
    let mut add = |at: &At, field: FieldPath, compared: Compared| {
        let place = format!("{}.{}", world.systems[at.role].connection().name, at.resource.name.resource);
        let fields = all.entry(place).or_default();
        if !fields.iter().any(|there| there.field.dotted == field.dotted && there.compared == compared) {
            fields.push(Wanted { field, compared, plain: Vec::<Plain>::new(), filter: None });
        }
    };
    for step in &program.steps {
        match &step.work {
            Work::Create(create) => add(&create.at, create.key.field.clone(), create.key.compared),
            Work::Call(crate::check::Call { makes: Some(at), key: Some(key), .. }) => {
                add(at, key.field.clone(), key.compared);
            }
            Work::Ensure(ensure) => {
                for rung in &ensure.rungs {
                    let Rung::By { linked: None, fields, .. } = rung else { continue };
                    for (slot, compared) in fields.iter().take(1) {
                        let name = ensure.at.resource.shape.fields[*slot as usize].name.clone();
                        add(&ensure.at, FieldPath { dotted: name, slots: vec![*slot] }, *compared);
                    }
                }
            }
            _ => {}
        }
    }
    all
}

/// Every place that a program reads from or writes to.
fn places(program: &Program) -> Vec<&At> {
    use crate::check::Work;
    let mut all = vec![&program.source.at];
    for step in &program.steps {
        match &step.work {
            Work::Stop(_) => {}
            Work::Find(find) => all.push(&find.at),
            Work::Require(require) => all.push(&require.at),
            Work::Ensure(ensure) => all.push(&ensure.at),
            Work::Create(create) => all.push(&create.at),
            Work::Update(update) => all.push(&update.at),
            Work::Call(call) => {
                all.push(&call.at);
                all.extend(&call.makes);
            }
        }
    }
    all
}

/// What is read of a source record: what the flow uses, and what the engine itself needs.
pub(super) fn source_used(program: &Program) -> Used {
    let source = &program.source;
    let mut used = source.used.clone();
    let shape = &source.at.resource.shape;
    for field in shape.id.iter().map(|id| *id as u32).chain(source.title) {
        used.fields.entry(field).or_default().merge(&Used::all());
    }
    for by in &source.by {
        if let crate::check::By::Field { field, .. } = by {
            used.merge(&used_of(&field.slots));
        }
    }
    used
}

/// The use of one field, by the slots that lead to it.
pub(super) fn used_of(slots: &[u32]) -> Used {
    match slots.split_first() {
        None => Used::all(),
        Some((first, rest)) => {
            let mut used = Used::default();
            used.fields.insert(*first, used_of(rest));
            used
        }
    }
}
