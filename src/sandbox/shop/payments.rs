//! The payments of an order, with amounts in cents: list, make, change, delete.

use super::Shop;
use super::create::is_payable;
use super::order::Number;
use super::problem;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::ident;
use crate::sandbox::money;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use serde_json::json;

impl Shop {
    pub(super) fn payments(&mut self, call: &Call, number: &str, path: &[&str]) -> Result<Answer, Answer> {
        let order = self.order(number)?.value();
        let key = Number::new(number);
        if !self.payments.contains_key(&key) {
            let made = order["payment"].is_object().then(|| {
                let (gateway, method) = (&order["payment"]["gateway_name"], &order["payment"]["method_name"]);
                self.payment(&order, gateway, method)
            });
            self.payments.insert(key.clone(), made.into_iter().collect());
        }
        match (call.method.as_str(), path) {
            ("GET", []) => {
                let list = self.payments[&key].iter().map(|payment| embedded(call, payment, &order));
                Ok(Answer::json(200, &json!({"payments": list.collect::<Vec<_>>()})))
            }
            ("POST", []) => {
                let body = super::object(call)?;
                let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
                let (gateway, method) = (word("gateway"), word("method"));
                if !is_payable(gateway, method) {
                    return Err(problem::wrong("method", problem::INVALID));
                }
                let payment = self.payment(&order, &json!(gateway), &json!(method));
                self.payments.entry(key).or_default().push(payment.clone());
                let url = body.get("referrerUrl").cloned().unwrap_or_else(|| json!(call.base));
                Ok(Answer::json(201, &json!({"payment": payment, "url": url})))
            }
            (method, [id]) => {
                let list = self.payments.entry(key).or_default();
                let place = list.iter().position(|payment| payment["id"] == *id);
                let place = place.ok_or_else(|| problem::error(404, "Betaling niet gevonden."))?;
                match method {
                    "PATCH" => {
                        let body = super::object(call)?;
                        let gateway = list[place]["gateway"].as_str().unwrap_or_default();
                        match body.get("method").and_then(Value::as_str) {
                            Some(method) if is_payable(gateway, method) => list[place]["method"] = json!(method),
                            _ => return Err(problem::wrong("method", problem::INVALID)),
                        }
                        Ok(Answer::json(200, &json!({"payment": list[place]})))
                    }
                    "DELETE" => {
                        list.remove(place);
                        Ok(Answer::empty(204))
                    }
                    _ => Err(problem::error(405, "")),
                }
            }
            _ => Err(problem::error(405, "")),
        }
    }

    fn payment(&mut self, order: &Value, gateway: &Value, method: &Value) -> Value {
        let position = self.next();
        let at = format!("{}T{}+01:00", text(&order["date"]), text(&order["time"]));
        let price = cents(&order["price"]["total"]);
        let mutation = match order["payment_status"].as_str() {
            Some("captured") => Some("capture"),
            Some("authorized") => Some("authorize"),
            Some("failed") => Some("failed"),
            Some("refunded") => Some("refund"),
            Some("voided") => Some("void"),
            _ => None,
        };
        let mutation = mutation.map(|kind| {
            json!({"id": position, "type": kind, "reference": null, "price": price, "createdAt": at, "expiresAt": null})
        });
        json!({
            "id": ident::uuid(self.seed, 0xE0, position),
            "gateway": gateway,
            "method": method,
            "gatewayReference": null,
            "price": price,
            "currency": "EUR",
            "storeId": self.store_id,
            "reference": order["uuid"],
            "isTest": false,
            "createdAt": at,
            "updatedAt": at,
            "mutations": mutation.into_iter().collect::<Vec<_>>(),
        })
    }
}

/// A payment with the parts that were asked for.
fn embedded(call: &Call, payment: &Value, order: &Value) -> Value {
    let asked = call.query_list("embed");
    let mut shown = payment.clone();
    if let Some(fields) = shown.as_object_mut() {
        if !asked.contains(&"mutations") {
            fields.remove("mutations");
        }
        if asked.contains(&"properties") {
            fields.insert("properties".to_owned(), json!({}));
        }
        if asked.contains(&"order") {
            let tax = match &order["price"]["tax"] {
                Value::Array(list) => list.iter().map(|tax| cents(&tax["amount"])).sum::<i64>(),
                one => cents(&one["amount"]),
            };
            let part = json!({
                "id": order["uuid"],
                "reference": order["number"],
                "price": cents(&order["price"]["total"]),
                "tax": tax,
                "locale": order["locale"],
                "deliveryType": "delivery",
            });
            fields.insert("order".to_owned(), part);
        }
    }
    shown
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn cents(amount: &Value) -> i64 {
    let amount = money::read(amount).unwrap_or_default();
    money::round(money::mul(amount, Decimal::ONE_HUNDRED), 0).to_i64().unwrap_or_default()
}
