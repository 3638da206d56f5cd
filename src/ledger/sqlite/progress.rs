//! Steps' results and ends, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::rules;
use crate::ledger::{Decision, End, Finished, LedgerError, Scope, Status, Step, Stored};

use super::cell::At;
use super::flows;
use super::writer::Fail;

pub(super) fn put_step(connection: &Connection, scope: &Scope, step: &Step, now: Timestamp) -> Result<Stored, Fail> {
    let (id, round) = find(connection, scope, &step.key)?
        .filter(|(_, round, _)| step.round <= *round)
        .map(|(id, round, _)| (id, round))
        .ok_or_else(|| LedgerError::Unknown { what: format!("round {} of record `{}`", step.round, step.key) })?;
    if step.round < round {
        // Its record has begun anew: it may end its work, but leaves nothing behind.
        return Ok(Stored::Own);
    }
    let own = connection
        .prepare_cached(
            "INSERT INTO steps (record, round, name, at, value) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![id, round, step.name, At(now), step.value])?;
    if own == 1 {
        return Ok(Stored::Own);
    }
    let other = connection
        .prepare_cached("SELECT value FROM steps WHERE record = ?1 AND round = ?2 AND name = ?3")?
        .query_row(params![id, round, step.name], |row| row.get(0))?;
    Ok(Stored::Other(other))
}

pub(super) fn finish(connection: &Connection, scope: &Scope, end: &End, now: Timestamp) -> Result<Finished, Fail> {
    let (id, round, status) = find(connection, scope, &end.key)?
        .ok_or_else(|| LedgerError::Unknown { what: format!("record `{}`", end.key) })?;
    if round != end.round || status != Status::Waiting {
        return Ok(Finished::Superseded);
    }
    let outcome = &end.outcome;
    connection
        .prepare_cached(
            "UPDATE records SET status = ?2, changed = ?3, due = ?4,
             completed = CASE ?2 WHEN 'done' THEN ?3 ELSE completed END,
             end_status = ?2, end_code = ?5, end_reason = ?6, end_step = ?7, end_place = ?8, end_field = ?9,
             end_value = ?10, end_requests = ?11, end_version = ?12, end_personal = ?13 WHERE id = ?1",
        )?
        .execute(params![
            id,
            outcome.status,
            At(now),
            end.due.map(At),
            outcome.code.map(|code| code.0),
            outcome.reason,
            outcome.step,
            outcome.place,
            outcome.field,
            outcome.value,
            outcome.requests,
            outcome.version,
            (!outcome.personal.is_empty()).then(|| outcome.personal.join("\n"))
        ])?;
    for thing in &outcome.made {
        connection
            .prepare_cached(
                "INSERT INTO made (record, n, resource, thing)
                 VALUES (?1, (SELECT count(*) FROM made WHERE record = ?1), ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![id, thing.resource, thing.id])?;
    }
    decide(connection, id, round, &outcome.decided)?;
    if !rules::keeps_steps(outcome.status) {
        connection.prepare_cached("DELETE FROM steps WHERE record = ?1")?.execute([id])?;
    }
    if outcome.status == Status::Stopped {
        flows::pause(connection, scope, outcome.reason.as_deref().unwrap_or_default(), now)?;
    }
    Ok(Finished::Stored)
}

/// Keeps what the steps decided, in place of what they decided before.
fn decide(connection: &Connection, id: i64, round: u32, decided: &[Decision]) -> Result<(), Fail> {
    connection
        .prepare_cached("DELETE FROM decisions WHERE record = ?1 AND round <> ?2")?
        .execute(params![id, round])?;
    for decision in decided {
        connection
            .prepare_cached("DELETE FROM decisions WHERE record = ?1 AND step = ?2")?
            .execute(params![id, decision.step])?;
    }
    for decision in decided {
        let thing = decision.thing.as_ref();
        connection
            .prepare_cached(
                "INSERT INTO decisions (record, round, n, step, what, by, resource, thing)
                 VALUES (?1, ?2, (SELECT coalesce(max(n), 0) + 1 FROM decisions WHERE record = ?1), ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                id,
                decision.round,
                decision.step,
                decision.what,
                decision.by,
                thing.map(|thing| &thing.resource),
                thing.map(|thing| &thing.id)
            ])?;
    }
    Ok(())
}

/// A record's row, round and status.
pub(super) fn find(connection: &Connection, scope: &Scope, key: &str) -> Result<Option<(i64, u32, Status)>, Fail> {
    Ok(connection
        .prepare_cached("SELECT id, round, status FROM records WHERE tenant = ?1 AND key = ?2 AND flow = ?3")?
        .query_row(params![scope.tenant, key, scope.flow], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?)
}
