//! How many requests a run costs, and how fast it is where they are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use koppel::connect::{Answer, Lost, Request, Transport};
use koppel::ledger::Status;
use koppel::run::{Ended, Options};
use koppel::sandbox;
use serde_json::json;

use crate::support::figure::tell;
use crate::support::scene::{Scene, order, table, text_of};

/// Answers come after a while, as over a real network.
struct Far(Arc<dyn Transport>, Duration);

impl Transport for Far {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        async move {
            tokio::time::sleep(self.1).await;
            self.0.send(request).await
        }
        .boxed()
    }
}

/// One who buys, by number.
fn buyer(number: usize) -> (String, String) {
    (format!("buyer.{number}@example.nl"), format!("{:08x}-0000-4000-8000-00000000cafe", number))
}

/// A shop with so many new orders of so many buyers; every so many of these the books know, and of each third of those the
/// address has changed since.
async fn busy_shop(orders: usize, buyers: usize, known: impl Fn(usize) -> bool) -> Scene {
    let mut scene = Scene::limited(sandbox::Options { orders: 0, ..sandbox::Options::default() });
    scene.only(&[]);
    scene.window = Some(Duration::from_secs(60));
    for number in (0..buyers).filter(|number| known(*number)) {
        let street = if number % 3 == 0 { "Oudeweg 1" } else { "Fantasiestraat 12" };
        let body = json!({
            "is_private": true, "customer_name": format!("Koper {number}"), "email": buyer(number).0,
            "address_street": street, "address_postal_code": "1234 AB", "address_city": "Nergenshuizen",
            "address_country_code": "NL"
        });
        scene.by_hand("POST", "/v3/customers", body).await;
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    for number in 0..orders {
        let (email, id) = buyer(number % buyers);
        let changes = [
            ("/number", json!(50_000 + number)),
            ("/uuid", json!(format!("{number:08x}-0000-4000-8000-000000000000"))),
            ("/debtor/email", json!(email)),
            ("/debtor/id", json!(id)),
        ];
        scene.sandbox.put_order(&order("orders/01-person-nl-21.json", &changes)).unwrap();
    }
    scene
}

#[tokio::test(start_paused = true)]
async fn a_thousand_orders_cost_little_more_than_they_must() {
    let scene = busy_shop(1_000, 700, |number| number % 7 < 3).await;
    let plan = scene.plan_with("orders", &Options::default()).await;
    let before = scene.sandbox.requests().len();
    let report = scene.run("orders").await;
    assert_eq!((report.ended.clone(), report.count(Status::Done)), (Ended::Done, 1_000), "{}", table(&report));
    assert_eq!(scene.sandbox.customers().len(), 700);
    let requests = scene.sandbox.requests().split_off(before);
    let count = |method: &str, path: &str| {
        requests.iter().filter(|one| one.method == method && one.path.starts_with(path)).count()
    };
    let (invoices, customers, updates) =
        (count("POST", "/v3/invoices"), count("POST", "/v3/customers"), count("PUT", "/v3/customers/"));
    assert_eq!((invoices, customers), (1_000, 400));
    assert!((90..=110).contains(&updates), "each third of those known: {updates}");
    // What must be read: the orders, the catalogue and the shop, the debtors that were there, and the totals of what
    // was made, a hundred a page.
    let read = count("GET", "/v1/") + 3 + 10;
    let least = invoices + customers + updates + read;
    let all = requests.len();
    let asked: Vec<_> = requests.iter().filter(|one| one.system == "books").collect();
    let lasted = asked[asked.len() - 1].at.duration_since(asked[0].at).as_millis() as u64;
    let spent = (asked.len() as u64 - 1) * 10_000 / lasted;
    tell(
        "few requests",
        &format!(
            "1,000 orders of 700 customers, 300 known: {all} requests, the least is {least} \
             ({}.{:02} times); {} lists and {} single reads of the books; {spent} % of the limit of 10 a second used; \
             the plan said {}, the run counted {} and a least of {}",
            all / least,
            all * 100 / least % 100,
            count("GET", "/v3/invoices?") + count("GET", "/v3/customers?"),
            count("GET", "/v3/invoices/") + count("GET", "/v3/customers/"),
            plan.report.requests.reads + plan.report.requests.writes,
            report.requests.reads + report.requests.writes,
            report.requests.least,
        ),
    );
    assert!(all * 100 <= least * 115, "{all} of {least}");
    assert!(spent >= 95, "{spent} % of the limit");
    assert_eq!(report.requests.reads + report.requests.writes, all as u64);
    assert!(report.requests.least <= all as u64 && report.requests.least * 102 >= least as u64 * 100);
    let planned = plan.report.requests.reads + plan.report.requests.writes;
    assert!(planned.abs_diff(all as u64) * 10 <= all as u64, "{planned} were planned");
    let lists = count("GET", "/v1/orders");
    let before = scene.sandbox.requests().len();
    let again = scene.run("orders").await;
    assert_eq!((again.outcomes.len(), again.unchanged), (0, 1_000));
    let requests = scene.sandbox.requests().split_off(before);
    assert!(requests.iter().all(|one| one.method == "GET" && one.path.starts_with("/v1/orders?")));
    assert_eq!(requests.len(), lists, "the second run costs the listing");
    tell("few requests", &format!("a second run over the same 1,000 orders: {} requests, the listing", requests.len()));
}

#[tokio::test(start_paused = true)]
async fn the_line_is_busy_although_answers_take_their_time() {
    let mut scene = busy_shop(300, 210, |_| false).await;
    scene.transport = Arc::new(Far(scene.transport.clone(), Duration::from_millis(150)));
    let before = scene.sandbox.requests().len();
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 300, "{}", table(&report));
    let requests = scene.sandbox.requests().split_off(before);
    let asked: Vec<_> = requests.iter().filter(|one| one.system == "books").collect();
    let lasted = asked[asked.len() - 1].at.duration_since(asked[0].at).as_millis() as u64;
    let spent = (asked.len() as u64 - 1) * 10_000 / lasted;
    tell("few requests", &format!("300 orders, answers after 150 ms: {spent} % of the limit of 10 a second used"));
    assert!(spent >= 80, "{spent} %");
}

