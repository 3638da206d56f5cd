//! What became of tests, as machines read it, and how much of a flow they touch.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use koppel::report::Sources;
use koppel::test::{self, Coverage, Suite, Tests, Verdict, count, percent};
use koppel::value::Clock;
use koppel::workspace::Depth;

use crate::support::room::room;
use crate::support::scene::Scene;

/// A flow with all that is counted in it; tests are added to it.
const FLOW: &str = r##"koppel 1
flow small "Small"
use mijnwebwinkel as shop
use jortt as books
settings {
  least: decimal = 1  "Least total"
  terms: table text to int = { "captured" = 0, "pending" = 14, _ = 30 }  "Days to pay"
}
from shop.orders as order { key order.uuid }
find shop.articles as mug by sku = order.orderlines[0].articles[0].sku
let who   = order.debtor.name ?? order.debtor.company ?? "nobody"
let total = order.price.total ?? 0
let cheap = total when total < 10
table greetings: text to text = { "NL" = "Hallo", "DE" = "Hallo!", _ = "Hello" }
fn half(of: decimal) -> decimal = round(of / 2, 2)
skip when total < settings.least or who == "nobody" because "too small"
hold when cheap is set and mug is not set because "cheap and unknown"
require shop.articles by sku in order.orderlines[*].articles[*].sku else hold because "no {missing}"
ensure books.customers as customer {
  by      linked order.debtor.id, is_private
  by      email
  several hold because "several"
  found   update customer_name
  missing create
  is_private = true
  customer_name = who
  email = order.debtor.email
}
create books.invoices as invoice {
  key reference = "X-{order.number}"
  customer_id = customer.id
  introduction = greetings(order.tax_region)
  payment_term = settings.terms(order.payment_status)
  line_items = each line in order.orderlines where line.quantity > 1 {
    description = match line.type { "article" => "a thing", "payment" | "shipping" => "costs", _ => "else" }
    quantity = line.quantity
    amount = { amount = half(10), currency = "EUR" }
    if line.type == "article" { vat = { value = 0.21 } } else { vat = { value = 0 } }
  }
}
call books.invoices.send(invoice.id) when who == "Sanne # 1" { send_method = "self" }
given shop.articles "samples/articles.json"
"##;

const TESTS: &str = r##"
test "it is made, \"so\" <it> & # says" {
  given order "samples/orders/01-person-nl-21.json"
  expect create books.invoices
}
test "it is not made # twice" {
  given order "samples/orders/01-person-nl-21.json" twice
  expect create books.invoices 2 times
}
test "half of anything" for of in [2, 7, -3, 4, 0.5] {
  expect half(of) + half(of) == 2 * round(of, 0)
}
"##;

async fn suite(tests: &str, covered: bool) -> (Suite, Sources) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scene = Scene::new();
    scene.flow("small", &format!("{FLOW}{tests}"));
    suite_of(&scene, "small", home, covered).await
}

async fn suite_of(scene: &Scene, name: &str, home: &Path, covered: bool) -> (Suite, Sources) {
    let workspace = scene.loaded(name, Depth::Flows);
    let flow = &workspace.flows[0];
    let (graph, coverage) = Coverage::of(&flow.graph);
    let coverage = covered.then(|| Arc::new(coverage));
    let tests = Tests {
        graph: if covered { graph } else { flow.graph.clone() },
        sources: Arc::new(workspace.sources.clone()),
        read: &|path| fs::read_to_string(home.join(path)).map_err(|error| error.kind().to_string()),
        snapshots: home.join("snapshots/flows").join(name),
        accept: false,
        zone: workspace.zone.clone(),
        clock: Clock::fixed("2026-04-01T10:00:00Z".parse().unwrap()),
        coverage: coverage.clone(),
    };
    let verdicts = test::run(&tests, None).await;
    let suite = Suite {
        flow: flow.program.name.clone(),
        path: flow.path.clone(),
        roles: flow.program.roles.iter().map(|role| role.name.clone()).collect(),
        verdicts,
        spots: coverage.map(|coverage| coverage.spots()),
    };
    (suite, workspace.sources.clone())
}

