//! Finding things in a system: the cheapest question the connector allows is asked, and every hit is compared exactly
//! on our side.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::check::{At, FieldPath};
use crate::connect::{Call, Fault, ListQuery, Resource, Row, System, TurnedList};
use crate::eval::Compared;
use crate::ledger::Status;
use crate::report::codes;
use crate::run::brief::completed;
use crate::run::compute::{self, Plain};
use crate::run::context::{Context, Witness};
use crate::run::desk::PAGE;
use crate::run::halt::{End, Halt};
use crate::run::record::resource_name;
use crate::run::retry::{Spot, retrying};
use crate::value::{Arena, Bad, Value};

/// From so many look-ups on, one listing of the resource is cheaper than a search each.
const SEARCHES: usize = 10;

/// A field that must be one of these texts.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) field: FieldPath,
    pub(super) compared: Compared,
    pub(super) plain: Vec<Plain>,
    /// The filter of the resource's list that asks for it.
    pub(super) filter: Option<usize>,
}

/// Whole lists of resources, each read once per run.
#[derive(Default)]
pub(super) struct Listings {
    all: Mutex<HashMap<String, Arc<OnceCell<Listing>>>>,
    /// How many look-ups are to be expected in this run.
    expected: std::sync::atomic::AtomicUsize,
}

/// Which rows hold which text.
type Index = HashMap<Plain, Vec<usize>>;

/// A whole list.
pub(super) struct Listing {
    rows: Vec<Row>,
    /// By field: which rows hold which text.
    by_field: Mutex<HashMap<Arc<str>, Arc<Index>>>,
}

impl Listings {
    /// Tells how many records are about to be worked on.
    pub(super) fn expect(&self, records: usize) {
        self.expected.store(records, std::sync::atomic::Ordering::Relaxed);
    }

    fn cell(&self, place: &str) -> Arc<OnceCell<Listing>> {
        self.all.lock().expect("no holder of it panics").entry(place.to_string()).or_default().clone()
    }

    /// One listing costs less than so many look-ups, and those that are still expected.
    pub(super) fn pays(&self, look_ups: usize) -> bool {
        look_ups > SEARCHES || self.expected.load(std::sync::atomic::Ordering::Relaxed) > SEARCHES
    }
}

impl Listing {
    /// The rows whose fields are all among the wanted.
    fn matching(&self, cx: &Context, at: &At, wanted: &[Wanted]) -> Vec<Row> {
        let Some((first, rest)) = wanted.split_first() else { return self.rows.clone() };
        let index = self.index(cx, at, first);
        let hits: Vec<&Row> =
            first.plain.iter().filter_map(|plain| index.get(plain)).flatten().map(|row| &self.rows[*row]).collect();
        if rest.is_empty() {
            return hits.into_iter().cloned().collect();
        }
        hits.into_iter().filter(|row| fits(cx, at, row, rest)).cloned().collect()
    }

    fn index(&self, cx: &Context, at: &At, wanted: &Wanted) -> Arc<Index> {
        let name: Arc<str> = format!("{} {:?}", wanted.field.dotted, wanted.compared).into();
        if let Some(index) = self.by_field.lock().expect("no holder of it panics").get(&name) {
            return index.clone();
        }
        let mut index = Index::new();
        let mut arena = Arena::new(cx.world.zone.clone());
        let start = arena.mark();
        for (number, row) in self.rows.iter().enumerate() {
            arena.reset(start);
            if let Ok(record) = cx.reader(at).read(row.text(), &mut arena)
                && let Some(plain) = compute::plain_at(record, wanted, &at.resource.shape, &mut arena)
            {
                index.entry(plain).or_default().push(number);
            }
        }
        let index = Arc::new(index);
        self.by_field.lock().expect("no holder of it panics").insert(name, index.clone());
        index
    }
}

