//! What a flow does about each class of trouble, and how a run ends when it cannot go on.

use koppel::ledger::{Claimed, Lane, Scope, Status};
use koppel::run::{Ended, Options, Report};
use koppel::sandbox::{self, Fault, FaultKind, Rate};
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;

use crate::support::mortal::{Blow, Mortal};
use crate::support::room::room;
use crate::support::scene::{SETTINGS, Scene, order, pass, table};

fn always(name: &str, on: &str) -> Fault {
    let kind = FaultKind::named(name).expect("a fault of the sandbox");
    Fault { kind, rate: Rate::Times(u32::MAX), on: Some(on.to_string()) }
}

/// The shipped flow with a line about trouble.
fn with(scene: &Scene, policy: &str) {
    let text = include_str!("../../flows/orders.flow").replacen("\nensure", &format!("\n{policy}\nensure"), 1);
    scene.flow("orders", &text);
}

/// One order that the books refuse: its year is closed.
async fn refused(scene: &Scene) -> Report {
    scene.settings("[flows.orders]\nsettings.first_date = 2020-01-01\n");
    let old = [("/date", json!("2024-03-02")), ("/uuid", json!("of-a-closed-year"))];
    let records = vec![order("orders/01-person-nl-21.json", &old).into()];
    scene.run_with("orders", &Options { records: Some(records), ..Options::default() }).await
}

#[tokio::test(start_paused = true)]
async fn what_the_books_refuse_is_held_with_their_words() {
    let _room = room("run");
    let scene = Scene::new();
    let report = refused(&scene).await;
    let said = table(&report);
    insta::assert_snapshot!("refused", said);
    assert_eq!(scene.asked("POST", "/v3/invoices"), 1, "a refusal is not tried again");
}

#[tokio::test(start_paused = true)]
async fn a_flow_may_stop_at_a_refusal() {
    let scene = Scene::new();
    with(&scene, "on validation stop");
    let report = refused(&scene).await;
    assert_eq!(report.count(Status::Stopped), 1, "{}", table(&report));
    assert!(matches!(&report.ended, Ended::Paused(why) if why.contains("operation.year_closed")), "{}", report.ended);
    let again = scene.run("orders").await;
    assert!(matches!(again.ended, Ended::Paused(_)), "{}", again.ended);
    assert_eq!(again.outcomes, []);
    // A person lets it go on: the stopped order is tried again, and stops again; what else is there waits.
    let resume = Options { resume: true, ..Options::default() };
    let report = scene.run_with("orders", &resume).await;
    assert!(matches!(report.ended, Ended::Paused(_)), "{}", table(&report));
    assert_eq!(report.count(Status::Stopped), 1, "{}", table(&report));
}

#[tokio::test(start_paused = true)]
async fn the_word_stop_pauses_the_flow_and_a_person_lets_it_go_on() {
    let scene = Scene::new();
    let text = include_str!("../../flows/orders.flow").replacen(
        "skip when total == 0",
        "stop when order.number == \"2043\" because \"order {order.number} needs the owner\"\nskip when total == 0",
        1,
    );
    scene.flow("orders", &text);
    let report = scene.run("orders").await;
    assert_eq!(report.ended, Ended::Paused("order 2043 needs the owner".into()));
    assert!(!scene.references().contains(&"MWW-2043".to_string()));
    assert!(report.outcomes.len() < 22, "what is not begun waits");
    assert!(matches!(scene.run("orders").await.ended, Ended::Paused(_)));
    scene.flow("orders", include_str!("../../flows/orders.flow"));
    let report = scene.run_with("orders", &Options { resume: true, ..Options::default() }).await;
    assert_eq!(report.ended, Ended::Done);
    assert_eq!(scene.references().len(), 18, "{}", table(&report));
}

