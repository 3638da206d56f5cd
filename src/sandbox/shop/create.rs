//! A new order: in go a buyer and lines with a price each, out comes the order with everything the shop computes.

use super::Shop;
use super::order::Number;
use super::problem;
use super::problem::Wrong;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::country;
use crate::sandbox::generate;
use crate::sandbox::ident;
use crate::sandbox::money;
use crate::sandbox::samples;
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// What may be sent for a new order.
const FIELDS: [&str; 13] = [
    "status",
    "archived",
    "comments",
    "reference",
    "offline_location_id",
    "discountcode",
    "business_model",
    "payment",
    "debtor",
    "orderlines",
    "shipping_method_id",
    "shipping_type",
    "currency_format_locale",
];

/// Where the VAT of an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    Normal,
    Zero,
    Reverse,
}

impl Strategy {
    fn of(country: &str, is_business: bool) -> Strategy {
        match (country::UNION.contains(&country), is_business) {
            _ if country == "NL" => Strategy::Normal,
            (true, true) => Strategy::Reverse,
            (true, false) => Strategy::Normal,
            (false, _) => Strategy::Zero,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Strategy::Normal => "",
            Strategy::Zero => "zero_percent",
            Strategy::Reverse => "reverse_charged_vat",
        }
    }
}

/// What one price of a line comes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    pub(super) rate: Decimal,
    pub(super) net: Decimal,
    pub(super) gross: Decimal,
}

impl Price {
    /// The price of so many pieces at a gross price each.
    fn of_gross(each: Decimal, quantity: Decimal, rate: Decimal, is_free: bool) -> Price {
        let each = money::round(each, 2);
        let fraction = money::mul(rate, Decimal::new(1, 2));
        let net = money::mul(money::round(money::without_vat(each, fraction), 6), quantity);
        if is_free {
            return Price { rate: Decimal::ZERO, net, gross: money::round(net, 2) };
        }
        Price { rate, net, gross: money::mul(each, quantity) }
    }

    /// The price of so many pieces at a net price each.
    pub(super) fn of_net(each: Decimal, quantity: Decimal, rate: Decimal, is_free: bool) -> Price {
        let rate = if is_free { Decimal::ZERO } else { rate };
        let net = money::mul(money::round(each, 6), quantity);
        let factor = money::add(Decimal::ONE, money::mul(rate, Decimal::new(1, 2)));
        Price { rate, net, gross: money::round(money::mul(net, factor), 2) }
    }

    /// The price as it is shown.
    pub(super) fn view(self) -> Value {
        json!({
            "rate": money::text(self.rate, 2),
            "amount": money::text(self.net, 6),
            "amount_including_tax": money::text(self.gross, 2),
        })
    }
}

/// The total and the VAT for each rate, as an order shows them.
pub(super) fn sums(prices: &[Price]) -> Value {
    let mut by_rate: BTreeMap<Decimal, Decimal> = BTreeMap::new();
    let mut total = Decimal::ZERO;
    for price in prices {
        let sum = by_rate.entry(price.rate).or_default();
        *sum = money::add(*sum, price.gross);
        total = money::add(total, price.gross);
    }
    let mut tax = by_rate.into_iter().map(|(rate, gross)| {
        let net = money::round(money::without_vat(gross, money::mul(rate, Decimal::new(1, 2))), 2);
        json!({"rate": money::text(rate, 2), "amount": money::text(money::sub(gross, net), 2)})
    });
    let tax = if tax.len() == 1 { tax.next() } else { Some(tax.collect()) };
    json!({"tax": tax, "total": money::text(total, 2)})
}

