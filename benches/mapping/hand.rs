//! What both hand-written sides share: the flow's settings and its sums, in plain Rust.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

pub(crate) const FIRST_DATE: &str = "2026-01-01";
pub(crate) const RATES: [u32; 3] = [0, 9, 21];

pub(crate) fn round(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The payment method of the invoice, and whether a term is named.
pub(crate) fn pays(status: Option<&str>) -> (&'static str, bool) {
    match status {
        Some("captured" | "authorized") => ("already_paid", false),
        _ => ("pay_later", true),
    }
}

pub(crate) fn term(gateway: Option<&str>, method: Option<&str>) -> u32 {
    let of = |key: &str| match key {
        "basic/advance" => Some(7),
        "basic/invoice" => Some(14),
        "in_arrears" => Some(30),
        _ => None,
    };
    let both: Vec<&str> = [gateway, method].into_iter().flatten().collect();
    of(&both.join("/")).or_else(|| method.and_then(of)).unwrap_or(30)
}

/// Quantity, unit price and prefix of a line.
pub(crate) fn unit_price(total: Decimal, quantity: Decimal) -> (Decimal, Decimal, Option<String>) {
    let count = quantity.abs().max(Decimal::ONE);
    let unit = round(total / count);
    if unit * count == total {
        (count, unit, None)
    } else {
        (Decimal::ONE, total, (count > Decimal::ONE).then(|| format!("{} x", count.normalize())))
    }
}

/// An address of a note, as far as it is set.
#[derive(Default)]
pub(crate) struct Address<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) company: Option<&'a str>,
    pub(crate) street: Option<&'a str>,
    pub(crate) number: Option<&'a str>,
    pub(crate) zipcode: Option<&'a str>,
    pub(crate) city: Option<&'a str>,
    pub(crate) country_code: Option<&'a str>,
}

pub(crate) fn set(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// The note about another address for delivery.
pub(crate) fn delivery_note(delivery: Option<&Address<'_>>, invoice: &Address<'_>) -> Option<String> {
    let there = delivery?;
    let compact = |text: &str| text.replace(' ', "").to_lowercase();
    let differs = |a: Option<&str>, b: Option<&str>| {
        let a = compact(a.unwrap_or_default());
        !a.is_empty() && a != compact(b.unwrap_or_default())
    };
    let line =
        |address: &Address<'_>| format!("{}{}", address.street.unwrap_or_default(), address.number.unwrap_or_default());
    let other = differs(there.name, invoice.name)
        || differs(there.company, invoice.company)
        || differs(there.zipcode, invoice.zipcode)
        || differs(there.city, invoice.city)
        || differs(there.country_code, invoice.country_code)
        || differs(Some(&line(there)), Some(&line(invoice)));
    if !other {
        return None;
    }
    let pair = |a: Option<&str>, b: Option<&str>| {
        let parts: Vec<&str> = [a, b].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let parts: Vec<String> = [
        there.company.map(str::to_string),
        there.name.map(str::to_string),
        pair(there.street, there.number),
        pair(there.zipcode, there.city),
        there.country_code.filter(|code| *code != "NL").map(str::to_string),
    ]
    .into_iter()
    .flatten()
    .collect();
    Some(format!("Afleveradres: {}", parts.join(", ")))
}

/// A body with sorted fields and numbers as their plain texts.
pub(crate) fn canonical(body: &[u8]) -> Value {
    fn plain(value: &mut Value) {
        match value {
            Value::Null => {}
            Value::Number(number) => *value = Value::String(number.to_string()),
            Value::Array(elements) => elements.iter_mut().for_each(plain),
            Value::Object(fields) => {
                fields.retain(|_, value| !value.is_null());
                fields.values_mut().for_each(plain);
            }
            Value::String(_) | Value::Bool(_) => {}
        }
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Value::Null;
    }
    let mut value = serde_json::from_slice(body).expect("each side writes JSON");
    plain(&mut value);
    value
}
