//! One ledger, one writer: who comes second is told at once who has it, and a killed process leaves no lock.

use std::fs;
use std::process::Child;
use std::time::Duration;

use koppel::sandbox::{Options, Rate};

use crate::support::drill::{Drill, clock, ended, until};
use crate::support::figure::tell;

/// The webshop takes its time.
fn slow_shop() -> Drill {
    let drill = Drill::with(&["2041"], Options { slow: Duration::from_secs(300), ..Options::default() });
    drill.set("timeout", "120 s");
    drill.break_with(&[("slow", Rate::PerMille(1000), "GET")]);
    drill
}

/// A run that has the ledger, and hangs at the webshop.
fn holder(drill: &Drill) -> Child {
    let child = drill.start("run orders");
    let lock = drill.file("koppel.db.lock");
    let name = format!("process {},", child.id());
    assert!(until(Duration::from_secs(60), || fs::read_to_string(&lock).is_ok_and(|text| text.contains(&name))));
    child
}

#[test]
fn a_second_run_is_refused_at_once_and_told_who_has_the_ledger() {
    let drill = slow_shop();
    let mut first = holder(&drill);
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let began = clock();
        let came = drill.run("run orders");
        quickest = quickest.min(began.elapsed());
        assert_eq!(came.code, Some(11), "{}", came.shown());
        let ledger = drill.file("koppel.db");
        for part in [
            "error[K0625]: the ledger",
            &ledger.display().to_string(),
            &format!("is in use by process {}, `koppel run orders`, since 20", first.id()),
            "next: wait until it is done, or stop it",
        ] {
            assert!(came.err.contains(part), "{part}\n{}", came.shown());
        }
    }
    assert!(quickest < Duration::from_secs(1), "it takes {quickest:?} to refuse");

    // Looking is allowed meanwhile.
    assert_eq!(drill.run("log").code, Some(0));

    first.kill().unwrap();
    first.wait().unwrap();
    drill.break_with(&[]);
    drill.set("timeout", "2 s");
    let came = drill.run("run orders");
    assert_eq!(came.code, Some(0), "{}", came.shown());
    let figure =
        format!("refused in {} ms with pid, command and time; after SIGKILL the next runs", quickest.as_millis());
    tell("R11 one ledger, one writer", &figure);
}

#[test]
fn of_many_starts_at_once_one_runs() {
    const STARTS: usize = 100;
    let drill = slow_shop();
    let children: Vec<Child> = (0..STARTS).map(|_| drill.start("run orders")).collect();
    let mut all: Vec<Option<Child>> = children.into_iter().map(Some).collect();
    let mut refused = 0;
    let done = until(Duration::from_secs(120), || {
        for child in &mut all {
            if child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some()) {
                let (came, _) = ended(child.take().expect("it is there"), Duration::ZERO);
                assert_eq!(came.code, Some(11), "{}", came.shown());
                refused += 1;
            }
        }
        refused == STARTS - 1
    });
    assert!(done, "{refused} of {STARTS} were refused");
    let mut one = all.into_iter().flatten().next().expect("one is left");
    assert!(one.try_wait().unwrap().is_none(), "it runs");
    one.kill().unwrap();
    one.wait().unwrap();
    tell("R11 one ledger, one writer", &format!("of {STARTS} starts at once 1 ran, {refused} were refused with 11"));
}
