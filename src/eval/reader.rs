//! Reads a record by its shape: JSON goes in, slots come out; what no step reads is skipped unparsed.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::eval::compute::eval;
use crate::eval::expr::Expr;
use crate::eval::frame::Frame;
use crate::eval::shape::{Shape, Used};
use crate::value::{Arena, Bad, Kind, Value, exact};

/// Why the bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Why, in words: lower case, no full stop.
    pub words: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Reads records of one shape, as far as they are used.
#[derive(Clone, Debug)]
pub struct Reader {
    plan: Plan,
}

/// How a record is read.
#[derive(Clone, Debug)]
struct Plan {
    width: usize,
    keys: Vec<Key>,
    /// Unread fields count when it is asked whether the record is set.
    presence: bool,
    /// The slots computed from the record as it came.
    computed: Vec<(usize, Arc<Expr>)>,
    /// How many slots the record as it came has.
    raw: usize,
}

/// A field of the body.
#[derive(Clone, Debug)]
struct Key {
    name: Box<str>,
    field: Option<(usize, Leaf)>,
    raw: Option<(usize, Leaf)>,
}

/// How a value is read.
#[derive(Clone, Debug)]
struct Leaf {
    form: Form,
    /// This plain text means not set.
    unset: Option<Box<str>>,
}

#[derive(Clone, Debug)]
enum Form {
    Text,
    Number,
    Int,
    Bool,
    Date(TimeZone),
    Datetime(TimeZone),
    Choice(Arc<[Arc<str>]>),
    Any,
    Record(Box<Plan>),
    List(Box<Leaf>, bool),
}

impl Reader {
    /// A reader of a shape, for what is used of it.
    #[must_use]
    pub fn new(shape: &Arc<Shape>, used: &Used) -> Reader {
        Reader { plan: Plan::new(shape, used) }
    }

    /// Reads one record into the arena.
    ///
    /// # Errors
    /// When it is no JSON, or a field that is read stands in it twice.
    pub fn read(&self, json: &str, arena: &mut Arena) -> Result<Value, Unreadable> {
        let mark = arena.mark();
        match self.attempt(json, arena, false) {
            Err(error) if error.to_string().starts_with(INEXACT) => {
                // A text field holds a fraction: once more, with its digits as they stand.
                arena.reset(mark);
                self.attempt(json, arena, true)
            }
            read => read,
        }
        .map_err(|error| Unreadable { words: words(&error) })
    }

    fn attempt(&self, json: &str, arena: &mut Arena, exactly: bool) -> Result<Value, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let place = Place { parent: None, part: Part::Root };
        let seed = Seed { form: Wanted::Record(&self.plan), arena, place: &place, exactly };
        let value = seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

const INEXACT: &str = "a fraction where a text is wanted";

/// serde_json's words, with its place.
fn words(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match error.classify() {
        serde_json::error::Category::Eof => format!("the JSON ends too early ({words})"),
        _ => format!("it is no sound JSON: {words}"),
    }
}

impl Plan {
    fn new(shape: &Arc<Shape>, used: &Used) -> Plan {
        let mut keys: Vec<Key> = Vec::with_capacity(shape.fields.len());
        let mut computed = Vec::new();
        let mut raw_used = Used::default();
        for (slot, field) in shape.fields.iter().enumerate() {
            let wanted = if used.whole { Some(Used::all()) } else { used.fields.get(&(slot as u32)).cloned() };
            let leaf = wanted.filter(|_| !field.write_only).map(|wanted| {
                if let Some(from) = &field.from {
                    computed.push((slot, from.clone()));
                    raw_used.merge(&Used::all());
                }
                let form =
                    form(&shape.kind.fields[slot].typed.kind, field.shape.as_ref(), field.or_one, shape, &wanted);
                (slot, Leaf { form, unset: field.unset.clone() })
            });
            keys.push(Key { name: (*field.name).into(), field: leaf, raw: None });
        }
        let mut raw_width = 0;
        if let (Some(raw), false) = (&shape.raw, computed.is_empty()) {
            raw_width = raw.fields.len();
            for (slot, field) in raw.fields.iter().enumerate() {
                let form =
                    form(&raw.kind.fields[slot].typed.kind, field.shape.as_ref(), field.or_one, raw, &Used::all());
                let leaf = Some((slot, Leaf { form, unset: field.unset.clone() }));
                match keys.iter_mut().find(|key| *key.name == *field.name) {
                    Some(key) => key.raw = leaf,
                    None => keys.push(Key { name: (*field.name).into(), field: None, raw: leaf }),
                }
            }
        }
        Plan { width: shape.fields.len(), keys, presence: used.presence, computed, raw: raw_width }
    }

