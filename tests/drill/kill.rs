//! The process is killed at every write, sync, rename and send, and at any time: nothing is lost, nothing made twice.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use koppel::ledger::Status;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::support::drill::{Came, Drill, OnLostReply, clock, pause};
use crate::support::figure::{scale, tell};
use crate::support::tools;

/// Two persons, one of them with two orders, and an order that is held.
pub const ORDERS: [&str; 4] = ["2041", "2042", "2053", "2055"];

/// What leaves a trace on the disk or on the wire.
const CALLS: &str = "write,pwrite64,pwritev,writev,sendto,sendmsg,fsync,fdatasync,ftruncate,rename,renameat,renameat2,\
                     unlink,unlinkat";

/// A call of the system before which the process is killed.
#[derive(Clone, Debug)]
struct Point {
    /// There is no ledger yet.
    fresh: bool,
    call: String,
    /// The n-th of a thread.
    n: usize,
}

/// How many of thirty are spent on a kind of call: most on the wire and on syncs, where it matters.
fn share(fresh: bool, call: &str) -> usize {
    match (fresh, call) {
        (true, "pwrite64") => 2,
        (true, _) => 1,
        (false, "writev" | "sendto" | "sendmsg") => 9,
        (false, "fsync" | "fdatasync") => 8,
        (false, "pwrite64") => 5,
        (false, _) => 1,
    }
}

/// A run without mishaps: the calls that it makes, and what then stands in the books.
fn clean(drill: &Drill, strace: &str, fresh: bool, ledger: &[u8]) -> (Vec<Point>, Vec<Value>) {
    begin(drill, fresh, ledger);
    let trace = drill.file("trace");
    let before = [strace, "-f", "--seccomp-bpf", "-o", "trace", "-e", &format!("trace={CALLS}")];
    let came: Came = drill.command(&before, "run orders").output().unwrap().into();
    assert_eq!(came.code, Some(3), "{}", came.shown());
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in fs::read_to_string(trace).unwrap().lines() {
        let mut words = line.split_whitespace();
        let (Some(thread), Some(call)) = (words.next(), words.next()) else { continue };
        if let Some((name, _)) = call.split_once('(') {
            *counts.entry((name.to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for ((call, _), count) in counts {
        let known = most.entry(call).or_default();
        *known = count.max(*known);
    }
    let all = most.into_iter().flat_map(|(call, most)| (1..=most).map(move |n| Point { fresh, call: call.clone(), n }));
    (all.collect(), drill.books())
}

/// Both systems as at the beginning, and the ledger: none, or one that knows the flow and no record.
fn begin(drill: &Drill, fresh: bool, ledger: &[u8]) {
    drill.afresh();
    if !fresh {
        fs::write(drill.file("koppel.db"), ledger).unwrap();
    }
}

/// So many points, spread over each kind of call: by its share, and what is left over evenly.
fn chosen(all: &[Point], number: usize) -> Vec<Point> {
    let mut kinds: BTreeMap<(bool, &str), Vec<&Point>> = BTreeMap::new();
    for point in all {
        kinds.entry((point.fresh, &point.call)).or_default().push(point);
    }
    let mut counts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for ((fresh, call), points) in &kinds {
        counts.insert((*fresh, call), (share(*fresh, call) * number).div_ceil(30).min(points.len()));
    }
    while counts.values().sum::<usize>() < number.min(all.len()) {
        for (kind, count) in &mut counts {
            *count = (*count + 1).min(kinds[kind].len());
        }
    }
    let spread = |(kind, points): (&(bool, &str), &Vec<&Point>)| -> Vec<Point> {
        let count = counts[kind];
        (0..count).map(|at| points[(2 * at + 1) * points.len() / (2 * count)].clone()).collect()
    };
    kinds.iter().flat_map(spread).collect()
}

/// What is so after every kill: the ledger is sound, and the next runs end as if nothing had happened.
fn is_harmless(drill: &Drill, books: &[Value], lost: OnLostReply, what: &str) -> usize {
    assert_eq!(drill.integrity(), "ok", "{what}");
    let answered = drill.finish(what);
    assert!(answered == 0 || lost == OnLostReply::Doubt, "{what}: a flow that repeats needs nobody");
    assert_eq!(drill.integrity(), "ok", "{what}");
    let found = drill.books();
    assert!(found == books, "{what}\n{}", difference(&found, books));
    assert_eq!((drill.standing(Status::Done), drill.standing(Status::Held)), (3, 1), "{what}");
    answered
}

/// What is there and should not be, and what should be there and is not.
pub fn difference(found: &[Value], expected: &[Value]) -> String {
    let of = |some: &[Value], others: &[Value], sign| -> String {
        some.iter().filter(|one| !others.contains(one)).map(|one| format!("{sign} {one}\n")).collect()
    };
    format!("{}{}", of(found, expected, '+'), of(expected, found, '-'))
}

/// The shipped flow in two of three, and one that repeats.
fn lost_reply(drill: &Drill, at: usize) -> OnLostReply {
    let lost = if at.is_multiple_of(3) { OnLostReply::Repeat } else { OnLostReply::Doubt };
    drill.on_lost_reply(lost);
    lost
}

/// Does the work on two drills at once, each with the number of the next until there is none.
pub fn on_two<W: Fn(&Drill, usize) + Sync>(count: usize, work: W) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let drill = Drill::new(&ORDERS);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    work(&drill, at);
                }
            });
        }
    });
}

