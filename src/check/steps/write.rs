//! `create`, `update` and `call` go in; the body, the key and the operation come out.

use crate::check::checker::Checker;
use crate::check::flow::{Gathered, Origin, record_of};
use crate::check::kinds;
use crate::check::notes::Meaning;
use crate::check::problems::list;
use crate::check::program::{At, Call, Create, Key, Step, Update, Work};
use crate::check::record::{KeyPart, Rules};
use crate::check::scope::Name;
use crate::eval::Used;
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast;
use crate::value::Kind;

impl Checker<'_> {
    /// `create R as x { key f = e … }`.
    pub(in crate::check) fn create(&mut self, create: &ast::Create, span: Span, gathered: &mut Gathered) {
        let at = self.resource(&create.resource);
        let (guard, facts) = self.guard(create.guard.as_ref());
        let variable = self.frame.variable();
        let Some(at) = at else {
            self.inside(&facts, |checker| {
                create.body.keys.iter().for_each(|key| drop(checker.expr(&key.value)));
                checker.free_record(&create.body.entries, create.body.span);
            });
            self.step_name_broken(&create.name, variable);
            return;
        };
        let words = format!("create {}", self.resource_words(&at));
        let offered = at.resource.create.clone();
        if offered.is_none() {
            let title = format!("expected a resource that can be created, found `{}`", self.resource_words(&at));
            self.problems.error(codes::check::NOT_OFFERED, create.resource.span(), title, "it has no `create`");
        }
        if create.body.keys.is_empty() {
            self.no_key(&words, create.resource.span(), create.body.span);
        }
        let made = self.inside(&facts, |checker| {
            let key = checker.key(&create.body.keys, &at, true, gathered);
            let part =
                key.as_ref().map(|key| KeyPart { slots: &key.field.slots, value: key.value.clone(), span: key.span });
            let only = offered.as_ref().and_then(|create| create.only.as_deref());
            let rules = Rules { taker: &words, required: true, any_field: false, only };
            let body = checker.body(&create.body.entries, &at.resource.shape, rules, part, create.body.span);
            (key, body)
        });
        let (key, body) = made;
        let typed = record_of(&at, guard.is_some());
        self.declare(Name::filled(create.name.node.clone().into(), create.name.span, variable, typed));
        gathered.origins.insert(variable, Origin { made: true, of_record: true });
        let Some(key) = key else { return };
        let name = gathered.step_name(format!("create {}", create.name.node));
        gathered.steps.push(Step {
            name,
            guard: guard.map(|guard| guard.expr),
            work: Work::Create(Create { at, key, body: body.expr(create.body.span) }),
            reads: Default::default(),
            reads_source: false,
            makes: Some(variable),
            used: Used::default(),
            span,
        });
    }

    fn no_key(&mut self, words: &str, place: Span, body: Span) {
        let title = format!("expected a `key` in `{words}`, found none: it could make the same thing twice");
        let at = Span { start: body.start + 1, end: body.start + 1, ..body };
        let problem = Diagnostic::error(codes::check::NO_KEY, place, title)
            .label("how is it found again when the answer is lost?")
            .note("`key field = …` puts a text into the made thing by which the system can be asked for it")
            .fix("give it a key", at, " key reference = \"…\" ");
        self.problems.push(problem);
    }

    /// `key f = e` of what is made.
    fn key(&mut self, keys: &[ast::Key], at: &At, in_body: bool, gathered: &Gathered) -> Option<Key> {
        let key = keys.first()?;
        if let Some(second) = keys.get(1) {
            let title = "expected one `key`, found two";
            let problem = Diagnostic::error(codes::check::KEY_FIELD, second.span, title).label("a second key");
            self.problems.push(problem.other(key.span, "the first"));
        }
        let field = self.shape_field(&at.resource.shape, &key.field);
        // It is looked for before the first write.
        let early = std::mem::replace(&mut self.frame.early, true);
        let value = self.expr(&key.value);
        self.frame.early = early;
        let field = field?;
        let name = &field.path.dotted;
        let Some(compared) = kinds::compared(&field.kind, &field.kind) else {
            let title = format!("expected a field with one value for the key, found {}", kinds::words(&field.kind));
            self.problems.error(codes::check::KEY_FIELD, key.field.span(), title, "it cannot be looked for");
            return None;
        };
        if self.told(&value) {
            // The field has its line all the same.
            return Some(Key { field: field.path, value: value.expr, compared, span: key.span });
        }
        if field.write_only {
            let title = format!("expected a field that can be read for the key, found `{name}`, which is write only");
            let label = "what is never answered finds nothing again";
            self.problems.error(codes::check::KEY_FIELD, key.field.span(), title, label);
        }
        if in_body && (field.read_only || field.is_id) {
            let why = if field.read_only { "read only" } else { "its id" };
            let title = format!("expected a field that can be written for the key, found `{name}`, which is {why}");
            self.problems.error(codes::check::READ_ONLY, key.field.span(), title, "it would not be there to be found");
        }
        let searched = at.resource.searches.iter().any(|search| search.on.iter().any(|on| on == name));
        if at.resource.list.is_none() && !searched {
            let words = self.resource_words(at);
            let title = format!("expected a field by which `{words}` can be looked for, found `{name}`");
            let label = "it has no list, and no search looks at this field";
            self.problems.error(codes::check::KEY_FIELD, key.field.span(), title, label);
        }
        let origin = self.origin_of(&value.expr, gathered);
        let few = self.reads_few(&value.expr, gathered);
        self.key_origin(origin, few, &value.expr, key.span);
        let value = self.assign_sure(value, &field.kind, "the key");
        Some(Key { field: field.path, value, compared, span: key.span })
    }

    /// `update R(id) { … }`.
    pub(in crate::check) fn update(&mut self, update: &ast::Update, span: Span, gathered: &mut Gathered) {
        let at = self.resource(&update.resource);
        let (guard, facts) = self.guard(update.guard.as_ref());
        let Some(at) = at else {
            self.inside(&facts, |checker| {
                checker.expr(&update.id);
                checker.free_record(&update.entries, span);
            });
            return;
        };
        let words = format!("update {}", self.resource_words(&at));
        let offered = at.resource.update.clone();
        if offered.is_none() {
            let title = format!("expected a resource that can be updated, found `{}`", self.resource_words(&at));
            self.problems.error(codes::check::NOT_OFFERED, update.resource.span(), title, "it has no `update`");
        }
        let (id, body) = self.inside(&facts, |checker| {
            let id = checker.thing(&update.id, &at);
            let only = offered.as_ref().and_then(|update| update.only.as_deref());
            let rules = Rules { taker: &words, required: false, any_field: false, only };
            (id, checker.body(&update.entries, &at.resource.shape, rules, None, span))
        });
        if body.fields.is_empty() {
            let title = "expected fields in an `update`, found none";
            self.problems.error(codes::check::EMPTY_UPDATE, update.resource.span(), title, "it would change nothing");
        }
        let fields = body.fields.keys().copied().collect();
        let name = gathered.step_name(words);
        gathered.steps.push(Step {
            name,
            guard: guard.map(|guard| guard.expr),
            work: Work::Update(Update { at, id, body: body.expr(span), fields }),
            reads: Default::default(),
            reads_source: false,
            makes: None,
            used: Used::default(),
            span,
        });
    }

    /// The id of the thing that is changed.
    fn thing(&mut self, id: &ast::Expr, at: &At) -> crate::eval::Expr {
        let value = self.expr(id);
        let words = self.resource_words(at);
        self.assign_sure(value, &Kind::Id(Some(at.resource.name.clone())), &format!("`{words}(…)`"))
    }

    /// `call R.action(id) as x { … }`.
    pub(in crate::check) fn call_step(&mut self, call: &ast::Call, span: Span, gathered: &mut Gathered) {
        let at = self.resource(&call.resource);
        let (guard, facts) = self.guard(call.guard.as_ref());
        let variable = call.name.as_ref().map(|_| self.frame.variable());
        let action = at.as_ref().and_then(|at| {
            let found = at.resource.actions.iter().position(|action| *action.name == *call.action.node);
            if let Some(found) = found {
                self.note(call.action.span, None, || Meaning::Action(at.resource.clone(), found));
            } else {
                let title =
                    format!("expected an action of `{}`, found `{}`", self.resource_words(at), call.action.node);
                let known = at.resource.actions.iter().map(|action| &*action.name);
                let what = "its actions are";
                self.unknown(codes::check::UNKNOWN_ACTION, call.action.span, &call.action.node, title, what, known);
            }
            found
        });
        let (Some(at), Some(action)) = (at, action) else {
            self.inside(&facts, |checker| {
                checker.expr(&call.id);
                if let Some(body) = &call.body {
                    body.keys.iter().for_each(|key| drop(checker.expr(&key.value)));
                    checker.free_record(&body.entries, body.span);
                }
            });
            if let (Some(name), Some(variable)) = (&call.name, variable) {
                self.step_name_broken(name, variable);
            }
            return;
        };
        let words = format!("call {}.{}", self.resource_words(&at), call.action.node);
        let operation = at.resource.actions[action].clone();
        let makes = operation.makes.as_ref().and_then(|name| {
            let connector = self.roles[at.role].connector.clone();
            let resource = connector.resource(&name.resource)?.clone();
            Some(At { role: at.role, resource })
        });
        let place = call.resource.role.span.to(call.action.span);
        let empty = ast::Body { keys: Vec::new(), entries: Vec::new(), span: place };
        let written = call.body.as_ref().unwrap_or(&empty);
        let (id, key, body) = self.inside(&facts, |checker| {
            let id = checker.thing(&call.id, &at);
            let key = match &makes {
                Some(makes) => {
                    if written.keys.is_empty() {
                        checker.no_key(&words, place, written.span);
                    }
                    checker.key(&written.keys, makes, false, gathered)
                }
                None => {
                    if let Some(key) = written.keys.first() {
                        let title = format!("expected no `key` in `{words}`, found one");
                        checker.problems.error(
                            codes::check::CALL,
                            key.span,
                            title,
                            "it makes nothing that a key could find",
                        );
                    }
                    None
                }
            };
            let body = match &operation.takes {
                Some(shape) => {
                    let rules = Rules {
                        taker: &words,
                        required: true,
                        any_field: false,
                        only: operation.operation.only.as_deref(),
                    };
                    let body = checker.body(&written.entries, shape, rules, None, written.span);
                    Some(body.expr(written.span))
                }
                None => {
                    if !written.entries.is_empty() {
                        let title = format!("expected no fields in `{words}`, found some");
                        let known = list(
                            at.resource
                                .actions
                                .iter()
                                .filter(|action| action.takes.is_some())
                                .map(|action| &*action.name),
                        );
                        let mut problem = Diagnostic::error(codes::check::CALL, place, title).label("it takes nothing");
                        if !known.is_empty() {
                            problem = problem.note(format!("those that take something: {known}"));
                        }
                        checker.problems.push(problem);
                    }
                    None
                }
            };
            (id, key, body)
        });
        if let (Some(name), Some(variable)) = (&call.name, variable) {
            match &makes {
                Some(makes) => {
                    let typed = record_of(makes, guard.is_some());
                    self.declare(Name::filled(name.node.clone().into(), name.span, variable, typed));
                    gathered.origins.insert(variable, Origin { made: true, of_record: true });
                }
                None => {
                    let title = format!("expected no `as` behind `{words}`, found one");
                    self.problems.error(
                        codes::check::CALL,
                        name.span,
                        title,
                        "it makes nothing that could have a name",
                    );
                    self.step_name_broken(name, variable);
                }
            }
        }
        let name = gathered.step_name(words);
        gathered.steps.push(Step {
            name,
            guard: guard.map(|guard| guard.expr),
            work: Work::Call(Call { at, action, id, body, key, makes }),
            reads: Default::default(),
            reads_source: false,
            makes: variable,
            used: Used::default(),
            span,
        });
    }
}
