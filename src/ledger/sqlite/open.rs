//! A path goes in; a connection to a sound ledger of this version comes out.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::ledger::LedgerError;

use super::writer::explain;

/// What each version adds to the one before it; never changed, only added to.
const MIGRATIONS: [&str; 5] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
];

/// The version this koppel writes.
const KNOWN: u32 = MIGRATIONS.len() as u32;

/// From this version on pages that are freed go back to the disk.
const FREEING: u32 = 5;

/// Marks a SQLite file as a ledger: the letters `kopl`.
const APPLICATION: i32 = 0x6b6f_706c;

/// How often a copy is tried of a ledger that is kept busy, and how long between two tries.
const TRIES: u32 = 100;
const MOMENT: Duration = Duration::from_millis(50);

/// Opens for writing, under the lock; makes the ledger where there is none, and brings an older one up to date.
pub(super) fn for_writing(path: &Path) -> Result<Connection, LedgerError> {
    let fresh = !path.try_exists().map_err(|error| cannot(path, &error))?;
    if fresh {
        create(path)?;
    }
    refuse_empty(path)?;
    let unclean = fs::metadata(with(path, "-wal")).is_ok_and(|log| log.len() > 0);
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // 1. is it ours, and of a version we know? Nothing is changed before.
    let found = version(&connection, path)?;
    // 2. it was not closed: is it still sound?
    if unclean {
        check(&connection, path)?;
    }
    // 3. up to date, and no claim of a process that is gone
    let said = explain(path);
    pragmas(&connection).map_err(&said)?;
    migrate(&connection, found).map_err(&said)?;
    if found < FREEING {
        // Once, for a ledger of an older koppel. Where there is no room for it the freed pages are used again instead.
        let _freed = connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
    }
    connection
        .execute("UPDATE lanes SET holder = NULL, epoch = epoch + 1 WHERE holder IS NOT NULL", [])
        .map_err(&said)?;
    Ok(connection)
}

/// Opens for reading.
pub(super) fn for_reading(path: &Path) -> Result<Connection, LedgerError> {
    refuse_empty(path)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = version(&connection, path)?;
    if found < KNOWN {
        return Err(LedgerError::Older { path: path.to_owned(), found, known: KNOWN });
    }
    connection.pragma_update(None, "query_only", true).map_err(explain(path))?;
    Ok(connection)
}

/// Opens for a copy: as it is, of whatever version.
pub(super) fn for_copying(path: &Path) -> Result<Connection, LedgerError> {
    refuse_empty(path)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    version(&connection, path)?;
    Ok(connection)
}

/// Reads the whole file and says whether it is sound.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(explain(path))?;
    if found == "ok" { Ok(()) } else { Err(LedgerError::Corrupt { path: path.to_owned(), words: found }) }
}

/// Copies the whole ledger to another file, which is there whole or not at all.
pub(super) fn copy(connection: &Connection, to: &Path) -> Result<(), LedgerError> {
    let draft = with(to, ".new");
    let leftovers = || [draft.clone(), with(&draft, "-wal"), with(&draft, "-shm"), with(&draft, "-journal")];
    leftovers().iter().try_for_each(|leftover| remove(leftover))?;
    let copied = copy_whole(connection, &draft, to).and_then(|()| settle(&draft, to));
    if copied.is_err() {
        // Nothing half stays behind; what cannot be removed is in nobody's way.
        leftovers().iter().for_each(|leftover| drop(remove(leftover)));
    }
    copied
}

/// All pages at one go: in pieces, it would begin anew whenever another process writes between two of them.
fn copy_whole(connection: &Connection, draft: &Path, to: &Path) -> Result<(), LedgerError> {
    let said = explain(to);
    let mut copy = Connection::open(draft).map_err(&said)?;
    restrict(draft).map_err(|error| cannot(to, &error))?;
    let backup = Backup::new(connection, &mut copy).map_err(&said)?;
    for _ in 0..TRIES {
        match backup.step(-1).map_err(&said)? {
            StepResult::Done => {
                drop(backup);
                let found: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(&said)?;
                if found != "ok" {
                    let words = format!("the copy is not sound: {found}");
                    return Err(LedgerError::Corrupt { path: to.to_owned(), words });
                }
                return copy.close().map_err(|(_, error)| said(error));
            }
            _busy => std::thread::park_timeout(MOMENT),
        }
    }
    Err(LedgerError::Busy { path: to.to_owned() })
}

