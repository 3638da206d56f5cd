//! `koppel completions` and `koppel man`: what shells and readers of manuals need, from the command line itself.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::Exit;
use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::hand::Hand;
use crate::report::codes;

/// Writes what a shell needs.
pub(super) fn completions(hand: &Hand, args: &CompletionsArgs) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "koppel", &mut text);
    put(hand, &text)
}

/// Writes the manual: one page that holds every command.
pub(super) fn manual(hand: &Hand) -> Exit {
    let mut text = Vec::new();
    match page(&mut text) {
        Ok(()) => put(hand, &text),
        Err(error) => cannot(hand, &error),
    }
}

fn page(out: &mut Vec<u8>) -> io::Result<()> {
    let mut whole = Cli::command();
    whole.build();
    let man = Man::new(whole.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    writeln!(out, ".SH COMMANDS")?;
    for command in whole.get_subcommands().filter(|command| !command.is_hide_set()) {
        writeln!(out, ".SS koppel {}", command.get_name())?;
        told(command, out)?;
    }
    man.render_version_section(out)
}

/// A command's own sections, below the head that is its name.
fn told(command: &Command, out: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(command.clone());
    let mut sections = Vec::new();
    man.render_description_section(&mut sections)?;
    man.render_synopsis_section(&mut sections)?;
    man.render_options_section(&mut sections)?;
    for line in String::from_utf8_lossy(&sections).lines() {
        match line {
            ".SH DESCRIPTION" => {}
            // One level lower than in a page of its own.
            ".SH SYNOPSIS" | ".SH OPTIONS" => writeln!(out, ".PP")?,
            line => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

fn put(hand: &Hand, text: &[u8]) -> Exit {
    let mut out = hand.terminal.stream();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => Exit::Done,
        // A reader that went away has all that it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => cannot(hand, &error),
    }
}

fn cannot(hand: &Hand, error: &io::Error) -> Exit {
    hand.terminal.wrong(codes::command::CANNOT, &format!("it cannot be written: {error}"), None);
    Exit::Failed
}
