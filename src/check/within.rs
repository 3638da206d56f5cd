//! A record and a name go in; where in the record a field of that name stands comes out.

use crate::value::{FieldKind, Kind, RecordKind};

/// So deep a field is looked for in the records within a record.
const DEEPEST: usize = 3;

/// The path to the only field of that name in the records within a record; the nearest of them counts.
pub(super) fn within(record: &RecordKind, name: &str) -> Option<String> {
    search(record, name, DEEPEST)
}

fn search(record: &RecordKind, name: &str, depth: usize) -> Option<String> {
    let inner = |field: &FieldKind| match &field.typed.kind {
        Kind::Record(inner) => Some((field.name.clone(), inner.clone())),
        _ => None,
    };
    let inner: Vec<_> = record.fields.iter().filter_map(inner).collect();
    let mut here = inner.iter().filter(|(_, record)| record.fields.iter().any(|field| &*field.name == name));
    if let Some((outer, _)) = here.next() {
        return here.next().is_none().then(|| format!("{outer}.{name}"));
    }
    if depth < 2 {
        return None;
    }
    let mut deeper =
        inner.iter().filter_map(|(outer, record)| Some(format!("{outer}.{}", search(record, name, depth - 1)?)));
    let found = deeper.next()?;
    deeper.next().is_none().then_some(found)
}
