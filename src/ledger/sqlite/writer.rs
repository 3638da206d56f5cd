//! Jobs go in, done together in one transaction; each is answered after the commit, and only then.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, Error, ErrorCode};
use tokio::sync::oneshot;

use crate::ledger::LedgerError;

/// What a job needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes nothing.
    Read,
    /// It changes something.
    Put,
    /// It erases something, which must be gone from the log too.
    Erase,
    /// It may erase something, which is to be gone from the log soon.
    Sweep,
    /// It cannot stand inside a transaction.
    Alone,
}

/// Why a job came to nothing.
#[derive(Debug)]
pub(super) enum Fail {
    /// The ledger says no; the others of its group go on.
    Refused(LedgerError),
    /// SQLite says no.
    Sql(Error),
}

impl From<LedgerError> for Fail {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

/// A job whose kind of answer is its own business.
pub(super) trait Work: Send {
    /// Does it; keeps what it found until it is delivered.
    fn run(&mut self, connection: &Connection) -> Result<(), Fail>;

    /// Answers the caller: with what was found, or with why it does not hold.
    fn deliver(self: Box<Self>, verdict: Result<(), LedgerError>);
}

/// A job to do.
pub(super) struct Job {
    pub(super) kind: Kind,
    pub(super) work: Box<dyn Work>,
}

/// A closure, what it found, and who waits for it.
pub(super) struct Call<T, F> {
    pub(super) work: Option<F>,
    pub(super) found: Option<T>,
    pub(super) reply: oneshot::Sender<Result<T, LedgerError>>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, Fail> + Send> Work for Call<T, F> {
    fn run(&mut self, connection: &Connection) -> Result<(), Fail> {
        let work = self.work.take().expect("a job is run once");
        self.found = Some(work(connection)?);
        Ok(())
    }

    fn deliver(self: Box<Self>, verdict: Result<(), LedgerError>) {
        let Self { found, reply, .. } = *self;
        let answer = verdict.map(|()| found.expect("a job that went well has found something"));
        // A caller that went away wants no answer.
        let _gone = reply.send(answer);
    }
}

/// The one connection.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) commits: Arc<AtomicU64>,
    connection: Connection,
    read_only: bool,
    broken: Option<String>,
    /// Something was swept that the log may still hold.
    unscrubbed: bool,
}

impl Writer {
    pub(super) fn new(connection: Connection, path: PathBuf, read_only: bool) -> Self {
        Self { path, commits: Arc::default(), connection, read_only, broken: None, unscrubbed: false }
    }

    /// Does the jobs in one transaction, each under a savepoint, commits, and answers them all.
    pub(super) fn group(&mut self, jobs: Vec<Job>) {
        // 1. puts are refused where they cannot be kept
        let refusal = self.refusal();
        let (jobs, refused): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| refusal.is_none() || matches!(job.kind, Kind::Read | Kind::Alone));
        if let Some(refusal) = refusal {
            refused.into_iter().for_each(|job| job.work.deliver(Err(refusal.clone())));
        }
        // 2. all that is left, or nothing of it
        let (mut jobs, writes) = (jobs, self.connection.total_changes());
        let erases = jobs.iter().any(|job| job.kind == Kind::Erase);
        let sweeps = jobs.iter().any(|job| job.kind == Kind::Sweep);
        let mut verdicts = Vec::with_capacity(jobs.len());
        let done = self.attempt(&mut jobs, &mut verdicts);
        if done.is_ok() {
            let wrote = self.connection.total_changes() != writes;
            self.commits.fetch_add(u64::from(wrote), Ordering::Relaxed);
            self.unscrubbed |= sweeps && wrote;
        }
        if done.is_ok() && (erases || sweeps && self.unscrubbed) {
            let emptied = self.scrub();
            self.unscrubbed = emptied.is_err();
            if let (Err(error), true) = (emptied, erases) {
                // It is gone from the ledger but not from the log: who erases must know, and may ask again.
                verdicts.iter_mut().filter(|verdict| verdict.is_ok()).for_each(|verdict| *verdict = Err(error.clone()));
            }
        }
        // 3. the answers
        match done {
            Ok(()) => jobs.into_iter().zip(verdicts).for_each(|(job, verdict)| job.work.deliver(verdict)),
            Err(error) => jobs.into_iter().for_each(|job| job.work.deliver(Err(error.clone()))),
        }
    }

    fn refusal(&self) -> Option<LedgerError> {
        if self.read_only {
            return Some(LedgerError::ReadOnly { path: self.path.clone() });
        }
        self.broken.clone().map(|words| LedgerError::Broken { path: self.path.clone(), words })
    }

    fn attempt(&mut self, jobs: &mut [Job], verdicts: &mut Vec<Result<(), LedgerError>>) -> Result<(), LedgerError> {
        if let [Job { kind: Kind::Alone, work }] = jobs {
            verdicts.push(work.run(&self.connection).map_err(|fail| self.say(fail)));
            return Ok(());
        }
        let writes = jobs.iter().any(|job| job.kind != Kind::Read);
        let begin = if writes { "BEGIN IMMEDIATE" } else { "BEGIN DEFERRED" };
        if let Err(error) = self.execute(begin) {
            return Err(self.give_up(error, writes));
        }
        for job in jobs {
            match self.under_savepoint(job) {
                Ok(verdict) => verdicts.push(verdict),
                Err(error) => return Err(self.give_up(error, writes)),
            }
        }
        self.execute("COMMIT").map_err(|error| self.give_up(error, writes))
    }

