//! Records that need a person, sent again: what is finished stays, what is mended is made.

use koppel::ledger::{RecordFilter, Status, Summary};
use koppel::run::{Again, Options, Report};
use koppel::sandbox::{self, Fault, FaultKind, Rate};
use serde_json::{Value, json};

use crate::support::figure::{scale, tell};
use crate::support::scene::{Scene, order, pass, table};

const ONE: &str = "orders/01-person-nl-21.json";

/// The records of the flow in that status.
async fn standing(scene: &Scene, status: Status) -> Vec<Summary> {
    let mut filter = RecordFilter::of("shop");
    (filter.flow, filter.status, filter.limit) = (Some("orders".to_string()), Some(status), 100_000);
    scene.ledger.records(filter).await.unwrap()
}

async fn again(scene: &Scene, keys: Vec<String>) -> Report {
    let again = Some(Again { keys, sent: true });
    scene.run_with("orders", &Options { again, ..Options::default() }).await
}

/// Ten ways in which an order can be wrong, each with words of what is said of it.
fn poisons() -> [(&'static str, Vec<(&'static str, Value)>); 10] {
    [
        ("no total", vec![("/price/total", json!(""))]),
        ("add up to 27.47, the order says 27.48", vec![("/price/total", json!("27.48"))]),
        ("names nobody", vec![("/debtor/address/invoice/name", json!("")), ("/debtor/name", json!(""))]),
        ("in USD", vec![("/currency", json!("USD"))]),
        ("payment is refunded", vec![("/payment_status", json!("refunded"))]),
        ("names no company", vec![("/tax_strategy", json!("reverse_charged_vat"))]),
        ("not in the catalogue: NO-SUCH-SKU", vec![("/orderlines/0/articles/0/sku", json!("NO-SUCH-SKU"))]),
        ("price.total", vec![("/price/total", json!("twenty"))]),
        ("the total is -27.47", vec![("/price/total", json!("-27.47"))]),
        ("year_closed", vec![("/date", json!("2024-03-02"))]),
    ]
}

/// An order of one of many buyers.
fn numbered(number: u64, changes: &[(&str, Value)]) -> String {
    let mut all = vec![
        ("/number", json!(10_000 + number)),
        ("/uuid", json!(format!("order-{number}"))),
        ("/debtor/id", json!(format!("debtor-{}", number % 70))),
        ("/debtor/email", json!(format!("buyer{}@example.nl", number % 70))),
        ("/currency", json!("EUR")),
        ("/debtor/name", json!("")),
    ];
    all.extend(changes.iter().cloned());
    order(ONE, &all)
}

