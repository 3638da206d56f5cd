//! Writes whose answer is lost: looked for, found or in doubt, and what a person says of them.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::SignedDuration;
use koppel::ledger::{Claimed, Lane, RecordFilter, Status};
use koppel::report::{self, Style};
use koppel::run::{Again, Options, Refusal, Word};
use koppel::sandbox::{self, Fault, FaultKind};
use serde_json::json;

use crate::support::room::room;
use crate::support::scene::{Scene, pass, table, text_of};

const SENT: &str = "[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.invoice_state = \"sent\"\n";

fn once(scene: &Scene, name: &str, on: &str) {
    let kind = FaultKind::named(name).expect("a fault of the sandbox");
    scene.sandbox.set_faults(vec![Fault::once(kind, on)]);
}

/// One order whose write is lost before it arrives; its key.
async fn doubtful(scene: &Scene, on: &str) -> String {
    scene.only(&["2041"]);
    once(scene, "reset", on);
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::InDoubt), 1, "{}", table(&report));
    report.outcomes[0].key.to_string()
}

/// The record goes on, and nothing else is done.
async fn goes_on(scene: &Scene, key: &str) -> String {
    let again = Some(Again { keys: vec![key.to_string()] });
    table(&scene.run_with("orders", &Options { again, ..Options::default() }).await)
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_for_by_search_and_list_and_again_when_it_must_show() {
    let lag = SignedDuration::from_secs(20);
    let scene = Scene::with(sandbox::Options { search_lag: lag, ..sandbox::Options::default() });
    scene.timed(30, false, "[flows.orders]\nsettings.first_date = 2026-01-01\n");
    scene.only(&["2041"]);
    once(&scene, "reset", "POST /v3/invoices$");
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::InDoubt), 1, "{}", table(&report));
    let requests = scene.sandbox.requests();
    let sent = requests.iter().position(|one| one.method == "POST" && one.path == "/v3/invoices").expect("it was sent");
    let looks: Vec<(String, i64)> = requests[sent + 1..]
        .iter()
        .map(|one| {
            let how = if one.path.contains("query=MWW-2041") { "search" } else { "list" };
            (how.to_string(), one.at.duration_since(requests[sent].at).as_secs())
        })
        .collect();
    let how: Vec<&str> = looks.iter().map(|(how, _)| how.as_str()).collect();
    assert_eq!(how, ["search", "list", "search", "list"], "{looks:?}");
    assert!(looks[1].1 < 5 && looks[2].1 >= 30, "once at once, and once when it must show itself: {looks:?}");

    // Found at once by the list, though the search does not show it yet.
    let scene = Scene::with(sandbox::Options { search_lag: lag, ..sandbox::Options::default() });
    scene.timed(30, false, "[flows.orders]\nsettings.first_date = 2026-01-01\n");
    scene.only(&["2041"]);
    once(&scene, "lost_reply", "POST /v3/invoices$");
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    assert_eq!((scene.references(), scene.asked("POST", "/v3/invoices")), (vec!["MWW-2041".to_string()], 1));
}

