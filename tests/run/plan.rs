//! A plan changes nothing, and says what a run then does.

use std::collections::BTreeMap;
use std::sync::Arc;

use koppel::ledger::{ActivityFilter, Memory, Status};
use koppel::run::{Deed, Options, Outcome, Plan, Report, What};
use koppel::sandbox;

use super::sample;
use crate::support::scene::{Scene, order, table};

/// One after the other, as a plan does.
fn in_order() -> Options {
    Options { concurrency: 1, ..Options::default() }
}

/// What a record would send: the step and the body.
fn would_send(outcome: &Outcome) -> Vec<(String, String)> {
    let text = |body: &bytes::Bytes| String::from_utf8(body.to_vec()).unwrap();
    let sent = |deed: &Deed| match &deed.what {
        What::Created { body, .. } | What::Updated { body, .. } | What::Called { body, .. } => {
            Some((deed.step.to_string(), text(body)))
        }
        _ => None,
    };
    outcome.deeds.iter().filter_map(sent).collect()
}

/// What a record sent in a run, by the log.
async fn sent(scene: &Scene, flow: &str, key: &str) -> Vec<(String, String)> {
    let filter = ActivityFilter {
        flow: Some(flow.to_string()),
        key: Some(key.to_string()),
        newest_first: false,
        bodies: true,
        limit: 1000,
        ..ActivityFilter::of("shop")
    };
    let calls = scene.ledger.activity(filter).await.unwrap();
    calls
        .into_iter()
        .map(|logged| logged.activity)
        .filter(|call| call.method != "GET" && !call.url.contains("/oauth-provider/"))
        .map(|call| (call.step.unwrap_or_default(), String::from_utf8(call.request).unwrap()))
        .collect()
}

/// Real ids in the words of a plan: each made thing by the name that the plan gave it.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn learn(&mut self, planned: &Outcome, ran: &Outcome) {
        assert_eq!(planned.made.len(), ran.made.len(), "{}: {:?} {:?}", ran.title, planned.made, ran.made);
        for (would, did) in planned.made.iter().zip(&ran.made) {
            assert_eq!((&would.verb, &would.resource), (&did.verb, &did.resource), "{}", ran.title);
            if would.id.starts_with('(') {
                self.0.insert(did.id.to_string(), would.id.to_string());
            } else {
                assert_eq!(would.id, did.id);
            }
        }
    }

    fn over(&self, text: &str) -> String {
        self.0.iter().fold(text.to_string(), |text, (id, name)| text.replace(id, name))
    }
}

/// The step changes a thing that the plan itself would make, and writes it whole.
fn rest_of_what_would_be(planned: &Outcome, step: &str) -> bool {
    planned.deeds.iter().any(|deed| &*deed.step == step && matches!(deed.what, What::Updated { rest: true, .. }))
}

/// Every record ends as it was planned, for the same reason, and sends the same bytes, ids apart.
async fn agree(scene: &Scene, flow: &str, plan: &Plan, ran: &Report) {
    assert_eq!(plan.report.ended, ran.ended);
    assert_eq!((plan.report.listed, plan.report.unchanged), (ran.listed, ran.unchanged));
    assert_eq!(plan.report.outcomes.len(), ran.outcomes.len());
    let mut names = Names::default();
    for (planned, ran) in plan.report.outcomes.iter().zip(&ran.outcomes) {
        assert_eq!(planned.key, ran.key);
        names.learn(planned, ran);
        assert_eq!((planned.status, planned.code, planned.span), (ran.status, ran.code, ran.span), "{}", ran.title);
        assert_eq!(planned.reason, names.over(&ran.reason), "{}", ran.title);
        let sent = sent(scene, flow, &ran.key).await;
        let sent: Vec<_> = sent.into_iter().map(|(step, body)| (step, names.over(&body))).collect();
        let would = would_send(planned);
        assert_eq!(would.len(), sent.len(), "{}: {would:?} {sent:?}", ran.title);
        for (would, did) in would.iter().zip(&sent) {
            if rest_of_what_would_be(planned, &would.0) {
                // The changed fields are as planned; what the system filled in could not be known.
                let fields = |body: &str| serde_json::from_str::<serde_json::Map<_, _>>(body).unwrap();
                let all = fields(&did.1);
                assert_eq!(would.0, did.0);
                assert!(fields(&would.1).iter().all(|(name, value)| all.get(name) == Some(value)), "{would:?} {did:?}");
            } else {
                assert_eq!(would, did, "{}", ran.title);
            }
        }
    }
    assert_eq!(plan.report.requests, ran.requests, "what it would cost is what it cost");
}

#[tokio::test(start_paused = true)]
async fn a_run_does_what_the_plan_says() {
    let scene = Scene::with(sandbox::Options { orders: 200, ..sandbox::Options::default() });
    for flow in ["customers", "orders"] {
        let before = scene.writes();
        let plan = scene.plan_with(flow, &in_order()).await;
        assert_eq!(scene.writes(), before, "a plan writes nothing");
        let known = scene.ledger.records(koppel::ledger::RecordFilter::of("shop")).await.unwrap();
        assert!(known.iter().all(|record| record.flow != flow), "a plan remembers nothing");
        assert!(plan.report.count(Status::Done) > 20, "{}", table(&plan.report));
        let report = scene.run_with(flow, &in_order()).await;
        agree(&scene, flow, &plan, &report).await;
        assert!(scene.writes() > before);
        let again = scene.plan_with(flow, &Options::default()).await;
        assert_eq!(again.report.outcomes, [], "nothing is left to do");
    }
}

