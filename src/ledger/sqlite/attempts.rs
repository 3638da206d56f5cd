//! Attempts, in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, params};

use crate::ledger::rules;
use crate::ledger::{
    Adoption, Answer, Attempt, LedgerError, Link, Reservation, Reserved, Resolution, Scope, Settled, Settlement, State,
    Status, Step,
};

use super::cell::At;
use super::writer::Fail;
use super::{links, progress};

const COLUMNS: &str = "key, step, n, key_text, body, reserved, answered, state, thing, class, words, said";

pub(super) fn reserve(
    connection: &Connection,
    scope: &Scope,
    write: &Reservation,
    now: Timestamp,
) -> Result<Reserved, Fail> {
    let known = of_step(connection, scope, &write.key, &write.step)?;
    if let Some(attempt) = rules::in_the_way(&known, write.n)? {
        return Ok(Reserved::Exists(attempt.clone()));
    }
    let attempt = Attempt {
        key: write.key.clone(),
        step: write.step.clone(),
        n: write.n,
        key_text: write.key_text.clone(),
        body: Some(write.body),
        reserved: now,
        answered: None,
        state: State::Open,
        said: false,
    };
    insert(connection, scope, &attempt)?;
    Ok(Reserved::Fresh)
}

pub(super) fn answer(
    connection: &Connection,
    scope: &Scope,
    settlement: Settlement,
    now: Timestamp,
) -> Result<Settled, Fail> {
    let Settlement { key, step, n, answer, links, steps } = settlement;
    let mut attempt = of_number(connection, scope, &key, &step, n)?;
    if !rules::may_answer(&attempt.state, &answer) {
        return Ok(Settled::Kept(attempt));
    }
    attempt.state = State::Answered(answer);
    update(connection, scope, &attempt, now)?;
    remember(connection, scope, links, &steps, now)?;
    Ok(Settled::Stored)
}

pub(super) fn adopt(
    connection: &Connection,
    scope: &Scope,
    adoption: Adoption,
    now: Timestamp,
) -> Result<Settled, Fail> {
    let Adoption { key, step, key_text, id, links, steps } = adoption;
    let mut known = of_step(connection, scope, &key, &step)?;
    if let Some(made) = known.iter().position(|attempt| rules::is_made(&attempt.state)) {
        return Ok(Settled::Kept(known.swap_remove(made)));
    }
    let state = State::Answered(Answer::Made { id });
    match known.pop() {
        Some(last) if rules::is_unsettled(&last.state) => {
            update(connection, scope, &Attempt { state, ..last }, now)?;
        }
        last => {
            let n = rules::next_number(last.as_ref());
            let (reserved, answered) = (now, Some(now));
            let adopted = Attempt { key, step, n, key_text, body: None, reserved, answered, state, said: false };
            insert(connection, scope, &adopted)?;
        }
    }
    remember(connection, scope, links, &steps, now)?;
    Ok(Settled::Stored)
}

pub(super) fn resolve(
    connection: &Connection,
    scope: &Scope,
    resolution: Resolution,
    now: Timestamp,
) -> Result<Settled, Fail> {
    let Resolution { key, identity, step, n, found } = resolution;
    let of = identity.as_deref().unwrap_or(&key);
    let mut attempt = of_number(connection, scope, of, &step, n)?;
    let settled = if rules::is_unsettled(&attempt.state) {
        attempt.state = State::Answered(found.map_or(Answer::Absent, |id| Answer::Made { id }));
        attempt.said = true;
        update(connection, scope, &attempt, now)?;
        Settled::Stored
    } else {
        Settled::Kept(attempt)
    };
    let mut left = of_key(connection, scope, &key)?;
    if let Some(identity) = &identity {
        left.append(&mut of_key(connection, scope, identity)?);
    }
    if !left.iter().any(|attempt| rules::is_unsettled(&attempt.state))
        && let Some((id, _, Status::InDoubt)) = progress::find(connection, scope, &key)?
    {
        connection
            .prepare_cached("UPDATE records SET status = 'waiting', due = NULL, changed = ?2 WHERE id = ?1")?
            .execute(params![id, At(now)])?;
    }
    Ok(settled)
}

pub(super) fn of_key(connection: &Connection, scope: &Scope, key: &str) -> Result<Vec<Attempt>, Fail> {
    select(connection, "tenant = ?1 AND flow = ?2 AND key = ?3", params![scope.tenant, scope.flow, key])
}

