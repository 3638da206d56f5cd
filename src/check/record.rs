//! The lines of a record as written go in; a record in the slots of its shape, or of a kind of its own, comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::checker::{Checked, Checker};
use crate::check::fit::{number, record};
use crate::check::kinds;
use crate::check::problems::{list, suggest};
use crate::check::scope::{Name, Spot, Wanted};
use crate::eval::{Entry, Expr, Op, RecordExpr, Shape};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, EntryValue, ExprKind, Literal};
use crate::value::{FieldKind, Kind, Typed};

/// What a body of a system has to obey.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'r> {
    /// What takes it, for messages: `create books.invoices`.
    pub(super) taker: &'r str,
    /// Required fields must be there.
    pub(super) required: bool,
    /// Fields that are read only may be written (in a test that says what a system answers).
    pub(super) any_field: bool,
    /// The only fields that are taken.
    pub(super) only: Option<&'r [usize]>,
}

impl Rules<'_> {
    /// The rules for a record in a record, which is always written whole.
    fn nested(self) -> Self {
        Rules { only: None, required: !self.any_field, ..self }
    }
}

/// `key f = e`, on its way to its field.
pub(super) struct KeyPart<'k> {
    /// The slots that are left.
    pub(super) slots: &'k [u32],
    /// What it is.
    pub(super) value: Expr,
    /// The line.
    pub(super) span: Span,
}

/// Where a field was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    span: Span,
    always: bool,
}

/// The fields that were written, by slot.
pub(super) type Fields = BTreeMap<u32, Written>;

/// A body that was checked.
pub(super) struct Body {
    pub(super) record: RecordExpr,
    pub(super) fields: Fields,
}

impl Body {
    /// It as an expression.
    pub(super) fn expr(self, span: Span) -> Expr {
        Expr::new(Op::Record(Box::new(self.record)), span)
    }
}

/// Which slots a record has.
enum Layout<'s, 'r> {
    /// Those its lines make.
    Free(Vec<FieldKind>),
    /// Those of a shape.
    Shaped(&'s Arc<Shape>, Rules<'r>),
}

