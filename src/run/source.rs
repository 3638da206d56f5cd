//! The source being read: page by page, what the flow asks for and no more, each record with what the ledger needs to know.

use std::collections::HashMap;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::check::{By, Cursor, SETTINGS, SOURCE};
use crate::connect::{Begin, Call, Class, ListQuery, PathPart};
use crate::eval::{self, Compared, Frame};
use crate::ledger::{Incoming, Record, Status};
use crate::report::codes;
use crate::run::Ended;
use crate::run::brief::{completed, slots_of};
use crate::run::compute::{self, Plain};
use crate::run::context::{Context, Witness, source_used};
use crate::run::halt::Halt;
use crate::run::known::short;
use crate::run::lookup::Wanted;
use crate::run::retry::{Patience, Spot, refused, retrying};
use crate::run::write::hash;
use crate::value::{Arena, Kind, Value};

/// How far the source was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    At(Timestamp),
    On(Date),
}

impl Reached {
    pub(super) fn text(self) -> String {
        match self {
            Reached::At(at) => at.to_string(),
            Reached::On(day) => day.to_string(),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Reached> {
        text.parse().map(Reached::At).ok().or_else(|| text.parse().map(Reached::On).ok())
    }

    fn of(value: Value) -> Option<Reached> {
        match value {
            Value::Datetime(at) => Some(Reached::At(at)),
            Value::Date(day) => Some(Reached::On(day)),
            _ => None,
        }
    }

    /// So far only that other was read; never where one is a day and the other an instant.
    fn is_before(self, other: Reached) -> bool {
        match (self, other) {
            (Reached::At(one), Reached::At(other)) => one < other,
            (Reached::On(one), Reached::On(other)) => one < other,
            _ => false,
        }
    }

    /// The times of an hour that comes twice do not say which of the two they are: it is read from before it began.
    pub(super) fn before_an_hour_twice(self, zone: &TimeZone) -> Reached {
        let Reached::At(at) = self else { return self };
        let civil = at.to_zoned_datetime(zone.clone()).datetime();
        let AmbiguousOffset::Fold { before, after } = zone.to_ambiguous_timestamp(civil).offset() else { return self };
        let length = before.duration_since(after);
        let first = before.to_timestamp(civil).unwrap_or(at);
        Reached::At(first.checked_sub(length).unwrap_or(first))
    }

    pub(super) fn as_timestamp(self, cx: &Context) -> Timestamp {
        match self {
            Reached::At(at) => at,
            Reached::On(day) => {
                day.to_zoned_datetime(cx.world.zone.clone()).map_or(Timestamp::MIN, |at| at.timestamp())
            }
        }
    }
}

/// A row of the source, with what the ledger needs to know of it.
pub(super) struct Seen {
    pub(super) incoming: Incoming,
    pub(super) reached: Option<Reached>,
}

/// What is asked of the source: fields that must be one of these, and the filters that ask for it.
#[derive(Default)]
pub(super) struct Asked(Vec<(Wanted, Option<usize>)>);

/// What the flow asks for; none where a value that it needs is not set.
pub(super) fn asked(cx: &Context) -> Result<Option<Asked>, Halt> {
    let program = cx.program();
    let spot = spot(cx);
    let mut asked = Vec::new();
    for by in &program.source.by {
        let By::Field { field, compared, value, many, filter } = by else { continue };
        let plain = settings_plains(cx, value, *compared, *many, &spot)?;
        if plain.is_empty() {
            return Ok(None);
        }
        asked.push((Wanted { field: field.clone(), compared: *compared, plain, filter: *filter }, *filter));
    }
    Ok(Some(Asked(asked)))
}

/// Where in the flow the source is read.
pub(super) fn spot(cx: &Context) -> Spot {
    let source = &cx.program().source;
    Spot { step: format!("from {}", source.name).into(), span: source.span }
}

/// Reads the source from there on; hands over each page of what is asked for, a record that comes again unchanged once.
pub(super) async fn walk(
    cx: &Context,
    since: Option<Reached>,
    mut each: impl AsyncFnMut(Vec<Seen>) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let program = cx.program().clone();
    let source = &program.source;
    let spot = spot(cx);
    let Some(asked) = asked(cx)? else { return Ok(()) };
    let needed = slots_of(&source_used(&program), &source.at.resource.shape);
    // Who came before, and with what content, in eight bytes each.
    let mut seen: HashMap<u64, u64> = HashMap::new();
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
            let mut page = Vec::new();
            for row in rows {
                order += 1;
                let Some(row) = seen_row(cx, row.bytes(), &asked, order) else { continue };
                if since.zip(row.reached).is_some_and(|(from, at)| at.is_before(from)) {
                    continue;
                }
                let content = short(&row.incoming.content.to_string());
                if seen.insert(short(&row.incoming.key), content) != Some(content) {
                    page.push(row);
                }
            }
            each(page).await?;
        }
    }
    Ok(())
}