    /// The number of a key: the one behind the last is tried first.
    fn find(&self, name: &str, last: usize) -> Option<usize> {
        let next = last.wrapping_add(1);
        if self.keys.get(next).is_some_and(|key| *key.name == *name) {
            return Some(next);
        }
        self.keys.iter().position(|key| *key.name == *name)
    }
}

fn form(kind: &Kind, inner: Option<&Arc<Shape>>, or_one: bool, shape: &Shape, used: &Used) -> Form {
    match kind {
        Kind::Text | Kind::Email | Kind::Id(_) | Kind::Nothing | Kind::Table(..) => Form::Text,
        Kind::Decimal => Form::Number,
        Kind::Int => Form::Int,
        Kind::Bool => Form::Bool,
        Kind::Date => Form::Date(shape.format.zone.clone()),
        Kind::Datetime => Form::Datetime(shape.format.zone.clone()),
        Kind::Choice(texts) => Form::Choice(texts.clone()),
        Kind::Any => Form::Any,
        Kind::Record(_) => match inner {
            Some(inner) => Form::Record(Box::new(Plan::new(inner, used))),
            None => Form::Any,
        },
        Kind::List(element) => {
            let form = form(element, inner, false, shape, used);
            Form::List(Box::new(Leaf { form, unset: None }), or_one)
        }
    }
}

/// Where something stands, from the record's root; built on the stack, printed only when something is wrong there.
struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    part: Part<'p>,
}

enum Part<'p> {
    Root,
    Field(&'p str),
    Element(usize),
}

impl Place<'_> {
    fn path(&self) -> String {
        let mut path = self.parent.map_or_else(String::new, Place::path);
        match self.part {
            Part::Root => {}
            Part::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Part::Element(index) => path.push_str(&format!("[{index}]")),
        }
        path
    }
}

/// What is wanted at a place.
#[derive(Clone, Copy)]
enum Wanted<'p> {
    Record(&'p Plan),
    Leaf(&'p Leaf),
}

struct Seed<'a, 'p> {
    form: Wanted<'p>,
    arena: &'a mut Arena,
    place: &'p Place<'p>,
    exactly: bool,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let leaf = match self.form {
            Wanted::Record(_) => return deserializer.deserialize_any(self),
            Wanted::Leaf(leaf) => leaf,
        };
        let raw = match &leaf.form {
            Form::Record(_) => return deserializer.deserialize_any(self),
            Form::List(inner, _) if matches!(inner.form, Form::Record(_)) => return deserializer.deserialize_any(self),
            Form::Text | Form::Choice(_) | Form::Date(_) | Form::Datetime(_) if !self.exactly => {
                return deserializer.deserialize_any(self);
            }
            _ => <&RawValue as serde::Deserialize>::deserialize(deserializer)?.get(),
        };
        scalar(raw, leaf, self.arena, self.place, self.exactly).map_err(D::Error::custom)
    }
}