#[tokio::test(start_paused = true)]
async fn orders_of_one_buyer_keep_their_order() {
    let scene = Scene::with(sandbox::Options { orders: 0, samples: true, ..sandbox::Options::default() });
    scene.only(&[]);
    for number in 0..60 {
        let changes = [
            ("/number", json!(50_000 + number)),
            ("/uuid", json!(format!("{number:08x}-0000-4000-8000-000000000000"))),
            ("/debtor/address/invoice/number", json!(number.to_string())),
        ];
        scene.sandbox.put_order(&order("orders/01-person-nl-21.json", &changes)).unwrap();
    }
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Done), 60, "{}", table(&report));
    let customers = scene.sandbox.customers();
    assert_eq!(customers.len(), 1);
    assert_eq!(text_of(&customers[0]["address_street"]), "Fantasiestraat 59", "the last order's address counts");
}

/// The first debtor that is made is refused with a wish to wait for 50 seconds.
struct Waits(Arc<dyn Transport>, AtomicBool);

impl Transport for Waits {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        let first = request.method == "POST" && request.url.path() == "/v3/customers";
        if first && !self.1.swap(true, Ordering::Relaxed) {
            return async { Ok(Answer::new(429, "{}").with("retry-after", "50")) }.boxed();
        }
        self.0.send(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_is_not_trusted_for_longer_than_a_write_may_take_to_leave() {
    // While the run waits somebody else makes the debtor and the invoice that were not there when it looked.
    for what in ["invoice", "customer"] {
        let mut scene = Scene::new();
        scene.only(&["2041"]);
        scene.transport = Arc::new(Waits(scene.transport.clone(), AtomicBool::new(false)));
        let (report, ()) = tokio::join!(scene.run("orders"), async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let (path, body) = match what {
                "invoice" => ("/v3/invoices", json!({ "reference": "MWW-2041", "line_items": [] })),
                _ => {
                    let (name, email) = ("Sanne Verzonnen", "sanne.verzonnen@example.nl");
                    ("/v3/customers", json!({ "is_private": true, "customer_name": name, "email": email }))
                }
            };
            scene.by_hand("POST", path, body).await;
        });
        assert_eq!(scene.references(), ["MWW-2041"], "{what}\n{}", table(&report));
        assert_eq!(scene.sandbox.customers().len(), 1, "{what}\n{}", table(&report));
        assert_eq!(report.ended, Ended::Done);
    }
}
