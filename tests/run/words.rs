//! What each step word does in a run, by small flows.

use koppel::ledger::{Memory, Status};
use koppel::run::{Ended, Report};
use koppel::sandbox::{self, Fault, FaultKind, Sandbox};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::room::room;
use crate::support::router::RouterTransport;
use crate::support::scene::{SETTINGS, Scene, order, pass, table, text_of};
use crate::support::trap::{Mishap, Trap};

fn fault(name: &str, on: &str) -> Fault {
    Fault::once(FaultKind::named(name).expect("a fault of the sandbox"), on)
}

// ---- call, update, linked: credits --------------------------------------------------------------------------------

/// Order 2041 is invoiced and sent, and order 2090 credits all of it.
async fn credited() -> Scene {
    let scene = Scene::new();
    scene.settings("[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.invoice_state = \"sent\"\n");
    scene.case("credits");
    scene.only(&["2041"]);
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    pass(5).await;
    let whole = [("/number", json!(2090)), ("/uuid", json!("whole-credit")), ("/price/total", json!("-27.47"))];
    scene.sandbox.put_order(&order("orders/11-credit-order.json", &whole)).unwrap();
    scene
}

/// The credit invoices: reference, status, total.
fn credits(scene: &Scene) -> Vec<String> {
    let all = scene.sandbox.invoices();
    let credits = all.iter().filter(|invoice| invoice["credited_invoice_id"].is_string());
    credits
        .map(|one| {
            let total = &one["invoice_total_incl_vat"]["amount"];
            format!("{} {} {}", text_of(&one["reference"]), text_of(&one["invoice_status"]), text_of(total))
        })
        .collect()
}

const CREDIT: &str = "MWW-2090 sent -27.47";

#[tokio::test(start_paused = true)]
async fn a_credit_order_credits_the_invoice_it_is_linked_with() {
    let _room = room("run");
    let scene = credited().await;
    let half = [("/number", json!(2091)), ("/uuid", json!("half-credit"))];
    let none = [("/number", json!(2092)), ("/uuid", json!("no-credit")), ("/credited_order_number", json!(2042))];
    scene.sandbox.put_order(&order("orders/11-credit-order.json", &half)).unwrap();
    scene.sandbox.put_order(&order("orders/11-credit-order.json", &none)).unwrap();
    let report = scene.run("credits").await;
    insta::assert_snapshot!("credits", table(&report));
    pass(5).await;
    assert_eq!(credits(&scene), [CREDIT]);
    let writes = scene.writes();
    scene.run("credits").await;
    assert_eq!(scene.writes(), writes);
    // Without its memory it has no link: the original is not found, and nothing is credited again.
    let mut scene = scene;
    scene.ledger = Arc::new(Memory::new());
    let report = scene.run("credits").await;
    assert_eq!(report.count(Status::Done), 0, "{}", table(&report));
    assert_eq!(credits(&scene), [CREDIT]);
}

#[tokio::test(start_paused = true)]
async fn a_credit_survives_a_death_or_a_fault_at_any_request() {
    let requests = {
        let scene = credited().await;
        let before = scene.sandbox.requests().len();
        scene.run("credits").await;
        scene.sandbox.requests().len() - before
    };
    assert!(requests > 6, "{requests}");
    let lost = ["lost_reply", "500_after", "cut_body"].map(|name| Mishap::Fault(FaultKind::named(name).unwrap()));
    for mishap in [Mishap::DiesBefore, Mishap::DiesAfter].into_iter().chain(lost) {
        for at in 0..requests {
            let what = format!("{mishap:?} at {at}");
            let mut scene = credited().await;
            let text = include_str!("../cases/run/credits.flow").replacen("\ncall", "\non lost_reply repeat\ncall", 1);
            scene.flow("credits", &text);
            let transport = scene.transport.clone();
            let trap = Trap::new(transport.clone(), scene.sandbox.clone(), at, mishap);
            scene.transport = trap.clone();
            tokio::select! {
                biased;
                () = trap.died() => {}
                _report = scene.run("credits") => {}
            }
            scene.transport = transport;
            pass(61).await;
            let report = scene.run("credits").await;
            assert_eq!(report.ended, Ended::Done, "{what}");
            pass(5).await;
            assert_eq!(credits(&scene), [CREDIT], "{what}\n{}", table(&report));
            assert_eq!(scene.standing("credits", Status::Done).await, 1, "{what}");
        }
    }
}

