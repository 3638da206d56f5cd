//! The process dies, or one request goes wrong, at every place in a run: nothing is made twice, nothing is lost.

use koppel::ledger::{ActivityFilter, Answer, Logged, RecordFilter, Scope, State, Status};
use koppel::run::Ended;
use koppel::sandbox::FaultKind;

use crate::support::mortal::{Blow, Mortal};
use crate::support::scene::{Scene, pass, table, text_of};
use crate::support::trap::{Mishap, Trap};

/// Two persons, one of them with two orders, a company, and an order that is held.
const ORDERS: [&str; 4] = ["2041", "2042", "2053", "2055"];
const REPEAT: &str = "\non lost_reply repeat\nensure books";

/// Four orders of three debtors; invoices are sent.
fn scene(repeat: bool) -> Scene {
    let scene = Scene::new();
    scene.only(&ORDERS);
    scene.settings("[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.invoice_state = \"sent\"\n");
    if repeat {
        scene.flow("orders", &include_str!("../../flows/orders.flow").replacen("\nensure books", REPEAT, 1));
    }
    scene
}

/// How many requests a run without mishaps needs.
async fn requests() -> usize {
    let scene = scene(false);
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 3, "{}", table(&report));
    scene.sandbox.requests().len()
}

/// Runs with a mishap at the n-th request; answers whether it came to that.
async fn run_with(scene: &mut Scene, at: usize, mishap: Mishap) -> bool {
    let transport = scene.transport.clone();
    let trap = Trap::new(transport.clone(), scene.sandbox.clone(), at, mishap);
    scene.transport = trap.clone();
    tokio::select! {
        biased;
        () = trap.died() => {}
        _report = scene.run("orders") => {}
    }
    scene.transport = transport;
    trap.sprung()
}

/// All is made, each once, and every record has come to its end.
async fn is_whole(scene: &Scene, what: &str) {
    assert_eq!(scene.references(), ["MWW-2041", "MWW-2042", "MWW-2055"], "{what}");
    let mut customers: Vec<String> =
        scene.sandbox.customers().iter().map(|one| text_of(&one["email"]).to_lowercase()).collect();
    customers.sort();
    assert_eq!(customers, ["inkoop@example.nl", "sanne.verzonnen@example.nl"], "{what}");
    pass(5).await;
    let invoices = scene.sandbox.invoices();
    assert!(invoices.iter().all(|invoice| invoice["invoice_status"] == "sent"), "{what}: all are sent");
    assert_eq!(scene.standing("orders", Status::Done).await, 3, "{what}");
    assert_eq!(scene.standing("orders", Status::Held).await, 1, "{what}");
    let open = scene.ledger.unsettled(&Scope::new("shop", "orders")).await.unwrap();
    assert!(open.is_empty(), "{what}: what is there is no write without an answer any more: {open:?}");
}

