//! Lanes and their claims, in SQL.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::rules;
use crate::ledger::{Claim, Claimed, Lane, LedgerError};

use super::cell::{At, Big};
use super::writer::Fail;

pub(super) fn claim(
    connection: &Connection,
    lane: Lane,
    holder: &str,
    now: Timestamp,
    ttl: Duration,
) -> Result<Claimed, Fail> {
    let known = connection
        .prepare_cached("SELECT epoch, holder, until FROM lanes WHERE tenant = ?1 AND lane = ?2")?
        .query_row(params![lane.tenant, lane.name], |row| {
            Ok((row.get::<_, Big>(0)?.0, row.get::<_, Option<String>>(1)?, row.get::<_, At>(2)?.0))
        })
        .optional()?;
    let epoch = match known {
        Some((_, Some(holder), until)) if until > rules::kept(now) => return Ok(Claimed::Taken { holder, until }),
        Some((epoch, ..)) => epoch + 1,
        None => 1,
    };
    let until = rules::later(now, ttl);
    connection
        .prepare_cached(
            "INSERT INTO lanes (tenant, lane, epoch, holder, until) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET epoch = excluded.epoch, holder = excluded.holder, until = excluded.until",
        )?
        .execute(params![lane.tenant, lane.name, Big(epoch), holder, At(until)])?;
    Ok(Claimed::Granted(Claim { lane, epoch, until }))
}

pub(super) fn renew(connection: &Connection, claim: Claim, now: Timestamp, ttl: Duration) -> Result<Claim, Fail> {
    fence(connection, &claim)?;
    let until = rules::later(now, ttl);
    connection.prepare_cached("UPDATE lanes SET until = ?3 WHERE tenant = ?1 AND lane = ?2")?.execute(params![
        claim.lane.tenant,
        claim.lane.name,
        At(until)
    ])?;
    Ok(Claim { until, ..claim })
}

pub(super) fn release(connection: &Connection, claim: &Claim) -> Result<(), Fail> {
    connection
        .prepare_cached("UPDATE lanes SET holder = NULL WHERE tenant = ?1 AND lane = ?2 AND epoch = ?3")?
        .execute(params![claim.lane.tenant, claim.lane.name, Big(claim.epoch)])?;
    Ok(())
}

/// Refuses a put whose claim has passed to another.
pub(super) fn fence(connection: &Connection, claim: &Claim) -> Result<(), Fail> {
    let holds = connection
        .prepare_cached("SELECT 1 FROM lanes WHERE tenant = ?1 AND lane = ?2 AND epoch = ?3 AND holder IS NOT NULL")?
        .exists(params![claim.lane.tenant, claim.lane.name, Big(claim.epoch)])?;
    if holds { Ok(()) } else { Err(LedgerError::Stale { lane: claim.lane.clone(), epoch: claim.epoch }.into()) }
}