impl Shop {
    pub(super) fn create_order(&mut self, call: &Call) -> Result<Answer, Answer> {
        let body = super::object(call)?;
        let mut wrong = Wrong::default();
        for name in body.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            wrong.note(name, problem::EXTRA);
        }
        let is_business = match body.get("business_model").and_then(Value::as_str) {
            None => false,
            Some("B2C") => false,
            Some("B2B") => true,
            Some(_) => {
                wrong.note("business_model", problem::INVALID);
                false
            }
        };
        let debtor = self.debtor(&body, is_business, &mut wrong);
        let invoice = &debtor["address"]["invoice"];
        let country = invoice["country_code"].as_str().filter(|code| !code.is_empty()).unwrap_or("NL").to_owned();
        let strategy = Strategy::of(&country, is_business);
        let (mut lines, mut prices) = self.lines(&body, strategy, &mut wrong);
        let gross = prices.iter().fold(Decimal::ZERO, |sum, price| money::add(sum, price.gross));
        if call.query_truth("disable_shipping") != Some(true) && gross < Decimal::from(75) {
            let price =
                Price::of_gross(Decimal::new(695, 2), Decimal::ONE, Decimal::from(21), strategy != Strategy::Normal);
            let position = self.next();
            lines.push(json!({
                "id": ident::uuid(self.seed, 0xD1, position),
                "type": "shipping",
                "quantity": 1,
                "description": "Verzendkosten",
                "price": price.view(),
            }));
            prices.push(price);
        }
        let total = prices.iter().fold(Decimal::ZERO, |sum, price| money::add(sum, price.gross));
        let payment = payment(&body, total, &mut wrong);
        let status = match body.get("status").map(super::whole) {
            None => 1,
            Some(Some(id)) if self.statuses.contains(&(id, false)) => id,
            Some(_) => {
                wrong.note("status", problem::INVALID);
                1
            }
        };
        match body.get("reference") {
            Some(Value::String(_)) if is_business => {}
            Some(Value::String(text)) if !text.is_empty() => wrong.note("reference", problem::EXTRA),
            Some(Value::String(_) | Value::Null) | None => {}
            Some(_) => wrong.note("reference", problem::INVALID),
        }
        wrong.check()?;
        let number = self.orders.keys().rev().find(|number| !number.is_text()).map_or(1001, Number::after);
        let position = self.next();
        let now = call.local().with().subsec_nanosecond(0).build().unwrap_or(call.local());
        let mut order = json!({
            "number": number,
            "uuid": ident::uuid(self.seed, 0xD0, position),
            "weight": "0.00",
            "archived": body.get("archived").and_then(Value::as_bool).unwrap_or(false),
            "finished": true,
            "taxed": "include",
            "locale": "nl_NL",
            "currency": "EUR",
            "currency_format_locale": "nl_NL",
            "credit_order_numbers": [],
            "comments": body.get("comments").cloned().unwrap_or_else(|| json!([])),
            "business_model": if is_business { "B2B" } else { "B2C" },
            "tax_region": country,
            "tax_strategy": strategy.name(),
            "payment_status": payment.as_ref().map_or("unknown", |(_, status)| status),
            "debtor": debtor,
            "price": sums(&prices),
            "orderlines": lines,
            "shipping": [{"country": {"description": country::name(&country), "isocode": country}}],
        });
        if let Some((payment, _)) = payment {
            order["payment"] = payment;
        }
        for name in ["reference", "discountcode", "offline_location_id"] {
            if let Some(value) = body.get(name) {
                order[name] = value.clone();
            }
        }
        self.take_stock(&order);
        Ok(self.insert(order, status, now))
    }

    /// Puts a computed order in and shows it.
    pub(super) fn insert(&mut self, mut order: Value, status: i64, now: DateTime) -> Answer {
        let (date, time) = (now.date().to_string(), now.time().to_string());
        order["status"] = json!(status);
        order["date"] = json!(date);
        order["time"] = json!(time);
        order["status_changed_date"] = json!(date);
        order["status_changed_time"] = json!(time);
        let text = order.to_string();
        self.put_order(&text).expect("a computed order has what an order needs");
        Answer::text(200, text)
    }

    fn debtor(&mut self, body: &Map<String, Value>, is_business: bool, wrong: &mut Wrong) -> Value {
        let Some(debtor) = body.get("debtor").filter(|debtor| debtor.is_object()) else {
            wrong.note("debtor", problem::MISSING);
            return Value::Null;
        };
        let mut debtor = debtor.clone();
        let email = debtor["email"].as_str().unwrap_or_default().to_owned();
        if !email.contains('@') {
            wrong.note("debtor.email", if email.is_empty() { problem::MISSING } else { problem::INVALID });
        }
        self.wake_customers();
        let account =
            self.customers.iter().find(|it| it["email"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&email)));
        let invoice = &debtor["address"]["invoice"];
        if let Some(id) = invoice["id"].as_str() {
            let addresses = account.and_then(|account| account["addresses"].as_array());
            match addresses.and_then(|list| list.iter().find(|address| address["id"] == id)) {
                Some(address) => debtor["address"]["invoice"] = order_address(address),
                None => wrong.note("debtor.address.invoice.id", problem::INVALID),
            }
        } else {
            for name in ["name", "zipcode"] {
                if invoice[name].as_str().is_none_or(|text| text.trim().is_empty()) {
                    wrong.note(format!("debtor.address.invoice.{name}"), problem::MISSING);
                }
            }
            let is_code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            if invoice["country_code"].as_str().is_some_and(|code| !code.is_empty() && !is_code(code)) {
                wrong.note("debtor.address.invoice.country_code", problem::INVALID);
            }
        }
        let invoice = &debtor["address"]["invoice"];
        if is_business && invoice["company"].as_str().is_none_or(|text| text.trim().is_empty()) {
            wrong.note("debtor.address.invoice.company", problem::MISSING);
        }
        let country = invoice["country_code"].as_str().filter(|code| !code.is_empty()).unwrap_or("NL");
        let (country, name) = (country::name(country).to_owned(), invoice["name"].clone());
        if invoice.is_object() {
            debtor["address"]["invoice"]["country"] = json!(country);
            debtor["name"] = name;
        }
        if let Some(account) = account {
            debtor["id"] = account["id"].clone();
        }
        debtor
    }

    fn lines(&mut self, body: &Map<String, Value>, strategy: Strategy, wrong: &mut Wrong) -> (Vec<Value>, Vec<Price>) {
        let list = body.get("orderlines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if list.is_empty() {
            wrong.note("orderlines", problem::MISSING);
        }
        let mut made = (Vec::new(), Vec::new());
        for (place, line) in list.iter().enumerate() {
            if let Some((line, price)) = self.line(line, strategy, &format!("orderlines[{place}]"), wrong) {
                made.0.push(line);
                made.1.push(price);
            }
        }
        made
    }

    fn line(&mut self, line: &Value, strategy: Strategy, at: &str, wrong: &mut Wrong) -> Option<(Value, Price)> {
        let is_free = strategy != Strategy::Normal;
        let quantity = super::whole(&line["quantity"]).filter(|quantity| (1..=100_000).contains(quantity));
        if quantity.is_none() {
            wrong.note(format!("{at}.quantity"), problem::INVALID);
        }
        let quantity = quantity.unwrap_or(1);
        let pieces = Decimal::from(quantity);
        let position = self.next();
        let mut made = json!({
            "id": ident::uuid(self.seed, 0xD1, position),
            "type": line["type"],
            "quantity": quantity,
            "weight": line["unit_weight"].as_str().unwrap_or("0.00"),
        });
        match line["type"].as_str() {
            Some("article") => {
                let id = super::whole(&line["articles"][0]["id"]);
                let Some(article) = self.articles.iter().find(|article| id.is_some() && article["id"].as_i64() == id)
                else {
                    wrong.note(format!("{at}.articles[0].id"), problem::INVALID);
                    return None;
                };
                let stock = article["stock"].as_i64().filter(|_| article["can_backorder"] != true);
                if stock.is_some_and(|stock| stock < quantity) {
                    wrong.note(format!("{at}.quantity"), "Onvoldoende voorraad.");
                }
                let price = &article["price"];
                let each = [&line["price_override"], &price["action"], &price["default"]];
                let each = each.into_iter().find_map(money::read)?;
                let rate = Decimal::from(generate::rate_of(id.unwrap_or_default()));
                let price = Price::of_gross(each, pieces, rate, is_free);
                made["description"] = article["name"].clone();
                made["price"] = price.view();
                let unit = Price::of_gross(each, Decimal::ONE, rate, is_free);
                made["articles"] = json!([{
                    "id": article["id"],
                    "sku": article["sku"],
                    "description": article["name"],
                    "price": {
                        "amount": money::text(unit.net, 6),
                        "rate": money::text(unit.rate, 2),
                        "purchase_price": article["price"]["purchase"],
                    },
                }]);
                Some((made, price))
            }
            Some("custom") => {
                let unit = &line["unit_price"];
                let rate =
                    money::read(&unit["rate"]).filter(|rate| (Decimal::ZERO..=Decimal::from(100)).contains(rate));
                let (net, gross) = (money::read(&unit["amount"]), money::read(&unit["amount_including_tax"]));
                let Some(rate) = rate else {
                    wrong.note(format!("{at}.unit_price.rate"), problem::INVALID);
                    return None;
                };
                let price = match (gross, net) {
                    (Some(each), None) => Price::of_gross(each, pieces, rate, is_free),
                    (None, Some(each)) => Price::of_net(each, pieces, rate, is_free),
                    (Some(_), Some(_)) => {
                        wrong.note(
                            format!("{at}.unit_price"),
                            "Geef het bedrag inclusief of exclusief btw, niet beide.",
                        );
                        return None;
                    }
                    (None, None) => {
                        wrong.note(format!("{at}.unit_price.amount"), problem::MISSING);
                        return None;
                    }
                };
                made["description"] = json!(line["description"].as_str().unwrap_or_default());
                made["price"] = price.view();
                made["unit_price"] = match gross {
                    Some(each) => Price::of_gross(each, Decimal::ONE, rate, is_free).view(),
                    None => Price::of_net(net.unwrap_or_default(), Decimal::ONE, rate, is_free).view(),
                };
                Some((made, price))
            }
            _ => {
                wrong.note(format!("{at}.type"), problem::INVALID);
                None
            }
        }
    }

    fn take_stock(&mut self, order: &Value) {
        for line in order["orderlines"].as_array().into_iter().flatten() {
            let id = &line["articles"][0]["id"];
            let article = self.articles.iter_mut().find(|article| !id.is_null() && article["id"] == *id);
            if let (Some(article), Some(sold)) = (article, line["quantity"].as_i64())
                && let Some(stock) = article["stock"].as_i64()
            {
                article["stock"] = json!(stock - sold);
            }
        }
    }
}

