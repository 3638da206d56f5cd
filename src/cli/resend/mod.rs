//! `koppel resend`: records that need a person, once more; first what that would do is shown, then it is done.

mod choice;

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use crate::cli::args::ResendArgs;
use crate::cli::hand::Hand;
use crate::cli::log::shell;
use crate::cli::open::{self, Opener};
use crate::cli::run::world;
use crate::cli::{Exit, exit, plan, summary};
use crate::connect::System;
use crate::ledger::{Ledger, Scope, Summary};
use crate::report::codes;
use crate::run::{self, Again, Options, Vault, World};
use crate::workspace::{self, Depth, Flow, Problems, Workspace};

use choice::{Choice, choose};

/// Records of one flow, and the version on which they are sent.
struct Batch {
    /// The workspace as it is bound now.
    home: Workspace,
    /// The version they began with, where that is wished.
    then: Option<Workspace>,
    keys: Vec<String>,
}

impl Batch {
    fn now(&self) -> &Flow {
        open::only_flow(&self.home)
    }

    fn flow(&self) -> &Flow {
        self.then.as_ref().map_or_else(|| self.now(), open::only_flow)
    }

    fn options(&self) -> Options {
        Options { again: Some(Again { keys: self.keys.clone(), sent: true }), ..Options::default() }
    }

    fn sources(&self) -> &crate::report::Sources {
        &self.then.as_ref().unwrap_or(&self.home).sources
    }

    /// All that the records stand in: the version's own flow, before the systems as they are bound now.
    async fn world(
        &self,
        hand: &Hand,
        ledger: Arc<dyn Ledger>,
        vault: Vault,
    ) -> Result<(World, Arc<crate::cli::run::Bar>), Exit> {
        let systems = self.systems(hand, vault).await?;
        let (world, bar) = world(hand, self.then.as_ref().unwrap_or(&self.home), self.flow(), systems, ledger);
        // A version that is kept stays as old as it is.
        let kept = if self.then.is_some() { Arc::from([]) } else { world.kept.clone() };
        Ok((World { tenant: self.home.tenant.clone(), kept, ..world }, bar))
    }

    async fn systems(&self, hand: &Hand, vault: Vault) -> Result<Vec<System>, Exit> {
        let mut opener = Opener::new(hand, &self.home, vault)?;
        let Some(then) = &self.then else { return opener.of_flow(self.now()).await };
        let (now, then) = (self.now(), open::only_flow(then));
        let mut systems = Vec::new();
        for role in &then.program.roles {
            let same = now.program.roles.iter().position(|known| known.name == role.name);
            let name = same.map_or(&role.connector.name, |number| &now.connections[number]);
            systems.push(opener.as_it_was(name, &role.connector).await?);
        }
        Ok(systems)
    }
}

