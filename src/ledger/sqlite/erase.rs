//! What is kept about a person, and how it is erased, in SQL.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use crate::ledger::person::{Alone, Marks};
use crate::ledger::rules;
use crate::ledger::{Forgotten, Person, Status, Trace};

use super::writer::Fail;

/// A record that holds the address.
struct Found {
    id: i64,
    flow: String,
    key: String,
    status: Status,
}

/// All rows about a person.
struct Rows {
    marks: Marks,
    records: Vec<Found>,
    calls: Vec<(i64, String)>,
    /// By flow, key, step and number.
    attempts: Vec<(String, String, String, u32)>,
    /// Both sides of each, and the flow.
    links: Vec<([String; 4], String)>,
    pauses: Vec<String>,
    runs: Vec<(i64, String)>,
    letters: Vec<i64>,
    alarms: Vec<(String, String)>,
}

pub(super) fn about(connection: &Connection, tenant: &str, mail: &str) -> Result<Vec<(String, String)>, Fail> {
    let found = records(connection, tenant, &Marks::of([mail]), |_| {})?;
    Ok(found.into_iter().map(|found| (found.flow, found.key)).collect())
}

pub(super) fn traces(connection: &Connection, tenant: &str, person: &Person) -> Result<Forgotten, Fail> {
    Ok(counted(&gather(connection, tenant, person)?, person))
}

pub(super) fn forget(connection: &Connection, tenant: &str, person: &Person) -> Result<Forgotten, Fail> {
    let rows = gather(connection, tenant, person)?;
    for found in rows.records.iter().filter(|found| rules::may_forget(found.status)) {
        connection.execute(
            "UPDATE records SET title = '', end_reason = NULL, end_field = NULL, end_value = NULL, end_personal = NULL,
             status = CASE status WHEN 'held' THEN 'skipped' ELSE status END WHERE id = ?1",
            [found.id],
        )?;
        connection.execute("UPDATE sources SET bytes = x'' WHERE record = ?1", [found.id])?;
        connection.execute("DELETE FROM steps WHERE record = ?1", [found.id])?;
        connection.execute("DELETE FROM decisions WHERE record = ?1", [found.id])?;
    }
    for (id, _) in &rows.calls {
        connection.execute("DELETE FROM activity WHERE id = ?1", [id])?;
    }
    // An attempt stays, for it keeps things from being made twice; its words do not, nor what an ended one is known by.
    for (flow, key, step, n) in &rows.attempts {
        connection.execute(
            "UPDATE attempts SET words = CASE WHEN words IS NULL THEN NULL ELSE '' END,
             key_text = CASE WHEN state IN ('open', 'unknown') THEN key_text ELSE '' END
             WHERE tenant = ?1 AND flow = ?2 AND key = ?3 AND step = ?4 AND n = ?5",
            params![tenant, flow, key, step, n],
        )?;
    }
    for ([resource, thing, other_resource, other_thing], _) in &rows.links {
        connection.execute(
            "UPDATE links SET extra = '' WHERE tenant = ?1 AND resource = ?2 AND thing = ?3 AND other_resource = ?4
             AND other_thing = ?5",
            params![tenant, resource, thing, other_resource, other_thing],
        )?;
    }
    for flow in &rows.pauses {
        let text: String = connection.query_row(
            "SELECT paused FROM flows WHERE tenant = ?1 AND flow = ?2",
            params![tenant, flow],
            |row| row.get(0),
        )?;
        let masked = rows.marks.masked(&text);
        connection
            .execute("UPDATE flows SET paused = ?3 WHERE tenant = ?1 AND flow = ?2", params![tenant, flow, masked])?;
    }
    for (id, _) in &rows.runs {
        let text: String = connection.query_row("SELECT fault FROM runs WHERE id = ?1", [id], |row| row.get(0))?;
        connection.execute("UPDATE runs SET fault = ?2 WHERE id = ?1", params![id, rows.marks.masked(&text)])?;
    }
    for id in &rows.letters {
        connection.execute("DELETE FROM letters WHERE id = ?1", [id])?;
    }
    for (cause, _) in &rows.alarms {
        connection.execute("DELETE FROM alarms WHERE tenant = ?1 AND cause = ?2", params![tenant, cause])?;
    }
    Ok(counted(&rows, person))
}

