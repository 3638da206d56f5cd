//! An update that writes the whole record: the record as it is and a body of changes go in, the body to be sent comes out.

use bytes::Bytes;

use crate::connect::{Class, Fault, Operation, Row, json};
use crate::eval::Shape;

/// Lays the changes over the record: all that is not `read only`, unknown fields as they came, in their order.
///
/// # Errors
/// When the record or the changes are no JSON record.
pub fn merge_whole(existing: &Row, changes: &[u8], shape: &Shape, operation: &Operation) -> Result<Bytes, Fault> {
    let unreadable = |why: String| Fault::unsent(Class::ServerError, format!("the record cannot be read: {why}"));
    let changes = json::text(changes).map_err(unreadable)?;
    let no_record = || unreadable("it is no record".to_string());
    let mut lines = laid(existing.text(), changes, Some(shape)).map_err(unreadable)?.ok_or_else(no_record)?;
    if let Some(only) = &operation.only {
        lines.retain(|(name, _)| only.iter().any(|field| shape.fields.get(*field).is_some_and(|f| *f.name == **name)));
    }
    Ok(Bytes::from(written(&lines)))
}

/// The lines of the record under the changes; `None` when one of them is no record.
pub(super) fn laid(
    existing: &str,
    changes: &str,
    shape: Option<&Shape>,
) -> Result<Option<Vec<(String, String)>>, String> {
    let (Some(existing), Some(mut changes)) = (json::fields(existing)?, json::fields(changes.trim())?) else {
        return Ok(None);
    };
    let mut lines = Vec::with_capacity(existing.len() + changes.len());
    for (name, value) in existing {
        let field = shape.and_then(|shape| shape.fields.iter().find(|field| *field.name == *name));
        let change = changes.iter().position(|(changed, _)| *changed == name).map(|at| changes.remove(at).1);
        let inner = field.and_then(|field| field.shape.as_deref());
        let value = match change {
            Some(change) => match laid(value, change, inner)? {
                Some(lines) => written(&lines),
                None => change.to_string(),
            },
            None if field.is_some_and(|field| field.read_only) => continue,
            None => kept(value, inner)?,
        };
        lines.push((name, value));
    }
    lines.extend(changes.into_iter().map(|(name, value)| (name, value.to_string())));
    Ok(Some(lines))
}

/// A value as it came, without what is `read only` in it.
fn kept(value: &str, shape: Option<&Shape>) -> Result<String, String> {
    let Some(shape) = shape else { return Ok(value.to_string()) };
    if let Some(elements) = json::elements(value)? {
        let elements = elements.into_iter().map(|element| kept(element, Some(shape))).collect::<Result<Vec<_>, _>>()?;
        return Ok(format!("[{}]", elements.join(",")));
    }
    match laid(value, "{}", Some(shape))? {
        Some(lines) => Ok(written(&lines)),
        None => Ok(value.to_string()),
    }
}

pub(super) fn written(lines: &[(String, String)]) -> String {
    let mut text = String::from("{");
    for (index, (name, value)) in lines.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(name).expect("a text is always JSON"));
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}
