//! A credit order: in go the number of an order and what comes back, out comes an order with negative lines.

use super::Shop;
use super::create::Price;
use super::create::sums;
use super::order::Number;
use super::problem;
use super::problem::Wrong;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::ident;
use crate::sandbox::money;
use rust_decimal::Decimal;
use serde_json::Value;
use serde_json::json;

impl Shop {
    pub(super) fn credit_order(&mut self, call: &Call) -> Result<Answer, Answer> {
        let body = super::object(call)?;
        let text = |name: &str| match body.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let original = self.orders.get(&Number::new(&text("credited_order_number")));
        let Some(original) = original.map(super::Order::value) else {
            return Err(problem::wrong("credited_order_number", problem::INVALID));
        };
        let mut wrong = Wrong::default();
        let known = ["credited_order_number", "status", "archived", "comments", "orderlines", "payment_costs"];
        for name in body.keys() {
            if !known.contains(&name.as_str()) && name != "shipping_costs" && name != "offline_location_id" {
                wrong.note(name, problem::EXTRA);
            }
        }
        let status = body.get("status").and_then(super::whole);
        let status = status.filter(|status| self.statuses.contains(&(*status, true)));
        if status.is_none() {
            wrong.note("status", problem::INVALID);
        }
        let mut lines = Vec::new();
        let mut prices = Vec::new();
        let asked = body.get("orderlines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if asked.is_empty() {
            wrong.note("orderlines", problem::MISSING);
        }
        for (place, line) in asked.iter().enumerate() {
            match self.returned(line, &original) {
                Some((line, price)) => {
                    lines.push(line);
                    prices.push(price);
                }
                None => wrong.note(format!("orderlines[{place}]"), problem::INVALID),
            }
        }
        for (kind, field) in [("shipping", "shipping_costs"), ("payment", "payment_costs")] {
            let costs = body.get(field).map(|value| money::read(value).ok_or(()));
            if costs == Some(Err(())) {
                wrong.note(field, problem::INVALID);
            }
            let costs = costs.and_then(Result::ok);
            for line in original["orderlines"].as_array().into_iter().flatten().filter(|line| line["type"] == kind) {
                for mut price in read_prices(&line["price"]) {
                    match costs {
                        Some(costs) if costs > price.net => wrong.note(field, "Hoger dan de oorspronkelijke kosten."),
                        Some(costs) => price = Price::of_net(costs, Decimal::ONE, price.rate, false),
                        None => {}
                    }
                    if !price.gross.is_zero() {
                        let position = self.next();
                        let price = negative(price);
                        lines.push(json!({
                            "id": ident::uuid(self.seed, 0xD2, position),
                            "type": kind,
                            "quantity": 1,
                            "description": line["description"],
                            "price": price.view(),
                        }));
                        prices.push(price);
                    }
                }
            }
        }
        wrong.check()?;
        let number = self.orders.keys().rev().find(|number| !number.is_text()).map_or(1001, Number::after);
        let position = self.next();
        let mut order = original.clone();
        if let Some(fields) = order.as_object_mut() {
            for name in ["payment", "discountcode", "comments"] {
                fields.remove(name);
            }
        }
        order["number"] = json!(number);
        order["uuid"] = json!(ident::uuid(self.seed, 0xD0, position));
        order["archived"] = json!(body.get("archived").and_then(Value::as_bool).unwrap_or(false));
        order["comments"] = body.get("comments").cloned().unwrap_or_else(|| json!([]));
        order["payment_status"] = json!("unknown");
        order["credited_order_number"] = original["number"].clone();
        order["credit_order_numbers"] = json!([]);
        order["price"] = sums(&prices);
        order["orderlines"] = json!(lines);
        let now = call.local().with().subsec_nanosecond(0).build().unwrap_or(call.local());
        let mut credits = original["credit_order_numbers"].as_array().cloned().unwrap_or_default();
        credits.push(json!(number));
        if let Some(order) = self.orders.get_mut(&Number::new(&text("credited_order_number"))) {
            order.change(&[("credit_order_numbers", Value::Array(credits))]);
        }
        Ok(self.insert(order, status.unwrap_or_default(), now))
    }

    /// The line that takes back a part of an original line, or a free one.
    fn returned(&mut self, asked: &Value, original: &Value) -> Option<(Value, Price)> {
        let quantity = super::whole(&asked["quantity"]).filter(|quantity| (1..=100_000).contains(quantity))?;
        let pieces = Decimal::from(quantity);
        let position = self.next();
        let id = ident::uuid(self.seed, 0xD2, position);
        if asked["type"] == "article" {
            let article = super::whole(&asked["articles"][0]["id"])?;
            let mut lines = original["orderlines"].as_array()?.iter();
            let line = lines.find(|line| super::whole(&line["articles"][0]["id"]) == Some(article))?;
            let sold = super::whole(&line["quantity"]).filter(|sold| *sold >= quantity)?;
            let whole = read_prices(&line["price"]).into_iter().next()?;
            let share = |amount: Decimal, places| {
                let part = money::mul(amount, pieces).checked_div(Decimal::from(sold));
                money::round(part.unwrap_or_default(), places)
            };
            let price = Price { rate: whole.rate, net: share(whole.net, 6), gross: share(whole.gross, 2) };
            let price = negative(price);
            let mut made = line.clone();
            made["id"] = json!(id);
            made["quantity"] = json!(-quantity);
            made["price"] = price.view();
            return Some((made, price));
        }
        let unit = &asked["unit_price"];
        let (rate, each) = (money::read(&unit["rate"])?, money::read(&unit["amount"])?);
        let price = negative(Price::of_net(each, pieces, rate, false));
        let made = json!({
            "id": id,
            "type": "custom",
            "quantity": -quantity,
            "description": asked["description"].as_str().unwrap_or_default(),
            "price": price.view(),
        });
        Some((made, price))
    }
}

fn negative(price: Price) -> Price {
    Price { rate: price.rate, net: -price.net, gross: -price.gross }
}

/// The prices of a line, one or many.
fn read_prices(price: &Value) -> Vec<Price> {
    let one = |price: &Value| {
        let (rate, net) = (money::read(&price["rate"])?, money::read(&price["amount"])?);
        let gross = money::read(&price["amount_including_tax"]);
        Some(Price { rate, net, gross: gross.unwrap_or(Price::of_net(net, Decimal::ONE, rate, false).gross) })
    };
    match price {
        Value::Array(list) => list.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}
