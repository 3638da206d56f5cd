//! One run of one test: the world is declared, the flow runs in it, and what is expected is looked for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;

use crate::check::{At, Program, Test, TestItem};
use crate::connect::{MemoryTokens, System};
use crate::eval::{self, Expr, Frame};
use crate::ledger::{Ledger, Link, Memory, Thing};
use crate::plan::{self, Chosen};
use crate::report::{Code, Diagnostic, Span, codes};
use crate::run::{self, Ended, Options, Outcome, Watch, Way, World};
use crate::test::declared::{connection_name, declared};
use crate::test::given::is_added;
use crate::test::mortal::Mortal;
use crate::test::page::with_small_pages;
use crate::test::time::{Driven, PausedTime};
use crate::test::world::{DeclaredSystem, Effect, Planned, Shared};
use crate::test::{Coverage, Tests};
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
    /// How large these values are: the smaller they are, the easier it is to follow what went wrong.
    pub(super) size: Decimal,
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
    pub(super) fn new(tests: &'a Tests<'a>, test: &'a Test, chosen: &[usize]) -> Trial<'a> {
        let mut arena = Arena::new(tests.zone.clone());
        let mut frame = Frame::new(test.variables as usize, Arc::new([]));
        for name in &test.lets {
            frame.set(*name, Value::Pending);
        }
        let mut shown = Vec::new();
        let mut size = Decimal::ZERO;
        for (range, chosen) in test.ranges.iter().zip(chosen) {
            let Some(value) = range.values.get(*chosen) else { continue };
            if let Ok(value) = eval::eval(value, &mut frame, &mut arena) {
                frame.set(range.variable, value);
                let mut json = Vec::new();
                eval::write_plain(&crate::value::Kind::Any, value, &arena, &mut json);
                shown.push(format!("{} = {}", range.name, String::from_utf8_lossy(&json)));
                let length = |length: usize| Decimal::from(u64::try_from(length).unwrap_or(u64::MAX));
                size = size.saturating_add(match value {
                    Value::Number(number) => number.abs(),
                    Value::Text(text) => length(arena.text(text).len()),
                    _ => length(*chosen),
                });
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
            size,
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
                TestItem::Records { at, records: given, with, twice: again, .. } => {
                    let Some(rows) = self.given(&program, at.as_ref(), given, with) else { return };
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
            // One after the other, so that every run of a test is the same.
            concurrency: 1,
            ..Options::default()
        };
        for _ in 0..DEATHS {
            let seen = Arc::new(Seen { ended: Mutex::default(), coverage: self.tests.coverage.clone() });
            let mortal = Arc::new(Mortal::new(ledger.clone(), self.shared.time.clone()));
            let world = self.world(program, mortal, settings.clone(), seen.clone())?;
            let work = run::run(&self.tests.graph, &world, &options);
            let driven = self.shared.time.drive(work).await;
            self.outcomes.append(&mut seen.ended.lock().expect("no holder of it panics"));
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

    /// Everything that was done, in order.
    pub(super) fn all_effects(&self) -> Vec<Effect> {
        let mut all: Vec<Effect> = self.systems.iter().flat_map(|system| system.effects()).collect();
        all.sort_by_key(|effect| effect.order);
        all
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
            at_once: CancellationToken::new(),
            watch,
        })
    }
}

const TENANT: &str = "test";

/// Notes what ended, and what happened on the way.
struct Seen {
    ended: Mutex<Vec<Outcome>>,
    coverage: Option<Arc<Coverage>>,
}

impl Watch for Seen {
    fn found(&self, _: usize) {}

    fn ended(&self, outcome: &Outcome) {
        self.ended.lock().expect("no holder of it panics").push(outcome.clone());
    }

    fn passed(&self, step: &Arc<str>, way: Way) {
        if let Some(coverage) = &self.coverage {
            coverage.passed(step, way);
        }
    }
}
