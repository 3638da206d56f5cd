//! A record of the source goes in; what its shape calls personal comes out, to be masked in messages and to be forgotten.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::check::Program;
use crate::eval::{Reader, Shape, Used};
use crate::ledger::{Ledger, LedgerError, Person, Scope};
use crate::run::context::Context;
use crate::value::{Arena, Value, exact};
use crate::workspace;

/// The values of personal fields, line by line.
pub(super) fn personal(cx: &Context, source: &[u8]) -> Vec<String> {
    let at = &cx.program().source.at;
    values(cx.reader(at), &at.resource.shape, &cx.world.zone, source)
}

/// Someone of whom all records that hold their address tell: what is personal of those, by the flow as the ledger keeps it,
/// and the flows whose records cannot be read any more.
pub async fn person(ledger: &dyn Ledger, tenant: &str, mail: &str) -> Result<(Person, Vec<String>), LedgerError> {
    let mut readers: BTreeMap<String, Option<(Reader, workspace::Flow, TimeZone)>> = BTreeMap::new();
    let mut others = Vec::new();
    for (flow, key) in ledger.about(tenant, mail).await? {
        let scope = Scope::new(tenant, flow.clone());
        if !readers.contains_key(&flow) {
            let versions = ledger.versions(&scope).await?;
            let known = versions.iter().find_map(|version| workspace::recall(&version.files).ok());
            let reader = known.and_then(|mut known| Some((known.flows.pop()?, known.zone))).map(|(flow, zone)| {
                let shape = &flow.program.source.at.resource.shape;
                (Reader::new(shape, &Used::all()), flow, zone)
            });
            readers.insert(flow.clone(), reader);
        }
        if let Some((reader, known, zone)) = readers.get(&flow).and_then(Option::as_ref)
            && let Some(record) = ledger.record(&scope, &key).await?
        {
            others.extend(of_program(reader, &known.program, zone, &record.source));
        }
    }
    others.retain(|value| tells(value) && !value.eq_ignore_ascii_case(mail));
    others.sort_unstable();
    others.dedup();
    let unread = readers.into_iter().filter(|(_, reader)| reader.is_none()).map(|(flow, _)| flow).collect();
    Ok((Person { mail: mail.to_owned(), others }, unread))
}

fn of_program(reader: &Reader, program: &Program, zone: &TimeZone, source: &[u8]) -> Vec<String> {
    values(reader, &program.source.at.resource.shape, zone, source)
}

/// The value is long enough to tell of somebody wherever it stands.
fn tells(value: &str) -> bool {
    value.chars().filter(|letter| letter.is_alphanumeric()).count() >= 4
}

fn values(reader: &Reader, shape: &Shape, zone: &TimeZone, source: &[u8]) -> Vec<String> {
    let mut arena = Arena::new(zone.clone());
    let mut found = Vec::new();
    let text = String::from_utf8_lossy(source);
    if let Ok(record) = reader.read(&text, &mut arena) {
        collect(shape, record, &arena, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}
fn collect(shape: &Shape, value: Value, arena: &Arena, found: &mut Vec<String>) {
    match value {
        Value::List(run) => arena.slots(run).iter().for_each(|element| collect(shape, *element, arena, found)),
        Value::Record(run) => {
            for (slot, field) in shape.fields.iter().enumerate() {
                let value = arena.slot(run, slot);
                if field.personal {
                    texts(value, arena, found);
                } else if let Some(inner) = &field.shape {
                    collect(inner, value, arena, found);
                }
            }
        }
        _ => {}
    }
}

/// All texts in a value.
fn texts(value: Value, arena: &Arena, found: &mut Vec<String>) {
    let mut add =
        |text: &str| found.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    match value {
        Value::Text(text) => add(arena.text(text)),
        Value::Number(number) => add(&exact::plain(number).to_string()),
        Value::Date(day) => add(&day.to_string()),
        Value::Datetime(at) => add(&at.to_string()),
        Value::Bad(number) => add(arena.bad(number).found.trim_matches('"')),
        Value::List(run) | Value::Record(run) => {
            for element in arena.slots(run).to_vec() {
                texts(element, arena, found);
            }
        }
        Value::Bool(_) | Value::Unset | Value::Null | Value::Pending => {}
    }
}
