//! Written down, synced, then sent: between an intent's write and its request lies a sync, for every request.

use koppel::ledger::{Attempt, Ledger, RecordFilter};

use super::trace::{self, Call};
use crate::support::drill::{Came, Drill, RUNTIME, scope};
use crate::support::figure::tell;
use crate::support::tools;

/// The row of an attempt as it stands in a page: its first cells, one behind the other.
pub fn row_of(attempt: &Attempt) -> String {
    assert_eq!(attempt.n, 0, "a run without faults needs no second attempt");
    format!("mainorders{}{}{}", attempt.key, attempt.step, attempt.key_text)
}

/// The call by which an attempt was sent.
fn sent<'c>(attempt: &Attempt, calls: &'c [Call]) -> &'c Call {
    let (path, carries) = match attempt.step.split(' ').next() {
        Some("create") => ("\"POST /v3/invoices HTTP".to_owned(), attempt.key_text.to_lowercase()),
        Some("call") => (format!("\"POST /v3/invoices/{}/send HTTP", attempt.key_text), String::new()),
        _ => {
            let email = attempt.key_text.split(['=', ',']).nth(1).expect("a debtor is known by its address");
            ("\"POST /v3/customers HTTP".to_owned(), email.to_lowercase())
        }
    };
    let is_it = |call: &&Call| call.words.contains(&path) && call.words.to_lowercase().contains(&carries);
    let mut all = calls.iter().filter(is_it);
    let one = all.next().unwrap_or_else(|| panic!("{} {} was sent", attempt.step, attempt.key_text));
    assert!(all.next().is_none(), "{} {} was sent once", attempt.step, attempt.key_text);
    one
}

/// Whether the row was written and synced before the request left.
fn is_synced_before(attempt: &Attempt, calls: &[Call]) -> bool {
    let (row, post) = (row_of(attempt), sent(attempt, calls));
    let written = calls.iter().find(|call| call.name == "pwrite64" && call.words.contains(&row));
    let written = written.unwrap_or_else(|| panic!("{row} was written"));
    calls.iter().any(|call| call.is_sync() && call.began >= written.ended && call.ended < post.began)
}

#[test]
fn every_request_that_makes_something_is_written_down_and_synced_before() {
    let Some(strace) = tools::strace("R5 written down, synced, then sent") else { return };
    let drill = Drill::new(&[]);
    let strace = strace.to_str().expect("a path is text").to_owned();
    let before = [&strace, "-f", "-yy", "-s", "20000", "-o", "trace", "-e", trace::CALLS];
    let came: Came = drill.command(&before, "run orders").output().unwrap().into();
    assert_eq!(came.code, Some(3), "{}", came.shown());
    let calls = trace::read(&drill.file("trace"));
    let attempts = RUNTIME.block_on(async {
        let ledger = drill.ledger();
        let mut all = Vec::new();
        for record in ledger.records(RecordFilter::of("main")).await.unwrap() {
            all.extend(ledger.attempts(&scope(), &record.key).await.unwrap());
        }
        all
    });
    // Debtors are known by their identity, of which no list is kept: they are read out of the trace.
    let posts = calls.iter().filter(|call| call.is_post()).count();
    let debtors = debtors(&drill);
    assert_eq!(posts, attempts.len() + debtors.len(), "each request belongs to an attempt");
    assert!(posts > 20, "{posts} requests");
    let all: Vec<&Attempt> = attempts.iter().chain(&debtors).collect();
    let synced = all.iter().filter(|attempt| is_synced_before(attempt, &calls)).count();
    assert_eq!(synced, posts);

    // Without its syncs the same trace fails for all of them: the check can see.
    let unsynced: Vec<Call> = calls.iter().filter(|call| !call.is_sync()).cloned().collect();
    assert!(!all.iter().any(|attempt| is_synced_before(attempt, &unsynced)));
    let figure = format!("{synced} of {posts} requests left after a completed sync of their row");
    tell("R5 written down, synced, then sent", &figure);
}

/// The attempts to make debtors.
fn debtors(drill: &Drill) -> Vec<Attempt> {
    let connection = rusqlite::Connection::open(drill.file("koppel.db")).unwrap();
    let mut keys = connection.prepare("SELECT DISTINCT key FROM attempts WHERE step LIKE 'ensure %'").unwrap();
    let keys: Vec<String> = keys.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let ledger = drill.ledger();
    let of = |key: &String| RUNTIME.block_on(ledger.attempts(&scope(), key)).unwrap();
    keys.iter().flat_map(of).collect()
}