/// Makes an empty ledger aside, so that a crash leaves none rather than half a one.
fn create(path: &Path) -> Result<(), LedgerError> {
    let draft = with(path, ".new");
    for leftover in [draft.clone(), with(&draft, "-wal"), with(&draft, "-shm")] {
        remove(&leftover)?;
    }
    let said = explain(path);
    let connection = connect(&draft, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).map_err(
        |error| match error {
            LedgerError::Open { words, .. } => LedgerError::Open { path: path.to_owned(), words },
            other => other,
        },
    )?;
    connection.pragma_update(None, "auto_vacuum", "incremental").map_err(&said)?;
    connection.pragma_update(None, "application_id", APPLICATION).map_err(&said)?;
    migrate(&connection, 0).map_err(&said)?;
    connection.close().map_err(|(_, error)| said(error))?;
    settle(&draft, path)
}

/// Gives a finished file its name, for good; what is in it is for its owner alone.
fn settle(draft: &Path, path: &Path) -> Result<(), LedgerError> {
    restrict(draft).map_err(|error| cannot(path, &error))?;
    let renamed = File::open(draft).and_then(|file| file.sync_all()).and_then(|()| fs::rename(draft, path));
    renamed.map_err(|error| cannot(path, &error))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| cannot(path, &error))?;
    }
    Ok(())
}

/// For its owner alone.
fn restrict(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    let said = explain(path);
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(&said)?;
    connection.set_prepared_statement_cache_capacity(128);
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        // Else each use of a kept statement beside a partial index parses it anew, to look at its values.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ] {
        connection.set_db_config(setting, on).map_err(&said)?;
    }
    Ok(connection)
}

fn pragmas(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        return Err(rusqlite::Error::SqliteFailure(full, Some("no write-ahead log can be kept here".to_owned())));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update_and_check(None, "secure_delete", true, |row| row.get::<_, i64>(0))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |row| row.get::<_, i64>(0))?;
    Ok(())
}

/// The version of a ledger; anything else is refused.
fn version(connection: &Connection, path: &Path) -> Result<u32, LedgerError> {
    let said = explain(path);
    let ask = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(&said);
    let (application, found) = (ask("application_id")?, ask("user_version")?);
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    if application != i64::from(APPLICATION) || found == 0 {
        let words = "it is a database of another program".to_owned();
        return Err(LedgerError::Corrupt { path: path.to_owned(), words });
    }
    if found > KNOWN {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known: KNOWN });
    }
    Ok(found)
}

fn migrate(connection: &Connection, found: u32) -> rusqlite::Result<()> {
    for (version, statements) in (1..=KNOWN).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        let step = connection.unchecked_transaction()?;
        step.execute_batch(statements)?;
        step.pragma_update(None, "user_version", version)?;
        step.commit()?;
    }
    Ok(())
}

/// SQLite takes an empty file for an empty database: a ledger that lost its bytes would be taken for a new one.
fn refuse_empty(path: &Path) -> Result<(), LedgerError> {
    let file = fs::metadata(path).map_err(|error| cannot(path, &error))?;
    if !file.is_file() {
        return Err(LedgerError::Open { path: path.to_owned(), words: "it is not a file".to_owned() });
    }
    if file.len() == 0 {
        let words = "the file is empty: restore a backup, or remove it to begin anew".to_owned();
        return Err(LedgerError::Corrupt { path: path.to_owned(), words });
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), LedgerError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot(path, &error)),
        _ => Ok(()),
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> LedgerError {
    LedgerError::Open { path: path.to_owned(), words: error.to_string() }
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
