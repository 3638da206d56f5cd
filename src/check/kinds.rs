//! Two kinds go in; whether one fits the other, how they are compared, or what both are, comes out.

use std::sync::Arc;

use crate::eval::Compared;
use crate::value::{FieldKind, Kind, RecordKind, ResourceName, Typed};

/// What was already told to be wrong: it fits everything, so that nothing follows from it.
pub(super) const BROKEN: Kind = Kind::Any;

/// The kind that both are, if there is one.
pub(super) fn join(a: &Kind, b: &Kind) -> Option<Kind> {
    Some(match (a, b) {
        (Kind::Any, _) | (_, Kind::Any) => Kind::Any,
        (Kind::Nothing, other) | (other, Kind::Nothing) => other.clone(),
        (a, b) if a == b => a.clone(),
        (Kind::Int, Kind::Decimal) | (Kind::Decimal, Kind::Int) => Kind::Decimal,
        (Kind::Choice(a), Kind::Choice(b)) => {
            let mut all: Vec<Arc<str>> = a.to_vec();
            all.extend(b.iter().filter(|text| !a.contains(text)).cloned());
            Kind::Choice(all.into())
        }
        (Kind::Choice(_), Kind::Text) | (Kind::Text, Kind::Choice(_)) => Kind::Text,
        (Kind::Id(_), Kind::Id(_)) => Kind::Id(None),
        (Kind::List(a), Kind::List(b)) => Kind::List(Arc::new(join(a, b)?)),
        (Kind::Record(a), Kind::Record(b)) => Kind::Record(Arc::new(join_records(a, b)?)),
        _ => return None,
    })
}

fn join_records(a: &RecordKind, b: &RecordKind) -> Option<RecordKind> {
    let same = a.fields.len() == b.fields.len() && a.fields.iter().zip(&b.fields).all(|(a, b)| a.name == b.name);
    if !same {
        return None;
    }
    let fields = a.fields.iter().zip(&b.fields).map(|(a, b)| {
        let kind = join(&a.typed.kind, &b.typed.kind)?;
        Some(FieldKind { name: a.name.clone(), typed: Typed { kind, maybe: a.typed.maybe || b.typed.maybe } })
    });
    let name = if a.name == b.name { a.name.clone() } else { Arc::from("") };
    Some(RecordKind { name, fields: fields.collect::<Option<Vec<_>>>()? })
}

/// How two values are compared, or none when they cannot be.
pub(super) fn compared(a: &Kind, b: &Kind) -> Option<Compared> {
    Some(match (a, b) {
        (Kind::Int | Kind::Decimal, Kind::Int | Kind::Decimal | Kind::Any) => Compared::Number,
        (Kind::Any, Kind::Int | Kind::Decimal) => Compared::Number,
        (Kind::Bool, Kind::Bool | Kind::Any) | (Kind::Any, Kind::Bool) => Compared::Bool,
        (Kind::Date, Kind::Date | Kind::Any) | (Kind::Any, Kind::Date) => Compared::Date,
        (Kind::Datetime, Kind::Datetime | Kind::Any) | (Kind::Any, Kind::Datetime) => Compared::Datetime,
        (Kind::Email, Kind::Email | Kind::Text | Kind::Choice(_) | Kind::Any)
        | (Kind::Text | Kind::Choice(_) | Kind::Any, Kind::Email) => Compared::NoCase,
        (Kind::Text | Kind::Choice(_), Kind::Text | Kind::Choice(_) | Kind::Any)
        | (Kind::Any, Kind::Text | Kind::Choice(_)) => Compared::Text,
        (Kind::Id(a), Kind::Id(b)) if a == b || a.is_none() || b.is_none() => Compared::Text,
        (Kind::Id(_), Kind::Any) | (Kind::Any, Kind::Id(_)) => Compared::Text,
        (Kind::Any | Kind::Nothing, _) | (_, Kind::Any | Kind::Nothing) => Compared::Text,
        _ => return None,
    })
}

/// Whether a value can stand where `target` is wanted, as it is.
pub(super) fn fits(value: &Kind, target: &Kind) -> bool {
    match (value, target) {
        (Kind::Any | Kind::Nothing, _) | (_, Kind::Any) => true,
        (Kind::Int, Kind::Decimal) | (Kind::Choice(_), Kind::Text) => true,
        (Kind::Choice(value), Kind::Choice(target)) => value.iter().all(|text| target.contains(text)),
        (Kind::Id(value), Kind::Id(target)) => value.is_none() || target.is_none() || value == target,
        (Kind::List(value), Kind::List(target)) => fits(value, target),
        (Kind::Record(value), Kind::Record(target)) => {
            Arc::ptr_eq(value, target)
                || value.fields.len() == target.fields.len()
                    && value.fields.iter().zip(&target.fields).all(|(value, target)| {
                        value.name == target.name
                            && fits(&value.typed.kind, &target.typed.kind)
                            && (target.typed.maybe || !value.typed.maybe)
                    })
        }
        (value, target) => value == target,
    }
}

/// Whether a value of this kind can stand in a text.
pub(super) fn printable(kind: &Kind) -> bool {
    match kind {
        Kind::Record(_) | Kind::Table(..) => false,
        Kind::List(of) => printable(of) && !matches!(**of, Kind::List(_)),
        _ => true,
    }
}

/// A closed list of one text: what a text without holes is.
pub(super) fn literal(text: &str) -> Kind {
    Kind::Choice(Arc::from([Arc::from(text)]))
}

/// The kind as it stands in a message.
pub(super) fn words(kind: &Kind) -> String {
    match kind {
        Kind::Choice(texts) if texts.len() == 1 => format!("the text `\"{}\"`", texts[0]),
        Kind::Nothing => "`none`".to_owned(),
        Kind::Record(record) if record.name.is_empty() && record.fields.len() > 3 => "a record".to_owned(),
        Kind::Record(record) if !record.name.is_empty() => format!("a record `{}`", record.name),
        Kind::List(of) => match &**of {
            Kind::Record(record) if record.name.is_empty() => "a list of records".to_owned(),
            _ => format!("`{kind}`"),
        },
        _ => format!("`{kind}`"),
    }
}

/// The id of what: `id of …` has one.
pub(super) fn id_of(kind: &Kind) -> Option<&ResourceName> {
    match kind {
        Kind::Id(of) => of.as_ref(),
        _ => None,
    }
}