fn counted(rows: &Rows, person: &Person) -> Forgotten {
    let mut forgotten = Forgotten::default();
    let mail = Marks::of([person.mail.as_str()]);
    for Found { flow, key, status, .. } in &rows.records {
        if !rules::may_forget(*status) {
            forgotten.unfinished.push((flow.clone(), key.clone()));
            continue;
        }
        forgotten.add(flow, Trace::Record);
        if mail.are_in(key.as_bytes()) {
            forgotten.keyed.push((flow.clone(), key.clone()));
        }
    }
    rows.calls.iter().for_each(|(_, flow)| forgotten.add(flow, Trace::Call));
    rows.attempts.iter().for_each(|(flow, ..)| forgotten.add(flow, Trace::Attempt));
    rows.links.iter().for_each(|(_, flow)| forgotten.add(flow, Trace::Link));
    rows.pauses.iter().chain(rows.runs.iter().map(|(_, flow)| flow)).for_each(|flow| {
        forgotten.add(flow, Trace::Words);
    });
    rows.letters.iter().for_each(|_| forgotten.add("", Trace::Message));
    rows.alarms.iter().for_each(|(_, flow)| forgotten.add(flow, Trace::Message));
    forgotten.sort();
    forgotten
}

fn gather(connection: &Connection, tenant: &str, person: &Person) -> Result<Rows, Fail> {
    // 1. the records that hold the address, and what of the rest stands in no other
    let mut alone = Alone::of(&person.others);
    let records = records(connection, tenant, &Marks::of([person.mail.as_str()]), |bytes| alone.other(bytes))?;
    let marks = Marks::of_person(&alone.person(&person.mail));
    // 2. all else that holds any of it; of an ended record all calls
    let mut calls: Vec<(i64, String)> = matching(
        connection,
        "SELECT url, request, answer, id, flow FROM activity WHERE tenant = ?1",
        tenant,
        3,
        &marks,
        |row| Ok((row.get(3)?, row.get(4)?)),
    )?;
    for found in records.iter().filter(|found| rules::may_forget(found.status)) {
        let mut statement =
            connection.prepare_cached("SELECT id FROM activity WHERE tenant = ?1 AND flow = ?2 AND key = ?3")?;
        let own = statement.query_map(params![tenant, found.flow, found.key], |row| row.get::<_, i64>(0))?;
        for id in own {
            calls.push((id?, found.flow.clone()));
        }
    }
    calls.sort();
    calls.dedup();
    let attempts = matching(
        connection,
        "SELECT words, CASE WHEN state IN ('open', 'unknown') THEN NULL ELSE key_text END, flow, key, step, n
         FROM attempts WHERE tenant = ?1",
        tenant,
        2,
        &marks,
        |row| Ok((row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    let links = matching(
        connection,
        "SELECT extra, resource, thing, other_resource, other_thing, flow FROM links WHERE tenant = ?1",
        tenant,
        1,
        &marks,
        |row| Ok(([row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(5)?)),
    )?;
    let pauses =
        matching(connection, "SELECT paused, flow FROM flows WHERE tenant = ?1", tenant, 1, &marks, |row| row.get(1))?;
    let runs = matching(connection, "SELECT fault, id, flow FROM runs WHERE tenant = ?1", tenant, 1, &marks, |row| {
        Ok((row.get(1)?, row.get(2)?))
    })?;
    let letters = matching(
        connection,
        "SELECT subject, text, words, id FROM letters WHERE tenant = ?1",
        tenant,
        3,
        &marks,
        |row| row.get(3),
    )?;
    let alarms = matching(
        connection,
        "SELECT subject, cause, cause, flow FROM alarms WHERE tenant = ?1",
        tenant,
        2,
        &marks,
        |row| Ok((row.get(2)?, row.get(3)?)),
    )?;
    Ok(Rows { marks, records, calls, attempts, links, pauses, runs, letters, alarms })
}

/// The records that hold the text; the bytes of each other one are shown.
fn records(
    connection: &Connection,
    tenant: &str,
    marks: &Marks,
    mut other: impl FnMut(&[u8]),
) -> Result<Vec<Found>, Fail> {
    let mut statement = connection.prepare(
        "SELECT title, end_reason, end_value, end_personal, bytes, records.id, flow, key, status
         FROM records JOIN sources ON record = records.id WHERE tenant = ?1 ORDER BY records.id",
    )?;
    let mut rows = statement.query([tenant])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if holds(row, 5, marks)? {
            found.push(Found { id: row.get(5)?, flow: row.get(6)?, key: row.get(7)?, status: row.get(8)? });
        } else {
            other(bytes(row.get_ref(4)?));
        }
    }
    Ok(found)
}

/// The rows that hold the text in one of their first columns.
fn matching<T>(
    connection: &Connection,
    statement: &str,
    tenant: &str,
    columns: usize,
    marks: &Marks,
    take: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Fail> {
    let mut statement = connection.prepare(statement)?;
    let mut rows = statement.query([tenant])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if holds(row, columns, marks)? {
            found.push(take(row)?);
        }
    }
    Ok(found)
}

fn holds(row: &Row<'_>, columns: usize, marks: &Marks) -> Result<bool, Fail> {
    for column in 0..columns {
        if marks.are_in(bytes(row.get_ref(column)?)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    }
}
