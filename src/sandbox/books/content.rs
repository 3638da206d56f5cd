//! What can be written of an invoice: in go the fields of a request, out comes its content or what is wrong with them.

use super::errors::Detail;
use super::totals::Line;
use crate::sandbox::ident;
use crate::sandbox::money;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Map;
use serde_json::Value;

/// What can be written of an invoice.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) customer_id: Option<String>,
    pub(super) invoice_date: Option<Date>,
    pub(super) delivery_period: Option<Date>,
    pub(super) delivery_period_end: Option<Date>,
    pub(super) payment_term: Option<i64>,
    pub(super) net_amounts: bool,
    pub(super) payment_method: Option<String>,
    pub(super) introduction: Option<String>,
    pub(super) remarks: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) tradename_id: Option<String>,
    pub(super) label_ids: Vec<String>,
    pub(super) lines: Vec<Line>,
    /// None where the customer's own discount counts.
    pub(super) discounts: Option<Vec<(String, i64)>>,
}

/// Rates of VAT that are valid here, as fractions.
pub(super) const RATES: [Decimal; 3] =
    [Decimal::from_parts(21, 0, 0, false, 2), Decimal::from_parts(9, 0, 0, false, 2), Decimal::ZERO];

const SEND_METHODS: [&str; 3] = ["email", "self", "peppol"];
const PAYMENT_METHODS: [&str; 3] = ["pay_later", "direct_debit", "already_paid"];

/// Checks a way of sending.
pub(super) fn send_method(body: &Map<String, Value>) -> Result<Option<String>, Detail> {
    match body.get("send_method") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(method)) if SEND_METHODS.contains(&method.as_str()) => Ok(Some(method.clone())),
        Some(_) => Err(Detail::invalid("send_method")),
    }
}

impl Content {
    /// Puts a request's fields over this content; what is not named stays.
    pub(super) fn merge(&self, body: &Map<String, Value>) -> Result<Content, Vec<Detail>> {
        let mut made = self.clone();
        let mut wrong = Vec::new();
        for (name, value) in body {
            if let Err(detail) = made.put(name, value) {
                wrong.extend(detail);
            }
        }
        if let (Some(from), Some(to)) = (made.delivery_period, made.delivery_period_end)
            && to < from
        {
            wrong.push(Detail::because("delivery_period_end", "is before the delivery period"));
        }
        if wrong.is_empty() { Ok(made) } else { Err(wrong) }
    }

    fn put(&mut self, name: &str, value: &Value) -> Result<(), Vec<Detail>> {
        let one = |detail| Err(vec![detail]);
        match name {
            "customer_id" | "tradename_id" => {
                let id = text(value).map_err(|()| vec![Detail::invalid(name)])?;
                if id.as_ref().is_some_and(|id| !ident::is_uuid(id)) {
                    return one(Detail::invalid(name));
                }
                if name == "customer_id" { self.customer_id = id } else { self.tradename_id = id }
            }
            "invoice_date" | "delivery_period" | "delivery_period_end" => {
                let day = match value {
                    Value::Null => None,
                    Value::String(day) => Some(day.parse::<Date>().map_err(|_| vec![Detail::invalid(name)])?),
                    _ => return one(Detail::invalid(name)),
                };
                match name {
                    "invoice_date" => self.invoice_date = day,
                    "delivery_period" => self.delivery_period = day,
                    _ => self.delivery_period_end = day,
                }
            }
            "payment_term" => match (value, value.as_i64()) {
                (Value::Null, _) => self.payment_term = None,
                (_, Some(days)) if (0..=3650).contains(&days) => self.payment_term = Some(days),
                _ => return one(Detail::invalid(name)),
            },
            "net_amounts" => match value {
                Value::Bool(truth) => self.net_amounts = *truth,
                Value::Null => self.net_amounts = false,
                _ => return one(Detail::invalid(name)),
            },
            "payment_method" => match text(value) {
                Ok(Some(method)) if !PAYMENT_METHODS.contains(&method.as_str()) => return one(Detail::invalid(name)),
                Ok(method) => self.payment_method = method,
                Err(()) => return one(Detail::invalid(name)),
            },
            "introduction" | "remarks" | "reference" => {
                let text = text(value).map_err(|()| vec![Detail::invalid(name)])?;
                match name {
                    "introduction" => self.introduction = text,
                    "remarks" => self.remarks = text,
                    _ => self.reference = text,
                }
            }
            "label_ids" => self.label_ids = labels(value).ok_or_else(|| vec![Detail::invalid(name)])?,
            "line_items" => self.lines = lines(value)?,
            "discounts" => self.discounts = discounts(value)?,
            "send_method" => {
                send_method(&Map::from_iter([(name.to_owned(), value.clone())])).map_err(|it| vec![it]).map(|_| ())?
            }
            "sold_via_platform" if value.is_boolean() || value.is_null() => {}
            // Sent by integrations that are out there, and passed by.
            "purchase_order" | "delivery_period_start" => {}
            "sold_via_platform" => return one(Detail::invalid(name)),
            _ => return one(Detail::because(name, "is not a known parameter")),
        }
        Ok(())
    }
}

