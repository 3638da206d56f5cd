//! A test in a declared world gives the same verdict as a real run of the same record: how it ends, why, and what is sent.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use koppel::ledger::ActivityFilter;
use koppel::run::{Options, Outcome, Report};
use koppel::test::{self, Tests};
use koppel::value::Clock;
use koppel::workspace::Depth;

use crate::support::scene::Scene;

const SETTINGS: &str = "\n[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.invoice_state = \"sent\"\n";

/// What became of one record: how it ended and why, what it made, and the bodies that left, the ids by their resource.
#[derive(Debug, PartialEq, Eq)]
struct Fate {
    status: &'static str,
    reason: String,
    step: String,
    made: Vec<String>,
    sent: Vec<String>,
}

impl Fate {
    fn new(outcome: &Outcome, sent: Vec<String>) -> Fate {
        let named = |text: &str| {
            outcome
                .made
                .iter()
                .fold(text.to_string(), |text, made| text.replace(&*made.id, &format!("<{}>", made.resource)))
        };
        Fate {
            status: outcome.status.word(),
            reason: named(&outcome.reason),
            step: outcome.step.to_string(),
            made: outcome.made.iter().map(|made| format!("{} {}", made.verb, made.resource)).collect(),
            sent: sent.iter().map(|body| named(body)).collect(),
        }
    }
}

/// The sample orders: their paths, and each as it comes.
fn samples() -> Vec<(String, String)> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in ["samples/orders", "samples/tricky"] {
        let mut paths: Vec<_> = fs::read_dir(home.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
            let text = fs::read_to_string(path).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            if value["orderlines"].is_array() {
                all.push((path.strip_prefix(home).unwrap().to_string_lossy().into_owned(), text));
            }
        }
    }
    all
}

/// What a test in a declared world makes of each.
async fn tested(paths: &[(String, String)]) -> Vec<Fate> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scene = Scene::new();
    let mut flow = fs::read_to_string(home.join("flows/orders.flow")).unwrap();
    flow.truncate(flow.find("\ntest \"").unwrap());
    for (path, _) in paths {
        flow.push_str(&format!(
            "\ntest \"{path}\" {{\n  given settings.invoice_state = \"sent\"\n  given order \"{path}\"\n  expect true\n}}\n"
        ));
    }
    scene.flow("orders", &flow);
    let workspace = scene.loaded("orders", Depth::Flows);
    let tests = Tests {
        graph: workspace.flows[0].graph.clone(),
        sources: Arc::new(workspace.sources.clone()),
        read: &|path| fs::read_to_string(home.join(path)).map_err(|error| error.to_string()),
        snapshots: home.join("snapshots/flows/orders"),
        accept: false,
        zone: workspace.zone.clone(),
        clock: Clock::fixed("2026-04-01T10:00:00Z".parse().unwrap()),
        coverage: None,
    };
    let verdicts = test::run(&tests, None).await;
    verdicts
        .iter()
        .map(|verdict| {
            let [outcome] = verdict.outcomes.as_slice() else { panic!("{}: {verdict:?}", verdict.title) };
            Fate::new(outcome, verdict.sent.iter().map(|effect| effect.body.clone()).collect())
        })
        .collect()
}

/// What a real run against the simulated systems made of the one record that came.
async fn fate_of(scene: &Scene, report: &Report) -> Fate {
    let mut filter = ActivityFilter::of("shop");
    (filter.newest_first, filter.bodies) = (false, true);
    let calls = scene.ledger.activity(filter).await.unwrap();
    let sent = calls
        .into_iter()
        .map(|logged| logged.activity)
        .filter(|call| call.method != "GET" && !call.url.contains("/oauth-provider/"))
        .map(|call| String::from_utf8(call.request).unwrap());
    Fate::new(&report.outcomes[0], sent.collect())
}

#[tokio::test(start_paused = true)]
async fn a_test_gives_the_verdict_of_a_real_run() {
    let samples = samples();
    assert!(samples.len() >= 25, "{} sample orders", samples.len());
    let (mut listed, mut made) = (0, 0);
    for ((path, order), tested) in samples.iter().zip(tested(&samples).await) {
        // 1. The record itself, handed to a run against the simulated systems.
        let scene = Scene::new();
        scene.settings(SETTINGS);
        let options = Options { records: Some(vec![Bytes::from(order.clone())]), ..Options::default() };
        let report = scene.run_with("orders", &options).await;
        assert_eq!(fate_of(&scene, &report).await, tested, "{path}: handed over");
        made += usize::from(!tested.sent.is_empty());
        // 2. The same as the simulated webshop lists it, where it has it and the flow asks for it.
        let value: serde_json::Value = serde_json::from_str(order).unwrap();
        let scene = Scene::new();
        scene.settings(SETTINGS);
        scene.only(&[&crate::support::scene::text_of(&value["number"])]);
        let report = scene.run("orders").await;
        if let [outcome] = report.outcomes.as_slice()
            && path.contains("samples/orders")
        {
            listed += 1;
            assert_eq!(*outcome.key, *value["uuid"].as_str().unwrap(), "{path}");
            assert_eq!(fate_of(&scene, &report).await, tested, "{path}: listed");
        }
    }
    assert!(listed >= 10 && made >= 10, "{listed} of them are listed, {made} of them make something");
}
