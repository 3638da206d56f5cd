//! A write that happens at most once: reserved and synced before a byte leaves, sent within its window, looked up when
//! nobody knows what became of it.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::check::PolicyAction;
use crate::connect::{Class, Fault, Made, Pass, System};
use crate::ledger::{
    Adoption, Answer, Attempt, Hash, Link, Reservation, Reserved, Settled, Settlement, State, Status, Step,
};
use crate::report::codes;
use crate::run::Unanswered;
use crate::run::context::{Context, Witness};
use crate::run::halt::{End, Halt};
use crate::run::retry::{self, Patience, Spot};

/// The pairs and steps' results that are kept together with a made thing.
pub(super) type Remembered = (Vec<Link>, Vec<Step>);

/// Where all wait for their turn for longer than a look is trusted, so many looks must do.
const LOOKS: u32 = 1;

/// What is written, and how it is known.
pub(super) struct Write<'a> {
    pub(super) cx: &'a Context,
    pub(super) system: &'a System,
    /// The record's key, or the identity that is ensured.
    pub(super) key: String,
    /// The record it is done for.
    pub(super) record: &'a str,
    pub(super) spot: Spot,
    /// What the made thing carries.
    pub(super) key_text: String,
    /// The fields in which it carries that.
    pub(super) key_field: String,
    /// How it can be seen that it was done.
    pub(super) sight: Sight,
    /// What is sent.
    pub(super) body: &'a [u8],
    /// When it was last seen that it is not there.
    pub(super) looked: Option<Timestamp>,
    /// Until when that is trusted, from then on.
    pub(super) bound: Duration,
    /// What is remembered with it, once its id is known.
    pub(super) remember: &'a dyn Fn(&str) -> Remembered,
}

/// How it can be seen that something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// What it makes can be found by its key.
    Found,
    /// The thing it is done to shows it.
    Shown,
    /// It cannot be seen.
    Not,
}

/// A thing that is there, and whether this call made it.
pub(super) struct Written {
    pub(super) id: String,
    pub(super) made: Option<Made>,
}

