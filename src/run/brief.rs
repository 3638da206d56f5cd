//! Rows as a list or search gives them go in; whole records come out where the rows of the resource lack fields.

use crate::check::At;
use crate::connect::Row;
use crate::eval::{Shape, Used};
use crate::run::compute;
use crate::run::context::{Context, Witness};
use crate::run::halt::Halt;
use crate::run::lookup;
use crate::run::retry::Spot;
use crate::value::Arena;

/// The rows, those that lack one of the fields got one by one; what is gone by then is left out.
pub(super) async fn completed(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    rows: Vec<Row>,
    slots: &[u32],
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    if !at.resource.is_brief() {
        return Ok(rows);
    }
    let mut whole = Vec::with_capacity(rows.len());
    for row in rows {
        match compute::id_of(cx, at, &row) {
            Some(id) if lacks(cx, at, &row, slots) => whole.extend(lookup::get(cx, witness, at, &id, spot).await?),
            _ => whole.push(row),
        }
    }
    Ok(whole)
}

/// The slots that are used of a record.
pub(super) fn slots_of(used: &Used, shape: &Shape) -> Vec<u32> {
    if used.whole {
        return (0..shape.fields.len() as u32).collect();
    }
    used.fields.keys().copied().collect()
}

/// One of these fields is not set in the row of that id. Of what would only be there nobody knows more.
pub(super) fn lacks_any(cx: &Context, at: &At, id: &str, row: &Row, slots: &[u32]) -> bool {
    if slots.is_empty() || cx.system(at).would_be(&at.resource, id) {
        return false;
    }
    let mut arena = Arena::new(cx.world.zone.clone());
    let Ok(record) = cx.reader(at).read(row.text(), &mut arena) else { return true };
    slots.iter().any(|slot| !compute::slot(record, &[*slot], &arena).is_set())
}

/// One of the fields is not set in the row. Where not all records are there, it is not known which the condition needs.
fn lacks(cx: &Context, at: &At, row: &Row, slots: &[u32]) -> bool {
    let mut arena = Arena::new(cx.world.zone.clone());
    let Ok(record) = cx.reader(at).read(row.text(), &mut arena) else { return false };
    at.resource.condition.is_some() || slots.iter().any(|slot| !compute::slot(record, &[*slot], &arena).is_set())
}
