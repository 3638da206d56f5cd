//! JSON of a declared world: looked into and changed without losing a digit of what stands in it.

use crate::connect::json;

/// The value at a dotted name, if it is there.
pub(super) fn at<'a>(record: &'a str, dotted: &str) -> Option<&'a str> {
    dotted.split('.').try_fold(record, |value, name| {
        json::fields(value).ok().flatten()?.into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
    })
}

/// The record with a value at a dotted name, in place of what was there.
pub(super) fn with(record: &str, dotted: &str, value: &str) -> String {
    let (name, rest) = dotted.split_once('.').map_or((dotted, None), |(name, rest)| (name, Some(rest)));
    let mut fields = fields(record);
    let there = fields.iter().position(|(field, _)| field == name);
    let before = there.map_or("{}", |at| fields[at].1.as_str());
    let after = rest.map_or_else(|| value.to_string(), |rest| with(before, rest, value));
    match there {
        Some(at) => fields[at].1 = after,
        None => fields.push((name.to_string(), after)),
    }
    written(&fields)
}

/// The record with the fields of another laid over its own.
pub(super) fn over(record: &str, changes: &str) -> String {
    fields(changes).into_iter().fold(record.to_string(), |record, (name, value)| replaced(&record, &name, &value))
}

/// As [`with`] for a plain name, which may hold a dot.
fn replaced(record: &str, name: &str, value: &str) -> String {
    let mut fields = fields(record);
    match fields.iter().position(|(field, _)| field == name) {
        Some(at) => fields[at].1 = value.to_string(),
        None => fields.push((name.to_string(), value.to_string())),
    }
    written(&fields)
}

/// A value inside records of these names, the outer first.
pub(super) fn nested(names: &[std::sync::Arc<str>], value: &str) -> String {
    names.iter().rev().fold(value.to_string(), |inner, name| format!("{{{}:{inner}}}", text(name)))
}

/// A text as JSON.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// JSON on several lines, its numbers and the order of its fields as they are.
pub(super) fn pretty(value: &str, indent: usize) -> String {
    let inner = " ".repeat(indent + 2);
    let outer = " ".repeat(indent);
    if let Ok(Some(fields)) = json::fields(value) {
        if fields.is_empty() {
            return "{}".to_string();
        }
        let lines: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{inner}{}: {}", text(name), pretty(value, indent + 2)))
            .collect();
        return format!("{{\n{}\n{outer}}}", lines.join(",\n"));
    }
    if let Ok(Some(elements)) = json::elements(value) {
        if elements.is_empty() {
            return "[]".to_string();
        }
        let lines: Vec<String> =
            elements.iter().map(|element| format!("{inner}{}", pretty(element, indent + 2))).collect();
        return format!("[\n{}\n{outer}]", lines.join(",\n"));
    }
    value.to_string()
}

/// The fields of a record, in their order; none of anything else.
fn fields(record: &str) -> Vec<(String, String)> {
    let fields = json::fields(record).ok().flatten().unwrap_or_default();
    fields.into_iter().map(|(name, value)| (name, value.to_string())).collect()
}

fn written(fields: &[(String, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", fields.join(","))
}
