//! One run of one test: the world is declared, the flow runs in it, and what is expected is looked for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::check::{At, GivenRecords, Program, Test, TestItem};
use crate::connect::{Auth, AuthPiece, Connection, Connector, MemoryTokens, System, json};
use crate::eval::{self, Entry, Expr, Frame, Op};
use crate::ledger::{Ledger, Link, Memory, Thing};
use crate::plan::{self, Chosen};
use crate::report::{Code, Diagnostic, Span, codes};
use crate::run::{self, Ended, Options, Outcome, Watch, World};
use crate::test::page::with_small_pages;
use crate::test::time::{Driven, PausedTime};
use crate::test::world::{DeclaredSystem, Effect, Planned, SECRET, Shared, TOKEN};
use crate::test::{Tests, body};
use crate::value::{Arena, Clock, Failure, Value};

/// A process that dies more often than this dies for ever.
const DEATHS: usize = 20;
/// How long the claim of a process that died stands in the way of the next.
const AFTERLIFE: Duration = Duration::from_secs(61);

/// One run of a test.
pub(super) struct Trial<'a> {
    pub(super) tests: &'a Tests<'a>,
    pub(super) test: &'a Test,
    pub(super) arena: Arena,
    pub(super) frame: Frame,
    /// The values of its `for`, for people.
    pub(super) values: String,
    pub(super) problems: Vec<Diagnostic>,
    pub(super) pinned: Vec<PathBuf>,
    systems: Vec<Arc<DeclaredSystem>>,
    shared: Shared,
    /// What became of the records that were given, in the order they ended.
    pub(super) outcomes: Vec<Outcome>,
    /// How many source records were given.
    pub(super) given: usize,
    /// How runs ended that did not come to their end.
    pub(super) broken: Vec<String>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(tests: &'a Tests<'a>, test: &'a Test, values: &BTreeMap<usize, usize>) -> Trial<'a> {
        let mut arena = Arena::new(tests.zone.clone());
        let mut frame = Frame::new(test.variables as usize, Arc::new([]));
        for name in &test.lets {
            frame.set(*name, Value::Pending);
        }
        let mut shown = Vec::new();
        for (range, chosen) in values {
            let (variable, among) = &test.ranges[*range];
            if let Ok(value) = eval::eval(&among[*chosen], &mut frame, &mut arena) {
                frame.set(*variable, value);
                let mut json = Vec::new();
                eval::write_plain(&crate::value::Kind::Any, value, &arena, &mut json);
                shown.push(String::from_utf8_lossy(&json).into_owned());
            }
        }
        let time = PausedTime::default();
        let clock = Clock::pretended(tests.clock.now(), Arc::new(time.clone()));
        let shared = Shared { clock, time, count: Arc::default() };
        let roles = tests.graph.program.roles.iter().enumerate();
        let systems = roles
            .map(|(number, role)| {
                let connector = Arc::new(with_small_pages(&role.connector));
                Arc::new(DeclaredSystem::new(number, connector, shared.clone()))
            })
            .collect();
        Trial {
            tests,
            test,
            arena,
            frame,
            values: shown.join(", "),
            problems: Vec::new(),
            pinned: Vec::new(),
            systems,
            shared,
            outcomes: Vec::new(),
            given: 0,
            broken: Vec::new(),
        }
    }

    pub(super) async fn run(&mut self) {
        let program = self.tests.graph.program.clone();
        let ledger: Arc<dyn Ledger> = Arc::new(Memory::new());
        let mut chosen: BTreeMap<Arc<str>, Chosen> = BTreeMap::new();
        let mut records: Vec<Bytes> = Vec::new();
        let mut twice = false;
        for (number, item) in self.test.items.iter().enumerate() {
            match item {
                TestItem::Records { at, records: given, with, twice: again, span } => {
                    let Some(rows) = self.given(&program, at.as_ref(), given, with, *span) else { return };
                    twice |= *again;
                    let Some(at) = at else {
                        records.extend(rows.into_iter().map(Bytes::from));
                        continue;
                    };
                    let (system, resource) = (&self.systems[at.role], &at.resource.name.resource);
                    for row in rows {
                        if is_added(given, at) {
                            system.add(resource, row);
                        } else {
                            system.put(resource, row);
                        }
                    }
                }
                TestItem::Setting(setting, value) => {
                    let name = program.settings[*setting].name.clone();
                    match self.literal(value) {
                        Ok(value) => chosen.insert(name, Chosen::Value(value)),
                        Err(failure) => return self.failed(*failure),
                    };
                }
                TestItem::Link { from, to } => {
                    let thing = |(at, id): &(At, Arc<str>)| {
                        let connection = connection_name(&program, at.role);
                        Thing::new(format!("{connection}.{}", at.resource.name.resource), id.to_string())
                    };
                    let link =
                        Link { a: thing(from), b: thing(to), extra: String::new(), flow: program.name.to_string() };
                    let now = self.tests.clock.now();
                    if let Err(error) = ledger.put_link(TENANT, link, now).await {
                        return self.problem(codes::test::CANNOT_RUN, self.test.span, error.to_string());
                    }
                }
                TestItem::Fault { effect, name, times, .. } => {
                    self.systems[effect.at.role].plan(Planned {
                        word: effect.word,
                        resource: effect.at.resource.name.resource.clone(),
                        action: effect.action.clone(),
                        name: name.clone(),
                        left: *times,
                        shown: 0,
                        line: number,
                    });
                }
                TestItem::ExpectStop { .. } | TestItem::ExpectEffect { .. } | TestItem::ExpectHolds { .. } => {}
            }
        }
        self.given = records.len();
        if !records.is_empty() {
            let settings = match plan::bind(&program, &chosen, &self.tests.zone) {
                Ok(settings) => Arc::new(settings),
                Err(missing) => {
                    for missing in missing {
                        let setting = &program.settings[missing.setting];
                        let words = match missing.failure {
                            Some(failure) => format!("setting `{}` cannot be computed: {failure}", setting.name),
                            None => format!("setting `{}` has no value: `given settings.{0} = …`", setting.name),
                        };
                        self.problem(codes::test::NO_SETTING, self.test.span, words);
                    }
                    return;
                }
            };
            for _ in 0..if twice { 2 } else { 1 } {
                if let Err(words) = self.run_once(&program, &ledger, &settings, &records).await {
                    return self.problem(codes::test::CANNOT_RUN, self.test.span, words);
                }
            }
        }
        self.expect_faults();
        self.expectations();
    }

    /// Runs the flow to its end; a process that dies on the way is followed by the next.
    async fn run_once(
        &mut self,
        program: &Program,
        ledger: &Arc<dyn Ledger>,
        settings: &Arc<eval::Settings>,
        records: &[Bytes],
    ) -> Result<(), String> {
        let options = Options {
            records: Some(records.to_vec()),
            judge_unknown: false,
            patience: Duration::from_secs(6 * 3600),
            resume: true,
            ..Options::default()
        };
        for _ in 0..DEATHS {
            let seen = Arc::new(Seen::default());
            let world = self.world(program, ledger.clone(), settings.clone(), seen.clone())?;
            let work = run::run(&self.tests.graph, &world, &options);
            let driven = self.shared.time.drive(work).await;
            self.outcomes.append(&mut seen.0.lock().expect("no holder of it panics"));
            match driven {
                Driven::Done(report) => {
                    match report.ended {
                        Ended::Done | Ended::Paused(_) => {}
                        ended if self.breaks() => self.broken.push(ended.to_string()),
                        ended => return Err(format!("the run broke off: {ended}")),
                    }
                    return Ok(());
                }
                Driven::Died => self.shared.time.skip(AFTERLIFE),
                Driven::Endless => return Err("the run does not come to an end".to_string()),
            }
        }
        Err(format!("the process died {DEATHS} times in one run: a crash that always comes needs `once`"))
    }

    /// The test breaks something.
    fn breaks(&self) -> bool {
        self.test.items.iter().any(|item| matches!(item, TestItem::Fault { .. }))
    }

    /// A fault that never came shows nothing.
    fn expect_faults(&mut self) {
        let never: Vec<Planned> = self.systems.iter().flat_map(|system| system.never_shown()).collect();
        for planned in never {
            let TestItem::Fault { effect, name, span, .. } = &self.test.items[planned.line] else { continue };
            let why = match &**name {
                "expired_token" => "nothing was asked there, or it opens without a token",
                "page_shift" => "no list or search of it had a second page",
                "search_lag" => "it was not searched",
                _ => "that did not happen",
            };
            let title = format!("expected the fault `{name}` at {}, but it never came", self.name_of(effect));
            self.problems.push(Diagnostic::error(codes::test::NOT_AS_EXPECTED, *span, title).label(why));
        }
    }

    /// Everything that was done to a role's system.
    pub(super) fn effects(&self, role: usize) -> Vec<Effect> {
        self.systems[role].effects()
    }

    pub(super) fn problem(&mut self, code: Code, span: Span, words: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, span, words));
    }

    pub(super) fn failed(&mut self, failure: Failure) {
        self.problem(codes::test::CANNOT_RUN, failure.span, failure.words);
    }

    /// A value of the test as a literal, for the settings of a flow.
    fn literal(&mut self, value: &Expr) -> Result<Expr, Box<Failure>> {
        let computed = eval::eval(value, &mut self.frame, &mut self.arena)?;
        Ok(eval::literal(computed, &self.arena, value.span))
    }

    /// The records that a line gives, changed as it says.
    fn given(
        &mut self,
        program: &Program,
        at: Option<&At>,
        given: &GivenRecords,
        with: &[(crate::check::FieldPath, Expr)],
        span: Span,
    ) -> Option<Vec<String>> {
        let at = at.unwrap_or(&program.source.at);
        let mut rows = match given {
            GivenRecords::File(path, place) => {
                let text = match (self.tests.read)(path) {
                    Ok(text) => text,
                    Err(words) => {
                        self.problem(codes::test::NO_FILE, *place, format!("`{path}` cannot be read: {words}"));
                        return None;
                    }
                };
                match rows_of(&text, at) {
                    Ok(rows) => rows,
                    Err(words) => {
                        self.problem(codes::test::NO_FILE, *place, format!("`{path}` holds no records: {words}"));
                        return None;
                    }
                }
            }
            GivenRecords::Record(record) => match eval::eval(record, &mut self.frame, &mut self.arena) {
                Ok(value) => {
                    let mut out = Vec::new();
                    eval::write_world(&at.resource.shape, value, &mut self.arena, &mut out);
                    vec![String::from_utf8_lossy(&out).into_owned()]
                }
                Err(failure) => {
                    self.failed(*failure);
                    return None;
                }
            },
        };
        for (field, value) in with {
            let computed = match eval::eval(value, &mut self.frame, &mut self.arena) {
                Ok(computed) => computed,
                Err(failure) => {
                    self.failed(*failure);
                    return None;
                }
            };
            let mut json = Vec::new();
            eval::write_plain(&crate::value::Kind::Any, computed, &self.arena, &mut json);
            let json = String::from_utf8_lossy(&json).into_owned();
            for row in &mut rows {
                *row = body::with(row, &field.dotted, &json);
            }
        }
        let _ = span;
        Some(rows)
    }

    fn world(
        &self,
        program: &Program,
        ledger: Arc<dyn Ledger>,
        settings: Arc<eval::Settings>,
        watch: Arc<dyn Watch>,
    ) -> Result<World, String> {
        let mut systems = Vec::new();
        for (number, role) in program.roles.iter().enumerate() {
            let connection = declared(&connection_name(program, number), &role.connector);
            let system = System::new(
                Arc::new(with_small_pages(&role.connector)),
                connection,
                self.systems[number].clone(),
                Arc::new(MemoryTokens::default()),
                self.shared.clock.clone(),
            );
            systems.push(system.map_err(|fault| fault.to_string())?);
        }
        Ok(World {
            tenant: TENANT.into(),
            systems,
            settings,
            kept: Arc::new([]),
            ledger,
            sources: self.tests.sources.clone(),
            clock: self.shared.clock.clone(),
            zone: self.tests.zone.clone(),
            seed: 1,
            holder: "test".into(),
            cancel: CancellationToken::new(),
            watch,
        })
    }
}