/// The things of a resource that are exactly as wanted. A search whose empty answer proves nothing is followed by the
/// whole list, once per run.
pub(super) async fn find(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    wanted: &[Wanted],
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    if wanted.iter().any(|field| field.plain.is_empty()) {
        return Ok(Vec::new());
    }
    let resource = &at.resource;
    let fields: Vec<u32> = wanted.iter().filter_map(|field| field.field.slots.first().copied()).collect();
    // A list whose rows lack fields is read for the fields that are compared.
    let place = if resource.is_brief() { format!("{} {fields:?}", cx.place(at)) } else { cx.place(at) };
    let cell = cx.listings.cell(&place);
    if let Some(listing) = cell.get() {
        return Ok(listing.matching(cx, at, wanted));
    }
    let look_ups = wanted.iter().map(|field| field.plain.len()).max().unwrap_or(0);
    let search = searchable(resource, wanted);
    let listing_pays = resource.list.is_some() && cx.listings.pays(look_ups);
    if let Some((search, by)) = search
        && (resource.searches[search].sure || !listing_pays)
    {
        let hits = searched(cx, witness, at, search, &wanted[by], spot).await?;
        let hits = fitting(cx, witness, at, hits, wanted, spot).await?;
        if !hits.is_empty() || resource.searches[search].sure || resource.list.is_none() {
            return Ok(hits);
        }
    } else if search.is_none()
        && let Some(by) = wanted.iter().find(|field| field.filter.is_some())
    {
        let filter = by.filter.expect("it was looked for");
        let mut rows = Vec::new();
        for plain in &by.plain {
            let query = ListQuery { filters: vec![(filter, plain.text.to_string())], since: None };
            rows.extend(listed(cx, witness, at, &query, spot).await?);
        }
        return fitting(cx, witness, at, distinct(cx, at, rows), wanted, spot).await;
    }
    if resource.list.is_none() {
        return Ok(Vec::new());
    }
    let listing = cell.get_or_try_init(|| whole(cx, at, &fields, spot)).await?;
    Ok(listing.matching(cx, at, wanted))
}

/// The search to use, and which wanted field it looks for.
pub(super) fn searchable(resource: &Resource, wanted: &[Wanted]) -> Option<(usize, usize)> {
    resource.searches.iter().enumerate().find_map(|(number, search)| {
        let by = wanted.iter().position(|field| {
            (search.on.is_empty() || search.on.contains(&field.field.dotted))
                && field.plain.iter().all(|plain| plain.text.chars().count() >= search.min)
        })?;
        Some((number, by))
    })
}

pub(super) async fn searched(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    search: usize,
    wanted: &Wanted,
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    let system = cx.system(at);
    let mut rows = Vec::new();
    for plain in &wanted.plain {
        let pages = system.search(&at.resource, search, &plain.text);
        rows.extend(all_pages(cx, witness, system, pages, spot).await?);
    }
    Ok(distinct(cx, at, rows))
}

/// All records that a list query gives.
pub(super) async fn listed(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    query: &ListQuery,
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    let system = cx.system(at);
    all_pages(cx, witness, system, system.list(&at.resource, query), spot).await
}

async fn whole(cx: &Context, at: &At, fields: &[u32], spot: &Spot) -> Result<Listing, Halt> {
    let witness = Witness::shared(cx, at, Some(&spot.step));
    let rows = distinct(cx, at, listed(cx, &witness, at, &ListQuery::default(), spot).await?);
    cx.needed(rows.len().div_ceil(PAGE).max(1));
    let rows = completed(cx, &witness, at, rows, fields, spot)
        .await?
        .into_iter()
        .filter(|row| fits(cx, at, row, &[]))
        .collect();
    Ok(Listing { rows, by_field: Mutex::default() })
}

async fn all_pages(
    cx: &Context,
    witness: &Witness<'_>,
    system: &System,
    pages: Result<TurnedList, Fault>,
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    let mut pages = match pages {
        Ok(pages) => pages,
        Err(fault) => return Err(crate::run::retry::refused(cx, system, &fault, spot)),
    };
    let mut rows = Vec::new();
    while let Some(page) = next_page(cx, witness, system, &mut pages, spot).await? {
        rows.extend(page);
    }
    Ok(rows)
}

pub(super) async fn next_page(
    cx: &Context,
    witness: &Witness<'_>,
    system: &System,
    pages: &mut TurnedList,
    spot: &Spot,
) -> Result<Option<Vec<Row>>, Halt> {
    let mut patience = crate::run::retry::Patience::new(cx);
    loop {
        cx.pass()?;
        let asked = {
            let _sending = witness.sending();
            pages.next_page(Call::of(witness)).await
        };
        match asked {
            Ok(page) => {
                // A list may have thousands of pages: none is kept in memory until the record it is read for ends.
                cx.flush().await?;
                return Ok(page.map(|page| page.rows));
            }
            Err(fault) => patience.wait(cx, system, &fault, spot).await?,
        }
    }
}

/// One thing by its id, or none when it is not there.
pub(super) async fn get(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    id: &str,
    spot: &Spot,
) -> Result<Option<Row>, Halt> {
    let system = cx.system(at);
    let resource = &at.resource;
    if resource.get.is_none() {
        let Some(id_slot) = resource.shape.id else { return Ok(None) };
        let field = FieldPath { dotted: resource.shape.fields[id_slot].name.clone(), slots: vec![id_slot as u32] };
        let plain = vec![Plain { text: id.into() }];
        let wanted = Wanted { field, compared: Compared::Text, plain, filter: None };
        return Ok(Box::pin(find(cx, witness, at, &[wanted], spot)).await?.into_iter().next());
    }
    let name = id_name(resource);
    let fields = [(&*name, id)];
    let row = retrying(witness, system, spot, || system.get(Call::of(witness), resource, &fields)).await?;
    Ok(row.filter(|row| fits(cx, at, row, &[])))
}

