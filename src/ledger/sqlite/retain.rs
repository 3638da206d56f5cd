//! What is kept for a time only, in SQL: a little at a time, oldest first, its pages freed and overwritten.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::rules;
use crate::ledger::{Erased, Retention};

use super::cell::At;
use super::writer::Fail;

/// So many pages go back to the disk at a time.
const PAGES: u32 = 1000;

/// Up to when it was erased before, for each kind.
struct Before {
    sources: i64,
    bodies: i64,
}

pub(super) fn retain(connection: &Connection, tenant: &str, terms: Retention, most: u32) -> Result<Erased, Fail> {
    let before = connection
        .prepare_cached("SELECT sources, bodies FROM retained WHERE tenant = ?1")?
        .query_row([tenant], |row| Ok(Before { sources: row.get(0)?, bodies: row.get(1)? }))
        .optional()?
        .unwrap_or(Before { sources: i64::MIN, bodies: i64::MIN });
    let payloads = terms.payloads.as_microsecond();
    let mut erased = Erased::default();
    // 1. the bytes, then the bodies
    let sources = sources(connection, tenant, before.sources.min(payloads)..payloads, most)?;
    let bodies = bodies(connection, tenant, before.bodies.min(payloads)..payloads, most)?;
    (erased.sources, erased.bodies) = (sources.0, bodies.0);
    // A clock that was wrong, or a longer time, takes the marks back.
    let back = before.sources > payloads || before.bodies > payloads;
    if erased.sources + erased.bodies > 0 || back && before.sources != i64::MIN {
        connection
            .prepare_cached(
                "INSERT INTO retained (tenant, sources, bodies) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET sources = excluded.sources, bodies = excluded.bodies",
            )?
            .execute(params![tenant, sources.1, bodies.1])?;
    }
    // 2. calls and runs; of each flow the last run stays
    let old = At(terms.activity);
    erased.activity = connection
        .prepare_cached(
            "DELETE FROM activity WHERE id IN
             (SELECT id FROM activity WHERE tenant = ?1 AND at < ?2 ORDER BY at, id LIMIT ?3)",
        )?
        .execute(params![tenant, old, most])? as u64;
    erased.runs = connection
        .prepare_cached(
            "DELETE FROM runs WHERE id IN
             (SELECT id FROM runs WHERE tenant = ?1 AND ended < ?2 AND EXISTS
               (SELECT 1 FROM runs AS later
                WHERE later.tenant = runs.tenant AND later.flow = runs.flow AND later.id > runs.id)
              ORDER BY id LIMIT ?3)",
        )?
        .execute(params![tenant, old, most])? as u64;
    erased.letters = connection
        .prepare_cached(
            "DELETE FROM letters WHERE id IN
             (SELECT id FROM letters WHERE tenant = ?1 AND at < ?2 ORDER BY id LIMIT ?3)",
        )?
        .execute(params![tenant, At(terms.payloads), most])? as u64;
    let counts = [erased.sources, erased.bodies, erased.activity, erased.runs, erased.letters];
    erased.more = counts.iter().any(|count| *count >= u64::from(most));
    // 3. versions, once all that could name them is looked through
    if !erased.more {
        erased.versions = versions(connection, tenant, terms)?;
    }
    if erased.total() > 0 {
        let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut pages = vacuum.query([])?;
        while pages.next()?.is_some() {}
    }
    Ok(erased)
}

/// How many, and up to when.
fn sources(connection: &Connection, tenant: &str, range: std::ops::Range<i64>, most: u32) -> Result<(u64, i64), Fail> {
    let mut statement = connection.prepare_cached(
        "SELECT records.id, changed, key, title, end_reason, end_value, end_personal
         FROM records JOIN sources ON record = records.id
         WHERE tenant = ?1 AND changed >= ?2 AND changed < ?3 AND status IN ('done', 'skipped') AND length(bytes) > 0
         ORDER BY changed, records.id LIMIT ?4",
    )?;
    let mut rows = statement.query(params![tenant, range.start, range.end, most])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let personal = row.get::<_, Option<String>>(6)?.unwrap_or_default();
        let personal: Vec<String> = personal.lines().map(str::to_owned).collect();
        let text = |column| row.get::<_, Option<String>>(column).map(|text| text.map(|t| rules::masked(&t, &personal)));
        let title = rules::called(&row.get::<_, String>(3)?, &row.get::<_, String>(2)?, &personal);
        found.push((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, title, text(4)?, text(5)?));
    }
    let upto = found.last().filter(|_| found.len() >= most as usize).map_or(range.end, |last| last.1);
    // A row that is removed lets its page be joined with others, one that shrinks does not.
    for (id, ..) in &found {
        connection.prepare_cached("DELETE FROM sources WHERE record = ?1")?.execute([id])?;
    }
    for (id, _, title, reason, value) in &found {
        connection.prepare_cached("INSERT INTO sources (record, bytes) VALUES (?1, x'')")?.execute([id])?;
        connection
            .prepare_cached(
                "UPDATE records SET title = ?2, end_reason = ?3, end_value = ?4, end_personal = NULL WHERE id = ?1",
            )?
            .execute(params![id, title, reason, value])?;
    }
    Ok((found.len() as u64, upto))
}

/// How many, and up to when. What an address asks for goes with them.
fn bodies(connection: &Connection, tenant: &str, range: std::ops::Range<i64>, most: u32) -> Result<(u64, i64), Fail> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at, url FROM activity
         WHERE tenant = ?1 AND at >= ?2 AND at < ?3
           AND (length(request) > 0 OR length(answer) > 0 OR instr(url, '?') > 0)
         ORDER BY at, id LIMIT ?4",
    )?;
    let found = statement
        .query_map(params![tenant, range.start, range.end, most], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let upto = found.last().filter(|_| found.len() >= most as usize).map_or(range.end, |last| last.1);
    for (id, _, url) in &found {
        connection
            .prepare_cached("UPDATE activity SET request = x'', answer = x'', url = ?2 WHERE id = ?1")?
            .execute(params![id, rules::bare(url)])?;
    }
    Ok((found.len() as u64, upto))
}

/// Versions that were last put before the time of calls, are not the flow's own, and are named by no record that may
/// still be looked into or sent again.
fn versions(connection: &Connection, tenant: &str, terms: Retention) -> Result<u64, Fail> {
    let old = |at: Timestamp| At(at.min(terms.payloads));
    let any = connection
        .prepare_cached(
            "SELECT 1 FROM versions JOIN flows USING (tenant, flow)
             WHERE tenant = ?1 AND last < ?2 AND hash IS NOT flows.version LIMIT 1",
        )?
        .query_row(params![tenant, old(terms.activity)], |_| Ok(()))
        .optional()?;
    if any.is_none() {
        return Ok(0);
    }
    let gone = connection
        .prepare_cached(
            "WITH kept (flow, hash) AS (
               SELECT flow, version FROM records
               WHERE tenant = ?1 AND (changed >= ?3 OR status NOT IN ('done', 'skipped'))
               UNION
               SELECT flow, end_version FROM records
               WHERE tenant = ?1 AND end_version IS NOT NULL AND (changed >= ?3 OR status NOT IN ('done', 'skipped'))
               UNION
               SELECT flow, version FROM flows WHERE tenant = ?1 AND version IS NOT NULL)
             DELETE FROM versions WHERE tenant = ?1 AND last < ?2 AND NOT EXISTS
               (SELECT 1 FROM kept WHERE kept.flow = versions.flow AND kept.hash = versions.hash)",
        )?
        .execute(params![tenant, old(terms.activity), At(terms.payloads)])?;
    Ok(gone as u64)
}