const TENANT: &str = "test";

/// The connection a role is bound to: the one of its connector's name, or of its own where two roles share one.
fn connection_name(program: &Program, role: usize) -> Arc<str> {
    let connector = &program.roles[role].connector.name;
    let shared = program.roles.iter().filter(|other| other.connector.name == *connector).count() > 1;
    if shared { program.roles[role].name.clone() } else { connector.clone() }
}

/// A connection to a declared world: as the connector says, without a limit, with secrets of no use anywhere.
fn declared(name: &str, connector: &Connector) -> Connection {
    let mut connection = Connection::new(name, connector);
    connection.base = "http://declared.test".into();
    connection.limit = None;
    match &connector.auth {
        Auth::Oauth2 { .. } => {
            connection.token = Some(format!("http://declared.test{TOKEN}").into());
            connection.grant = Some("client_credentials".into());
            connection.secret("client_id", SECRET).secret("client_secret", SECRET)
        }
        Auth::Keys(keys) => keys
            .iter()
            .flat_map(|key| &key.pieces)
            .filter_map(|piece| if let AuthPiece::Secret(name) = piece { Some(name.clone()) } else { None })
            .fold(connection, |connection, name| connection.secret(name, SECRET)),
    }
}

/// The records in a file: one, a list, or what the system answers to its list.
fn rows_of(text: &str, at: &At) -> Result<Vec<String>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let resource = &at.resource;
    let listed = resource.list.iter().map(|list| &list.within);
    let alone = resource.get.iter().map(|get| &get.within);
    for within in listed.chain(alone).filter(|within| !within.is_empty()) {
        if let Some(inner) = json::locate(text, within)? {
            return Ok(each(inner)?.unwrap_or_else(|| vec![inner.to_string()]));
        }
    }
    match each(text)? {
        Some(rows) => Ok(rows),
        None if json::fields(text)?.is_some() => Ok(vec![text.to_string()]),
        None => Err("it is neither a record nor a list".to_string()),
    }
}

fn each(text: &str) -> Result<Option<Vec<String>>, String> {
    Ok(json::elements(text)?.map(|rows| rows.into_iter().map(str::to_string).collect()))
}

/// What ended so far.
#[derive(Default)]
struct Seen(Mutex<Vec<Outcome>>);

impl Watch for Seen {
    fn found(&self, _: usize) {}

    fn ended(&self, outcome: &Outcome) {
        self.0.lock().expect("no holder of it panics").push(outcome.clone());
    }
}

/// Only what the system itself fills in stands there, and not which thing it is: it is added to each that is made.
fn is_added(given: &GivenRecords, at: &At) -> bool {
    let GivenRecords::Record(Expr { op: Op::Record(record), .. }) = given else { return false };
    let shape = &at.resource.shape;
    let own = |entry: &Entry| {
        matches!(entry, Entry::Field(slot, _)
            if shape.id != Some(*slot as usize) && shape.fields[*slot as usize].read_only)
    };
    at.resource.create.is_some() && !record.entries.is_empty() && record.entries.iter().all(own)
}
