//! The walk through a record's JSON along its plan: serde's events go in, slots come out.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::eval::compute::eval;
use crate::eval::frame::Frame;
use crate::eval::place::{Part, Place};
use crate::eval::plan::{Form, Key, Leaf, Plan};
use crate::eval::scalar::{bad, bare, is_blank, quoted};
use crate::eval::watch::Watch;
use crate::value::{Arena, Value};

/// What is carried along.
pub(super) struct Walk<'a> {
    pub(super) arena: &'a mut Arena,
    /// Each value is looked at as its JSON text: slower, and right for texts that stand there as a fraction or in half.
    pub(super) exactly: bool,
    /// Who counts the fields that no shape knows.
    pub(super) watch: Option<&'a mut Watch>,
}

/// A fraction in a place of texts; it is read once more, exactly.
const INEXACT: &str = "a fraction in the place of a text";

/// What is wanted at a place.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'p> {
    Record(&'p Plan),
    Leaf(&'p Leaf),
}

/// A value to be read.
pub(super) struct Seed<'s, 'a, 'p> {
    pub(super) wanted: Wanted<'p>,
    pub(super) walk: &'s mut Walk<'a>,
    pub(super) place: &'s Place<'s>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let leaf = match self.wanted {
            Wanted::Record(_) => return deserializer.deserialize_any(self),
            Wanted::Leaf(leaf) => leaf,
        };
        let walked = match &leaf.form {
            Form::Record(_) => true,
            Form::List(inner, _) => matches!(inner.form, Form::Record(_)),
            form => form.is_textual() && !self.walk.exactly,
        };
        if walked {
            return deserializer.deserialize_any(self);
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        Ok(whole(raw, leaf, self.walk, self.place))
    }
}

/// A value of which the JSON is at hand, sound as such.
fn whole(raw: &str, leaf: &Leaf, walk: &mut Walk<'_>, place: &Place<'_>) -> Value {
    let first = raw.as_bytes().first().copied().unwrap_or(b'n');
    if let Form::List(inner, or_one) = &leaf.form {
        if first == b'[' {
            return again(raw, leaf, walk, place);
        }
        let value = whole(raw, inner, walk, place);
        return match (value.is_set(), or_one) {
            (false, _) => Value::Unset,
            (true, true) => one(value, walk.arena),
            (true, false) => bad(walk.arena, place, leaf.form.words(), raw),
        };
    }
    match first {
        b'n' => Value::Unset,
        b'{' | b'[' if is_empty(raw) => Value::Unset,
        b'{' | b'[' if matches!(leaf.form, Form::Any) => Value::Text(walk.arena.put_text(raw)),
        b'{' | b'[' if matches!(leaf.form, Form::Record(_)) => again(raw, leaf, walk, place),
        b'{' | b'[' => bad(walk.arena, place, leaf.form.words(), raw),
        b'"' => {
            let inside = &raw[1..raw.len() - 1];
            if !inside.contains('\\') {
                return quoted(inside, leaf, walk.arena, place);
            }
            match serde_json::from_str::<String>(raw) {
                Ok(text) => quoted(&text, leaf, walk.arena, place),
                Err(_) => bad(walk.arena, place, leaf.form.words(), "half a character (a lone surrogate)"),
            }
        }
        _ => bare(raw, leaf, walk.arena, place),
    }
}

/// Walks through JSON that is at hand.
fn again(raw: &str, leaf: &Leaf, walk: &mut Walk<'_>, place: &Place<'_>) -> Value {
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    let seed = Seed { wanted: Wanted::Leaf(leaf), walk: &mut *walk, place };
    let read = match leaf.form {
        Form::List(..) | Form::Record(_) => deserializer_any(&mut deserializer, seed),
        _ => seed.deserialize(&mut deserializer),
    };
    match read {
        Ok(value) => value,
        Err(error) => bad(walk.arena, place, leaf.form.words(), &error.to_string()),
    }
}

fn deserializer_any<'de, D: Deserializer<'de>>(deserializer: D, seed: Seed<'_, '_, '_>) -> Result<Value, D::Error> {
    deserializer.deserialize_any(seed)
}

