//! A write goes in and does not leave; what it would have made or changed is there for the reads that follow.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::connect::whole::{laid, written};
use crate::connect::{Resource, Row, json, reading};

/// What the writes to a system would have left there.
#[derive(Default)]
pub(super) struct Rehearsal {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many things of each shape would be there.
    counts: BTreeMap<Arc<str>, u32>,
    /// Those things, by resource, the newest first.
    things: BTreeMap<Arc<str>, Vec<(String, Row)>>,
    /// Bodies of changes to things that are there, by resource and id.
    changes: BTreeMap<(Arc<str>, String), Vec<Bytes>>,
}

/// What is written.
#[derive(Clone, Copy)]
pub(super) enum Writing<'a> {
    /// Something new, with this body.
    New(&'a Resource),
    /// Something new that another operation makes.
    Product(&'a Resource),
    /// A change to the thing of that id.
    Change(&'a Resource, &'a str),
    /// Something else, which leaves no trace.
    Other,
}

impl Rehearsal {
    /// What the system would answer to a write: at least the id of what was made.
    pub(super) fn write(&self, writing: Writing<'_>, body: Option<&Bytes>) -> String {
        let mut state = self.state.lock().expect("no holder of it panics");
        match writing {
            Writing::New(resource) => state.make(resource, body),
            Writing::Product(resource) => state.make(resource, None),
            Writing::Change(resource, id) => {
                let place = resource.name.resource.clone();
                let own = state.things.get_mut(&place).and_then(|things| things.iter_mut().find(|(own, _)| own == id));
                match (own, body) {
                    (Some((_, row)), Some(body)) => *row = over(row, body),
                    (None, Some(body)) => {
                        state.changes.entry((place, id.to_owned())).or_default().push(body.clone());
                    }
                    (_, None) => {}
                }
                "{}".to_owned()
            }
            Writing::Other => "{}".to_owned(),
        }
    }

    /// The thing of that id, where it would only be there.
    pub(super) fn thing(&self, resource: &Resource, id: &str) -> Option<Row> {
        let state = self.state.lock().expect("no holder of it panics");
        let things = state.things.get(&resource.name.resource)?;
        things.iter().find(|(own, _)| own == id).map(|(_, row)| row.clone())
    }

    /// All that would be there, the newest first; where a text is looked for, those that hold it.
    pub(super) fn things(&self, resource: &str, search: Option<&str>) -> Vec<Row> {
        let state = self.state.lock().expect("no holder of it panics");
        let wanted = search.map(str::to_lowercase);
        let things = state.things.get(resource).into_iter().flatten();
        things
            .map(|(_, row)| row)
            .filter(|row| wanted.as_ref().is_none_or(|wanted| row.text().to_lowercase().contains(wanted)))
            .cloned()
            .collect()
    }

    /// The record as it would be.
    pub(super) fn changed(&self, resource: &str, shape: &Arc<crate::eval::Shape>, row: Row) -> Row {
        let state = self.state.lock().expect("no holder of it panics");
        if !state.changes.keys().any(|(of, _)| &**of == resource) {
            return row;
        }
        let Ok(Some(id)) = reading::id(shape, row.text()) else { return row };
        let changes = state.changes.get(&(resource.into(), id));
        changes.into_iter().flatten().fold(row, |row, change| over(&row, change))
    }
}

impl State {
    fn make(&mut self, resource: &Resource, body: Option<&Bytes>) -> String {
        let shape = &resource.shape;
        let count = self.counts.entry(shape.name.clone()).or_default();
        *count += 1;
        let id = match count {
            1 => format!("(new {})", shape.name),
            count => format!("(new {} {count})", shape.name),
        };
        let name = shape.id.map_or("id", |slot| &*shape.fields[slot].name);
        let own = serde_json::json!({ name: id }).to_string();
        let empty = Row::of(Bytes::from_static(b"{}"));
        let row = body.map_or(empty.clone(), |body| over(&empty, body));
        let row = over(&row, own.as_bytes());
        let answer = row.text().to_owned();
        self.things.entry(resource.name.resource.clone()).or_default().insert(0, (id, row));
        answer
    }
}

/// The record with a body laid over it; as it is where either is no record.
fn over(row: &Row, body: &[u8]) -> Row {
    let laid = json::text(body).and_then(|body| laid(row.text(), body, None));
    match laid {
        Ok(Some(lines)) => Row::of(Bytes::from(written(&lines))),
        _ => row.clone(),
    }
}
