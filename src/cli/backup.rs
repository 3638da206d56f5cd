//! `koppel backup`: a copy of the ledger, also while a run writes it.

use std::path::{Path, PathBuf};

use crate::cli::Exit;
use crate::cli::args::BackupArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::ledger::Sqlite;
use crate::report::codes;
use crate::workspace::{Depth, Workspace};

/// Runs the command.
pub(super) fn backup(hand: &Hand, args: &BackupArgs) -> Exit {
    let workspace = match open::workspace(hand, &[], Depth::Files) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let to = target(hand, &workspace, args.file.as_deref());
    if is_same(&to, &workspace.ledger) {
        let words = format!("`{}` is the ledger itself", to.display());
        hand.terminal.wrong(codes::command::FILE, &words, Some("koppel backup OTHER-FILE"));
        return Exit::Usage;
    }
    if to.exists() && !args.force {
        let next = "another name, or --force to write over it";
        hand.terminal.wrong(codes::command::FILE, &format!("`{}` is there already", to.display()), Some(next));
        return Exit::Failed;
    }
    match Sqlite::copy(&workspace.ledger, &to) {
        Ok(()) => {
            hand.terminal.say(&format!("{}: a sound copy of {}", to.display(), workspace.ledger.display()));
            Exit::Done
        }
        Err(error) => open::refused(hand, &error),
    }
}

/// The file that is meant: in a folder, and where none is named, it has the time for a name.
fn target(hand: &Hand, workspace: &Workspace, file: Option<&Path>) -> PathBuf {
    let time = hand.clock.now().to_zoned_datetime(workspace.zone.clone()).strftime("%Y%m%d-%H%M%S").to_string();
    let stem = workspace.ledger.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}-{time}.db");
    match file {
        Some(file) => {
            let file = hand.folder.join(file);
            if file.is_dir() { file.join(name) } else { file }
        }
        None => workspace.ledger.with_file_name(name),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
