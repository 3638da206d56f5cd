//! What people were told about, and what is still to be sent, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::ledger::{Alarm, Delivery, Letter, Telling};

use super::cell::{At, Big};
use super::writer::Fail;

pub(super) fn alarms(connection: &Connection, tenant: &str) -> Result<Vec<Alarm>, Fail> {
    let mut statement = connection.prepare_cached(
        "SELECT cause, flow, subject, count, since, newest, told FROM alarms WHERE tenant = ?1 ORDER BY cause",
    )?;
    let alarm = |row: &Row<'_>| {
        let time = |column| row.get::<_, At>(column).map(|at| at.0);
        let (since, newest, told) = (time(4)?, time(5)?, time(6)?);
        let count = row.get::<_, Big>(3)?.0;
        Ok(Alarm { cause: row.get(0)?, flow: row.get(1)?, subject: row.get(2)?, count, since, newest, told })
    };
    Ok(statement.query_map([tenant], alarm)?.collect::<Result<_, _>>()?)
}

pub(super) fn tell(connection: &Connection, tenant: &str, telling: &Telling) -> Result<(), Fail> {
    for alarm in &telling.alarms {
        connection
            .prepare_cached(
                "INSERT INTO alarms (tenant, cause, flow, subject, count, since, newest, told)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT DO UPDATE SET flow = excluded.flow, subject = excluded.subject, count = excluded.count,
                   since = excluded.since, newest = excluded.newest, told = excluded.told",
            )?
            .execute(params![
                tenant,
                alarm.cause,
                alarm.flow,
                alarm.subject,
                Big(alarm.count),
                At(alarm.since),
                At(alarm.newest),
                At(alarm.told)
            ])?;
    }
    for cause in &telling.over {
        connection
            .prepare_cached("DELETE FROM alarms WHERE tenant = ?1 AND cause = ?2")?
            .execute(params![tenant, cause])?;
    }
    for letter in &telling.letters {
        connection
            .prepare_cached(
                "INSERT INTO letters (tenant, way, subject, text, at, due, tries, words)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                tenant,
                letter.way,
                letter.subject,
                letter.text,
                At(letter.at),
                At(letter.due),
                letter.tries,
                letter.words
            ])?;
    }
    Ok(())
}

pub(super) fn letters(
    connection: &Connection,
    tenant: &str,
    due_by: Timestamp,
    limit: u32,
) -> Result<Vec<Letter>, Fail> {
    let mut statement = connection.prepare_cached(
        "SELECT id, way, subject, text, at, due, tries, words FROM letters
         WHERE tenant = ?1 AND due <= ?2 ORDER BY due, id LIMIT ?3",
    )?;
    let letter = |row: &Row<'_>| {
        Ok(Letter {
            id: row.get::<_, Big>(0)?.0,
            way: row.get(1)?,
            subject: row.get(2)?,
            text: row.get(3)?,
            at: row.get::<_, At>(4)?.0,
            due: row.get::<_, At>(5)?.0,
            tries: row.get(6)?,
            words: row.get(7)?,
        })
    };
    Ok(statement.query_map(params![tenant, At(due_by), limit], letter)?.collect::<Result<_, _>>()?)
}

pub(super) fn delivered(connection: &Connection, tenant: &str, id: u64, what: &Delivery) -> Result<(), Fail> {
    match what {
        Delivery::Sent => connection
            .prepare_cached("DELETE FROM letters WHERE tenant = ?1 AND id = ?2")?
            .execute(params![tenant, Big(id)])?,
        Delivery::Again { due, words } => connection
            .prepare_cached("UPDATE letters SET due = ?3, words = ?4, tries = tries + 1 WHERE tenant = ?1 AND id = ?2")?
            .execute(params![tenant, Big(id), At(*due), words])?,
    };
    Ok(())
}