/// An address of an account as an order shows it.
fn order_address(address: &Value) -> Value {
    let name = [&address["firstName"], &address["lastName"]].into_iter().filter_map(Value::as_str);
    json!({
        "id": address["id"],
        "name": name.collect::<Vec<_>>().join(" "),
        "company": address["company"],
        "street": address["street"],
        "number": address["streetNumber"],
        "zipcode": address["zipCode"],
        "city": address["city"],
        "country_code": address["countryCode"],
        "phone": address["phone"],
        "taxnumber": address["taxNumber"],
    })
}

/// The payment as an order shows it, with its state; none where there is nothing to pay.
fn payment(body: &Map<String, Value>, total: Decimal, wrong: &mut Wrong) -> Option<(Value, &'static str)> {
    let Some(payment) = body.get("payment").filter(|payment| payment.is_object()) else {
        if !total.is_zero() {
            wrong.note("payment", problem::MISSING);
        }
        return None;
    };
    let (gateway, method) = (payment["gateway_name"].as_str(), payment["method_name"].as_str());
    if !is_payable(gateway.unwrap_or_default(), method.unwrap_or_default()) {
        wrong.note("payment.method_name", problem::INVALID);
    }
    let (id, text, status) = match super::whole(&payment["status"]["id"]).unwrap_or(5) {
        1 => (1, "Successful", "captured"),
        2 => (2, "Cancelled", "voided"),
        3 => (3, "Failed", "failed"),
        5 => (5, "Pending", "pending"),
        7 => (7, "Refunded", "refunded"),
        other => (other, "Unknown", "unknown"),
    };
    let shown = json!({"gateway_name": gateway, "method_name": method, "status": {"id": id, "text": text}});
    Some((shown, status))
}

/// Whether the shop offers this way of paying.
pub(super) fn is_payable(gateway: &str, method: &str) -> bool {
    let all: Value = serde_json::from_str(samples::GATEWAYS).expect("the samples are JSON");
    let base = method.split(':').next().unwrap_or_default();
    let gateway = all["gateways"].as_array().into_iter().flatten().find(|known| known["name"] == gateway);
    let methods = gateway.and_then(|gateway| gateway["methods"].as_array());
    methods.is_some_and(|methods| methods.iter().any(|known| known["name"] == base))
}