#[tokio::test(start_paused = true)]
async fn a_person_says_that_it_is_there() {
    for on in ["POST /v3/invoices$", "POST /v3/customers$"] {
        let scene = Scene::new();
        let key = doubtful(&scene, on).await;
        let posts = scene.writes();
        let made = if on.contains("invoices") {
            let customer = text_of(&scene.sandbox.customers()[0]["id"]);
            let line = json!({
                "description": "by hand", "quantity": "1", "amount": { "amount": "27.47", "currency": "EUR" },
                "vat": { "value": "0.21" }
            });
            let body = json!({
                "customer_id": customer, "reference": "MWW-2041", "net_amounts": true, "line_items": [line]
            });
            text_of(&scene.by_hand("POST", "/v3/invoices", body).await["id"])
        } else {
            scene.debtor("Sanne", "Sanne.Verzonnen@example.nl").await
        };
        // What is there is not believed to be absent, whoever says so.
        let refusal = scene.says("orders", &key, &Word::Absent).await.unwrap_err();
        assert!(matches!(&refusal, Refusal::IsThere { id, .. } if *id == made), "{refusal:?}");
        let resolved = scene.says("orders", &key, &Word::Found(made.clone())).await.unwrap();
        assert!(resolved.left.is_empty() && resolved.doubt.attempt == 0, "{resolved:?}");
        let said = goes_on(&scene, &key).await;
        assert!(said.starts_with("2041 done"), "{said}");
        // The hand sent one; koppel fills in the address of a debtor made so, sends what comes behind, and nothing twice.
        assert_eq!(scene.writes() - posts, if on.contains("customers") { 3 } else { 1 }, "{on}");
        assert_eq!((scene.references().len(), scene.sandbox.customers().len()), (1, 1), "{on}");
        let report = scene.run("orders").await;
        assert_eq!(report.outcomes, [], "{on}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_says_that_it_is_not_there() {
    for on in ["POST /v3/invoices$", "POST /v3/customers$"] {
        let scene = Scene::new();
        let key = doubtful(&scene, on).await;
        scene.says("orders", &key, &Word::Absent).await.unwrap();
        // It arrived after all, against all that the connector says: the next attempt looks before it sends.
        let late = on.contains("customers");
        if late {
            scene.debtor("Sanne", "sanne.verzonnen@example.nl").await;
        }
        let said = goes_on(&scene, &key).await;
        assert!(said.starts_with("2041 done"), "{said}");
        assert_eq!((scene.references().len(), scene.sandbox.customers().len()), (1, 1), "{on}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_keeps_the_same_promise() {
    // The answer is lost, it was done: the thing shows it.
    let scene = Scene::new();
    scene.settings(SENT);
    scene.only(&["2041"]);
    once(&scene, "lost_reply", "POST /v3/invoices/");
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    assert_eq!(scene.asked("POST", "/v3/invoices/"), 1, "sent once");

    // It never arrived: in doubt, until a person says so.
    let scene = Scene::new();
    scene.settings(SENT);
    let key = doubtful(&scene, "POST /v3/invoices/").await;
    assert_eq!(scene.asked("POST", "/v3/invoices/"), 1);
    let invoice = text_of(&scene.sandbox.invoices()[0]["id"]);
    let found = scene.says("orders", &key, &Word::Found(invoice.clone())).await.unwrap_err();
    assert!(matches!(&found, Refusal::NotTheOne(words) if words.contains("does not show")), "{found:?}");
    scene.says("orders", &key, &Word::Absent).await.unwrap();
    // Someone sends it by hand meanwhile: it is looked at before it is sent.
    scene.by_hand("POST", &format!("/v3/invoices/{invoice}/send"), json!({ "send_method": "self" })).await;
    pass(5).await;
    let said = goes_on(&scene, &key).await;
    assert!(said.starts_with("2041 done"), "{said}");
    assert_eq!(scene.asked("POST", "/v3/invoices/"), 2, "the one that was lost, and the hand's");

    let scene = Scene::new();
    scene.settings(SENT);
    let key = doubtful(&scene, "POST /v3/invoices/").await;
    scene.says("orders", &key, &Word::Absent).await.unwrap();
    let said = goes_on(&scene, &key).await;
    assert!(said.starts_with("2041 done"), "{said}");
    pass(5).await;
    assert_eq!(scene.sandbox.invoices()[0]["invoice_status"], "sent");
}

/// Each reason for which a person's word is not taken, whole.
#[tokio::test(start_paused = true)]
async fn a_word_that_is_not_so_is_refused_and_changes_nothing() {
    let _room = room("run");
    let scene = Scene::new();
    let mut told = String::new();
    let mut note = |what: &str, refusal: &Refusal| {
        let drawn = report::draw(&refusal.problem("2041"), &Default::default(), Style::Plain);
        writeln!(told, "---- {what}\n{drawn}").unwrap();
    };
    let found = |id: &str| Word::Found(id.to_string());
    let key = doubtful(&scene, "POST /v3/invoices$").await;
    let other = json!({ "reference": "MWW-2042", "line_items": [] });
    let other = text_of(&scene.by_hand("POST", "/v3/invoices", other).await["id"]);
    let nowhere = "00000000-0000-4000-8000-000000000000";
    note("there is no such thing", &scene.says("orders", &key, &found(nowhere)).await.unwrap_err());
    let refusal = scene.says("orders", &key, &found(&other)).await.unwrap_err();
    let Refusal::NotTheOne(words) = &refusal else { panic!("{refusal:?}") };
    note("it carries another key", &Refusal::NotTheOne(words.replace(&other, "ID")));

    let lane = Lane::new("shop", "jortt");
    let held = scene.ledger.claim(&lane, "process 4711", scene.clock.now(), Duration::from_secs(60)).await.unwrap();
    let Claimed::Granted(claim) = held else { panic!("{held:?}") };
    note("a run is under way", &scene.says("orders", &key, &Word::Absent).await.unwrap_err());
    scene.ledger.release(&claim).await.unwrap();
    let (graph, world) = scene.world("orders");
    let step = koppel::run::resolve(&graph, &world, &key, Some("create credit"), &Word::Absent).await;
    note("another step", &step.unwrap_err());

    let body = json!({ "reference": "MWW-2041", "line_items": [] });
    let made = text_of(&scene.by_hand("POST", "/v3/invoices", body).await["id"]);
    let refusal = scene.says("orders", &key, &Word::Absent).await.unwrap_err();
    let Refusal::IsThere { resource, carries, id } = refusal else { panic!("{refusal:?}") };
    assert_eq!(id, made);
    note("it is there", &Refusal::IsThere { resource, carries, id: "ID".to_string() });
    let summary = scene.ledger.records(RecordFilter::of("shop")).await.unwrap().remove(0);
    assert_eq!(summary.status, Status::InDoubt, "nothing of it changed anything");

    // Two at once: one of them is the first, the other is told.
    let made = found(&made);
    let (one, two) = tokio::join!(scene.says("orders", &key, &made), scene.says("orders", &key, &made));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    note("it was resolved before", &scene.says("orders", &key, &Word::Absent).await.unwrap_err());

    // What was done to a thing and cannot be seen is not waited for by the run: a person waits instead.
    let scene = Scene::new();
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = std::fs::read_to_string(home.join("connectors/jortt.connector")).unwrap();
    let blind = shipped.replace("done when invoice_status != \"draft\"", "");
    let blind = if blind == shipped { shipped.replace("done when invoice_status == \"sent\"", "") } else { blind };
    assert_ne!(blind, shipped);
    scene.put("connectors/jortt.connector", blind);
    scene.settings(SENT);
    let key = doubtful(&scene, "POST /v3/invoices/").await;
    note("it may still arrive", &scene.says("orders", &key, &Word::Absent).await.unwrap_err());
    pass(10).await;
    scene.says("orders", &key, &Word::Absent).await.unwrap();
    insta::assert_snapshot!("resolve", told);
}