/// Runs the command.
pub(super) async fn resend(hand: &Hand, args: ResendArgs) -> Exit {
    let home = match open::recorded(hand) {
        Ok(home) => home,
        Err(exit) => return exit,
    };
    // 1. Which records: those that cannot be sent again are told.
    let reader = match open::ledger_to_read(hand, &home) {
        Ok(reader) => reader,
        Err(exit) => return exit,
    };
    let choice = match choose(hand, &home, &*reader, &args).await {
        Ok(Ok(choice)) => choice,
        Ok(Err(exit)) => return exit,
        Err(error) => return open::refused(hand, &error),
    };
    for (words, next) in choice.passed_by() {
        hand.terminal.tell(&words);
        hand.terminal.tell(&format!("next:  {next}"));
    }
    if choice.sent.is_empty() {
        return choice.exit();
    }
    let batches = match batches(hand, &*reader, &choice, args.original).await {
        Ok(batches) => batches,
        Err(exit) => return exit,
    };
    // 2. What that would do. The ledger is free meanwhile: a person may think about it.
    let mut would = Exit::Done;
    if !(args.yes && args.json) {
        for batch in &batches {
            let vault = open::vault_to_read(hand, &home, reader.clone());
            let (world, bar) = match batch.world(hand, reader.clone(), vault).await {
                Ok(world) => world,
                Err(exit) => return exit,
            };
            let planned = run::plan(&batch.flow().graph, &world, &batch.options()).await;
            bar.finish();
            if args.json {
                hand.terminal.say(&plan::value(&planned, batch.sources()).to_string());
            } else {
                let style = hand.terminal.style();
                hand.terminal.say(plan::records(&planned, batch.sources(), style).trim_end());
            }
            if let Some(problem) = summary::ended(&planned.report) {
                open::problem(hand, &problem, batch.sources());
            }
            would = would.worse(exit::of_report(&planned.report));
        }
        if !args.yes && !agreed(hand, choice.sent.len()) {
            return would;
        }
    }
    // 3. It is done.
    drop(reader);
    let ledger = match open::ledger(hand, &home) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };
    let mut exit = choice.exit();
    for batch in &batches {
        let vault = open::vault(hand, &home, ledger.clone());
        let (world, bar) = match batch.world(hand, ledger.clone(), vault).await {
            Ok(world) => world,
            Err(exit) => return exit,
        };
        let report = run::run(&batch.flow().graph, &world, &batch.options()).await;
        bar.finish();
        if args.json {
            hand.terminal.say(&summary::value(&report, batch.sources()).to_string());
        } else {
            hand.terminal.say(&summary::text(&hand.terminal, &report, batch.sources()));
        }
        if let Some(problem) = summary::ended(&report) {
            open::problem(hand, &problem, batch.sources());
        }
        exit = exit.worse(exit::of_report(&report));
    }
    exit
}

/// Asks the person; without one nothing is changed.
fn agreed(hand: &Hand, count: usize) -> bool {
    let many = if count == 1 { "this record".to_owned() } else { format!("these {count} records") };
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        hand.terminal.tell(&format!("nothing was changed: --yes sends {many} again"));
        return false;
    }
    hand.terminal.tell(&format!("send {many} again? [y/N]"));
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    let yes = read.is_ok() && matches!(line.trim(), "y" | "Y" | "yes" | "j" | "ja");
    if !yes {
        hand.terminal.tell("nothing was changed");
    }
    yes
}

/// The records by flow, and by version where they are sent on the one that they began with.
async fn batches(hand: &Hand, ledger: &dyn Ledger, choice: &Choice, original: bool) -> Result<Vec<Batch>, Exit> {
    let mut by_version: BTreeMap<(&str, Option<[u8; 32]>), Vec<&Summary>> = BTreeMap::new();
    for summary in &choice.sent {
        let version = original.then_some(summary.version.0);
        by_version.entry((&summary.flow, version)).or_default().push(summary);
    }
    let mut all = Vec::new();
    for ((flow, version), records) in by_version {
        let home = open::workspace(hand, &[flow.to_owned()], Depth::Bound)?;
        let then = match version {
            None => None,
            Some(version) => {
                let scope = Scope::new(home.tenant.clone(), flow);
                let kept = ledger.versions(&scope).await.map_err(|error| open::refused(hand, &error))?;
                let kept = kept.into_iter().find(|kept| kept.hash.0 == version);
                match kept.map(|kept| workspace::recall(&kept.files)) {
                    Some(Ok(then)) => Some(then),
                    Some(Err(problems)) => return Err(unreadable(hand, flow, &problems)),
                    None => return Err(not_kept(hand, flow, records[0])),
                }
            }
        };
        all.push(Batch { home, then, keys: records.iter().map(|summary| summary.key.clone()).collect() });
    }
    Ok(all)
}

fn unreadable(hand: &Hand, flow: &str, problems: &Problems) -> Exit {
    open::refuse(hand, problems);
    let words = format!("the version of `{flow}` that they began with cannot be read any more");
    hand.terminal.wrong(codes::command::NOTHING, &words, Some(CURRENT));
    Exit::Config
}

fn not_kept(hand: &Hand, flow: &str, record: &Summary) -> Exit {
    let title = shell(&record.title);
    let words = format!("the version of `{flow}` that {title} began with is not kept");
    hand.terminal.wrong(codes::command::NOTHING, &words, Some(CURRENT));
    Exit::Config
}

const CURRENT: &str = "without --original they are sent on the flow as it is now";
