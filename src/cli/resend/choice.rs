//! What a person names goes in: keys, a reason, numbers; the records that are meant come out, and why others are not sent.

use crate::cli::Exit;
use crate::cli::args::ResendArgs;
use crate::cli::hand::Hand;
use crate::cli::log::shell;
use crate::cli::summary::in_doubt;
use crate::cli::terminal::clean;
use crate::ledger::{Ledger, LedgerError, RecordFilter, Status, Summary};
use crate::report::{Code, MASK, codes};
use crate::workspace::Workspace;

/// So many records are read at a time.
const READ: u32 = 1000;

/// What is sent again, and what is not.
pub(super) struct Choice {
    /// These are sent.
    pub(super) sent: Vec<Summary>,
    /// These are not: they are done, or in doubt.
    pub(super) not: Vec<Summary>,
}

impl Choice {
    /// Why records that were named are not sent, and what is to be done about each.
    pub(super) fn passed_by(&self) -> Vec<(String, String)> {
        let words = |summary: &Summary| {
            let title = shell(&summary.title);
            match summary.status {
                Status::InDoubt => {
                    (format!("{title} is in doubt: a person says first what became of it"), in_doubt(&title))
                }
                _ => (format!("{title} is done: it is not sent again"), format!("koppel log {title}")),
            }
        };
        self.not.iter().map(words).collect()
    }

    /// How the command ends for what is not sent.
    pub(super) fn exit(&self) -> Exit {
        let doubt = self.not.iter().any(|summary| summary.status == Status::InDoubt);
        if doubt { Exit::InDoubt } else { Exit::Done }
    }
}

/// The records that are meant.
pub(super) async fn choose(
    hand: &Hand,
    home: &Workspace,
    ledger: &dyn Ledger,
    args: &ResendArgs,
) -> Result<Result<Choice, Exit>, LedgerError> {
    let mut codes = Vec::new();
    for text in &args.code {
        let Some(code) = Code::parse(text) else {
            let words = format!("`{}` is no number of a message", clean(text));
            hand.terminal.wrong(codes::command::NOT_KNOWN, &words, Some("koppel explain"));
            return Ok(Err(Exit::Usage));
        };
        codes.push(code);
    }
    let filter = RecordFilter { flow: args.flow.clone(), ..RecordFilter::of(home.tenant.clone()) };
    let mut choice = Choice { sent: Vec::new(), not: Vec::new() };
    for key in &args.keys {
        let found = ledger.records(RecordFilter { named: Some(key.clone()), ..filter.clone() }).await?;
        let mut flows: Vec<&str> = found.iter().map(|summary| summary.flow.as_str()).collect();
        flows.dedup();
        if found.is_empty() {
            let words = format!("no record has the key or number `{}`", clean(key));
            hand.terminal.wrong(codes::command::NO_RECORD, &words, Some("koppel log"));
            return Ok(Err(Exit::Failed));
        }
        if flows.len() > 1 {
            let words = format!("more than one flow knows `{}`: {}", clean(key), flows.join(", "));
            hand.terminal.wrong(
                codes::command::NOT_KNOWN,
                &words,
                Some(&format!("koppel resend {} --flow {}", shell(key), flows[0])),
            );
            return Ok(Err(Exit::Usage));
        }
        for summary in found {
            let list = if goes(summary.status) { &mut choice.sent } else { &mut choice.not };
            if !list.iter().any(|known| known.key == summary.key && known.flow == summary.flow) {
                list.push(summary);
            }
        }
    }
    if args.keys.is_empty() {
        let statuses: &[Status] = if args.held.is_some() { &[Status::Held] } else { &[Status::Held, Status::Failed] };
        for status in statuses {
            let mut page = RecordFilter { status: Some(*status), limit: READ, ..filter.clone() };
            loop {
                let found = ledger.records(page.clone()).await?;
                let last = (found.len() as u32) < READ;
                choice.sent.extend(found.into_iter().filter(|summary| {
                    let outcome = summary.outcome.as_ref();
                    let code = outcome.and_then(|outcome| outcome.code);
                    let reason = outcome.and_then(|outcome| outcome.reason.as_deref()).unwrap_or_default();
                    (codes.is_empty() || code.is_some_and(|code| codes.contains(&code)))
                        && args.held.as_ref().is_none_or(|wanted| says(reason, wanted.as_deref().unwrap_or_default()))
                }));
                if last {
                    break;
                }
                page.skip += READ;
            }
        }
        choice.sent.reverse();
        if choice.sent.is_empty() {
            hand.terminal.tell("no record stands so");
            hand.terminal.tell("next:  koppel log --held");
        }
    }
    Ok(Ok(choice))
}

/// A record in that status can be sent again.
fn goes(status: Status) -> bool {
    !matches!(status, Status::Done | Status::InDoubt)
}

/// The reason holds those words, in that order; `…` stands for any between them, and so does what is masked.
pub(super) fn says(reason: &str, wanted: &str) -> bool {
    let mut rest = reason;
    wanted.split(MASK).flat_map(|part| part.split('…')).map(str::trim).all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}