/// Runs until nothing is left to do; a person answers what is in doubt.
async fn finish(scene: &Scene, what: &str) {
    for _ in 0..3 {
        pass(61).await;
        let report = scene.run("orders").await;
        assert_eq!(report.ended, Ended::Done, "{what}");
        scene.resolve_all("orders").await;
        if scene.standing("orders", Status::Waiting).await + scene.standing("orders", Status::Failed).await == 0 {
            return;
        }
    }
    panic!("{what}: it does not come to an end\n{}", table(&scene.run("orders").await));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_at_any_request_loses_and_doubles_nothing() {
    for at in 0..requests().await {
        for mishap in [Mishap::DiesBefore, Mishap::DiesAfter] {
            let what = format!("{mishap:?} at request {at}");
            let mut scene = scene(false);
            assert!(run_with(&mut scene, at, mishap).await, "{what}");
            finish(&scene, &what).await;
            is_whole(&scene, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_repeats_needs_nobody_after_a_death() {
    for at in 0..requests().await {
        for mishap in [Mishap::DiesBefore, Mishap::DiesAfter] {
            let what = format!("{mishap:?} at request {at}");
            let mut scene = scene(true);
            run_with(&mut scene, at, mishap).await;
            pass(61).await;
            let report = scene.run("orders").await;
            assert_eq!(report.ended, Ended::Done, "{what}");
            is_whole(&scene, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_in_a_file_is_taken_up_at_once_by_the_next_process() {
    for at in (0..requests().await).step_by(3) {
        for mishap in [Mishap::DiesBefore, Mishap::DiesAfter] {
            let what = format!("{mishap:?} at request {at}");
            let mut scene = scene(true);
            scene.ledger_in_file();
            run_with(&mut scene, at, mishap).await;
            scene.ledger_in_file();
            let report = scene.run("orders").await;
            assert_eq!(report.ended, Ended::Done, "{what}");
            is_whole(&scene, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn any_fault_at_any_request_loses_and_doubles_nothing() {
    let requests = requests().await;
    for (number, name) in FaultKind::names().enumerate() {
        let kind = FaultKind::named(name).expect("it is in the list");
        // What leaves a write unknown is tried at every request; of the others each is tried at some.
        let unclear = ["lost_reply", "500_after", "cut_body", "reset"].contains(&name);
        let (first, step) = if unclear { (0, 1) } else { (number % 4, 4) };
        for at in (first..requests).step_by(step) {
            let what = format!("{name} at request {at}");
            let mut scene = scene(false);
            assert!(run_with(&mut scene, at, Mishap::Fault(kind)).await, "{what}");
            finish(&scene, &what).await;
            is_whole(&scene, &what).await;
        }
    }
}

/// The same with one debtor and two orders, for there are many calls of the ledger.
fn small_scene() -> Scene {
    let scene = scene(true);
    scene.only(&["2041", "2055"]);
    scene
}

/// Runs with a blow at the n-th call of the ledger; answers how many calls there were.
async fn run_struck(scene: &mut Scene, at: usize, blow: Blow) -> usize {
    let ledger = scene.ledger.clone();
    let mortal = Mortal::new(ledger.clone(), at, blow);
    scene.ledger = mortal.clone();
    tokio::select! {
        biased;
        () = mortal.died() => {}
        _report = scene.run("orders") => {}
    }
    scene.ledger = ledger;
    mortal.calls()
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_at_any_call_of_the_ledger_loses_and_doubles_nothing() {
    for blow in [Blow::DiesBefore, Blow::DiesAfter, Blow::Refused] {
        for at in 0.. {
            let what = format!("{blow:?} at call {at}");
            let mut scene = small_scene();
            let calls = run_struck(&mut scene, at, blow).await;
            if calls <= at {
                assert!(at > 30, "there are calls at all");
                break;
            }
            pass(61).await;
            let report = scene.run("orders").await;
            assert_eq!(report.ended, Ended::Done, "{what}");
            assert_eq!(scene.references(), ["MWW-2041", "MWW-2055"], "{what}");
            assert_eq!(scene.sandbox.customers().len(), 1, "{what}");
            assert_eq!(scene.standing("orders", Status::Done).await, 2, "{what}\n{}", table(&report));
            pass(5).await;
            assert!(scene.sandbox.invoices().iter().all(|invoice| invoice["invoice_status"] == "sent"), "{what}");
        }
    }
}

/// The writes that are known to be made, and those of them that the log shows with what was sent.
async fn known_and_shown(scene: &Scene) -> (usize, usize) {
    let (mut known, mut shown) = (0, 0);
    let scope = Scope::new("shop", "orders");
    for summary in scene.ledger.records(RecordFilter::of("shop")).await.unwrap() {
        let record = scene.ledger.record(&scope, &summary.key).await.unwrap().unwrap();
        let filter = ActivityFilter { key: Some(summary.key.clone()), bodies: true, ..ActivityFilter::of("shop") };
        let calls = scene.ledger.activity(filter).await.unwrap();
        for attempt in record.attempts.iter().filter(|one| matches!(one.state, State::Answered(Answer::Made { .. }))) {
            known += 1;
            let sent = |call: &&Logged| {
                let call = &call.activity;
                call.step.as_deref() == Some(&*attempt.step) && call.attempt == Some(attempt.n) && call.method == "POST"
            };
            shown += usize::from(calls.iter().any(|call| sent(&call)));
        }
    }
    (known, shown)
}

#[tokio::test(start_paused = true)]
async fn what_is_known_to_be_made_is_in_the_log_whenever_the_process_dies() {
    let mut most = 0;
    for at in 0.. {
        let mut scene = small_scene();
        let calls = run_struck(&mut scene, at, Blow::DiesAfter).await;
        let (known, shown) = known_and_shown(&scene).await;
        assert_eq!(known, shown, "death after call {at}");
        most = most.max(known);
        if calls <= at {
            break;
        }
    }
    assert_eq!(most, 4, "two invoices, made and sent");
}
