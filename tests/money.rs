//! Orders of every VAT situation, drawn from a seed: each invoice is the order's total to the cent, or a person is told the
//! cents.
//!
//! The sums are done here a second time, in whole cents, by other rules than the flow's own.

use std::collections::BTreeMap;

use koppel::ledger::Status;
use koppel::run::{MapWorker, Mapper};
use koppel::sandbox;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::figure::{scale, tell};
use crate::support::scene::{Scene, text_of};

/// What an order is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Situation {
    /// A person or a company at home.
    Domestic,
    /// Prices are kept without VAT, and VAT is rounded line by line.
    NetPrices,
    /// Only the amounts without VAT are told.
    NoGross,
    /// A discount is spread over the rates.
    Discount,
    /// Shipping and costs of payment are spread over the rates.
    Costs,
    /// A gift voucher is sold without VAT beside goods with it.
    Voucher,
    /// A company elsewhere in the Union.
    Reversed,
    /// The same without a VAT number.
    NoNumber,
    /// A buyer outside the Union.
    Export,
    /// A rate of another country.
    OneStopShop,
    /// Lines and total differ by some cents.
    CentsOff,
    /// Nothing is to be paid.
    Nothing,
    /// It gives money back.
    Credit,
}

const ALL: [Situation; 13] = [
    Situation::Domestic,
    Situation::NetPrices,
    Situation::NoGross,
    Situation::Discount,
    Situation::Costs,
    Situation::Voucher,
    Situation::Reversed,
    Situation::NoNumber,
    Situation::Export,
    Situation::OneStopShop,
    Situation::CentsOff,
    Situation::Nothing,
    Situation::Credit,
];

/// What must become of an order.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    /// An invoice of so many cents.
    Invoice(i64),
    /// A person looks at it and reads these words.
    Held(Vec<String>),
    Skipped,
}

/// One price of a line: percent, millionths without VAT, cents with it.
#[derive(Clone, Copy)]
struct Part {
    rate: i64,
    net: i64,
    gross: i64,
}

impl Part {
    /// A price that is kept with VAT.
    fn of(gross: i64, rate: i64) -> Part {
        Part { rate, net: rounded(i128::from(gross) * 1_000_000, i128::from(100 + rate)), gross }
    }

    /// A price that is kept without VAT, in millionths.
    fn of_net(net: i64, rate: i64) -> Part {
        Part { rate, net, gross: rounded(i128::from(net) * i128::from(100 + rate), 1_000_000) }
    }

    fn json(self, told: bool, numbers: bool) -> Value {
        let word = |text: String| {
            if numbers { text.parse::<serde_json::Number>().map_or(json!(text), Value::Number) } else { json!(text) }
        };
        let mut price = json!({ "rate": word(format!("{}.00", self.rate)), "amount": word(millionths(self.net)) });
        if told {
            price["amount_including_tax"] = word(euros(self.gross));
        }
        price
    }
}

/// Divides and rounds half away from zero.
fn rounded(amount: i128, by: i128) -> i64 {
    let half = if amount < 0 { -(by / 2) } else { by / 2 };
    i64::try_from((amount + half) / by).expect("amounts of orders are small")
}

fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

fn millionths(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", amount.abs() / 1_000_000, amount.abs() % 1_000_000)
}

/// Draws orders.
struct Orders {
    rng: ChaCha8Rng,
    templates: BTreeMap<&'static str, Value>,
}

impl Orders {
    fn new() -> Orders {
        let of = |text: &str| serde_json::from_str(text).expect("a sample is JSON");
        let templates = BTreeMap::from([
            ("person", of(include_str!("../samples/orders/01-person-nl-21.json"))),
            ("company", of(include_str!("../samples/orders/02-company-nl-b2b.json"))),
            ("union", of(include_str!("../samples/orders/06-eu-reverse-charge.json"))),
            ("export", of(include_str!("../samples/orders/07-export-ch.json"))),
        ]);
        Orders { rng: ChaCha8Rng::seed_from_u64(21), templates }
    }

