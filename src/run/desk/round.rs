//! Questions about one resource that came at the same time go in; each is answered at the least cost: from what is known,
//! by a search or a request each, or by one walk over the list for all of them.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::check::At;
use crate::connect::{ListQuery, Row};
use crate::run::brief::lacks_any;
use crate::run::context::{Context, Witness};
use crate::run::desk::{Ask, Question, Told};
use crate::run::halt::Halt;
use crate::run::known::{self, Shown, short};
use crate::run::lookup::{self, Wanted, fits};
use crate::run::retry::{Spot, refused};
use crate::value::Arena;

/// How many rows a page is thought to have.
pub(in crate::run) const PAGE: usize = 100;
/// Fewer things than this are read one by one: then each record tells what was answered for it.
const FEW: usize = 4;
/// So many things in a row that were seen before: all older ones were, too.
const OVERLAP: usize = 20;

/// Questions about one resource.
pub(super) struct Round<'c> {
    cx: &'c Context,
    at: At,
    place: String,
    spot: Spot,
    open: Vec<Question>,
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// To the end, unless it takes more pages than this.
    Whole(usize),
    /// From the newest back to what was seen before.
    Back,
    /// From the newest until all that is asked for was found, or so many pages.
    Found(usize),
}

/// What a walk found, by the number of the question, and whether it left nothing out.
struct Walked {
    rows: Vec<Vec<Row>>,
    began: Timestamp,
    whole: bool,
    /// It went back to what an earlier walk had shown.
    reached: bool,
}

