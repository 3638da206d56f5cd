//! Taking in what is new at the source: page by page, what was asked for and no more, durably before it is worked on.

use std::collections::HashMap;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::check::{By, Cursor};
use crate::check::{SETTINGS, SOURCE};
use crate::connect::{Begin, Call, Class, ListQuery};
use crate::eval::{self, Compared, Frame};
use crate::ledger::{Incoming, Page, Status};
use crate::report::codes;
use crate::run::Ended;
use crate::run::brief::{completed, slots_of};
use crate::run::compute::{self, Plain};
use crate::run::context::{Context, Witness, source_used};
use crate::run::halt::Halt;
use crate::run::known::short;
use crate::run::retry::{Patience, Spot, refused};
use crate::run::write::hash;
use crate::value::{Arena, Kind, Value};

/// How many records go into the ledger at once.
const BATCH: usize = 500;

/// What was taken in.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) listed: usize,
    pub(super) unchanged: usize,
}

/// How far the source was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    At(Timestamp),
    On(Date),
}

impl Reached {
    fn text(self) -> String {
        match self {
            Reached::At(at) => at.to_string(),
            Reached::On(day) => day.to_string(),
        }
    }

    fn parse(text: &str) -> Option<Reached> {
        text.parse().map(Reached::At).ok().or_else(|| text.parse().map(Reached::On).ok())
    }

    fn of(value: Value) -> Option<Reached> {
        match value {
            Value::Datetime(at) => Some(Reached::At(at)),
            Value::Date(day) => Some(Reached::On(day)),
            _ => None,
        }
    }

    /// The times of an hour that comes twice do not say which of the two they are: it is read from before it began.
    fn before_an_hour_twice(self, zone: &TimeZone) -> Reached {
        let Reached::At(at) = self else { return self };
        let civil = at.to_zoned_datetime(zone.clone()).datetime();
        let AmbiguousOffset::Fold { before, after } = zone.to_ambiguous_timestamp(civil).offset() else { return self };
        let length = before.duration_since(after);
        let first = before.to_timestamp(civil).unwrap_or(at);
        Reached::At(first.checked_sub(length).unwrap_or(first))
    }

    fn as_timestamp(self, cx: &Context) -> Timestamp {
        match self {
            Reached::At(at) => at,
            Reached::On(day) => {
                day.to_zoned_datetime(cx.world.zone.clone()).map_or(Timestamp::MIN, |at| at.timestamp())
            }
        }
    }
}

/// A row of the source, with what the ledger needs to know of it.
struct Seen {
    incoming: Incoming,
    reached: Option<Reached>,
}

/// Lists the source and puts what is new into the ledger.
pub(super) async fn take(cx: &Context) -> Result<Taken, Halt> {
    let program = cx.program().clone();
    let source = &program.source;
    let spot = Spot { step: format!("from {}", source.name).into(), span: source.span };
    if let Some(given) = &cx.options.records {
        return given_records(cx, given).await;
    }
    let begun = cx.world.clock.now();
    let since = since(cx, &spot).await?.map(|since| since.before_an_hour_twice(&source.at.resource.shape.format.zone));
    let mut asked: Vec<(crate::run::lookup::Wanted, Option<usize>)> = Vec::new();
    for by in &source.by {
        let By::Field { field, compared, value, many, filter } = by else { continue };
        let plain = settings_plains(cx, value, *compared, *many, &spot)?;
        if plain.is_empty() {
            return Ok(Taken::default());
        }
        let wanted = crate::run::lookup::Wanted { field: field.clone(), compared: *compared, plain, filter: *filter };
        asked.push((wanted, *filter));
    }
    let needed = slots_of(&source_used(&program), &source.at.resource.shape);
    let mut taken = Taken::default();
    // Who came before, and with what content, in eight bytes each.
    let mut seen: HashMap<u64, u64> = HashMap::new();
    let mut reached: Option<Reached> = None;
    let mut order: u64 = 0;
    for query in queries(&asked, since.as_ref(), source.cursor.as_ref()) {
        let system = cx.system(&source.at);
        let mut pages = system.list(&source.at.resource, &query).map_err(|fault| refused(cx, system, &fault, &spot))?;
        let mut patience = Patience::new(cx);
        loop {
            cx.pass()?;
            let witness = Witness::shared(cx, &source.at, Some(&spot.step));
            let rows = match pages.next_page(Call::of(&witness)).await {
                Ok(Some(page)) => {
                    cx.needed(1);
                    page.rows
                }
                Ok(None) => break,
                Err(fault) => match patience.wait(cx, system, &fault, &spot).await {
                    Ok(()) => continue,
                    Err(halt) => return Err(without_source(halt, passes(fault.class))),
                },
            };
            let rows = completed(cx, &witness, &source.at, rows, &needed, &spot)
                .await
                .map_err(|halt| without_source(halt, false))?;
            let mut records = Vec::new();
            for row in rows {
                order += 1;
                let Some(row) = seen_row(cx, row.bytes(), &asked, order) else { continue };
                if let (Some(Reached::At(from)), Some(Reached::At(at))) = (since, row.reached)
                    && at < from
                {
                    continue;
                }
                if let (Some(Reached::On(from)), Some(Reached::On(day))) = (since, row.reached)
                    && day < from
                {
                    continue;
                }
                reached = reached.max(row.reached);
                let content = short(&row.incoming.content.to_string());
                if seen.insert(short(&row.incoming.key), content) == Some(content) {
                    continue;
                }
                taken.listed += 1;
                records.push(row.incoming);
            }
            // The cursor moves only when the whole walk is in: a walk that breaks off is walked again.
            while !records.is_empty() {
                let rest = records.split_off(records.len().min(BATCH));
                let page = Page { records, cursor: None };
                let now = cx.world.clock.now();
                let intake = cx.world.ledger.intake(&cx.claim, &cx.scope, page, now).await?;
                taken.unchanged += usize::try_from(intake.unchanged).unwrap_or(usize::MAX);
                records = rest;
            }
        }
    }
    if let Some(reached) = reached
        && source.cursor.is_some()
        && cx.options.since.is_none()
    {
        // What changed while the list was read may stand in a part of it that was read before: the next walk begins where
        // this one did. Neither may a date in the future, by a clock that is wrong, hide what changes until then.
        let reached = match reached {
            Reached::At(at) => Reached::At(at.min(begun)),
            Reached::On(day) => Reached::On(day.min(begun.to_zoned_datetime(cx.world.zone.clone()).date())),
        };
        let before = cx.world.ledger.cursor(&cx.scope).await?.and_then(|text| Reached::parse(&text));
        if before < Some(reached) {
            let page = Page { records: Vec::new(), cursor: Some(reached.text()) };
            cx.world.ledger.intake(&cx.claim, &cx.scope, page, cx.world.clock.now()).await?;
        }
    }
    Ok(taken)
}