impl Checker<'_> {
    /// A record of its own kind.
    pub(super) fn free_record(&mut self, entries: &[ast::Entry], span: Span) -> Checked {
        let mut layout = Layout::Free(Vec::new());
        let (made, fields) = self.record(entries, &mut layout, None);
        let Layout::Free(mut kinds) = layout else { return Checked::broken(span) };
        for (slot, kind) in kinds.iter_mut().enumerate() {
            let always = fields.get(&number(slot)).is_some_and(|written| written.always);
            kind.typed.maybe |= !always && !matches!(kind.typed.kind, Kind::List(_));
        }
        let made = RecordExpr { width: number(kinds.len()), ..made };
        let kind = record("", kinds);
        self.note_made(&kind, entries);
        Checked::sure(Op::Record(Box::new(made)), span, Kind::Record(kind))
    }

    /// A body of a system, in the slots of its shape.
    pub(super) fn body(
        &mut self,
        entries: &[ast::Entry],
        shape: &Arc<Shape>,
        rules: Rules<'_>,
        key: Option<KeyPart<'_>>,
        span: Span,
    ) -> Body {
        let (made, fields) = self.record(entries, &mut Layout::Shaped(shape, rules), key);
        if rules.required {
            self.required(shape, rules, &fields, span);
        }
        Body { record: RecordExpr { width: number(shape.fields.len()), ..made }, fields }
    }

    fn record(
        &mut self,
        entries: &[ast::Entry],
        layout: &mut Layout<'_, '_>,
        mut key: Option<KeyPart<'_>>,
    ) -> (RecordExpr, Fields) {
        self.frame.lets.push(Vec::new());
        let mut fields = Fields::new();
        let mut made = self.inside(&[], |checker| checker.entries(entries, layout, &mut key, &mut fields));
        if let (Some(key), Layout::Shaped(shape, rules)) = (key, layout)
            && let Some((slot, rest)) = key.slots.split_first()
        {
            let value = match (rest.is_empty(), &shape.fields[*slot as usize].shape) {
                (false, Some(inner)) => {
                    let inner = inner.clone();
                    let key = KeyPart { slots: rest, ..key };
                    let span = key.span;
                    self.body(&[], &inner, rules.nested(), Some(key), span).expr(span)
                }
                _ => key.value,
            };
            if let Some(written) = fields.get(slot) {
                self.twice(&shape.fields[*slot as usize].name.clone(), key.span, written.span);
            }
            fields.insert(*slot, Written { span: key.span, always: true });
            made.insert(0, Entry::Field(*slot, value));
        }
        let lets = self.frame.lets.pop().unwrap_or_default();
        (RecordExpr { width: 0, lets, entries: made }, fields)
    }

    fn entries(
        &mut self,
        entries: &[ast::Entry],
        layout: &mut Layout<'_, '_>,
        key: &mut Option<KeyPart<'_>>,
        fields: &mut Fields,
    ) -> Vec<Entry> {
        let mut made = Vec::new();
        for entry in entries {
            match entry {
                ast::Entry::Field { name, value, guard } => {
                    if let Some(field) = self.field(name, value, guard.as_ref(), layout, key, fields) {
                        made.push(field);
                    }
                }
                ast::Entry::Let(written) => {
                    let variable = self.let_name(written);
                    if let Some(lets) = self.frame.lets.last_mut() {
                        lets.push(variable);
                    }
                }
                ast::Entry::If(written) => made.push(self.branch(written, layout, key, fields)),
            }
        }
        made
    }

    fn branch(
        &mut self,
        written: &ast::If,
        layout: &mut Layout<'_, '_>,
        key: &mut Option<KeyPart<'_>>,
        fields: &mut Fields,
    ) -> Entry {
        let condition = self.condition(&written.condition, "`if`");
        let mut branches = Vec::new();
        let both = [(&written.then, &condition.facts.yes, true), (&written.otherwise, &condition.facts.no, false)];
        for (entries, facts, truth) in both {
            let mut own = Fields::new();
            let made = self.inside(facts, |checker| {
                checker.settle(&condition.expr, truth);
                checker.entries(entries, layout, key, &mut own)
            });
            branches.push((made, own));
        }
        let (no, no_fields) = branches.pop().unwrap_or_default();
        let (yes, yes_fields) = branches.pop().unwrap_or_default();
        for (slot, one) in yes_fields.iter().chain(&no_fields) {
            if let Some(above) = fields.get(slot).copied().filter(|above| {
                yes_fields.get(slot).is_none_or(|yes| yes.span != above.span)
                    && no_fields.get(slot).is_none_or(|no| no.span != above.span)
            }) {
                let name = field_name(layout, *slot);
                self.twice(&name, one.span, above.span);
            }
            let in_both = |of: &Fields| of.get(slot).is_some_and(|written| written.always);
            let always = in_both(&yes_fields) && in_both(&no_fields);
            fields.insert(*slot, Written { span: one.span, always });
        }
        Entry::If(condition.expr, yes, no)
    }

    fn field(
        &mut self,
        name: &ast::Name,
        value: &EntryValue,
        guard: Option<&ast::Expr>,
        layout: &mut Layout<'_, '_>,
        key: &mut Option<KeyPart<'_>>,
        fields: &mut Fields,
    ) -> Option<Entry> {
        let (guard, facts) = self.guard(guard);
        let (slot, checked) = match layout {
            Layout::Free(kinds) => {
                let checked = match value {
                    EntryValue::Expr(value) => self.inside(&facts, |checker| checker.expr(value)),
                    EntryValue::Null(span) => {
                        let title = "expected a value, found `null`";
                        let label = "`null` clears a field of a system; this record is none: write `none`";
                        self.problems.error(codes::check::NULL_PLACE, *span, title, label);
                        Checked::broken(*span)
                    }
                };
                let typed = checked.typed.clone();
                let slot = match kinds.iter().position(|kind| kind.name == (*name.node).into()) {
                    None => {
                        kinds.push(FieldKind { name: name.node.clone().into(), typed });
                        kinds.len() - 1
                    }
                    Some(at) => {
                        let known = kinds[at].typed.clone();
                        match kinds::join(&known.kind, &typed.kind) {
                            Some(kind) => kinds[at].typed = Typed { kind, maybe: known.maybe || typed.maybe },
                            None => self.mixed(&checked, &known.kind, "a field is of one kind, in every branch"),
                        }
                        at
                    }
                };
                (number(slot), checked)
            }
            Layout::Shaped(shape, rules) => {
                let (shape, rules) = (*shape, *rules);
                self.note_target(shape, name, rules.only, rules.any_field);
                let Some(at) = shape.kind.position(&name.node) else {
                    self.unknown_shape_field(shape, name);
                    match value {
                        EntryValue::Expr(value) => drop(self.inside(&facts, |checker| checker.expr(value))),
                        EntryValue::Null(_) => {}
                    }
                    return None;
                };
                self.writable(shape, at, rules, name.span);
                let part = key.take_if(|key| key.slots.len() > 1 && key.slots[0] == number(at));
                let checked = self.shaped_value(shape, at, value, rules, &facts, part);
                (number(at), checked)
            }
        };
        let above = fields.get(&slot).map(|above| above.span);
        if let Some(above) = above {
            self.twice(&name.node, name.span, above);
        }
        // Of what was told to be written twice it is not told too that it is sometimes not written.
        fields.insert(slot, Written { span: name.span, always: guard.is_none() || above.is_some() });
        let expr = match guard {
            None => checked.expr,
            Some(guard) => {
                let span = checked.expr.span;
                Expr::new(Op::When(Box::new(guard.expr), Box::new(checked.expr)), span)
            }
        };
        Some(Entry::Field(slot, expr))
    }

    /// What is written into one field of a shape.
    fn shaped_value(
        &mut self,
        shape: &Arc<Shape>,
        at: usize,
        value: &EntryValue,
        rules: Rules<'_>,
        facts: &[Spot],
        key: Option<KeyPart<'_>>,
    ) -> Checked {
        let field = &shape.fields[at];
        let kind = shape.kind.fields[at].typed.kind.clone();
        let value = match value {
            EntryValue::Null(span) => {
                if field.required && rules.required {
                    let title = format!("expected a value for the required field `{}`, found `null`", field.name);
                    self.problems.error(codes::check::NULL_PLACE, *span, title, "a required field cannot be cleared");
                }
                return Checked::sure(Op::Null, *span, kind);
            }
            EntryValue::Expr(value) => value,
        };
        let what = format!("the field `{}`", field.name);
        if let Some(key) = key {
            let (ExprKind::Record(entries), Some(inner)) = (&value.node, &field.shape) else {
                let title = format!("expected the parts of `{}` one by one, since the key is one of them", field.name);
                let problem = Diagnostic::error(codes::check::KEY_FIELD, value.span, title).label("written as a whole");
                self.problems.push(problem.other(key.span, "the key is a part of it"));
                return Checked::broken(value.span);
            };
            let rest = KeyPart { slots: &key.slots[1..], ..key };
            let body =
                self.inside(facts, |checker| checker.body(entries, inner, rules.nested(), Some(rest), value.span));
            return Checked::new(body.expr(value.span), Typed::sure(kind));
        }
        let checked = self.inside(facts, |checker| checker.laid_out(value, &kind, field.shape.as_ref(), rules, &what));
        if let Some(bounds) = &field.within {
            self.bounded(&field.name, bounds, &kind, &checked.expr);
        }
        let needed = rules.required && field.required && field.default.is_none() && !field.read_only;
        if needed && let Some(nothing) = nothing_in(&value.node) {
            let title = format!("expected something in the required field `{}`, found {nothing}", field.name);
            let problem = Diagnostic::error(codes::check::ALWAYS_EMPTY, value.span, title);
            self.problems.push(problem.label("this counts as not set: every record would be held here"));
        } else if needed && checked.typed.maybe && !self.told(&checked) {
            self.not_sure(&checked, &format!("the field `{}` is required", field.name));
        }
        checked
    }

    /// A value as the wanted kind; records in it are laid out as their shape says.
    pub(super) fn laid_out(
        &mut self,
        value: &ast::Expr,
        kind: &Kind,
        shape: Option<&Arc<Shape>>,
        rules: Rules<'_>,
        what: &str,
    ) -> Checked {
        let span = value.span;
        let known = match kind {
            Kind::Record(record) => self.shapes.get(&Arc::as_ptr(record)).cloned(),
            Kind::List(of) => match &**of {
                Kind::Record(record) => self.shapes.get(&Arc::as_ptr(record)).cloned(),
                _ => None,
            },
            _ => None,
        };
        match (&value.node, kind, shape.or(known.as_ref())) {
            (ExprKind::Record(entries), Kind::Record(_), Some(shape)) => {
                let body = self.body(entries, shape, rules.nested(), None, span);
                Checked::new(body.expr(span), Typed::sure(kind.clone()))
            }
            (ExprKind::Each { ranges, condition, entries }, Kind::List(of), Some(shape)) => {
                let each = self.each_with(ranges, condition.as_ref(), span, &mut |checker| {
                    Some((checker.body(entries, shape, rules.nested(), None, span).record, (**of).clone()))
                });
                Checked::new(each.expr, Typed::sure(kind.clone()))
            }
            (ExprKind::List(items), Kind::List(of), Some(_)) => {
                let items = items
                    .iter()
                    .map(|item| self.laid_out(item, of, shape, rules, &format!("an element of {what}")).expr);
                let items = items.collect();
                Checked::sure(Op::List(items), span, kind.clone())
            }
            (ExprKind::Match { subject, arms }, ..) => {
                let made = self.match_with(subject, arms, span, &mut |checker, arm| {
                    checker.laid_out(arm, kind, shape, rules, what)
                });
                let typed = if self.told(&made) { made.typed } else { Typed { kind: kind.clone(), ..made.typed } };
                Checked { typed, literal: false, spot: None, ..made }
            }
            _ => {
                let checked = self.expr(value);
                let (typed, spot) = (checked.typed.clone(), checked.spot.clone());
                let broken = self.told(&checked);
                let expr = self.assign(checked, kind, what);
                let kind = if broken { Kind::Any } else { kind.clone() };
                Checked { spot, ..Checked::new(expr, Typed { kind, maybe: typed.maybe }) }
            }
        }
    }

    /// Says so when a field cannot be written here.
    fn writable(&mut self, shape: &Arc<Shape>, at: usize, rules: Rules<'_>, span: Span) {
        let field = &shape.fields[at];
        if rules.any_field {
            return;
        }
        if field.read_only || shape.id == Some(at) {
            let why = if field.read_only { "read only" } else { "its id" };
            let title = format!("expected a field that can be written, found `{}`, which is {why}", field.name);
            let label = format!("`{}` says it and never takes it", shape.name);
            self.problems.error(codes::check::READ_ONLY, span, title, label);
            return;
        }
        if let Some(only) = rules.only
            && !only.contains(&at)
        {
            let title = format!("expected a field that `{}` takes, found `{}`", rules.taker, field.name);
            let taken = list(only.iter().filter_map(|at| shape.fields.get(*at)).map(|field| &*field.name));
            let problem = Diagnostic::error(codes::check::NOT_TAKEN, span, title).label("it would be ignored");
            self.problems.push(problem.note(format!("it takes {taken}")));
        }
    }

    fn unknown_shape_field(&mut self, shape: &Shape, name: &ast::Name) {
        let title = format!("expected a field of `{}`, found `{}`", shape.name, name.node);
        let problem = Diagnostic::error(codes::check::UNKNOWN_FIELD, name.span, title).label("not a field");
        let known = shape.fields.iter().filter(|field| !field.read_only).map(|field| &*field.name);
        self.problems.push(suggest(problem, name.span, &name.node, "its fields are", known));
    }

    /// Says which required fields are not written.
    fn required(&mut self, shape: &Arc<Shape>, rules: Rules<'_>, fields: &Fields, span: Span) {
        let mut missing = Vec::new();
        for (at, field) in shape.fields.iter().enumerate() {
            let needed = field.required && !field.read_only && field.default.is_none() && shape.id != Some(at);
            if !needed {
                continue;
            }
            match fields.get(&number(at)) {
                None => missing.push(&*field.name),
                Some(written) if !written.always => {
                    let title = format!("expected the required field `{}` in every case, found it in some", field.name);
                    let problem = Diagnostic::error(codes::check::MISSING_FIELDS, written.span, title)
                        .label("sometimes left out")
                        .note(format!("`{}` wants it always", rules.taker));
                    self.problems.push(problem);
                }
                Some(_) => {}
            }
        }
        if missing.is_empty() {
            return;
        }
        let words = list(missing.iter().copied());
        let plural = if missing.len() == 1 { "field" } else { "fields" };
        let title = format!("expected the required {plural} {words} of `{}`, found no line for it", shape.name);
        let mut problem = Diagnostic::error(codes::check::MISSING_FIELDS, head(span), title).label(format!(
            "`{}` wants {}",
            rules.taker,
            if missing.len() == 1 { "it" } else { "them" }
        ));
        if span.end > span.start && self.source.text.get(..span.end as usize).is_some_and(|text| text.ends_with('}')) {
            let at = Span { start: span.end - 1, end: span.end - 1, ..span };
            let lines = missing.iter().map(|name| format!("{name} = … ")).collect::<String>();
            problem = problem.fix("add what is missing", at, lines);
        }
        self.problems.push(problem);
    }

    fn twice(&mut self, name: &str, span: Span, above: Span) {
        let title = format!("expected one value for the field `{name}`, found two");
        let problem = Diagnostic::error(codes::check::FIELD_TWICE, span, title).label("written again");
        let note =
            "one of several values: `match … { … => …, _ => … }`, or `if … { … } else { … }` with the field in both";
        self.problems.push(problem.other(above, "first written here").note(note));
    }

    /// `let x = e when c`: a new variable and its name.
    pub(super) fn let_name(&mut self, written: &ast::Let) -> u32 {
        let (guard, facts) = self.guard(written.guard.as_ref());
        let value = self.inside(&facts, |checker| checker.expr(&written.value));
        let variable = self.frame.variable();
        let span = value.span();
        let guarded = guard.is_some();
        let (expr, maybe) = match guard {
            None => (value.expr, value.typed.maybe),
            Some(guard) => {
                let list = matches!(value.typed.kind, Kind::List(_));
                (Expr::new(Op::When(Box::new(guard.expr), Box::new(value.expr)), span), !list)
            }
        };
        let spot = match value.spot {
            Some(spot) if !guarded => spot,
            _ => Spot::variable(variable),
        };
        let typed = Typed { kind: value.typed.kind, maybe };
        let name = Name::filled(written.name.node.clone().into(), written.name.span, variable, typed);
        self.declare(Name {
            lazy: Some(Arc::new(expr)),
            spot,
            facts: if guarded { Default::default() } else { value.facts },
            wanted: Some(Wanted::Let),
            ..name
        });
        variable
    }
}

/// The first byte of a stretch, where a message about all of it is shown.
fn head(span: Span) -> Span {
    Span { end: (span.start + 1).min(span.end.max(span.start)), ..span }
}

fn field_name(layout: &Layout<'_, '_>, slot: u32) -> String {
    match layout {
        Layout::Free(kinds) => kinds.get(slot as usize).map(|kind| kind.name.to_string()),
        Layout::Shaped(shape, _) => shape.fields.get(slot as usize).map(|field| field.name.to_string()),
    }
    .unwrap_or_default()
}

/// What is written and yet never anything, in words.
fn nothing_in(value: &ExprKind) -> Option<&'static str> {
    match value {
        ExprKind::List(items) if items.is_empty() => Some("an empty list"),
        ExprKind::Literal(Literal::Text(text)) if text.trim().is_empty() => Some("an empty text"),
        _ => None,
    }
}
