//! The check of a flow writes down what it meets: words and their meaning, and what could stand at the place asked about.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::library::{Signature, TableEntry};
use crate::check::notes::{Callable, Mark, Meaning, RoleNote, Seen, ShapeNote, Target, address};
use crate::check::program::Source;
use crate::check::scope::Place;
use crate::connect::Resource;
use crate::eval::Shape;
use crate::report::Span;
use crate::syntax::ast::{self, Item};
use crate::value::{Kind, RecordKind, Typed};

impl Checker<'_> {
    /// Notes what a word means; nothing when nobody asked.
    pub(super) fn note(&mut self, span: Span, typed: Option<&Typed>, meaning: impl FnOnce() -> Meaning) {
        if let Some(notes) = &mut self.notes {
            notes.marks.push(Mark { span, meaning: meaning(), typed: typed.cloned() });
        }
    }

    /// Notes a field, and that one could stand there.
    pub(super) fn note_field(&mut self, record: &Arc<RecordKind>, name: &str, span: Span, typed: Option<&Typed>) {
        if let Some(notes) = &mut self.notes {
            // A step's place may begin with its dot.
            let length = u32::try_from(name.len()).unwrap_or(0);
            let span = Span { start: span.end.saturating_sub(length).max(span.start), ..span };
            if let Some(at) = record.position(name) {
                let typed = Some(typed.unwrap_or(&record.fields[at].typed).clone());
                notes.marks.push(Mark { span, meaning: Meaning::Field(record.clone(), at), typed });
            }
            if notes.asks(span) {
                notes.sight.fields.push(record.clone());
            }
        }
    }

    /// Notes a field that lies somewhere in a kind, and that one could stand there.
    pub(super) fn note_within(&mut self, kind: &Kind, name: &str, span: Span) {
        if self.notes.is_none() {
            return;
        }
        match kind {
            Kind::Record(record) => {
                let record = record.clone();
                self.note_field(&record, name, span, None);
                record.fields.iter().for_each(|field| self.note_within(&field.typed.kind, name, span));
            }
            Kind::List(of) => self.note_within(of, name, span),
            _ => {}
        }
    }

    /// Notes a setting that is read, and that one could stand there.
    pub(super) fn note_setting(&mut self, name: &str, span: Span) {
        let Some(notes) = &mut self.notes else { return };
        let length = u32::try_from(name.len()).unwrap_or(0);
        let span = Span { start: span.end.saturating_sub(length).max(span.start), ..span };
        if let Some(at) = self.settings.position(name)
            && let Some(given) = self.setting_places.get(at)
        {
            let typed = Some(self.settings.fields[at].typed.clone());
            notes.marks.push(Mark { span, meaning: Meaning::Setting(*given), typed });
        }
        if notes.asks(span) {
            notes.sight.fields.push(self.settings.clone());
        }
    }

    /// Notes the source's record by its name.
    pub(super) fn note_source(&mut self, name: &ast::Name, source: &Source) {
        if *source.name == *name.node {
            let typed = Typed::sure(Kind::Record(source.at.resource.shape.kind.clone()));
            self.note(name.span, Some(&typed), || Meaning::Name(source.given));
        }
    }

    /// Notes that a field of this shape is written there.
    pub(super) fn note_target(
        &mut self,
        shape: &Arc<Shape>,
        name: &ast::Name,
        only: Option<&[usize]>,
        any_field: bool,
    ) {
        self.note_field(&shape.kind, &name.node, name.span, None);
        if let Some(notes) = &mut self.notes
            && notes.asks(name.span)
        {
            notes.sight.fields.clear();
            notes.sight.target = Some(Target { shape: shape.clone(), only: only.map(<[usize]>::to_vec), any_field });
        }
    }

    /// Notes the fields of a record that the flow makes for itself.
    pub(super) fn note_made(&mut self, record: &Arc<RecordKind>, entries: &[ast::Entry]) {
        if self.notes.is_none() {
            return;
        }
        for entry in entries {
            match entry {
                ast::Entry::Field { name, .. } => {
                    if let (Some(at), Some(notes)) = (record.position(&name.node), &mut self.notes) {
                        notes.made.push((record.clone(), at, name.span));
                    }
                    self.note_field(record, &name.node, name.span, None);
                }
                ast::Entry::Let(_) => {}
                ast::Entry::If(written) => {
                    self.note_made(record, &written.then);
                    self.note_made(record, &written.otherwise);
                }
            }
        }
    }

    /// Notes that a filter of a resource may stand there.
    pub(super) fn note_filters(&mut self, resource: &Arc<Resource>, span: Span, filter: Option<usize>) {
        if let Some(notes) = &mut self.notes {
            if let Some(at) = filter.filter(|at| resource.filters[*at].kind.is_some()) {
                let typed = resource.filters[at].kind.clone().map(Typed::sure);
                notes.marks.push(Mark { span, meaning: Meaning::Filter(resource.clone(), at), typed });
            }
            if notes.asks(span) {
                notes.sight.filters = Some(resource.clone());
                notes.sight.fields.push(resource.shape.kind.clone());
            }
        }
    }

    /// Notes what is wanted of a value; the innermost wish counts.
    pub(super) fn note_wish(&mut self, span: Span, wanted: &Kind) {
        if let Some(notes) = &mut self.notes
            && notes.asks(span)
            && notes.sight.wanted.is_none()
            && *wanted != Kind::Any
        {
            notes.sight.wanted = Some(wanted.clone());
        }
    }

    /// Notes that a value may stand there, and the names that are seen.
    pub(super) fn note_value(&mut self, span: Span) {
        if self.notes.as_ref().is_none_or(|notes| !notes.asks(span)) {
            return;
        }
        let frame = &self.frame;
        let mut seen: Vec<Seen> = Vec::new();
        if let Place::Record(kind) = &frame.place {
            let fields = kind.fields.iter();
            seen.extend(fields.map(|field| Seen { name: field.name.clone(), typed: field.typed.clone() }));
        }
        for name in frame.names.iter().rev() {
            if !seen.iter().any(|known| known.name == name.text) {
                let maybe = name.typed.maybe && !frame.is_sure(&name.spot);
                let typed = Typed { kind: name.typed.kind.clone(), maybe };
                seen.push(Seen { name: name.text.clone(), typed });
            }
        }
        if !matches!(frame.place, Place::Function | Place::Record(_)) {
            seen.push(Seen { name: Arc::from("settings"), typed: Typed::sure(Kind::Record(self.settings.clone())) });
        }
        if let Some(notes) = &mut self.notes {
            notes.sight.names = Some(seen);
            notes.sight.calls = true;
        }
    }

    /// Notes a function's border.
    pub(super) fn note_function(&mut self, span: Span, given: Span, signature: &Signature) {
        self.note(span, Some(&signature.result), || Meaning::Function(given, signature.to_string().into()));
    }

    /// Notes a table.
    pub(super) fn note_table(&mut self, span: Span, table: &TableEntry) {
        self.note(span, Some(&table.value), || Meaning::Table(table.span, table_words(table)));
    }

    /// Notes what was known when the whole file was read.
    pub(super) fn note_known(&mut self, items: &[ast::Spanned<Item>]) {
        let Some(mut notes) = self.notes.take() else { return };
        for role in &self.roles {
            for resource in &role.connector.resources {
                let takes = resource.actions.iter().filter_map(|action| action.takes.as_ref());
                for shape in std::iter::once(&resource.shape).chain(takes) {
                    know(shape, &role.connector.name, &mut notes.shapes);
                }
            }
            notes.roles.push(RoleNote { name: role.name.clone(), given: role.span, connector: role.connector.clone() });
            notes.marks.push(Mark { span: role.span, meaning: Meaning::Role(role.span), typed: None });
        }
        for item in items {
            let Item::Use(wanted) = &item.node else { continue };
            if let ast::UseWhat::Connector(name) = &wanted.what
                && let Some(connector) = self.catalog.connectors.get(&*name.node)
            {
                let meaning = Meaning::Connector(connector.clone());
                notes.marks.push(Mark { span: name.span, meaning, typed: None });
            }
        }
        notes.settings = Some(self.settings.clone());
        for (name, signature) in self.library.signatures() {
            let signature: &Signature = &signature;
            let meaning = Meaning::Function(name, signature.to_string().into());
            notes.marks.push(Mark { span: name, meaning, typed: Some(signature.result.clone()) });
            notes.callables.push(function(None, signature));
        }
        for (name, table) in self.library.tables() {
            let meaning = Meaning::Table(table.span, table_words(table));
            notes.marks.push(Mark { span: table.span, meaning, typed: Some(table.value.clone()) });
            notes.callables.push(table_of(None, name, table));
        }
        for (name, module) in &self.modules {
            notes.marks.push(Mark { span: module.span, meaning: Meaning::Module(module.span), typed: None });
            let name: Arc<str> = Arc::from(&**name);
            let functions = module.functions.values();
            notes.callables.extend(functions.map(|(signature, _)| function(Some(&name), signature)));
            notes.callables.extend(module.tables.iter().map(|(own, table)| table_of(Some(&name), own, table)));
        }
        notes.marks.sort_by_key(|mark| (mark.span.start, mark.span.end));
        notes.marks.dedup_by_key(|mark| mark.span);
        self.notes = Some(notes);
    }
}

fn know(shape: &Arc<Shape>, connector: &Arc<str>, known: &mut BTreeMap<usize, ShapeNote>) {
    let note = ShapeNote { shape: shape.clone(), connector: connector.clone() };
    if known.insert(address(&shape.kind), note).is_none() {
        shape.fields.iter().filter_map(|field| field.shape.as_ref()).for_each(|inner| know(inner, connector, known));
    }
}

fn function(module: Option<&Arc<str>>, signature: &Signature) -> Callable {
    Callable {
        module: module.cloned(),
        name: signature.name.clone(),
        signature: signature.to_string().into(),
        result: signature.result.clone(),
        is_table: false,
    }
}

fn table_of(module: Option<&Arc<str>>, name: &str, table: &TableEntry) -> Callable {
    Callable {
        module: module.cloned(),
        name: name.into(),
        signature: table_words(table),
        result: table.value.clone(),
        is_table: true,
    }
}

fn table_words(table: &TableEntry) -> Arc<str> {
    format!("table {} to {}", table.key, table.value).into()
}
