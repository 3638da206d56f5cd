//! What a step did for a record, for people who plan and people who ask why.

use std::sync::Arc;

use bytes::Bytes;

use crate::check::{At, Step};
use crate::connect::{Difference, Row, differences_of, json};
use crate::ledger::{Decision, Thing};
use crate::report::Span;
use crate::run::record::{Worker, place_of, resource_name};
use crate::run::retry::Spot;

/// What became of a step of a record: what was decided, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// The step.
    pub step: Arc<str>,
    /// Its place in the flow.
    pub span: Span,
    /// Where: `books.invoices`; empty where it is about no thing.
    pub resource: Arc<str>,
    /// The thing's id; empty where there is none.
    pub id: Arc<str>,
    /// What.
    pub what: What,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Took what a `use` gave.
    Given,
    /// Recognised it by this rung, as it is written.
    Recognised(Arc<str>),
    /// Took what the step gave before, in this round.
    Kept,
    /// Took what was made before: the ledger knows it.
    Exists,
    /// Took what was found there under this key.
    Adopted(Arc<str>),
    /// Made it.
    Created {
        /// What it carries, by which it can be found.
        key: Arc<str>,
        /// What is sent; kept by a plan alone.
        body: Bytes,
    },
    /// Changed it.
    Updated {
        /// What is sent; kept by a plan alone.
        body: Bytes,
        /// The fields that differ; kept by a plan alone.
        changes: Vec<Difference>,
        /// All else of the thing is sent along as it is by then: it would only be there.
        rest: bool,
    },
    /// Found nothing to change.
    Unchanged,
    /// Did a further operation on it, or made it by one.
    Called {
        /// The operation.
        action: Arc<str>,
        /// What is sent; kept by a plan alone.
        body: Bytes,
    },
    /// Was sent for this identity, and nobody knows whether it happened.
    Doubted(Arc<str>),
    /// Was not judged: it reads what a plan does not make.
    NotJudged,
}

impl What {
    /// It in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            What::Given => "given",
            What::Recognised(_) => "recognised",
            What::Kept => "kept",
            What::Exists => "exists",
            What::Adopted(_) => "adopted",
            What::Created { .. } => "created",
            What::Updated { .. } => "updated",
            What::Unchanged => "unchanged",
            What::Called { .. } => "called",
            What::Doubted(_) => "in doubt",
            What::NotJudged => "not judged",
        }
    }
}

impl Deed {
    /// As the ledger keeps it; what was only taken over from before stays as it was decided then.
    pub(super) fn decision(&self, round: u32) -> Option<Decision> {
        let by = match &self.what {
            What::Kept | What::NotJudged => return None,
            What::Recognised(by) | What::Adopted(by) | What::Doubted(by) => Some(by.to_string()),
            What::Created { key, .. } => Some(key.to_string()),
            What::Called { action, .. } => Some(action.to_string()),
            What::Given | What::Exists | What::Updated { .. } | What::Unchanged => None,
        };
        let thing = (!self.id.is_empty()).then(|| Thing::new(self.resource.to_string(), self.id.to_string()));
        Some(Decision { round, step: self.step.to_string(), what: self.what.word().to_owned(), by, thing })
    }
}

impl Worker<'_> {
    /// Notes what a step did about a thing.
    pub(super) fn did(&mut self, spot: &Spot, at: &At, id: &str, what: What) {
        let resource = resource_name(at, self.cx).into();
        self.deeds.push(Deed { step: spot.step.clone(), span: spot.span, resource, id: id.into(), what });
    }

    /// In a plan a step that reads what is not made is left open.
    pub(super) fn leaves_open(&mut self, step: &Step) -> bool {
        let open = self.cx.rehearses() && self.reads_would_be(step);
        if open {
            self.unjudged.extend(step.makes);
            let (resource, id) = ("".into(), "".into());
            self.deeds.push(Deed { step: step.name.clone(), span: step.span, resource, id, what: What::NotJudged });
        }
        open
    }

    /// The step reads more than the id of something that would only be made.
    fn reads_would_be(&self, step: &Step) -> bool {
        step.reads.iter().any(|(variable, used)| {
            if self.unjudged.contains(variable) {
                return true;
            }
            let program = self.cx.program();
            let Some(maker) = program.steps.iter().find(|maker| maker.makes == Some(*variable)) else { return false };
            let at = place_of(maker);
            let id = at.resource.shape.id.and_then(|slot| u32::try_from(slot).ok());
            let more = used.whole || used.fields.keys().any(|slot| Some(*slot) != id);
            let would_be = |id: &String| self.cx.system(at).would_be(&at.resource, id);
            more && self.ids.get(variable).is_some_and(would_be)
        })
    }
}

/// What a body changes of a thing: the fields that it names.
pub(super) fn changes(row: &Row, body: &[u8]) -> Vec<Difference> {
    let fields = |text| json::fields(text).ok().flatten().unwrap_or_default();
    let there = fields(row.text());
    let mut all = Vec::new();
    for (name, now) in fields(std::str::from_utf8(body).unwrap_or_default()) {
        let before = there.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        all.extend(differences_of(&name, before, Some(now)));
    }
    all
}
