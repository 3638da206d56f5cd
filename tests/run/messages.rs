//! The whole message of each way in which a record, or a run, can end, drawn at the flow's line.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use koppel::connect::{Answer, Lost, Request, Transport};
use koppel::ledger::Memory;
use koppel::report::{self, Sources};
use koppel::run::{Options, Report};
use koppel::sandbox::{Fault, FaultKind, Rate};
use serde_json::{Value, json};

use crate::support::room::room;
use crate::support::scene::{Scene, drawn, order, text_of};

const ONE: &str = "orders/01-person-nl-21.json";

/// The flow of these tests.
const FLOW: &str = include_str!("../cases/run/messages.flow");

/// Hands the first sample order in behind its `from`, changed so.
async fn changed(scene: &Scene, changes: &[(&str, Value)]) -> Report {
    scene.case("messages");
    again(scene, changes).await
}

/// The same, whatever the flow is by now.
async fn again(scene: &Scene, changes: &[(&str, Value)]) -> Report {
    let records = vec![order(ONE, changes).into()];
    scene.run_with("messages", &Options { records: Some(records), ..Options::default() }).await
}

/// Asks for the debtor of an order's e-mail address.
const MAILS: &str = "koppel 1
flow mails \"Mails\"
use mijnwebwinkel as shop
use jortt as books
from shop.orders as order { key order.uuid  by status in [2, 3, 6] }
find books.customers as customer by email = order.debtor.email
hold when customer is not set because \"nobody\"
";

/// Writes the telephone number of each order to one debtor.
const PHONES: &str = "koppel 1
flow phones \"Phones\"
use mijnwebwinkel as shop
use jortt as books
settings {
  owner: id of books.customers  \"Who owns all\"
}
from shop.orders as order { key order.uuid  by status in [2, 3, 6] }
update books.customers(settings.owner) { phonenumber = join(\" \", \"T\", order.debtor.phone) }
";

/// One order before that flow, and its owner.
fn phones(owner: &str) -> Scene {
    let scene = Scene::new();
    scene.only(&["2041"]);
    scene.settings(&format!("[flows.phones]\nsettings.owner = \"{owner}\"\n"));
    scene.flow("phones", PHONES);
    scene
}

fn broken(scene: &Scene, name: &str, on: &str, times: u32) {
    let kind = FaultKind::named(name).expect("a fault of the sandbox");
    scene.sandbox.set_faults(vec![Fault { kind, rate: Rate::Times(times), on: Some(on.to_string()) }]);
}

/// Answers of one address, with another body.
struct Rewritten {
    inner: Arc<dyn Transport>,
    on: &'static str,
    body: &'static str,
}

impl Transport for Rewritten {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        Box::pin(async move {
            let hit = request.method == "GET" && request.url.path().starts_with(self.on);
            let mut answer = self.inner.send(request).await?;
            if hit {
                answer.body = Bytes::from_static(self.body.as_bytes());
            }
            Ok(answer)
        })
    }
}

/// The message and the same as JSON, without what tells one run from another.
fn told(scene: &Scene, flow: &str, report: &Report) -> String {
    let sources = scene.workspace(flow).sources;
    let json = report.outcomes.iter().filter_map(koppel::run::Outcome::problem).next();
    let json = json.or_else(|| report.ended.problem()).map(|problem| report::json(&problem, &sources));
    format!("{}\n{}", drawn(report, &sources), serde_json::to_string_pretty(&json).unwrap())
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_record_is_told_at_its_line() {
    let _room = room("run");
    let scene = Scene::new();
    let report = changed(&scene, &[("/price/total", json!("twenty"))]).await;
    insta::assert_snapshot!("message-wrong-value", told(&scene, "messages", &report));
    let scene = Scene::new();
    let options = Options { records: Some(vec![Bytes::from_static(b"\xff\xfe")]), ..Options::default() };
    scene.case("messages");
    let report = scene.run_with("messages", &options).await;
    insta::assert_snapshot!("message-unreadable-record", told(&scene, "messages", &report));
    let scene = Scene::new();
    let report = changed(&scene, &[("/uuid", json!(""))]).await;
    insta::assert_snapshot!("message-no-key", told(&scene, "messages", &report));
    let scene = Scene::new();
    let nobody = [("/debtor/email", json!(""))];
    insta::assert_snapshot!("message-nobody", told(&scene, "messages", &changed(&scene, &nobody).await));
}

#[tokio::test(start_paused = true)]
async fn what_is_there_already_or_no_more_is_told() {
    let _room = room("run");
    let scene = Scene::new();
    scene.only(&["2041"]);
    let mail = text_of(&serde_json::from_str::<Value>(&order(ONE, &[])).unwrap()["debtor"]["email"]);
    scene.debtor("One", &mail).await;
    scene.debtor("Two", &mail).await;
    scene.flow("mails", MAILS);
    insta::assert_snapshot!("message-several", told(&scene, "mails", &scene.run("mails").await));

    let mut scene = Scene::new();
    changed(&scene, &[]).await;
    scene.ledger = Arc::new(Memory::new());
    insta::assert_snapshot!("message-exists", told(&scene, "messages", &changed(&scene, &[]).await));

    let scene = phones("6a03101e-da4c-41b0-b485-15020b163ad3");
    insta::assert_snapshot!("message-gone", told(&scene, "phones", &scene.run("phones").await));
}

#[tokio::test(start_paused = true)]
async fn what_a_system_refuses_or_does_not_say_is_told() {
    let _room = room("run");
    let old = [("/date", json!("2024-03-02")), ("/uuid", json!("of-a-closed-year"))];
    let scene = Scene::new();
    insta::assert_snapshot!("message-refused", told(&scene, "messages", &changed(&scene, &old).await));

    let scene = Scene::new();
    scene.flow("messages", &FLOW.replacen("\nensure", "\non validation stop\nensure", 1));
    insta::assert_snapshot!("message-policy", told(&scene, "messages", &again(&scene, &old).await));

    let scene = Scene::new();
    broken(&scene, "500", "GET /v3/invoices", u32::MAX);
    insta::assert_snapshot!("message-gave-up", told(&scene, "messages", &changed(&scene, &[]).await));

    let scene = Scene::new();
    broken(&scene, "reset", "POST /v3/invoices$", 1);
    insta::assert_snapshot!("message-in-doubt", told(&scene, "messages", &changed(&scene, &[]).await));

    let mut scene = Scene::new();
    scene.only(&["2041"]);
    scene.flow("mails", MAILS);
    let body = r#"{"data": [{"id": "a", "is_private": true, "customer_name": "One", "email": ["one@example.nl"]}]}"#;
    scene.transport = Arc::new(Rewritten { inner: scene.transport.clone(), on: "/v3/customers", body });
    insta::assert_snapshot!("message-unreadable-answer", told(&scene, "mails", &scene.run("mails").await));
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_waits_says_for_whom() {
    let _room = room("run");
    let scene = Scene::new();
    scene.only(&["2041"]);
    let stop =
        "stop when order.number == \"2041\" because \"order {order.number} needs the owner\"\nskip when total == 0";
    scene.flow("messages", &FLOW.replacen("skip when total == 0", stop, 1));
    let report = scene.run("messages").await;
    let ended = report.ended.problem().expect("it waits");
    let ended = report::draw(&ended, &Sources::default(), report::Style::Plain);
    insta::assert_snapshot!("message-paused", format!("{}\n{ended}", told(&scene, "messages", &report)));
}
