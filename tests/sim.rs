//! The real engine in one process on a virtual clock: in go a seed, out comes all that happened, the same every time.
//!
//! The network, both systems, the disk and the life of the process are drawn from the seed. What is checked at the end
//! knows nothing of how koppel works: only orders on one side and invoices and debtors on the other.

mod careless;
mod judge;
mod life;
mod storm;
mod wire;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use careless::Bug;
use judge::Verdict;
use life::live;

use crate::support::figure::{scale, tell};

/// Lives that are tried where nobody asked for more.
const SEEDS: u64 = 2_000;

/// Lives through the seeds on all cores.
fn lives(seeds: std::ops::Range<u64>, bug: Option<Bug>, mut each: impl FnMut(u64, Verdict) + Send) {
    let next = AtomicU64::new(seeds.start);
    let each = Mutex::new(&mut each);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let verdict = live(seed, bug);
                    each.lock().expect("nobody panics here")(seed, verdict);
                }
            });
        }
    });
}

#[test]
fn no_life_makes_a_thing_twice_or_loses_one() {
    let seeds = scale("KOPPEL_SEEDS", SEEDS);
    let mut sum = Verdict::default();
    let mut wrong = Vec::new();
    lives(0..seeds, None, |seed, verdict| {
        if !verdict.wrong.is_empty() && wrong.len() < 5 {
            wrong.push(format!("KOPPEL_SEED={seed}: {}", verdict.wrong.join("; ")));
        }
        sum.add(verdict);
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sum.deaths > seeds / 4 && sum.faults > seeds, "the lives are hard enough: {}", sum.figure());
    tell("R6", &format!("{seeds} lives from a seed: {}", sum.figure()));
}

#[test]
fn the_same_seed_is_the_same_life() {
    for seed in 0..20 {
        let (first, second) = (live(seed, None), live(seed, None));
        if first.trace != second.trace {
            let at = first.trace.lines().zip(second.trace.lines()).position(|(a, b)| a != b).unwrap_or_default();
            let line = |trace: &str| trace.lines().nth(at).unwrap_or_default().to_string();
            panic!("seed {seed}, line {at}:\n{}\n{}", line(&first.trace), line(&second.trace));
        }
        assert!(first.trace.lines().count() > 10, "something happens");
    }
}

#[test]
fn without_the_protocol_the_same_lives_make_doubles() {
    let (mut doubles, seeds) = (0, 200);
    lives(0..seeds, Some(Bug::NoProtocol), |_, verdict| doubles += verdict.doubles);
    assert!(doubles > 0, "the lives would not show a fault");
    tell("R6", &format!("the same {seeds} lives without the protocol: {doubles} things made again"));
}

#[test]
fn each_planted_bug_is_found() {
    for bug in Bug::PLANTED {
        let found = (0..1_000).find(|seed| !live(*seed, Some(bug)).wrong.is_empty());
        let seed = found.unwrap_or_else(|| panic!("nothing was wrong in 1,000 lives with {bug:?}"));
        tell("R6", &format!("the planted bug {bug:?} is found by seed {seed}"));
    }
}

/// Shows a life: `KOPPEL_SEED=71 cargo test --test suite sim::one_life -- --nocapture`.
#[test]
fn one_life_can_be_looked_at() {
    let seed = scale("KOPPEL_SEED", 1);
    let verdict = live(seed, None);
    if std::env::var_os("KOPPEL_SEED").is_some() {
        tell("R6", &format!("the life of seed {seed}\n{}{}", verdict.trace, verdict.figure()));
    }
    assert!(verdict.wrong.is_empty(), "{}", verdict.wrong.join("\n"));
}
