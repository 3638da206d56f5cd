//! A ledger that is lost, or an old copy of it, makes nothing twice; copies are sound, also while a run writes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use koppel::ledger::Status;
use koppel::sandbox::Options;

use crate::support::drill::{Drill, ended, integrity_of, signal, until};
use crate::support::figure::{scale, tell};

fn many(orders: u32) -> Drill {
    let drill = Drill::with(&[], Options { orders, samples: false, ..Options::default() });
    drill.set("timeout", "20 s");
    drill
}

fn all_run(drill: &Drill, line: &str) {
    let came = drill.run(line);
    assert!(matches!(came.code, Some(0 | 3)), "{line}\n{}", came.shown());
}

#[test]
fn a_lost_or_old_ledger_makes_no_doubles() {
    let orders = u32::try_from(scale("KOPPEL_LOST", 24)).unwrap();
    let drill = many(orders);
    let half = orders / 2;
    all_run(&drill, &format!("run orders --limit {half}"));
    let backup = drill.run("backup old.db");
    assert_eq!(backup.code, Some(0), "{}", backup.shown());
    all_run(&drill, "run orders");
    let (books, made) = (drill.books(), drill.writes().len());
    let invoices = drill.sandbox.invoices().len();
    assert!(invoices as u32 > half, "{invoices} invoices of {orders} orders");

    for what in ["old", "lost"] {
        drill.forget();
        if what == "old" {
            fs::copy(drill.file("old.db"), drill.file("koppel.db")).unwrap();
        }
        all_run(&drill, "run orders");
        assert_eq!(drill.writes().len(), made, "{what}: nothing is written for what is there");
        assert!(drill.books() == books, "{what}");
        let known = drill.standing(Status::Done) + drill.standing(Status::Skipped);
        assert!(known >= invoices as u64, "{what}: {known} known again of {invoices}");
    }
    let figure =
        format!("{orders} orders, {invoices} invoices: with a copy of {half} orders ago, and with none, 0 made anew");
    tell("R13 a lost or old ledger makes no doubles", &figure);
}

#[test]
fn copies_are_sound_while_a_run_writes() {
    const COPIES: usize = 10;
    let drill = many(400);
    let child = drill.start("run orders");
    assert!(until(Duration::from_secs(60), || drill.writes().len() > 4));
    let mut before = 0;
    for number in 0..COPIES {
        let name = format!("copies/{number}.db");
        fs::create_dir_all(drill.file("copies")).unwrap();
        let came = drill.run(&format!("backup {name}"));
        assert_eq!(came.code, Some(0), "{}", came.shown());
        let copy = drill.file(&name);
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let connection = rusqlite::Connection::open(&copy).unwrap();
        let attempts: i64 = connection.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
        assert!(attempts >= before, "copy {number} has {attempts} attempts, the one before {before}");
        before = attempts;
        drop(connection);
        assert_eq!(integrity_of(&copy), "ok", "copy {number}");
    }
    let still = drill.writes().len();
    signal(&child, "TERM");
    let (came, _) = ended(child, Duration::from_secs(15));
    assert!(came.err.contains("K0614"), "the run was under way all the time\n{}", came.shown());
    let left: Vec<_> = fs::read_dir(drill.file("copies")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), COPIES, "nothing half stays behind: {left:?}");
    let figure = format!("{COPIES} of {COPIES} copies sound, made while a run made {still} things");
    tell("R13 koppel backup while running", &figure);
}

#[test]
fn a_backup_writes_over_nothing_unasked() {
    let drill = Drill::new(&["2041"]);
    let came = drill.run("backup");
    assert_eq!(came.code, Some(1), "{}", came.shown());
    assert!(came.err.contains("error[K0626]") && came.err.contains("koppel.db"), "{}", came.shown());
    all_run(&drill, "run orders");
    assert_eq!(drill.run("backup one.db").code, Some(0));
    let first = fs::read(drill.file("one.db")).unwrap();
    let came = drill.run("backup one.db");
    assert_eq!(came.code, Some(1), "{}", came.shown());
    assert!(came.err.contains("one.db` is there already") && came.err.contains("--force"), "{}", came.shown());
    assert!(fs::read(drill.file("one.db")).unwrap() == first);
    assert_eq!(drill.run("backup one.db --force").code, Some(0));
    let came = drill.run("backup koppel.db --force");
    assert_eq!(came.code, Some(2), "{}", came.shown());
    assert!(came.err.contains("is the ledger itself"), "{}", came.shown());
    // Without a name it has the time for one, beside the ledger or in a folder.
    fs::create_dir(drill.file("folder")).unwrap();
    assert_eq!(drill.run("backup").code, Some(0));
    assert_eq!(drill.run("backup folder").code, Some(0));
    for folder in ["", "folder"] {
        let names = fs::read_dir(drill.file(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.filter(|name| name.to_string_lossy().starts_with("koppel-20")).count(), 1, "{folder}");
    }
}