pub(super) fn unsettled(connection: &Connection, scope: &Scope) -> Result<Vec<Attempt>, Fail> {
    let condition = "tenant = ?1 AND flow = ?2 AND state IN ('open', 'unknown')";
    select(connection, condition, params![scope.tenant, scope.flow])
}

fn of_step(connection: &Connection, scope: &Scope, key: &str, step: &str) -> Result<Vec<Attempt>, Fail> {
    let condition = "tenant = ?1 AND flow = ?2 AND key = ?3 AND step = ?4";
    select(connection, condition, params![scope.tenant, scope.flow, key, step])
}

fn of_number(connection: &Connection, scope: &Scope, key: &str, step: &str, n: u32) -> Result<Attempt, Fail> {
    let known = of_step(connection, scope, key, step)?.into_iter().find(|attempt| attempt.n == n);
    let what = || format!("attempt {n} of step `{step}` for `{key}`");
    known.ok_or_else(|| LedgerError::Unknown { what: what() }.into())
}

fn select(connection: &Connection, condition: &str, values: &[&dyn ToSql]) -> Result<Vec<Attempt>, Fail> {
    let question = format!("SELECT {COLUMNS} FROM attempts WHERE {condition} ORDER BY key, step, n");
    let mut statement = connection.prepare_cached(&question)?;
    let rows = statement.query_map(values, row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let words = || row.get::<_, Option<String>>(10).map(Option::unwrap_or_default);
    let state = match row.get_ref(7)?.as_str()? {
        "open" => State::Open,
        "made" => State::Answered(Answer::Made { id: row.get(8)? }),
        "not applied" => State::Answered(Answer::NotApplied { class: row.get(9)?, words: words()? }),
        "unknown" => State::Answered(Answer::Unknown { words: words()? }),
        _ => State::Answered(Answer::Absent),
    };
    Ok(Attempt {
        key: row.get(0)?,
        step: row.get(1)?,
        n: row.get(2)?,
        key_text: row.get(3)?,
        body: row.get(4)?,
        reserved: row.get::<_, At>(5)?.0,
        answered: row.get::<_, Option<At>>(6)?.map(|at| at.0),
        state,
        said: row.get(11)?,
    })
}

/// The cells of a state: its word, the made thing's id, the class and the words of a refusal.
fn cells(state: &State) -> (&'static str, Option<&str>, Option<&str>, Option<&str>) {
    match state {
        State::Open => ("open", None, None, None),
        State::Answered(Answer::Made { id }) => ("made", Some(id), None, None),
        State::Answered(Answer::NotApplied { class, words }) => ("not applied", None, Some(class), Some(words)),
        State::Answered(Answer::Unknown { words }) => ("unknown", None, None, Some(words)),
        State::Answered(Answer::Absent) => ("absent", None, None, None),
    }
}

fn insert(connection: &Connection, scope: &Scope, attempt: &Attempt) -> Result<(), Fail> {
    let (state, thing, class, words) = cells(&attempt.state);
    connection
        .prepare_cached(
            "INSERT INTO attempts
             (tenant, flow, key, step, n, key_text, body, reserved, answered, state, thing, class, words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            scope.tenant,
            scope.flow,
            attempt.key,
            attempt.step,
            attempt.n,
            attempt.key_text,
            attempt.body,
            At(attempt.reserved),
            attempt.answered.map(At),
            state,
            thing,
            class,
            words
        ])?;
    Ok(())
}

fn update(connection: &Connection, scope: &Scope, attempt: &Attempt, now: Timestamp) -> Result<(), Fail> {
    let (state, thing, class, words) = cells(&attempt.state);
    connection
        .prepare_cached(
            "UPDATE attempts SET state = ?6, thing = ?7, class = ?8, words = ?9, answered = ?10, said = ?11
             WHERE tenant = ?1 AND flow = ?2 AND key = ?3 AND step = ?4 AND n = ?5",
        )?
        .execute(params![
            scope.tenant,
            scope.flow,
            attempt.key,
            attempt.step,
            attempt.n,
            state,
            thing,
            class,
            words,
            At(now),
            attempt.said
        ])?;
    Ok(())
}

fn remember(
    connection: &Connection,
    scope: &Scope,
    pairs: Vec<Link>,
    steps: &[Step],
    now: Timestamp,
) -> Result<(), Fail> {
    for link in pairs {
        links::put(connection, &scope.tenant, &link, now)?;
    }
    for step in steps {
        progress::put_step(connection, scope, step, now)?;
    }
    Ok(())
}
