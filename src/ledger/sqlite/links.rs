//! Pairs, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::ledger::{Link, Linked, Thing};

use super::cell::At;
use super::writer::Fail;

pub(super) fn put(connection: &Connection, tenant: &str, link: &Link, now: Timestamp) -> Result<(), Fail> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO links (tenant, resource, thing, other_resource, other_thing, extra, flow, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET extra = excluded.extra, flow = excluded.flow, at = excluded.at",
    )?;
    for (one, other) in [(&link.a, &link.b), (&link.b, &link.a)] {
        let sides = (&one.resource, &one.id, &other.resource, &other.id);
        statement.execute(params![tenant, sides.0, sides.1, sides.2, sides.3, link.extra, link.flow, At(now)])?;
    }
    Ok(())
}

pub(super) fn drop(connection: &Connection, tenant: &str, a: &Thing, b: &Thing) -> Result<(), Fail> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM links
         WHERE tenant = ?1 AND resource = ?2 AND thing = ?3 AND other_resource = ?4 AND other_thing = ?5",
    )?;
    for (one, other) in [(a, b), (b, a)] {
        statement.execute(params![tenant, one.resource, one.id, other.resource, other.id])?;
    }
    Ok(())
}

pub(super) fn linked(
    connection: &Connection,
    tenant: &str,
    thing: &Thing,
    resource: Option<&str>,
) -> Result<Vec<Linked>, Fail> {
    let mut statement = connection.prepare_cached(
        "SELECT other_resource, other_thing, extra, flow, at FROM links
         WHERE tenant = ?1 AND resource = ?2 AND thing = ?3 AND (?4 IS NULL OR other_resource = ?4)
         ORDER BY other_resource, other_thing",
    )?;
    let rows = statement.query_map(params![tenant, thing.resource, thing.id, resource], |row| {
        Ok(Linked {
            thing: Thing { resource: row.get(0)?, id: row.get(1)? },
            extra: row.get(2)?,
            flow: row.get(3)?,
            at: row.get::<_, At>(4)?.0,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