#[tokio::test(start_paused = true)]
async fn trouble_that_does_not_pass_fails_the_record_and_the_next_run_tries_again() {
    for (name, on) in [("500", "GET /v3/invoices"), ("html_502", "GET /v3/customers"), ("429", "POST /v3/invoices")] {
        let scene = Scene::new();
        scene.only(&["2041", "2042"]);
        scene.sandbox.set_faults(vec![always(name, on)]);
        let report = scene.run("orders").await;
        assert_eq!(report.count(Status::Failed), 2, "{name} on {on}\n{}", table(&report));
        assert_eq!(scene.references(), [] as [&str; 0]);
        scene.sandbox.set_faults(Vec::new());
        pass(600).await;
        let report = scene.run("orders").await;
        assert_eq!(report.count(Status::Done), 2, "{name} on {on}\n{}", table(&report));
        assert_eq!(scene.references(), ["MWW-2041", "MWW-2042"]);
        assert_eq!(scene.sandbox.customers().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_may_say_how_often_and_how_long() {
    let scene = Scene::new();
    scene.only(&["2041"]);
    with(&scene, "on server_error retry 2 times over 10 s");
    scene.sandbox.set_faults(vec![always("500", "GET /v3/customers")]);
    scene.run("orders").await;
    assert_eq!(scene.asked("GET", "/v3/customers"), 3, "once, and two times again");
    let scene = Scene::new();
    scene.only(&["2041"]);
    with(&scene, "on server_error hold");
    scene.sandbox.set_faults(vec![always("500", "GET /v3/customers")]);
    let report = scene.run("orders").await;
    assert_eq!((report.count(Status::Held), scene.asked("GET", "/v3/customers")), (1, 1), "{}", table(&report));
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_repeats_does_not_do_so_for_ever() {
    for name in ["reset", "500", "lost_reply"] {
        let scene = Scene::new();
        scene.only(&["2041"]);
        with(&scene, "on lost_reply repeat");
        let on = "POST /v3/invoices$";
        scene.sandbox.set_faults(vec![always(name, on)]);
        let report = tokio::time::timeout(Duration::from_secs(7200), scene.run("orders")).await.expect("it ends");
        let posts = scene.asked("POST", "/v3/invoices");
        let made = name == "lost_reply";
        assert_eq!(report.count(if made { Status::Done } else { Status::Failed }), 1, "{name}\n{}", table(&report));
        assert!(posts <= 9, "{name}: {posts} were sent");
        scene.sandbox.set_faults(Vec::new());
        pass(60).await;
        scene.run("orders").await;
        assert_eq!(scene.references(), ["MWW-2041"], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_asked_for_is_kept_by_all() {
    let scene = Scene::new();
    scene.sandbox.set_faults(vec![Fault::once(FaultKind::named("429").unwrap(), "GET /v3/customers")]);
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 18, "{}", table(&report));
    let requests = scene.sandbox.requests();
    let place = requests.iter().position(|one| one.status == Some(429)).expect("it was refused");
    let next = requests[place + 1..].iter().find(|one| one.system == "books").expect("it went on");
    let between = next.at.duration_since(requests[place].at);
    assert!(between >= jiff::SignedDuration::from_secs(1), "{between:?} after it");
}

/// How runs end that cannot go on, in the words that people see.
#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_go_on_says_why() {
    let _room = room("run");
    let mut said = String::new();
    let mut note = |what: &str, scene: &Scene, report: &Report| {
        let problem = report.ended.problem().expect("it cannot go on");
        let drawn = koppel::report::draw(&problem, &Default::default(), koppel::report::Style::Plain);
        let _ = writeln!(said, "---- {what}\n{drawn}");
        assert_eq!(scene.references(), [] as [&str; 0], "{what}");
        assert_eq!(report.count(Status::Done), 0, "{what}");
    };
    let options = sandbox::Options::default;

    let scene = Scene::new();
    let config = sandbox::workspace_toml("127.0.0.1:7420".parse().unwrap(), "127.0.0.2:7421".parse().unwrap());
    scene.put("koppel.toml", format!("{}\n{SETTINGS}", config.replace(sandbox::CLIENT_SECRET, "wrong")));
    note("a wrong secret of the books", &scene, &scene.run("orders").await);

    let scene = Scene::new();
    scene.put("koppel.toml", format!("{}\n{SETTINGS}", config.replace(sandbox::SHOP_TOKEN, "wrong")));
    note("a wrong key of the shop", &scene, &scene.run("orders").await);

    let scene = Scene::with(sandbox::Options { scopes: vec!["customers:read".into()], ..options() });
    note("a scope that is not ticked", &scene, &scene.run("orders").await);

    let scene = Scene::with(sandbox::Options { plan: false, ..options() });
    note("no plan", &scene, &scene.run("orders").await);

    let scene = Scene::with(sandbox::Options { customers_open: false, ..options() });
    note("customers are closed", &scene, &scene.run("customers").await);

    let mut scene = Scene::new();
    scene.transport = std::sync::Arc::new(crate::support::router::RouterTransport::default());
    note("nobody lives there", &scene, &scene.run("orders").await);

    let scene = Scene::new();
    scene.sandbox.set_faults(vec![always("reset", "GET /v1")]);
    note("the shop is gone", &scene, &scene.run("orders").await);

    let scene = Scene::new();
    scene.sandbox.set_faults(vec![always("500", "GET /v1/orders")]);
    note("the shop is in trouble", &scene, &scene.run("orders").await);

    let scene = Scene::new();
    scene.sandbox.set_faults(vec![always("reset", "GET /v3")]);
    note("the books are gone", &scene, &scene.run("orders").await);

    let scene = Scene::new();
    let lane = Lane::new("shop", "jortt");
    let claimed = scene.ledger.claim(&lane, "process 4711", scene.clock.now(), Duration::from_secs(60)).await;
    assert!(matches!(claimed, Ok(Claimed::Granted(_))));
    note("another works on it", &scene, &scene.run("orders").await);

    let mut scene = Scene::new();
    scene.ledger = Mortal::new(scene.ledger.clone(), 4, Blow::Refused);
    note("the ledger refuses", &scene, &scene.run("orders").await);

    let scene = Scene::new();
    scene.cancel.cancel();
    note("told to stop", &scene, &scene.run("orders").await);
    insta::assert_snapshot!("ends", said);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_told_to_stop_leaves_the_rest_for_the_next() {
    let mut scene = Scene::limited(sandbox::Options::default());
    let cancel = scene.cancel.clone();
    let (report, ()) = tokio::join!(scene.run("orders"), async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        cancel.cancel();
    });
    assert_eq!(report.ended, Ended::Cancelled);
    let done = report.count(Status::Done);
    assert!(done < 18, "{}", table(&report));
    let waiting = scene.standing("orders", Status::Waiting).await;
    assert_eq!(waiting as usize + report.outcomes.len(), 22, "none is lost\n{}", table(&report));
    scene.cancel = tokio_util::sync::CancellationToken::new();
    pass(1).await;
    let report = scene.run("orders").await;
    assert_eq!(report.ended, Ended::Done);
    assert_eq!(scene.references().len(), 18, "{}", table(&report));
    assert_eq!(scene.standing("orders", Status::InDoubt).await, 0, "what was under way was let finish");
}

#[tokio::test(start_paused = true)]
async fn every_order_that_is_listed_stands_somewhere() {
    for (seed, name) in ["429", "500", "html_502", "reset", "expired_token", "lost_reply", "slow", "409", "page_shift"]
        .into_iter()
        .enumerate()
    {
        let scene = Scene::with(sandbox::Options { seed: seed as u64 + 1, orders: 30, ..sandbox::Options::default() });
        scene.sandbox.set_faults(vec![Fault::per_mille(FaultKind::named(name).unwrap(), 150)]);
        let mut listed = 0;
        for _ in 0..3 {
            listed = listed.max(scene.run("orders").await.listed);
            pass(60).await;
        }
        scene.sandbox.set_faults(Vec::new());
        let last = scene.run("orders").await;
        assert_eq!(last.ended, Ended::Done, "{name}");
        let counts = scene.ledger.counts(&Scope::new("shop", "orders")).await.unwrap();
        let asked = ["2", "3", "6"];
        let status = |order: &serde_json::Value| order["status"].to_string();
        let of_tests = |order: &serde_json::Value| order["comments"]["internal"].to_string().contains("TESTBESTELLING");
        let all = scene.sandbox.orders();
        let there = all.iter().filter(|order| asked.contains(&&*status(order)) && !of_tests(order));
        let there = there.filter(|order| !order["number"].to_string().contains("T-")).count();
        assert_eq!(counts.total(), there as u64, "{name}: all that the shop has are there");
        assert_eq!(counts.of(Status::Waiting) + counts.of(Status::Failed), 0, "{name}");
        let mut made = scene.references();
        let sum = made.len();
        made.dedup();
        assert_eq!(made.len(), sum, "{name}: none twice");
        let doubt = counts.of(Status::InDoubt);
        assert!(sum as u64 + doubt >= counts.of(Status::Done), "{name}");
        assert!(sum as u64 >= counts.of(Status::Done), "{name}: what is done has its invoice");
    }
}
