//! How long what is recorded is kept goes in; what is older is erased, a little at a time, and what was comes out.

use std::time::Duration;

use jiff::Timestamp;

use crate::ledger::{self, Erased, Ledger, LedgerError};
use crate::value::Clock;
use crate::workspace::Retention;

/// So many rows of each kind go in one transaction, so that no run waits for long.
const MOST: u32 = 200;

/// Erases what was kept for its time, for no longer than `most`; what is left goes the next time.
///
/// # Errors
/// When the ledger refuses.
pub async fn sweep(
    ledger: &dyn Ledger,
    tenant: &str,
    clock: &Clock,
    terms: Retention,
    most: Duration,
) -> Result<Erased, LedgerError> {
    let now = clock.now();
    let before = |time: Duration| now.checked_sub(time).unwrap_or(Timestamp::MIN);
    let terms = ledger::Retention { payloads: before(terms.payloads), activity: before(terms.activity) };
    let began = clock.steady();
    let mut all = Erased::default();
    loop {
        all.add(ledger.retain(tenant, terms, MOST).await?);
        if !all.more || clock.steady().saturating_sub(began) >= most {
            return Ok(all);
        }
        // Whoever works on records goes first.
        tokio::task::yield_now().await;
    }
}
