//! The ledger: what both bodies answer alike, and what the file does besides.

mod agree;
mod bench;
mod conform;
mod file;
mod shadow;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use koppel::ledger::{
    Answer, Claim, Claimed, End, Hash, Incoming, Lane, Ledger, Memory, Outcome, Page, Record, Reservation, Scope,
    Settlement, Sqlite, Status, Window,
};

const TTL: Duration = Duration::from_secs(60);

/// So many seconds into the tests' day.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).expect("it is within time")
}

fn hash(byte: u8) -> Hash {
    Hash([byte; 32])
}

fn scope() -> Scope {
    Scope::new("shop", "orders")
}

fn lane() -> Lane {
    Lane::new("shop", "books")
}

async fn claim(ledger: &dyn Ledger) -> Claim {
    match ledger.claim(&lane(), "we", at(0), TTL).await.expect("a lane") {
        Claimed::Granted(claim) => claim,
        taken => panic!("{taken:?}"),
    }
}

/// An order; its body and content hash say which `body` it has.
fn order(key: &str, body: u8) -> Incoming {
    Incoming {
        key: key.to_owned(),
        title: format!("T-{key}"),
        order: 0,
        source: vec![body; 3],
        content: hash(body),
        version: hash(100),
    }
}

fn page(records: impl IntoIterator<Item = Incoming>) -> Page {
    Page { records: records.into_iter().collect(), cursor: None }
}

fn outcome(status: Status) -> Outcome {
    Outcome {
        status,
        code: None,
        reason: None,
        step: None,
        place: None,
        field: None,
        value: None,
        made: Vec::new(),
        decided: Vec::new(),
        requests: 0,
        version: hash(100),
        personal: Vec::new(),
    }
}

fn end(key: &str, round: u32, status: Status) -> End {
    End { key: key.to_owned(), round, outcome: outcome(status), due: None }
}

fn write(key: &str, n: u32) -> Reservation {
    Reservation { key: key.to_owned(), step: "invoice".to_owned(), n, key_text: format!("MWW-{key}"), body: hash(1) }
}

fn settle(key: &str, n: u32, answer: Answer) -> Settlement {
    let (key, step) = (key.to_owned(), "invoice".to_owned());
    Settlement { key, step, n, answer, links: Vec::new(), steps: Vec::new() }
}

fn made(id: &str) -> Answer {
    Answer::Made { id: id.to_owned() }
}

/// All that waits and is due by that second.
async fn waiting(ledger: &dyn Ledger, second: i64) -> Vec<Record> {
    let window = Window { limit: 1000, after: None, due_by: at(second) };
    ledger.waiting(&scope(), window).await.expect("records")
}

async fn waiting_keys(ledger: &dyn Ledger, second: i64) -> Vec<String> {
    waiting(ledger, second).await.into_iter().map(|record| record.summary.key).collect()
}

/// A folder of its own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ledger").join(name.replace("::", "-"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
    std::fs::create_dir_all(&folder).expect("it is ours");
    folder
}

/// Each body of the ledger, empty.
fn bodies(test: &str) -> [Arc<dyn Ledger>; 3] {
    let folder = folder(test);
    let own_thread = Sqlite::open(folder.join("thread.db")).expect("a ledger");
    let inline = Sqlite::open_inline(folder.join("inline.db")).expect("a ledger");
    [Arc::new(Memory::new()), Arc::new(own_thread), Arc::new(inline)]
}
