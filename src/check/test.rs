//! `test` and `given` go in; worlds and expectations with every name resolved come out.

use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::kinds;
use crate::check::notes::Meaning;
use crate::check::program::{self, At, Effect, ExpectWhat, GivenRecords, Step, Test, TestItem, Work};
use crate::check::record::Rules;
use crate::check::scope::{Frame, Name, Place};
use crate::connect::{CRASHES, FAULTS};
use crate::eval::{Expr, Op, Shape};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, EffectWord, ExprKind, GivenWhat, Item, TestValues};
use crate::value::{Kind, Typed};

/// More values than this for one name are not gone through.
const MOST_VALUES: i64 = 10_000;

/// What tests may speak of.
struct World<'w> {
    source: Option<&'w program::Source>,
    steps: &'w [Step],
}

impl<'a> Checker<'a> {
    /// Checks all tests of a file; what is given outside of them counts for each.
    pub(super) fn tests(
        &mut self,
        items: &'a [ast::Spanned<Item>],
        source: Option<&program::Source>,
        steps: &[Step],
    ) -> Vec<Test> {
        let world = World { source, steps };
        let common: Vec<(&ast::Given, Span)> = items
            .iter()
            .filter_map(|item| match &item.node {
                Item::Given(given) => Some((given, item.span)),
                _ => None,
            })
            .collect();
        let mut all: Vec<Test> = Vec::new();
        for item in items {
            let Item::Test(test) = &item.node else { continue };
            if let Some(first) = all.iter().find(|known| *known.title == *test.title.node) {
                let title = format!("expected tests of different names, found `{}` again", test.title.node);
                let first = first.span;
                let problem =
                    Diagnostic::error(codes::check::TEST_TWICE, test.title.span, title).label("a second test");
                self.problems.push(problem.other(Span { end: first.start + 4, ..first }, "the first"));
            }
            let made = self.test(test, item.span, &common, &world);
            all.push(made);
        }
        if all.is_empty() && !common.is_empty() {
            let outer = std::mem::replace(&mut self.frame, Frame::new(Place::Test, 1));
            for (given, span) in &common {
                self.given_line(given, *span, &world);
            }
            self.frame = outer;
        }
        all
    }

    fn test(&mut self, test: &ast::Test, span: Span, common: &[(&ast::Given, Span)], world: &World<'_>) -> Test {
        let outer = std::mem::replace(&mut self.frame, Frame::new(Place::Test, 1));
        let mut lines = Vec::new();
        for (given, span) in common {
            lines.extend(self.given_line(given, *span, world));
        }
        let mut ranges = Vec::new();
        for range in &test.ranges {
            let (values, kind) = self.range(&range.values);
            let variable = self.frame.variable();
            self.declare(Name::filled(range.name.node.clone().into(), range.name.span, variable, Typed::sure(kind)));
            ranges.push(program::Range { name: range.name.node.clone().into(), variable, values });
        }
        let mut lets = Vec::new();
        for item in &test.items {
            match &item.node {
                ast::TestItem::Given(given) => lines.extend(self.given_line(given, item.span, world)),
                ast::TestItem::Fault(fault) => lines.extend(self.fault(fault, item.span, world)),
                ast::TestItem::Let(written) => lets.push(self.let_name(written)),
                ast::TestItem::Expect(expect) => lines.extend(self.expect(expect, item.span, world)),
            }
        }
        if !test.items.iter().any(|item| matches!(item.node, ast::TestItem::Expect(_))) {
            let title = "expected an `expect` in a test, found none";
            self.problems.error(codes::check::EXPECT, test.title.span, title, "it could never fail");
        }
        self.warn_unread(0);
        let frame = std::mem::replace(&mut self.frame, outer);
        Test { title: test.title.node.clone().into(), ranges, lets, variables: frame.width(), items: lines, span }
    }

    fn range(&mut self, values: &TestValues) -> (Vec<Expr>, Kind) {
        match values {
            TestValues::Between(from, to) => {
                if from.node > to.node || to.node.saturating_sub(from.node) >= MOST_VALUES {
                    let title = format!(
                        "expected at least one and at most {MOST_VALUES} values, found `{}..{}`",
                        from.node, to.node
                    );
                    self.problems.error(codes::check::TEST_RANGE, from.span.to(to.span), title, "both ends count");
                    return (Vec::new(), Kind::Int);
                }
                let all = (from.node..=to.node).map(|number| Expr::new(Op::Number(number.into()), from.span));
                (all.collect(), Kind::Int)
            }
            TestValues::List(list) => {
                let checked = self.expr(list);
                match (checked.expr.op, checked.typed.kind) {
                    (Op::List(items), Kind::List(of)) if checked.literal || items.iter().all(is_plain) => {
                        (items, (*of).clone())
                    }
                    (_, Kind::Any) => (Vec::new(), Kind::Any),
                    (_, kind) => {
                        let title = format!("expected a list of written values, found {}", kinds::words(&kind));
                        self.problems.error(codes::check::TEST_RANGE, list.span, title, "each value is tried");
                        (Vec::new(), Kind::Any)
                    }
                }
            }
        }
    }

