//! What is recorded of records, in SQL.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, params_from_iter};

use crate::ledger::{
    Counts, Decision, Group, Mark, Memo, Outcome, Record, RecordFilter, Scope, Status, Summary, Thing, Window,
};
use crate::report::Code;

use super::attempts;
use super::cell::{At, Big};
use super::writer::Fail;

const COLUMNS: &str = "id, flow, key, title, status, round, version, first_seen, changed, due, completed,
    end_status, end_code, end_reason, end_step, end_place, end_field, end_value, end_requests, end_version,
    place, content, end_personal";

/// Conditions that hold together, with their values.
pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    /// Of a tenant.
    pub(super) fn of(tenant: &str) -> Self {
        Self { sql: "tenant = ?".to_owned(), values: vec![Value::Text(tenant.to_owned())] }
    }

    /// And that, for each `?` in it the value.
    pub(super) fn add(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        let Some(value) = value.map(Into::into) else { return };
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(condition.matches('?').map(|_| value.clone()));
    }
}

pub(super) fn waiting(connection: &Connection, scope: &Scope, window: Window) -> Result<Vec<Record>, Fail> {
    let question = format!(
        "SELECT {COLUMNS} FROM records WHERE tenant = ?1 AND flow = ?2 AND status = 'waiting'
         AND (due IS NULL OR due <= ?3) AND (place, id) > (?4, ?5) ORDER BY place, id LIMIT ?6"
    );
    let after = window.after.map(|mark| (Big(mark.order), Big(mark.sequence)));
    let (place, id) = after.unwrap_or((Big(0), Big(0)));
    let due_by = At(window.due_by);
    select(connection, scope, &question, params![scope.tenant, scope.flow, due_by, place, id, window.limit])
}

pub(super) fn record(connection: &Connection, scope: &Scope, key: &str) -> Result<Option<Record>, Fail> {
    let question = format!("SELECT {COLUMNS} FROM records WHERE tenant = ?1 AND key = ?2 AND flow = ?3");
    Ok(select(connection, scope, &question, params![scope.tenant, key, scope.flow])?.pop())
}

pub(super) fn next_due(connection: &Connection, scope: &Scope) -> Result<Option<Timestamp>, Fail> {
    let due = connection
        .prepare_cached("SELECT min(due) FROM records WHERE tenant = ?1 AND flow = ?2 AND status = 'waiting'")?
        .query_row(params![scope.tenant, scope.flow], |row| row.get::<_, Option<At>>(0))?;
    Ok(due.map(|at| at.0))
}

pub(super) fn list(connection: &Connection, filter: RecordFilter) -> Result<Vec<Summary>, Fail> {
    let mut conditions = Conditions::of(&filter.tenant);
    conditions.add("flow = ?", filter.flow);
    conditions.add("status = ?", filter.status.map(|status| status.word().to_owned()));
    conditions.add("changed >= ?", filter.since.map(|at| at.as_microsecond()));
    conditions.add("(key = ? OR title = ?)", filter.named);
    conditions.add("end_reason = ?", filter.reason);
    let question = format!(
        "SELECT {COLUMNS} FROM records WHERE {} ORDER BY changed DESC, id DESC LIMIT {} OFFSET {}",
        conditions.sql, filter.limit, filter.skip
    );
    let mut statement = connection.prepare_cached(&question)?;
    let rows = statement.query_map(params_from_iter(conditions.values), |row| Ok((row.get(0)?, summary(row)?)))?;
    let rows = rows.collect::<Result<Vec<(i64, Summary)>, _>>()?;
    rows.into_iter().map(|(id, summary)| with_made(connection, id, summary)).collect()
}

pub(super) fn counts(connection: &Connection, scope: &Scope) -> Result<Counts, Fail> {
    let mut statement = connection
        .prepare_cached("SELECT status, count(*) FROM records WHERE tenant = ?1 AND flow = ?2 GROUP BY status")?;
    let mut rows = statement.query(params![scope.tenant, scope.flow])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        counts.add(row.get(0)?, row.get::<_, Big>(1)?.0);
    }
    Ok(counts)
}