impl<'c> Round<'c> {
    /// Questions, at least one, all about one resource.
    pub(super) fn new(cx: &'c Context, open: Vec<Question>) -> Round<'c> {
        let first = open.first().expect("a round is made of questions");
        let (at, place, spot) = (first.at.clone(), first.place.clone(), first.spot.clone());
        Round { cx, at, place, spot, open }
    }

    /// Answers them all.
    pub(super) async fn run(mut self) {
        loop {
            self.tell_known();
            if self.open.is_empty() {
                return;
            }
            if let Some(searched) = self.worth_searching() {
                self.search(searched).await;
                continue;
            }
            let Some(extent) = self.worth_walking() else { break };
            if let Err(halt) = self.walk_for_all(extent).await {
                return Question::tell_all(self.open, &halt);
            }
        }
        // What no walk is worth is asked one by one.
        let (cx, open) = (self.cx, self.open);
        join_all(open.into_iter().map(|question| async move {
            let told = direct(cx, &question).await;
            question.tell(told);
        }))
        .await;
    }

    /// What another round or what was just done has made known.
    fn tell_known(&mut self) {
        let (cx, at) = (self.cx, self.at.clone());
        self.take_where(|question| cx.desk.known(&question.place, |known| known.told(cx, &at, &question.ask)));
    }

    /// Answers those for which there is an answer.
    fn take_where(&mut self, answer: impl Fn(&Question) -> Option<Told>) {
        for question in std::mem::take(&mut self.open) {
            match answer(&question) {
                Some(told) => question.tell(Ok(told)),
                None => self.open.push(question),
            }
        }
    }

    fn finds(&self) -> usize {
        self.open.iter().filter(|question| matches!(question.ask, Ask::Find(_))).count()
    }

    /// The questions that are searched for rather than looked for in the list.
    fn worth_searching(&self) -> Option<Vec<usize>> {
        let resource = &self.at.resource;
        if resource.is_brief() {
            return None;
        }
        let (cx, at) = (self.cx, &self.at);
        let (young, pages) = cx.desk.known(&self.place, |known| (known.is_young(cx, at), known.pages()));
        let newest = resource.list.as_ref().is_some_and(|list| list.newest.is_some());
        let finds = self.finds();
        let cheaper = match young {
            None => !cx.listings.pays(finds),
            Some(_) => pages.is_none_or(|pages| finds <= pages),
        };
        // The list is read from the newest back to what is known: what is not known by then is not there.
        let by_walk = |wanted: &[Wanted]| young == Some(false) && newest && !self.may_be_there(wanted);
        let by_search = |question: &Question| match &question.ask {
            Ask::Find(wanted) if by_walk(wanted) => false,
            Ask::Find(wanted) => lookup::searchable(resource, wanted)
                .is_some_and(|(search, _)| cheaper || resource.searches[search].sure || resource.list.is_none()),
            Ask::Get { .. } => false,
        };
        let some: Vec<usize> = (0..self.open.len())
            .filter(|number| !self.open[*number].searched && by_search(&self.open[*number]))
            .collect();
        (!some.is_empty()).then_some(some)
    }

    /// Searches for each; what is not found stays open, unless that proves that it is not there.
    async fn search(&mut self, numbers: Vec<usize>) {
        let (cx, at) = (self.cx, self.at.clone());
        let found = join_all(numbers.iter().map(|number| {
            let question = &self.open[*number];
            let at = &at;
            async move {
                let Ask::Find(wanted) = &question.ask else { return Ok(Vec::new()) };
                let witness = witness(cx, question);
                let (search, by) = lookup::searchable(&at.resource, wanted).expect("only such are searched for");
                let rows = lookup::searched(cx, &witness, at, search, &wanted[by], &question.spot).await?;
                lookup::fitting(cx, &witness, at, rows, wanted, &question.spot).await
            }
        }))
        .await;
        let now = cx.world.clock.now();
        let mut found: HashMap<usize, Result<Vec<Row>, Halt>> = numbers.into_iter().zip(found).collect();
        for (number, mut question) in std::mem::take(&mut self.open).into_iter().enumerate() {
            match found.remove(&number) {
                None => self.open.push(question),
                Some(Err(halt)) => question.tell(Err(halt)),
                Some(Ok(rows)) if !rows.is_empty() || self.proves_absence(&question) => {
                    question.tell(Ok(Told { rows, at: now }));
                }
                Some(Ok(_)) => {
                    question.searched = true;
                    self.open.push(question);
                }
            }
        }
    }

    /// An empty search says that there is none: the connector says so, or all was read in this run and it was not there.
    fn proves_absence(&self, question: &Question) -> bool {
        let Ask::Find(wanted) = &question.ask else { return false };
        let resource = &self.at.resource;
        let sure = lookup::searchable(resource, wanted).is_some_and(|(search, _)| resource.searches[search].sure);
        let (cx, at) = (self.cx, &self.at);
        let read = cx.desk.known(&self.place, |known| {
            known.is_young(cx, at).is_some() && wanted.first().is_some_and(|first| !known.holds(first))
        });
        sure || resource.list.is_none() || read
    }

    /// Some thing that was seen before holds what the first of the fields must be.
    fn may_be_there(&self, wanted: &[Wanted]) -> bool {
        self.cx.desk.known(&self.place, |known| wanted.first().is_some_and(|first| known.holds(first)))
    }

    /// The walk that is worth more than a request each, or that must be.
    fn worth_walking(&self) -> Option<Extent> {
        let resource = &self.at.resource;
        let list = resource.list.as_ref().filter(|_| !resource.is_brief())?;
        let (cx, at) = (self.cx, &self.at);
        let (young, pages) = cx.desk.known(&self.place, |known| (known.is_young(cx, at), known.pages()));
        if self.finds() > 0 {
            let stuck = self.open.iter().any(|question| question.searched);
            return Some(match young {
                Some(false) if list.newest.is_some() && !stuck => Extent::Back,
                _ => Extent::Whole(usize::MAX),
            });
        }
        let gets = self.open.len();
        let made = |question: &Question| matches!(question.ask, Ask::Get { made: true, .. });
        match pages {
            _ if gets < FEW || resource.get.is_none() => None,
            _ if list.newest.is_some() && self.open.iter().all(made) => Some(Extent::Found(gets / PAGE + 2)),
            Some(pages) => (gets > pages).then_some(Extent::Whole(usize::MAX)),
            None => cx.listings.pays(gets).then_some(Extent::Whole(gets / 2)),
        }
    }

    /// Walks, and answers what that answers.
    async fn walk_for_all(&mut self, extent: Extent) -> Result<(), Halt> {
        let walked = self.walk(extent).await?;
        let (cx, at) = (self.cx, self.at.clone());
        let mut rest = Vec::new();
        for (mut question, rows) in std::mem::take(&mut self.open).into_iter().zip(walked.rows) {
            let told = Told { rows, at: walked.began };
            match &question.ask {
                Ask::Find(_) if !told.rows.is_empty() || walked.whole => question.tell(Ok(told)),
                Ask::Find(wanted) if walked.reached && !self.may_be_there(wanted) => question.tell(Ok(told)),
                Ask::Get { id, slots, .. }
                    if told.rows.first().is_some_and(|row| !lacks_any(cx, &at, id, row, slots)) =>
                {
                    question.tell(Ok(told));
                }
                // It is not in the list, or the list does not say enough of it.
                Ask::Get { .. } => rest.push(question),
                Ask::Find(wanted) => {
                    question.searched |= lookup::searchable(&at.resource, wanted).is_none();
                    self.open.push(question);
                }
            }
        }
        join_all(rest.into_iter().map(|question| async move {
            let told = direct(cx, &question).await;
            question.tell(told);
        }))
        .await;
        Ok(())
    }

    async fn walk(&self, extent: Extent) -> Result<Walked, Halt> {
        let (cx, at) = (self.cx, &self.at);
        let resource = &at.resource;
        let witness = match self.open.as_slice() {
            [one] => witness(cx, one),
            _ => Witness { shared: true, ..Witness::shared(cx, at, Some(&self.spot.step)) },
        };
        let fields = cx.sought(&self.place);
        let began = cx.world.clock.now();
        let system = cx.system(at);
        let mut pages =
            system.list(resource, &ListQuery::default()).map_err(|fault| refused(cx, system, &fault, &self.spot))?;
        let first = cx.desk.known(&self.place, |known| {
            if matches!(extent, Extent::Whole(_)) {
                known.begin_whole();
            }
            known.pages().is_none()
        });
        let mut sought = Sought::new(&self.open);
        let (mut count, mut overlap, mut newest) = (0, 0, Vec::new());
        let mut arena = Arena::new(cx.world.zone.clone());
        let start = arena.mark();
        let whole = loop {
            if matches!(extent, Extent::Whole(most) if count >= most) {
                break false;
            }
            let Some(rows) = lookup::next_page(cx, &witness, system, &mut pages, &self.spot).await? else { break true };
            count += 1;
            cx.desk.known(&self.place, |known| {
                for row in rows {
                    arena.reset(start);
                    let Some(shown) = known::shown(cx, at, row, fields, &mut arena) else { continue };
                    if newest.len() < known::NEWEST {
                        newest.push(short(&shown.id));
                    }
                    overlap = if known.saw(&shown, began) { overlap + 1 } else { 0 };
                    sought.take(cx, at, &shown, &self.open);
                }
            });
            let enough = match extent {
                Extent::Whole(_) => false,
                Extent::Back => overlap >= OVERLAP,
                Extent::Found(most) => sought.ids.is_empty() || overlap >= OVERLAP || count >= most,
            };
            if enough {
                break false;
            }
        };
        let reached = whole || overlap >= OVERLAP;
        cx.desk.known(&self.place, |known| match (whole, reached && known.is_young(cx, at).is_some()) {
            (true, _) => known.walked(began, Some(count), &newest),
            (false, true) => known.walked(began, None, &newest),
            // Between these and what was seen before there may be others.
            (false, false) => {}
        });
        if whole && first {
            cx.needed(count);
        }
        Ok(Walked { rows: sought.rows, began, whole, reached })
    }
}

/// What a walk looks for.
struct Sought {
    ids: HashMap<String, Vec<usize>>,
    rows: Vec<Vec<Row>>,
    seen: Vec<HashSet<String>>,
    finds: HashMap<u64, Vec<usize>>,
}

impl Sought {
    fn new(open: &[Question]) -> Sought {
        let mut sought = Sought {
            ids: HashMap::new(),
            rows: open.iter().map(|_| Vec::new()).collect(),
            seen: open.iter().map(|_| HashSet::new()).collect(),
            finds: HashMap::new(),
        };
        for (number, question) in open.iter().enumerate() {
            match &question.ask {
                Ask::Get { id, .. } => sought.ids.entry(id.clone()).or_default().push(number),
                Ask::Find(wanted) => {
                    for text in wanted.first().into_iter().flat_map(known::hashes) {
                        sought.finds.entry(text).or_default().push(number);
                    }
                }
            }
        }
        sought
    }

