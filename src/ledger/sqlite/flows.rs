//! Flows' own state, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::ledger::{Counts, FlowState, Hash, Pause, Run, Scope, Status, Version};

use super::cell::{At, Big};
use super::intake;
use super::writer::Fail;

const RUN: &str =
    "started, ended, new, requests, fault, waiting, done, skipped, held, failed, in_doubt, stopped FROM runs";

pub(super) fn cursor(connection: &Connection, scope: &Scope) -> Result<Option<String>, Fail> {
    let cursor = connection
        .prepare_cached("SELECT cursor FROM flows WHERE tenant = ?1 AND flow = ?2")?
        .query_row(params![scope.tenant, scope.flow], |row| row.get(0))
        .optional()?;
    Ok(cursor.flatten())
}

/// Moves the cursor; `None` leaves it where it is.
pub(super) fn put_cursor(connection: &Connection, scope: &Scope, cursor: Option<String>) -> Result<(), Fail> {
    connection
        .prepare_cached(
            "INSERT INTO flows (tenant, flow, cursor) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET cursor = coalesce(excluded.cursor, cursor)",
        )?
        .execute(params![scope.tenant, scope.flow, cursor])?;
    Ok(())
}

pub(super) fn flow(connection: &Connection, scope: &Scope) -> Result<FlowState, Fail> {
    let flow = || scope.flow.to_string();
    let known = connection
        .prepare_cached("SELECT flow, cursor, paused, paused_at, version FROM flows WHERE tenant = ?1 AND flow = ?2")?
        .query_row(params![scope.tenant, scope.flow], state)
        .optional()?;
    let known =
        known.unwrap_or_else(|| FlowState { flow: flow(), cursor: None, paused: None, version: None, last_run: None });
    Ok(FlowState { last_run: runs(connection, scope, 1)?.pop(), ..known })
}

pub(super) fn flows(connection: &Connection, tenant: &str) -> Result<Vec<FlowState>, Fail> {
    let mut statement = connection.prepare_cached("SELECT flow FROM flows WHERE tenant = ?1 ORDER BY flow")?;
    let names = statement.query_map([tenant], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    names.into_iter().map(|name| flow(connection, &Scope::new(tenant, name))).collect()
}

pub(super) fn pause(connection: &Connection, scope: &Scope, reason: &str, since: Timestamp) -> Result<(), Fail> {
    connection
        .prepare_cached(
            "INSERT INTO flows (tenant, flow, paused, paused_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET paused = excluded.paused, paused_at = excluded.paused_at WHERE paused IS NULL",
        )?
        .execute(params![scope.tenant, scope.flow, reason, At(since)])?;
    Ok(())
}

pub(super) fn resume(
    connection: &Connection,
    scope: &Scope,
    version: Option<Hash>,
    now: Timestamp,
) -> Result<u64, Fail> {
    connection
        .prepare_cached("UPDATE flows SET paused = NULL, paused_at = NULL WHERE tenant = ?1 AND flow = ?2")?
        .execute(params![scope.tenant, scope.flow])?;
    let stopped = intake::statuses(connection, scope, "status = ?3", Status::Stopped)?;
    for (id, _) in &stopped {
        intake::new_round(connection, *id, Status::Waiting, version, now)?;
    }
    Ok(stopped.len() as u64)
}

pub(super) fn put_version(
    connection: &Connection,
    scope: &Scope,
    hash: Hash,
    files: &[u8],
    now: Timestamp,
) -> Result<(), Fail> {
    connection
        .prepare_cached(
            "INSERT INTO versions (tenant, flow, hash, files, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT DO UPDATE SET last = excluded.last",
        )?
        .execute(params![scope.tenant, scope.flow, hash, files, At(now)])?;
    connection
        .prepare_cached(
            "INSERT INTO flows (tenant, flow, version) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET version = excluded.version",
        )?
        .execute(params![scope.tenant, scope.flow, hash])?;
    Ok(())
}

pub(super) fn versions(connection: &Connection, scope: &Scope) -> Result<Vec<Version>, Fail> {
    let mut statement = connection.prepare_cached(
        "SELECT hash, files, first, last FROM versions WHERE tenant = ?1 AND flow = ?2 ORDER BY last DESC, id DESC",
    )?;
    let rows = statement.query_map(params![scope.tenant, scope.flow], |row| {
        let (first, last) = (row.get::<_, At>(2)?.0, row.get::<_, At>(3)?.0);
        Ok(Version { hash: row.get(0)?, files: row.get(1)?, first, last })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn put_run(connection: &Connection, scope: &Scope, run: &Run) -> Result<(), Fail> {
    connection
        .prepare_cached("INSERT INTO flows (tenant, flow) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![scope.tenant, scope.flow])?;
    let [waiting, done, skipped, held, failed, in_doubt, stopped] =
        Status::ALL.map(|status| Big(run.counts.of(status)));
    connection
        .prepare_cached(
            "INSERT INTO runs (tenant, flow, started, ended, new, requests, fault,
             waiting, done, skipped, held, failed, in_doubt, stopped)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            scope.tenant,
            scope.flow,
            At(run.started),
            At(run.ended),
            Big(run.new),
            Big(run.requests),
            run.fault,
            waiting,
            done,
            skipped,
            held,
            failed,
            in_doubt,
            stopped
        ])?;
    Ok(())
}

pub(super) fn runs(connection: &Connection, scope: &Scope, limit: u32) -> Result<Vec<Run>, Fail> {
    let question = format!("SELECT {RUN} WHERE tenant = ?1 AND flow = ?2 ORDER BY id DESC LIMIT ?3");
    let mut statement = connection.prepare_cached(&question)?;
    let rows = statement.query_map(params![scope.tenant, scope.flow, limit], run)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let mut counts = Counts::default();
    for (column, status) in (5..).zip(Status::ALL) {
        counts.add(status, row.get::<_, Big>(column)?.0);
    }
    Ok(Run {
        started: row.get::<_, At>(0)?.0,
        ended: row.get::<_, At>(1)?.0,
        new: row.get::<_, Big>(2)?.0,
        counts,
        requests: row.get::<_, Big>(3)?.0,
        fault: row.get(4)?,
    })
}

fn state(row: &Row<'_>) -> rusqlite::Result<FlowState> {
    let paused = match (row.get(2)?, row.get::<_, Option<At>>(3)?) {
        (Some(reason), Some(since)) => Some(Pause { reason, since: since.0 }),
        _ => None,
    };
    Ok(FlowState { flow: row.get(0)?, cursor: row.get(1)?, paused, version: row.get(4)?, last_run: None })
}
