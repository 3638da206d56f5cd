//! `koppel forget`: what is kept about a person is counted; with `--yes` it is erased.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::ForgetArgs;
use crate::cli::hand::Hand;
use crate::cli::log::shell;
use crate::cli::open;
use crate::cli::terminal::clean;
use crate::ledger::{Forgotten, Ledger, LedgerError, Person, Trace};
use crate::report::{self, Diagnostic, Sources, Span, codes};
use crate::run;
use crate::workspace::{Depth, Workspace};

const TRACES: [Trace; 6] = [Trace::Record, Trace::Call, Trace::Attempt, Trace::Link, Trace::Words, Trace::Message];

/// Runs the command.
pub(super) async fn forget(hand: &Hand, args: ForgetArgs) -> Exit {
    let workspace = match open::workspace(hand, &[], Depth::Files) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let mail = args.mail.trim();
    if !is_address(mail) {
        let words = format!("`{}` is no e-mail address", clean(mail));
        hand.terminal.wrong(codes::command::NO_ADDRESS, &words, Some("koppel forget somebody@example.com"));
        return Exit::Usage;
    }
    if !workspace.ledger.exists() {
        hand.terminal.tell("nothing is recorded yet");
        return Exit::Done;
    }
    let opened = match args.yes {
        true => open::ledger(hand, &workspace),
        false => open::ledger_to_read(hand, &workspace),
    };
    let ledger = match opened {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    match forgotten(&workspace, &ledger, mail, args.yes).await {
        Ok((forgotten, unread)) => {
            tell(hand, &forgotten, &unread, mail, &args);
            if args.yes && !(forgotten.unfinished.is_empty() && forgotten.keyed.is_empty()) {
                Exit::Left
            } else {
                Exit::Done
            }
        }
        Err(error) => open::refused(hand, &error),
    }
}

async fn forgotten(
    workspace: &Workspace,
    ledger: &Arc<dyn Ledger>,
    mail: &str,
    goes: bool,
) -> Result<(Forgotten, Vec<String>), LedgerError> {
    let tenant = &workspace.tenant;
    let (person, unread): (Person, Vec<String>) = run::person(&**ledger, tenant, mail).await?;
    let forgotten = match goes {
        true => ledger.forget(tenant, &person).await?,
        false => ledger.traces(tenant, &person).await?,
    };
    Ok((forgotten, unread))
}

fn is_address(mail: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(|letter: char| letter.is_whitespace());
    mail.rsplit_once('@').is_some_and(|(name, host)| plain(name) && plain(host))
}

fn tell(hand: &Hand, forgotten: &Forgotten, unread: &[String], mail: &str, args: &ForgetArgs) {
    let problems = problems(forgotten, unread, mail);
    if args.json {
        let rows = forgotten
            .rows
            .iter()
            .map(|((flow, trace), count)| json!({ "flow": flow, "what": trace.word(), "count": count }));
        let value = json!({
            "erased": args.yes,
            "rows": rows.collect::<Value>(),
            "unfinished": forgotten.unfinished.len(),
            "problems": problems.iter().map(|problem| report::json(problem, &Sources::default())).collect::<Value>(),
        });
        return hand.terminal.say(&value.to_string());
    }
    if forgotten.total() == 0 && problems.is_empty() {
        return hand.terminal.say("nothing is kept about this person");
    }
    let mut by_flow: BTreeMap<&str, [u64; TRACES.len()]> = BTreeMap::new();
    for ((flow, trace), count) in &forgotten.rows {
        let at = TRACES.iter().position(|known| known == trace).expect("all of them are listed");
        by_flow.entry(if flow.is_empty() { "-" } else { flow }).or_default()[at] += count;
    }
    if !by_flow.is_empty() {
        let head: Vec<&str> = std::iter::once("flow").chain(TRACES.iter().map(|trace| trace.word())).collect();
        let row = |(flow, counts): (&&str, &[u64; TRACES.len()])| {
            std::iter::once((*flow).to_owned()).chain(counts.iter().map(u64::to_string)).collect()
        };
        hand.terminal.say(&hand.terminal.table(&head, by_flow.iter().map(row).collect()));
    }
    for problem in &problems {
        open::problem(hand, problem, &Sources::default());
    }
    if args.yes {
        hand.terminal.say("erased; what was made for them stays known, so that nothing is made again");
    } else {
        hand.terminal.say("nothing was erased: this is what would be; what was made for them stays known");
        hand.terminal.tell(&format!("next:  koppel forget {} --yes", shell(mail)));
    }
}

/// What stays, and why.
fn problems(forgotten: &Forgotten, unread: &[String], mail: &str) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let error = |words: String| Diagnostic::error(codes::command::NOT_FORGOTTEN, Span::NONE, words);
    let (one, some) = ("1 record".to_owned(), |count: usize| format!("{count} records"));
    let records = |count: usize| if count == 1 { one.clone() } else { some(count) };
    if let Some((flow, key)) = forgotten.unfinished.first() {
        let count = forgotten.unfinished.len();
        let keeps = if count == 1 { "is not at its end and keeps" } else { "are not at their end and keep" };
        let words = format!("{} {keeps} what was read for them, the first `{key}` of `{flow}`", records(count));
        problems.push(error(words).next(format!("koppel why {}, bring it to its end, then forget again", shell(key))));
    }
    if let Some((flow, _)) = forgotten.keyed.first() {
        let count = forgotten.keyed.len();
        let words = format!(
            "the address is the key of {} of `{flow}`: without it what they made would be made again",
            records(count)
        );
        problems.push(error(words).next(format!("give `{flow}` a key that tells of nobody, such as an id")));
    }
    for flow in unread {
        let words = format!(
            "no kept version of `{flow}` can be read: of its records what holds `{mail}` is found, not what else is personal"
        );
        problems.push(error(words).next(format!("koppel run {} keeps one", shell(flow))));
    }
    problems
}
