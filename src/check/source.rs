//! `from R as x { … }` goes in; where records come from and what tells them apart comes out.

use std::time::Duration;

use crate::check::checker::{Checked, Checker};
use crate::check::fit::number;
use crate::check::flow::record_of;
use crate::check::kinds;
use crate::check::problems::list;
use crate::check::program::{self, By, Cursor, SOURCE};
use crate::check::scope::{Frame, Name, Place};
use crate::eval::{Expr, Op, Step};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, Every};
use crate::value::Kind;

impl Checker<'_> {
    /// Checks the source and knows its record by name from here on.
    pub(super) fn source(&mut self, from: &ast::From, span: Span) -> Option<program::Source> {
        let at = self.resource(&from.resource);
        let typed = match &at {
            Some(at) => record_of(at, false).kind,
            None => kinds::BROKEN,
        };
        let name = &from.name;
        if let (Some(at), true) = (&at, at.as_ref().is_some_and(|at| at.resource.list.is_none())) {
            let words = self.resource_words(at);
            let title = format!("expected a resource that can be listed, found `{words}`");
            self.problems.error(codes::check::NOT_OFFERED, from.resource.span(), title, "it has no `list`");
        }
        let by = match &at {
            Some(at) => {
                let why = "the source is asked before there is a record";
                self.without_record(why, |checker| {
                    let all = from.by.iter().flatten();
                    all.filter_map(|by| checker.source_by(at, by)).collect()
                })
            }
            None => Vec::new(),
        };
        let from_value = from.cursors.first().and_then(|cursor| cursor.node.from.as_ref()).map(|value| {
            self.without_record("the cursor begins before there is a record", |checker| checker.cursor_from(value))
        });
        self.declare(Name::filled(name.node.clone().into(), name.span, SOURCE, crate::value::Typed::sure(typed)));
        self.frame.names.last().inspect(|name| name.read.set(true));
        let key = self.source_key(from, span);
        let cursor = self.cursor(from, at.as_ref(), from_value.flatten());
        for every in &from.every {
            self.every(every);
        }
        let (at, key) = (at?, key?);
        let title = at.resource.shape.fields.iter().position(|field| field.title).map(number);
        Some(program::Source {
            at,
            name: name.node.clone().into(),
            given: name.span,
            key_kind: key.typed.kind.clone(),
            key: key.expr,
            title,
            by,
            cursor,
            every: from.every.iter().map(|every| every.node.clone()).collect(),
            webhook: from.webhook.is_some(),
            used: Default::default(),
            span,
        })
    }

    /// Runs `work` where only settings are known.
    fn without_record<T>(&mut self, why: &'static str, work: impl FnOnce(&mut Self) -> T) -> T {
        let frame = Frame::new(Place::Settings(why), self.frame.width());
        let outer = std::mem::replace(&mut self.frame, frame);
        let result = work(self);
        let inner = std::mem::replace(&mut self.frame, outer);
        while self.frame.width() < inner.width() {
            self.frame.variable();
        }
        result
    }

    fn source_by(&mut self, at: &program::At, by: &ast::Spanned<ast::By>) -> Option<By> {
        if let ast::By::Linked(_) = &by.node {
            let title = "expected a field of the source in `by`, found `linked`";
            self.problems.error(codes::check::BY, by.span, title, "a link leads from one record to one other");
            return None;
        }
        self.by(at, by, true)
    }

    fn source_key(&mut self, from: &ast::From, span: Span) -> Option<Checked> {
        let word = Span { end: span.start + 4, ..span };
        let Some(key) = from.keys.first() else {
            let title = "expected a `key` in `from`, found none";
            let problem =
                Diagnostic::error(codes::check::SOURCE_KEY, word, title).label("what tells its records apart?");
            self.problems.push(problem.note(format!(
                "the ledger knows a record by its key: `key {}.…`, a field that never changes",
                from.name.node
            )));
            return None;
        };
        if let Some(second) = from.keys.get(1) {
            let title = "expected one `key` in `from`, found two";
            let problem = Diagnostic::error(codes::check::SOURCE_KEY, second.span, title).label("a second key");
            self.problems.push(problem.other(key.span, "the first"));
        }
        let checked = self.expr(key);
        if self.told(&checked) {
            return None;
        }
        if checked.typed.maybe {
            let text = self.slice(key.span).unwrap_or("a field").trim().to_owned();
            let title = format!("expected a value that is always set, found `{text}`, which may be not set");
            let problem = Diagnostic::error(codes::check::MAY_BE_NOT_SET, key.span, title);
            let problem = problem.label("the key of a record must be sure");
            let sure = self.sure_fields(&checked);
            self.problems.push(match &sure[..] {
                [] => problem,
                sure => problem.note(format!("these are always set: {}", list(sure.iter().map(|name| &**name)))),
            });
        }
        let plain = !matches!(checked.typed.kind, Kind::List(_) | Kind::Record(_) | Kind::Bool | Kind::Table(..));
        let of_source = checked.spot.as_ref().is_some_and(|spot| spot.variable == SOURCE && !spot.steps.is_empty());
        if !plain || !of_source {
            let title = format!(
                "expected a field of `{}` as the key, found {}",
                from.name.node,
                kinds::words(&checked.typed.kind)
            );
            self.problems.error(codes::check::SOURCE_KEY, key.span, title, "this tells no records apart");
            return None;
        }
        Some(checked)
    }

    /// The fields of the record that are always set and could be its key.
    fn sure_fields(&self, value: &Checked) -> Vec<String> {
        let root = value.spot.as_ref().and_then(|spot| self.frame.kinds.get(&spot.variable));
        let Some(Kind::Record(record)) = root.map(|typed| &typed.kind) else { return Vec::new() };
        let plain = |kind: &Kind| matches!(kind, Kind::Id(_) | Kind::Text | Kind::Int);
        let sure = record.fields.iter().filter(|field| !field.typed.maybe && plain(&field.typed.kind));
        sure.map(|field| field.name.to_string()).collect()
    }

    fn cursor_from(&mut self, value: &ast::Expr) -> Option<Expr> {
        let checked = self.expr(value);
        if self.told(&checked) {
            return None;
        }
        if checked.typed.maybe {
            self.not_sure(&checked, "where to begin must be sure");
        }
        if !matches!(checked.typed.kind, Kind::Date | Kind::Datetime) {
            let title =
                format!("expected a date or an instant to begin from, found {}", kinds::words(&checked.typed.kind));
            self.problems.error(codes::check::CURSOR, checked.span(), title, "from when?");
            return None;
        }
        Some(checked.expr)
    }

    fn cursor(&mut self, from: &ast::From, at: Option<&program::At>, begin: Option<Expr>) -> Option<Cursor> {
        let written = from.cursors.first()?;
        if let Some(second) = from.cursors.get(1) {
            let title = "expected one `cursor` in `from`, found two";
            let problem = Diagnostic::error(codes::check::CURSOR, second.span, title).label("a second cursor");
            self.problems.push(problem.other(written.span, "the first"));
        }
        let value = self.expr(&written.node.path);
        if self.told(&value) {
            return None;
        }
        let is_date = match value.typed.kind {
            Kind::Date => true,
            Kind::Datetime => false,
            ref kind => {
                let title = format!("expected a date or an instant as the cursor, found {}", kinds::words(kind));
                let label = "a cursor is what grows when a record is new or changed";
                self.problems.error(codes::check::CURSOR, value.span(), title, label);
                return None;
            }
        };
        let at = at?;
        let slots = match &value.expr.op {
            Op::Path(root, steps) if matches!(root.op, Op::Var(SOURCE)) => slots(steps),
            _ => None,
        };
        let Some(slots) = slots else {
            let title = format!("expected a field of `{}` as the cursor, found something else", from.name.node);
            self.problems.error(codes::check::CURSOR, value.span(), title, "name one of its fields");
            return None;
        };
        let field = dotted(at, &slots);
        let since = at.resource.since.iter().position(|since| *since.field == *field);
        let overlap = written.node.overlap.as_ref().map_or(0, |time| time.node.seconds());
        Some(Cursor {
            value: value.expr,
            field: field.into(),
            is_date,
            from: begin,
            overlap: Duration::from_secs(overlap),
            since,
        })
    }

    fn every(&mut self, every: &ast::Spanned<Every>) {
        match &every.node {
            Every::Time(time) if time.seconds() == 0 => {
                let title = "expected a time longer than nothing, found none";
                self.problems.error(codes::check::EVERY, every.span, title, "how often?");
            }
            Every::Time(_) => {}
            Every::Cron(text) => {
                let fields = text.split_whitespace().count();
                let signs = |sign: char| sign.is_ascii_alphanumeric() || "*,-/#?LW ".contains(sign);
                if !(5..=6).contains(&fields) || !text.chars().all(signs) {
                    let title = format!("expected a cron text of five fields, found `{text}`");
                    let problem = Diagnostic::error(codes::check::EVERY, every.span, title).label("when is that?");
                    self.problems.push(problem.note("minute, hour, day, month, day of the week: `\"0 7 * * 1-5\"`"));
                }
            }
        }
    }
}

/// The slots of a path of fields alone.
fn slots(steps: &[Step]) -> Option<Vec<u32>> {
    steps
        .iter()
        .map(|step| match step {
            Step::Field(slot) => Some(*slot),
            _ => None,
        })
        .collect()
}

/// The dotted name of a field by its slots.
fn dotted(at: &program::At, slots: &[u32]) -> String {
    let mut shape = Some(at.resource.shape.clone());
    let mut words = Vec::new();
    for slot in slots {
        let Some(field) = shape.as_ref().and_then(|shape| shape.fields.get(*slot as usize).cloned()) else { break };
        words.push(field.name.to_string());
        shape = field.shape;
    }
    words.join(".")
}
