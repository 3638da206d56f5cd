//! A disk that fails stops the run before the world sees anything: a sync that fails, a full disk, one that is read-only,
//! and pages that are not what was written.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::trace;
use crate::support::drill::{Came, Drill, OnLostReply};
use crate::support::figure::{scale, tell};
use crate::support::tools;

const PROMISE: &str = "R12 a failing disk stops us before the world sees anything";

/// No invoice stands twice in the books.
fn none_twice(drill: &Drill, what: &str) {
    let all = drill.references();
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{what}");
}

/// The message names the file, and says what to do.
fn names_the_file(came: &Came, drill: &Drill, what: &str) {
    assert!(matches!(came.code, Some(1 | 4)), "{what}\n{}", came.shown());
    for part in ["error[K0626]", "koppel.db", "next: "] {
        assert!(came.err.contains(part), "{what}: {part}\n{}", came.shown());
    }
    assert!(came.err.contains(&*drill.file("").to_string_lossy()), "{what}: the whole path\n{}", came.shown());
}

/// From its n-th time on a call fails: nothing leaves any more, and when the disk is well the next run does the rest.
fn fails_from(call: &str, error: &str, words: [&str; 2], quick: u64) {
    let Some(strace) = tools::strace(PROMISE) else { return };
    let strace = strace.to_str().expect("a path is text").to_owned();
    let drill = Drill::new(&["2041"]);
    drill.on_lost_reply(OnLostReply::Repeat);
    let traced = |more: &[&str]| -> (Came, Vec<trace::Call>) {
        let _ = fs::remove_file(drill.file("trace"));
        let mut before = vec![strace.as_str(), "-f", "-yy", "-s", "60", "-o", "trace", "-e", trace::CALLS];
        before.extend(more);
        let came: Came = drill.command(&before, "run orders").output().unwrap().into();
        (came, trace::read(&drill.file("trace")))
    };
    let (came, calls) = traced(&[]);
    assert_eq!(came.code, Some(0), "{}", came.shown());
    let books = drill.books();
    // A thread counts for itself, and the ledger's own makes most of the calls.
    let most = calls.iter().filter(|one| one.name == call && one.words.contains("koppel.db-wal")).count() as u64;
    let tries = scale("KOPPEL_DISKS", quick).min(most);
    let (mut failed, mut after) = (0, 0);
    for at in 0..tries {
        let n = 1 + at * most / tries;
        let what = format!("{call} number {n} and after: {error}");
        drill.afresh();
        let (came, calls) = traced(&["-e", &format!("inject={call}:error={error}:when={n}+")]);
        let Some(first) = calls.iter().find(|one| one.words.contains("(INJECTED)")) else { continue };
        failed += 1;
        names_the_file(&came, &drill, &what);
        assert!(words.iter().any(|words| came.err.contains(words)), "{what}: {words:?}\n{}", came.shown());
        after += calls.iter().filter(|one| one.is_post() && one.began > first.began).count();
        drill.finish(&what);
        assert_eq!(drill.integrity(), "ok", "{what}");
        assert!(drill.books() == books, "{what}: {:?}", drill.books());
    }
    assert_eq!(after, 0, "requests after the first failure");
    assert!(failed > 0);
    tell(
        PROMISE,
        &format!("{call} fails with {error} from {failed} places on: 0 requests after it, the rest made later"),
    );
}

#[test]
fn nothing_leaves_after_a_sync_that_fails() {
    fails_from("fsync", "EIO", ["disk I/O error", "Input/output error"], 3);
}

#[test]
fn nothing_leaves_after_a_write_that_finds_no_room() {
    fails_from("pwrite64", "ENOSPC", ["full", "disk I/O error"], 3);
}

