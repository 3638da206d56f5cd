//! Calls, in SQL.

use rusqlite::{Connection, Row, params, params_from_iter};

use crate::ledger::{Activity, ActivityFilter, Logged};

use super::cell::{At, Big};
use super::records::Conditions;
use super::writer::Fail;

pub(super) fn put(connection: &Connection, tenant: &str, calls: &[Activity]) -> Result<(), Fail> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO activity (tenant, at, flow, key, step, direction, system, method, url, status, millis, attempt,
         request, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for call in calls {
        statement.execute(params![
            tenant,
            At(call.at),
            call.flow,
            call.key,
            call.step,
            call.direction,
            call.system,
            call.method,
            call.url,
            call.status,
            Big(call.millis),
            call.attempt,
            call.request,
            call.answer
        ])?;
    }
    Ok(())
}

pub(super) fn list(connection: &Connection, filter: ActivityFilter) -> Result<Vec<Logged>, Fail> {
    let mut conditions = Conditions::of(&filter.tenant);
    conditions.add("flow = ?", filter.flow);
    conditions.add("key = ?", filter.key);
    conditions.add("at >= ?", filter.since.map(|at| at.as_microsecond()));
    conditions.add("at < ?", filter.until.map(|at| at.as_microsecond()));
    let (beyond, direction) = if filter.newest_first { ("id < ?", "DESC") } else { ("id > ?", "ASC") };
    conditions.add(beyond, filter.after.map(|id| i64::try_from(id).unwrap_or(i64::MAX)));
    let bodies = if filter.bodies { "request, answer" } else { "x'', x''" };
    let question = format!(
        "SELECT id, at, flow, key, step, direction, system, method, url, status, millis, attempt, {bodies}
         FROM activity WHERE {} ORDER BY id {direction} LIMIT {}",
        conditions.sql, filter.limit
    );
    let mut statement = connection.prepare_cached(&question)?;
    let rows = statement.query_map(params_from_iter(conditions.values), row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Logged> {
    let activity = Activity {
        at: row.get::<_, At>(1)?.0,
        flow: row.get(2)?,
        key: row.get(3)?,
        step: row.get(4)?,
        direction: row.get(5)?,
        system: row.get(6)?,
        method: row.get(7)?,
        url: row.get(8)?,
        status: row.get(9)?,
        millis: row.get::<_, Big>(10)?.0,
        attempt: row.get(11)?,
        request: row.get(12)?,
        answer: row.get(13)?,
    };
    Ok(Logged { id: row.get::<_, Big>(0)?.0, activity })
}
