//! A flow and what was chosen for it go in; its settings as a record that every expression sees, or what is missing, come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::check::{Program, Setting};
use crate::eval::{self, Expr, Frame, Op, Settings, Table};
use crate::value::{Arena, Failure, FieldKind, Kind, RecordKind, Value};

/// What was chosen for a setting.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// A value: an expression of literals.
    Value(Expr),
    /// An instant, which no literal gives.
    Instant(Timestamp),
    /// A table.
    Table(Arc<Table>),
}

/// A setting that has no value.
#[derive(Clone, Debug)]
pub struct Missing {
    /// Its number in [`Program::settings`].
    pub setting: usize,
    /// Why it could not be computed, when it could not.
    pub failure: Option<Box<Failure>>,
}

/// The settings of a flow: what was chosen, else the default.
///
/// # Errors
/// All settings that have no value: neither chosen nor by default, though the flow needs them, or not to be computed.
pub fn bind(program: &Program, chosen: &BTreeMap<Arc<str>, Chosen>, zone: &TimeZone) -> Result<Settings, Vec<Missing>> {
    let mut arena = Arena::new(zone.clone());
    let run = arena.reserve(program.settings.len());
    let mut frame = Frame::of(&[Value::Record(run)]);
    let mut tables: Vec<Option<Arc<Table>>> = vec![None; program.settings.len()];
    let mut missing = Vec::new();
    for (number, setting) in program.settings.iter().enumerate() {
        let choice = chosen.get(&setting.name);
        if let Kind::Table(..) = setting.typed.kind {
            tables[number] = match choice {
                Some(Chosen::Table(table)) => Some(Arc::clone(table)),
                _ => setting.table.clone(),
            };
            if tables[number].is_none() && !setting.typed.maybe && is_shown(setting, &mut frame, &mut arena) {
                missing.push(Missing { setting: number, failure: None });
            }
            continue;
        }
        let given = choice.is_some() || setting.default.is_some();
        let value = match (choice, &setting.default) {
            (Some(Chosen::Instant(at)), _) => Ok(Value::Datetime(*at)),
            (Some(Chosen::Value(expr)), _) | (_, Some(expr)) => eval::eval(expr, &mut frame, &mut arena),
            (_, None) => Ok(Value::Unset),
        };
        match value {
            Ok(value) if value.is_set() || setting.typed.maybe || !is_shown(setting, &mut frame, &mut arena) => {
                arena.set_slot(run, number, value);
            }
            // A list that is said to be empty is not missing.
            Ok(value) if given && matches!(setting.typed.kind, Kind::List(_)) => arena.set_slot(run, number, value),
            Ok(_) => missing.push(Missing { setting: number, failure: None }),
            Err(failure) => missing.push(Missing { setting: number, failure: Some(failure) }),
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    let text = text(program, Value::Record(run), &tables, &arena);
    Ok(Settings { arena, record: Value::Record(run), tables: tables.into(), text: text.into() })
}

/// All settings as one text, the same for the same settings: part of the version that a record runs on.
fn text(program: &Program, record: Value, tables: &[Option<Arc<Table>>], arena: &Arena) -> String {
    let fields = program
        .settings
        .iter()
        .map(|setting| FieldKind { name: setting.name.clone(), typed: setting.typed.clone() })
        .collect();
    let kind = Kind::Record(Arc::new(RecordKind { name: "".into(), fields }));
    let mut out = Vec::new();
    eval::write_plain(&kind, record, arena, &mut out);
    let mut text = String::from_utf8_lossy(&out).into_owned();
    for (setting, table) in program.settings.iter().zip(tables) {
        let Some(table) = table else { continue };
        let rows: BTreeMap<&str, &Op> = table.rows.iter().map(|(key, row)| (&**key, &row.op)).collect();
        let any = table.any.as_ref().map(|row| &row.op);
        text.push_str(&format!("\n{}: {rows:?} {any:?}", setting.name));
    }
    text
}

/// The setting is one that a person sees, for its `when` holds.
fn is_shown(setting: &Setting, frame: &mut Frame, arena: &mut Arena) -> bool {
    setting.guard.as_ref().is_none_or(|guard| eval::holds(guard, frame, arena).unwrap_or(true))
}