/// What became of a record that is read anew.
pub(super) enum Anew {
    /// It is this now.
    Is(Seen),
    /// It is there, and not among those that the flow asks for.
    NotAsked,
    /// It is not there.
    Gone,
    /// The source cannot be asked for one.
    Unknown,
}

/// Reads one record of the ledger at the source, as it is now.
pub(super) async fn anew(cx: &Context, record: &Record) -> Result<Anew, Halt> {
    let source = &cx.program().source;
    let resource = &source.at.resource;
    let Some(get) = &resource.get else { return Ok(Anew::Unknown) };
    let mut arena = Arena::new(cx.world.zone.clone());
    let text = String::from_utf8_lossy(&record.source);
    let Ok(known) = cx.reader(&source.at).read(&text, &mut arena) else { return Ok(Anew::Unknown) };
    let mut holes: Vec<(&str, String)> = Vec::new();
    for part in &get.path {
        let PathPart::Field(name) = part else { continue };
        let slot = resource.shape.kind.position(name).and_then(|slot| u32::try_from(slot).ok());
        let plain = slot.and_then(|slot| compute::plain(compute::slot(known, &[slot], &arena), Compared::Text, &arena));
        let Some(plain) = plain else { return Ok(Anew::Unknown) };
        holes.push((name, plain.text.into()));
    }
    let holes: Vec<(&str, &str)> = holes.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let spot = spot(cx);
    let system = cx.system(&source.at);
    let witness = Witness { key: Some(&record.summary.key), ..Witness::shared(cx, &source.at, Some(&spot.step)) };
    let Some(row) = retrying(&witness, system, &spot, || system.get(Call::of(&witness), resource, &holes)).await?
    else {
        return Ok(Anew::Gone);
    };
    let Some(asked) = asked(cx)? else { return Ok(Anew::NotAsked) };
    Ok(match seen_row(cx, row.bytes(), &asked, record.mark.order) {
        Some(seen) if seen.incoming.key == record.summary.key => Anew::Is(seen),
        // Another record has taken its place.
        Some(_) => Anew::Gone,
        None => Anew::NotAsked,
    })
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

/// Where the walk begins: what a person asked for, else the cursor and a little before it, else the flow's own beginning.
pub(super) async fn since(cx: &Context) -> Result<Option<Reached>, Halt> {
    let Some(cursor) = &cx.program().source.cursor else { return Ok(None) };
    if let Some(since) = cx.options.since {
        return Ok(Some(wished(cx, cursor, since)));
    }
    if let Some(reached) = cx.world.ledger.cursor(&cx.scope).await?.and_then(|text| Reached::parse(&text)) {
        let back = Reached::At(reached.as_timestamp(cx) - cursor.overlap);
        return Ok(Some(match (reached, back) {
            (Reached::On(_), Reached::At(at)) => Reached::On(at.to_zoned_datetime(cx.world.zone.clone()).date()),
            (_, back) => back,
        }));
    }
    beginning(cx)
}

/// Where a person wants to begin.
fn wished(cx: &Context, cursor: &Cursor, since: Timestamp) -> Reached {
    let day = since.to_zoned_datetime(cx.world.zone.clone()).date();
    if cursor.is_date { Reached::On(day) } else { Reached::At(since) }
}

/// The whole that a person asks about: from the day they name, else from where the flow itself begins.
pub(super) fn whole(cx: &Context) -> Result<Option<Reached>, Halt> {
    match (&cx.program().source.cursor, cx.options.since) {
        (Some(cursor), Some(since)) => Ok(Some(wished(cx, cursor, since))),
        _ => beginning(cx),
    }
}

/// Where the flow itself begins.
fn beginning(cx: &Context) -> Result<Option<Reached>, Halt> {
    let Some(cursor) = &cx.program().source.cursor else { return Ok(None) };
    let spot = &spot(cx);
    let Some(from) = &cursor.from else { return Ok(None) };
    let (value, _) = settings_value(cx, from, spot)?;
    Ok(match (Reached::of(value), cursor.is_date) {
        (Some(Reached::On(day)), false) => Some(Reached::At(Reached::On(day).as_timestamp(cx))),
        (Some(Reached::At(at)), true) => Some(Reached::On(at.to_zoned_datetime(cx.world.zone.clone()).date())),
        (reached, _) => reached,
    })
}

/// One query for each combination of values that the source can be asked for.
fn queries(asked: &Asked, since: Option<&Reached>, cursor: Option<&Cursor>) -> Vec<ListQuery> {
    let begin = since.zip(cursor.and_then(|cursor| cursor.since)).map(|(reached, parameter)| {
        let begin = match reached {
            Reached::At(at) => Begin::At(*at),
            Reached::On(day) => Begin::On(*day),
        };
        (parameter, begin)
    });
    let mut all = vec![ListQuery { filters: Vec::new(), since: begin }];
    for (wanted, filter) in &asked.0 {
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
pub(super) fn seen_row(cx: &Context, row: &Bytes, asked: &Asked, order: u64) -> Option<Seen> {
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
    for (wanted, _) in &asked.0 {
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
