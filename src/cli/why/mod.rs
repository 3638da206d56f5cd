//! `koppel why`: the chain of one record, from the request that showed it to what was made, with the flow's lines.

mod gather;
mod json;
mod text;

use crate::cli::Exit;
use crate::cli::args::WhyArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::cli::terminal::clean;
use crate::ledger::{Ledger, LedgerError, RecordFilter};
use crate::report::{Style, codes};
use crate::workspace::Workspace;

/// Runs the command.
pub(super) async fn why(hand: &Hand, args: WhyArgs) -> Exit {
    let workspace = match open::recorded(hand) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let ledger = match open::ledger_to_read(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    match chains(hand, &workspace, &*ledger, &args).await {
        Ok(exit) => exit,
        Err(error) => open::refused(hand, &error),
    }
}

async fn chains(hand: &Hand, workspace: &Workspace, ledger: &dyn Ledger, args: &WhyArgs) -> Result<Exit, LedgerError> {
    let filter = RecordFilter {
        flow: args.flow.clone(),
        named: Some(args.key.clone()),
        ..RecordFilter::of(workspace.tenant.clone())
    };
    let found = ledger.records(filter).await?;
    if found.is_empty() {
        let words = format!("no record has the key or number `{}`", clean(&args.key));
        hand.terminal.wrong(codes::command::NO_RECORD, &words, Some("koppel log"));
        return Ok(Exit::Failed);
    }
    let style = if hand.terminal.color { Style::Color } else { Style::Plain };
    for (number, summary) in found.iter().enumerate() {
        let Some(chain) = gather::chain(hand, workspace, ledger, summary).await? else { continue };
        if args.json {
            hand.terminal.say(&json::value(&chain).to_string());
        } else {
            let gap = if number > 0 { "\n" } else { "" };
            hand.terminal.say(&format!("{gap}{}", text::text(&chain, &workspace.zone, style).trim_end()));
        }
    }
    Ok(Exit::Done)
}
