//! The customers of the bookkeeping: list and search, read, make, change, archive, delete.

use super::Books;
use super::content::RATES;
use super::customer;
use super::customer::Customer;
use super::errors;
use super::errors::Detail;
use super::object;
use super::page;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::country::UNION;
use crate::sandbox::ident;
use crate::sandbox::money;
use crate::sandbox::options::Options;
use jiff::SignedDuration;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// How far back a lagging search does not see.
const BLIND: SignedDuration = SignedDuration::from_secs(30);

/// The moment from which on things are too new to be found.
pub(super) fn seen_until(options: &Options, call: &Call) -> Timestamp {
    let lag = if call.lagging { options.search_lag.max(BLIND) } else { options.search_lag };
    if lag.is_zero() { Timestamp::MAX } else { call.now.checked_sub(lag).unwrap_or(Timestamp::MIN) }
}

impl Books {
    pub(super) fn customers(&mut self, options: &Options, call: &Call, path: &[&str]) -> Answer {
        match (call.method.as_str(), path) {
            ("GET", []) => self.list_customers(options, call),
            ("POST", []) => self.create_customer(call),
            (_, [id, rest @ ..]) => {
                if !ident::is_uuid(id) {
                    return errors::invalid(&[Detail::invalid("customer_id")]);
                }
                match self.places.get(*id).copied().filter(|place| self.customers.contains_key(place)) {
                    Some(place) => self.one_customer(call, place, rest),
                    None => errors::not_found(),
                }
            }
            _ => errors::no_method(),
        }
    }

    fn list_customers(&self, options: &Options, call: &Call) -> Answer {
        let words = match page::words(call) {
            Ok(words) => words,
            Err(refusal) => return refusal,
        };
        let until = seen_until(options, call);
        let mut found: Vec<&Customer> = match &words {
            Some(words) => {
                let new = |customer: &&Customer| customer.created <= until && customer.matches(words);
                self.customers.values().filter(new).collect()
            }
            None => self.customers.values().filter(|customer| !customer.archived).collect(),
        };
        found.sort_by_cached_key(|customer| customer.text("customer_name").unwrap_or_default().to_lowercase());
        page::page(call, &found, |customer| customer.view())
    }

    fn create_customer(&mut self, call: &Call) -> Answer {
        let body = match object(call) {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        match customer::merge(&Map::new(), &body) {
            Ok(fields) => {
                let (place, id) = self.next();
                let customer = Customer { id: id.clone(), created: call.now, archived: false, fields };
                self.customers.insert(place, customer);
                Answer::json(201, &json!({"data": {"id": id}}))
            }
            Err(wrong) => errors::invalid(&wrong),
        }
    }

    fn one_customer(&mut self, call: &Call, place: u64, rest: &[&str]) -> Answer {
        let customer = self.customers.get_mut(&place).expect("the place was looked up");
        let body = match object(call) {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        match (call.method.as_str(), rest) {
            ("GET", []) => {
                let href = format!("{}/v3/customers/{}/extra_details", call.base, customer.id);
                let links = json!({"extra_details": {"href": href, "type": "application/json"}});
                Answer::json(200, &json!({"data": customer.view(), "_links": links}))
            }
            ("PUT", []) => match customer::merge(&customer.fields, &body) {
                Ok(fields) => {
                    customer.fields = fields;
                    Answer::empty(204)
                }
                Err(wrong) => errors::invalid(&wrong),
            },
            ("DELETE", []) => {
                let customer = self.customers.remove(&place).expect("the place was looked up");
                self.places.remove(&customer.id);
                Answer::empty(204)
            }
            ("PUT", ["set_archived"]) => match body.get("archived") {
                Some(Value::Bool(archived)) => {
                    customer.archived = *archived;
                    Answer::empty(204)
                }
                None => errors::invalid(&[Detail::missing("archived")]),
                Some(_) => errors::invalid(&[Detail::invalid("archived")]),
            },
            ("GET", ["vat-percentages"]) => {
                let is_free = customer.truth("shift_vat") || !UNION.contains(&customer.country());
                let rates = if is_free { &RATES[2..] } else { &RATES[..] };
                let vats = rates.iter().map(|rate| json!({"value": money::text(*rate, 2), "category": null}));
                Answer::json(200, &json!({"data": {"id": customer.id, "vats": vats.collect::<Vec<_>>()}}))
            }
            ("POST", ["direct_debit_mandate"]) => {
                errors::refused("DirectDebit::NotEnabled", "Direct debit is not enabled for this administration.")
            }
            _ => self.extra_details(call, place),
        }
    }

    fn extra_details(&self, call: &Call, place: u64) -> Answer {
        let customer = &self.customers[&place];
        let mut sums = [(Decimal::ZERO, 0_u64); 3];
        for invoice in self.invoices.values() {
            let Some(sent) = invoice.sent().filter(|_| invoice.content.customer_id.as_ref() == Some(&customer.id))
            else {
                continue;
            };
            let due = invoice.due(Some(customer));
            let late = if sent.due < call.local().date() { due } else { Decimal::ZERO };
            let amounts = [invoice.totals(Some(customer)).without_vat, due, late];
            for (place, (sum, amount)) in sums.iter_mut().zip(amounts).enumerate() {
                if place == 0 || !amount.is_zero() {
                    *sum = (money::add(sum.0, amount), sum.1 + 1);
                }
            }
        }
        let shown = sums.map(|(sum, count)| json!({"amount": money::text(sum, 2), "count": count}));
        let [revenue, due, late] = shown;
        let data = json!({"id": customer.id, "total_revenue": revenue, "total_due": due, "total_late": late});
        Answer::json(200, &json!({"data": data}))
    }
}
