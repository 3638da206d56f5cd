//! Where calls are handed in: to the ledger's own thread, or done on the spot.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::ledger::LedgerError;

use super::writer::{Call, Fail, Job, Kind, Writer};

/// More jobs than these are committed in several groups, so that none waits too long.
const GROUP: usize = 512;

/// The way to the writer.
#[derive(Debug)]
pub(super) struct Desk {
    commits: Arc<AtomicU64>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Thread { jobs: Option<mpsc::Sender<Job>>, thread: Option<JoinHandle<()>> },
    Inline(Box<Mutex<Writer>>),
}

impl Desk {
    /// Starts the ledger's thread.
    pub(super) fn thread(writer: Writer) -> Result<Self, LedgerError> {
        let (jobs, inbox) = mpsc::channel();
        let (commits, path) = (writer.commits.clone(), writer.path.clone());
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || work(writer, &inbox));
        let thread = thread.map_err(|error| LedgerError::Open { path, words: format!("no thread: {error}") })?;
        Ok(Self { commits, place: Place::Thread { jobs: Some(jobs), thread: Some(thread) } })
    }

    /// Works on the caller's thread.
    pub(super) fn inline(writer: Writer) -> Self {
        Self { commits: writer.commits.clone(), place: Place::Inline(Box::new(Mutex::new(writer))) }
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Hands a call in and waits for its answer.
    pub(super) async fn call<T, F>(&self, kind: Kind, work: F, path: &Path) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fail> + Send + 'static,
    {
        let ended = || LedgerError::Broken { path: path.to_owned(), words: "its thread has ended".to_owned() };
        let (reply, answer) = oneshot::channel();
        let job = Job { kind, work: Box::new(Call { work: Some(work), found: None, reply }) };
        match &self.place {
            Place::Thread { jobs: Some(jobs), .. } => jobs.send(job).map_err(|_| ended())?,
            Place::Thread { jobs: None, .. } => return Err(ended()),
            Place::Inline(writer) => writer.lock().map_err(|_| ended())?.group(vec![job]),
        }
        answer.await.unwrap_or_else(|_| Err(ended()))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Place::Thread { jobs, thread } = &mut self.place {
            drop(jobs.take());
            if let Some(thread) = thread.take() {
                // A panic in there was answered with `ended` to all who waited.
                let _ended = thread.join();
            }
        }
    }
}

/// Takes what has come in, together, until nobody can hand in any more.
fn work(mut writer: Writer, inbox: &mpsc::Receiver<Job>) {
    let mut kept = None;
    while let Some(first) = kept.take().or_else(|| inbox.recv().ok()) {
        let mut group = vec![first];
        while group[0].kind != Kind::Alone && group.len() < GROUP {
            match inbox.try_recv() {
                Ok(alone) if alone.kind == Kind::Alone => {
                    kept = Some(alone);
                    break;
                }
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        writer.group(group);
    }
}
