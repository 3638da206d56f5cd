//! Fields that no shape knows: counted as they are met, so that a change of a system is seen.

use std::collections::BTreeMap;

use crate::eval::place::Place;

/// The names of unknown fields and how often each was met; at most 200 names are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    fields: BTreeMap<String, u64>,
}

const MOST: usize = 200;

impl Watch {
    /// The dotted names and counts, by name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, u64)> {
        self.fields.iter().map(|(name, count)| (name.as_str(), *count))
    }

    pub(super) fn note(&mut self, place: &Place<'_>, name: &str) {
        let mut path = place.names();
        if !path.is_empty() {
            path.push('.');
        }
        path.extend(name.chars().take(80));
        if self.fields.len() < MOST || self.fields.contains_key(&path) {
            *self.fields.entry(path).or_default() += 1;
        }
    }
}
