//! What running records ask of a target at the same time is gathered, planned and asked together: questions go in, the
//! answer to each comes out.
//!
//! Questions are gathered until nobody who runs can go on without an answer but the few whose requests are on their way.
//! No time is measured for it: who asks alone is answered at once.

mod round;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard};

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};

use crate::check::At;
use crate::connect::Row;
use crate::run::Ended;
use crate::run::context::Context;
pub(super) use crate::run::desk::round::PAGE;
use crate::run::desk::round::Round;
use crate::run::halt::Halt;
use crate::run::known::Known;
use crate::run::lookup::Wanted;
use crate::run::retry::Spot;

/// Of so many records at once one may still be sending when the others are answered.
const SENDING: usize = 16;

/// Who asks, what is known, and who goes on meanwhile.
#[derive(Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    stir: Notify,
}

#[derive(Default)]
struct State {
    /// Records that are worked on.
    running: usize,
    /// Those of them that wait for an answer, for another record, or for time to pass.
    idle: usize,
    /// Those of them whose request is on its way.
    sending: usize,
    questions: Vec<Question>,
    known: HashMap<String, Known>,
}

/// What a record asks.
pub(super) struct Question {
    pub(super) at: At,
    pub(super) place: String,
    pub(super) ask: Ask,
    pub(super) spot: Spot,
    /// The record.
    pub(super) key: String,
    /// Its search was made already, and showed nothing.
    pub(super) searched: bool,
    answer: oneshot::Sender<Result<Told, Halt>>,
}

/// What is asked for.
#[derive(Clone)]
pub(super) enum Ask {
    /// All that are exactly so.
    Find(Vec<Wanted>),
    /// The one of that id, with these fields.
    Get {
        /// Its id.
        id: String,
        /// The fields that are read.
        slots: Vec<u32>,
        /// It was made a moment ago.
        made: bool,
    },
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) rows: Vec<Row>,
    /// As it was then, or later.
    pub(super) at: Timestamp,
}

/// Counts someone for as long as it is held.
pub(super) struct Counted<'d>(&'d Desk, fn(&mut State) -> &mut usize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        *(self.1)(&mut self.0.state()) -= 1;
        self.0.stir.notify_one();
    }
}

impl Desk {
    fn counted(&self, which: fn(&mut State) -> &mut usize) -> Counted<'_> {
        *which(&mut self.state()) += 1;
        self.stir.notify_one();
        Counted(self, which)
    }

    /// A record is worked on.
    pub(super) fn running(&self) -> Counted<'_> {
        self.counted(|state| &mut state.running)
    }

    /// A record waits, and not for an answer from a system.
    pub(super) fn idle(&self) -> Counted<'_> {
        self.counted(|state| &mut state.idle)
    }

    /// A record's request is on its way.
    pub(super) fn sending(&self) -> Counted<'_> {
        self.counted(|state| &mut state.sending)
    }

    /// Asks, together with whoever asks the same of the same resource meanwhile.
    pub(super) async fn ask(&self, cx: &Context, at: &At, ask: Ask, spot: &Spot, key: &str) -> Result<Told, Halt> {
        cx.pass()?;
        let place = cx.place(at);
        if let Some(told) = self.known(&place, |known| known.told(cx, at, &ask)) {
            return Ok(told);
        }
        let (answer, wait) = oneshot::channel();
        let (at, spot, key) = (at.clone(), spot.clone(), key.to_string());
        self.state().questions.push(Question { at, place, ask, spot, key, searched: false, answer });
        let _idle = self.idle();
        wait.await.unwrap_or_else(|_| Err(Ended::Cancelled.into()))
    }

    /// Answers what is asked, for as long as it is polled.
    pub(super) async fn serve(&self, cx: &Context) -> Infallible {
        let mut busy: HashSet<String> = HashSet::new();
        let mut rounds = FuturesUnordered::new();
        loop {
            for (place, questions) in self.ready(&busy) {
                busy.insert(place.clone());
                rounds.push(async move {
                    Round::new(cx, questions).run().await;
                    place
                });
            }
            tokio::select! {
                biased;
                () = self.stir.notified() => {}
                Some(place) = rounds.next() => { busy.remove(&place); }
            }
        }
    }

    /// The questions to be answered now, by place: nobody who runs can bring more of them soon.
    fn ready(&self, busy: &HashSet<String>) -> BTreeMap<String, Vec<Question>> {
        let mut state = self.state();
        let mut ready: BTreeMap<String, Vec<Question>> = BTreeMap::new();
        // The last few may still be sending when most of the others wait: so the line is never quiet.
        let few = state.sending <= state.running / SENDING && state.questions.len() >= state.running / 2;
        if state.running <= state.idle + state.sending && (state.sending == 0 || few) {
            let (now, later) =
                std::mem::take(&mut state.questions).into_iter().partition(|one| !busy.contains(&one.place));
            state.questions = later;
            let now: Vec<Question> = now;
            now.into_iter().for_each(|one| ready.entry(one.place.clone()).or_default().push(one));
        }
        ready
    }

    /// What is known of a place.
    pub(super) fn known<T>(&self, place: &str, look: impl FnOnce(&mut Known) -> T) -> T {
        let mut state = self.state();
        if !state.known.contains_key(place) {
            state.known.insert(place.to_string(), Known::default());
        }
        look(state.known.get_mut(place).expect("it was just put there"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of it panics")
    }
}

impl Question {
    /// Answers it.
    pub(super) fn tell(self, told: Result<Told, Halt>) {
        // Whoever asked may be gone: the run ends.
        let _ = self.answer.send(told);
    }

    /// Tells each what went wrong for all, at its own step.
    pub(super) fn tell_all(questions: Vec<Question>, halt: &Halt) {
        for question in questions {
            let own = match halt {
                Halt::Run(ended) => Halt::Run(ended.clone()),
                Halt::Record(end) => {
                    let mut end = end.clone();
                    (end.step, end.span) = (question.spot.step.clone(), question.spot.span);
                    Halt::Record(end)
                }
            };
            question.tell(Err(own));
        }
    }
}
