//! A process that stands still for longer than its send window, while the clock of the machine is set, does no harm.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::Duration;

use jiff::SignedDuration;
use koppel::ledger::{ActivityFilter, Answer, Attempt, Ledger, State};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::kill::{ORDERS, difference, on_two};
use super::trace;
use crate::support::drill::{Drill, OnLostReply, RUNTIME, WINDOW, clock, ended, now, pause, scope, signal, until};
use crate::support::figure::{scale, tell};
use crate::support::tools;

const PROMISE: &str = "R14 a frozen process is harmless";

/// Lets a process see a time of day that a file says, as if the machine's clock were set; how long something takes it
/// sees as it is, and the kernel's own clock that goes on while the machine sleeps nobody can set.
fn with_clock(command: &mut Command, library: Option<&Path>, file: &Path) {
    if let Some(library) = library {
        fs::write(file, "+0").unwrap();
        command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", file).env("FAKETIME_NO_CACHE", "1");
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
    }
}

/// All attempts, and of each when it was sent, as the ledger says.
fn attempts(drill: &Drill) -> Vec<(Attempt, Vec<jiff::Timestamp>)> {
    let connection = rusqlite::Connection::open(drill.file("koppel.db")).unwrap();
    let mut keys = connection.prepare("SELECT DISTINCT key FROM attempts").unwrap();
    let keys: Vec<String> = keys.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let ledger = drill.ledger();
    RUNTIME.block_on(async {
        let calls = ledger.activity(ActivityFilter::of("main")).await.unwrap();
        let mut all = Vec::new();
        for key in keys {
            for attempt in ledger.attempts(&scope(), &key).await.unwrap() {
                // The calls of an identity's attempt are kept with the record it was made for.
                let own = calls.iter().map(|call| &call.activity).filter(|call| {
                    call.method == "POST"
                        && call.step.as_deref() == Some(&*attempt.step)
                        && call.attempt == Some(attempt.n)
                        && (call.key.as_deref() == Some(&*attempt.key) || attempt.step.starts_with("ensure"))
                });
                let sent = own.map(|call| call.at).collect();
                all.push((attempt, sent));
            }
        }
        all
    })
}

/// How many attempts there were, and how many of them began to leave after their window: the process stood still in the
/// moment between the last look at the clock and the wire.
fn beyond_windows(drill: &Drill) -> (usize, usize) {
    let window = SignedDuration::from_secs(i64::try_from(WINDOW).unwrap());
    let all = attempts(drill);
    let beyond = all.iter().filter(|(attempt, sent)| {
        let fits = |at: &jiff::Timestamp| {
            let after = at.duration_since(attempt.reserved);
            after >= SignedDuration::ZERO && after <= window
        };
        attempt.body.is_some() && !sent.is_empty() && !sent.iter().any(fits)
    });
    (all.len(), beyond.count())
}

#[test]
fn a_process_that_stands_still_at_any_time_doubles_nothing() {
    let library = tools::faketime(PROMISE);
    let (books, length) = {
        let drill = Drill::new(&ORDERS);
        let began = clock();
        assert_eq!(drill.run("run orders").code, Some(3));
        (drill.books(), began.elapsed())
    };
    let number = usize::try_from(scale("KOPPEL_FREEZES", 5)).unwrap();
    let figures = Mutex::new((0, 0, 0));
    on_two(number, |drill, at| {
        let mut random = ChaCha8Rng::seed_from_u64(at as u64);
        let after = Duration::from_micros(random.random_range(0..length.as_micros() as u64));
        let frozen = Duration::from_millis(if at % 4 == 3 { 3_300 } else { 1_300 });
        let set = ["+0", "+3600", "-3600"][at % 3];
        let what = format!("frozen after {after:?} for {frozen:?}, the clock set {set}");
        drill.on_lost_reply(if at % 2 == 0 { OnLostReply::Repeat } else { OnLostReply::Doubt });
        drill.afresh();
        let mut command = drill.command(&[], "run orders");
        let time = drill.file("time");
        with_clock(&mut command, library.as_deref().filter(|_| set != "+0"), &time);
        let child = command.spawn().unwrap();
        pause(after);
        signal(&child, "STOP");
        let stopped = now();
        pause(Duration::from_millis(300));
        let there = drill.sandbox.requests().len();
        fs::write(&time, set).unwrap();
        pause(frozen);
        assert_eq!(drill.sandbox.requests().len(), there, "{what}: it stands still");
        signal(&child, "CONT");
        let (came, _) = ended(child, Duration::from_secs(90));
        assert!(came.code.is_some(), "{what}\n{}", came.shown());
        let (attempts, beyond) = beyond_windows(drill);
        let late = beyond.max(late_arrivals(drill, stopped + SignedDuration::from_millis(300), frozen, set));
        let answered = drill.finish(&what);
        let found = drill.books();
        assert!(found == books, "{what}\n{}", difference(&found, &books));
        let mut figures = figures.lock().unwrap();
        *figures = (figures.0 + attempts, figures.1 + late, figures.2 + answered);
    });
    let (attempts, late, answered) = figures.into_inner().unwrap();
    // No program can look at the clock and send in one step: what is struck between the two leaves late.
    assert!(late * 20 <= number.max(20), "{late} of {number} were sent after their window");
    let clock = if library.is_some() { "the clock set by an hour in two of three" } else { "the clock left alone" };
    let figure = format!(
        "{number} freezes, {clock}: 0 doubles; of {attempts} writes {late} left after their window: past the last look \
         at the clock when it froze; {answered} in doubt"
    );
    tell(PROMISE, &figure);
}