pub(super) fn groups(connection: &Connection, tenant: &str, status: Status) -> Result<Vec<Group>, Fail> {
    let mut statement = connection.prepare_cached(
        "SELECT flow, end_reason, end_step, count(*), min(changed) FROM records WHERE tenant = ?1 AND status = ?2
         GROUP BY flow, end_reason, end_step ORDER BY count(*) DESC, flow, end_reason, end_step",
    )?;
    let rows = statement.query_map(params![tenant, status], |row| {
        Ok(Group {
            flow: row.get(0)?,
            reason: row.get(1)?,
            step: row.get(2)?,
            count: row.get::<_, Big>(3)?.0,
            since: row.get::<_, At>(4)?.0,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn select(connection: &Connection, scope: &Scope, question: &str, values: &[&dyn ToSql]) -> Result<Vec<Record>, Fail> {
    let mut statement = connection.prepare_cached(question)?;
    let rows = statement.query_map(values, |row| {
        let mark = Mark { order: row.get::<_, Big>(20)?.0, sequence: row.get::<_, Big>(0)?.0 };
        Ok((row.get(0)?, summary(row)?, mark, row.get(21)?))
    })?;
    let rows = rows.collect::<Result<Vec<(i64, _, _, _)>, _>>()?;
    let whole = |(id, known, mark, content)| {
        let summary = with_made(connection, id, known)?;
        let source = connection
            .prepare_cached("SELECT bytes FROM sources WHERE record = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?
            .unwrap_or_default();
        let attempts = attempts::of_key(connection, scope, &summary.key)?;
        let steps = steps(connection, id)?;
        Ok(Record { summary, mark, source, content, attempts, steps })
    };
    rows.into_iter().map(whole).collect()
}

fn steps(connection: &Connection, id: i64) -> Result<Vec<Memo>, Fail> {
    let mut statement =
        connection.prepare_cached("SELECT name, value, at FROM steps WHERE record = ?1 ORDER BY name")?;
    let rows = statement
        .query_map([id], |row| Ok(Memo { name: row.get(0)?, value: row.get(1)?, at: row.get::<_, At>(2)?.0 }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn with_made(connection: &Connection, id: i64, mut summary: Summary) -> Result<Summary, Fail> {
    if let Some(outcome) = &mut summary.outcome {
        let mut statement =
            connection.prepare_cached("SELECT resource, thing FROM made WHERE record = ?1 ORDER BY n")?;
        let rows = statement.query_map([id], |row| Ok(Thing { resource: row.get(0)?, id: row.get(1)? }))?;
        outcome.made = rows.collect::<Result<_, _>>()?;
        let mut statement = connection.prepare_cached(
            "SELECT step, what, by, resource, thing, round FROM decisions WHERE record = ?1 ORDER BY n",
        )?;
        let rows = statement.query_map([id], |row| {
            let thing = row.get::<_, Option<String>>(3)?.zip(row.get::<_, Option<String>>(4)?);
            let thing = thing.map(|(resource, id)| Thing { resource, id });
            Ok(Decision { round: row.get(5)?, step: row.get(0)?, what: row.get(1)?, by: row.get(2)?, thing })
        })?;
        outcome.decided = rows.collect::<Result<_, _>>()?;
    }
    Ok(summary)
}

fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    let outcome = match row.get::<_, Option<Status>>(11)? {
        None => None,
        Some(status) => Some(Outcome {
            status,
            code: row.get::<_, Option<u16>>(12)?.map(Code),
            reason: row.get(13)?,
            step: row.get(14)?,
            place: row.get(15)?,
            field: row.get(16)?,
            value: row.get(17)?,
            made: Vec::new(),
            decided: Vec::new(),
            requests: row.get(18)?,
            version: row.get(19)?,
            personal: row.get::<_, Option<String>>(22)?.iter().flat_map(|all| all.lines()).map(str::to_owned).collect(),
        }),
    };
    Ok(Summary {
        flow: row.get(1)?,
        key: row.get(2)?,
        title: row.get(3)?,
        status: row.get(4)?,
        round: row.get(5)?,
        version: row.get(6)?,
        first_seen: row.get::<_, At>(7)?.0,
        changed: row.get::<_, At>(8)?.0,
        due: row.get::<_, Option<At>>(9)?.map(|at| at.0),
        completed: row.get::<_, Option<At>>(10)?.map(|at| at.0),
        outcome,
    })
}