/// The name of the id in the holes of a path.
pub(super) fn id_name(resource: &Resource) -> Arc<str> {
    resource.shape.id.map_or_else(|| "id".into(), |id| resource.shape.fields[id].name.clone())
}

/// What a lost write may have made: a fresh search, then the list from the newest back to the reservation.
pub(super) async fn look_again(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    wanted: &[Wanted],
    reserved: Timestamp,
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    let system = cx.system(at);
    if let Some((search, by)) = searchable(&at.resource, wanted) {
        let hits = searched(cx, witness, at, search, &wanted[by], spot).await?;
        let hits = fitting(cx, witness, at, hits, wanted, spot).await?;
        if !hits.is_empty() || at.resource.searches[search].sure {
            return Ok(hits);
        }
    }
    let Some(list) = &at.resource.list else { return Ok(Vec::new()) };
    let mut pages = match system.list(&at.resource, &ListQuery::default()) {
        Ok(pages) => pages,
        Err(fault) => return Err(crate::run::retry::refused(cx, system, &fault, spot)),
    };
    let mut hits = Vec::new();
    // Clocks differ: go back a little beyond the reservation.
    let back_to = reserved - system.connection().window;
    while let Some(rows) = next_page(cx, witness, system, &mut pages, spot).await? {
        let older = list.newest.as_ref().is_some_and(|field| {
            rows.last().is_some_and(|row| compute::instant_in(cx, at, row, field).is_some_and(|made| made < back_to))
        });
        hits.extend(fitting(cx, witness, at, rows, wanted, spot).await?);
        if older {
            break;
        }
    }
    Ok(distinct(cx, at, hits))
}

/// The rows that are as wanted. One of them in which a wanted field cannot be read may be the one: that a person must say.
pub(super) async fn fitting(
    cx: &Context,
    witness: &Witness<'_>,
    at: &At,
    rows: Vec<Row>,
    wanted: &[Wanted],
    spot: &Spot,
) -> Result<Vec<Row>, Halt> {
    let fields: Vec<u32> = wanted.iter().filter_map(|field| field.field.slots.first().copied()).collect();
    let rows = completed(cx, witness, at, rows, &fields, spot).await?;
    if let Some(bad) = rows.iter().find_map(|row| unreadable(cx, at, row, wanted)) {
        let reason = format!(
            "what {} answered cannot be compared: `{}` is to be {}, but is {}",
            resource_name(at, cx),
            bad.path,
            bad.expected,
            bad.found
        );
        let mut end = End::new(Status::Held, codes::run::UNREADABLE_ANSWER, &spot.step, spot.span, reason);
        (end.field, end.found, end.expected) = (bad.path, bad.found, bad.expected.to_string());
        return Err(end.into());
    }
    Ok(rows.into_iter().filter(|row| fits(cx, at, row, wanted)).collect())
}

/// The wanted field that cannot be read in a row whose others fit.
fn unreadable(cx: &Context, at: &At, row: &Row, wanted: &[Wanted]) -> Option<Bad> {
    let mut arena = Arena::new(cx.world.zone.clone());
    let record = cx.reader(at).read(row.text(), &mut arena).ok()?;
    let mut bad = None;
    for field in wanted.iter().filter(|field| !field.field.slots.is_empty()) {
        match compute::slot(record, &field.field.slots, &arena) {
            Value::Bad(number) => bad = Some(number),
            value => {
                let plain = compute::plain(value, field.compared, &arena)?;
                field.plain.contains(&plain).then_some(())?;
            }
        }
    }
    bad.map(|number| arena.bad(number).clone())
}

/// The record is there for the connector, and its fields are among the wanted.
pub(super) fn fits(cx: &Context, at: &At, row: &Row, wanted: &[Wanted]) -> bool {
    let mut arena = Arena::new(cx.world.zone.clone());
    let Ok(record) = cx.reader(at).read(row.text(), &mut arena) else { return false };
    compute::is_there(&at.resource, record, &mut arena)
        && wanted.iter().filter(|field| !field.field.slots.is_empty()).all(|field| {
            compute::plain_at(record, field, &at.resource.shape, &mut arena)
                .is_some_and(|plain| field.plain.contains(&plain))
        })
}

/// The rows without those whose id came before.
fn distinct(cx: &Context, at: &At, rows: Vec<Row>) -> Vec<Row> {
    let mut seen = HashSet::new();
    rows.into_iter().filter(|row| compute::id_of(cx, at, row).is_none_or(|id| seen.insert(id))).collect()
}
