//! Ends of records go in; whether so many in a row ended at the same stop after a write that the flow must pause comes out.

use std::sync::Arc;

use crate::ledger::{RecordFilter, Status};
use crate::plan::Phase;
use crate::report::codes;
use crate::run::Outcome;
use crate::run::context::Context;
use crate::run::halt::Halt;

/// So many records in a row that end at the same stop after a write pause the flow: what is wrong is wrong for all.
pub(super) const SAME_STOP: usize = 3;

/// How many records in a row ended at the same stop after a write.
#[derive(Default)]
pub(super) struct SameStop {
    step: Option<Arc<str>>,
    count: usize,
    /// The last record that was counted ended there.
    now: bool,
}

impl SameStop {
    /// How it stood when the run before this one ended: most runs meet few records, or one. Another version of the flow
    /// begins anew, and so does a flow that a person lets go on.
    pub(super) async fn before(cx: &Context) -> Result<SameStop, Halt> {
        let mut same = SameStop::default();
        if cx.options.resume {
            return Ok(same);
        }
        let mut filter = RecordFilter::of(cx.world.tenant.clone());
        filter.flow = Some(cx.scope.flow.to_string());
        for summary in cx.world.ledger.records(filter).await? {
            let Some(outcome) = summary.outcome.filter(|outcome| outcome.status == summary.status) else { continue };
            if outcome.version != cx.version || outcome.status == Status::Done {
                break;
            }
            let stop = outcome.step.filter(|step| {
                outcome.code == Some(codes::run::STOPPED_BY_FLOW) && !outcome.made.is_empty() && is_late(cx, step)
            });
            let Some(stop) = stop else { continue };
            if same.step.as_ref().is_some_and(|step| **step != *stop) {
                break;
            }
            (same.step, same.count) = (Some(stop.into()), same.count + 1);
        }
        Ok(same)
    }

    /// Counts one more end.
    pub(super) fn count(&mut self, outcome: &Outcome, wrote: bool) {
        self.now = wrote && outcome.code == Some(codes::run::STOPPED_BY_FLOW);
        if !self.now {
            // A record that never came to a write says nothing about the writes.
            if outcome.status == Status::Done {
                *self = SameStop::default();
            }
        } else if self.step.as_ref() == Some(&outcome.step) {
            self.count += 1;
        } else {
            *self = SameStop { step: Some(outcome.step.clone()), count: 1, now: true };
        }
    }

    /// The one counted last was one too many.
    pub(super) fn is_enough(&self) -> bool {
        self.now && self.count >= SAME_STOP
    }

    /// The last that came to a write ended at a stop behind it.
    pub(super) fn is_suspected(&self) -> bool {
        self.count > 0
    }
}

/// The step is one of those that may come after a write.
fn is_late(cx: &Context, step: &str) -> bool {
    cx.graph.nodes.iter().any(|node| node.phase != Phase::Before && *node.name == *step)
}
