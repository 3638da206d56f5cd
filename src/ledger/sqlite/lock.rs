//! The file beside the ledger that lets one process write: the path goes in, the held lock comes out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::ledger::LedgerError;

/// The right to write a ledger, given back when it is dropped or the process ends, however that is.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it at once, or says who has it.
    pub(super) fn take(ledger: &Path) -> Result<Self, LedgerError> {
        let path = beside(ledger);
        let cannot = |error: std::io::Error| LedgerError::Open {
            path: ledger.to_owned(),
            words: format!("its lock `{}`: {error}", path.display()),
        };
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LedgerError::Locked { path: ledger.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        file.set_len(0).map_err(cannot)?;
        writeln!(file, "{}", std::process::id()).map_err(cannot)?;
        Ok(Self { _file: file })
    }
}

/// The name of the lock of a ledger; a link to a ledger has the lock of what it leads to.
fn beside(ledger: &Path) -> PathBuf {
    let mut name = std::fs::canonicalize(ledger).unwrap_or_else(|_| ledger.to_owned()).into_os_string();
    name.push(".lock");
    name.into()
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(64).read_to_string(&mut text);
    match text.trim() {
        number if read.is_ok() && !number.is_empty() => format!("process {number}"),
        _ => "another process".to_owned(),
    }
}
