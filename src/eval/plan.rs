//! How a shape's records are read: made once from the shape and what is used of it, followed for every record.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::eval::expr::Expr;
use crate::eval::mentions::fields_of;
use crate::eval::shape::{Format, Shape, ShapeField, Used};
use crate::value::{Kind, RecordKind, exact};

/// How a record is read.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) width: usize,
    pub(super) keys: Keys,
    /// The slots computed from the record as it came.
    pub(super) computed: Vec<(usize, Arc<str>, Arc<Expr>)>,
    /// How many slots the record as it came has.
    pub(super) raw: usize,
    /// Where times without a zone live.
    pub(super) zone: TimeZone,
}

/// A field of the body.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: Arc<str>,
    /// The slot it fills.
    pub(super) field: Option<(usize, Leaf)>,
    /// The slot it fills of the record as it came.
    pub(super) raw: Option<(usize, Leaf)>,
    /// It is not read, but counts when it is asked whether the record is set.
    pub(super) counts: Option<Leaf>,
}

/// How a value is read.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) form: Form,
    /// This plain text means not set.
    pub(super) unset: Option<Box<str>>,
    /// The same as a number.
    pub(super) unset_number: Option<Decimal>,
}

/// What a value is read as.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Text,
    Number,
    Int,
    Bool,
    Date(TimeZone),
    Datetime(Arc<Format>),
    Choice(Arc<[Arc<str>]>),
    Any,
    Record(Box<Plan>),
    /// Its element, and whether it may come as that one element.
    List(Box<Leaf>, bool),
}

impl Form {
    /// What is wanted, for people.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Form::Text => "a text",
            Form::Number => "a number",
            Form::Int => "a whole number",
            Form::Bool => "true or false",
            Form::Date(_) => "a date",
            Form::Datetime(_) => "a date and time",
            Form::Choice(_) => "one of a list of texts",
            Form::Any => "a value",
            Form::Record(_) => "a record",
            Form::List(..) => "a list",
        }
    }

    /// It lies in JSON as a text, nearly always.
    pub(super) fn is_textual(&self) -> bool {
        matches!(self, Form::Text | Form::Choice(_) | Form::Date(_) | Form::Datetime(_))
    }
}

impl Leaf {
    fn new(form: Form, unset: Option<Box<str>>) -> Leaf {
        let unset_number = unset.as_deref().and_then(|text| exact::parse(text).ok());
        Leaf { form, unset, unset_number }
    }

    fn of(shape: &Shape, slot: usize, used: &Used) -> Leaf {
        let field: &ShapeField = &shape.fields[slot];
        let kind = &shape.kind.fields[slot].typed.kind;
        Leaf::new(form(kind, field.shape.as_ref(), field.or_one, &shape.format, used), field.unset.clone())
    }
}

impl Plan {
    /// The plan for what is used of a shape.
    pub(super) fn new(shape: &Shape, used: &Used) -> Plan {
        let mut keys: Vec<Key> = Vec::with_capacity(shape.fields.len());
        let mut computed = Vec::new();
        let mut raw_used = Used::default();
        let mut raw_counts = Used::default();
        for (slot, field) in shape.fields.iter().enumerate() {
            let number = u32::try_from(slot).unwrap_or(u32::MAX);
            let mut key = Key { name: field.name.clone(), field: None, raw: None, counts: None };
            let wanted = if used.whole { Some(&ALL) } else { used.fields.get(&number) };
            match wanted.filter(|_| !field.write_only) {
                Some(wanted) => {
                    key.field = Some((slot, Leaf::of(shape, slot, wanted)));
                    if let Some(from) = &field.from {
                        computed.push((slot, field.name.clone(), from.clone()));
                        raw_used.merge(&fields_of(from, 0));
                    }
                }
                None if used.presence && !field.write_only => {
                    key.counts = Some(Leaf::of(shape, slot, &ALL));
                    if let Some(from) = &field.from {
                        raw_counts.merge(&fields_of(from, 0));
                    }
                }
                None => {}
            }
            keys.push(key);
        }
        let mut width = 0;
        if let Some(raw) = &shape.raw {
            if !computed.is_empty() {
                width = raw.fields.len();
            }
            for (slot, field) in raw.fields.iter().enumerate() {
                let number = u32::try_from(slot).unwrap_or(u32::MAX);
                let of = |used: &Used| if used.whole { Some(ALL) } else { used.fields.get(&number).cloned() };
                let read = of(&raw_used).map(|used| (slot, Leaf::of(raw, slot, &used)));
                let counts = of(&raw_counts).filter(|_| read.is_none()).map(|_| Leaf::of(raw, slot, &ALL));
                match keys.iter_mut().find(|key| key.name == field.name) {
                    Some(key) => {
                        key.raw = read;
                        if key.field.is_none() && key.counts.is_none() {
                            key.counts = counts;
                        }
                    }
                    None => keys.push(Key { name: field.name.clone(), field: None, raw: read, counts }),
                }
            }
        }
        let zone = shape.format.zone.clone();
        Plan { width: shape.fields.len(), keys: Keys::new(keys), computed, raw: width, zone }
    }

