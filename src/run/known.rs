//! What is known of a resource without asking again: which texts its fields hold, in a few bytes each, and the rows that
//! were seen a moment ago.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;

use crate::check::At;
use crate::connect::Row;
use crate::eval::Compared;
use crate::run::brief::lacks_any;
use crate::run::compute;
use crate::run::context::Context;
use crate::run::desk::{Ask, Told};
use crate::run::lookup::{Wanted, fits};
use crate::value::Arena;

/// So many bytes of rows are kept of a resource.
const BYTES: usize = 4 << 20;
/// By so many of the newest things a list is recognised that was read before.
pub(super) const NEWEST: usize = 2_000;

/// What is known of a resource.
#[derive(Default)]
pub(super) struct Known {
    /// When the last walk began that left nothing out.
    walked: Option<Timestamp>,
    /// When the last walk over all of it began, and how many pages that had.
    whole: Option<(Timestamp, usize)>,
    /// Every text in every field by which things are looked for.
    texts: HashSet<u64>,
    /// Those of them that may stand in rows which were not kept: made or changed by us.
    unseen: HashSet<u64>,
    /// The rows of the last whole walk are all kept.
    complete: bool,
    /// So far those of the walk under way are.
    keeps_all: bool,
    /// The newest things that walks showed.
    newest: VecDeque<u64>,
    newest_set: HashSet<u64>,
    rows: HashMap<String, Kept>,
    /// The ids of the kept rows that hold a text.
    by_text: HashMap<u64, Vec<String>>,
    /// The ids of kept rows in the order in which they were seen; what was seen again has an older number here.
    order: VecDeque<(String, u64)>,
    count: u64,
    bytes: usize,
}

struct Kept {
    row: Row,
    at: Timestamp,
    texts: Vec<u64>,
    number: u64,
}

/// A row that a walk shows.
pub(super) struct Shown {
    pub(super) id: String,
    /// Its texts in the fields by which things are looked for, in their order.
    pub(super) texts: Vec<Option<u64>>,
    pub(super) row: Row,
}

impl Known {
    /// The answer, where it is known and young enough to be trusted.
    pub(super) fn told(&self, cx: &Context, at: &At, ask: &Ask) -> Option<Told> {
        let now = cx.world.clock.now();
        match ask {
            Ask::Get { id, slots, .. } => {
                let kept = self.rows.get(id).filter(|kept| is_young(cx, at, kept.at, now))?;
                (!lacks_any(cx, at, id, &kept.row, slots)).then(|| Told { rows: vec![kept.row.clone()], at: kept.at })
            }
            Ask::Find(wanted) => {
                let walked = self.walked.filter(|walked| is_young(cx, at, *walked, now))?;
                let texts = hashes(wanted.first()?);
                if !texts.iter().any(|text| self.texts.contains(text)) {
                    return Some(Told { rows: Vec::new(), at: walked });
                }
                let (whole, _) = self.whole.filter(|(whole, _)| is_young(cx, at, *whole, now))?;
                if !self.complete || texts.iter().any(|text| self.unseen.contains(text)) {
                    return None;
                }
                let ids: BTreeSet<&String> = texts.iter().filter_map(|text| self.by_text.get(text)).flatten().collect();
                let rows = ids.into_iter().filter_map(|id| self.rows.get(id)).map(|kept| &kept.row);
                let rows = rows.filter(|row| fits(cx, at, row, wanted)).cloned().collect();
                Some(Told { rows, at: whole })
            }
        }
    }

    /// Whether what the walks showed may still be trusted; none where there was no walk.
    pub(super) fn is_young(&self, cx: &Context, at: &At) -> Option<bool> {
        self.walked.map(|walked| is_young(cx, at, walked, cx.world.clock.now()))
    }

    /// How many pages a whole walk takes, where there was one.
    pub(super) fn pages(&self) -> Option<usize> {
        self.whole.map(|(_, pages)| pages)
    }

    /// One of the texts stands in that field somewhere; if none, none did when the last walk began.
    pub(super) fn holds(&self, wanted: &Wanted) -> bool {
        hashes(wanted).iter().any(|text| self.texts.contains(text))
    }

    /// A thing of these fields is there now, made or changed by us.
    pub(super) fn made(&mut self, wanted: &[Wanted]) {
        for text in wanted.iter().flat_map(hashes) {
            self.texts.insert(text);
            self.unseen.insert(text);
        }
    }