/// A list of label ids.
pub(super) fn labels(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(list) => list.iter().map(|id| id.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn text(value: &Value) -> Result<Option<String>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        _ => Err(()),
    }
}

fn lines(value: &Value) -> Result<Vec<Line>, Vec<Detail>> {
    let list = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => return Err(vec![Detail::invalid("line_items")]),
    };
    let mut made = Vec::new();
    let mut wrong = Vec::new();
    for (place, item) in list.iter().enumerate() {
        match line(item, &format!("line_items[{place}]")) {
            Ok(line) => made.push(line),
            Err(details) => wrong.extend(details),
        }
    }
    if wrong.is_empty() { Ok(made) } else { Err(wrong) }
}

fn line(item: &Value, at: &str) -> Result<Line, Vec<Detail>> {
    let Some(fields) = item.as_object() else { return Err(vec![Detail::invalid(at)]) };
    let mut wrong = Vec::new();
    for name in fields.keys() {
        if !["description", "quantity", "amount", "vat", "ledger_account_id"].contains(&name.as_str()) {
            wrong.push(Detail::because(format!("{at}[{name}]"), "is not a known parameter"));
        }
    }
    let mut number = |value: Option<&Value>, param: String| {
        let detail = match value {
            None | Some(Value::Null) => Detail::missing(param),
            Some(value) => match money::read(value) {
                Some(number) => return number,
                None => Detail::invalid(param),
            },
        };
        wrong.push(detail);
        Decimal::ZERO
    };
    let quantity = number(fields.get("quantity"), format!("{at}[quantity]"));
    let (amount, currency) = match fields.get("amount") {
        Some(Value::Object(amount)) => (
            number(amount.get("amount"), format!("{at}[amount][amount]")),
            amount.get("currency").and_then(Value::as_str),
        ),
        other => (number(other.filter(|value| value.is_null()), format!("{at}[amount]")), Some("EUR")),
    };
    let (rate, category) = match fields.get("vat") {
        Some(Value::Object(vat)) => {
            let rate = number(vat.get("value"), format!("{at}[vat][value]"));
            (rate, vat.get("category").cloned().unwrap_or(Value::Null))
        }
        other => (number(other.filter(|value| value.is_null()), format!("{at}[vat]")), Value::Null),
    };
    if currency != Some("EUR") {
        wrong.push(if currency.is_none() {
            Detail::missing(format!("{at}[amount][currency]"))
        } else {
            Detail::invalid(format!("{at}[amount][currency]"))
        });
    }
    if !RATES.contains(&rate) {
        wrong.push(Detail::invalid(format!("{at}[vat][value]")));
    }
    let category = match category {
        Value::Null => None,
        Value::String(text) if text == "exempt" && rate.is_zero() => Some(text),
        _ => {
            wrong.push(Detail::invalid(format!("{at}[vat][category]")));
            None
        }
    };
    let description = match fields.get("description") {
        Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
        Some(Value::String(_) | Value::Null) | None => {
            wrong.push(Detail::missing(format!("{at}[description]")));
            String::new()
        }
        Some(_) => {
            wrong.push(Detail::invalid(format!("{at}[description]")));
            String::new()
        }
    };
    let ledger_account = match fields.get("ledger_account_id").map(text) {
        None | Some(Ok(None)) => None,
        Some(Ok(Some(id))) if ident::is_uuid(&id) => Some(id),
        Some(_) => {
            wrong.push(Detail::invalid(format!("{at}[ledger_account_id]")));
            None
        }
    };
    if wrong.is_empty() {
        Ok(Line { description, quantity, amount, rate, category, ledger_account })
    } else {
        Err(wrong)
    }
}

fn discounts(value: &Value) -> Result<Option<Vec<(String, i64)>>, Vec<Detail>> {
    let list = match value {
        Value::Null => return Ok(None),
        Value::Array(list) => list,
        _ => return Err(vec![Detail::invalid("discounts")]),
    };
    let mut made = Vec::new();
    for (place, item) in list.iter().enumerate() {
        match item["percentage"].as_i64() {
            Some(percent) if (0..=100).contains(&percent) => {
                made.push((item["description"].as_str().unwrap_or_default().to_owned(), percent));
            }
            _ => return Err(vec![Detail::invalid(format!("discounts[{place}][percentage]"))]),
        }
    }
    Ok(Some(made))
}
