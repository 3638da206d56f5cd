//! What a system's records look like, on the way in and on the way out.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use rust_decimal::Decimal;

use crate::eval::expr::Expr;
use crate::value::{Kind, RecordKind, Typed};

/// How a system writes dates and times.
#[derive(Clone, Debug)]
pub struct Format {
    /// Where times without a zone live.
    pub zone: TimeZone,
    /// How instants are written, in `strftime` terms; ISO 8601 with `Z` without one.
    pub datetime: Option<Box<str>>,
}

/// A record of a system: kinds, names and how each field is read and written.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its name.
    pub name: Arc<str>,
    /// What the language sees; field `i` is field `i` of `fields`.
    pub kind: Arc<RecordKind>,
    /// How each field is read and written.
    pub fields: Vec<ShapeField>,
    /// The field that is the record's id.
    pub id: Option<usize>,
    /// How dates and times are written.
    pub format: Arc<Format>,
    /// What `from` computes with: the record as it came, its fields under their own names, kinds as `from` needs them.
    pub raw: Option<Arc<Shape>>,
}

impl Shape {
    /// As what is sent is read by it: what is only written or only read is both, and nothing is computed.
    #[must_use]
    pub fn as_sent(&self) -> Arc<Shape> {
        let mut sent = self.clone();
        let mut fields: Vec<_> = sent.kind.fields.clone();
        for (field, kind) in sent.fields.iter_mut().zip(&mut fields) {
            field.write_only = false;
            field.from = None;
            if let Some(inner) = &field.shape {
                let inner = inner.as_sent();
                let record = Kind::Record(inner.kind.clone());
                let is_list = matches!(kind.typed.kind, Kind::List(_));
                let kind_now = if is_list { Kind::List(Arc::new(record)) } else { record };
                kind.typed = Typed { kind: kind_now, maybe: kind.typed.maybe };
                field.shape = Some(inner);
            }
        }
        sent.kind = Arc::new(RecordKind { name: sent.kind.name.clone(), fields });
        sent.raw = None;
        Arc::new(sent)
    }
}

/// How one field is read and written; its kind stands in the shape's kind.
#[derive(Clone, Debug)]
pub struct ShapeField {
    /// Its name, in the body too.
    pub name: Arc<str>,
    /// The shape of a record or of a list's records.
    pub shape: Option<Arc<Shape>>,
    /// A body must have it.
    pub required: bool,
    /// A body must have it when this holds of the record (variable 0).
    pub required_when: Option<Arc<Expr>>,
    /// It is computed by this of the record as it came (variable 0, of the kind of `raw`).
    pub from: Option<Arc<Expr>>,
    /// A list may come as its one element.
    pub or_one: bool,
    /// This value (as its plain text) means not set.
    pub unset: Option<Box<str>>,
    /// A decimal is written with at least so many places; more where the value has them is an error.
    pub digits: Option<u32>,
    /// What it takes when it is written: a number within these, a text of so many letters.
    pub within: Option<Bounds>,
    /// A number is written as text.
    pub as_text: bool,
    /// Not set is written as null.
    pub or_null: bool,
    /// What is written when it is not set.
    pub default: Option<Arc<Expr>>,
    /// It is never written.
    pub read_only: bool,
    /// It is never read.
    pub write_only: bool,
    /// It is masked in logs and erased on request.
    pub personal: bool,
    /// It is what people see in a choice.
    pub title: bool,
}

/// The least and the most that a field takes: of a number itself, of a text its letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// No less.
    pub least: Option<i64>,
    /// No more.
    pub most: Option<i64>,
}

impl Bounds {
    /// Whether a number lies within them.
    #[must_use]
    pub fn takes(&self, number: Decimal) -> bool {
        self.least.is_none_or(|least| number >= Decimal::from(least))
            && self.most.is_none_or(|most| number <= Decimal::from(most))
    }

    /// Whether a text is of such a length.
    #[must_use]
    pub fn takes_text(&self, text: &str) -> bool {
        // A letter takes a byte at least: most texts need no counting.
        let short = self.least.is_none()
            && self.most.is_some_and(|most| i64::try_from(text.len()).is_ok_and(|len| len <= most));
        short || self.takes(Decimal::from(text.chars().count()))
    }

    /// In words: `0 to 365`, `at most 255 letters`.
    #[must_use]
    pub fn words(&self, kind: &Kind) -> String {
        let what = if kind.is_number() { "" } else { " letters" };
        match (self.least, self.most) {
            (Some(least), Some(most)) => format!("{least} to {most}{what}"),
            (None, Some(most)) => format!("at most {most}{what}"),
            (Some(least), None) => format!("at least {least}{what}"),
            (None, None) => format!("any number{}", if what.is_empty() { "" } else { " of letters" }),
        }
    }
}

/// Which fields of a record are read: what no step reads is skipped unparsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// All of it, to the last leaf.
    pub whole: bool,
    /// Someone asks whether the record itself is set, so that unread fields count too.
    pub presence: bool,
    /// The fields by number, and what is used of each (of a list: of its elements).
    pub fields: BTreeMap<u32, Used>,
}

impl Used {
    /// All of it.
    #[must_use]
    pub fn all() -> Used {
        Used { whole: true, presence: true, fields: BTreeMap::new() }
    }

    /// Adds what `other` uses.
    pub fn merge(&mut self, other: &Used) {
        self.whole |= other.whole;
        self.presence |= other.presence;
        for (field, used) in &other.fields {
            self.fields.entry(*field).or_default().merge(used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_of_numbers_and_of_letters() {
        let bounds = Bounds { least: Some(1), most: Some(3) };
        assert!(bounds.takes(Decimal::ONE) && bounds.takes(Decimal::from(3)) && !bounds.takes(Decimal::new(31, 1)));
        assert!(bounds.takes_text("één") && !bounds.takes_text("vier") && !bounds.takes_text(""));
        assert_eq!(
            (bounds.words(&Kind::Int), bounds.words(&Kind::Text)),
            ("1 to 3".to_owned(), "1 to 3 letters".to_owned())
        );
        let short = Bounds { least: None, most: Some(3) };
        assert!(short.takes_text("ééé") && !short.takes_text("éééé"));
        assert_eq!(short.words(&Kind::Text), "at most 3 letters");
    }
}
