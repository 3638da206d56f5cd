//! A flow's tree goes in; a program, or all mistakes of the file, comes out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::check::catalog::Catalog;
use crate::check::checker::Checker;
use crate::check::library::Callable;
use crate::check::notes::Notes;
use crate::check::program::{self, Policy, PolicyAction, Program, Role, SOURCE, Step, Work};
use crate::check::scope::Place;
use crate::check::used;
use crate::connect::Class;
use crate::report::{Diagnostic, Source, Span, codes};
use crate::syntax::ast::{self, FileBody, Item};
use crate::value::{Digest, Typed};

/// Where a variable's value comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Origin {
    /// A step makes it, or it is read by something that a step makes.
    pub(super) made: bool,
    /// It differs from record to record.
    pub(super) of_record: bool,
}

/// What was gathered of a flow so far.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) source: Option<program::Source>,
    pub(super) steps: Vec<Step>,
    pub(super) lets: Vec<u32>,
    pub(super) policies: Vec<Policy>,
    pub(super) origins: BTreeMap<u32, Origin>,
    names: BTreeMap<String, usize>,
}

impl Gathered {
    /// The stable name of a step: the second of a name is numbered.
    pub(super) fn step_name(&mut self, base: String) -> Arc<str> {
        let count = self.names.entry(base.clone()).or_default();
        *count += 1;
        if *count == 1 { base.into() } else { format!("{base} {count}").into() }
    }
}

/// Checks a flow.
///
/// # Errors
/// With all mistakes of the file, sorted by place.
pub fn check(tree: &ast::File, source: &Source, catalog: &Catalog) -> Result<Program, Vec<Diagnostic>> {
    let mut checker = Checker::new(source, catalog, Place::Flow, SOURCE + 1);
    checker.program(tree)
}

/// What a check found, and what was noted on the way.
#[derive(Debug)]
pub struct Look {
    /// The program, or all mistakes.
    pub result: Result<Program, Vec<Diagnostic>>,
    /// What its words mean.
    pub notes: Notes,
}

/// Checks a flow as [`check`] does, and notes what its words mean and what could stand at `at`.
#[must_use]
pub fn look(tree: &ast::File, source: &Source, catalog: &Catalog, at: Option<u32>) -> Look {
    let mut checker = Checker::new(source, catalog, Place::Flow, SOURCE + 1);
    checker.notes = Some(Box::new(Notes::about(at)));
    let result = checker.program(tree);
    Look { result, notes: checker.notes.take().map(|notes| *notes).unwrap_or_default() }
}

impl<'a> Checker<'a> {
    fn program(&mut self, tree: &'a ast::File) -> Result<Program, Vec<Diagnostic>> {
        let (source, catalog) = (self.source, self.catalog);
        let FileBody::Flow(flow) = &tree.body else {
            let span = Span { source: source.id, start: 0, end: 0 };
            let title = "expected a flow, found a connector";
            return Err(vec![Diagnostic::error(codes::check::WRONG_FILE, span, title)]);
        };
        let program = self.flow(flow);
        let hash = hash(source, catalog);
        let warnings = std::mem::take(&mut self.problems).finish()?;
        program.map(|program| Program { warnings, hash, ..program }).ok_or_else(Vec::new)
    }

    fn flow(&mut self, flow: &'a ast::Flow) -> Option<Program> {
        self.uses(&flow.items);
        let settings = self.all_settings(&flow.items);
        self.know_settings(&settings);
        self.library(&flow.items);
        let settings = self.check_settings(&settings);
        self.below(&flow.items);
        let mut gathered = Gathered::default();
        let mut has_source = false;
        for item in &flow.items {
            self.item(item, has_source, &mut gathered);
            has_source |= matches!(item.node, Item::From(_));
        }
        if !has_source {
            let title = "expected a `from`, found none: a flow takes its records from somewhere";
            self.problems.error(codes::check::SOURCE_COUNT, flow.name.span, title, "from where?");
        }
        self.warn_unread(0);
        self.item = None;
        self.bodies();
        let names = std::mem::take(&mut self.frame.labels);
        let kinds = std::mem::take(&mut self.frame.kinds);
        let variables = self.frame.width();
        let tests = self.tests(&flow.items, gathered.source.as_ref(), &gathered.steps);
        self.warn_unused(&settings);
        self.note_known(&flow.items);
        let source = gathered.source?;
        if self.problems.any() {
            return None;
        }
        let mut program = Program {
            name: flow.name.node.clone().into(),
            title: flow.title.node.clone().into(),
            hash: Arc::from(""),
            roles: self
                .roles
                .iter()
                .map(|role| Role { name: role.name.clone(), connector: role.connector.clone() })
                .collect(),
            settings,
            variables,
            lets: gathered.lets,
            names,
            kinds,
            source,
            steps: gathered.steps,
            policies: gathered.policies,
            functions: BTreeMap::new(),
            tables: BTreeMap::new(),
            tests,
            warnings: Vec::new(),
        };
        for (signature, callable) in self.library.ready() {
            if let Callable::Function(function) = callable {
                program.functions.insert(signature.name.clone(), function);
            }
        }
        for (name, table) in self.library.tables() {
            program.tables.insert(Arc::from(name), table.table.clone());
        }
        count_reads(&mut program);
        Some(program)
    }