/// One in twenty of many orders is wrong, in ten ways; it stops itself alone, and once it is mended it is made.
#[tokio::test(start_paused = true)]
async fn one_bad_order_stops_only_itself_and_is_made_once_it_is_mended() {
    let orders = scale("KOPPEL_RESENT", 200);
    let poisons = poisons();
    let scene = Scene::with(sandbox::Options { samples: true, ..sandbox::Options::default() });
    scene.settings("[flows.orders]\nsettings.first_date = 2020-01-01\n");
    scene.only(&[]);
    let poison = |number: u64| number.is_multiple_of(20).then(|| &poisons[(number / 20 % 10) as usize]);
    for number in 0..orders {
        let changes = poison(number).map_or(&[][..], |(_, changes)| changes);
        scene.sandbox.put_order(&numbered(number, changes)).unwrap();
    }
    let report = scene.run("orders").await;
    let bad = orders.div_ceil(20);
    assert_eq!(report.count(Status::Done) as u64, orders - bad, "{}", table(&report));
    let held = standing(&scene, Status::Held).await;
    assert_eq!(held.len() as u64, bad, "{}", table(&report));
    let mut told = 0;
    for summary in &held {
        let number: u64 = summary.key.strip_prefix("order-").unwrap().parse().unwrap();
        let (words, _) = poison(number).expect("only those are held");
        let outcome = summary.outcome.as_ref().unwrap();
        let (said, _) = summary.problem().expect("it says why");
        let value =
            outcome.field.is_some() && outcome.value.is_some() || outcome.reason.as_ref().unwrap().contains("year");
        assert!(format!("{said:?}").contains(words), "{words}: {said:?}");
        assert!(value && outcome.place.is_some(), "{words}: {outcome:?}");
        told += 1;
    }
    // Mended at the source, where no cursor shows it: the orders did not change their status.
    for number in (0..orders).filter(|number| poison(*number).is_some()) {
        scene.sandbox.put_order(&numbered(number, &[])).unwrap();
    }
    let keys: Vec<String> = held.iter().map(|summary| summary.key.clone()).collect();
    let plan = Options { again: Some(Again { keys: keys.clone(), sent: true }), ..Options::default() };
    let before = scene.writes();
    let planned = scene.plan_with("orders", &plan).await;
    assert_eq!(planned.report.count(Status::Done) as u64, bad, "{}", table(&planned.report));
    assert_eq!((scene.writes(), standing(&scene, Status::Held).await.len()), (before, held.len()), "only shown");
    let report = again(&scene, keys.clone()).await;
    assert_eq!(report.count(Status::Done) as u64, bad, "{}", table(&report));
    let mut made = scene.references();
    made.dedup();
    assert_eq!((made.len() as u64, scene.sandbox.invoices().len() as u64), (orders, orders));
    // What is done stays done, though it is sent again.
    let writes = scene.writes();
    again(&scene, keys).await;
    assert_eq!(scene.writes(), writes);
    let reconciled = scene.reconcile("orders").await;
    assert!(reconciled.is_even(), "{reconciled:?}");
    let good = orders - bad;
    let figure = format!(
        "{orders} orders, {bad} wrong in {} ways: {good} made, {told} held with place, field and value; mended and sent \
         again: {} invoices of {orders} orders, difference {}",
        poisons.len(),
        made.len(),
        reconciled.difference()
    );
    tell("R8", &figure);
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_is_mended_makes_what_it_held() {
    let scene = Scene::new();
    scene.only(&[]);
    let wrong = [("/payment_status", json!("refunded"))];
    scene.sandbox.put_order(&numbered(1, &wrong)).unwrap();
    assert_eq!(scene.run("orders").await.count(Status::Held), 1);
    let flow =
        include_str!("../../flows/orders.flow").replace("[\"failed\", \"refunded\", \"voided\"]", "[\"failed\"]");
    scene.flow("orders", &flow);
    let report = again(&scene, vec!["order-1".to_string()]).await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
}

/// Writes that were done are not repeated, and nothing is read twice for them where the record failed on this version.
#[tokio::test(start_paused = true)]
async fn a_record_goes_on_at_the_step_that_failed() {
    let scene = Scene::new();
    scene.only(&["2041"]);
    let kind = FaultKind::named("500").unwrap();
    let on = Some("GET /v3/invoices".to_string());
    scene.sandbox.set_faults(vec![Fault { kind, rate: Rate::Times(u32::MAX), on }]);
    let text = include_str!("../../flows/orders.flow")
        .replace("\nensure books", "\non server_error retry 1 times over 1 s\nensure books");
    // The debtor comes before the look for the invoice's key only where a read of what was made stands between.
    scene.flow("orders", &text);
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Failed), 1, "{}", table(&report));
    scene.sandbox.set_faults(Vec::new());
    pass(60).await;
    let key = report.outcomes[0].key.to_string();
    let report = again(&scene, vec![key.clone()]).await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    assert_eq!((scene.sandbox.customers().len(), scene.references().len()), (1, 1));
    let record = scene.ledger.record(&koppel::ledger::Scope::new("shop", "orders"), &key).await.unwrap().unwrap();
    assert_eq!(record.summary.round, 1, "it went on in its round");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_gone_or_not_asked_for_any_more_is_not_made() {
    let scene = Scene::new();
    scene.only(&[]);
    let wrong = [("/payment_status", json!("refunded"))];
    for number in [1, 2] {
        scene.sandbox.put_order(&numbered(number, &wrong)).unwrap();
    }
    assert_eq!(scene.run("orders").await.count(Status::Held), 2);
    scene.sandbox.put_order(&numbered(1, &[])).unwrap();
    assert!(scene.sandbox.set_order_status("10001", 1));
    let report = again(&scene, vec!["order-1".to_string()]).await;
    assert_eq!(
        table(&report).lines().next(),
        Some("10001 skipped it is not among the records that the flow asks for any more")
    );
    let _room = crate::support::room::room("run");
    insta::assert_snapshot!(
        "message-not-asked",
        crate::support::scene::drawn(&report, &scene.workspace("orders").sources)
    );
    assert_eq!(scene.references(), [] as [&str; 0]);
}
