//! What all parts of one file's check share: the mistakes, the names, the systems and the functions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::check::Catalog;
use crate::check::library::{Library, Module};
use crate::check::notes::{Meaning, Notes};
use crate::check::problems::Problems;
use crate::check::scope::{Facts, Frame, Name, Place, Spot, Wanted};
use crate::connect::Connector;
use crate::eval::{Expr, Op, Shape};
use crate::report::{Diagnostic, Source, SourceId, Span, codes};
use crate::value::{Kind, RecordKind, Typed};

/// A role and the line that gives it.
#[derive(Debug)]
pub(super) struct RoleName {
    pub(super) name: Arc<str>,
    pub(super) span: Span,
    pub(super) connector: Arc<Connector>,
    pub(super) used: bool,
}

/// The check of one file.
pub(super) struct Checker<'a> {
    pub(super) problems: Problems,
    pub(super) source: &'a Source,
    pub(super) catalog: &'a Catalog,
    pub(super) frame: Frame,
    pub(super) roles: Vec<RoleName>,
    /// Roles whose connector is not there: what they lead to is not told again.
    pub(super) broken_roles: Vec<Box<str>>,
    pub(super) modules: BTreeMap<Box<str>, Module>,
    /// Files that were checked already, whoever uses them.
    pub(super) done: BTreeMap<SourceId, Module>,
    pub(super) library: Library<'a>,
    /// What `settings.x` gives, by name.
    pub(super) settings: Arc<RecordKind>,
    /// Where each of them is given.
    pub(super) setting_places: Vec<Span>,
    /// Settings that something reads.
    pub(super) settings_read: Vec<bool>,
    /// The shape that a record's kind was made of.
    pub(super) shapes: HashMap<*const RecordKind, Arc<Shape>>,
    /// How many `round(…)` stand around this place.
    pub(super) rounded: u32,
    /// What an editor asks for; nothing is noted without it.
    pub(super) notes: Option<Box<Notes>>,
    /// The line of the flow that is being checked.
    pub(super) item: Option<Span>,
}

/// An expression that was checked.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) expr: Expr,
    pub(super) typed: Typed,
    /// What it names, when it names one thing that a condition can make sure.
    pub(super) spot: Option<Spot>,
    /// What is set when it is true or false.
    pub(super) facts: Facts,
    /// It is made of literals alone, which take the kind that is wanted.
    pub(super) literal: bool,
    /// What of it may be not set, and so all of it.
    pub(super) loose: Vec<(Span, Spot)>,
}

impl Checked {
    pub(super) fn new(expr: Expr, typed: Typed) -> Checked {
        Checked { expr, typed, spot: None, facts: Facts::default(), literal: false, loose: Vec::new() }
    }

    pub(super) fn sure(op: Op, span: Span, kind: Kind) -> Checked {
        Checked::new(Expr::new(op, span), Typed::sure(kind))
    }

    /// What was already told to be wrong.
    pub(super) fn broken(span: Span) -> Checked {
        Checked::sure(Op::Unset, span, Kind::Any)
    }

    pub(super) fn span(&self) -> Span {
        self.expr.span
    }

