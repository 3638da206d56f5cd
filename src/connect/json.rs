//! Looks into JSON without building trees: text comes in, the parts of it that are wanted come out, untouched.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// The text of a body, or why it is none.
pub(crate) fn text(body: &[u8]) -> Result<&str, String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body).map_err(|error| format!("not UTF-8 from byte {} on", error.valid_up_to()))
}

/// The part of a body that names lead to; `None` when a name is not there. The whole body is checked to be JSON.
pub(crate) fn locate<'a>(text: &'a str, within: &[Arc<str>]) -> Result<Option<&'a str>, String> {
    let mut at: &RawValue = serde_json::from_str(text).map_err(|error| match text.trim_start().chars().next() {
        None => "it is empty".to_string(),
        Some('<') => "a web page came instead of data".to_string(),
        _ => error.to_string(),
    })?;
    for name in within {
        match member(at.get(), name)? {
            Some(found) => at = found,
            None => return Ok(None),
        }
    }
    Ok(Some(at.get()))
}

/// The elements of a list; `None` when it is no list.
pub(crate) fn elements(list: &str) -> Result<Option<Vec<&str>>, String> {
    if !list.starts_with('[') {
        return Ok(None);
    }
    let elements: Vec<&RawValue> = serde_json::from_str(list).map_err(|error| error.to_string())?;
    Ok(Some(elements.into_iter().map(RawValue::get).collect()))
}

/// The fields of a record in their order; `None` when it is no record.
pub(crate) fn fields(record: &str) -> Result<Option<Vec<(String, &str)>>, String> {
    if !record.starts_with('{') {
        return Ok(None);
    }
    let fields = Deserializer::from_str(record).deserialize_map(Fields).map_err(|error| error.to_string())?;
    Ok(Some(fields))
}

/// The text of a scalar: a text without its quotes, a number or truth as it is written; `None` for anything else.
pub(crate) fn scalar(value: &str) -> Option<String> {
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str(value).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(value.to_string()),
    }
}

/// A value inside records of these names, the outer first.
pub(crate) fn nested(names: &[Arc<str>], value: &str) -> String {
    let name = |name: &str| serde_json::Value::from(name).to_string();
    names.iter().rev().fold(value.to_string(), |inner, outer| format!("{{{}:{inner}}}", name(outer)))
}

/// The member of a record by its name; `None` when it is not there or this is no record.
pub(crate) fn member<'a>(record: &'a str, name: &str) -> Result<Option<&'a RawValue>, String> {
    if !record.starts_with('{') {
        return Ok(None);
    }
    Deserializer::from_str(record).deserialize_map(Member(name)).map_err(|error| error.to_string())
}

struct Member<'n>(&'n str);

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(hit) = map.next_key_seed(Named(self.0))? {
            if !hit {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value::<&RawValue>()?).is_some() {
                return Err(serde::de::Error::custom(format_args!("`{}` stands there twice", self.0)));
            }
        }
        Ok(found)
    }
}

struct Named<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Named<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(String, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields: Vec<(String, &'de str)> = Vec::new();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?;
            if !names.insert(name.clone()) {
                return Err(serde::de::Error::custom(format_args!("`{name}` stands there twice")));
            }
            fields.push((name, value.get()));
        }
        Ok(fields)
    }
}
