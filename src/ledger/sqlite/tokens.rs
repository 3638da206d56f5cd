//! Connections' tokens, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::{Swapped, Token};

use super::cell::{At, Big};
use super::writer::Fail;

pub(super) fn token(connection: &Connection, tenant: &str, name: &str) -> Result<Option<Token>, Fail> {
    Ok(connection
        .prepare_cached(
            "SELECT version, bytes, at FROM tokens WHERE tenant = ?1 AND connection = ?2 AND bytes IS NOT NULL",
        )?
        .query_row(params![tenant, name], |row| {
            Ok(Token { version: row.get::<_, Big>(0)?.0, bytes: row.get(1)?, at: row.get::<_, At>(2)?.0 })
        })
        .optional()?)
}

pub(super) fn put(
    connection: &Connection,
    tenant: &str,
    name: &str,
    version: u64,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Swapped, Fail> {
    let known = token(connection, tenant, name)?;
    if known.as_ref().map_or(0, |token| token.version) != version {
        return Ok(Swapped::Lost(known));
    }
    // A removed token leaves its count, so that no version is ever given twice.
    let version = connection
        .prepare_cached(
            "INSERT INTO tokens (tenant, connection, version, at, bytes) VALUES (?1, ?2, 1, ?3, ?4)
             ON CONFLICT DO UPDATE SET version = version + 1, at = excluded.at, bytes = excluded.bytes
             RETURNING version",
        )?
        .query_row(params![tenant, name, At(now), bytes], |row| row.get::<_, Big>(0))?;
    Ok(Swapped::Stored(version.0))
}

pub(super) fn drop(connection: &Connection, tenant: &str, name: &str) -> Result<(), Fail> {
    connection
        .prepare_cached("UPDATE tokens SET bytes = NULL WHERE tenant = ?1 AND connection = ?2")?
        .execute(params![tenant, name])?;
    Ok(())
}