// ---- an invoice goes to the shop -------------------------------------------------------------------------------------

#[tokio::test(start_paused = true)]
async fn an_invoice_made_by_hand_becomes_one_order_and_those_of_orders_stay() {
    let _room = room("run");
    let scene = Scene::new();
    scene.settings("[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.invoice_state = \"sent\"\n");
    scene.case("back");
    scene.only(&["2041"]);
    scene.run("orders").await;
    let orders = scene.sandbox.orders().len();
    let buyer = json!({
        "is_private": true, "customer_name": "Hand Gemaakt", "email": "hand@example.nl",
        "address_street": "Plein 2044 7a", "address_postal_code": "1234 AB", "address_city": "Nergenshuizen"
    });
    let buyer = scene.by_hand("POST", "/v3/customers", buyer).await;
    let line = json!({
        "description": "Uren", "quantity": "1.5", "amount": { "amount": "80.00", "currency": "EUR" },
        "vat": { "value": "0.21", "category": null }
    });
    let invoice = json!({
        "customer_id": buyer["id"], "net_amounts": true, "line_items": [line], "send_method": "self",
        "invoice_date": "2026-03-30"
    });
    scene.by_hand("POST", "/v3/invoices", invoice).await;
    pass(5).await;
    let report = scene.run("back").await;
    insta::assert_snapshot!("back", strip(&report));
    assert_eq!(scene.sandbox.orders().len(), orders + 1);
    let ours = |order: &Value| text_of(&order["comments"]["internal"]).starts_with("Jortt ");
    let made = scene.sandbox.orders().into_iter().find(ours).unwrap();
    let invoice = &made["debtor"]["address"]["invoice"];
    assert_eq!((text_of(&made["price"]["total"]), text_of(&invoice["number"])), ("120.00".into(), "7a".into()));
    // It comes back as an order that is invoiced already.
    let all = scene.sandbox.invoices().len();
    let again = scene.run("orders").await;
    assert_eq!(scene.sandbox.invoices().len(), all, "{}", table(&again));
    assert_eq!(scene.run("back").await.outcomes, []);
}

/// A table in which ids are letters, in the order they come.
fn strip(report: &Report) -> String {
    let mut seen = Vec::new();
    let words = table(report);
    let words = words.split_inclusive(|letter: char| letter.is_whitespace() || letter == ')').map(|word| {
        let bare = word.trim_end_matches(|letter: char| letter.is_whitespace() || letter == ')');
        if bare.len() != 36 || bare.matches('-').count() != 4 {
            return word.to_string();
        }
        let number = seen.iter().position(|known| known == bare).unwrap_or_else(|| {
            seen.push(bare.to_string());
            seen.len() - 1
        });
        word.replace(bare, &format!("<{}>", (b'a' + u8::try_from(number).unwrap()) as char))
    });
    words.collect()
}

// ---- update between two connections of one connector ---------------------------------------------------------------

#[tokio::test(start_paused = true)]
async fn the_stock_of_one_shop_follows_another() {
    let mut scene = Scene::new();
    scene.settings(
        r#"
[connections.outlet]
connector = "mijnwebwinkel"
base = "http://127.0.0.3:7420"
secret.token = "plain:sandbox-store-token"

[flows.stock]
roles.main = "mijnwebwinkel"
roles.outlet = "outlet"
"#,
    );
    scene.case("stock");
    let outlet = Sandbox::new(
        sandbox::Options { shop_limit: None, ..sandbox::Options::default() },
        Arc::new(|| "2026-04-01T10:00:00Z".parse().unwrap()),
    );
    let transport = RouterTransport::default()
        .with("127.0.0.1", scene.sandbox.shop())
        .with("127.0.0.2", scene.sandbox.books())
        .with("127.0.0.3", outlet.shop());
    scene.transport = Arc::new(transport);
    let patches = || outlet.requests().iter().filter(|one| one.method == "PATCH").count();
    let report = scene.run("stock").await;
    assert_eq!((report.count(Status::Done), patches()), (8, 0), "all are equal\n{}", table(&report));
    let change = |stock: i64| {
        let shop = scene.transport.clone();
        async move {
            let request = koppel::connect::Request {
                method: "PATCH".into(),
                url: "http://127.0.0.1:7420/v1/articles/41001?token=sandbox-store-token".parse().unwrap(),
                headers: Vec::new(),
                body: Some(format!("{{\"stock\": {stock}}}").into()),
                timeout: std::time::Duration::from_secs(9),
            };
            assert_eq!(shop.send(request).await.unwrap().status, 200);
        }
    };
    for (stock, patched) in [(77, 1), (-3, 2), (-5, 2)] {
        pass(600).await;
        change(stock).await;
        let report = scene.run("stock").await;
        assert_eq!((report.count(Status::Done), patches()), (1, patched), "{stock}\n{}", table(&report));
    }
    assert_eq!(scene.run("stock").await.outcomes, [], "a little of it is read again, and passed by");
}