/// A value of which the JSON is at hand.
fn scalar(
    raw: &str,
    leaf: &Leaf,
    arena: &mut Arena,
    place: &Place<'_>,
    exactly: bool,
) -> Result<Value, serde_json::Error> {
    let first = raw.as_bytes().first().copied().unwrap_or(b'n');
    if let Form::List(inner, or_one) = &leaf.form {
        if first == b'[' {
            let mut deserializer = serde_json::Deserializer::from_str(raw);
            return Seed { form: Wanted::Leaf(leaf), arena, place, exactly }.elements(&mut deserializer);
        }
        let value = scalar(raw, inner, arena, place, exactly)?;
        if !value.is_set() {
            return Ok(Value::Unset);
        }
        if !or_one {
            return Ok(bad(arena, place, "a list", raw));
        }
        let height = arena.stack_len();
        arena.push(value);
        return Ok(Value::List(arena.take_list(height)));
    }
    if first == b'n' {
        return Ok(Value::Unset);
    }
    if matches!(leaf.form, Form::Any) && matches!(first, b'{' | b'[') {
        let empty = raw.bytes().filter(|byte| !byte.is_ascii_whitespace()).count() <= 2;
        return Ok(if empty { Value::Unset } else { Value::Text(arena.put_text(raw)) });
    }
    if matches!(first, b'{' | b'[') {
        let empty = raw.bytes().filter(|byte| !byte.is_ascii_whitespace()).count() <= 2;
        return Ok(if empty { Value::Unset } else { bad(arena, place, leaf.form.words(), raw) });
    }
    if first == b'"' {
        let inside = &raw[1..raw.len() - 1];
        if inside.contains('\\') {
            let text: String = serde_json::from_str(raw)?;
            return Ok(text_value(&text, leaf, arena, place));
        }
        return Ok(text_value(inside, leaf, arena, place));
    }
    Ok(bare(raw, leaf, arena, place))
}

/// A text of the JSON, read as what its field is.
fn text_value(text: &str, leaf: &Leaf, arena: &mut Arena, place: &Place<'_>) -> Value {
    if text.trim().is_empty() || leaf.unset.as_deref() == Some(text) {
        return Value::Unset;
    }
    match &leaf.form {
        Form::Text | Form::Any => Value::Text(arena.put_text(text)),
        Form::Choice(texts) => {
            if texts.iter().any(|allowed| **allowed == *text) {
                Value::Text(arena.put_text(text))
            } else {
                bad(arena, place, &format!("one of {}", Kind::Choice(texts.clone())), &format!("{text:?}"))
            }
        }
        Form::Number | Form::Int => bare(text.trim(), leaf, arena, place),
        Form::Bool => match text.trim() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => bad(arena, place, "true or false", &format!("{text:?}")),
        },
        Form::Date(zone) => match date(text.trim(), zone) {
            Some(date) => Value::Date(date),
            None => bad(arena, place, "a date", &format!("{text:?}")),
        },
        Form::Datetime(zone) => match instant(text.trim(), zone) {
            Some(at) => Value::Datetime(at),
            None => bad(arena, place, "a date and time", &format!("{text:?}")),
        },
        Form::Record(_) | Form::List(..) => bad(arena, place, leaf.form.words(), &format!("{text:?}")),
    }
}

/// A number or truth of the JSON (or the text of one), read as what its field is.
fn bare(text: &str, leaf: &Leaf, arena: &mut Arena, place: &Place<'_>) -> Value {
    match &leaf.form {
        Form::Number | Form::Int => match exact::parse(text) {
            Ok(number) if leaf.unset.as_deref().is_some_and(|unset| exact::parse(unset) == Ok(number)) => Value::Unset,
            Ok(number) if matches!(leaf.form, Form::Int) && !number.fract().is_zero() => {
                bad(arena, place, "a whole number", text)
            }
            Ok(number) => Value::Number(number),
            Err(exact::NumberError::TooLong) => bad(arena, place, "a number of at most 28 digits", text),
            Err(_) => bad(arena, place, leaf.form.words(), text),
        },
        Form::Bool => match text {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => bad(arena, place, "true or false", text),
        },
        Form::Any => match (text, exact::parse(text)) {
            ("true", _) => Value::Bool(true),
            ("false", _) => Value::Bool(false),
            (_, Ok(number)) => Value::Number(number),
            (text, Err(_)) => Value::Text(arena.put_text(text)),
        },
        Form::Text if !matches!(text, "true" | "false") => {
            if leaf.unset.as_deref() == Some(text) {
                Value::Unset
            } else {
                Value::Text(arena.put_text(text))
            }
        }
        Form::Choice(_) => text_value(text, leaf, arena, place),
        _ => bad(arena, place, leaf.form.words(), text),
    }
}