    /// The thing changed, or will: its row is not what it was.
    pub(super) fn changed(&mut self, id: &str) {
        if let Some(kept) = self.drop_row(id) {
            self.unseen.extend(kept.texts);
        }
    }

    /// A walk that began then showed a row; answers whether one before had shown it.
    pub(super) fn saw(&mut self, shown: &Shown, began: Timestamp) -> bool {
        let texts: Vec<u64> = shown.texts.iter().copied().flatten().collect();
        self.texts.extend(&texts);
        self.drop_row(&shown.id);
        self.bytes += shown.row.bytes().len();
        for text in &texts {
            self.by_text.entry(*text).or_default().push(shown.id.clone());
        }
        self.count += 1;
        let number = self.count;
        self.rows.insert(shown.id.clone(), Kept { row: shown.row.clone(), at: began, texts, number });
        self.order.push_back((shown.id.clone(), number));
        while self.bytes > BYTES || self.order.len() > 2 * self.rows.len() + 64 {
            let Some((oldest, number)) = self.order.pop_front() else { break };
            match self.rows.get(&oldest) {
                Some(kept) if kept.number != number => {}
                Some(_) if self.bytes > BYTES => {
                    self.drop_row(&oldest);
                    (self.complete, self.keeps_all) = (false, false);
                }
                Some(_) => self.order.push_back((oldest, number)),
                None => {}
            }
        }
        self.newest_set.contains(&short(&shown.id))
    }

    fn drop_row(&mut self, id: &str) -> Option<Kept> {
        let kept = self.rows.remove(id)?;
        self.bytes -= kept.row.bytes().len();
        for text in &kept.texts {
            if let Some(ids) = self.by_text.get_mut(text) {
                ids.retain(|one| one != id);
                if ids.is_empty() {
                    self.by_text.remove(text);
                }
            }
        }
        Some(kept)
    }

    /// A whole walk begins.
    pub(super) fn begin_whole(&mut self) {
        self.unseen.clear();
        (self.complete, self.keeps_all) = (false, true);
    }

    /// A walk that began then has left nothing out; a whole one had so many pages. These things it showed, newest first.
    pub(super) fn walked(&mut self, began: Timestamp, pages: Option<usize>, ids: &[u64]) {
        self.walked = Some(began);
        if let Some(pages) = pages {
            self.whole = Some((began, pages));
            self.complete = self.keeps_all;
        }
        self.remember_newest(ids);
    }

    /// These things are the newest, the very newest first.
    fn remember_newest(&mut self, ids: &[u64]) {
        for id in ids.iter().take(NEWEST).rev() {
            if self.newest_set.insert(*id) {
                self.newest.push_front(*id);
            }
        }
        while self.newest.len() > NEWEST {
            if let Some(gone) = self.newest.pop_back() {
                self.newest_set.remove(&gone);
            }
        }
    }
}

/// How long a look is trusted: as long as a write may take to leave after it was reserved. So nothing leaves later than
/// twice that after the target was asked.
pub(super) fn bound(cx: &Context, at: &At) -> Duration {
    cx.system(at).connection().window
}

/// It was asked no longer ago than half of the bound: the other half is left for the way to the write.
pub(super) fn is_young(cx: &Context, at: &At, then: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(then);
    age.is_negative() || Duration::try_from(age).is_ok_and(|age| age <= bound(cx, at) / 2)
}

/// The wanted texts of a field, each in eight bytes.
pub(super) fn hashes(wanted: &Wanted) -> Vec<u64> {
    wanted.plain.iter().map(|plain| of_field(wanted, &plain.text)).collect()
}

fn of_field(wanted: &Wanted, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&*wanted.field.dotted, wanted.compared == Compared::NoCase, text).hash(&mut hasher);
    hasher.finish()
}

/// A text in eight bytes.
pub(super) fn short(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// What a walk shows of a row: none where it is not there for the connector, or has no id.
pub(super) fn shown(cx: &Context, at: &At, row: Row, fields: &[Wanted], arena: &mut Arena) -> Option<Shown> {
    let record = cx.reader(at).read(row.text(), arena).ok()?;
    if !compute::is_there(&at.resource, record, arena) {
        return None;
    }
    let id = compute::plain(compute::slot(record, &[at.resource.shape.id? as u32], arena), Compared::Text, arena)?;
    let text = |field: &Wanted| compute::plain(compute::slot(record, &field.field.slots, arena), field.compared, arena);
    let texts = fields.iter().map(|field| text(field).map(|plain| of_field(field, &plain.text))).collect();
    Some(Shown { id: id.text.into(), texts, row })
}