impl Write<'_> {
    /// Sends it, or finds out that it was sent before.
    ///
    /// `send` sends once; `look` tells whether it is there after all: asked freshly, with the time of the reservation.
    pub(super) async fn once<S, L>(
        &self,
        attempts: &[Attempt],
        send: impl Fn(Pass, SendGuard) -> S,
        look: impl Fn(Timestamp) -> L,
    ) -> Result<Written, Halt>
    where
        S: Future<Output = Result<Made, Fault>>,
        L: Future<Output = Result<Option<String>, Halt>>,
    {
        let cx = self.cx;
        let mut n = 0;
        if let Some(last) =
            attempts.iter().filter(|attempt| *attempt.step == *self.spot.step).max_by_key(|attempt| attempt.n)
        {
            match &last.state {
                State::Answered(Answer::Made { id }) => return Ok(Written { id: id.clone(), made: None }),
                State::Open | State::Answered(Answer::Unknown { .. }) => {
                    let lost = Lost { n: last.n, reserved: last.reserved, since: None, words: "the answer was lost" };
                    if let Some(id) = self.settle(lost, &look).await? {
                        return Ok(Written { id, made: None });
                    }
                    n = last.n + 1;
                }
                // A person may be wrong: where it can be seen, it is looked at once more.
                State::Answered(Answer::Absent) if self.sight == Sight::Shown => {
                    if let Some(id) = look(last.reserved).await? {
                        return Ok(Written { id: self.adopt(&id).await?, made: None });
                    }
                    n = last.n + 1;
                }
                State::Answered(Answer::NotApplied { .. } | Answer::Absent) => n = last.n + 1,
            }
        }
        let mut patience = Patience::new(cx);
        let mut looked = self.looked;
        let mut looks = 0;
        loop {
            cx.pass()?;
            let observer = self.witness(n, None);
            let passed = {
                let _sending = observer.sending();
                self.system.pass(&observer).await
            };
            let pass = match passed {
                Ok(pass) => pass,
                Err(fault) => {
                    patience.wait(cx, self.system, &fault, &self.spot).await?;
                    continue;
                }
            };
            let (since, reserved) = (cx.world.clock.steady(), cx.world.clock.now());
            if let Some(then) = looked.filter(|then| looks < LOOKS && reserved > *then + self.bound) {
                // It had to wait for longer than a look is trusted: what came since then is looked for first.
                if let Some(id) = look(then).await? {
                    return Ok(Written { id: self.adopt(&id).await?, made: None });
                }
                (looked, looks) = (Some(reserved), looks + 1);
                continue;
            }
            let reservation = Reservation {
                key: self.key.clone(),
                step: self.spot.step.to_string(),
                n,
                key_text: self.key_text.clone(),
                body: hash(self.body),
            };
            match cx.world.ledger.reserve(&cx.claim, &cx.scope, reservation, reserved).await? {
                Reserved::Fresh => {}
                Reserved::Exists(attempt) => match attempt.state {
                    State::Answered(Answer::Made { id }) => return Ok(Written { id, made: None }),
                    State::Answered(Answer::NotApplied { .. } | Answer::Absent) => {
                        n = attempt.n + 1;
                        continue;
                    }
                    State::Open | State::Answered(Answer::Unknown { .. }) => {
                        let (last, reserved) = (attempt.n, attempt.reserved);
                        let lost = Lost { n: last, reserved, since: None, words: "another run sent it" };
                        if let Some(id) = self.settle(lost, &look).await? {
                            return Ok(Written { id, made: None });
                        }
                        n = attempt.n + 1;
                        continue;
                    }
                },
            }
            cx.opened(self.unanswered(n));
            let until = since + self.system.connection().window;
            let sent = {
                let _sending = observer.sending();
                send(pass, SendGuard { n, until }).await
            };
            match sent {
                Ok(made) => {
                    cx.needed(1);
                    let id = made.id.clone().unwrap_or_default();
                    self.answer(n, Answer::Made { id: id.clone() }).await?;
                    return Ok(Written { id, made: Some(made) });
                }
                Err(fault) if fault.not_applied() => {
                    let class = fault.class.word().to_string();
                    self.answer(n, Answer::NotApplied { class, words: fault.words.clone() }).await?;
                    patience.wait(cx, self.system, &fault, &self.spot).await?;
                }
                Err(fault) => {
                    self.answer(n, Answer::Unknown { words: fault.words.clone() }).await?;
                    let lost = Lost { n, reserved, since: Some(since), words: &fault.words };
                    if let Some(id) = self.settle(lost, &look).await? {
                        return Ok(Written { id, made: None });
                    }
                    patience.wait(cx, self.system, &fault, &self.spot).await?;
                }
            }
            n += 1;
        }
    }

    /// Finds out what became of an attempt whose outcome nobody knows: found is proof at once, not found only when
    /// nothing that was sent can still land or still be hidden.
    async fn settle<L>(&self, lost: Lost<'_>, look: impl Fn(Timestamp) -> L) -> Result<Option<String>, Halt>
    where
        L: Future<Output = Result<Option<String>, Halt>>,
    {
        let cx = self.cx;
        let Lost { n, reserved, words, .. } = lost;
        cx.opened(self.unanswered(n));
        if !cx.options.protocol.settles {
            self.answer(n, Answer::Absent).await?;
            return Ok(None);
        }
        let repeats = retry::action(cx, Class::LostReply) == PolicyAction::Repeat;
        let seen = self.sight != Sight::Not;
        if seen && let Some(id) = look(reserved).await? {
            self.answer(n, Answer::Made { id: id.clone() }).await?;
            return Ok(Some(id));
        }
        let wait = self.unsettled_for(&lost);
        if (seen || repeats) && !wait.is_zero() {
            cx.sleep(wait).await?;
            if seen && let Some(id) = look(reserved).await? {
                self.answer(n, Answer::Made { id: id.clone() }).await?;
                return Ok(Some(id));
            }
        }
        if repeats {
            self.answer(n, Answer::Absent).await?;
            return Ok(None);
        }
        let looked = match self.sight {
            Sight::Found => format!("it was looked for by {:?} and not found", self.key_text),
            Sight::Shown => format!("{:?} was looked at and does not show it", self.key_text),
            Sight::Not => "whether it was done cannot be seen".to_string(),
        };
        cx.closed(&self.unanswered(n));
        let reason = format!("nobody knows whether `{}` happened: {words}; {looked}", self.spot.step);
        let mut end = End::new(Status::InDoubt, codes::run::IN_DOUBT, &self.spot.step, self.spot.span, reason);
        if !self.key_field.is_empty() {
            (end.field, end.expected) = (self.key_field.clone(), format!("{:?}", self.key_text));
        }
        Err(end.into())
    }

    /// How long something of a lost attempt may still land, or be hidden.
    fn unsettled_for(&self, lost: &Lost<'_>) -> Duration {
        let (connection, clock) = (self.system.connection(), &self.cx.world.clock);
        let landed = connection.timeout + connection.lag;
        let bound = connection.window + landed;
        match lost.since {
            Some(since) => (since + bound).saturating_sub(clock.steady()),
            // It left before this process had the ledger. By the time of day alone nothing is certain: it may be set.
            None => {
                let by_day = Duration::try_from((lost.reserved + bound).duration_since(clock.now()));
                let by_us = (self.cx.began + landed).saturating_sub(clock.steady());
                by_day.unwrap_or_default().clamp(by_us, bound)
            }
        }
    }

    fn unanswered(&self, n: u32) -> Unanswered {
        Unanswered {
            key: self.key.as_str().into(),
            step: self.spot.step.clone(),
            span: self.spot.span,
            key_text: self.key_text.as_str().into(),
            n,
        }
    }

    async fn answer(&self, n: u32, answer: Answer) -> Result<(), Halt> {
        let known = !matches!(answer, Answer::Unknown { .. });
        let (links, steps) = match &answer {
            Answer::Made { id } => (self.remember)(id),
            _ => (Vec::new(), Vec::new()),
        };
        let settlement =
            Settlement { key: self.key.clone(), step: self.spot.step.to_string(), n, answer, links, steps };
        let now = self.cx.world.clock.now();
        // What was sent and answered is kept together with what became of it: no end of the process parts them.
        let answered = self.cx.world.ledger.answer(&self.cx.claim, &self.cx.scope, settlement, now);
        let (noted, answered) = tokio::join!(self.cx.flush(), answered);
        answered?;
        if known {
            self.cx.closed(&self.unanswered(n));
        }
        noted
    }

    /// Takes a thing that was found at the target as what this write would have made.
    pub(super) async fn adopt(&self, id: &str) -> Result<String, Halt> {
        let (links, steps) = (self.remember)(id);
        let adoption = Adoption {
            key: self.key.clone(),
            step: self.spot.step.to_string(),
            key_text: self.key_text.clone(),
            id: id.to_string(),
            links,
            steps,
        };
        let now = self.cx.world.clock.now();
        let settled = self.cx.world.ledger.adopt(&self.cx.claim, &self.cx.scope, adoption, now).await?;
        Ok(match settled {
            Settled::Kept(Attempt { state: State::Answered(Answer::Made { id }), .. }) => id,
            Settled::Kept(_) | Settled::Stored => id.to_string(),
        })
    }

    /// Notes what attempt `n` sends.
    pub(super) fn witness(&self, n: u32, until: Option<Duration>) -> Witness<'_> {
        Witness {
            cx: self.cx,
            system: &self.system.connection().name,
            key: Some(self.record),
            step: Some(&self.spot.step),
            attempt: Some(n),
            until,
            shared: false,
        }
    }
}

/// Which attempt is sent, and until when it may leave.
#[derive(Clone, Copy)]
pub(super) struct SendGuard {
    pub(super) n: u32,
    pub(super) until: Duration,
}

/// An attempt whose answer was lost.
struct Lost<'a> {
    n: u32,
    reserved: Timestamp,
    /// When it was reserved by the time that nobody sets, where it was by this process.
    since: Option<Duration>,
    words: &'a str,
}

/// The SHA-256 of bytes.
pub(super) fn hash(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// The SHA-256 of texts, in order, each told apart from the next.
pub(super) fn hash_all(texts: &[&str]) -> Hash {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    Hash(digest.finalize().into())
}
