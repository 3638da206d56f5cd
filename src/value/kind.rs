//! What a value may be.

use std::fmt;
use std::sync::Arc;

/// A resource by the connector it belongs to, such as `shop.orders` of that connector.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceName {
    /// The connector.
    pub connector: Arc<str>,
    /// The resource in it.
    pub resource: Arc<str>,
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.connector, self.resource)
    }
}

/// What a value is, when it is set.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Characters.
    Text,
    /// A whole number.
    Int,
    /// An exact number.
    Decimal,
    /// Truth.
    Bool,
    /// A day.
    Date,
    /// An instant.
    Datetime,
    /// An e-mail address, compared without regard to case.
    Email,
    /// An opaque id, of a resource where it is known which.
    Id(Option<ResourceName>),
    /// Many, each sure.
    List(Arc<Kind>),
    /// A table from one kind to another.
    Table(Arc<Kind>, Arc<Kind>),
    /// A record.
    Record(Arc<RecordKind>),
    /// One of a closed list of texts.
    Choice(Arc<[Arc<str>]>),
    /// `none`: never set.
    Nothing,
    /// A text, number or truth of a body that has no shape; other JSON as its text.
    Any,
}

/// The fields of a record, in the order of its slots.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordKind {
    /// The shape's name; empty for a record made in a flow.
    pub name: Arc<str>,
    /// The fields; field `i` lies in slot `i` of the record.
    pub fields: Vec<FieldKind>,
}

impl RecordKind {
    /// The number of the field of that name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| &*field.name == name)
    }
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldKind {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub typed: Typed,
}

/// A kind, and whether the value may be not set.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// The kind.
    pub kind: Kind,
    /// It may be not set.
    pub maybe: bool,
}

impl Typed {
    /// A kind that is always set.
    #[must_use]
    pub fn sure(kind: Kind) -> Typed {
        Typed { kind, maybe: false }
    }

    /// A kind that may be not set.
    #[must_use]
    pub fn maybe(kind: Kind) -> Typed {
        Typed { kind, maybe: true }
    }
}

impl Kind {
    /// Values of this kind lie in the arena as text.
    #[must_use]
    pub fn is_textual(&self) -> bool {
        matches!(self, Kind::Text | Kind::Email | Kind::Id(_) | Kind::Choice(_))
    }

    /// Values of this kind are numbers.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Kind::Int | Kind::Decimal)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Text => f.write_str("text"),
            Kind::Int => f.write_str("int"),
            Kind::Decimal => f.write_str("decimal"),
            Kind::Bool => f.write_str("bool"),
            Kind::Date => f.write_str("date"),
            Kind::Datetime => f.write_str("datetime"),
            Kind::Email => f.write_str("email"),
            Kind::Id(None) => f.write_str("id"),
            Kind::Id(Some(of)) => write!(f, "id of {of}"),
            Kind::List(of) => write!(f, "list of {of}"),
            Kind::Table(from, to) => write!(f, "table {from} to {to}"),
            Kind::Record(record) if !record.name.is_empty() => f.write_str(&record.name),
            Kind::Record(record) => {
                f.write_str("{ ")?;
                for (index, field) in record.fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {}", field.name, field.typed)?;
                }
                f.write_str(" }")
            }
            Kind::Choice(texts) => {
                for (index, text) in texts.iter().enumerate() {
                    let bar = if index == 0 { "" } else { " | " };
                    write!(f, "{bar}\"{text}\"")?;
                }
                Ok(())
            }
            Kind::Nothing => f.write_str("none"),
            Kind::Any => f.write_str("any"),
        }
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, if self.maybe { "?" } else { "" })
    }
}
