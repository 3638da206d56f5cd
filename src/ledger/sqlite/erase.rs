//! What is erased, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::ledger::rules;
use crate::ledger::{Erased, Forgotten, Status};

use super::cell::At;
use super::writer::Fail;

pub(super) fn retain(connection: &Connection, tenant: &str, before: Timestamp) -> Result<Erased, Fail> {
    let at = At(before);
    let activity = connection.execute("DELETE FROM activity WHERE tenant = ?1 AND at < ?2", params![tenant, at])?;
    let runs = connection.execute("DELETE FROM runs WHERE tenant = ?1 AND ended < ?2", params![tenant, at])?;
    let sources = connection.execute(
        "UPDATE sources SET bytes = x'' WHERE bytes <> x'' AND record IN
         (SELECT id FROM records WHERE tenant = ?1 AND changed < ?2 AND status IN ('done', 'skipped'))",
        params![tenant, at],
    )?;
    Ok(Erased { sources: sources as u64, activity: activity as u64, runs: runs as u64 })
}

pub(super) fn forget(connection: &Connection, tenant: &str, text: &str) -> Result<Forgotten, Fail> {
    let lower = text.to_ascii_lowercase().into_bytes();
    let mut forgotten = Forgotten::default();
    for (id, flow, key, status) in records_with(connection, tenant, &lower)? {
        if !rules::may_forget(status) {
            forgotten.unfinished.push((flow, key));
            continue;
        }
        connection.execute(
            "UPDATE records SET title = '', end_reason = NULL, end_field = NULL, end_value = NULL, end_personal = NULL,
             status = CASE status WHEN 'held' THEN 'skipped' ELSE status END WHERE id = ?1",
            [id],
        )?;
        connection.execute("UPDATE sources SET bytes = x'' WHERE record = ?1", [id])?;
        connection.execute("DELETE FROM steps WHERE record = ?1", [id])?;
        forgotten.activity += connection
            .execute("DELETE FROM activity WHERE tenant = ?1 AND flow = ?2 AND key = ?3", params![tenant, flow, key])?
            as u64;
        forgotten.records += 1;
    }
    for id in rows_with(connection, "activity", "url, request, answer", tenant, &lower)? {
        forgotten.activity += connection.execute("DELETE FROM activity WHERE id = ?1", [id])? as u64;
    }
    // An attempt stays, for it keeps things from being made twice; its words do not.
    let mut attempts = connection.prepare(
        "SELECT flow, key, step, n, words FROM attempts WHERE tenant = ?1 AND words IS NOT NULL AND words <> ''",
    )?;
    let mut rows = attempts.query([tenant])?;
    let mut spoken = Vec::new();
    while let Some(row) = rows.next()? {
        if rules::holds(row.get_ref(4)?.as_bytes().map_err(rusqlite::Error::from)?, &lower) {
            spoken.push((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get(3)?));
        }
    }
    for (flow, key, step, n) in spoken {
        let n: u32 = n;
        connection.execute(
            "UPDATE attempts SET words = '' WHERE tenant = ?1 AND flow = ?2 AND key = ?3 AND step = ?4 AND n = ?5",
            params![tenant, flow, key, step, n],
        )?;
    }
    forgotten.unfinished.sort();
    Ok(forgotten)
}

/// The records that hold the text.
fn records_with(
    connection: &Connection,
    tenant: &str,
    lower: &[u8],
) -> Result<Vec<(i64, String, String, Status)>, Fail> {
    let mut statement = connection.prepare(
        "SELECT records.id, flow, key, status, title, end_reason, end_value, bytes
         FROM records JOIN sources ON record = records.id WHERE tenant = ?1",
    )?;
    let mut rows = statement.query([tenant])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        for column in 4..8 {
            let bytes = row.get_ref(column)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
            if rules::holds(bytes.unwrap_or_default(), lower) {
                found.push((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
                break;
            }
        }
    }
    Ok(found)
}

/// The rows of a table that hold the text in one of these columns.
fn rows_with(
    connection: &Connection,
    table: &str,
    columns: &str,
    tenant: &str,
    lower: &[u8],
) -> Result<Vec<i64>, Fail> {
    let mut statement = connection.prepare(&format!("SELECT id, {columns} FROM {table} WHERE tenant = ?1"))?;
    let count = statement.column_count();
    let mut rows = statement.query([tenant])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        for column in 1..count {
            let bytes = row.get_ref(column)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
            if rules::holds(bytes.unwrap_or_default(), lower) {
                found.push(row.get(0)?);
                break;
            }
        }
    }
    Ok(found)
}
