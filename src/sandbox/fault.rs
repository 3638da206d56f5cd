//! Faults by name and rate: in goes a request, out comes which fault hits it, following from the seed and the count.

use super::ident::mix;
use serde_json::Value;

/// What can go wrong on the way, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// Done, but the answer never arrives.
    LostReply,
    /// Refused: too many requests, with a time to wait.
    TooMany,
    /// An internal error before anything was done.
    ServerError,
    /// Done, but the answer is an internal error.
    ServerErrorAfter,
    /// Refused: two changes at once.
    Conflict,
    /// A gateway's page of HTML, nothing done.
    Html502,
    /// Done, but the answer comes late.
    Slow,
    /// The connection breaks before anything was done.
    Reset,
    /// Done, but the answer breaks off in the middle.
    CutBody,
    /// The access token is at its end.
    ExpiredToken,
    /// A later page of a list begins one row too early: a row comes twice.
    PageShift,
    /// A later page of a list begins one row too late: a row is passed by.
    PageSkip,
    /// A search does not find what is new.
    SearchLag,
}

/// All faults with their names.
const NAMES: [(&str, FaultKind); 13] = [
    ("lost_reply", FaultKind::LostReply),
    ("429", FaultKind::TooMany),
    ("500", FaultKind::ServerError),
    ("500_after", FaultKind::ServerErrorAfter),
    ("409", FaultKind::Conflict),
    ("html_502", FaultKind::Html502),
    ("slow", FaultKind::Slow),
    ("reset", FaultKind::Reset),
    ("cut_body", FaultKind::CutBody),
    ("expired_token", FaultKind::ExpiredToken),
    ("page_shift", FaultKind::PageShift),
    ("page_skip", FaultKind::PageSkip),
    ("search_lag", FaultKind::SearchLag),
];

impl FaultKind {
    /// The fault with this name.
    pub fn named(name: &str) -> Option<FaultKind> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// The name of this fault.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, kind)| *kind == self).map(|(name, _)| *name).expect("every fault is in the list")
    }

    /// The names of all faults.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

/// How often a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// So many of a thousand requests, by the seed.
    PerMille(u16),
    /// The first so many requests.
    Times(u32),
}

/// A fault that is switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often.
    pub rate: Rate,
    /// Where: a method, a path's beginning, or both; a `$` at the end means the whole path.
    pub on: Option<String>,
}

impl Fault {
    /// A fault that hits once, at the given place.
    pub fn once(kind: FaultKind, on: &str) -> Fault {
        Fault { kind, rate: Rate::Times(1), on: Some(on.to_owned()) }
    }

    /// A fault that hits so many of a thousand requests, wherever.
    pub fn per_mille(kind: FaultKind, rate: u16) -> Fault {
        Fault { kind, rate: Rate::PerMille(rate), on: None }
    }

    /// Reads `{"name": "reset", "times": 2, "on": "POST /v3/invoices"}`; `per_mille` instead of `times`, both absent is
    /// once.
    pub fn read(value: &Value) -> Result<Fault, String> {
        let name = value["name"].as_str().ok_or("a fault needs a `name`")?;
        let kind = FaultKind::named(name).ok_or_else(|| {
            format!("no fault `{name}`; there are {}", FaultKind::names().collect::<Vec<_>>().join(", "))
        })?;
        let number = |field: &str| value[field].as_u64();
        let rate = match (number("per_mille"), number("times")) {
            (Some(rate), None) => Rate::PerMille(u16::try_from(rate.min(1000)).expect("at most a thousand")),
            (None, times) => Rate::Times(u32::try_from(times.unwrap_or(1)).unwrap_or(u32::MAX)),
            (Some(_), Some(_)) => return Err("either `per_mille` or `times`".to_owned()),
        };
        Ok(Fault { kind, rate, on: value["on"].as_str().map(str::to_owned) })
    }

    fn is_at(&self, method: &str, path: &str) -> bool {
        let Some(on) = &self.on else { return true };
        let (verb, place) = match on.split_once(' ') {
            Some((verb, place)) => (verb, place),
            None if on.starts_with('/') => ("", on.as_str()),
            None => (on.as_str(), ""),
        };
        let place_fits = match place.strip_suffix('$') {
            Some(whole) => path == whole,
            None => path.starts_with(place),
        };
        (verb.is_empty() || verb == method) && place_fits
    }
}

/// Marks an answer that does not arrive whole; without a socket the caller reads it from the extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The connection broke before anything was done.
    Reset,
    /// The request was done; its answer never arrives.
    NoReply,
    /// The request was done; its answer breaks off in the middle.
    CutBody,
}

/// The faults that are on, with what they have seen.
#[derive(Default)]
pub(super) struct Faults {
    armed: Vec<Armed>,
}

struct Armed {
    fault: Fault,
    seen: u64,
    hit: u32,
}

impl Faults {
    /// Switches these faults on and all others off.
    pub(super) fn set(&mut self, faults: Vec<Fault>) {
        self.armed = faults.into_iter().map(|fault| Armed { fault, seen: 0, hit: 0 }).collect();
    }

    /// The faults that hit this request: at most one that replaces the answer, and any that bend it.
    pub(super) fn hit(
        &mut self,
        seed: u64,
        method: &str,
        path: &str,
        fits: impl Fn(FaultKind) -> bool,
    ) -> Vec<FaultKind> {
        let mut hits: Vec<FaultKind> = Vec::new();
        for (place, armed) in self.armed.iter_mut().enumerate() {
            if !armed.fault.is_at(method, path) || !fits(armed.fault.kind) {
                continue;
            }
            if !hits.is_empty() && !bends(armed.fault.kind) && hits.iter().any(|kind| !bends(*kind)) {
                continue;
            }
            armed.seen += 1;
            let now = match armed.fault.rate {
                Rate::Times(times) => armed.hit < times,
                Rate::PerMille(rate) => mix(seed, 0xFA + place as u64, armed.seen) % 1000 < u64::from(rate),
            };
            if now {
                armed.hit = armed.hit.saturating_add(1);
                hits.push(armed.fault.kind);
            }
        }
        hits
    }
}

/// Whether a fault bends the answer instead of replacing it.
fn bends(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::PageShift | FaultKind::PageSkip | FaultKind::SearchLag)
}
