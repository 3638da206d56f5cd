//! What is kept about people, and how it goes: `forget`, and what a run erases by the way.

use std::fs;
use std::path::Path;

use koppel::ledger::{Ledger, Person, RecordFilter, Sqlite, Trace};
use serde_json::Value;

use super::{Simulated, koppel, workspace};
use crate::support::room::room;

const MAIL: &str = "bram.denkbeeldig@example.com";

/// How often these texts stand in the ledger's files, as they are or as an address writes them, whatever their case.
fn hits(folder: &Path, texts: &[&str]) -> usize {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let ours = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("koppel.db"));
    let all: Vec<String> = ours.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).to_lowercase()).collect();
    assert!(!all.is_empty());
    let count = |text: &str| all.iter().map(|file| file.matches(&text.to_lowercase()).count()).sum::<usize>();
    texts.iter().map(|text| count(text) + count(&text.replace('@', "%40"))).sum()
}

#[test]
fn a_person_is_forgotten_and_nothing_is_made_again() {
    let _room = room("cli");
    let simulated = Simulated::new();
    let folder = simulated.folder.path();
    koppel(folder, "run customers").success();
    let first: Value = serde_json::from_str(&koppel(folder, "run orders --json").failure(3).out).unwrap();
    assert!(first["counts"]["done"].as_u64().unwrap() > 5, "{first}");
    // What is his alone, as the samples have it.
    let sample = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/orders/03-mixed-9-21.json"));
    let order: Value = serde_json::from_str(&sample.unwrap()).unwrap();
    let debtor = order.to_string();
    assert!(debtor.contains(MAIL), "the sample is of him");
    let his = [MAIL, "Bram Denkbeeldig"];
    assert!(hits(folder, &his) > 4);

    let dry = koppel(folder, &format!("forget {}", MAIL.to_uppercase())).success();
    assert!(dry.out.contains("nothing was erased") && dry.err.contains("--yes"), "{}", dry.shown());
    assert!(hits(folder, &his) > 4, "a look erases nothing");
    let counts: Value = serde_json::from_str(&koppel(folder, &format!("forget {MAIL} --json")).success().out).unwrap();
    assert_eq!(counts["erased"], false);

    // Not while another process has the ledger.
    let path = folder.join("koppel.db");
    let held = Sqlite::open(&path).unwrap();
    let refused = koppel(folder, &format!("forget {MAIL} --yes")).failure(11);
    assert!(refused.err.contains("[K0625]"), "{}", refused.shown());
    koppel(folder, &format!("forget {MAIL}")).success();
    drop(held);

    let done: Value =
        serde_json::from_str(&koppel(folder, &format!("forget {MAIL} --yes --json")).success().out).unwrap();
    assert_eq!((&done["erased"], &done["rows"]), (&Value::Bool(true), &counts["rows"]));
    assert_eq!(hits(folder, &his), 0, "no byte of him is left");
    let nothing = koppel(folder, &format!("forget {MAIL}")).success();
    assert_eq!(nothing.out, "nothing is kept about this person\n");

    // Nothing is made again, also where all is listed anew.
    for line in ["run orders --json", "run orders --since 2026-01-01 --json", "run customers --json"] {
        let came = koppel(folder, line).run();
        let again: Value = serde_json::from_str(&came.out).unwrap_or_else(|_| panic!("{}", came.shown()));
        assert_eq!(again["requests"]["writes"], 0, "{line}: {again}");
    }
    insta::assert_snapshot!("forget_no_address", koppel(folder, "forget Bram").failure(2).shown());
}

#[test]
fn what_still_needs_its_record_is_told() {
    let _room = room("cli");
    let folder = workspace();
    let path = folder.path().join("koppel.db");
    assert_eq!(koppel(folder.path(), "forget a@example.com").success().err, "nothing is recorded yet\n");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        use koppel::ledger::{Claimed, Hash, Incoming, Lane, Page, Scope};
        let ledger = Sqlite::open_inline(&path).unwrap();
        let (at, ttl) = ("2026-04-01T10:00:00Z".parse().unwrap(), std::time::Duration::from_secs(9));
        let lane = Lane::new("main", "tiny");
        let Claimed::Granted(claim) = ledger.claim(&lane, "we", at, ttl).await.unwrap() else { panic!() };
        let incoming = Incoming {
            key: "17".to_owned(),
            title: "17".to_owned(),
            order: 0,
            source: b"{\"mail\": \"a@example.com\"}".to_vec(),
            content: Hash([0; 32]),
            version: Hash([0; 32]),
        };
        let page = Page { records: vec![incoming], cursor: None };
        ledger.intake(&claim, &Scope::new("main", "copies"), page, at).await.unwrap();
    });
    insta::assert_snapshot!(
        "forget_unfinished",
        koppel(folder.path(), "forget a@example.com --yes").failure(3).shown()
    );
    runtime.block_on(async {
        let ledger = Sqlite::open_inline(&path).unwrap();
        assert_eq!(ledger.records(RecordFilter::of("main")).await.unwrap().len(), 1);
        let person = Person { mail: "a@example.com".to_owned(), others: Vec::new() };
        assert_eq!(ledger.traces("main", &person).await.unwrap().count(Trace::Record), 0);
    });
}

#[test]
fn a_run_erases_what_was_kept_for_its_time() {
    let simulated = Simulated::new();
    let folder = simulated.folder.path();
    koppel(folder, "run orders").failure(3);
    assert!(hits(folder, &[MAIL]) > 0);
    // The same ledger, forty days on: the payloads go, that things were made stays.
    let aged = rusqlite::Connection::open(folder.join("koppel.db")).unwrap();
    let days = |days: i64| days * 86_400_000_000;
    for (table, column) in [("records", "changed"), ("activity", "at")] {
        aged.execute(&format!("UPDATE {table} SET {column} = {column} - {}", days(40)), []).unwrap();
    }
    drop(aged);
    let came = koppel(folder, "run orders --json").success();
    let report: Value = serde_json::from_str(&came.out).unwrap();
    assert_eq!(report["requests"]["writes"], 0, "{report}");
    let left = rusqlite::Connection::open(folder.join("koppel.db")).unwrap();
    let count = |what: &str| left.query_row(what, [], |row| row.get::<_, i64>(0)).unwrap();
    let over = "status IN ('done', 'skipped')";
    let kept = format!("SELECT count(*) FROM records JOIN sources ON record = id WHERE length(bytes) > 0 AND {over}");
    assert_eq!(count(&kept), 0);
    let before = count("SELECT max(at) FROM activity") - days(1);
    let whole = "SELECT count(*) FROM activity WHERE length(request) + length(answer) > 0";
    assert_eq!(count(&format!("{whole} AND at < {before}")), 0);
    assert!(
        count("SELECT count(*) FROM activity") > 20 && count("SELECT count(*) FROM attempts WHERE state = 'made'") > 5
    );
}