    fn take(&mut self, cx: &Context, at: &At, shown: &Shown, open: &[Question]) {
        for number in self.ids.remove(&shown.id).unwrap_or_default() {
            self.rows[number].push(shown.row.clone());
        }
        for text in shown.texts.iter().flatten() {
            for number in self.finds.get(text).into_iter().flatten() {
                let Ask::Find(wanted) = &open[*number].ask else { continue };
                if fits(cx, at, &shown.row, wanted) && self.seen[*number].insert(shown.id.clone()) {
                    self.rows[*number].push(shown.row.clone());
                }
            }
        }
    }
}

/// Asks for one alone.
async fn direct(cx: &Context, question: &Question) -> Result<Told, Halt> {
    let witness = witness(cx, question);
    let (at, spot) = (&question.at, &question.spot);
    let now = cx.world.clock.now();
    let rows = match &question.ask {
        Ask::Find(wanted) => lookup::find(cx, &witness, at, wanted, spot).await?,
        Ask::Get { id, .. } => lookup::get(cx, &witness, at, id, spot).await?.into_iter().collect(),
    };
    Ok(Told { rows, at: now })
}

fn witness<'q>(cx: &'q Context, question: &'q Question) -> Witness<'q> {
    Witness { key: Some(&question.key), shared: true, ..Witness::shared(cx, &question.at, Some(&question.spot.step)) }
}
