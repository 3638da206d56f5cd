//! The file beside the ledger that lets one process write: the path goes in, the held lock comes out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ledger::LedgerError;

/// How often it is looked who has it, and how long between two looks.
const TRIES: u32 = 50;
const MOMENT: Duration = Duration::from_millis(4);
/// The longest line that is read.
const NAME: u64 = 1024;

/// The right to write a ledger, given back when it is dropped or the process ends, however that is.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it at once in this name, or says who has it.
    pub(super) fn take(ledger: &Path, name: &str) -> Result<Self, LedgerError> {
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
        // In one go: who reads it sees a whole line, or none.
        file.write_all(format!("{}\n", name.replace(char::is_control, " ")).as_bytes()).map_err(cannot)?;
        Ok(Self { _file: file })
    }
}

/// The name of the lock of a ledger; a link to a ledger has the lock of what it leads to.
fn beside(ledger: &Path) -> PathBuf {
    let mut name = std::fs::canonicalize(ledger).unwrap_or_else(|_| ledger.to_owned()).into_os_string();
    name.push(".lock");
    name.into()
}

/// Who has it, as it says itself; who has only just taken it is given a moment to say so.
fn holder(file: &mut File) -> String {
    for _ in 0..TRIES {
        let mut text = Vec::new();
        let read = file.rewind().and_then(|()| file.take(NAME).read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        if read.is_ok() && text.ends_with('\n') && is_there(&text) {
            return text.trim().to_owned();
        }
        std::thread::park_timeout(MOMENT);
    }
    "another process".to_owned()
}

/// The process that the line begins with has not ended: a line that a dead one left says nothing of who has the lock now.
fn is_there(line: &str) -> bool {
    let number =
        line.strip_prefix("process ").and_then(|rest| rest.split(|letter: char| !letter.is_ascii_digit()).next());
    let known = Path::new("/proc/self").exists();
    number.is_none_or(|number| !known || Path::new("/proc").join(number).exists())
}