fn date(text: &str, zone: &TimeZone) -> Option<Date> {
    if text.len() == 10 {
        return text.parse().ok();
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned_datetime(zone.clone()).date());
    }
    text.replacen(' ', "T", 1).parse::<DateTime>().ok().map(DateTime::date)
}

/// An instant; one without a zone is in the system's.
pub(super) fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil: DateTime = text.replacen(' ', "T", 1).parse().ok()?;
    zone.to_ambiguous_timestamp(civil).compatible().ok()
}

/// Notes what was found where something else is wanted.
fn bad(arena: &mut Arena, place: &Place<'_>, expected: &str, found: &str) -> Value {
    let mut found = found.to_string();
    if found.chars().count() > 60 {
        found = found.chars().take(59).chain(['…']).collect();
    }
    arena.put_bad(Bad { path: place.path(), expected: expected.to_string(), found })
}

impl Form {
    fn words(&self) -> &'static str {
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
}

impl<'p> Seed<'_, 'p> {
    fn leaf(&self) -> Option<&'p Leaf> {
        match self.form {
            Wanted::Leaf(leaf) => Some(leaf),
            Wanted::Record(_) => None,
        }
    }

    fn wrong(self, found: &str) -> Value {
        let expected = match self.form {
            Wanted::Record(_) => "a record",
            Wanted::Leaf(leaf) => leaf.form.words(),
        };
        bad(self.arena, self.place, expected, found)
    }

    /// The elements of a list, behind its `[`.
    fn elements<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn text(self, text: &str) -> Value {
        match self.form {
            Wanted::Leaf(leaf) if !matches!(leaf.form, Form::Record(_) | Form::List(..)) => {
                text_value(text, leaf, self.arena, self.place)
            }
            _ if text.trim().is_empty() => Value::Unset,
            _ => self.wrong(&format!("{text:?}")),
        }
    }

    fn bare(self, text: &str) -> Value {
        match self.form {
            Wanted::Leaf(leaf) if !matches!(leaf.form, Form::Record(_) | Form::List(..)) => {
                bare(text, leaf, self.arena, self.place)
            }
            _ => self.wrong(text),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Unset)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(self.bare(if truth { "true" } else { "false" }))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(self.bare(&number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(self.bare(&number.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(E::custom(INEXACT))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(self.text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let Some(Leaf { form: Form::List(inner, _), .. }) = self.leaf() else {
            // PHP writes an empty record as an empty list.
            if sequence.next_element::<IgnoredAny>()?.is_none() {
                return Ok(Value::Unset);
            }
            while sequence.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.wrong("a list"));
        };
        let height = self.arena.stack_len();
        let mut index = 0;
        loop {
            let place = Place { parent: Some(self.place), part: Part::Element(index) };
            let seed =
                Seed { form: Wanted::Leaf(inner), arena: &mut *self.arena, place: &place, exactly: self.exactly };
            let Some(element) = sequence.next_element_seed(seed)? else { break };
            if element.is_set() {
                self.arena.push(element);
            }
            index += 1;
        }
        if self.arena.stack_len() == height {
            return Ok(Value::Unset);
        }
        Ok(Value::List(self.arena.take_list(height)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (plan, one) = match self.form {
            Wanted::Record(plan) => (plan, false),
            Wanted::Leaf(Leaf { form: Form::Record(plan), .. }) => (&**plan, false),
            Wanted::Leaf(Leaf { form: Form::List(inner, or_one), .. }) => match (&inner.form, or_one) {
                (Form::Record(plan), true) => (&**plan, true),
                _ => {
                    let empty = skip(&mut map)?;
                    return Ok(if empty { Value::Unset } else { self.wrong("a record") });
                }
            },
            Wanted::Leaf(_) => {
                let empty = skip(&mut map)?;
                return Ok(if empty { Value::Unset } else { self.wrong("a record") });
            }
        };
        let value = record(plan, &mut map, self.arena, self.place, self.exactly)?;
        if !one || !value.is_set() {
            return Ok(value);
        }
        let height = self.arena.stack_len();
        self.arena.push(value);
        Ok(Value::List(self.arena.take_list(height)))
    }
}

/// Passes over a record; answers whether it was empty.
fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<bool, A::Error> {
    let mut empty = true;
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
        empty = false;
    }
    Ok(empty)
}

fn record<'de, A: MapAccess<'de>>(
    plan: &Plan,
    map: &mut A,
    arena: &mut Arena,
    place: &Place<'_>,
    exactly: bool,
) -> Result<Value, A::Error> {
    let run = arena.reserve(plan.width);
    let raw = (plan.raw > 0).then(|| arena.reserve(plan.raw));
    let mut any = false;
    let mut seen: u128 = 0;
    let mut last = usize::MAX;
    while let Some(found) = map.next_key_seed(KeySeed { plan, last })? {
        let Some(number) = found else {
            any |= pass_by(plan.presence && !any, map)?;
            continue;
        };
        last = number;
        let key = &plan.keys[number];
        if key.field.is_none() && key.raw.is_none() {
            any |= pass_by(plan.presence && !any, map)?;
            continue;
        }
        if number < 128 {
            if seen & (1 << number) != 0 {
                return Err(A::Error::custom(format!("the field `{}` stands in it twice", key.name)));
            }
            seen |= 1 << number;
        }
        let place = Place { parent: Some(place), part: Part::Field(&key.name) };
        match (&key.field, &key.raw, raw) {
            (Some((slot, leaf)), None, _) => {
                let seed = Seed { form: Wanted::Leaf(leaf), arena: &mut *arena, place: &place, exactly };
                let value = map.next_value_seed(seed)?;
                any |= value.is_set();
                arena.set_slot(run, *slot, value);
            }
            (field, as_it_came, raw) => {
                let json = map.next_value::<&RawValue>()?.get();
                if let Some((slot, leaf)) = field {
                    let value = from_raw(json, leaf, arena, &place, exactly).map_err(A::Error::custom)?;
                    any |= value.is_set();
                    arena.set_slot(run, *slot, value);
                }
                if let (Some((slot, leaf)), Some(raw)) = (as_it_came, raw) {
                    let value = from_raw(json, leaf, arena, &place, exactly).map_err(A::Error::custom)?;
                    any |= value.is_set();
                    arena.set_slot(raw, *slot, value);
                }
            }
        }
    }
    if let Some(raw) = raw {
        for (slot, from) in &plan.computed {
            if arena.slot(run, *slot).is_set() {
                continue;
            }
            let mut frame = Frame::of(&[Value::Record(raw)]);
            let value = match eval(from, &mut frame, arena) {
                Ok(value) => value,
                Err(failure) => {
                    let name = &*plan.keys[*slot].name;
                    let place = Place { parent: Some(place), part: Part::Field(name) };
                    bad(arena, &place, "a value that can be computed", &failure.words)
                }
            };
            any |= value.is_set();
            arena.set_slot(run, *slot, value);
        }
    }
    Ok(if any { Value::Record(run) } else { Value::Unset })
}

fn from_raw(
    json: &str,
    leaf: &Leaf,
    arena: &mut Arena,
    place: &Place<'_>,
    exactly: bool,
) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    Seed { form: Wanted::Leaf(leaf), arena, place, exactly }.deserialize(&mut deserializer)
}

/// Passes over a value; answers whether anything in it is set, where that is asked.
fn pass_by<'de, A: MapAccess<'de>>(asked: bool, map: &mut A) -> Result<bool, A::Error> {
    if !asked {
        map.next_value::<IgnoredAny>()?;
        return Ok(false);
    }
    let json = map.next_value::<&RawValue>()?.get();
    Ok(!json.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'[' | b']' | b'{' | b'}'))
        && json != "null")
}

struct KeySeed<'p> {
    plan: &'p Plan,
    last: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.plan.find(name, self.last))
    }
}
