//! `ensure` goes in; its ladder, and the record that is looked for and made, come out.

use crate::check::checker::Checker;
use crate::check::fit::number;
use crate::check::flow::{Gathered, Origin, record_of};
use crate::check::kinds;
use crate::check::problems::{list, suggest};
use crate::check::program::{At, Ensure, Rung, Step, Stop, Work};
use crate::check::record::{Fields, Rules};
use crate::check::scope::Name;
use crate::eval::Used;
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast;
use crate::value::Kind;

/// The lines of a ladder, gathered.
#[derive(Default)]
struct Ladder {
    rungs: Vec<Rung>,
    several: Option<Stop>,
    update: Option<Vec<u32>>,
    missing: Option<Option<Stop>>,
    sound: bool,
}

impl Checker<'_> {
    /// `ensure R as c { … }`.
    pub(in crate::check) fn ensure(&mut self, ensure: &ast::Ensure, span: Span, gathered: &mut Gathered) {
        let at = self.resource(&ensure.resource);
        let (guard, facts) = self.guard(ensure.guard.as_ref());
        let variable = self.frame.variable();
        let Some(at) = at else {
            self.inside(&facts, |checker| {
                ensure.rungs.iter().for_each(|rung| checker.lone_rung(rung));
                checker.free_record(&ensure.entries, span);
            });
            self.step_name_broken(&ensure.name, variable);
            return;
        };
        let words = format!("ensure {}", self.resource_words(&at));
        let creates = !ensure.rungs.iter().any(|rung| matches!(rung.node, ast::Rung::MissingStop(_)));
        let (body, ladder) = self.inside(&facts, |checker| {
            let only = at.resource.create.as_ref().and_then(|create| create.only.clone());
            let rules = Rules { taker: &words, required: creates, any_field: false, only: only.as_deref() };
            let body = checker.body(&ensure.entries, &at.resource.shape, rules, None, ensure.resource.span());
            let ladder = checker.ladder(ensure, &at, &body.fields);
            (body, ladder)
        });
        if creates && at.resource.create.is_none() {
            let title = format!("expected a resource that can be created, found `{}`", self.resource_words(&at));
            let problem = Diagnostic::error(codes::check::NOT_OFFERED, ensure.resource.span(), title);
            self.problems.push(problem.label("it has no `create`").note("`missing hold because \"…\"` makes none"));
        }
        let by = ladder.rungs.iter().any(|rung| matches!(rung, Rung::By { fields, .. } if !fields.is_empty()));
        if !by && ladder.sound {
            let title = "expected a `by` that names fields of the record below, found none";
            let problem = Diagnostic::error(codes::check::ENSURE_WITHOUT_BY, ensure.resource.span(), title)
                .label("how is it recognised when it is there already?");
            self.problems.push(problem.note("without it the same thing could be made twice: `by email`"));
        }
        let typed = record_of(&at, guard.is_some());
        self.declare(Name::filled(ensure.name.node.clone().into(), ensure.name.span, variable, typed));
        gathered.origins.insert(variable, Origin { made: true, of_record: true });
        let name = gathered.step_name(format!("ensure {}", ensure.name.node));
        let body_span = ensure.resource.span();
        gathered.steps.push(Step {
            name,
            guard: guard.map(|guard| guard.expr),
            work: Work::Ensure(Box::new(Ensure {
                at,
                rungs: ladder.rungs,
                several: ladder.several,
                update: ladder.update.unwrap_or_default(),
                missing: ladder.missing.flatten(),
                body: body.expr(body_span),
            })),
            reads: Default::default(),
            reads_source: false,
            makes: Some(variable),
            used: Used::default(),
            span,
        });
    }

    fn lone_rung(&mut self, rung: &ast::Spanned<ast::Rung>) {
        match &rung.node {
            ast::Rung::Use(value) => drop(self.expr(value)),
            ast::Rung::Several(stop) | ast::Rung::MissingStop(stop) => drop(self.end(stop)),
            _ => {}
        }
    }

    fn ladder(&mut self, ensure: &ast::Ensure, at: &At, fields: &Fields) -> Ladder {
        let mut ladder = Ladder { sound: true, ..Ladder::default() };
        for rung in &ensure.rungs {
            match &rung.node {
                ast::Rung::Use(value) => {
                    let value = self.expr(value);
                    let kind = Kind::Id(Some(at.resource.name.clone()));
                    ladder.rungs.push(Rung::Use(self.assign(value, &kind, "`use`")));
                }
                ast::Rung::By(parts) => self.by_rung(parts, rung.span, at, fields, &mut ladder),
                ast::Rung::Several(stop) => {
                    self.once(ladder.several.is_some(), "several", rung.span);
                    ladder.several = Some(self.end(stop));
                }
                ast::Rung::FoundKeep => {
                    self.once(ladder.update.is_some(), "found", rung.span);
                    ladder.update = Some(Vec::new());
                }
                ast::Rung::FoundUpdate(names) => {
                    self.once(ladder.update.is_some(), "found", rung.span);
                    ladder.update = Some(self.found_update(names, rung.span, at, fields));
                }
                ast::Rung::MissingCreate => {
                    self.once(ladder.missing.is_some(), "missing", rung.span);
                    ladder.missing = Some(None);
                }
                ast::Rung::MissingStop(stop) => {
                    self.once(ladder.missing.is_some(), "missing", rung.span);
                    ladder.missing = Some(Some(self.end(stop)));
                }
            }
        }
        ladder
    }

    fn once(&mut self, twice: bool, word: &str, span: Span) {
        if twice {
            let title = format!("expected one `{word}` in an `ensure`, found two");
            self.problems.error(codes::check::RUNG, span, title, "only one can count");
        }
    }

    fn by_rung(
        &mut self,
        parts: &[ast::Spanned<ast::RungBy>],
        span: Span,
        at: &At,
        written: &Fields,
        ladder: &mut Ladder,
    ) {
        let mut linked = None;
        let mut fields = Vec::new();
        for part in parts {
            match &part.node {
                ast::RungBy::Linked(value) => {
                    if linked.is_some() {
                        let title = "expected one `linked` in a `by`, found two";
                        self.problems.error(codes::check::RUNG, part.span, title, "a second link");
                    }
                    linked = self.linked(value);
                    ladder.sound &= linked.is_some();
                }
                ast::RungBy::Field(name) => match self.written_field(name, at, written) {
                    Some(slot) => {
                        let kind = at.resource.shape.kind.fields[slot as usize].typed.kind.clone();
                        let field = &at.resource.shape.fields[slot as usize];
                        if field.write_only {
                            let title = format!(
                                "expected a field that can be read, found `{}`, which is write only",
                                name.node
                            );
                            self.problems.error(
                                codes::check::RUNG,
                                name.span,
                                title,
                                "what is never answered recognises nothing",
                            );
                        }
                        match kinds::compared(&kind, &kind) {
                            Some(compared) => fields.push((slot, compared)),
                            None => {
                                let title = format!("expected a field with one value, found {}", kinds::words(&kind));
                                self.problems.error(codes::check::RUNG, name.span, title, "it cannot be compared");
                                ladder.sound = false;
                            }
                        }
                    }
                    None => ladder.sound = false,
                },
            }
        }
        let searched = |slot: u32| {
            let name = &at.resource.shape.fields[slot as usize].name;
            at.resource.searches.iter().any(|search| search.on.iter().any(|on| on == name))
        };
        if at.resource.list.is_none()
            && linked.is_none()
            && !fields.is_empty()
            && !fields.iter().any(|(slot, _)| searched(*slot))
        {
            let words = self.resource_words(at);
            let title = format!("expected fields by which `{words}` can be looked for, found none of them");
            self.problems.error(codes::check::RUNG, span, title, "it has no list, and no search looks at these");
        }
        ladder.rungs.push(Rung::By { linked, fields, span });
    }

    /// The slot of a field that the record below has.
    fn written_field(&mut self, name: &ast::Name, at: &At, written: &Fields) -> Option<u32> {
        let shape = &at.resource.shape;
        self.note_field(&shape.kind, &name.node, name.span, None);
        let names = || written.keys().filter_map(|slot| shape.fields.get(*slot as usize)).map(|field| &*field.name);
        match shape.kind.position(&name.node) {
            Some(slot) if written.contains_key(&number(slot)) => Some(number(slot)),
            Some(_) => {
                let title =
                    format!("expected a field of the record below, found `{}`, which it does not write", name.node);
                let known = list(names());
                let problem = Diagnostic::error(codes::check::RUNG, name.span, title).label("not written below");
                self.problems.push(problem.note(format!("it writes {known}")));
                None
            }
            None => {
                let title = format!("expected a field of `{}`, found `{}`", shape.name, name.node);
                let problem = Diagnostic::error(codes::check::UNKNOWN_FIELD, name.span, title).label("not a field");
                let problem = suggest(problem, name.span, &name.node, "the record below writes", names());
                self.problems.push(problem);
                None
            }
        }
    }

    fn found_update(&mut self, names: &[ast::Name], span: Span, at: &At, written: &Fields) -> Vec<u32> {
        let Some(update) = &at.resource.update else {
            let words = self.resource_words(at);
            let title = format!("expected a resource that can be updated, found `{words}`");
            let problem = Diagnostic::error(codes::check::NOT_OFFERED, span, title).label("it has no `update`");
            self.problems.push(problem.note("`found keep` takes it as it is"));
            return Vec::new();
        };
        let mut slots = Vec::new();
        for name in names {
            let Some(slot) = self.written_field(name, at, written) else { continue };
            if slots.contains(&slot) {
                let title = format!("expected each field once, found `{}` again", name.node);
                self.problems.error(codes::check::RUNG, name.span, title, "it stands there already");
            }
            if let Some(only) = &update.only
                && !only.contains(&(slot as usize))
            {
                let title = format!("expected a field that an update takes, found `{}`", name.node);
                self.problems.error(codes::check::NOT_TAKEN, name.span, title, "it would be ignored");
            }
            if at.resource.shape.fields[slot as usize].write_only {
                let title = format!("expected a field that can be read, found `{}`, which is write only", name.node);
                let label = "what is never answered cannot be compared";
                self.problems.error(codes::check::RUNG, name.span, title, label);
            }
            slots.push(slot);
        }
        slots
    }
}
