//! The ledger in one SQLite file: one writer at a time, every put synced to the disk before it is answered.

mod activity;
mod attempts;
mod cell;
mod desk;
mod door;
mod erase;
mod flows;
mod intake;
mod lanes;
mod letters;
mod links;
mod lock;
mod open;
mod progress;
mod records;
mod retain;
mod tokens;
mod writer;

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::ledger::{LedgerError, Reply};

use desk::Desk;
use lock::Lock;
use writer::{Fail, Kind, Writer};

/// A ledger in a file.
///
/// The file `<path>.lock` beside it is held while it is open for writing, and names the process.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    // Closed before the lock is freed: fields are dropped in their order.
    desk: Desk,
    _lock: Option<Lock>,
}

impl Sqlite {
    /// Opens it for writing, and makes it if there is none; work is done on a thread of its own, which commits what
    /// is asked at the same time together.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        Self::open_as(path, &format!("process {}", std::process::id()))
    }

    /// The same in a name that others are told who find it in use: `process 12, doing this, since then`.
    pub fn open_as(path: impl AsRef<Path>, name: &str) -> Result<Self, LedgerError> {
        let (writer, lock) = Self::writer(path.as_ref(), name)?;
        Ok(Self { path: writer.path.clone(), desk: Desk::thread(writer)?, _lock: Some(lock) })
    }

    /// Opens it for writing; work is done by the caller, in the call: for a clock that is paused.
    pub fn open_inline(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        let name = format!("process {}", std::process::id());
        let (writer, lock) = Self::writer(path.as_ref(), &name)?;
        Ok(Self { path: writer.path.clone(), desk: Desk::inline(writer), _lock: Some(lock) })
    }

    /// Opens it for reading, also while another process writes; every put is refused.
    pub fn open_reader(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        let path = path.as_ref().to_owned();
        let writer = Writer::new(open::for_reading(&path)?, path.clone(), true);
        Ok(Self { path, desk: Desk::thread(writer)?, _lock: None })
    }

    fn writer(path: &Path, name: &str) -> Result<(Writer, Lock), LedgerError> {
        let lock = Lock::take(path, name)?;
        let connection = open::for_writing(path)?;
        Ok((Writer::new(connection, path.to_owned(), false), lock))
    }

    /// The ledger's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many times it synced something to the disk since it was opened.
    pub fn commits(&self) -> u64 {
        self.desk.commits()
    }

    /// Reads the whole file and says whether it is sound.
    pub fn integrity(&self) -> Reply<'_, ()> {
        let path = self.path.clone();
        self.call(Kind::Read, move |connection| Ok(open::check(connection, &path)?))
    }

    /// Copies a ledger to another file, which is there whole and sound or not at all; also while a process writes it.
    pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), LedgerError> {
        open::copy(&open::for_copying(from.as_ref())?, to.as_ref())
    }

    /// Writes a copy of all that is recorded to another file, which is there whole or not at all.
    pub fn backup(&self, to: &Path) -> Reply<'_, ()> {
        let to = to.to_owned();
        self.call(Kind::Alone, move |connection| Ok(open::copy(connection, &to)?))
    }

    fn call<T, F>(&self, kind: Kind, work: F) -> Reply<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fail> + Send + 'static,
    {
        Box::pin(self.desk.call(kind, work, &self.path))
    }

    fn put<T, F>(&self, work: F) -> Reply<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fail> + Send + 'static,
    {
        self.call(Kind::Put, work)
    }

    fn read<T, F>(&self, work: F) -> Reply<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fail> + Send + 'static,
    {
        self.call(Kind::Read, work)
    }
}
