//! What another ledger holds goes in as it is: the memory goes on from there.

use crate::ledger::{Attempt, FlowState, Memory, Record, Scope};

use super::kept::Kept;

/// No ledger has counted so far.
const BEHIND: u64 = 1 << 40;

impl Memory {
    /// A flow's state.
    pub(in crate::ledger) fn seed_flow(&self, scope: &Scope, state: FlowState) {
        self.with(|store| {
            // What is new here comes behind all that is there.
            store.records = store.records.max(BEHIND);
            let flow = store.flow(scope);
            flow.listed = true;
            (flow.cursor, flow.paused, flow.version) = (state.cursor, state.paused, state.version);
            flow.runs.extend(state.last_run);
        });
    }

    /// A record, without its attempts.
    pub(in crate::ledger) fn seed_record(&self, scope: &Scope, record: Record) {
        self.with(|store| {
            store.records = store.records.max(record.mark.sequence);
            store.flow(scope).records.insert(record.summary.key.clone(), Kept::of(record));
        });
    }

    /// Attempts.
    pub(in crate::ledger) fn seed_attempts(&self, scope: &Scope, attempts: Vec<Attempt>) {
        self.with(|store| {
            for attempt in attempts {
                let id = (attempt.key.clone(), attempt.step.clone(), attempt.n);
                store.flow(scope).attempts.insert(id, attempt);
            }
        });
    }
}