// ---- linked, with two connections of one connector -------------------------------------------------------------------

const PAIRED: &str = r#"koppel 1
flow paired "Customers of the outlet become debtors, and are found again"
use mijnwebwinkel as main
use mijnwebwinkel as outlet
use jortt as books
from outlet.customers as account { key account.id }
skip when account.addresses is not set because "no address"
ensure books.customers as customer {
  by linked account.id
  by email, is_private
  missing create
  is_private    = true
  customer_name = "{account.email}"
  email         = account.email
}
"#;

const AGAIN: &str = r#"koppel 1
flow again "Customers of the outlet whose debtor is known"
use mijnwebwinkel as outlet
use jortt as books
from outlet.customers as account { key account.id }
find books.customers as debtor by linked account.id
skip when debtor is not set because "nobody"
hold when debtor.customer_name != "{account.email}" because "another"
"#;

#[tokio::test(start_paused = true)]
async fn a_pair_is_of_the_connection_that_its_thing_was_read_from() {
    let scene = Scene::new();
    scene.flow("paired", PAIRED);
    scene.flow("again", AGAIN);
    scene.settings(
        r#"
[connections.outlet]
connector = "mijnwebwinkel"
base = "http://127.0.0.1:7420"
secret.token = "plain:sandbox-store-token"

[flows.paired]
roles.main = "mijnwebwinkel"
roles.outlet = "outlet"

[flows.again]
roles.outlet = "outlet"
"#,
    );
    let made = scene.run("paired").await.count(Status::Done);
    assert!(made > 5, "{made}");
    let report = scene.run("again").await;
    assert_eq!(report.count(Status::Done), made, "{}", table(&report));
    // The same customer of another connection is another one.
    scene.flow("main", &AGAIN.replace("flow again", "flow main").replace("outlet", "main"));
    scene.settings("\n[flows.main]\nroles.main = \"mijnwebwinkel\"\n");
    let report = scene.run("main").await;
    assert_eq!(report.count(Status::Done), 0, "{}", table(&report));
}

// ---- find, require ---------------------------------------------------------------------------------------------------

async fn finds(scene: &Scene, settings: &str) -> String {
    scene.case("finds");
    scene.only(&["2041"]);
    scene.settings(&format!("{SETTINGS}\n[flows.finds]\n{settings}"));
    table(&scene.run("finds").await).lines().next().unwrap_or_default().to_string()
}

