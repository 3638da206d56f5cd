//! Two pieces of JSON go in; the fields in which they differ, by their paths, come out.

use crate::connect::json;

/// A field that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path: `line_items[0].amount.amount`.
    pub field: String,
    /// What it was, as JSON; none where it was not there.
    pub old: Option<String>,
    /// What it is, as JSON; none where it is not there.
    pub new: Option<String>,
}

/// The fields that differ between two bodies, in the order of the old one, then of the new one.
#[must_use]
pub fn differences(old: &str, new: &str) -> Vec<Difference> {
    differences_of("", Some(old), Some(new))
}

/// The same of one field.
#[must_use]
pub fn differences_of(field: &str, old: Option<&str>, new: Option<&str>) -> Vec<Difference> {
    let (mut before, mut now) = (Vec::new(), Vec::new());
    old.into_iter().for_each(|text| flat(text.trim(), field, &mut before));
    new.into_iter().for_each(|text| flat(text.trim(), field, &mut now));
    let find = |all: &[(String, String)], path: &str| {
        all.iter().find(|(there, _)| there == path).map(|(_, value)| value.clone())
    };
    let known = |path: &str| before.iter().any(|(there, _)| there == path);
    let added = now.iter().filter(|(path, _)| !known(path));
    before
        .iter()
        .chain(added)
        .map(|(path, _)| Difference { field: path.clone(), old: find(&before, path), new: find(&now, path) })
        .filter(|difference| difference.old != difference.new)
        .collect()
}

/// Every value that holds no other, by its path; an empty record or list is one.
fn flat(value: &str, path: &str, out: &mut Vec<(String, String)>) {
    match (json::fields(value), json::elements(value)) {
        (Ok(Some(fields)), _) if !fields.is_empty() => {
            for (name, value) in fields {
                let below = if path.is_empty() { name } else { format!("{path}.{name}") };
                flat(value, &below, out);
            }
        }
        (_, Ok(Some(elements))) if !elements.is_empty() => {
            for (index, element) in elements.into_iter().enumerate() {
                flat(element, &format!("{path}[{index}]"), out);
            }
        }
        _ => out.push((path.to_string(), value.to_string())),
    }
}
