//! `koppel lsp`: an editor speaks on standard input, and is answered on standard output.

use std::env;
use std::path::PathBuf;

use crate::cli::Exit;
use crate::lsp::{Ended, Options, speak};

/// Runs the command.
pub(super) fn lsp() -> Exit {
    match speak(std::io::stdin(), std::io::stdout(), Options { cache: cache() }) {
        Ended::Well => Exit::Done,
        Ended::Abruptly => Exit::Failed,
    }
}

/// Where connectors that the binary holds are laid for editors that want a file.
fn cache() -> PathBuf {
    let own = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home =
        env::var_os("HOME").or_else(|| env::var_os("LOCALAPPDATA")).map(|home| PathBuf::from(home).join(".cache"));
    let folder = own.filter(|folder| folder.is_absolute()).or(home).unwrap_or_else(env::temp_dir);
    folder.join("koppel").join(env!("CARGO_PKG_VERSION"))
}
