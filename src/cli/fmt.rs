//! `koppel fmt`: flows and connectors in their canonical form.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::cli::Exit;
use crate::cli::args::FmtArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::report::{Source, SourceId, Sources, codes};
use crate::syntax;
use crate::workspace::{self, Depth, Request};

/// Runs the command.
pub(super) fn fmt(hand: &Hand, args: &FmtArgs) -> Exit {
    if args.files.iter().any(|file| file.as_os_str() == "-") {
        if args.files.len() > 1 {
            hand.terminal.wrong(codes::command::ARGUMENTS, "`-` stands alone", Some("koppel fmt - < FILE"));
            return Exit::Usage;
        }
        return standard_input(hand, args.check);
    }
    let files = match chosen(hand, &args.files) {
        Ok(files) => files,
        Err(exit) => return exit,
    };
    let (mut changed, mut worst) = (0_usize, Exit::Done);
    for path in &files {
        let name = shown(hand, path);
        let bytes = match std::fs::File::open(path).and_then(read) {
            Ok(bytes) => bytes,
            Err(error) => {
                hand.terminal.wrong(codes::command::FILE, &format!("`{name}` cannot be read: {error}"), None);
                worst = Exit::Usage;
                continue;
            }
        };
        let Some(text) = formatted(hand, &name, &bytes) else {
            worst = if worst == Exit::Done { Exit::Config } else { worst };
            continue;
        };
        if text.as_bytes() == bytes {
            continue;
        }
        changed += 1;
        if args.check {
            hand.terminal.say(&difference(&name, &String::from_utf8_lossy(&bytes), &text));
        } else if let Err(error) = workspace::replace(path, &text) {
            hand.terminal.wrong(
                codes::command::FILE,
                &format!("`{name}` cannot be written: {error}; it is as it was"),
                None,
            );
            worst = Exit::Failed;
        } else {
            hand.terminal.tell(&format!("{name}: written in its canonical form"));
        }
    }
    if args.check && changed > 0 {
        hand.terminal.tell(&format!("{} would change: run `koppel fmt`", counted(changed)));
    }
    if worst == Exit::Done && args.check && changed > 0 { Exit::Failed } else { worst }
}

fn counted(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

fn chosen(hand: &Hand, named: &[PathBuf]) -> Result<Vec<PathBuf>, Exit> {
    if !named.is_empty() {
        return Ok(named.iter().map(|file| hand.folder.join(file)).collect());
    }
    let request = Request { from: &hand.folder, folder: hand.workspace.as_deref(), flows: &[], depth: Depth::Files };
    let files = workspace::texts(&request).map_err(|problems| open::refuse(hand, &problems))?;
    if files.is_empty() {
        hand.terminal.wrong(codes::command::NOTHING, "there is no flow or connector here", Some("koppel fmt FILE"));
        return Err(Exit::Usage);
    }
    Ok(files)
}

fn standard_input(hand: &Hand, check: bool) -> Exit {
    let bytes = match read(std::io::stdin().lock()) {
        Ok(bytes) => bytes,
        Err(error) => {
            hand.terminal.wrong(codes::command::CANNOT, &format!("standard input cannot be read: {error}"), None);
            return Exit::Failed;
        }
    };
    let Some(text) = formatted(hand, "standard input", &bytes) else { return Exit::Config };
    if check {
        if text.as_bytes() == bytes {
            return Exit::Done;
        }
        hand.terminal.say(&difference("standard input", &String::from_utf8_lossy(&bytes), &text));
        return Exit::Failed;
    }
    let mut out = hand.terminal.stream();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Done,
        Err(error) => {
            hand.terminal.wrong(codes::command::CANNOT, &format!("standard output cannot be written: {error}"), None);
            Exit::Failed
        }
    }
}

/// All there is, or so much that it is too large.
fn read(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(syntax::LARGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The canonical text; none when the file has mistakes, which are told.
fn formatted(hand: &Hand, name: &str, bytes: &[u8]) -> Option<String> {
    let mut sources = Sources::default();
    let text = syntax::source_text(SourceId(0), bytes);
    let source = match text {
        Ok(text) => sources.add(name, text),
        Err(problem) => {
            sources.add(name, String::from_utf8_lossy(&bytes[..bytes.len().min(syntax::LARGEST_FILE)]));
            open::mistakes(hand, &[*problem], &sources);
            return None;
        }
    };
    match syntax::format(&source) {
        Ok(text) if means_the_same(&source, &text) => Some(text),
        Ok(_) => {
            let words = format!("`{name}` would mean something else in its canonical form; it is as it was");
            hand.terminal.wrong(
                codes::command::CANNOT,
                &words,
                Some("this is a mistake of koppel: tell its makers, with the file"),
            );
            None
        }
        Err(problems) => {
            open::mistakes(hand, &problems, &sources);
            None
        }
    }
}

/// Nothing is written that would not be read as before.
fn means_the_same(before: &Source, after: &str) -> bool {
    let after = Source { text: after.into(), ..before.clone() };
    let before = Source { text: before.text.replace("\r\n", "\n").into(), ..before.clone() };
    match (syntax::parse(&before), syntax::parse(&after)) {
        (Ok(before), Ok(after)) => syntax::outline(&before) == syntax::outline(&after),
        _ => false,
    }
}

fn difference(name: &str, before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    let text = difference.unified_diff().header(name, &format!("{name}, canonical")).to_string();
    text.trim_end().to_owned()
}

/// The path from where the command stands.
fn shown(hand: &Hand, path: &Path) -> String {
    path.strip_prefix(&hand.folder).unwrap_or(path).display().to_string()
}