/// Trouble that passes by itself.
fn passes(class: Class) -> bool {
    matches!(class, Class::Network | Class::RateLimit | Class::ServerError | Class::Conflict | Class::LostReply)
}

/// Where the source cannot be read there is no record that could be held or fail: the run ends.
fn without_source(halt: Halt, passes: bool) -> Halt {
    match halt {
        Halt::Record(end) if end.status != Status::Stopped && (passes || end.code == codes::run::GAVE_UP) => {
            Ended::Unreachable(end.reason).into()
        }
        halt => halt,
    }
}

/// Takes in records that were handed over: they enter behind `from`.
async fn given_records(cx: &Context, given: &[Bytes]) -> Result<Taken, Halt> {
    let records: Vec<Incoming> = given
        .iter()
        .zip(1..)
        .filter_map(|(record, order)| seen_row(cx, record, &[], order))
        .map(|seen| seen.incoming)
        .collect();
    let listed = records.len();
    let page = Page { records, cursor: None };
    let intake = cx.world.ledger.intake(&cx.claim, &cx.scope, page, cx.world.clock.now()).await?;
    Ok(Taken { listed, unchanged: usize::try_from(intake.unchanged).unwrap_or(usize::MAX) })
}

/// Where the walk begins: what a person asked for, else the cursor and a little before it, else the flow's own beginning.
async fn since(cx: &Context, spot: &Spot) -> Result<Option<Reached>, Halt> {
    let program = cx.program();
    let Some(cursor) = &program.source.cursor else { return Ok(None) };
    if let Some(since) = cx.options.since {
        let day = since.to_zoned_datetime(cx.world.zone.clone()).date();
        return Ok(Some(if cursor.is_date { Reached::On(day) } else { Reached::At(since) }));
    }
    if let Some(reached) = cx.world.ledger.cursor(&cx.scope).await?.and_then(|text| Reached::parse(&text)) {
        let back = Reached::At(reached.as_timestamp(cx) - cursor.overlap);
        return Ok(Some(match (reached, back) {
            (Reached::On(_), Reached::At(at)) => Reached::On(at.to_zoned_datetime(cx.world.zone.clone()).date()),
            (_, back) => back,
        }));
    }
    let Some(from) = &cursor.from else { return Ok(None) };
    let (value, _) = settings_value(cx, from, spot)?;
    Ok(match (Reached::of(value), cursor.is_date) {
        (Some(Reached::On(day)), false) => Some(Reached::At(Reached::On(day).as_timestamp(cx))),
        (Some(Reached::At(at)), true) => Some(Reached::On(at.to_zoned_datetime(cx.world.zone.clone()).date())),
        (reached, _) => reached,
    })
}

