//! Taking in what is new at the source, durably before it is worked on.

use bytes::Bytes;

use crate::ledger::{Incoming, Page};
use crate::run::context::Context;
use crate::run::halt::Halt;
use crate::run::source::{Asked, Reached, Seen, seen_row, since, walk};

/// How many records go into the ledger at once.
const BATCH: usize = 500;

/// What was taken in.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) listed: usize,
    pub(super) unchanged: usize,
}

/// Lists the source and puts what is new into the ledger.
pub(super) async fn take(cx: &Context) -> Result<Taken, Halt> {
    if let Some(given) = &cx.options.records {
        return given_records(cx, given).await;
    }
    let mut taken = Taken::default();
    let mut reached: Option<Reached> = None;
    let begun = cx.world.clock.now();
    let zone = &cx.program().source.at.resource.shape.format.zone;
    let since = since(cx).await?.map(|since| since.before_an_hour_twice(zone));
    walk(cx, since, async |page: Vec<Seen>| {
        reached = reached.max(page.iter().filter_map(|seen| seen.reached).max());
        taken.listed += page.len();
        let mut records: Vec<Incoming> = page.into_iter().map(|seen| seen.incoming).collect();
        // The cursor moves only when the whole walk is in: a walk that breaks off is walked again.
        while !records.is_empty() {
            let rest = records.split_off(records.len().min(BATCH));
            let page = Page { records, cursor: None };
            let now = cx.world.clock.now();
            let intake = cx.world.ledger.intake(&cx.claim, &cx.scope, page, now).await?;
            taken.unchanged += usize::try_from(intake.unchanged).unwrap_or(usize::MAX);
            records = rest;
        }
        // A page of what was answered is as large as its records: none is kept in memory until the walk ends.
        cx.flush().await
    })
    .await?;
    if let Some(reached) = reached
        && cx.program().source.cursor.is_some()
        && cx.options.since.is_none()
    {
        // What changed while the list was read may stand in a part of it that was read before: the next walk begins where
        // this one did. Neither may a date in the future, by a clock that is wrong, hide what changes until then.
        let reached = match reached {
            Reached::At(at) => Reached::At(at.min(begun)),
            Reached::On(day) => Reached::On(day.min(begun.to_zoned_datetime(cx.world.zone.clone()).date())),
        };
        let before = cx.world.ledger.cursor(&cx.scope).await?.and_then(|text| Reached::parse(&text));
        if before < Some(reached) {
            let page = Page { records: Vec::new(), cursor: Some(reached.text()) };
            cx.world.ledger.intake(&cx.claim, &cx.scope, page, cx.world.clock.now()).await?;
        }
    }
    Ok(taken)
}

/// Takes in records that were handed over: they enter behind `from`.
async fn given_records(cx: &Context, given: &[Bytes]) -> Result<Taken, Halt> {
    let all = Asked::default();
    let records: Vec<Incoming> = given
        .iter()
        .zip(1..)
        .filter_map(|(record, order)| seen_row(cx, record, &all, order))
        .map(|seen| seen.incoming)
        .collect();
    let listed = records.len();
    let page = Page { records, cursor: None };
    let intake = cx.world.ledger.intake(&cx.claim, &cx.scope, page, cx.world.clock.now()).await?;
    Ok(Taken { listed, unchanged: usize::try_from(intake.unchanged).unwrap_or(usize::MAX) })
}
