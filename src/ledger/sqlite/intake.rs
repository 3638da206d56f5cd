//! Records in, and in again, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::rules::{self, Taking};
use crate::ledger::{Hash, Incoming, Intake, Page, Resend, Revive, Scope, Status};

use super::cell::{At, Big};
use super::flows;
use super::writer::Fail;

pub(super) fn intake(connection: &Connection, scope: &Scope, page: Page, now: Timestamp) -> Result<Intake, Fail> {
    let mut intake = Intake::default();
    for incoming in &page.records {
        match take(connection, scope, incoming, now)? {
            Taking::New => intake.new += 1,
            Taking::Again | Taking::GoesOn => intake.again += 1,
            Taking::InDoubt => intake.in_doubt += 1,
            Taking::Unchanged => intake.unchanged += 1,
        }
    }
    flows::put_cursor(connection, scope, page.cursor)?;
    Ok(intake)
}

fn take(connection: &Connection, scope: &Scope, incoming: &Incoming, now: Timestamp) -> Result<Taking, Fail> {
    let known = connection
        .prepare_cached(
            "SELECT id, status, content, version FROM records WHERE tenant = ?1 AND key = ?2 AND flow = ?3",
        )?
        .query_row(params![scope.tenant, incoming.key, scope.flow], |row| {
            Ok((row.get::<_, i64>(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))
        })
        .optional()?;
    let taking = rules::taking(known.map(|(_, known)| known), incoming);
    let status = if taking == Taking::InDoubt { Status::InDoubt } else { Status::Waiting };
    let id = match (taking, known) {
        (Taking::Unchanged, _) => return Ok(taking),
        (Taking::GoesOn, Some((id, _))) => {
            connection
                .prepare_cached("UPDATE records SET status = 'waiting', due = NULL, changed = ?2 WHERE id = ?1")?
                .execute(params![id, At(now)])?;
            return Ok(taking);
        }
        (_, Some((id, _))) => {
            connection
                .prepare_cached("UPDATE records SET title = ?2, place = ?3, content = ?4, status = ?5 WHERE id = ?1")?
                .execute(params![id, incoming.title, Big(incoming.order), incoming.content, status])?;
            new_round(connection, id, status, Some(incoming.version), now)?;
            id
        }
        (_, None) => {
            connection
                .prepare_cached(
                    "INSERT INTO records
                     (tenant, flow, key, title, place, status, round, content, version, first_seen, changed)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?9)",
                )?
                .execute(params![
                    scope.tenant,
                    scope.flow,
                    incoming.key,
                    incoming.title,
                    Big(incoming.order),
                    status,
                    incoming.content,
                    incoming.version,
                    At(now)
                ])?;
            connection.last_insert_rowid()
        }
    };
    connection
        .prepare_cached(
            "INSERT INTO sources (record, bytes) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
        )?
        .execute(params![id, incoming.source])?;
    Ok(taking)
}

/// Begins a round: what its steps gave before is no longer true.
pub(super) fn new_round(
    connection: &Connection,
    id: i64,
    status: Status,
    version: Option<Hash>,
    now: Timestamp,
) -> Result<(), Fail> {
    connection
        .prepare_cached(
            "UPDATE records SET status = ?2, round = round + 1, version = coalesce(?3, version), changed = ?4,
             due = NULL WHERE id = ?1",
        )?
        .execute(params![id, status, version, At(now)])?;
    connection.prepare_cached("DELETE FROM steps WHERE record = ?1")?.execute([id])?;
    Ok(())
}

pub(super) fn revive(connection: &Connection, scope: &Scope, which: Revive, now: Timestamp) -> Result<u64, Fail> {
    let mut revived = 0;
    if let Some(version) = which.version {
        let others = statuses(connection, scope, "version <> ?3", version)?;
        for (id, _) in others.into_iter().filter(|(_, status)| rules::may_revive(*status)) {
            new_round(connection, id, Status::Waiting, Some(version), now)?;
            revived += 1;
        }
    }
    if which.failed {
        let failed = connection
            .prepare_cached(
                "UPDATE records SET status = 'waiting', due = NULL, changed = ?3
                 WHERE tenant = ?1 AND flow = ?2 AND (due IS NULL OR due <= ?3)
                   AND (status = 'failed' OR status = 'in doubt' AND NOT EXISTS (
                     SELECT 1 FROM attempts WHERE attempts.tenant = ?1 AND attempts.flow = ?2
                       AND attempts.key = records.key AND attempts.state IN ('open', 'unknown')))",
            )?
            .execute(params![scope.tenant, scope.flow, At(now)])?;
        revived += failed as u64;
    }
    Ok(revived)
}

pub(super) fn resend(
    connection: &Connection,
    scope: &Scope,
    which: Resend,
    version: Option<Hash>,
    now: Timestamp,
) -> Result<u64, Fail> {
    match which {
        Resend::Keys(keys) => keys.iter().try_fold(0, |sent, key| {
            let of_key = statuses(connection, scope, "key = ?3", key)?;
            Ok(sent + send_again(connection, of_key, version, now)?)
        }),
        Resend::Held(reason) => {
            let held = statuses(connection, scope, "status = 'held' AND end_reason = ?3", reason)?;
            send_again(connection, held, version, now)
        }
    }
}

fn send_again(
    connection: &Connection,
    records: Vec<(i64, Status)>,
    version: Option<Hash>,
    now: Timestamp,
) -> Result<u64, Fail> {
    let mut sent = 0;
    for (id, status) in records {
        let began = connection
            .prepare_cached("SELECT version FROM records WHERE id = ?1")?
            .query_row([id], |row| row.get::<_, Hash>(0))?;
        if rules::goes_on(status, began, version) {
            connection
                .prepare_cached("UPDATE records SET status = 'waiting', due = NULL, changed = ?2 WHERE id = ?1")?
                .execute(params![id, At(now)])?;
            sent += 1;
        } else if rules::may_resend(status) {
            new_round(connection, id, Status::Waiting, version, now)?;
            sent += 1;
        } else if status == Status::Waiting {
            sent += connection
                .prepare_cached("UPDATE records SET due = NULL, changed = ?2 WHERE id = ?1 AND due IS NOT NULL")?
                .execute(params![id, At(now)])? as u64;
        }
    }
    Ok(sent)
}

/// The records of a flow for which a condition on `?3` holds and whose bytes are there.
pub(super) fn statuses(
    connection: &Connection,
    scope: &Scope,
    condition: &str,
    value: impl rusqlite::ToSql,
) -> Result<Vec<(i64, Status)>, Fail> {
    let question = format!(
        "SELECT records.id, status FROM records JOIN sources ON record = records.id
         WHERE tenant = ?1 AND flow = ?2 AND bytes <> x'' AND {condition}"
    );
    let mut statement = connection.prepare_cached(&question)?;
    let rows = statement.query_map(params![scope.tenant, scope.flow, value], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