/// One query for each combination of values that the source can be asked for.
fn queries(
    asked: &[(crate::run::lookup::Wanted, Option<usize>)],
    since: Option<&Reached>,
    cursor: Option<&Cursor>,
) -> Vec<ListQuery> {
    let begin = since.zip(cursor.and_then(|cursor| cursor.since)).map(|(reached, parameter)| {
        let begin = match reached {
            Reached::At(at) => Begin::At(*at),
            Reached::On(day) => Begin::On(*day),
        };
        (parameter, begin)
    });
    let mut all = vec![ListQuery { filters: Vec::new(), since: begin }];
    for (wanted, filter) in asked {
        let Some(filter) = filter else { continue };
        all = all
            .into_iter()
            .flat_map(|query| {
                wanted.plain.iter().map(move |plain| {
                    let mut query = query.clone();
                    query.filters.push((*filter, plain.text.to_string()));
                    query
                })
            })
            .collect();
    }
    all
}

/// What the ledger needs to know of a row; none when it is not among the records asked for.
fn seen_row(
    cx: &Context,
    row: &Bytes,
    asked: &[(crate::run::lookup::Wanted, Option<usize>)],
    order: u64,
) -> Option<Seen> {
    let program = cx.program();
    let source = &program.source;
    let mut arena = cx.world.settings.arena.clone();
    let content = hash(row);
    // A record that cannot be read is not lost: it is taken in under its hash, and held when it is worked on.
    let unreadable = |title: &str| Seen {
        incoming: Incoming {
            key: format!("unreadable {content}"),
            title: title.to_string(),
            order,
            source: row.to_vec(),
            content,
            version: cx.version,
        },
        reached: None,
    };
    let read = std::str::from_utf8(row).ok().and_then(|text| cx.source.read(text, &mut arena).ok());
    let Some(record) = read else { return Some(unreadable("unreadable")) };
    if !compute::is_there(&source.at.resource, record, &mut arena) {
        return None;
    }
    for (wanted, _) in asked {
        if wanted.field.slots.is_empty() {
            continue;
        }
        let plain = compute::plain_at(record, wanted, &source.at.resource.shape, &mut arena);
        if plain.is_some_and(|plain| !wanted.plain.contains(&plain)) {
            return None;
        }
    }
    let mut frame = Frame::new(program.variables as usize, cx.world.settings.tables.clone());
    frame.set(SETTINGS, cx.world.settings.record);
    frame.set(SOURCE, record);
    for variable in &program.lets {
        frame.set(*variable, Value::Pending);
    }
    let key = eval::eval(&source.key, &mut frame, &mut arena)
        .ok()
        .and_then(|key| compute::plain(key, Compared::Text, &arena))
        .map(|plain| plain.text.to_string());
    let title = source
        .title
        .and_then(|slot| compute::plain(compute::slot(record, &[slot], &arena), Compared::Text, &arena))
        .map(|plain| plain.text.to_string());
    let Some(key) = key else { return Some(unreadable(title.as_deref().unwrap_or("without a key"))) };
    let reached = source
        .cursor
        .as_ref()
        .and_then(|cursor| eval::eval(&cursor.value, &mut frame, &mut arena).ok())
        .and_then(Reached::of);
    // Only what the flow reads counts as a change.
    let mut read = Vec::new();
    eval::write_plain(&Kind::Record(source.at.resource.shape.kind.clone()), record, &arena, &mut read);
    let incoming = Incoming {
        title: title.unwrap_or_else(|| key.clone()),
        key,
        order,
        source: row.to_vec(),
        content: hash(&read),
        version: cx.version,
    };
    Some(Seen { incoming, reached })
}

fn settings_value(cx: &Context, expr: &eval::Expr, spot: &Spot) -> Result<(Value, Arena), Halt> {
    let program = cx.program();
    let mut arena = cx.world.settings.arena.clone();
    let mut frame = Frame::new(program.variables as usize, cx.world.settings.tables.clone());
    frame.set(SETTINGS, cx.world.settings.record);
    match eval::eval(expr, &mut frame, &mut arena) {
        Ok(value) => Ok((value, arena)),
        Err(failure) => Err(Ended::Config(format!("{}: {failure}", spot.step)).into()),
    }
}

fn settings_plains(
    cx: &Context,
    expr: &eval::Expr,
    compared: Compared,
    many: bool,
    spot: &Spot,
) -> Result<Vec<Plain>, Halt> {
    let (value, arena) = settings_value(cx, expr, spot)?;
    Ok(match value {
        Value::List(run) if many => {
            arena.slots(run).iter().filter_map(|value| compute::plain(*value, compared, &arena)).collect()
        }
        value => compute::plain(value, compared, &arena).into_iter().collect(),
    })
}
