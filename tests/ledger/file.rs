//! What the file does besides: locks, versions, damage, and many puts at once.

use std::fs;
use std::sync::Arc;

use futures_util::future::join_all;
use koppel::ledger::{Ledger, LedgerError, Page, Person, Reserved, Retention, Sqlite, Status, Swapped, Trace};

use super::{at, claim, end, folder, made, order, page, scope, settle, waiting_keys, write};

#[tokio::test]
async fn a_reopened_file_has_everything() {
    let path = folder("reopened").join("koppel.db");
    let ledger = Sqlite::open(&path).unwrap();
    let old = claim(&ledger).await;
    let both = Page { records: vec![order("1", 1), order("2", 2)], cursor: Some("c".to_owned()) };
    ledger.intake(&old, &scope(), both, at(1)).await.unwrap();
    ledger.reserve(&old, &scope(), write("1", 0), at(1)).await.unwrap();
    ledger.put_token("shop", "books", 0, b"t".to_vec(), at(1)).await.unwrap();
    ledger.integrity().await.unwrap();
    let before = ledger.record(&scope(), "1").await.unwrap();
    drop(ledger);

    let ledger = Sqlite::open_inline(&path).unwrap();
    assert_eq!(ledger.record(&scope(), "1").await.unwrap(), before);
    assert_eq!(ledger.cursor(&scope()).await.unwrap().as_deref(), Some("c"));
    assert!(matches!(ledger.put_token("shop", "books", 0, Vec::new(), at(1)).await, Ok(Swapped::Lost(Some(_)))));
    // The process that held the lane is gone: the lane is free at once, and its claim is stale.
    assert!(matches!(
        ledger.finish(&old, &scope(), end("1", 1, Status::Done), at(2)).await,
        Err(LedgerError::Stale { .. })
    ));
    let new = claim(&ledger).await;
    assert!(new.epoch > old.epoch);
    // A reservation from before is never fresh.
    assert!(matches!(ledger.reserve(&new, &scope(), write("1", 0), at(2)).await, Ok(Reserved::Exists(_))));
}

