//! Both systems and all that passed go in; what was made twice, lost or repeated blindly comes out.

use std::collections::BTreeMap;

use koppel::ledger::{RecordFilter, Status, Summary};
use serde_json::Value;

use crate::sim::life::Life;
use crate::sim::wire::Passed;
use crate::support::scene::text_of;

/// What came of a life, or of many.
#[derive(Default)]
pub struct Verdict {
    pub trace: String,
    /// What must never be, in words.
    pub wrong: Vec<String>,
    pub orders: u64,
    pub made: u64,
    pub skipped: u64,
    pub held: u64,
    pub in_doubt: u64,
    /// Things that were made again.
    pub doubles: u64,
    pub deaths: u64,
    pub faults: u64,
    pub requests: u64,
}

impl Verdict {
    /// Adds the figures of another life.
    pub fn add(&mut self, other: Verdict) {
        self.orders += other.orders;
        self.made += other.made;
        self.skipped += other.skipped;
        self.held += other.held;
        self.in_doubt += other.in_doubt;
        self.doubles += other.doubles;
        self.deaths += other.deaths;
        self.faults += other.faults;
        self.requests += other.requests;
        self.wrong.extend(other.wrong);
    }

    /// The figures in words.
    pub fn figure(&self) -> String {
        format!(
            "{} orders = {} made + {} skipped + {} held + {} in doubt; {} doubles; {} deaths, {} faults in {} requests",
            self.orders,
            self.made,
            self.skipped,
            self.held,
            self.in_doubt,
            self.doubles,
            self.deaths,
            self.faults,
            self.requests
        )
    }
}

/// Looks at the world after a life.
pub async fn judge(life: &Life, rests: bool) -> Verdict {
    let scene = &life.scene;
    let mut verdict = Verdict { trace: life.wire.trace(), deaths: life.deaths, ..Verdict::default() };
    let passed = life.wire.passed();
    let seen = scene.sandbox.requests();
    verdict.requests = passed.len() as u64;
    verdict.faults = seen.iter().filter(|request| !request.faults.is_empty()).count() as u64;
    if !rests {
        verdict.wrong.push("it does not come to rest".to_string());
    }
    if life.locked_out {
        verdict.wrong.push("the log-in was lost".to_string());
    }

    // 1. One order, at most one invoice; one debtor for each who buys.
    let invoices = by(scene.sandbox.invoices(), |invoice| text_of(&invoice["reference"]));
    let customers = by(scene.sandbox.customers(), |customer| {
        format!("{} {}", text_of(&customer["email"]).to_lowercase(), customer["is_private"])
    });
    for (what, all) in [("invoices", &invoices), ("customers", &customers)] {
        for (name, things) in all.iter().filter(|(_, things)| things.len() > 1) {
            verdict.doubles += things.len() as u64 - 1;
            verdict.wrong.push(format!("{} {what} of {name}", things.len()));
        }
    }

    // 2. No order is lost: each that counts ended in a way that shows on the other side.
    let mut filter = RecordFilter::of("shop");
    filter.flow = Some("orders".to_string());
    let records = scene.ledger.records(filter).await.expect("memory answers");
    let records: BTreeMap<String, Summary> = records.into_iter().map(|record| (record.key.clone(), record)).collect();
    for order in scene.sandbox.orders() {
        if !["2", "3", "6"].contains(&text_of(&order["status"]).as_str()) {
            continue;
        }
        verdict.orders += 1;
        let number = text_of(&order["number"]);
        let made = invoices.get(&format!("MWW-{number}"));
        let Some(record) = records.get(&text_of(&order["uuid"])) else {
            verdict.wrong.push(format!("order {number} was never seen"));
            continue;
        };
        let reason = record.outcome.as_ref().and_then(|outcome| outcome.reason.as_deref()).unwrap_or_default();
        let is_made = record.status == Status::Done || record.status == Status::Skipped && reason.starts_with("exists");
        match record.status {
            _ if is_made => verdict.made += 1,
            Status::Skipped => verdict.skipped += 1,
            Status::Held => verdict.held += 1,
            Status::InDoubt => verdict.in_doubt += 1,
            status => verdict.wrong.push(format!("order {number} is left {}", status.word())),
        }
        if is_made && made.is_none() {
            verdict.wrong.push(format!("order {number} is {} without an invoice", record.status.word()));
        }
        // 3. What is made has the order's total.
        let total = text_of(&order["price"]["total"]);
        for invoice in made.into_iter().flatten() {
            let there = text_of(&invoice["invoice_total_incl_vat"]["amount"]);
            if cents(&total) != cents(&there) && record.status == Status::Done {
                verdict.wrong.push(format!("order {number} of {total} is an invoice of {there}"));
            }
        }
    }
    blind_repeats(&passed, &mut verdict);
    verdict
}

fn by(things: Vec<Value>, name: impl Fn(&Value) -> String) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for thing in things {
        all.entry(name(&thing)).or_default().push(thing);
    }
    all
}

/// 4. A request that may have made something is not repeated unless it was looked for in between, and says the same.
fn blind_repeats(passed: &[Passed], verdict: &mut Verdict) {
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for (number, request) in passed.iter().enumerate() {
        if request.method != "POST" || !request.path.ends_with("/v3/invoices") {
            continue;
        }
        let body: Value = serde_json::from_slice(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
        let reference = text_of(&body["reference"]);
        if let Some(before) = last.insert(reference.clone(), number) {
            let earlier = &passed[before];
            if earlier.body != request.body {
                verdict.wrong.push(format!("{reference} was sent again with another body"));
            }
            let refused = earlier.status.is_some_and(|status| (400..500).contains(&status));
            let looked = passed[before + 1..number]
                .iter()
                .any(|one| one.method == "GET" && one.path.starts_with("/v3/invoices?") && one.status == Some(200));
            if !refused && !looked {
                verdict.wrong.push(format!("{reference} was sent again without a look"));
            }
            if earlier.status == Some(201) {
                verdict.wrong.push(format!("{reference} was sent again after it was answered"));
            }
        }
    }
}

fn cents(amount: &str) -> Option<rust_decimal::Decimal> {
    amount.parse::<rust_decimal::Decimal>().ok().map(|amount| amount.normalize())
}