    fn draw(&mut self, situation: Situation) -> (String, Due) {
        use Situation::*;
        let template = match situation {
            Reversed | NoNumber => "union",
            Export => "export",
            _ if self.rng.random_bool(0.3) => "company",
            _ => "person",
        };
        let mut order = self.templates[template].clone();
        let lines = self.lines(situation);
        let sum: i64 = lines.iter().flat_map(|(_, _, parts)| parts).map(|part| part.gross).sum();
        let off = if situation == CentsOff {
            *[-5, -1, 1, 2, 5, 100].choose(&mut self.rng).expect("there are some")
        } else {
            0
        };
        let (told, numbers) = (situation != NoGross, self.rng.random_bool(0.2));
        order["orderlines"] = lines
            .iter()
            .map(|(kind, quantity, parts)| {
                let mut prices: Vec<Value> = parts.iter().map(|part| part.json(told, numbers)).collect();
                let price = if prices.len() == 1 { prices.remove(0) } else { Value::Array(prices) };
                json!({ "type": kind, "quantity": quantity, "description": kind, "price": price })
            })
            .collect();
        order["price"]["total"] = json!(euros(sum + off));
        if situation == NoNumber {
            order["debtor"]["address"]["invoice"]["taxnumber"] = json!(" ");
        }
        if situation == Credit {
            order["credited_order_number"] = json!(2041);
        }
        let due = match situation {
            Credit => Due::Skipped,
            _ if sum + off == 0 => Due::Skipped,
            _ if sum + off < 0 => Due::Held(vec![euros(sum + off)]),
            NoNumber => Due::Held(vec!["VAT number".to_string()]),
            OneStopShop => Due::Held(vec!["19".to_string()]),
            CentsOff => Due::Held(vec![euros(sum), euros(sum + off)]),
            _ => Due::Invoice(sum),
        };
        (order.to_string(), due)
    }