/// A record or list with nothing in it but, perhaps, others of the kind.
fn is_empty(raw: &str) -> bool {
    let blank = |byte: u8| matches!(byte, b'[' | b']' | b'{' | b'}' | b',' | b' ' | b'\t' | b'\n' | b'\r');
    raw.bytes().all(blank)
}

/// A list of that one element.
fn one(value: Value, arena: &mut Arena) -> Value {
    let height = arena.stack_len();
    arena.push(value);
    Value::List(arena.take_list(height))
}

impl<'p> Seed<'_, '_, 'p> {
    fn wrong(self, found: &str) -> Value {
        let expected = match self.wanted {
            Wanted::Record(_) => "a record",
            Wanted::Leaf(leaf) => leaf.form.words(),
        };
        bad(self.walk.arena, self.place, expected, found)
    }

    /// The scalar that is wanted, when it is one; of a list that may come as its one element, that element.
    fn scalar(&self) -> Option<(&'p Leaf, bool)> {
        match self.wanted {
            Wanted::Leaf(leaf) => match &leaf.form {
                Form::Record(_) | Form::List(..) => None,
                _ => Some((leaf, false)),
            },
            Wanted::Record(_) => None,
        }
    }

    fn bare(self, text: &str) -> Value {
        match self.scalar() {
            Some((leaf, _)) => bare(text, leaf, self.walk.arena, self.place),
            None => self.wrong(text),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_, '_> {
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
        Ok(self.bare(crate::value::exact::Digits::of(number.into(), 0).as_str()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(self.bare(crate::value::exact::Digits::of(number.into(), 0).as_str()))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        if self.scalar().is_some() { Err(E::custom(INEXACT)) } else { Ok(self.wrong("a number")) }
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(match self.scalar() {
            Some((leaf, _)) => quoted(text, leaf, self.walk.arena, self.place),
            None if is_blank(text) => Value::Unset,
            None => self.wrong(&format!("{text:?}")),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let Wanted::Leaf(Leaf { form: Form::List(inner, _), .. }) = self.wanted else {
            // PHP writes an empty record as an empty list.
            if sequence.next_element::<IgnoredAny>()?.is_none() {
                return Ok(Value::Unset);
            }
            while sequence.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.wrong("a list"));
        };
        let height = self.walk.arena.stack_len();
        let mut index = 0;
        loop {
            let place = Place { parent: Some(self.place), part: Part::Element(index) };
            let seed = Seed { wanted: Wanted::Leaf(inner), walk: &mut *self.walk, place: &place };
            let Some(element) = sequence.next_element_seed(seed)? else { break };
            if element.is_set() {
                self.walk.arena.push(element);
            }
            index += 1;
        }
        if self.walk.arena.stack_len() == height {
            return Ok(Value::Unset);
        }
        Ok(Value::List(self.walk.arena.take_list(height)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (plan, wrapped) = match self.wanted {
            Wanted::Record(plan) => (plan, false),
            Wanted::Leaf(Leaf { form: Form::Record(plan), .. }) => (&**plan, false),
            Wanted::Leaf(Leaf { form: Form::List(inner, true), .. }) => match &inner.form {
                Form::Record(plan) => (&**plan, true),
                _ => return self.no_record(map),
            },
            Wanted::Leaf(_) => return self.no_record(map),
        };
        let value = record(plan, &mut map, self.walk, self.place)?;
        Ok(if wrapped && value.is_set() { one(value, self.walk.arena) } else { value })
    }
}

impl Seed<'_, '_, '_> {
    /// A record where none is wanted; an empty one is not set.
    fn no_record<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut empty = true;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            empty = false;
        }
        Ok(if empty { Value::Unset } else { self.wrong("a record") })
    }
}

/// The fields of a record that were met, to find one that stands there twice.
#[derive(Default)]
struct Met {
    first: u128,
    more: Vec<u128>,
}

impl Met {
    /// Answers whether it was met before.
    fn meet(&mut self, number: usize) -> bool {
        let (word, bit) = (number / 128, 1_u128 << (number % 128));
        let word = if word == 0 {
            &mut self.first
        } else {
            if self.more.len() < word {
                self.more.resize(word, 0);
            }
            &mut self.more[word - 1]
        };
        let before = *word & bit != 0;
        *word |= bit;
        before
    }
}

fn record<'de, A: MapAccess<'de>>(
    plan: &Plan,
    map: &mut A,
    walk: &mut Walk<'_>,
    place: &Place<'_>,
) -> Result<Value, A::Error> {
    let run = walk.arena.reserve(plan.width);
    let raw = walk.arena.reserve(plan.raw);
    let mut any = false;
    let mut met = Met::default();
    let mut last = usize::MAX;
    while let Some(found) = map.next_key_seed(Name { plan, last, place, watch: walk.watch.as_deref_mut() })? {
        let Some(number) = found else {
            map.next_value::<IgnoredAny>()?;
            continue;
        };
        last = number;
        let key = plan.keys.get(number);
        let place = Place { parent: Some(place), part: Part::Field(&key.name) };
        match key {
            Key { field: None, raw: None, counts: Some(leaf), .. } if !any => {
                let mark = walk.arena.mark();
                any =
                    map.next_value_seed(Seed { wanted: Wanted::Leaf(leaf), walk: &mut *walk, place: &place })?.is_set();
                walk.arena.reset_slots(mark);
            }
            Key { field: None, raw: None, .. } => {
                map.next_value::<IgnoredAny>()?;
            }
            _ if met.meet(number) => {
                map.next_value::<IgnoredAny>()?;
                let value = bad(walk.arena, &place, "one value", "the field twice");
                if let Some((slot, _)) = &key.field {
                    walk.arena.set_slot(run, *slot, value);
                }
                if let Some((slot, _)) = &key.raw {
                    walk.arena.set_slot(raw, *slot, value);
                }
            }
            Key { field: Some((slot, leaf)), raw: None, .. } => {
                let value =
                    map.next_value_seed(Seed { wanted: Wanted::Leaf(leaf), walk: &mut *walk, place: &place })?;
                any |= value.is_set();
                walk.arena.set_slot(run, *slot, value);
            }
            Key { field, raw: as_it_came, counts, .. } => {
                let json = map.next_value::<&RawValue>()?.get();
                if let Some((slot, leaf)) = field {
                    let value = whole(json, leaf, walk, &place);
                    any |= value.is_set();
                    walk.arena.set_slot(run, *slot, value);
                }
                if let Some((slot, leaf)) = as_it_came {
                    let value = whole(json, leaf, walk, &place);
                    walk.arena.set_slot(raw, *slot, value);
                }
                if let (Some(leaf), false) = (counts, any) {
                    any = whole(json, leaf, walk, &place).is_set();
                }
            }
        }
    }
    if !plan.computed.is_empty() {
        any |= computed(plan, run, raw, walk.arena, place);
    }
    Ok(if any { Value::Record(run) } else { Value::Unset })
}

/// Fills the fields that are computed from the record as it came, unless they came by themselves.
fn computed(plan: &Plan, run: crate::value::Run, raw: crate::value::Run, arena: &mut Arena, place: &Place<'_>) -> bool {
    let mut any = false;
    let mut frame = Frame::of(&[Value::Record(raw)]);
    let zone = arena.replace_zone(plan.zone.clone());
    for (slot, name, from) in &plan.computed {
        let there = arena.slot(run, *slot);
        // What came under the field's own name, for another purpose and of another kind, gives way.
        if there.is_set() && !matches!(there, Value::Bad(_)) {
            continue;
        }
        let value = match eval(from, &mut frame, arena) {
            Ok(value) => value,
            Err(failure) => {
                let place = Place { parent: Some(place), part: Part::Field(name) };
                let found = if failure.found.is_empty() { &failure.words } else { &failure.found };
                bad(arena, &place, "what it is computed from", found)
            }
        };
        if value.is_set() || !there.is_set() {
            arena.set_slot(run, *slot, value);
        }
        any |= value.is_set();
    }
    arena.replace_zone(zone);
    any
}

/// The name of a field, as its number.
struct Name<'n, 'p> {
    plan: &'n Plan,
    last: usize,
    place: &'n Place<'p>,
    watch: Option<&'n mut Watch>,
}

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        let found = self.plan.keys.find(name, self.last);
        if let (None, Some(watch)) = (found, self.watch) {
            watch.note(self.place, name);
        }
        Ok(found)
    }
}
