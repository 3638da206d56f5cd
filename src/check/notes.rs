//! What each word of a flow means, and what could stand at one place: noted during a check for who asks, an editor.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::connect::{Connector, Resource};
use crate::eval::Shape;
use crate::report::Span;
use crate::value::{Builtin, Kind, RecordKind, Typed};

/// All that was noted of one flow.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// What its words mean, by place.
    pub marks: Vec<Mark>,
    /// What could stand at the place that was asked about.
    pub sight: Sight,
    /// Its roles.
    pub roles: Vec<RoleNote>,
    /// Its settings.
    pub settings: Option<Arc<RecordKind>>,
    /// What can be called: its own functions and tables, and those of files under their module.
    pub callables: Vec<Callable>,
    /// The shape that a record's kind was made of, and the connector it is from, by the kind's address.
    pub(super) shapes: BTreeMap<usize, ShapeNote>,
    /// The fields of records that the flow makes, and where each is given.
    pub(super) made: Vec<(Arc<RecordKind>, usize, Span)>,
    /// The place that is asked about.
    at: Option<u32>,
}

/// A role of a flow.
#[derive(Clone, Debug)]
pub struct RoleNote {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is given.
    pub given: Span,
    /// Its connector.
    pub connector: Arc<Connector>,
}

/// A shape and where it is from.
#[derive(Clone, Debug)]
pub struct ShapeNote {
    /// The shape.
    pub shape: Arc<Shape>,
    /// The connector that says it.
    pub connector: Arc<str>,
}

/// A function or table that can be called.
#[derive(Clone, Debug)]
pub struct Callable {
    /// The name of the file it is from; none for one of the flow itself.
    pub module: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// What it takes and gives.
    pub signature: Arc<str>,
    /// What it gives.
    pub result: Typed,
    /// It is a table.
    pub is_table: bool,
}

/// A word and what it means.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The word.
    pub span: Span,
    /// What it means.
    pub meaning: Meaning,
    /// What it is there, where it is a value.
    pub typed: Option<Typed>,
}

/// What a word means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// A value by its name, and where that is given.
    Name(Span),
    /// A setting, and the line that gives it.
    Setting(Span),
    /// A role, and where it is given.
    Role(Span),
    /// A used file, and where its name is given.
    Module(Span),
    /// A connector.
    Connector(Arc<Connector>),
    /// A resource of a system.
    Resource(Arc<Resource>),
    /// An action of a resource.
    Action(Arc<Resource>, usize),
    /// A filter of a resource that is no field.
    Filter(Arc<Resource>, usize),
    /// A field of a record, by its number.
    Field(Arc<RecordKind>, usize),
    /// A function with a written border, where it is given and its border.
    Function(Span, Arc<str>),
    /// A table, where it is given, and its kinds.
    Table(Span, Arc<str>),
    /// A function of the language.
    Builtin(&'static Builtin),
}

/// What could stand at a place.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// A value may stand there: the names that are seen.
    pub names: Option<Vec<Seen>>,
    /// A function or table may be called there.
    pub calls: bool,
    /// A field of one of these may stand there.
    pub fields: Vec<Arc<RecordKind>>,
    /// A field of this may be written there.
    pub target: Option<Target>,
    /// Filters of this resource may stand there.
    pub filters: Option<Arc<Resource>>,
    /// What is wanted there.
    pub wanted: Option<Kind>,
}

/// A name that is seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The name.
    pub name: Arc<str>,
    /// What it is there.
    pub typed: Typed,
}

/// A record that is being written.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its shape.
    pub shape: Arc<Shape>,
    /// The only fields that are taken.
    pub only: Option<Vec<usize>>,
    /// Fields that are read only may be written too.
    pub any_field: bool,
}

impl Notes {
    /// Notes that ask about a place.
    #[must_use]
    pub(super) fn about(at: Option<u32>) -> Notes {
        Notes { at, ..Notes::default() }
    }

    /// The word at a place.
    #[must_use]
    pub fn at(&self, byte: u32) -> Option<&Mark> {
        let end = self.marks.partition_point(|mark| mark.span.start <= byte);
        self.marks[..end].iter().rev().take(8).find(|mark| byte <= mark.span.end)
    }

    /// The shape of a record's kind, where it has one.
    #[must_use]
    pub fn shape(&self, kind: &Arc<RecordKind>) -> Option<&ShapeNote> {
        self.shapes.get(&address(kind))
    }

    /// Where a field of a record is given, when the flow itself makes that record.
    #[must_use]
    pub fn given(&self, record: &Arc<RecordKind>, field: usize) -> Option<Span> {
        let same = |(made, at, _): &&(Arc<RecordKind>, usize, Span)| Arc::ptr_eq(made, record) && *at == field;
        self.made.iter().find(same).map(|(.., span)| *span)
    }

    /// Whether a stretch is where the place is that is asked about.
    pub(super) fn asks(&self, span: Span) -> bool {
        self.at.is_some_and(|at| span.start <= at && at <= span.end)
    }
}

/// What a record's kind is known by.
pub(super) fn address(kind: &Arc<RecordKind>) -> usize {
    Arc::as_ptr(kind) as usize
}
