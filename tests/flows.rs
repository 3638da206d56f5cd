//! The tests that stand in flows: those of the shipped flows and of the mapping's traps pass, and each thing that a test
//! can check can fail.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use koppel::report::{self, Style};
use koppel::test::{self, Tests, Verdict};
use koppel::value::Clock;
use koppel::workspace::Depth;

use crate::support::room::room;
use crate::support::scene::Scene;

/// The verdicts of a flow's tests; its files are those of the repository.
async fn verdicts(scene: &Scene, flow: &str, accept: bool) -> (Vec<Verdict>, String) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = scene.loaded(flow, Depth::Flows);
    let flow = &workspace.flows[0];
    let sources = Arc::new(workspace.sources.clone());
    let read = |path: &str| fs::read_to_string(home.join(path)).map_err(|error| error.kind().to_string());
    let tests = Tests {
        graph: flow.graph.clone(),
        sources: sources.clone(),
        read: &read,
        snapshots: home.join("snapshots/flows").join(&*flow.program.name),
        accept,
        zone: TimeZone::get("Europe/Amsterdam").unwrap(),
        clock: Clock::fixed("2026-04-01T10:00:00Z".parse().unwrap()),
        coverage: None,
    };
    let verdicts = test::run(&tests, None).await;
    let problems: Vec<_> = verdicts.iter().flat_map(|verdict| verdict.problems.clone()).collect();
    let said = report::render(&problems, &sources, Style::Plain);
    (verdicts, said)
}

#[tokio::test(start_paused = true)]
async fn the_shipped_flows_pass_their_own_tests() {
    let scene = Scene::new();
    for (flow, least) in [("orders", 25), ("customers", 7)] {
        let (verdicts, said) = verdicts(&scene, flow, false).await;
        assert!(verdicts.len() >= least, "{flow} has {} tests", verdicts.len());
        assert!(verdicts.iter().all(Verdict::passed), "{said}");
    }
}

/// All tests of the flows in a folder of `tests/cases` pass; how many there are.
async fn pass_all(folder: &str) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "flow") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let name = text.split_whitespace().skip_while(|word| *word != "flow").nth(1).unwrap().to_string();
        let scene = Scene::new();
        scene.flow(&name, &text);
        let (verdicts, said) = verdicts(&scene, &name, false).await;
        assert!(!verdicts.is_empty(), "{name} has tests");
        assert!(verdicts.iter().all(Verdict::passed), "{}\n{said}", path.display());
        seen += verdicts.len();
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn the_traps_of_the_mapping_are_avoided() {
    let seen = pass_all("mapping").await;
    assert!(seen >= 20, "{seen} cases");
}

/// On the real clock: a test that waited for as long as it says would never end.
#[tokio::test]
async fn every_fault_at_every_word_is_shown_without_waiting() {
    let seen = pass_all("trial").await;
    assert!(seen >= 20, "{seen} cases");
}

const HEAD: &str = r#"koppel 1
flow small "Small"
use mijnwebwinkel as shop
use jortt as books
settings { least: decimal = 1 "Least total" }
from shop.orders as order { key order.uuid }
hold when order.price.total is not set because "no total"
skip when order.price.total < settings.least because "too small"
create books.invoices as invoice {
  key reference = "X-{order.number}"
  net_amounts = true
  line_items = each line in order.orderlines {
    description = line.description ?? line.type
    quantity = line.quantity
    amount = { amount = order.price.total, currency = "EUR" }
    vat = { value = 0.21 }
  }
}
call books.invoices.send(invoice.id) { send_method = "self" }
"#;

