//! Runs of the shipped flows, and of small ones, against the simulated systems: what is made, once, and what every record ends as.

mod again;
mod bounds;
mod brief;
mod crash;
mod debtors;
mod doubt;
mod messages;
mod personal;
mod plan;
mod policies;
mod reconcile;
mod repeats;
mod requests;
mod traps;
mod words;

use bytes::Bytes;
use koppel::ledger::{Memory, Status};
use koppel::run::{Ended, Options};
use koppel::sandbox::{self, Fault, FaultKind};

use crate::support::room::room;
use crate::support::scene::{Scene, table};

fn fault(name: &str) -> FaultKind {
    FaultKind::named(name).expect("a fault of the sandbox")
}

fn sample(path: &str) -> Bytes {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    Bytes::from(std::fs::read(home.join("samples").join(path)).unwrap())
}

#[tokio::test(start_paused = true)]
async fn customers_and_orders_come_across_once() {
    let _room = room("run");
    let scene = Scene::new();
    let customers = scene.run("customers").await;
    insta::assert_snapshot!("customers", table(&customers));
    let orders = scene.run("orders").await;
    insta::assert_snapshot!("orders", table(&orders));
    insta::assert_snapshot!("orders-references", scene.references().join("\n"));

    let (writes, lists) = (scene.writes(), scene.asked("GET", "/v1/orders"));
    let again = scene.run("orders").await;
    assert_eq!(again.outcomes, [], "nothing is worked on again");
    assert_eq!(scene.writes(), writes, "a second run makes and changes nothing");
    assert_eq!(scene.asked("GET", "/v1/orders"), lists + 3, "one request for each status");
    scene.run("customers").await;
    assert_eq!(scene.writes(), writes);
}