    fn given_line(&mut self, given: &ast::Given, span: Span, world: &World<'_>) -> Option<TestItem> {
        match given {
            ast::Given::Link { from, to } => {
                let (one, other) = (self.resource(&from.0), self.resource(&to.0));
                Some(TestItem::Link {
                    from: (one?, from.1.node.clone().into()),
                    to: (other?, to.1.node.clone().into()),
                })
            }
            ast::Given::Setting { name, value } => {
                let settings = self.settings.clone();
                self.note_setting(&name.node, name.span);
                let Some(at) = settings.position(&name.node) else {
                    let title = format!("expected a setting, found `{}`", name.node);
                    let known = settings.fields.iter().map(|field| &*field.name);
                    self.unknown(
                        codes::check::UNKNOWN_SETTING,
                        name.span,
                        &name.node,
                        title,
                        "the settings are",
                        known,
                    );
                    return None;
                };
                let kind = settings.fields[at].typed.kind.clone();
                if let Kind::Table(..) = kind {
                    let title = format!("expected a setting of one value, found the table `{}`", name.node);
                    self.problems.error(codes::check::GIVEN, name.span, title, "a test uses its default");
                    return None;
                }
                let value = self.expr(value);
                let value = self.assign(value, &kind, &format!("the setting `{}`", name.node));
                Some(TestItem::Setting(at, value))
            }
            ast::Given::Records { what, records, with, twice } => {
                let at = match what {
                    GivenWhat::Name(name) => {
                        let source = world.source?;
                        self.note_source(name, source);
                        if *source.name != *name.node {
                            let title = format!(
                                "expected the source record `{}` or a resource, found `{}`",
                                source.name, name.node
                            );
                            let problem =
                                Diagnostic::error(codes::check::GIVEN, name.span, title).label("not given by its name");
                            let near = crate::report::nearest(&name.node, [&*source.name]).map(str::to_owned);
                            self.problems.push(match near {
                                Some(near) => problem.fix(format!("did you mean `{near}`?"), name.span, near),
                                None => problem.note("what is in a system is given as `role.resource`"),
                            });
                            return None;
                        }
                        None
                    }
                    GivenWhat::Resource(resource) => Some(self.resource(resource)?),
                };
                let shape = match (&at, world.source) {
                    (Some(at), _) => at.resource.shape.clone(),
                    (None, Some(source)) => source.at.resource.shape.clone(),
                    (None, None) => return None,
                };
                let records = self.given_records(records, &shape);
                let mut changes = Vec::new();
                for (field, value) in with {
                    let found = self.shape_field(&shape, field);
                    let Some(found) = found else {
                        self.expr(value);
                        continue;
                    };
                    let what = format!("the field `{}`", found.path.dotted);
                    let checked = self.laid_out(value, &found.kind, None, GIVEN, &what);
                    changes.push((found.path, checked.expr));
                }
                Some(TestItem::Records { at, records, with: changes, twice: *twice, span })
            }
        }
    }

    fn given_records(&mut self, records: &ast::GivenRecords, shape: &Arc<Shape>) -> GivenRecords {
        match records {
            ast::GivenRecords::File(path) => GivenRecords::File(path.node.clone().into(), path.span),
            ast::GivenRecords::Record(entries, span) => {
                let body = self.body(entries, shape, GIVEN, None, *span);
                GivenRecords::Record(body.expr(*span))
            }
        }
    }

    fn fault(&mut self, fault: &ast::FaultLine, span: Span, world: &World<'_>) -> Option<TestItem> {
        let effect = self.effect(&fault.effect);
        if !FAULTS.contains(&&*fault.name.node) && !CRASHES.contains(&&*fault.name.node) {
            let title = format!("expected a fault, found `{}`", fault.name.node);
            let known = FAULTS.iter().chain(CRASHES).copied();
            let what = "the faults are";
            self.unknown(codes::check::UNKNOWN_FAULT, fault.name.span, &fault.name.node, title, what, known);
            return None;
        }
        let effect = effect?;
        if effect.word != EffectWord::Read && !world.does(&effect) {
            let title = format!("expected an effect of this flow, found `{}`", self.effect_words(&effect));
            self.problems.error(
                codes::check::FAULT,
                fault.effect.word.span,
                title,
                "no step does this: it cannot break",
            );
            return None;
        }
        Some(TestItem::Fault { effect, name: fault.name.node.clone().into(), times: fault.times, span })
    }