/// The files as a power cut leaves them: all that was answered is in them.
#[tokio::test]
async fn what_was_answered_survives_a_crash() {
    let folder = folder("crash");
    let ledger = Sqlite::open(folder.join("koppel.db")).unwrap();
    let claim = claim(&ledger).await;
    for number in 0..20 {
        let key = number.to_string();
        ledger.intake(&claim, &scope(), page([order(&key, 1)]), at(number)).await.unwrap();
        assert_eq!(ledger.reserve(&claim, &scope(), write(&key, 0), at(number)).await, Ok(Reserved::Fresh));
        let cut = folder.join(format!("cut-{number}.db"));
        fs::copy(folder.join("koppel.db"), &cut).unwrap();
        fs::copy(folder.join("koppel.db-wal"), folder.join(format!("cut-{number}.db-wal"))).unwrap();
        let after = Sqlite::open_inline(&cut).unwrap();
        assert_eq!(after.unsettled(&scope()).await, ledger.unsettled(&scope()).await);
        assert_eq!(waiting_keys(&after, 99).await, waiting_keys(&ledger, 99).await);
        assert_eq!(after.attempts(&scope(), &key).await.unwrap().len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_ledger_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let path = folder("owner").join("koppel.db");
    let _ledger = Sqlite::open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_readers_are_not() {
    let path = folder("second").join("koppel.db");
    assert!(matches!(Sqlite::open_reader(&path), Err(LedgerError::Open { .. })));
    let ledger = Sqlite::open(&path).unwrap();
    let claim = claim(&ledger).await;
    let Err(error) = Sqlite::open(&path) else { panic!("two writers") };
    let holder = format!("process {}", std::process::id());
    assert_eq!(error, LedgerError::Locked { path: path.clone(), holder: holder.clone() });
    assert_eq!(error.to_string(), format!("the ledger `{}` is in use by {holder}", path.display()));

    let reader = Sqlite::open_reader(&path).unwrap();
    ledger.intake(&claim, &scope(), page([order("1", 1)]), at(1)).await.unwrap();
    assert_eq!(waiting_keys(&reader, 1).await, ["1"]);
    let refused = reader.finish(&claim, &scope(), end("1", 1, Status::Done), at(1)).await;
    assert_eq!(refused, Err(LedgerError::ReadOnly { path: path.clone() }));
    drop(ledger);
    assert!(Sqlite::open(&path).is_ok());
}

#[test]
fn a_newer_version_is_refused_and_left_as_it_is() {
    let path = folder("newer").join("koppel.db");
    drop(Sqlite::open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let before = fs::read(&path).unwrap();
    let Err(error) = Sqlite::open(&path) else { panic!("a newer ledger was opened") };
    assert_eq!(error, LedgerError::Newer { path: path.clone(), found: 7, known: 5 });
    assert!(error.to_string().contains("is of version 7, this koppel knows versions up to 5"), "{error}");
    assert!(matches!(Sqlite::open_reader(&path), Err(LedgerError::Newer { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn damage_is_told_with_the_path() {
    let folder = folder("damage");
    let refused = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        let Err(LedgerError::Corrupt { path: told, words }) = Sqlite::open(&path) else { panic!("{name}") };
        assert_eq!((told, fs::read(&path).unwrap()), (path, bytes.to_vec()));
        words
    };
    assert_eq!(
        refused("text.db", &b"not a database at all ".repeat(100)),
        "it is not a database, or its head is damaged"
    );
    assert!(refused("empty.db", b"").starts_with("the file is empty"));

    let whole = folder.join("whole.db");
    let ledger = Sqlite::open(&whole).unwrap();
    let claim = claim(&ledger).await;
    let many = (0..500).map(|number| order(&number.to_string(), 1));
    ledger.intake(&claim, &scope(), page(many), at(1)).await.unwrap();
    drop(ledger);
    let bytes = fs::read(&whole).unwrap();
    assert_eq!(refused("cut.db", &bytes[..bytes.len() / 2]), "database disk image is malformed");

    let other = folder.join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert_eq!(refused("other.db", &fs::read(&other).unwrap()), "it is a database of another program");

    // Not closed, and damaged meanwhile: found out at once, not when it is too late.
    let mut spoilt = bytes.clone();
    for byte in &mut spoilt[8192..40960] {
        *byte ^= 0x55;
    }
    fs::write(folder.join("spoilt.db-wal"), b"x").unwrap();
    refused("spoilt.db", &spoilt);

    for path in [folder.join("nowhere").join("koppel.db"), folder.clone()] {
        let Err(error) = Sqlite::open(&path) else { panic!("{}", path.display()) };
        assert!(matches!(&error, LedgerError::Open { path: told, .. } if *told == path), "{error:?}");
    }
}

#[tokio::test]
async fn many_puts_are_synced_together() {
    let path = folder("group").join("koppel.db");
    let ledger = Arc::new(Sqlite::open(&path).unwrap());
    let claim = claim(&*ledger).await;
    let before = ledger.commits();
    let puts = (0..200).map(|number| ledger.reserve(&claim, &scope(), write(&number.to_string(), 0), at(1)));
    assert!(join_all(puts).await.into_iter().all(|answer| answer == Ok(Reserved::Fresh)));
    let commits = ledger.commits() - before;
    assert!(commits < 50, "{commits} commits for 200 puts");
    // A read syncs nothing.
    let before = ledger.commits();
    ledger.unsettled(&scope()).await.unwrap();
    assert_eq!(ledger.commits(), before);
}

#[tokio::test]
async fn a_copy_is_a_ledger() {
    let folder = folder("copy");
    let ledger = Sqlite::open(folder.join("koppel.db")).unwrap();
    let claim = claim(&ledger).await;
    ledger.intake(&claim, &scope(), page([order("1", 1)]), at(1)).await.unwrap();
    ledger.reserve(&claim, &scope(), write("1", 0), at(1)).await.unwrap();
    ledger.answer(&claim, &scope(), settle("1", 0, made("inv")), at(1)).await.unwrap();
    let to = folder.join("copy.db");
    ledger.backup(&to).await.unwrap();
    ledger.intake(&claim, &scope(), page([order("2", 1)]), at(1)).await.unwrap();
    ledger.backup(&to).await.unwrap();
    let copy = Sqlite::open(&to).unwrap();
    assert_eq!(waiting_keys(&copy, 1).await, ["1", "2"]);
    assert_eq!(copy.attempts(&scope(), "1").await, ledger.attempts(&scope(), "1").await);
    let nowhere = folder.join("nowhere").join("copy.db");
    assert!(matches!(ledger.backup(&nowhere).await, Err(LedgerError::Open { .. })));
}

#[tokio::test]
async fn what_is_erased_is_in_no_file() {
    let folder = folder("erased");
    let ledger = Sqlite::open(folder.join("koppel.db")).unwrap();
    let claim = claim(&ledger).await;
    let mut jan = order("1", 1);
    jan.source = b"jan@example.nl".to_vec();
    ledger.intake(&claim, &scope(), page([jan]), at(1)).await.unwrap();
    ledger.finish(&claim, &scope(), end("1", 1, Status::Done), at(2)).await.unwrap();
    let holds = || {
        let files = fs::read_dir(&folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        files.filter(|bytes| bytes.windows(14).any(|window| window == b"jan@example.nl")).count()
    };
    assert_ne!(holds(), 0);
    let person = Person { mail: "jan@example.nl".to_owned(), others: Vec::new() };
    assert_eq!(ledger.forget("shop", &person).await.unwrap().count(Trace::Record), 1);
    assert_eq!(holds(), 0);
}

/// Under a paused clock a file that works in the call loses no time.
#[tokio::test(start_paused = true)]
async fn the_paused_clock_stands_still_while_a_put_is_made() {
    let ledger = Sqlite::open_inline(folder("paused").join("koppel.db")).unwrap();
    let put = tokio::time::timeout(std::time::Duration::from_millis(1), claim(&ledger));
    assert!(put.await.is_ok());
}

#[tokio::test]
async fn what_was_kept_for_its_time_is_in_no_file_and_its_pages_are_free() {
    let folder = folder("swept");
    let path = folder.join("koppel.db");
    let ledger = Sqlite::open(&path).unwrap();
    let claim = claim(&ledger).await;
    for number in 0..300 {
        let mut big = order(&number.to_string(), 1);
        big.source = format!("jan@example.nl {}", "x".repeat(20_000)).into_bytes();
        ledger.intake(&claim, &scope(), page([big]), at(1)).await.unwrap();
        ledger.finish(&claim, &scope(), end(&number.to_string(), 1, Status::Done), at(2)).await.unwrap();
    }
    let terms = Retention { payloads: at(3), activity: at(3) };
    while ledger.retain("shop", terms, 100).await.unwrap().more {}
    let holds = fs::read_dir(&folder).unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(14).any(|window| window == b"jan@example.nl")
    });
    assert!(!holds);
    let size = fs::metadata(&path).unwrap().len();
    assert!(size < 1_000_000, "{size} bytes are left of more than 6,000,000");
    // Nothing more to erase: nothing is written.
    let commits = ledger.commits();
    assert_eq!(ledger.retain("shop", terms, 100).await.unwrap().total(), 0);
    assert_eq!(ledger.commits(), commits);
}

#[tokio::test]
async fn a_ledger_of_before_frees_its_pages_too() {
    let path = folder("older").join("koppel.db");
    drop(Sqlite::open(&path).unwrap());
    let older = rusqlite::Connection::open(&path).unwrap();
    older
        .execute_batch(
            "DROP TABLE retained; DROP TABLE alarms; DROP TABLE letters; PRAGMA user_version = 4;
             PRAGMA auto_vacuum = NONE; VACUUM;",
        )
        .unwrap();
    let freeing = |connection: &rusqlite::Connection| -> i64 {
        connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap()
    };
    assert_eq!(freeing(&older), 0);
    drop(older);
    drop(Sqlite::open(&path).unwrap());
    assert_eq!(freeing(&rusqlite::Connection::open(&path).unwrap()), 2);
}
