//! Both sides counted: what is lost, missing, changed or there twice shows.

use koppel::ledger::Status;
use koppel::run::{Came, How, Options};
use koppel::sandbox::{self, Fault, FaultKind};
use serde_json::json;

use crate::support::scene::{Scene, order, pass, text_of};

#[tokio::test(start_paused = true)]
async fn both_sides_are_even_after_a_run_with_trouble() {
    let scene = Scene::with(sandbox::Options { orders: 40, ..sandbox::Options::default() });
    scene.sandbox.set_faults(
        ["lost_reply", "500", "reset", "429"].map(|name| Fault::per_mille(FaultKind::named(name).unwrap(), 60)).into(),
    );
    scene.run("orders").await;
    scene.sandbox.set_faults(Vec::new());
    pass(60).await;
    let (requests, writes) = (scene.sandbox.requests().len(), scene.writes());
    let even = scene.reconcile("orders").await;
    assert!(even.is_even(), "{even:?}");
    let sum: u64 = Came::ALL.iter().map(|came| even.count(*came)).sum();
    assert_eq!((even.source, even.difference()), (sum, 0));
    assert_eq!(even.made.values().sum::<u64>(), scene.standing("orders", Status::Done).await, "{even:?}");
    assert_eq!(scene.writes(), writes, "nothing is changed");
    assert!(scene.sandbox.requests().len() - requests <= 6, "three lists of orders, a token, a list of invoices");
    assert_eq!(scene.standing("orders", Status::InDoubt).await, even.count(Came::InDoubt));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_as_the_ledger_says_is_told_one_by_one() {
    let scene = Scene::new();
    scene.only(&["2041", "2042", "2043"]);
    scene.run("orders").await;
    let first = scene.reconcile("orders").await;
    assert!(first.is_even() && first.source == 3, "{first:?}");

    // An order that came since: the next run takes it in, it is not lost.
    let later = [("/number", json!(2999)), ("/uuid", json!("later"))];
    pass(600).await;
    scene.sandbox.put_order(&order("orders/01-person-nl-21.json", &later)).unwrap();
    assert!(scene.sandbox.set_order_status("2999", 3));
    let new = scene.reconcile("orders").await;
    assert_eq!((new.count(Came::New), new.difference()), (1, 0), "{new:?}");
    scene.run_with("orders", &Options::default()).await;

    // One that the ledger should know.
    let old = [("/number", json!(2998)), ("/uuid", json!("old"))];
    scene.sandbox.put_order(&order("orders/01-person-nl-21.json", &old)).unwrap();
    let lost = scene.reconcile("orders").await;
    assert_eq!(lost.difference(), 1, "{lost:?}");
    assert_eq!((lost.unknown[0].key.as_str(), lost.unknown[0].title.as_str()), ("old", "2998"));
    assert!(!lost.is_even());

    // An invoice that someone threw away, one that carries another reference, and one made by hand beside ours.
    let id = |reference: &str| {
        let invoices = scene.sandbox.invoices();
        text_of(&invoices.iter().find(|invoice| invoice["reference"] == reference).unwrap()["id"])
    };
    let (gone, other) = (id("MWW-2041"), id("MWW-2042"));
    scene.by_hand("DELETE", &format!("/v3/invoices/{gone}"), json!({})).await;
    scene.by_hand("PUT", &format!("/v3/invoices/{other}"), json!({ "reference": "SOMETHING" })).await;
    scene.by_hand("POST", "/v3/invoices", json!({ "reference": "MWW-2043", "line_items": [] })).await;
    let astray = scene.reconcile("orders").await;
    let mut told: Vec<(String, String)> =
        astray.astray.iter().map(|one| (one.title.clone(), format!("{:?}", one.how))).collect();
    told.sort();
    assert_eq!(told.len(), 3, "{astray:?}");
    assert_eq!(told[0], ("2041".to_string(), "Missing".to_string()));
    assert_eq!(told[1], ("2042".to_string(), "Changed(\"SOMETHING\")".to_string()));
    assert!(told[2].0 == "2043" && told[2].1.starts_with("Twice"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_doubt_and_there_is_found() {
    let scene = Scene::new();
    scene.only(&["2041"]);
    scene.sandbox.set_faults(vec![Fault::once(FaultKind::named("reset").unwrap(), "POST /v3/invoices$")]);
    let report = scene.run("orders").await;
    assert_eq!((report.count(Status::InDoubt), report.in_doubt), (1, 1));
    // A later run meets no record, and does not hide that one is in doubt.
    let later = scene.run("orders").await;
    assert_eq!((later.outcomes.len(), later.in_doubt), (0, 1));
    scene.by_hand("POST", "/v3/invoices", json!({ "reference": "MWW-2041", "line_items": [] })).await;
    let found = scene.reconcile("orders").await;
    assert_eq!(found.count(Came::InDoubt), 1);
    assert_eq!(found.astray.len(), 1, "{found:?}");
    assert_eq!((&found.astray[0].how, found.astray[0].title.as_str()), (&How::Unknown, "2041"));
}