#[tokio::test(start_paused = true)]
async fn many_at_once_come_out_as_planned_too() {
    let scene = Scene::with(sandbox::Options { orders: 60, ..sandbox::Options::default() });
    let plan = scene.plan_with("orders", &Options::default()).await;
    let report = scene.run("orders").await;
    assert_eq!(table(&plan.report), table(&report));
    let made = |outcomes: &[Outcome]| {
        outcomes.iter().flat_map(|outcome| &outcome.made).filter(|made| &*made.verb == "created").count()
    };
    assert_eq!(made(&plan.report.outcomes), made(&report.outcomes));
}

#[tokio::test(start_paused = true)]
async fn a_plan_finds_what_is_there() {
    let mut scene = Scene::new();
    scene.run("orders").await;
    // The ledger is lost: what was made is found in the books.
    scene.ledger = Arc::new(Memory::new());
    let before = scene.writes();
    let plan = scene.plan_with("orders", &Options::default()).await;
    assert_eq!(scene.writes(), before);
    let adopted = |deed: &Deed| matches!(deed.what, What::Adopted(_));
    let count = plan.report.outcomes.iter().flat_map(|outcome| &outcome.deeds).filter(|deed| adopted(deed)).count();
    assert_eq!(count, 18);
    let report = scene.run_with("orders", &in_order()).await;
    agree(&scene, "orders", &plan, &report).await;
}

/// Orders that come again in other words.
fn of_one_buyer() -> Vec<bytes::Bytes> {
    let street = |number: &str, uuid: &str, street: &str| {
        let changes = [
            ("/number", serde_json::json!(number)),
            ("/uuid", serde_json::json!(uuid)),
            ("/debtor/address/invoice/street", serde_json::json!(street)),
        ];
        bytes::Bytes::from(order("orders/01-person-nl-21.json", &changes))
    };
    vec![
        street("9001", "00000000-0000-4000-8000-000000000001", "Oude weg"),
        street("9002", "00000000-0000-4000-8000-000000000002", "Oude weg"),
        street("9003", "00000000-0000-4000-8000-000000000003", "Nieuwe weg"),
        street("9004", "00000000-0000-4000-8000-000000000004", "Nieuwe weg"),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_second_order_of_a_new_customer_finds_the_new_customer() {
    let scene = Scene::new();
    let records = Some(of_one_buyer());
    let options = Options { records, ..in_order() };
    let plan = scene.plan_with("orders", &options).await;
    let does: Vec<String> = plan
        .report
        .outcomes
        .iter()
        .flat_map(|outcome| outcome.deeds.iter().map(move |deed| (outcome, deed)))
        .map(|(outcome, deed)| {
            let what = match &deed.what {
                What::Created { key, .. } => format!("create as {key}"),
                What::Updated { changes, .. } => {
                    let fields: Vec<String> =
                        changes.iter().map(|one| format!("{}: {:?} -> {:?}", one.field, one.old, one.new)).collect();
                    format!("update {}", fields.join(", "))
                }
                other => format!("{other:?}"),
            };
            format!("{} {} {} {what}", outcome.title, deed.resource, deed.id)
        })
        .collect();
    let _room = crate::support::room::room("run");
    insta::assert_snapshot!("plan-one-buyer", does.join("\n"));
    let report = scene.run_with("orders", &options).await;
    agree(&scene, "orders", &plan, &report).await;
}

#[tokio::test(start_paused = true)]
async fn tricky_orders_come_out_as_planned() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut records = Vec::new();
    for folder in ["orders", "tricky"] {
        let mut files: Vec<_> =
            std::fs::read_dir(home.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        records.extend(files.iter().map(|file| bytes::Bytes::from(std::fs::read(file).unwrap())));
    }
    assert!(records.len() > 20);
    let scene = Scene::new();
    let options = Options { records: Some(records), ..in_order() };
    let plan = scene.plan_with("orders", &options).await;
    let report = scene.run_with("orders", &options).await;
    agree(&scene, "orders", &plan, &report).await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_adds_up_what_the_connector_says() {
    let scene = Scene::new();
    let options = Options { records: Some(vec![sample("orders/03-mixed-9-21.json")]), ..Options::default() };
    let plan = scene.plan_with("orders", &options).await;
    let rows: Vec<String> = plan
        .sums
        .iter()
        .flat_map(|sum| {
            sum.rows.iter().map(move |row| format!("{} {} {:?} {}", sum.resource, row.by, row.sum, row.count))
        })
        .collect();
    let _room = crate::support::room::room("run");
    insta::assert_snapshot!("plan-sums", rows.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_waits_is_planned_as_if_it_went_on() {
    let scene = Scene::new();
    let text = include_str!("../../flows/orders.flow").replace(
        "hold when invoice.invoice_total_incl_vat.amount != total",
        "hold when invoice.invoice_total_incl_vat.amount == total",
    );
    scene.flow("orders", &text);
    scene.run("orders").await;
    let plan = scene.plan_with("orders", &Options::default()).await;
    assert!(plan.paused.as_ref().is_some_and(|why| why.contains("3 records in a row")), "{:?}", plan.paused);
    assert!(!plan.report.outcomes.is_empty());
    let again = scene.run("orders").await;
    assert_eq!(again.outcomes, [], "the plan did not let it go on");
}
