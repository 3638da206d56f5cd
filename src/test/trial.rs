//! One run of one test: the world is declared, the flow runs in it, and what is expected is looked for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::check::{At, GivenRecords, Program, Test, TestItem};
use crate::connect::{Auth, AuthPiece, Connection, Connector, FAULTS, MemoryTokens, System, json};
use crate::eval::{self, Expr, Frame};
use crate::ledger::{Ledger, Link, Memory, Thing};
use crate::plan::{self, Chosen};
use crate::report::{Code, Diagnostic, Span, codes};
use crate::run::{self, Ended, Options, Report, Watch, World};
use crate::test::world::{DeclaredSystem, Effect, Planned, TOKEN};
use crate::test::{Tests, body};
use crate::value::{Arena, Failure, Value};

/// Faults of a declared world that are shown by this build.
const SHOWN: &[&str] = &["lost_reply", "429", "500", "html_502", "reset", "expired_token"];

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
    /// What became of the records that were given.
    pub(super) reports: Vec<Report>,
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
        let systems = tests
            .graph
            .program
            .roles
            .iter()
            .map(|role| Arc::new(DeclaredSystem::new(role.connector.clone())))
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
            reports: Vec::new(),
        }
    }

    pub(super) async fn run(&mut self) {
        let program = self.tests.graph.program.clone();
        let ledger: Arc<dyn Ledger> = Arc::new(Memory::new());
        let mut chosen: BTreeMap<Arc<str>, Chosen> = BTreeMap::new();
        let mut records: Vec<Bytes> = Vec::new();
        let mut twice = false;
        for item in &self.test.items {
            match item {
                TestItem::Records { at, records: given, with, twice: again, span } => {
                    let Some(rows) = self.given(&program, at.as_ref(), given, with, *span) else { return };
                    twice |= *again;
                    match at {
                        None => records.extend(rows.into_iter().map(Bytes::from)),
                        Some(at) => {
                            for row in rows {
                                self.systems[at.role].put(&at.resource.name.resource, row);
                            }
                        }
                    }
                }
                TestItem::Setting(number, value) => {
                    let name = program.settings[*number].name.clone();
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
                TestItem::Fault { effect, name, times, span } => {
                    if !SHOWN.contains(&&**name) {
                        let known = SHOWN.join("`, `");
                        let why = if FAULTS.contains(&&**name) { "is not shown by tests yet" } else { "is no fault" };
                        let words = format!("`{name}` {why}: tests show `{known}`");
                        return self.problem(codes::test::CANNOT_RUN, *span, words);
                    }
                    self.systems[effect.at.role].plan(Planned {
                        word: effect.word,
                        resource: effect.at.resource.name.resource.clone(),
                        action: effect.action.clone(),
                        name: name.clone(),
                        left: *times,
                    });
                }
                TestItem::ExpectStop { .. } | TestItem::ExpectEffect { .. } | TestItem::ExpectHolds { .. } => {}
            }
        }
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
            let world = match self.world(&program, ledger, settings) {
                Ok(world) => world,
                Err(words) => return self.problem(codes::test::CANNOT_RUN, self.test.span, words),
            };
            for _ in 0..if twice { 2 } else { 1 } {
                let options = Options {
                    records: Some(records.clone()),
                    judge_unknown: false,
                    no_waiting: true,
                    patience: Duration::from_secs(6 * 3600),
                    resume: true,
                    ..Options::default()
                };
                let report = run::run(&self.tests.graph, &world, &options).await;
                if !matches!(report.ended, Ended::Done | Ended::Paused(_)) {
                    let words = format!("the run broke off: {}", report.ended);
                    self.problem(codes::test::CANNOT_RUN, self.test.span, words);
                }
                self.reports.push(report);
            }
        }
        self.expectations();
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
    ) -> Result<World, String> {
        let mut systems = Vec::new();
        for (number, role) in program.roles.iter().enumerate() {
            let connection = declared(&connection_name(program, number), &role.connector);
            let system = System::new(
                role.connector.clone(),
                connection,
                self.systems[number].clone(),
                Arc::new(MemoryTokens::default()),
                self.tests.clock.clone(),
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
            clock: self.tests.clock.clone(),
            zone: self.tests.zone.clone(),
            seed: 1,
            holder: "test".into(),
            cancel: CancellationToken::new(),
            watch: Arc::new(Nobody),
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

/// A connection to a declared world: no limit, no waiting, secrets of no use anywhere.
fn declared(name: &str, connector: &Connector) -> Connection {
    let mut connection = Connection::new(name, connector);
    connection.base = "http://declared.test".into();
    connection.limit = None;
    connection.window = Duration::from_secs(5);
    connection.timeout = Duration::ZERO;
    connection.lag = Duration::ZERO;
    match &connector.auth {
        Auth::Oauth2 { .. } => {
            connection.token = Some(format!("http://declared.test{TOKEN}").into());
            connection.grant = Some("client_credentials".into());
            connection.secret("client_id", "declared").secret("client_secret", "declared")
        }
        Auth::Keys(keys) => keys
            .iter()
            .flat_map(|key| &key.pieces)
            .filter_map(|piece| if let AuthPiece::Secret(name) = piece { Some(name.clone()) } else { None })
            .fold(connection, |connection, name| connection.secret(name, "declared")),
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

/// Nobody looks on.
struct Nobody;

impl Watch for Nobody {
    fn found(&self, _: usize) {}
    fn ended(&self, _: &run::Outcome) {}
}