/// Runs lines of a shell where it may mount; none where this machine does not allow that.
fn in_a_shell_that_mounts(drill: &Drill, lines: &str) -> Option<Came> {
    let allowed = Command::new("unshare").args(["-m", "sh", "-c", "mount -t tmpfs none /mnt"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        tell(PROMISE, "not tried: this machine lets nobody mount");
        return None;
    }
    let koppel = env!("CARGO_BIN_EXE_koppel");
    let mut command =
        drill.command(&["unshare", "-m", "sh", "-c", &lines.replace("koppel run", &format!("{koppel} run"))], "");
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    Some(command.output().unwrap().into())
}

#[test]
fn a_full_disk() {
    let drill = Drill::new(&["2041", "2042", "2055"]);
    drill.on_lost_reply(OnLostReply::Repeat);
    let came = drill.run("run orders");
    assert_eq!(came.code, Some(0), "{}", came.shown());
    let books = drill.books();
    let config = fs::read_to_string(drill.file("koppel.toml")).unwrap();
    fs::write(drill.file("koppel.toml"), format!("ledger = \"disk/koppel.db\"\n{config}")).unwrap();
    let mut tried = 0;
    for kib in [60, 320, 420] {
        drill.afresh();
        let lines = format!(
            "mkdir -p disk && mount -t tmpfs -o size={kib}k none disk || exit 9\n\
             koppel run orders; echo first $?\n\
             mount -o remount,size=64m disk\n\
             koppel run orders; echo second $?"
        );
        let Some(came) = in_a_shell_that_mounts(&drill, &lines) else { return };
        let what = format!("{kib} KiB\n{}", came.shown());
        assert!(came.out.contains("first 1") || came.out.contains("first 4"), "{what}");
        assert!(
            came.err.contains("error[K0626]") && came.err.contains("disk/koppel.db") && came.err.contains("full"),
            "{what}"
        );
        assert!(came.out.contains("second 0"), "{what}");
        assert!(drill.books() == books, "{what}: {:?}", drill.books());
        tried += 1;
    }
    tell(PROMISE, &format!("{tried} disks that fill up: file named, goes on when there is room"));
}

#[test]
fn a_disk_that_is_read_only() {
    let drill = Drill::new(&["2041"]);
    // Without a ledger, and with one.
    for what in ["none", "one"] {
        let asked = drill.sandbox.requests().len();
        let lines = "mount --bind . . && mount -o remount,ro,bind . . || mount -o remount,ro,bind . || exit 9\ncd .\n\
                     cd \"$PWD\" && koppel run orders; echo first $?";
        let Some(came) = in_a_shell_that_mounts(&drill, lines) else { return };
        assert!(came.out.contains("first 1"), "{what}\n{}", came.shown());
        assert!(
            came.err.contains("error[K0626]") && came.err.contains("koppel.db") && came.err.contains("next: "),
            "{}",
            came.shown()
        );
        assert_eq!(drill.sandbox.requests().len(), asked, "{what}: nothing is asked");
        let came = drill.run("run orders");
        assert_eq!(came.code, Some(0), "{}", came.shown());
    }
    assert_eq!(drill.sandbox.invoices().len(), 1);
    tell(PROMISE, "a read-only disk: file named, nothing asked, goes on when it can be written");
}

#[test]
fn pages_that_are_not_what_was_written() {
    let drill = Drill::new(&["2041", "2042", "2053", "2055"]);
    assert!(matches!(drill.run("run orders --limit 2").code, Some(0 | 3)));
    let sound = fs::read(drill.file("koppel.db")).unwrap();
    let made = drill.sandbox.invoices().len();
    let pages = sound.len() as u64 / 4096;
    let tries = scale("KOPPEL_PAGES", 4).min(pages - 1);
    let (mut told, mut unseen) = (0, 0);
    for at in 0..tries {
        let page = usize::try_from(1 + at * (pages - 1) / tries).unwrap();
        let what = format!("page {page} is spoilt");
        drill.afresh();
        assert!(matches!(drill.run("run orders --limit 2").code, Some(0 | 3)));
        assert_eq!(drill.sandbox.invoices().len(), made);
        let kept = fs::read(drill.file("koppel.db")).unwrap();
        let mut spoilt = kept.clone();
        let end = spoilt.len().min((page + 1) * 4096);
        spoilt[page * 4096..end].iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(drill.file("koppel.db"), &spoilt).unwrap();
        let came = drill.run("run orders");
        if came.err.contains("K0626") {
            names_the_file(&came, &drill, &what);
            told += 1;
        } else {
            unseen += 1;
        }
        none_twice(&drill, &what);
        // The copy from before is put in its place.
        drill.forget();
        fs::write(drill.file("koppel.db"), &kept).unwrap();
        drill.finish(&what);
        // An invoice that was made and not yet sent when the ledger was lost is taken as it is: a draft.
        let found = drill.references();
        assert_eq!(found, ["MWW-2041", "MWW-2042", "MWW-2055"], "{what}\n{}", came.shown());
    }
    let figure =
        format!("{tries} spoilt pages: {told} told with the file, {unseen} not needed by the run; no invoice twice");
    tell(PROMISE, &figure);
}
