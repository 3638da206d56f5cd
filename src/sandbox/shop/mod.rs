//! The simulated webshop: in go requests for orders, customers, articles and settings, out come its answers.

mod articles;
mod create;
mod credit;
mod customers;
mod order;
mod orders;
mod payments;
mod problem;

use super::call::Answer;
use super::call::Call;
use super::credentials::PARTNER_TOKEN;
use super::credentials::SHOP_TOKEN;
use super::generate;
use super::options::Options;
use super::samples;
use jiff::civil::DateTime;
use order::Number;
use order::Order;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// What the webshop holds.
pub(super) struct Shop {
    seed: u64,
    made: u64,
    orders: BTreeMap<Number, Order>,
    /// The ids of the statuses, and whether they are for credit orders.
    statuses: Vec<(i64, bool)>,
    articles: Vec<Value>,
    customers: Vec<Value>,
    /// Generated customers are made when the first of them is asked for.
    waiting: Option<u32>,
    payments: BTreeMap<Number, Vec<Value>>,
    store_id: String,
}

/// Answers one request.
pub(super) fn answer(shop: &mut Shop, options: &Options, call: &Call) -> Answer {
    shop.route(options, call).unwrap_or_else(|refusal| refusal)
}

/// A failure in the webshop's words.
pub(super) fn failure(status: u16) -> Answer {
    let text = if status == 429 { "Te veel verzoeken, probeer het later opnieuw." } else { "Er ging iets mis." };
    problem::error(status, text)
}

impl Shop {
    /// A shop with the samples and the generated orders that the options ask for.
    pub(super) fn new(options: &Options) -> Shop {
        let tree = |text: &str| serde_json::from_str::<Value>(text).expect("the samples are JSON");
        let list = |tree: Value| tree.as_array().cloned().unwrap_or_default();
        let statuses = list(tree(samples::STATUSES));
        let status = |row: &Value| Some((row["status"].as_i64()?, row["credit_order"].as_bool()?));
        let mut shop = Shop {
            seed: options.seed,
            made: 0,
            orders: BTreeMap::new(),
            statuses: statuses.iter().filter_map(status).collect(),
            articles: list(tree(samples::ARTICLES)),
            customers: Vec::new(),
            waiting: (options.orders > 0).then_some(options.orders),
            payments: BTreeMap::new(),
            store_id: tree(samples::STORE)["id"].as_str().unwrap_or_default().to_owned(),
        };
        if options.samples {
            for order in samples::ORDERS {
                shop.put_order(order).expect("the sample orders are orders");
            }
            shop.customers = list(tree(samples::CUSTOMERS)["customers"].take());
        }
        for index in 0..options.orders {
            let head = generate::head(options.seed, index);
            let order = Order::generated(options.seed, index, head);
            shop.orders.insert(Number::new(&generate::number(index).to_string()), order);
        }
        if options.orders > 0 {
            shop.articles.extend(generate::articles());
        }
        shop
    }

    fn route(&mut self, options: &Options, call: &Call) -> Result<Answer, Answer> {
        let parts = call.parts();
        let Some((&"v1", path)) = parts.split_first() else {
            return Err(problem::error(404, "Onbekende versie of onbekend adres."));
        };
        if !is_known(path) {
            return Err(problem::error(404, "Onbekend adres."));
        }
        let open = matches!(path, ["orderstatuses"] | ["payment", "gateways"]);
        let (store, partner) = (call.query("token"), call.query("partner_token"));
        match (store, partner) {
            (_, Some(partner)) if partner != PARTNER_TOKEN => {
                return Err(problem::error(403, "De partner_token is onbekend."));
            }
            (Some(SHOP_TOKEN), _) => {}
            (None, Some(_)) if open => {}
            (None, _) => return Err(problem::error(401, "De token ontbreekt.")),
            (Some(_), _) => return Err(problem::error(401, "De token is ongeldig.")),
        }
        if call.query("format").is_some_and(|format| format != "json") {
            return Err(problem::error(406, "Alleen JSON is beschikbaar."));
        }
        match (call.method.as_str(), path) {
            (_, ["orders", rest @ ..]) => self.orders(call, rest),
            (_, ["customers", ..]) if !options.customers_open => {
                Err(problem::error(403, "Geen toegang tot klantgegevens."))
            }
            (_, ["customers", rest @ ..]) => self.customers(call, rest),
            (_, ["articles", rest @ ..]) => self.articles(call, rest),
            ("GET", _) => self.settings(path),
            _ => Err(problem::error(405, "")),
        }
    }