    fn all_settings(&mut self, items: &'a [ast::Spanned<Item>]) -> Vec<&'a ast::Setting> {
        let mut blocks = items.iter().filter_map(|item| match &item.node {
            Item::Settings(settings) => Some((settings, item.span)),
            _ => None,
        });
        let Some((settings, first)) = blocks.next() else { return Vec::new() };
        let mut all: Vec<&ast::Setting> = settings.iter().collect();
        for (more, span) in blocks {
            let word = Span { end: span.start + 8, ..span };
            let title = "expected one block of settings, found another";
            let problem = Diagnostic::error(codes::check::SETTINGS_TWICE, word, title).label("a second block");
            self.problems.push(problem.other(Span { end: first.start + 8, ..first }, "the first"));
            all.extend(more);
        }
        all
    }

    /// Notes the names that are given further down, for a better word when one is used too early.
    fn below(&mut self, items: &[ast::Spanned<Item>]) {
        for item in items {
            let name = match &item.node {
                Item::From(from) => &from.name,
                Item::Let(written) => &written.name,
                Item::Find(find) => &find.name,
                Item::Ensure(ensure) => &ensure.name,
                Item::Create(create) => &create.name,
                Item::Call(ast::Call { name: Some(name), .. }) => name,
                _ => continue,
            };
            self.frame.below.entry(name.node.clone()).or_insert(name.span);
        }
    }

    fn item(&mut self, item: &ast::Spanned<Item>, has_source: bool, gathered: &mut Gathered) {
        let span = item.span;
        self.item = Some(span);
        let is_step = matches!(
            item.node,
            Item::Stop(_)
                | Item::Find(_)
                | Item::Require(_)
                | Item::Ensure(_)
                | Item::Create(_)
                | Item::Update(_)
                | Item::Call(_)
        );
        if is_step && !has_source {
            let word = self.source.text.get(span.start as usize..).and_then(|text| text.split_whitespace().next());
            let word = word.unwrap_or("a step");
            let at = Span { end: span.start + u32::try_from(word.len()).unwrap_or(1), ..span };
            let title = format!("expected the steps below the `from`, found `{word}` above it");
            self.problems.error(codes::check::STEP_ORDER, at, title, "there is no record yet");
        }
        match &item.node {
            Item::From(from) if has_source => {
                let title = "expected one `from`, found another";
                self.problems.error(codes::check::SOURCE_COUNT, from.name.span, title, "a flow has one source");
            }
            Item::From(from) => gathered.source = self.source(from, span),
            Item::Let(written) => {
                let variable = self.let_name(written);
                gathered.lets.push(variable);
            }
            Item::Stop(stop) => self.stop_step(stop, gathered),
            Item::Find(find) => self.find(find, span, gathered),
            Item::Require(require) => self.require(require, span, gathered),
            Item::Ensure(ensure) => self.ensure(ensure, span, gathered),
            Item::Create(create) => self.create(create, span, gathered),
            Item::Update(update) => self.update(update, span, gathered),
            Item::Call(call) => self.call_step(call, span, gathered),
            Item::Policy(policy) => self.policy(policy, gathered),
            _ => {}
        }
    }

    fn policy(&mut self, policy: &ast::Policy, gathered: &mut Gathered) {
        let (mut classes, mut places) = (Vec::new(), Vec::new());
        for class in &policy.classes {
            let known = Class::ALL.iter().filter(|class| **class != Class::Token);
            match known.clone().find(|known| known.word() == &*class.node) {
                Some(found) => {
                    let repeat = matches!(policy.action, ast::PolicyAction::Repeat);
                    let retry = matches!(policy.action, ast::PolicyAction::Retry { .. });
                    if repeat && *found != Class::LostReply {
                        let title = format!("expected `repeat` for `lost_reply` alone, found it for `{}`", class.node);
                        self.problems.error(codes::check::POLICY, class.span, title, "`retry` is the word for it");
                    } else if retry && *found == Class::LostReply {
                        let title = "expected `repeat`, `hold` or `stop` for `lost_reply`, found `retry`";
                        let label = "a lost reply is looked up first: what is not found is repeated by `repeat`";
                        self.problems.error(codes::check::POLICY, class.span, title, label);
                    } else if classes.contains(found) {
                        let title = format!("expected each class once, found `{}` again", class.node);
                        self.problems.error(codes::check::POLICY, class.span, title, "it stands there already");
                    }
                    classes.push(*found);
                    places.push(class.span);
                }
                None => {
                    let title = format!("expected a class of errors, found `{}`", class.node);
                    let known = known.map(|class| class.word());
                    self.unknown(codes::check::UNKNOWN_CLASS, class.span, &class.node, title, "the classes are", known);
                }
            }
        }
        let action = match policy.action {
            ast::PolicyAction::Retry { times, over } => {
                let over = over.map_or(6 * 3600, ast::Time::seconds);
                PolicyAction::Retry(times, Duration::from_secs(over))
            }
            ast::PolicyAction::Hold => PolicyAction::Hold,
            ast::PolicyAction::Stop => PolicyAction::Stop,
            ast::PolicyAction::Repeat => PolicyAction::Repeat,
        };
        gathered.policies.push(Policy { classes, places, action });
    }

    /// Where what an expression reads comes from.
    pub(super) fn origin_of(&self, expr: &crate::eval::Expr, gathered: &Gathered) -> Origin {
        let mut origin = Origin::default();
        for variable in used::reads(expr).keys() {
            if *variable == SOURCE {
                origin.of_record = true;
            } else if let Some(other) = gathered.origins.get(variable) {
                origin.made |= other.made;
                origin.of_record |= other.of_record;
            }
        }
        origin
    }

    fn warn_unused(&mut self, settings: &[program::Setting]) {
        for (setting, read) in settings.iter().zip(self.settings_read.clone()) {
            if !read {
                let title = format!("nothing reads the setting `{}`", setting.name);
                let warning = Diagnostic::warning(codes::check::UNUSED_SETTING, setting.span, title);
                self.problems.push(warning.label("people would fill it in for nothing"));
            }
        }
        for role in &self.roles {
            if !role.used {
                let title = format!("nothing uses `{}`", role.name);
                let warning = Diagnostic::warning(codes::check::UNUSED_USE, role.span, title);
                self.problems.push(warning.label("a connection would be asked for in vain"));
            }
        }
        for (name, module) in &self.modules {
            if !module.used && !module.broken {
                let title = format!("nothing uses `{name}`");
                let warning = Diagnostic::warning(codes::check::UNUSED_USE, module.span, title);
                self.problems.push(warning.label("read for nothing"));
            }
        }
        if self.frame.names.is_empty() {
            return;
        }
        for (name, span) in self.library.unused() {
            let title = format!("nothing uses `{name}`");
            self.problems.push(Diagnostic::warning(codes::check::UNUSED_FUNCTION, span, title).label("it can go"));
        }
    }
}

/// Tells every step what it reads, and every variable what is read of it.
fn count_reads(program: &mut Program) {
    let mut total = used::Reads::new();
    let source = &program.source;
    let mut own = used::reads(&source.key);
    if let Some(cursor) = &source.cursor {
        used::merge(&mut own, &used::reads(&cursor.value));
    }
    used::merge(&mut total, &own);
    for step in &mut program.steps {
        let mut reads = used::Reads::new();
        for expr in step.exprs() {
            used::merge(&mut reads, &used::reads(expr));
        }
        used::merge(&mut total, &reads);
        step.reads_source = reads.remove(&SOURCE).is_some();
        reads.remove(&program::SETTINGS);
        if let Work::Require(require) = &step.work
            && let Some(missing) = require.otherwise.missing
        {
            reads.remove(&missing);
        }
        step.reads = reads;
    }
    for step in &mut program.steps {
        if let Some(variable) = step.makes {
            step.used = total.get(&variable).cloned().unwrap_or_default();
        }
    }
    program.source.used = total.remove(&SOURCE).unwrap_or_default();
    if let Some(title) = program.source.title {
        program.source.used.fields.entry(title).or_default();
    }
    if let Some(id) = program.source.at.resource.shape.id.and_then(|id| u32::try_from(id).ok()) {
        program.source.used.fields.entry(id).or_default();
    }
}

/// Of the flow and of all that it leans on, by however many ways. Connectors by name, files by who names them how.
fn hash(source: &Source, catalog: &Catalog) -> Arc<str> {
    let mut digest = Digest::default();
    digest.part(&*source.text);
    for (name, connector) in &catalog.connectors {
        digest.part(&**name);
        digest.part(&*connector.hash);
    }
    let name_of = |id| {
        let imported = || catalog.files.values().map(|file| &file.source).find(|source| source.id == id);
        if source.id == id { Some(source) } else { imported() }.map_or("", |source| &*source.name)
    };
    let mut files: Vec<(&str, &str, &str)> =
        catalog.files.iter().map(|((by, path), file)| (name_of(*by), &**path, &*file.source.text)).collect();
    files.sort_unstable();
    for (by, path, text) in files {
        digest.part(by);
        digest.part(path);
        digest.part(text);
    }
    digest.hex().into()
}

/// A kind that a system's record has, with its shape known.
pub(super) fn record_of(at: &program::At, maybe: bool) -> Typed {
    Typed { kind: crate::value::Kind::Record(at.resource.shape.kind.clone()), maybe }
}
