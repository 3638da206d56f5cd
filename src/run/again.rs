//! Records of the ledger that are worked on once more, whatever the source lists: as they are at the source by now.

use crate::ledger::{Page, Record, Resend, Status};
use crate::report::codes;
use crate::run::context::Context;
use crate::run::halt::{End, Halt};
use crate::run::source::{Anew, anew, spot};

/// Records of the ledger that are worked on instead of what the source lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Their keys.
    pub keys: Vec<String>,
    /// They are sent again, each read anew at the source where it can be asked for one; else they only go on.
    pub sent: bool,
}

/// Makes them wait, to be worked on.
pub(super) async fn take(cx: &Context, again: &Again) -> Result<(), Halt> {
    if again.sent {
        let now = cx.world.clock.now();
        cx.world.ledger.resend(&cx.scope, Resend::Keys(again.keys.clone()), Some(cx.version), now).await?;
    }
    Ok(())
}

/// The record as the source has it by now; how it ends, where the source does not have it any more.
pub(super) async fn refreshed(cx: &Context, record: Record) -> Result<(Record, Option<End>), Halt> {
    if !cx.options.again.as_ref().is_some_and(|again| again.sent) {
        return Ok((record, None));
    }
    let spot = spot(cx);
    let end = |status, code, words: &str| Some(End::new(status, code, &spot.step, spot.span, words));
    match anew(cx, &record).await? {
        Anew::Unknown => Ok((record, None)),
        Anew::Gone => {
            let words = "the source has no such record any more";
            Ok((record, end(Status::Held, codes::run::GONE, words)))
        }
        Anew::NotAsked => {
            let words = "it is not among the records that the flow asks for any more";
            Ok((record, end(Status::Skipped, codes::run::NOT_ASKED, words)))
        }
        Anew::Is(seen) if seen.incoming.content == record.content => Ok((record, None)),
        Anew::Is(seen) => {
            let page = Page { records: vec![seen.incoming], cursor: None };
            cx.world.ledger.intake(&cx.claim, &cx.scope, page, cx.world.clock.now()).await?;
            let changed = cx.world.ledger.record(&cx.scope, &record.summary.key).await?;
            Ok((changed.unwrap_or(record), None))
        }
    }
}