/// Writes that arrived after the process had stood still, and were not reserved after it.
fn late_arrivals(drill: &Drill, stopped: jiff::Timestamp, frozen: Duration, set: &str) -> usize {
    if set != "+0" {
        // Its times are not ours.
        return 0;
    }
    let went_on = stopped + SignedDuration::try_from(frozen).unwrap();
    let fresh = attempts(drill).iter().filter(|(one, sent)| one.reserved >= went_on && !sent.is_empty()).count();
    let arrived = drill.writes().iter().filter(|one| one.at >= went_on && one.method == "POST").count();
    arrived.saturating_sub(fresh)
}

/// The numbers, of those of its thread, of the syncs that made a reservation last.
fn syncs_of_attempts(drill: &Drill) -> Vec<usize> {
    let calls = trace::read(&drill.file("trace"));
    let mut all = Vec::new();
    for (attempt, _) in attempts(drill) {
        let row = super::sync::row_of(&attempt);
        let written =
            calls.iter().find(|call| call.name == "pwrite64" && call.words.contains(&row)).expect("it is there");
        let mut own = calls.iter().filter(|call| call.name == "fsync" && call.thread == written.thread);
        all.push(1 + own.position(|sync| sync.began >= written.ended).expect("it was synced"));
    }
    all
}

/// The state of a process: `T` when it is stopped.
fn is_stopped(process: &str) -> bool {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    text.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['T', 't']))
}

#[test]
fn what_is_synced_and_then_frozen_is_not_sent_any_more_whatever_the_clock_says() {
    let Some(strace) = tools::strace(PROMISE) else { return };
    let library = tools::faketime(PROMISE);
    let strace = strace.to_str().expect("a path is text").to_owned();
    let drill = Drill::new(&["2041"]);
    let known = |drill: &Drill| {
        drill.afresh();
        // A ledger that is there: all syncs that count are of the ledger's own thread.
        assert_eq!(drill.run("run orders --only none").code, Some(1));
    };
    known(&drill);
    let before = [&strace, "-f", "-yy", "-s", "20000", "-o", "trace", "-e", trace::CALLS];
    assert!(drill.command(&before, "run orders").status().unwrap().success());
    let (books, syncs) = (drill.books(), syncs_of_attempts(&drill));
    assert_eq!(syncs.len(), 3, "a debtor, an invoice, and that it is sent");
    let (mut frozen, mut over) = (0, 0);
    let rounds = usize::try_from(scale("KOPPEL_FROZEN_SYNCS", 1)).unwrap();
    // Which puts are committed together differs a little: where none was struck, those beside are tried.
    let beside = [0, 1, -1, 2, -2].into_iter().cycle().take(rounds.max(5)).enumerate();
    for (round, n) in beside.flat_map(|(round, by)| syncs.iter().map(move |n| (round, n.saturating_add_signed(by)))) {
        if round >= rounds && over > 0 {
            break;
        }
        let what = format!("frozen in sync number {n}");
        known(&drill);
        let inject = format!("inject=fsync:signal=SIGSTOP:when={n}");
        let before = [&strace, "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", &inject];
        let time = drill.file("time");
        let mut command = drill.command(&before, "run orders");
        with_clock(&mut command, library.as_deref(), &time);
        let child: Child = command.spawn().unwrap();
        let lock = drill.file("koppel.db.lock");
        let name = || {
            let text = fs::read_to_string(&lock).unwrap_or_default();
            text.strip_prefix("process ").and_then(|rest| rest.split(',').next().map(str::to_owned)).unwrap_or_default()
        };
        let mut seen = 0;
        let stopped = until(Duration::from_secs(5), || {
            seen = if is_stopped(&name()) { seen + 1 } else { 0 };
            seen == 8
        });
        if stopped {
            frozen += 1;
            fs::write(&time, "-3600").unwrap();
            pause(Duration::from_millis(1_300));
            let line = format!("kill -CONT {}", name());
            assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
        }
        let (came, _) = ended(child, Duration::from_secs(90));
        assert!(came.code.is_some(), "{what}\n{}", came.shown());
        assert_eq!(beyond_windows(&drill).1, 0, "{what}");
        over += attempts(&drill).iter().filter(|(attempt, sent)| {
            let refused = matches!(&attempt.state, State::Answered(Answer::NotApplied { words, .. }) if words.contains("is over"));
            assert!(!refused || sent.is_empty(), "{what}: it was sent all the same");
            refused
        }).count();
        drill.finish(&what);
        let found = drill.books();
        assert!(found == books, "{what}\n{}", difference(&found, &books));
    }
    assert!(frozen > 0 && over > 0, "it was frozen at all: {frozen}, {over}");
    let figure = format!(
        "frozen in {frozen} syncs for longer than the window and the clock set back an hour: {over} reserved writes were not \
         sent any more, but anew; 0 doubles"
    );
    tell(PROMISE, &figure);
}