#[tokio::test(start_paused = true)]
async fn each_thing_that_a_test_checks_can_fail() {
    let _room = room("test");
    let order = r#"given order "samples/orders/01-person-nl-21.json""#;
    let other = r#"given order "samples/orders/02-company-nl-b2b.json""#;
    let cases = [
        ("times", format!("{order}\n  expect create books.invoices 2 times")),
        ("no-times", format!("{order}\n  expect create books.invoices 0 times")),
        (
            "record",
            format!("{order}\n  expect create books.invoices {{ reference = \"Y-2041\", net_amounts = false }}"),
        ),
        ("lines", format!("{order}\n  expect create books.invoices {{ line_items = [{{ quantity = 2 }}] }}")),
        ("call", format!("{order}\n  expect call books.invoices.send {{ send_method = \"email\" }}")),
        ("skip", format!("{order}\n  expect skip \"too small\"")),
        ("hold-reason", format!("{order} with price.total = \"\"\n  expect hold \"another reason\"")),
        ("setting", format!("given settings.least = 100\n  {order}\n  expect create books.invoices 1 time")),
        ("snapshot", format!("{order}\n  expect create books.invoices snapshot")),
        ("holds", "expect 1 + 1 == 3".to_string()),
        ("file", "given order \"samples/orders/none.json\"\n  expect skip".to_string()),
        ("twice", format!("{order} twice\n  expect create books.invoices 2 times")),
        ("unset", format!("{order}\n  expect create books.invoices {{ net_amounts = none, remarks = none }}")),
        (
            "nearest",
            format!(
                "{order}\n  {other}\n  expect create books.invoices {{ reference = \"X-2042\", net_amounts = false }}"
            ),
        ),
        ("both", format!("{order}\n  {other}\n  expect create books.invoices {{ net_amounts = true }}")),
        (
            "fault-that-never-comes",
            format!(
                "{order}\n  fault create books.invoices page_shift once\n  fault read shop.articles expired_token\n  \
                 fault read books.invoices search_lag once\n  expect create books.invoices"
            ),
        ),
        ("crash-for-ever", format!("{order}\n  fault read books.invoices crash\n  expect create books.invoices")),
        ("out-of-reach", format!("{order}\n  fault read books.invoices 429\n  expect create books.invoices")),
        ("too-many-values", "expect a == 1".to_string()),
        (
            "exists",
            format!(
                "given books.invoices {{ id = \"i\", reference = \"X-2041\" }}\n  {order}\n  expect create books.invoices 1 time"
            ),
        ),
    ];
    for (name, lines) in cases {
        let scene = Scene::new();
        let values = if name == "too-many-values" { " for a in 1..1000, b in 1..1000" } else { "" };
        scene.flow("small", &format!("{HEAD}\ntest \"{name}\"{values} {{\n  {lines}\n}}\n"));
        let (verdicts, said) = verdicts(&scene, "small", false).await;
        assert!(!verdicts[0].passed(), "{name} is to fail");
        insta::assert_snapshot!(name, said);
    }
}

#[tokio::test(start_paused = true)]
async fn each_form_of_what_is_expected_and_given_can_fail() {
    let _room = room("test");
    let order = r#"given order "samples/orders/01-person-nl-21.json""#;
    let linked = "given books.invoices { id = \"i\", reference = \"Z\" }\n  given link shop.orders \"2041\" to books.invoices \"i\"";
    let cases = [
        ("alone", format!("{order} with price.total = 0.5\n  expect create books.invoices")),
        ("hold-of-one-that-is-done", format!("{order}\n  expect hold")),
        ("stop", format!("{order}\n  expect stop")),
        ("read", format!("{order}\n  expect read shop.orders 7 times")),
        ("update", format!("{order}\n  expect update books.invoices {{ reference = \"Q\", remarks = \"read\" }}")),
        ("call-times", format!("{order}\n  expect call books.invoices.send 2 times")),
        ("link", format!("{linked}\n  {order}\n  expect create books.invoices 1 time")),
        ("fault", format!("{order}\n  fault create books.invoices 500\n  expect create books.invoices 1 time")),
    ];
    let head = HEAD.replace("\ncall ", "\nupdate books.invoices(invoice.id) { remarks = \"seen\" }\ncall ");
    let tests: String = cases.iter().map(|(name, lines)| format!("\ntest \"{name}\" {{\n  {lines}\n}}\n")).collect();
    let scene = Scene::new();
    scene.flow("small", &format!("{head}{tests}"));
    let (verdicts, said) = verdicts(&scene, "small", false).await;
    let passed: Vec<_> = verdicts.iter().filter(|verdict| verdict.passed()).map(|verdict| &verdict.title).collect();
    assert!(passed.is_empty() && verdicts.len() == cases.len(), "{passed:?} are to fail");
    insta::assert_snapshot!("forms", said);
}

#[tokio::test(start_paused = true)]
async fn what_is_made_in_another_way_than_is_pinned_fails() {
    let _room = room("test");
    let scene = Scene::new();
    let text = include_str!("../flows/orders.flow");
    let changed = text.replace("net_amounts    = true", "net_amounts    = false");
    assert_ne!(changed, text, "the flow says so");
    scene.flow("orders", &changed);
    let (verdicts, said) = verdicts(&scene, "orders", false).await;
    let failed: Vec<&str> =
        verdicts.iter().filter(|verdict| !verdict.passed()).map(|verdict| &*verdict.title).collect();
    assert!(failed.contains(&"a company becomes a company debtor with its contact"), "{failed:?}");
    assert!(said.contains("net_amounts"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_property_fails_with_its_values() {
    let _room = room("test");
    let scene = Scene::new();
    let test = "test \"halves\" for a in 1..4, b in [2, 3] {\n  expect a * b != 9\n  expect a * b < 9\n}\n";
    scene.flow("small", &format!("{HEAD}\n{test}"));
    let (verdicts, said) = verdicts(&scene, "small", false).await;
    assert_eq!((verdicts[0].runs, verdicts[0].failed), (8, 2), "all are tried");
    insta::assert_snapshot!("property", said);
}
