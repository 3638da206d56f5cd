//! What can go wrong with the store, in words that name its file.

use std::fmt;
use std::path::PathBuf;

use crate::ledger::Lane;

/// What went wrong with the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerError {
    /// Another process has it open for writing.
    Locked {
        /// The ledger's file.
        path: PathBuf,
        /// Who: its process number.
        holder: String,
    },
    /// A newer koppel wrote it.
    Newer {
        /// The ledger's file.
        path: PathBuf,
        /// The version of the file.
        found: u32,
        /// The newest version this koppel knows.
        known: u32,
    },
    /// An older koppel wrote it, and it was opened for reading only.
    Older {
        /// The ledger's file.
        path: PathBuf,
        /// The version of the file.
        found: u32,
        /// The version this koppel reads.
        known: u32,
    },
    /// It is not a ledger, or no longer a sound one.
    Corrupt {
        /// The ledger's file.
        path: PathBuf,
        /// What was found.
        words: String,
    },
    /// It cannot be opened.
    Open {
        /// The ledger's file.
        path: PathBuf,
        /// Why.
        words: String,
    },
    /// Something else keeps its file busy; nothing was changed, the call may be made again.
    Busy {
        /// The ledger's file.
        path: PathBuf,
    },
    /// A put could not be made durable; from now on it takes no puts.
    Broken {
        /// The ledger's file.
        path: PathBuf,
        /// Why.
        words: String,
    },
    /// It was opened for reading only.
    ReadOnly {
        /// The ledger's file.
        path: PathBuf,
    },
    /// The claim of the put is no longer the lane's: nothing was changed.
    Stale {
        /// The lane.
        lane: Lane,
        /// The put's epoch.
        epoch: u64,
    },
    /// What was asked for is not recorded: nothing was changed.
    Unknown {
        /// What is missing.
        what: String,
    },
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { path, holder } => write!(f, "the ledger `{}` is in use by {holder}", path.display()),
            Self::Newer { path, found, known } => write!(
                f,
                "the ledger `{}` is of version {found}, this koppel knows versions up to {known}: use a newer koppel",
                path.display()
            ),
            Self::Older { path, found, known } => write!(
                f,
                "the ledger `{}` is of version {found}, this koppel reads version {known}: a run brings it up to date",
                path.display()
            ),
            Self::Corrupt { path, words } => write!(f, "`{}` is not a sound ledger: {words}", path.display()),
            Self::Open { path, words } => write!(f, "the ledger `{}` cannot be opened: {words}", path.display()),
            Self::Busy { path } => write!(f, "the ledger `{}` is kept busy by another program", path.display()),
            Self::Broken { path, words } => {
                write!(f, "the ledger `{}` takes nothing more: {words}", path.display())
            }
            Self::ReadOnly { path } => write!(f, "the ledger `{}` is open for reading only", path.display()),
            Self::Stale { lane, epoch } => {
                write!(f, "the claim {epoch} on lane `{}` of `{}` has passed to another", lane.name, lane.tenant)
            }
            Self::Unknown { what } => write!(f, "the ledger knows no {what}"),
        }
    }
}

impl std::error::Error for LedgerError {}