#[tokio::test(start_paused = true)]
async fn what_is_looked_for_is_found_exactly_or_not_at_all() {
    let _room = room("run");
    let mut said = Vec::new();
    // Nothing is there, and what is not set is not asked for.
    let scene = Scene::new();
    said.push(finds(&scene, "").await);
    assert_eq!(scene.asked("GET", "/v3/customers/"), 0, "nobody is asked for by an id that is not set");
    // Somebody by id; a longer address is somebody else; a company is no person; the case of an address says nothing.
    let scene = Scene::new();
    let id = scene.debtor("By Id", "other@example.nl").await;
    scene.debtor("Longer", "sanne.verzonnen@example.nl.example.com").await;
    scene.debtor("Person", "Sanne.Verzonnen@EXAMPLE.nl").await;
    said.push(finds(&scene, &format!("settings.debtor = \"{id}\"")).await);
    // Two of them.
    let scene = Scene::new();
    scene.debtor("One", "sanne.verzonnen@example.nl").await;
    scene.debtor("Two", "sanne.verzonnen@example.nl").await;
    said.push(finds(&scene, "").await);
    // What must be there and is not.
    let scene = Scene::new();
    said.push(finds(&scene, "settings.sku = [\"KOP-MOK-WIT\", \"kop-mok-wit\", \"NO-SUCH\"]").await);
    let scene = Scene::new();
    said.push(finds(&scene, "settings.sku = [\"KOP-MOK-WIT\"]").await);
    let scene = Scene::new();
    said.push(finds(&scene, "settings.must = \"6f0d5a7e-2222-4222-8222-222222222222\"").await);
    let scene = Scene::new();
    said.push(finds(&scene, "settings.stops = false").await);
    insta::assert_snapshot!("finds", said.join("\n"));
}

// ---- two creates, and a guard ----------------------------------------------------------------------------------------

#[tokio::test(start_paused = true)]
async fn two_things_of_one_record_are_each_made_once() {
    let scene = || {
        let scene = Scene::new();
        scene.case("two");
        scene.only(&["2041", "2045"]);
        scene
    };
    let whole = ["EXTRA-2045", "GOODS-2041", "GOODS-2045"];
    let requests = {
        let scene = scene();
        let report = scene.run("two").await;
        assert_eq!(report.count(Status::Done), 2, "{}", table(&report));
        assert_eq!(scene.references(), whole, "a step whose condition does not hold is left out");
        scene.sandbox.requests().len()
    };
    for at in 0..requests {
        let mut scene = scene();
        let transport = scene.transport.clone();
        let trap = Trap::new(transport.clone(), scene.sandbox.clone(), at, Mishap::DiesAfter);
        scene.transport = trap.clone();
        tokio::select! {
            biased;
            () = trap.died() => {}
            _report = scene.run("two") => {}
        }
        scene.transport = transport;
        for _ in 0..2 {
            pass(61).await;
            scene.run("two").await;
            scene.resolve_all("two").await;
        }
        let report = scene.run("two").await;
        assert_eq!(scene.references(), whole, "dies at {at}\n{}", table(&report));
        assert_eq!(scene.standing("two", Status::Done).await, 2, "dies at {at}");
        scene.ledger = Arc::new(Memory::new());
        scene.run("two").await;
        assert_eq!(scene.references(), whole, "dies at {at}, then its memory is lost");
    }
}

// ---- ensure: keep, missing; a call that cannot be looked at ----------------------------------------------------------

#[tokio::test(start_paused = true)]
async fn a_debtor_that_is_kept_is_not_touched_and_one_that_is_missing_is_not_made() {
    let scene = Scene::new();
    scene.case("keep");
    scene.only(&["2041", "2043"]);
    let id = scene.debtor("As The Owner Wrote It", "sanne.verzonnen@example.nl").await;
    let report = scene.run("keep").await;
    let lines = table(&report);
    assert!(lines.contains("2043 held bram.denkbeeldig@example.com is no debtor yet"), "{lines}");
    assert!(lines.contains("2041 done"), "{lines}");
    assert_eq!(scene.sandbox.customers().len(), 1);
    assert_eq!(scene.sandbox.customers()[0]["customer_name"], "As The Owner Wrote It");
    assert_eq!(scene.sandbox.invoices()[0]["customer_id"], *id);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_end_cannot_be_seen_is_in_doubt() {
    let _room = room("run");
    let scene = Scene::new();
    scene.case("keep");
    scene.only(&["2041"]);
    scene.debtor("Somebody", "sanne.verzonnen@example.nl").await;
    scene.sandbox.set_faults(vec![fault("lost_reply", "PUT")]);
    let report = scene.run("keep").await;
    insta::assert_snapshot!("call-in-doubt", strip(&report));
    let puts = scene.sandbox.requests().iter().filter(|one| one.path.contains("set_labels")).count();
    assert_eq!(puts, 1, "it is not repeated");
    scene.resolve_all("keep").await;
    let report = scene.run("keep").await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    assert_eq!(scene.references(), ["KEEP-2041"]);
}