    fn settings(&self, path: &[&str]) -> Result<Answer, Answer> {
        let text = |text: &str| Ok(Answer::text(200, text.trim().to_owned()));
        match path {
            ["orderstatuses"] => text(samples::STATUSES),
            ["payment", "gateways"] => text(samples::GATEWAYS),
            ["payment", "stores", store, "gateways"] if *store == "me" || *store == self.store_id => {
                text(samples::GATEWAYS)
            }
            ["store"] => text(samples::STORE),
            ["offlinelocations" | "discountcodes"] => text("[]"),
            ["shipping", "methods"] => {
                let method = |id: &str, name: &str, countries: &[&str]| {
                    let default = countries.contains(&"NL");
                    json!({"id": id, "display_name": name, "countries": countries, "default": default, "no_costs_above": "75.00"})
                };
                let list =
                    [method("2273", "Pakketpost", &["NL"]), method("2274", "Pakketpost Europa", &["BE", "DE", "CH"])];
                Ok(Answer::json(200, &json!(list)))
            }
            ["tax-policy", "regions"] => text(samples::TAX_REGIONS),
            ["tax-policy", "regions", "NL"] => {
                let mut all: Value = serde_json::from_str(samples::TAX_REGIONS).expect("the samples are JSON");
                Ok(Answer::json(200, &json!({"region": all["regions"][0].take()})))
            }
            _ => Err(problem::error(404, "")),
        }
    }

    /// Every order as it is shown, by number.
    pub(super) fn all_orders(&self) -> Vec<Value> {
        self.orders.values().map(Order::value).collect()
    }

    /// Puts an order in, in place of the one with its number.
    pub(super) fn put_order(&mut self, text: &str) -> Result<(), String> {
        let (number, order) = Order::read(text)?;
        self.payments.remove(&number);
        self.orders.insert(number, order);
        Ok(())
    }

    /// Gives an order another status.
    pub(super) fn set_status(&mut self, number: &str, status: i64, now: DateTime) -> bool {
        match self.orders.get_mut(&Number::new(number)) {
            Some(order) => {
                order.set_status(status, now);
                true
            }
            None => false,
        }
    }

    /// How much there is of what.
    pub(super) fn counts(&mut self) -> Value {
        self.wake_customers();
        let mut by_status: BTreeMap<String, u64> = BTreeMap::new();
        for order in self.orders.values().filter(|order| !order.is_test) {
            *by_status.entry(order.status.to_string()).or_default() += 1;
        }
        json!({
            "orders": self.orders.len(),
            "test_orders": self.orders.values().filter(|order| order.is_test).count(),
            "orders_by_status": by_status,
            "customers": self.customers.len(),
            "articles": self.articles.len(),
        })
    }

    fn wake_customers(&mut self) {
        if let Some(orders) = self.waiting.take() {
            let persons = generate::persons(orders);
            self.customers.extend((0..persons).map(|person| generate::customer(self.seed, person, &self.store_id)));
        }
    }

    /// A position for something new.
    fn next(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}

/// Whether there is anything at this path, whatever the method.
fn is_known(path: &[&str]) -> bool {
    matches!(
        path,
        ["orders"]
            | ["orders", _]
            | ["orders", _, "payments"]
            | ["orders", _, "payments", _]
            | ["customers"]
            | ["customers", _]
            | ["customers", _, "addresses"]
            | ["customers", _, "addresses", _]
            | ["articles"]
            | ["articles", _]
            | ["orderstatuses"]
            | ["payment", "gateways"]
            | ["payment", "stores", _, "gateways"]
            | ["shipping", "methods"]
            | ["tax-policy", "regions"]
            | ["tax-policy", "regions", _]
            | ["store"]
            | ["offlinelocations"]
            | ["discountcodes"]
    )
}

/// The JSON object in a request's body.
fn object(call: &Call) -> Result<Map<String, Value>, Answer> {
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(problem::wrong("", "De inhoud is geen JSON-object.")),
    }
}

/// A whole number, as a number or a text.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
