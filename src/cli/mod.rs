//! Speaks to the person: a command line goes in; words on the terminal and an exit code come out.

mod args;
mod backup;
mod builtins;
mod causes;
mod check;
mod completions;
mod connect;
mod demo;
mod diff;
mod exit;
mod explain;
mod fmt;
mod forget;
mod graph;
mod hand;
mod inbox;
mod log;
mod login;
mod logs;
mod lsp;
mod map;
mod open;
mod pause;
mod plan;
mod pretty;
mod reconcile;
mod records;
mod resend;
mod resolve;
mod run;
mod sandbox;
mod secret;
mod show;
mod status;
mod summary;
mod terminal;
mod test;
mod usage;
mod watch;
mod why;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::Exit;
use hand::Hand;

use crate::report::{Sources, codes};

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    let line: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let json = usage::wants_json(&line);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            match usage::refusal(&error, &line) {
                Some(problem) => Hand::new(None, json).terminal.refuse(&[problem], &Sources::default()),
                // Help and the version come this way too, and end well.
                None => {
                    let _ = error.print();
                }
            }
            return u8::try_from(error.exit_code()).map_or(Exit::Usage.into(), ExitCode::from);
        }
    };
    let hand = Hand::new(cli.workspace, json);
    let exit = match cli.command {
        Command::Check(args) => check::check(&hand, &args),
        Command::Builtins(args) => builtins::builtins(&hand, &args),
        Command::Explain(args) => explain::explain(&hand, &args),
        Command::Fmt(args) => fmt::fmt(&hand, &args),
        Command::Graph(args) => graph::graph(&hand, &args),
        Command::Backup(args) => backup::backup(&hand, &args),
        Command::Map(args) => map::map(&hand, &args),
        Command::Lsp => lsp::lsp(),
        Command::Completions(args) => completions::completions(&hand, &args),
        Command::Man => completions::manual(&hand),
        command => in_time(&hand, command),
    };
    exit.into()
}

/// Does what takes time and can be told to stop.
fn in_time(hand: &Hand, command: Command) -> Exit {
    if let Err(exit) = logs::begin(hand) {
        return exit;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            hand.terminal.wrong(codes::command::CANNOT, &format!("no threads can be had: {error}"), None);
            return Exit::Failed;
        }
    };
    let last_words = matches!(command, Command::Run(_) | Command::Demo(_));
    // On a thread of its own: whatever the work waits for, a signal is heard.
    let heeds = {
        let _inside = runtime.enter();
        hand.clone().heed_signals(last_words)
    };
    runtime.spawn(heeds);
    let exit = runtime.block_on(work(hand, command));
    // What still runs there has nothing to say.
    runtime.shutdown_background();
    exit
}

async fn work(hand: &Hand, command: Command) -> Exit {
    match command {
        Command::Demo(args) => demo::demo(hand, &args).await,
        Command::Sandbox(args) => sandbox::sandbox(hand, &args).await,
        Command::Connect(args) => connect::connect(hand, &args).await,
        Command::Run(args) => run::run(hand, args).await,
        Command::Why(args) => why::why(hand, args).await,
        Command::Diff(args) => diff::diff(hand, args).await,
        Command::Plan(args) => plan::plan(hand, args).await,
        Command::Test(args) => test::test(hand, &args).await,
        Command::Log(args) => log::log(hand, args).await,
        Command::Forget(args) => forget::forget(hand, args).await,
        Command::Resend(args) => resend::resend(hand, args).await,
        Command::Reconcile(args) => reconcile::reconcile(hand, args).await,
        Command::Resolve(args) => resolve::resolve(hand, args).await,
        Command::Check(args) => check::check(hand, &args),
        Command::Builtins(args) => builtins::builtins(hand, &args),
        Command::Explain(args) => explain::explain(hand, &args),
        Command::Fmt(args) => fmt::fmt(hand, &args),
        Command::Graph(args) => graph::graph(hand, &args),
        Command::Backup(args) => backup::backup(hand, &args),
        Command::Map(args) => map::map(hand, &args),
        Command::Lsp => lsp::lsp(),
        Command::Status(args) => status::status(hand, &args).await,
        Command::Pause(args) => pause::pause(hand, args).await,
        Command::Resume(args) => pause::resume(hand, args).await,
        Command::Completions(args) => completions::completions(hand, &args),
        Command::Man => completions::manual(hand),
    }
}