#[tokio::test(start_paused = true)]
async fn a_lost_ledger_makes_no_doubles() {
    let mut scene = Scene::new();
    scene.run("orders").await;
    let (before, customers) = (scene.references(), scene.sandbox.customers().len());
    scene.ledger = std::sync::Arc::new(Memory::new());
    let report = scene.run("orders").await;
    assert_eq!(scene.references(), before);
    assert_eq!(scene.sandbox.customers().len(), customers);
    assert_eq!(report.count(Status::Done), 0, "{}", table(&report));
    assert!(report.outcomes.iter().any(|outcome| outcome.reason.starts_with("exists: books.invoices")));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_looked_up() {
    for path in ["POST /v3/invoices$", "POST /v3/customers$"] {
        let scene = Scene::new();
        scene.sandbox.set_faults(vec![Fault::once(fault("lost_reply"), path)]);
        let report = scene.run("orders").await;
        let made = scene.references();
        let mut once = made.clone();
        once.dedup();
        assert_eq!(made, once, "no reference stands twice");
        assert_eq!(report.count(Status::Done), 18, "{}", table(&report));
        let posts = scene.asked("POST", "/v3/invoices");
        assert_eq!(posts, made.len(), "no invoice was sent twice");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_never_made_is_in_doubt_and_not_repeated() {
    let _room = room("run");
    let scene = Scene::new();
    scene.sandbox.set_faults(vec![Fault::once(fault("reset"), "POST /v3/invoices$")]);
    let options = Options { records: Some(vec![sample("orders/01-person-nl-21.json")]), ..Options::default() };
    let report = scene.run_with("orders", &options).await;
    insta::assert_snapshot!("in-doubt", table(&report));
    assert_eq!(scene.asked("POST", "/v3/invoices"), 1);
    let again = scene.run_with("orders", &options).await;
    assert_eq!(again.outcomes, [], "a person decides");
    assert_eq!(scene.asked("POST", "/v3/invoices"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flow_may_repeat_what_was_looked_up_and_not_found() {
    let scene = Scene::new();
    let text = include_str!("../flows/orders.flow").replace("\nensure books", "\non lost_reply repeat\nensure books");
    scene.flow("orders", &text);
    scene.sandbox.set_faults(vec![Fault::once(fault("reset"), "POST /v3/invoices$")]);
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 18, "{}", table(&report));
    let mut made = scene.references();
    made.dedup();
    assert_eq!(made.len(), 18);
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_is_waited_out() {
    for name in ["429", "500", "html_502", "expired_token"] {
        let scene = Scene::new();
        scene.sandbox.set_faults(vec![Fault::per_mille(fault(name), 100).clone()]);
        let report = scene.run("orders").await;
        let mut made = scene.references();
        let all = made.len();
        made.dedup();
        assert_eq!(made.len(), all, "{name}: no doubles");
        let ended = [Status::Done, Status::Skipped, Status::Held, Status::InDoubt, Status::Failed];
        let sum: usize = ended.into_iter().map(|status| report.count(status)).sum();
        if report.ended == Ended::Done {
            assert_eq!(sum, report.listed, "{name}: none is lost\n{}", table(&report));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_midway_makes_nothing_twice() {
    let scene = Scene::new();
    for millis in [1, 2, 3, 5, 8, 13, 21, 34] {
        let cut = std::time::Duration::from_millis(millis);
        scene.sandbox.set_faults(vec![Fault::per_mille(fault("slow"), 300)]);
        let _ = tokio::time::timeout(cut, scene.run("orders")).await;
    }
    scene.sandbox.set_faults(Vec::new());
    tokio::time::advance(std::time::Duration::from_secs(120)).await;
    let report = scene.run("orders").await;
    let mut made = scene.references();
    let all = made.len();
    made.dedup();
    assert_eq!(made.len(), all, "no doubles\n{}", table(&report));
    assert_eq!(all, 18, "{}", table(&report));
}

#[tokio::test(start_paused = true)]
async fn one_customer_of_many_orders_is_made_once() {
    let scene = Scene::with(sandbox::Options { orders: 60, samples: false, ..sandbox::Options::default() });
    let report = scene.run("orders").await;
    assert_eq!(report.ended, Ended::Done, "{}", table(&report));
    let mut known: Vec<String> = scene
        .sandbox
        .customers()
        .iter()
        .map(|customer| format!("{} {}", customer["email"], customer["is_private"]).to_lowercase())
        .collect();
    let all = known.len();
    known.sort();
    known.dedup();
    assert_eq!(known.len(), all);
    assert!(all < 60, "some customers have several orders");
}

#[tokio::test(start_paused = true)]
async fn settings_say_how_invoices_arrive() {
    let scene = Scene::new();
    scene.settings("[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.invoice_state = \"sent\"\n");
    let options = Options { records: Some(vec![sample("orders/01-person-nl-21.json")]), ..Options::default() };
    let report = scene.run_with("orders", &options).await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    tokio::time::advance(std::time::Duration::from_secs(5)).await;
    let invoice = scene.sandbox.invoices().remove(0);
    assert_eq!(invoice["invoice_status"], "sent");
    assert!(invoice["invoice_number"].is_string());
}

#[tokio::test(start_paused = true)]
async fn only_limit_and_since_bound_a_run() {
    let scene = Scene::new();
    let limit = Options { limit: Some(2), ..Options::default() };
    assert_eq!(scene.run_with("orders", &limit).await.outcomes.len(), 2);
    let only = Options { only: Some("2053".into()), ..Options::default() };
    let report = scene.run_with("orders", &only).await;
    assert_eq!(table(&report).lines().next(), Some("2053 held not in the catalogue: KOP-ONBEKEND-9"));
    let again = scene.run_with("orders", &only).await;
    assert_eq!(again.outcomes.len(), 1, "a record that is asked for is worked on again");
    let scene = Scene::new();
    let since = Options { since: Some("2026-03-17T00:00:00Z".parse().unwrap()), ..Options::default() };
    let report = scene.run_with("orders", &since).await;
    assert!(report.listed > 0 && report.listed < 22, "{}", table(&report));
}

#[tokio::test(start_paused = true)]
async fn who_we_are_and_where_they_live_must_be_right() {
    let mut scene = Scene::new();
    scene.transport = std::sync::Arc::new(crate::support::router::RouterTransport::default());
    let report = scene.run("orders").await;
    assert!(matches!(report.ended, Ended::Unreachable(_)), "{}", report.ended);

    let options =
        sandbox::Options { scopes: vec!["customers:read".into()].into_iter().collect(), ..sandbox::Options::default() };
    let scene = Scene::with(options);
    let report = scene.run("orders").await;
    assert!(matches!(report.ended, Ended::LogIn(_) | Ended::Config(_)), "{}", report.ended);
    assert_eq!(scene.sandbox.invoices().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_stop_after_a_write_pauses_the_flow() {
    let scene = Scene::new();
    let text = include_str!("../flows/orders.flow").replace(
        "hold when invoice.invoice_total_incl_vat.amount != total",
        "hold when invoice.invoice_total_incl_vat.amount == total",
    );
    scene.flow("orders", &text);
    let report = scene.run("orders").await;
    assert!(matches!(&report.ended, Ended::Paused(why) if why.contains("3 records in a row")), "{}", report.ended);
    let again = scene.run("orders").await;
    assert!(matches!(again.ended, Ended::Paused(_)), "it waits for a person");
    assert_eq!(again.outcomes, []);
}

#[tokio::test(start_paused = true)]
async fn three_runs_with_one_order_each_pause_the_flow_as_one_with_three_does() {
    let mut made = Vec::new();
    for resumed in [false, true] {
        let scene = Scene::new();
        let text = include_str!("../flows/orders.flow").replace(
            "hold when invoice.invoice_total_incl_vat.amount != total",
            "hold when invoice.invoice_total_incl_vat.amount == total",
        );
        scene.flow("orders", &text);
        let one = Options { limit: Some(1), ..Options::default() };
        for _ in 0..2 {
            assert_eq!(scene.run_with("orders", &one).await.ended, Ended::Done);
        }
        // A person who says that it may go on has looked at those.
        let third = scene.run_with("orders", &Options { resume: resumed, ..one.clone() }).await;
        let paused = matches!(&third.ended, Ended::Paused(why) if why.contains("3 records in a row"));
        assert_eq!(paused, !resumed, "{}", third.ended);
        // Once one ended so, no other is begun before it is known how the next one ends.
        scene.run("orders").await;
        made.push(scene.sandbox.invoices().len());
    }
    assert_eq!(made, [3, 4]);
}

#[tokio::test(start_paused = true)]
async fn an_invoice_whose_reference_cannot_be_read_may_be_the_one() {
    let scene = Scene::new();
    scene.only(&["2041"]);
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors/jortt.connector");
    let shipped = std::fs::read_to_string(shipped).unwrap();
    let odd = shipped.replace(
        "  reference:                          text           # printed",
        "  reference:                          date           # printed",
    );
    assert_ne!(odd, shipped);
    scene.put("connectors/jortt.connector", odd);
    let text = include_str!("../flows/orders.flow")
        .split("# ---- Tests")
        .next()
        .unwrap()
        .replace(r#"key reference  = "{settings.reference}{order.number}""#, "key reference  = order.date");
    scene.flow("orders", &text);
    let body = serde_json::json!({ "reference": "of 2026-03-02", "line_items": [] });
    scene.by_hand("POST", "/v3/invoices", body).await;
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Held), 1, "{}", table(&report));
    assert!(report.outcomes[0].reason.contains("cannot be compared: `reference`"), "{}", table(&report));
    assert_eq!(report.outcomes[0].found, "\"of 2026-03-02\"");
    assert_eq!(scene.sandbox.invoices().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_in_trouble_is_no_mistake_of_the_flow() {
    for (policy, wanted) in [("hold", "unreachable"), ("stop", "paused")] {
        let scene = Scene::new();
        let text =
            include_str!("../flows/orders.flow").replace("\nensure", &format!("\non server_error {policy}\nensure"));
        scene.flow("orders", &text);
        let down = Fault { rate: sandbox::Rate::Times(u32::MAX), ..Fault::once(fault("500"), "GET /v1/orders") };
        scene.sandbox.set_faults(vec![down]);
        let report = scene.run("orders").await;
        let ended = match &report.ended {
            Ended::Unreachable(_) => "unreachable",
            Ended::Paused(_) => "paused",
            other => panic!("{other}"),
        };
        assert_eq!(ended, wanted);
        scene.sandbox.set_faults(Vec::new());
        let again = scene.run("orders").await;
        assert_eq!(matches!(again.ended, Ended::Paused(_)), policy == "stop", "{}", again.ended);
    }
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_requests_than_the_limit() {
    let scene = Scene::limited(sandbox::Options { orders: 40, ..sandbox::Options::default() });
    scene.run("orders").await;
    let at: Vec<jiff::Timestamp> =
        scene.sandbox.requests().iter().filter(|one| one.system == "books").map(|one| one.at).collect();
    assert!(at.len() > 100);
    for window in at.windows(11) {
        let between = window[10].duration_since(window[0]);
        assert!(between >= jiff::SignedDuration::from_millis(900), "eleven requests within {between:?}");
    }
    assert!(scene.sandbox.requests().iter().all(|one| one.status != Some(429)));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_held_and_not_lost() {
    let _room = room("run");
    let scene = Scene::new();
    let good = String::from_utf8(sample("orders/01-person-nl-21.json").to_vec()).unwrap();
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let with = |old: &str, new: &str| Bytes::from(good.replace(old, new));
    let records = vec![
        with("\"weight\": \"1.25\"", &format!("\"weight\": {deep}")),
        with("\"total\": \"27.47\"", "\"total\": \"27.47\", \"total\": \"27.48\"").clone(),
        with("\"uuid\": \"4b47e2f9", "\"uuid\": \"aa47e2f9").slice(..400),
        with("\"total\": \"27.47\"", "\"total\": \"twenty\""),
        Bytes::from_static(b"\xff\xfe"),
        Bytes::from_static(b"[]"),
        Bytes::from_static(b""),
        with("4b47e2f9", "bb47e2f9").to_vec().into(),
    ];
    let count = records.len();
    let options = Options { records: Some(records), ..Options::default() };
    let report = scene.run_with("orders", &options).await;
    let mut lines: Vec<String> = table(&report).lines().map(str::to_string).collect();
    lines.iter_mut().for_each(|line| line.truncate(160));
    insta::assert_snapshot!("unreadable", lines.join("\n"));
    assert_eq!(report.outcomes.len(), count - 2, "three have the same key, and are one record");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_any_size_or_shape_ends_clearly() {
    use koppel::connect::{Answer, Lost, Request, Transport};
    struct Strange(Bytes);
    impl Transport for Strange {
        fn send(&self, _: Request) -> futures_util::future::BoxFuture<'_, Result<Answer, Lost>> {
            let answer = Answer::new(200, self.0.clone());
            Box::pin(async move { Ok(answer) })
        }
    }
    let big = format!("[\"{}\"]", "x".repeat(50_000_000));
    for body in ["", "null", "{}", "[1, 2]", "[[]]", "<html>", "[{\"uuid\":", "\u{feff}[]", &"[".repeat(100_000), &big]
    {
        let mut scene = Scene::new();
        scene.transport = std::sync::Arc::new(Strange(Bytes::copy_from_slice(body.as_bytes())));
        let report = scene.run("orders").await;
        assert_eq!(report.count(Status::Done), 0, "{}", &body[..body.len().min(30)]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_leaves_the_list_between_two_pages_hides_no_other() {
    use koppel::connect::{Answer, Lost, Request, Transport};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Archives the first order of a status as soon as its first page was read.
    struct Moving {
        inner: Arc<dyn Transport>,
        sandbox: sandbox::Sandbox,
        moved: AtomicBool,
    }
    impl Transport for Moving {
        fn send(&self, request: Request) -> futures_util::future::BoxFuture<'_, Result<Answer, Lost>> {
            Box::pin(async move {
                let is_first_page = request.url.path() == "/v1/orders"
                    && request.url.query().is_some_and(|query| query.contains("offset=0"));
                let answer = self.inner.send(request).await;
                let rows: Vec<serde_json::Value> = answer
                    .as_ref()
                    .ok()
                    .and_then(|answer| serde_json::from_slice(&answer.body).ok())
                    .unwrap_or_default();
                if is_first_page && rows.len() == 100 && !self.moved.swap(true, Ordering::Relaxed) {
                    let number = &rows[0]["number"];
                    let number = number.as_str().map_or_else(|| number.to_string(), str::to_string);
                    assert!(self.sandbox.set_order_status(&number, 1), "the first order leaves the list");
                }
                answer
            })
        }
    }

    let mut scene = Scene::with(sandbox::Options { orders: 400, samples: false, ..sandbox::Options::default() });
    let moving =
        Moving { inner: scene.transport.clone(), sandbox: scene.sandbox.clone(), moved: AtomicBool::new(false) };
    scene.transport = Arc::new(moving);
    let options = Options { limit: Some(0), ..Options::default() };
    let report = scene.run_with("orders", &options).await;
    assert_eq!(report.ended, Ended::Done);
    let counted = scene
        .sandbox
        .orders()
        .iter()
        .filter(|order| ["2", "3", "6"].contains(&order["status"].to_string().trim_matches('"')))
        .count();
    assert_eq!(report.listed, counted + 1, "all that are there, and the one that left");
}