    /// The named values because of which this may be not set.
    pub(super) fn loose_ends(&self) -> Vec<(Span, Spot)> {
        match &self.spot {
            _ if !self.typed.maybe => Vec::new(),
            Some(spot) => vec![(self.span(), spot.clone())],
            None => self.loose.clone(),
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn new(source: &'a Source, catalog: &'a Catalog, place: Place, next: u32) -> Checker<'a> {
        Checker {
            problems: Problems::default(),
            source,
            catalog,
            frame: Frame::new(place, next),
            roles: Vec::new(),
            broken_roles: Vec::new(),
            modules: BTreeMap::new(),
            done: BTreeMap::new(),
            library: Library::default(),
            settings: Arc::new(RecordKind { name: Arc::from("settings"), fields: Vec::new() }),
            setting_places: Vec::new(),
            settings_read: Vec::new(),
            shapes: HashMap::new(),
            rounded: 0,
            notes: None,
            item: None,
        }
    }

    /// Knows a shape and those in it by their kinds.
    pub(super) fn know_shape(&mut self, shape: &Arc<Shape>) {
        if self.shapes.insert(Arc::as_ptr(&shape.kind), shape.clone()).is_none() {
            for field in &shape.fields {
                if let Some(inner) = &field.shape {
                    self.know_shape(inner);
                }
            }
        }
    }

    /// The text of the file at a place, when it is short enough to be shown.
    pub(super) fn slice(&self, span: Span) -> Option<&str> {
        let text = self.source.text.get(span.start as usize..span.end as usize)?;
        (span.source == self.source.id && !text.contains('\n') && text.len() <= 60).then_some(text)
    }

    /// Whether this was already told to be wrong. An answer without a shape holds values of any kind that are sound.
    pub(super) fn told(&self, value: &Checked) -> bool {
        value.typed.kind == Kind::Any && !matches!(self.frame.place, Place::Record(_))
    }

    /// Gives a new name, unless it is taken where it can be seen.
    pub(super) fn declare(&mut self, name: Name) {
        self.note(name.span, Some(&name.typed), || Meaning::Name(name.span));
        if self.may_declare(&name.text, name.span) {
            self.frame.labels.insert(name.variable, name.text.clone());
            self.frame.kinds.insert(name.variable, name.typed.clone());
        }
        self.frame.names.push(name);
    }

    /// Says so when a name for a value cannot be given here.
    pub(super) fn may_declare(&mut self, text: &str, span: Span) -> bool {
        if matches!(text, "settings" | "secret") {
            self.problems.error(
                codes::check::RESERVED_NAME,
                span,
                format!("`{text}` is a name that the language keeps for itself"),
                "another name is wanted here",
            );
            return false;
        }
        let Some(other) = self.given(text) else { return true };
        if other != span {
            self.problems.push(
                Diagnostic::error(codes::check::NAME_TWICE, span, format!("the name `{text}` is given twice"))
                    .label("given again here, where the first can still be seen")
                    .other(other, "first given here"),
            );
        }
        false
    }

    /// The line that gives this name, if it is given where it can be seen.
    fn given(&self, text: &str) -> Option<Span> {
        let here = self.frame.name(text).map(|name| name.span);
        let flow = matches!(self.frame.place, Place::Flow | Place::Settings(_));
        let role = || self.roles.iter().find(|role| flow && &*role.name == text).map(|role| role.span);
        here.or_else(role)
            .or_else(|| self.modules.get(text).map(|module| module.span))
            .or_else(|| self.library.span(text))
    }

    /// Runs `work` with more facts known and forgets them and the names it gave afterwards.
    pub(super) fn inside<T>(&mut self, facts: &[Spot], work: impl FnOnce(&mut Self) -> T) -> T {
        let (names, known, settled) = (self.frame.names.len(), self.frame.facts.len(), self.frame.settled.len());
        self.frame.facts.extend_from_slice(facts);
        let result = work(self);
        self.warn_unread(names);
        self.frame.names.truncate(names);
        self.frame.facts.truncate(known);
        self.frame.settled.truncate(settled);
        result
    }

    /// Warns of names that nothing reads, from that number on.
    pub(super) fn warn_unread(&mut self, from: usize) {
        for name in &self.frame.names[from..] {
            let Some(wanted) = name.wanted.filter(|_| !name.read.get()) else { continue };
            let (code, label) = match wanted {
                Wanted::Let => (codes::check::UNUSED_LET, "computed by nobody: it can go"),
                Wanted::Find => (codes::check::UNUSED_FIND, "asked for in vain: it can go"),
            };
            let title = format!("nothing reads `{}`", name.text);
            self.problems.push(Diagnostic::warning(code, name.span, title).label(label));
        }
    }
}