    /// The plan for a record of which only the kind is known.
    fn of_kind(record: &RecordKind, format: &Arc<Format>, used: &Used) -> Plan {
        let keys = record.fields.iter().enumerate().map(|(slot, field)| {
            let number = u32::try_from(slot).unwrap_or(u32::MAX);
            let leaf = |used: &Used| Leaf::new(form(&field.typed.kind, None, false, format, used), None);
            let wanted = if used.whole { Some(&ALL) } else { used.fields.get(&number) };
            let counts = (wanted.is_none() && used.presence).then(|| leaf(&ALL));
            Key { name: field.name.clone(), field: wanted.map(|used| (slot, leaf(used))), raw: None, counts }
        });
        let keys = Keys::new(keys.collect());
        Plan { width: record.fields.len(), keys, computed: Vec::new(), raw: 0, zone: format.zone.clone() }
    }
}

const ALL: Used = Used { whole: true, presence: true, fields: std::collections::BTreeMap::new() };

fn form(kind: &Kind, inner: Option<&Arc<Shape>>, or_one: bool, format: &Arc<Format>, used: &Used) -> Form {
    match kind {
        Kind::Text | Kind::Email | Kind::Id(_) | Kind::Nothing | Kind::Table(..) => Form::Text,
        Kind::Decimal => Form::Number,
        Kind::Int => Form::Int,
        Kind::Bool => Form::Bool,
        Kind::Date => Form::Date(format.zone.clone()),
        Kind::Datetime => Form::Datetime(format.clone()),
        Kind::Choice(texts) => Form::Choice(texts.clone()),
        Kind::Any => Form::Any,
        Kind::Record(record) => Form::Record(Box::new(match inner {
            Some(inner) => Plan::new(inner, used),
            None => Plan::of_kind(record, format, used),
        })),
        Kind::List(element) => Form::List(Box::new(Leaf::new(form(element, inner, false, format, used), None)), or_one),
    }
}

/// The fields of a body, found by name.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    all: Vec<Key>,
    /// Numbers by the hash of the name; the next free place is taken when one is not free.
    table: Vec<u16>,
}

const FREE: u16 = u16::MAX;

impl Keys {
    fn new(all: Vec<Key>) -> Keys {
        let mut table = vec![FREE; (all.len() * 2 + 1).next_power_of_two()];
        for (number, key) in all.iter().enumerate() {
            let mut at = hash(&key.name) & (table.len() - 1);
            while table[at] != FREE {
                at = (at + 1) & (table.len() - 1);
            }
            table[at] = u16::try_from(number).expect("a shape has fewer than 65,535 fields");
        }
        Keys { all, table }
    }

    /// The field of that number.
    pub(super) fn get(&self, number: usize) -> &Key {
        &self.all[number]
    }

    /// The number of a field; the one behind the last is tried first.
    pub(super) fn find(&self, name: &str, last: usize) -> Option<usize> {
        let next = last.wrapping_add(1);
        if self.all.get(next).is_some_and(|key| *key.name == *name) {
            return Some(next);
        }
        let mut at = hash(name) & (self.table.len() - 1);
        loop {
            let number = self.table[at];
            if number == FREE {
                return None;
            }
            if *self.all[number as usize].name == *name {
                return Some(number as usize);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }
}

/// A quick hash of a short name; whoever sends names made to collide makes a search through one shape's fields.
fn hash(name: &str) -> usize {
    let mut hash = name.len() as u64;
    for chunk in name.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    (hash >> 40) as usize
}