#[tokio::test]
async fn what_became_of_tests_in_every_form() {
    let _room = room("test");
    let (suite, sources) = suite(TESTS, false).await;
    let suites = [suite];
    insta::assert_snapshot!("tap", test::tap(&suites, &sources));
    insta::assert_snapshot!("junit", test::junit(&suites, &sources));
    let json = test::json(&suites, &sources);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((value["passed"].as_u64(), value["failed"].as_u64()), (Some(1), Some(2)), "{json}");
    let first = &value["flows"][0]["tests"][0];
    assert_eq!(first["records"][0]["status"], "done", "{json}");
    assert_eq!(first["sent"][1]["effect"], "create books.invoices", "{json}");
    assert_eq!(first["sent"][1]["body"]["reference"], "X-2041", "{json}");
    insta::assert_snapshot!("json", json);
    assert_eq!(test::tap(&[], &sources), "TAP version 14\n1..0 # SKIP there are no tests\n");
}

#[tokio::test]
async fn what_no_test_touches_is_told_with_its_place() {
    let _room = room("test");
    let (suite, sources) = suite(TESTS, true).await;
    let spots = suite.spots.clone().unwrap();
    insta::assert_snapshot!("coverage", test::told("small", &spots, &sources));
    let json = test::json(std::slice::from_ref(&suite), &sources);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let coverage = &value["flows"][0]["coverage"];
    let untouched = spots.iter().filter(|spot| !spot.touched).count();
    assert_eq!(coverage["untouched"].as_array().unwrap().len(), untouched, "{json}");
    assert_eq!(coverage["all"]["of"], spots.len(), "{json}");
    assert!(test::tap(&[suite], &sources).contains("\n# coverage of small: "), "it is a comment there");
}

#[tokio::test]
async fn counting_changes_no_verdict() {
    for (name, least) in [("orders", 25), ("customers", 7)] {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scene = Scene::new();
        let (counted, _) = suite_of(&scene, name, home, true).await;
        let (plain, _) = suite_of(&scene, name, home, false).await;
        assert!(plain.verdicts.len() >= least, "{name} has {} tests", plain.verdicts.len());
        for (counted, plain) in counted.verdicts.iter().zip(&plain.verdicts) {
            assert_eq!(counted.sent, plain.sent, "{name}: {}", plain.title);
            assert_eq!(counted.outcomes, plain.outcomes, "{name}: {}", plain.title);
        }
    }
}

#[tokio::test]
async fn the_tests_of_the_shipped_flows_touch_all_of_them() {
    for name in ["orders", "customers"] {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (suite, sources) = suite_of(&Scene::new(), name, home, true).await;
        assert!(suite.verdicts.iter().all(Verdict::passed), "{}", test::tap(&[suite], &sources));
        let spots = suite.spots.unwrap();
        let (touched, all) = count(&spots, None);
        assert!(all >= 30, "{name} has {all} places");
        assert_eq!(percent(touched, all), 100, "{}", test::told(name, &spots, &sources));
    }
}

const POLICIES: &str = r##"koppel 1
flow policies "Policies and scripts"
use mijnwebwinkel as shop
use jortt as books
from shop.orders as order { key order.uuid }
on rate_limit, validation hold
on server_error stop
create books.invoices as invoice {
  key reference = "P-{order.number}"
  introduction  = dressed("{order.number}", order.tax_region)
  line_items    = each line in order.orderlines { description = line.type  quantity = 1  amount = { amount = 1, currency = "EUR" } vat = { value = 0.21 } }
}
fn dressed(number: text, region: text?) -> text rhai {
  let out = "";
  for letter in number { if letter == "2" && number.len > 3 || letter == "x" { out += letter; } }
  for letter in "" { out += letter; }
  switch region {
    "NL" if out != "" || number == "" => "home " + out,
    () => { "nowhere" }
    _ => out,
  }
}
test "the books refuse for ever" {
  given order "samples/orders/01-person-nl-21.json"
  fault create books.invoices 429
  expect hold
  expect create books.invoices 0 times
}
"##;

#[tokio::test]
async fn policies_and_the_ways_in_scripts_are_counted() {
    let _room = room("test");
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scene = Scene::new();
    scene.flow("policies", POLICIES);
    let (suite, sources) = suite_of(&scene, "policies", home, true).await;
    assert!(suite.verdicts.iter().all(Verdict::passed), "{}", test::tap(&[suite], &sources));
    insta::assert_snapshot!("coverage_of_policies", test::told("policies", &suite.spots.unwrap(), &sources));
}
