//! Which records a run takes: the cursor and its overlap, statuses, what comes again, what a person asks for.

use koppel::ledger::{Scope, Status};
use koppel::run::Options;
use serde_json::json;

use crate::support::scene::{Scene, order, pass, table};

async fn cursor(scene: &Scene) -> String {
    scene.ledger.cursor(&Scope::new("shop", "orders")).await.unwrap().unwrap_or_default()
}

/// The addresses at which orders were asked for since the n-th request.
fn lists(scene: &Scene, from: usize) -> Vec<String> {
    let requests = scene.sandbox.requests();
    requests[from..].iter().filter(|one| one.path.starts_with("/v1/orders")).map(|one| one.path.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_cursor_follows_and_a_little_is_read_again() {
    let scene = Scene::new();
    let first = scene.run("orders").await;
    assert_eq!(first.listed, 22);
    assert_eq!(cursor(&scene).await, "2026-03-20T13:05:11Z");
    let wanted = |status: u8| {
        format!(
            "/v1/orders?status_id={status}&status_changed_start_date=2026-03-20 13:50:11&limit=100&offset=0&partner_token=***&token=***"
        )
    };
    let before = scene.sandbox.requests().len();
    let again = scene.run("orders").await;
    let asked = lists(&scene, before);
    assert_eq!(asked.len(), 3, "one request for each status");
    for (path, status) in asked.iter().zip([2, 3, 6]) {
        let mut parts: Vec<&str> = path.split(['?', '&']).collect();
        let want = wanted(status);
        let mut known: Vec<&str> = want.split(['?', '&']).collect();
        parts.sort_unstable();
        known.sort_unstable();
        assert_eq!(parts, known);
    }
    assert_eq!((again.listed, again.unchanged, again.outcomes.len()), (1, 1, 0), "the overlap is harmless");
    assert_eq!(scene.sandbox.requests().len(), before + 3, "nothing else is asked");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_breaks_off_while_it_lists_moves_no_cursor() {
    let scene = Scene::new();
    let kind = koppel::sandbox::FaultKind::named("reset").unwrap();
    let fault =
        koppel::sandbox::Fault { kind, rate: koppel::sandbox::Rate::PerMille(1000), on: Some("GET /v1/orders".into()) };
    scene.sandbox.set_faults(vec![fault]);
    let report = scene.run("orders").await;
    assert!(matches!(report.ended, koppel::run::Ended::Unreachable(_)), "{}", report.ended);
    assert_eq!(cursor(&scene).await, "");
    scene.sandbox.set_faults(Vec::new());
    assert_eq!(scene.run("orders").await.count(Status::Done), 18);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_dated_in_the_future_hides_no_other() {
    let scene = Scene::new();
    let late = [("/number", json!(2100)), ("/uuid", json!("late")), ("/status_changed_date", json!("2099-01-01"))];
    scene.sandbox.put_order(&order("orders/01-person-nl-21.json", &late)).unwrap();
    scene.run("orders").await;
    assert_eq!(cursor(&scene).await, "2026-04-01T10:00:00Z", "not later than now");
    pass(3600).await;
    scene.sandbox.set_order_status("2049", 3);
    let report = scene.run("orders").await;
    assert!(report.outcomes.iter().any(|outcome| &*outcome.title == "2049"), "{}", table(&report));
}

#[tokio::test(start_paused = true)]
async fn what_gets_a_status_later_comes_then() {
    let scene = Scene::new();
    scene.run("orders").await;
    assert!(!scene.references().contains(&"MWW-2049".to_string()), "it is new, and not sent");
    pass(3600).await;
    scene.sandbox.set_order_status("2049", 2);
    let report = scene.run("orders").await;
    assert_eq!(table(&report), "2049 done\n-- 2 listed, 1 unchanged, done");
    assert!(scene.references().contains(&"MWW-2049".to_string()));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_changes_after_its_invoice_is_passed_by() {
    let scene = Scene::new();
    scene.run("orders").await;
    let (before, writes) = (scene.references(), scene.writes());
    pass(3600).await;
    for (number, status) in [("2041", 6), ("2042", 2)] {
        assert!(scene.sandbox.set_order_status(number, status));
    }
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Skipped), 2, "{}", table(&report));
    assert!(report.outcomes.iter().all(|outcome| outcome.reason.starts_with("exists: books.invoices ")));
    assert_eq!((scene.references(), scene.writes()), (before, writes));
    // A field that the flow does not read is no change.
    pass(3600).await;
    let text = scene.sandbox.orders().into_iter().find(|order| order["number"] == 2041).unwrap();
    let mut text = text;
    text["weight"] = json!("99.99");
    scene.sandbox.put_order(&text.to_string()).unwrap();
    assert_eq!(scene.run("orders").await.outcomes, []);
}

#[tokio::test(start_paused = true)]
async fn a_held_order_comes_again_when_it_is_put_right() {
    let scene = Scene::new();
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Held), 3, "{}", table(&report));
    assert_eq!(scene.run("orders").await.outcomes, [], "not before");
    pass(3600).await;
    let now = [("/status_changed_date", json!("2026-04-01")), ("/price/total", json!("56.80"))];
    scene.sandbox.put_order(&order("tricky/06-total-off-by-one-cent.json", &now)).unwrap();
    let report = scene.run("orders").await;
    assert_eq!(table(&report), "2065 done\n-- 2 listed, 1 unchanged, done");
}

#[tokio::test(start_paused = true)]
async fn credits_and_test_orders_are_never_invoiced() {
    let scene = Scene::new();
    scene.settings("[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.send_statuses = [2, 3, 6, 10]\n");
    let report = scene.run("orders").await;
    let said = table(&report);
    for line in [
        "2051 skipped a credit of order 2041: it is no invoice",
        "2064 skipped a credit of order 2041: it is no invoice",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert!(!said.contains("2052") && !said.contains("T-17"), "the shop does not show test orders\n{said}");
    let test = std::fs::read(format!("{}/samples/tricky/02-test-order-text-number.json", env!("CARGO_MANIFEST_DIR")));
    let options = Options { records: Some(vec![test.unwrap().into()]), ..Options::default() };
    let report = scene.run_with("orders", &options).await;
    assert!(table(&report).starts_with("T-17 skipped a test order\n"), "{}", table(&report));
}

#[tokio::test(start_paused = true)]
async fn a_limit_leaves_the_rest_for_the_next_run() {
    let scene = Scene::new();
    let limit = Options { limit: Some(5), ..Options::default() };
    let mut done = Vec::new();
    for _ in 0..6 {
        let report = scene.run_with("orders", &limit).await;
        assert!(report.outcomes.len() <= 5);
        done.extend(report.outcomes.iter().map(|outcome| outcome.title.to_string()));
    }
    let mut once = done.clone();
    once.sort();
    once.dedup();
    assert_eq!((done.len(), once.len()), (22, 22), "each once, none forgotten");
}

#[tokio::test(start_paused = true)]
async fn an_earlier_date_lists_again_and_makes_nothing_twice() {
    let scene = Scene::new();
    scene.run("orders").await;
    let (before, at) = (scene.references(), cursor(&scene).await);
    let since = Options { since: Some("2026-03-01T00:00:00Z".parse().unwrap()), ..Options::default() };
    let report = scene.run_with("orders", &since).await;
    assert_eq!((report.listed, report.unchanged), (22, 22));
    assert_eq!((scene.references(), cursor(&scene).await), (before, at));
}

#[tokio::test(start_paused = true)]
async fn what_lies_before_the_first_date_is_never_asked_for() {
    let scene = Scene::new();
    scene.settings("[flows.orders]\nsettings.first_date = 2026-03-16\n");
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done) + report.count(Status::Skipped), report.outcomes.len() - 1);
    assert!(scene.references().iter().all(|reference| reference.as_str() >= "MWW-2061"), "{}", table(&report));
}
