//! What the shipped flows make of every sample, and the invoices that come of it, to the cent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use koppel::ledger::Status;
use koppel::run::{Mapper, Options};
use serde_json::Value;

use crate::support::room::room;
use crate::support::scene::Scene;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// All sample orders, by name.
fn orders() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for folder in ["orders", "tricky"] {
        for entry in fs::read_dir(samples().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let is_order = serde_json::from_str::<Value>(&text).unwrap().get("orderlines").is_some();
            if is_order {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                all.insert(format!("{folder}-{name}"), text);
            }
        }
    }
    all
}

/// A record through the pure part of a flow: its outcome, and each body as it would leave.
fn mapped(scene: &Scene, flow: &str, json: &str) -> String {
    let workspace = scene.workspace(flow);
    let flow = &workspace.flows[0];
    let mapper = Mapper::new(flow.graph.clone(), flow.settings.clone().unwrap());
    let mapped = mapper.worker().map(json);
    let mut shown = String::new();
    if let Some(end) = &mapped.end {
        let _ = writeln!(shown, "{}: {}", end.status.word(), end.reason);
    }
    for make in &mapped.makes {
        let body: Value = serde_json::from_slice(&make.body).unwrap();
        let unknown = make.unknown.join(", ");
        let _ = writeln!(shown, "{} [{unknown}]\n{}", make.step, serde_json::to_string_pretty(&body).unwrap());
    }
    shown
}

#[tokio::test(start_paused = true)]
async fn every_sample_order_becomes_what_it_should() {
    let _room = room("mapping");
    let scene = Scene::new();
    for (name, text) in orders() {
        insta::assert_snapshot!(name, mapped(&scene, "orders", &text));
    }
}

#[tokio::test(start_paused = true)]
async fn every_sample_customer_becomes_what_it_should() {
    let _room = room("mapping");
    let scene = Scene::new();
    let text = fs::read_to_string(samples().join("customers.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    for (number, customer) in all["customers"].as_array().unwrap().iter().enumerate() {
        insta::assert_snapshot!(format!("customer-{number}"), mapped(&scene, "customers", &customer.to_string()));
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_of_the_sample_orders_become_exact_invoices() {
    let _room = room("mapping");
    let expected = fs::read_to_string(samples().join("expected-totals.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let mut table = String::new();
    let (mut done, mut held, mut skipped) = (0, Vec::new(), Vec::new());
    for (name, text) in orders() {
        let scene = Scene::new();
        let options = Options { records: Some(vec![Bytes::from(text.clone())]), ..Options::default() };
        let report = scene.run_with("orders", &options).await;
        let [outcome] = report.outcomes.as_slice() else { panic!("{name} is one record") };
        let order: Value = serde_json::from_str(&text).unwrap();
        let says = &order["price"]["total"];
        let says = says.as_str().map_or_else(|| says.to_string(), str::to_string);
        let total = scene.sandbox.invoices().first().map(|invoice| {
            let total = &invoice["invoice_total_incl_vat"];
            total.get("amount").unwrap_or(total).as_str().unwrap().to_string()
        });
        let invoice = total.clone().unwrap_or_else(|| "no invoice".to_string());
        let _ = writeln!(table, "{name}: {} | {invoice} | {}", outcome.status.word(), outcome.reason);
        match outcome.status {
            Status::Done => {
                done += 1;
                let same = |a: &str, b: &str| a.parse::<rust_decimal::Decimal>() == b.parse::<rust_decimal::Decimal>();
                assert!(same(&invoice, &says), "{name}: the invoice says {invoice}, the order {says}");
                let file = name.replacen('-', "/", 1) + ".json";
                let known = expected.as_array().unwrap().iter().find(|row| row["file"] == file.as_str());
                if let Some(known) = known {
                    assert!(same(&invoice, known["line_sum_incl"].as_str().unwrap()), "{name}");
                }
            }
            Status::Held => held.push(name),
            Status::Skipped => skipped.push(name),
            other => panic!("{name} ended as {}", other.word()),
        }
        if outcome.status != Status::Done {
            assert_eq!(total, None, "nothing is made for what does not count");
            assert_eq!(scene.writes(), 0);
        }
    }
    insta::assert_snapshot!("invoices", table);
    assert_eq!((done, held.len(), skipped.len()), (20, 3, 4), "{table}");
}