    /// The lines: kind, quantity, and a price for each rate.
    fn lines(&mut self, situation: Situation) -> Vec<(&'static str, i64, Vec<Part>)> {
        use Situation::*;
        let rates: &[i64] = match situation {
            Reversed | NoNumber | Export => &[0],
            OneStopShop => &[19],
            _ => &[21, 21, 9],
        };
        if situation == Nothing {
            return vec![("article", 1, vec![Part::of(0, 21)])];
        }
        let mut lines: Vec<(&'static str, i64, Vec<Part>)> = Vec::new();
        for _ in 0..self.rng.random_range(1..8) {
            let rate = *rates.choose(&mut self.rng).expect("there are some");
            let quantity = if self.rng.random_bool(0.5) { 1 } else { self.rng.random_range(2..40) };
            let part = match situation {
                NetPrices => Part::of_net(self.rng.random_range(1..30_000) * 10_000 * quantity, rate),
                // What is without VAT abroad has the domestic price without VAT, of six places.
                Reversed | NoNumber | Export => {
                    Part::of_net(Part::of(self.rng.random_range(1..30_000), 21).net * quantity, 0)
                }
                _ => Part::of(self.rng.random_range(1..30_000) * quantity, rate),
            };
            lines.push(("article", quantity, vec![part]));
        }
        let sum_at = |lines: &[(&str, i64, Vec<Part>)], rate: i64| -> i64 {
            lines.iter().flat_map(|(_, _, parts)| parts).filter(|part| part.rate == rate).map(|part| part.gross).sum()
        };
        match situation {
            Discount => {
                let percent = self.rng.random_range(1..=100);
                let parts =
                    [21, 9].map(|rate| Part::of(-rounded(i128::from(sum_at(&lines, rate)) * percent, 100), rate));
                lines.push(("discount", 1, parts.into_iter().filter(|part| part.gross != 0).collect()));
                lines.retain(|(_, _, parts)| !parts.is_empty());
            }
            Costs => {
                for kind in ["shipping", "payment"] {
                    let (high, low) = (self.rng.random_range(0..900), self.rng.random_range(0..300));
                    lines.push((kind, 1, vec![Part::of(high, 21), Part::of(low, 9)]));
                }
            }
            Voucher => lines.push(("article", 1, vec![Part::of(self.rng.random_range(1..20_000), 0)])),
            _ => {}
        }
        lines
    }
}

/// The total of the invoice that a body asks for, in cents, where its amounts include VAT.
fn cents_of(body: &Value) -> Decimal {
    assert_eq!(body["net_amounts"], true, "amounts include VAT");
    let decimal = |value: &Value| text_of(value).parse::<Decimal>().expect("an exact number");
    let lines = body["line_items"].as_array().expect("there are lines");
    lines
        .iter()
        .map(|line| decimal(&line["quantity"]) * decimal(&line["amount"]["amount"]) * Decimal::ONE_HUNDRED)
        .sum()
}

/// What an order came to, against what is due; words where it is something else.
fn judge(worker: &mut MapWorker<'_>, order: &str, due: &Due) -> Result<(), String> {
    let mapped = worker.map(order);
    let invoice = mapped.makes.iter().find(|make| make.resource == "books.invoices");
    match (due, &mapped.end, invoice) {
        (Due::Skipped, Some(end), None) if end.status == Status::Skipped => Ok(()),
        (Due::Held(words), Some(end), None)
            if end.status == Status::Held && words.iter().all(|word| end.reason.contains(word)) =>
        {
            Ok(())
        }
        (Due::Invoice(cents), None, Some(invoice)) => {
            let body: Value = serde_json::from_slice(&invoice.body).map_err(|error| error.to_string())?;
            let there = cents_of(&body);
            (there == Decimal::from(*cents)).then_some(()).ok_or(format!("an invoice of {there} cents"))
        }
        (_, Some(end), _) => Err(format!("{} because {}", end.status.word(), end.reason)),
        (_, None, invoice) => Err(format!("{} invoices", usize::from(invoice.is_some()))),
    }
}

#[tokio::test(start_paused = true)]
async fn every_invoice_is_its_order_to_the_cent() {
    let wanted = scale("KOPPEL_ORDERS", 3_000);
    let scene = Scene::with(sandbox::Options { samples: false, ..sandbox::Options::default() });
    let workspace = scene.workspace("orders");
    let flow = &workspace.flows[0];
    let mapper = Mapper::new(flow.graph.clone(), flow.settings.clone().expect("they are set"));
    let (mut worker, mut orders) = (mapper.worker(), Orders::new());
    let (mut wrong, mut counts) = (Vec::new(), [0_u64; 3]);
    for number in 0..wanted {
        let situation = ALL[usize::try_from(number).expect("a count") % ALL.len()];
        let (order, due) = orders.draw(situation);
        counts[match due {
            Due::Invoice(_) => 0,
            Due::Held(_) => 1,
            Due::Skipped => 2,
        }] += 1;
        if let Err(found) = judge(&mut worker, &order, &due) {
            wrong.push(format!("{situation:?}, order {number}: {due:?} was due, it is {found}\n{order}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {wanted}:\n{}",
        wrong.len(),
        wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
    let [made, held, skipped] = counts;
    assert!(made > held && held > 0 && skipped > 0, "all ends are there");
    tell(
        "R21",
        &format!(
            "{wanted} orders of {} situations: {made} invoices exact to the cent, {held} held with words or cents, {skipped} skipped",
            ALL.len()
        ),
    );
}

/// The books count VAT once for each rate over the whole invoice; it comes to the same.
#[tokio::test(start_paused = true)]
async fn the_books_come_to_the_same_cents() {
    let wanted = scale("KOPPEL_BOOKED", 60);
    let scene = Scene::with(sandbox::Options { samples: false, ..sandbox::Options::default() });
    let mut orders = Orders::new();
    let mut dues: BTreeMap<String, i64> = BTreeMap::new();
    for number in 0..wanted {
        let situation = ALL[usize::try_from(number).expect("a count") % ALL.len()];
        let (order, due) = orders.draw(situation);
        let mut order: Value = serde_json::from_str(&order).expect("it was written here");
        order["number"] = json!(50_000 + number);
        order["uuid"] = json!(format!("00000000-0000-4000-8000-{number:012}"));
        scene.sandbox.put_order(&order.to_string()).expect("it is an order");
        if let Due::Invoice(cents) = due {
            dues.insert(format!("MWW-{}", 50_000 + number), cents);
        }
    }
    let report = scene.run("orders").await;
    let there: BTreeMap<String, i64> = scene
        .sandbox
        .invoices()
        .iter()
        .map(|invoice| {
            let amount: Decimal = text_of(&invoice["invoice_total_incl_vat"]["amount"]).parse().expect("an amount");
            let cents = (amount * Decimal::ONE_HUNDRED).normalize().to_string().parse().expect("whole cents");
            (text_of(&invoice["reference"]), cents)
        })
        .collect();
    assert_eq!(there, dues, "{}", report.ended);
    tell("R21", &format!("{} invoices in the books, each of its order's total", there.len()));
}