    /// The outer error ends the whole group, the inner one this job only.
    fn under_savepoint(&self, job: &mut Job) -> Result<Result<(), LedgerError>, Error> {
        self.execute("SAVEPOINT job")?;
        let verdict = match job.work.run(&self.connection) {
            Ok(()) => Ok(()),
            Err(Fail::Sql(error)) if is_fatal(&error) || self.connection.is_autocommit() => return Err(error),
            Err(fail) => {
                self.execute("ROLLBACK TO job")?;
                Err(self.say(fail))
            }
        };
        self.execute("RELEASE job")?;
        Ok(verdict)
    }

    /// Rolls back; a put that could not be made durable leaves a base that nothing may be sent on.
    fn give_up(&mut self, error: Error, writes: bool) -> LedgerError {
        if !self.connection.is_autocommit() {
            // What cannot be rolled back now is rolled back when the file is opened again.
            let _left = self.execute("ROLLBACK");
        }
        let said = explain(&self.path)(error);
        if !writes || matches!(said, LedgerError::Busy { .. }) {
            return said;
        }
        let words = match said {
            LedgerError::Open { words, .. } | LedgerError::Corrupt { words, .. } => words,
            other => other.to_string(),
        };
        self.broken = Some(words.clone());
        LedgerError::Broken { path: self.path.clone(), words }
    }

    /// Empties the log, so that what was erased is nowhere in the files.
    fn scrub(&self) -> Result<(), LedgerError> {
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        match emptied.map_err(explain(&self.path))? {
            0 => Ok(()),
            _ => Err(LedgerError::Busy { path: self.path.clone() }),
        }
    }

    fn execute(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute([]).map(|_| ())
    }

    fn say(&self, fail: Fail) -> LedgerError {
        match fail {
            Fail::Refused(error) => error,
            Fail::Sql(error) => explain(&self.path)(error),
        }
    }
}

/// Whether the file, not the statement, is at fault.
fn is_fatal(error: &Error) -> bool {
    use ErrorCode::{
        CannotOpen, DatabaseCorrupt, DiskFull, FileLockingProtocolFailed, NotADatabase, OutOfMemory, ReadOnly,
        SystemIoFailure,
    };
    let Some(code) = error.sqlite_error_code() else { return false };
    matches!(
        code,
        DiskFull
            | SystemIoFailure
            | DatabaseCorrupt
            | NotADatabase
            | ReadOnly
            | OutOfMemory
            | CannotOpen
            | FileLockingProtocolFailed
    )
}

/// Puts what SQLite says into words about that file.
pub(super) fn explain(path: &Path) -> impl Fn(Error) -> LedgerError {
    let path = path.to_owned();
    move |error| {
        let path = path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LedgerError::Busy { path },
            Some(ErrorCode::NotADatabase) => {
                LedgerError::Corrupt { path, words: "it is not a database, or its head is damaged".to_owned() }
            }
            Some(ErrorCode::DiskFull) => LedgerError::Open { path, words: "the disk is full".to_owned() },
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure) => {
                LedgerError::Open { path, words: plain(&error) }
            }
            _ => LedgerError::Corrupt { path, words: plain(&error) },
        }
    }
}

/// The message alone: where it is known, without the statement around it.
fn plain(error: &Error) -> String {
    match error {
        Error::SqliteFailure(_, Some(words)) => words.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(statement: &'static str) -> (Job, oneshot::Receiver<Result<usize, LedgerError>>) {
        let (reply, answer) = oneshot::channel();
        let work = move |connection: &Connection| Ok(connection.execute(statement, [])?);
        (Job { kind: Kind::Put, work: Box::new(Call { work: Some(work), found: None, reply }) }, answer)
    }

    #[test]
    fn a_full_disk_fails_the_whole_group_and_every_put_after_it() {
        let connection = Connection::open_in_memory().expect("it is in memory");
        connection.execute_batch("CREATE TABLE t (x BLOB); PRAGMA max_page_count = 20").expect("it is sound");
        let mut writer = Writer::new(connection, "full.db".into(), false);

        let (small, small_answer) = job("INSERT INTO t VALUES (zeroblob(10))");
        let (big, big_answer) = job("INSERT INTO t VALUES (zeroblob(1000000))");
        writer.group(vec![small, big]);
        let full = LedgerError::Broken { path: "full.db".into(), words: "the disk is full".to_owned() };
        for mut answer in [small_answer, big_answer] {
            assert_eq!(answer.try_recv(), Ok(Err(full.clone())));
        }

        let (next, mut answer) = job("INSERT INTO t VALUES (zeroblob(10))");
        writer.group(vec![next]);
        assert_eq!(answer.try_recv(), Ok(Err(full)));
        let count: i64 = writer.connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).expect("a count");
        assert_eq!(count, 0);
    }

    #[test]
    fn a_refused_job_leaves_the_others_of_its_group() {
        let connection = Connection::open_in_memory().expect("it is in memory");
        connection.execute_batch("CREATE TABLE t (x INTEGER PRIMARY KEY)").expect("it is sound");
        let mut writer = Writer::new(connection, "t.db".into(), false);

        let jobs = ["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"].map(job);
        let (jobs, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
        writer.group(jobs);
        let went_well: Vec<bool> =
            answers.into_iter().map(|mut answer| answer.try_recv().is_ok_and(|answer| answer.is_ok())).collect();
        assert_eq!(went_well, [true, false, true]);
        assert_eq!(writer.commits.load(Ordering::Relaxed), 1);
    }
}
