//! `by`, keys and cursors name fields: the words go in, the slots and the kind of a shape's field come out.

use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::fit::number;
use crate::check::flow::{Gathered, Origin};
use crate::check::kinds;
use crate::check::problems::suggest;
use crate::check::program::{At, By, FieldPath, SOURCE};
use crate::check::used;
use crate::connect::Resource;
use crate::eval::{Compared, Expr, Shape, Used};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast;
use crate::value::{Kind, ResourceName};

/// A field of a shape, found.
pub(super) struct Found {
    pub(super) path: FieldPath,
    pub(super) kind: Kind,
    /// It is the record's id.
    pub(super) is_id: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
}

impl Checker<'_> {
    /// The field of a shape that is named, or none, which was told.
    pub(super) fn shape_field(&mut self, shape: &Arc<Shape>, field: &ast::Field) -> Option<Found> {
        let mut shape = shape.clone();
        let mut slots = Vec::new();
        let (mut read_only, mut write_only) = (false, false);
        for (at, word) in field.words.iter().enumerate() {
            self.note_field(&shape.kind, &word.node, word.span, None);
            let Some(slot) = shape.kind.position(&word.node) else {
                let title = format!("expected a field of `{}`, found `{}`", shape.name, word.node);
                let problem = Diagnostic::error(codes::check::UNKNOWN_FIELD, word.span, title).label("not a field");
                let known = shape.fields.iter().map(|field| &*field.name);
                self.problems.push(suggest(problem, word.span, &word.node, "its fields are", known));
                return None;
            };
            slots.push(number(slot));
            read_only |= shape.fields[slot].read_only;
            write_only |= shape.fields[slot].write_only;
            let kind = shape.kind.fields[slot].typed.kind.clone();
            if at + 1 == field.words.len() {
                let is_id = at == 0 && shape.id == Some(slot);
                let path = FieldPath { dotted: field.text().into(), slots };
                return Some(Found { path, kind, is_id, read_only, write_only });
            }
            match (&kind, shape.fields[slot].shape.clone()) {
                (Kind::Record(_), Some(inner)) => shape = inner,
                _ => {
                    let title = format!("expected a record in `{}`, found {}", word.node, kinds::words(&kind));
                    self.problems.error(codes::check::NO_PARTS, word.span, title, "it has no single part to compare");
                    return None;
                }
            }
        }
        None
    }

    /// One condition of a `by`. `many` allows `in`; the value is compared with what the field holds.
    pub(super) fn by(&mut self, at: &At, by: &ast::Spanned<ast::By>, listed: bool) -> Option<By> {
        let (field, value, many) = match &by.node {
            ast::By::Linked(value) => {
                let (value, of) = self.linked(value)?;
                return Some(By::Linked { value, of });
            }
            ast::By::Equals(field, value) => (field, value, false),
            ast::By::In(field, value) => (field, value, true),
        };
        let resource = at.resource.clone();
        let name = field.text();
        let filter = resource.filters.iter().position(|filter| *filter.field == *name);
        self.note_filters(&resource, field.span(), filter);
        if let Some(filter) = filter
            && let Some(kind) = resource.filters[filter].kind.clone()
        {
            let (value, compared) = self.wanted(value, &kind, many, &name)?;
            let path = FieldPath { dotted: name.into(), slots: Vec::new() };
            return Some(By::Field { field: path, compared, value, many, filter: Some(filter) });
        }
        let is_id_word = name == "id" && resource.shape.kind.position("id").is_none();
        let found = if is_id_word {
            let id = resource.shape.id?;
            let path = FieldPath { dotted: resource.shape.fields[id].name.clone(), slots: vec![number(id)] };
            let kind = resource.shape.kind.fields[id].typed.kind.clone();
            Found { path, kind, is_id: true, read_only: true, write_only: false }
        } else {
            let filters = self.own_filters(&resource);
            match resource.shape.kind.position(field.words.first().map_or("", |word| &*word.node)) {
                None if !filters.is_empty() => {
                    self.unknown_by(&resource, field, &filters);
                    return None;
                }
                _ => self.shape_field(&resource.shape, field)?,
            }
        };
        let (value, compared) = self.wanted(value, &found.kind, many, &name)?;
        if found.is_id && !many && !listed && resource.get.is_some() {
            return Some(By::Id(value));
        }
        if found.write_only && filter.is_none() {
            let title = format!("expected a field that can be read, found `{name}`, which is write only");
            let label = "what is never answered cannot be looked for";
            self.problems.error(codes::check::BY, field.span(), title, label);
        }
        let searched = resource.searches.iter().any(|search| search.on.iter().any(|on| **on == *found.path.dotted));
        if resource.list.is_none() && !searched && !(found.is_id && resource.get.is_some()) {
            let words = self.resource_words(at);
            let title = format!("expected something that `{words}` can be asked for, found `{name}`");
            let problem = Diagnostic::error(codes::check::BY, field.span(), title)
                .label("it has no list, and no search looks at this field");
            self.problems.push(problem);
        }
        Some(By::Field { field: found.path, compared, value, many, filter })
    }

    fn own_filters(&self, resource: &Resource) -> Vec<Arc<str>> {
        resource.filters.iter().filter(|filter| filter.kind.is_some()).map(|filter| filter.field.clone()).collect()
    }

    fn unknown_by(&mut self, resource: &Resource, field: &ast::Field, filters: &[Arc<str>]) {
        let name = field.text();
        let title = format!("expected a field or filter of `{}`, found `{name}`", resource.name);
        let problem = Diagnostic::error(codes::check::UNKNOWN_FIELD, field.span(), title).label("not known");
        let known = resource.shape.fields.iter().map(|field| &*field.name);
        let known = known.chain(filters.iter().map(|filter| &**filter));
        self.problems.push(suggest(problem, field.span(), &name, "its fields are", known));
    }

    /// What a field is compared with, and how.
    fn wanted(&mut self, value: &ast::Expr, kind: &Kind, many: bool, name: &str) -> Option<(Expr, Compared)> {
        self.note_wish(value.span, kind);
        let checked = self.expr(value);
        let Some(compared) = kinds::compared(kind, kind).filter(|_| *kind != Kind::Any) else {
            let title = format!("expected a field with one value, found `{name}`, {}", kinds::words(kind));
            self.problems.error(codes::check::BY, value.span, title, "it cannot be compared");
            return None;
        };
        if self.told(&checked) {
            return None;
        }
        let what = format!("`{name}`");
        let target = if many { Kind::List(Arc::new(kind.clone())) } else { kind.clone() };
        let checked = if checked.literal { self.adapt(checked, &target) } else { checked };
        let comparable = match (&checked.typed.kind, many) {
            (Kind::List(of), true) => kinds::compared(of, kind).is_some(),
            (found, false) => kinds::compared(found, kind).is_some(),
            _ => false,
        };
        let outside = matches!((&checked.typed.kind, kind), (Kind::Choice(_), Kind::Choice(_)))
            && !kinds::fits(&checked.typed.kind, kind);
        if comparable && !outside {
            return Some((checked.expr, compared));
        }
        Some((self.assign(checked, &target, &what), compared))
    }

    /// `linked e`: the id and what it is the id of.
    pub(super) fn linked(&mut self, value: &ast::Expr) -> Option<(Expr, ResourceName)> {
        let checked = self.expr(value);
        if self.told(&checked) {
            return None;
        }
        match kinds::id_of(&checked.typed.kind) {
            Some(of) => {
                let of = of.clone();
                Some((checked.expr, of))
            }
            None => {
                let found = kinds::words(&checked.typed.kind);
                let title = format!("expected an `id of …` behind `linked`, found {found}");
                let label = "a link is known by the id of what it leads from";
                self.problems.error(codes::check::LINKED, checked.span(), title, label);
                None
            }
        }
    }

    /// The key of what is made: it must be made of the record, and of nothing that the flow makes.
    pub(super) fn key_origin(&mut self, origin: Origin, few: bool, value: &Expr, span: Span) {
        if origin.made {
            let title =
                "expected a key made of the record, settings and reads, found one that needs what the flow makes";
            let problem = Diagnostic::error(codes::check::KEY_OF_MADE, value.span, title)
                .label("not known before the first write");
            self.problems.push(problem.note("all keys are looked for before anything is written"));
        } else if !origin.of_record {
            let title = "expected a key that tells records apart, found one that is the same for all";
            let problem = Diagnostic::error(codes::check::KEY_OF_NOTHING, value.span, title)
                .label("the second record would be taken for the first");
            self.problems.push(problem.other(span, "the key"));
        } else if few {
            let title = "expected a key that tells records apart, found one of a few values";
            let problem = Diagnostic::error(codes::check::KEY_OF_NOTHING, value.span, title)
                .label("many records have the same: each but the first would be taken for made");
            self.problems.push(problem.other(span, "the key"));
        }
    }

    /// Whether all that an expression reads of the record is yes or no, or one of a closed list.
    pub(super) fn reads_few(&self, value: &Expr, gathered: &Gathered) -> bool {
        let of_record = |variable: &u32| {
            *variable == SOURCE || gathered.origins.get(variable).is_some_and(|origin| origin.of_record)
        };
        let reads = used::reads(value);
        let mut of_record = reads.iter().filter(|(variable, _)| of_record(variable)).peekable();
        of_record.peek().is_some()
            && of_record.all(|(variable, used)| {
                self.frame.kinds.get(variable).is_some_and(|typed| few_values(&typed.kind, used))
            })
    }
}

/// Whether what is used of a kind can have only a few values.
fn few_values(kind: &Kind, used: &Used) -> bool {
    match kind {
        Kind::Bool | Kind::Choice(_) => true,
        Kind::Record(record) if !used.whole && !used.fields.is_empty() => used.fields.iter().all(|(slot, used)| {
            record.fields.get(*slot as usize).is_some_and(|field| few_values(&field.typed.kind, used))
        }),
        _ => false,
    }
}
