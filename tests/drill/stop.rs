//! It stops well: nothing new begins, what is under way ends or is told to be in doubt.

use std::time::Duration;

use koppel::ledger::Status;
use koppel::sandbox::{Options, Rate};

use crate::support::drill::{Drill, ended, now, signal, until};
use crate::support::figure::tell;

const ORDERS: [&str; 3] = ["2041", "2042", "2055"];
const INVOICES: &str = "/v3/invoices";

/// The bookkeeping takes so long for an invoice.
fn slow_books(slow: Duration) -> Drill {
    let drill = Drill::with(&ORDERS, Options { slow, ..Options::default() });
    drill.set("timeout", "60 s");
    drill.break_with(&[("slow", Rate::PerMille(1000), "POST /v3/invoices")]);
    drill
}

fn invoices_asked(drill: &Drill) -> usize {
    drill.writes().iter().filter(|one| one.path == INVOICES).count()
}

/// Afterwards the next run does the rest, and nothing twice.
fn goes_on(drill: &Drill, what: &str) {
    drill.break_with(&[]);
    drill.set("timeout", "2 s");
    assert_eq!(drill.finish(what), 0, "{what}: what was sent is found");
    assert_eq!(drill.standing(Status::Done), 3, "{what}");
    assert_eq!(drill.sandbox.invoices().len(), 3, "{what}");
}

#[test]
fn what_is_under_way_ends_and_nothing_new_begins() {
    for name in ["TERM", "INT"] {
        let drill = slow_books(Duration::from_millis(3_000));
        let child = drill.start("run orders");
        assert!(until(Duration::from_secs(60), || invoices_asked(&drill) > 0));
        let asked = now();
        signal(&child, name);
        let (came, took) = ended(child, Duration::from_secs(10));
        assert_eq!(came.code, Some(1), "{}", came.shown());
        for part in ["stopping after the requests that are under way", "error[K0614]", "next: koppel run orders"] {
            assert!(came.err.contains(part), "{part}\n{}", came.shown());
        }
        // A request on its way when the signal was sent may arrive a moment later.
        let late = asked + jiff::SignedDuration::from_millis(1_500);
        let begun = drill.sandbox.requests().iter().filter(|one| one.at > late).count();
        assert_eq!(begun, 0, "{name}: {:?}", drill.sandbox.requests());
        goes_on(&drill, name);
        tell(
            "R17 it stops well",
            &format!("SIG{name}: requests ended, nothing new begun, out in {} ms", took.as_millis()),
        );
    }
}

#[test]
fn what_does_not_end_is_told_to_be_in_doubt() {
    let drill = slow_books(Duration::from_secs(300));
    let child = drill.start("run orders");
    assert!(until(Duration::from_secs(60), || invoices_asked(&drill) > 0));
    signal(&child, "TERM");
    let (came, took) = ended(child, Duration::from_secs(12));
    assert!(took < Duration::from_secs(10), "out in {took:?}");
    is_told(&came, "SIGTERM");
    goes_on(&drill, "SIGTERM");
    tell("R17 it stops well", &format!("a request that hangs: out in {} ms, told to be in doubt", took.as_millis()));
}

#[test]
fn the_second_signal_ends_it_at_once() {
    for names in [["TERM", "TERM"], ["INT", "INT"]] {
        let drill = slow_books(Duration::from_secs(300));
        let child = drill.start("run orders");
        assert!(until(Duration::from_secs(60), || invoices_asked(&drill) > 0));
        signal(&child, names[0]);
        crate::support::drill::pause(Duration::from_millis(200));
        signal(&child, names[1]);
        let (came, took) = ended(child, Duration::from_secs(10));
        is_told(&came, names[1]);
        goes_on(&drill, names[1]);
        tell(
            "R17 it stops well",
            &format!("second SIG{}: out in {} ms, says what is in doubt", names[1], took.as_millis()),
        );
    }
}

fn is_told(came: &crate::support::drill::Came, what: &str) {
    assert_eq!(came.code, Some(4), "{what}\n{}", came.shown());
    let told = [
        "error[K0611]",
        "create invoice",
        "the next one looks for \"MWW-20",
        "flows/orders.flow:",
        "koppel run orders",
    ];
    for part in told {
        assert!(came.err.contains(part), "{what}: {part}\n{}", came.shown());
    }
}