    fn effect(&mut self, effect: &ast::Effect) -> Option<Effect> {
        let at = self.resource(&effect.resource)?;
        let words = self.resource_words(&at);
        match (&effect.action, effect.word.node) {
            (Some(action), EffectWord::Call) => {
                if let Some(found) = at.resource.actions.iter().position(|known| *known.name == *action.node) {
                    self.note(action.span, None, || Meaning::Action(at.resource.clone(), found));
                }
                if at.resource.action(&action.node).is_none() {
                    let title = format!("expected an action of `{words}`, found `{}`", action.node);
                    let known = at.resource.actions.iter().map(|action| &*action.name);
                    let what = "its actions are";
                    self.unknown(codes::check::UNKNOWN_ACTION, action.span, &action.node, title, what, known);
                    return None;
                }
            }
            (None, EffectWord::Call) => {
                let title = format!("expected an action behind `call {words}`, found none");
                self.problems.error(codes::check::EXPECT, effect.resource.span(), title, "which action?");
                return None;
            }
            (Some(action), _) => {
                let title = format!("expected a resource alone, found the action `{}`", action.node);
                self.problems.error(codes::check::EXPECT, action.span, title, "actions are for `call`");
                return None;
            }
            (None, _) => {}
        }
        let action = effect.action.as_ref().map(|action| action.node.clone().into());
        Some(Effect { word: effect.word.node, at, action })
    }

    fn effect_words(&self, effect: &Effect) -> String {
        let word = match effect.word {
            EffectWord::Create => "create",
            EffectWord::Update => "update",
            EffectWord::Call => "call",
            EffectWord::Read => "read",
        };
        let action = effect.action.as_ref().map(|action| format!(".{action}")).unwrap_or_default();
        format!("{word} {}{action}", self.resource_words(&effect.at))
    }

    fn expect(&mut self, expect: &ast::Expect, span: Span, world: &World<'_>) -> Option<TestItem> {
        match expect {
            ast::Expect::Stop { word, text } => {
                let text = text.as_ref().map_or_else(|| Arc::from(""), |text| text.node.clone().into());
                Some(TestItem::ExpectStop { word: word.node, text, span })
            }
            ast::Expect::Effect { effect, what } => {
                let place = effect.word.span;
                let effect = self.effect(effect)?;
                let never = matches!(what, ast::ExpectWhat::Times(0));
                if !never && !world.does(&effect) {
                    let title = format!("expected an effect of this flow, found `{}`", self.effect_words(&effect));
                    self.problems.error(codes::check::EXPECT, place, title, "no step does this: it never happens");
                    return None;
                }
                let what = match what {
                    ast::ExpectWhat::Once => ExpectWhat::Times(1),
                    ast::ExpectWhat::Times(times) => ExpectWhat::Times(*times),
                    ast::ExpectWhat::Snapshot => ExpectWhat::Snapshot,
                    ast::ExpectWhat::Record(entries, at) => {
                        let action = effect.action.as_ref().and_then(|action| effect.at.resource.action(action));
                        let shape = match (effect.word, action) {
                            (EffectWord::Call, Some(action)) => action.takes.clone(),
                            _ => Some(effect.at.resource.shape.clone()),
                        };
                        let Some(shape) = shape else {
                            let title = format!(
                                "expected no fields, found some: `{}` takes nothing",
                                self.effect_words(&effect)
                            );
                            self.problems.error(codes::check::EXPECT, place, title, "nothing is sent with it");
                            return None;
                        };
                        let body = self.body(entries, &shape, GIVEN, None, *at);
                        ExpectWhat::Record(body.expr(*at))
                    }
                };
                Some(TestItem::ExpectEffect { effect, what, span })
            }
            ast::Expect::Expr(expr) => {
                let condition = self.truth(expr, "`expect`");
                let sides = match &expr.node {
                    ExprKind::Binary { left, right, .. } => {
                        let sides = [left, right].map(|side| self.expr(side));
                        let shown = sides.into_iter().filter(|side| kinds::printable(&side.typed.kind));
                        shown.map(|side| (side.expr, side.typed.kind)).collect()
                    }
                    _ => Vec::new(),
                };
                Some(TestItem::ExpectHolds { condition: condition.expr, sides, span })
            }
        }
    }
}

/// The rules for records that a test writes: every field may stand there, none must.
const GIVEN: Rules<'static> = Rules { taker: "given", required: false, any_field: true, only: None };

impl World<'_> {
    /// Whether a step of the flow may do this.
    fn does(&self, effect: &Effect) -> bool {
        let same = |at: &At| at.role == effect.at.role && at.resource.name == effect.at.resource.name;
        self.steps.iter().any(|step| match (&step.work, effect.word) {
            (Work::Create(create), EffectWord::Create) => same(&create.at),
            (Work::Ensure(ensure), EffectWord::Create) => ensure.missing.is_none() && same(&ensure.at),
            (Work::Ensure(ensure), EffectWord::Update) => !ensure.update.is_empty() && same(&ensure.at),
            (Work::Update(update), EffectWord::Update) => same(&update.at),
            (Work::Call(call), EffectWord::Call) => {
                let name = &call.at.resource.actions[call.action].name;
                same(&call.at) && effect.action.as_ref() == Some(name)
            }
            (Work::Find(find), EffectWord::Read) => same(&find.at),
            (Work::Require(require), EffectWord::Read) => same(&require.at),
            (_, EffectWord::Read) => self.source.is_some_and(|source| same(&source.at)),
            _ => false,
        })
    }
}

fn is_plain(expr: &Expr) -> bool {
    match &expr.op {
        Op::Number(_) | Op::Text(_) | Op::Bool(_) | Op::Date(_) => true,
        Op::Negate(value) => is_plain(value),
        _ => false,
    }
}