/// A ledger that knows the flow and no record.
fn ledger_of_no_record() -> Vec<u8> {
    let drill = Drill::new(&["none"]);
    let came = drill.run("run orders");
    assert_eq!(came.code, Some(0), "{}", came.shown());
    fs::read(drill.file("koppel.db")).unwrap()
}

fn path_text(path: &Path) -> String {
    path.to_str().expect("a path is text").to_owned()
}

#[test]
fn a_process_killed_at_any_call_loses_and_doubles_nothing() {
    let Some(strace) = tools::strace("R4 a kill at every write, sync, rename and send") else { return };
    let strace = path_text(&strace);
    let ledger = ledger_of_no_record();
    let (all, books) = {
        let drill = Drill::new(&ORDERS);
        let (mut all, books) = clean(&drill, &strace, true, &ledger);
        all.extend(clean(&drill, &strace, false, &ledger).0);
        (all, books)
    };
    let number = usize::try_from(scale("KOPPEL_KILLS", 30)).unwrap();
    let points = if number >= all.len() { all.clone() } else { chosen(&all, number) };
    let figures = Mutex::new((0, 0, 0));
    on_two(points.len(), |drill, at| {
        let Point { fresh, call, n } = &points[at];
        let what = format!("killed at {call} number {n}, {}", if *fresh { "no ledger" } else { "a ledger" });
        let lost = lost_reply(drill, at);
        begin(drill, *fresh, &ledger);
        let (only, inject) = (format!("trace={call}"), format!("inject={call}:signal=SIGKILL:when={n}"));
        let before = [&strace, "-f", "-o", "/dev/null", "-e", &only, "-e", &inject];
        let output = drill.command(&before, "run orders").output().unwrap();
        let killed = output.status.signal() == Some(9);
        let answered = is_harmless(drill, &books, lost, &what);
        let mut figures = figures.lock().unwrap();
        *figures = (figures.0 + usize::from(killed), figures.1 + answered, figures.2 + 1);
    });
    let (killed, answered, tried) = figures.into_inner().unwrap();
    // Which thread makes which call differs a little: not each run comes to the last calls of its kind.
    assert!(killed * 10 >= tried * 8, "{killed} of {tried} were killed");
    let figure = format!(
        "{killed} kills at {} calls of a run: each ledger sound, no order lost, none doubled; {answered} writes in doubt",
        all.len()
    );
    tell("R4 a crash at any instant is harmless", &figure);
}

#[test]
fn a_process_killed_at_any_time_loses_and_doubles_nothing() {
    let ledger = ledger_of_no_record();
    let (books, length) = {
        let drill = Drill::new(&ORDERS);
        let began = clock();
        let came = drill.run("run orders");
        assert_eq!(came.code, Some(3), "{}", came.shown());
        (drill.books(), clock() - began)
    };
    let number = usize::try_from(scale("KOPPEL_RANDOM_KILLS", 6)).unwrap();
    let figures = Mutex::new((0, 0));
    on_two(number, |drill, at| {
        let seed = at as u64 % 3 + 1;
        let mut random = ChaCha8Rng::seed_from_u64(seed << 32 | at as u64);
        let after = Duration::from_micros(random.random_range(0..length.as_micros() as u64));
        let what = format!("seed {seed}, killed after {after:?}");
        let lost = lost_reply(drill, at);
        begin(drill, random.random_bool(0.2), &ledger);
        let mut child = drill.start("run orders");
        pause(after);
        child.kill().unwrap();
        let killed = child.wait_with_output().unwrap().status.signal() == Some(9);
        let answered = is_harmless(drill, &books, lost, &what);
        let mut figures = figures.lock().unwrap();
        *figures = (figures.0 + usize::from(killed), figures.1 + answered);
    });
    let (killed, answered) = figures.into_inner().unwrap();
    let figure = format!("{killed} kills of {number} at random times, 3 seeds: the same; {answered} writes in doubt");
    tell("R4 a crash at any instant is harmless", &figure);
}
