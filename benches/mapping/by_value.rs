//! The mapping of `orders.flow` by hand on `serde_json::Value`.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::hand::{Address, FIRST_DATE, RATES, delivery_note, pays, round, set, term, unit_price};

/// The body of the invoice; empty when the order is passed by or held.
pub(crate) fn map(order: &str) -> Vec<u8> {
    body(order).map_or_else(Vec::new, |body| serde_json::to_vec(&body).expect("a value is JSON"))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    set(value.get(name)?.as_str())
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::from_str(text).ok(),
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok(),
        _ => None,
    }
}

fn opaque(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

struct Part<'v> {
    text: String,
    quantity: Decimal,
    rate: Decimal,
    gross: Decimal,
    _line: &'v Value,
}

fn body(order: &str) -> Option<Value> {
    let order: Value = serde_json::from_str(order).ok()?;
    let number_text = opaque(order.get("number")?)?;
    let date = text(&order, "date")?;
    if date < FIRST_DATE || number_text.starts_with("T-") {
        return None;
    }
    if order.get("credited_order_number").and_then(opaque).is_some_and(|number| number != "0") {
        return None;
    }
    let total = number(order.get("price")?.get("total")?)?;
    if total <= Decimal::ZERO {
        return None;
    }
    let debtor = order.get("debtor")?;
    let buyer = debtor.get("address")?.get("invoice")?;
    let company = text(buyer, "company").or_else(|| text(debtor, "company"));
    let name = company.or_else(|| text(buyer, "name")).or_else(|| text(debtor, "name"))?;
    let currency = text(&order, "currency").unwrap_or("EUR");
    let status = text(&order, "payment_status");
    if name.is_empty() || currency != "EUR" || matches!(status, Some("failed" | "refunded" | "voided")) {
        return None;
    }
    let strategy = text(&order, "tax_strategy");
    let street: Vec<&str> = [text(buyer, "street"), text(buyer, "number")].into_iter().flatten().collect();
    let street = street.join(" ");
    if strategy == Some("reverse_charged_vat") && (company.is_none() || text(buyer, "taxnumber").is_none()) {
        return None;
    }
    if company.is_some() && (street.is_empty() || text(buyer, "zipcode").is_none() || text(buyer, "city").is_none()) {
        return None;
    }
    let mut parts = Vec::new();
    for line in order.get("orderlines")?.as_array()? {
        let price = line.get("price")?;
        let one = std::slice::from_ref(price);
        let prices: &[Value] = price.as_array().map_or(one, |prices| prices);
        let sku = line.get("articles").and_then(|articles| articles.get(0)).and_then(|article| text(article, "sku"));
        for price in prices {
            let rate = number(price.get("rate")?)?;
            let gross = match price.get("amount_including_tax").and_then(number) {
                Some(gross) => gross,
                None => round(number(price.get("amount")?)? * (Decimal::ONE + rate / Decimal::ONE_HUNDRED)),
            };
            let mut words = vec![text(line, "description").or_else(|| text(line, "type"))?.to_string()];
            words.extend(sku.map(|sku| format!("({sku})")));
            if prices.len() > 1 {
                words.push(format!("({}%)", rate.normalize()));
            }
            let quantity = number(line.get("quantity")?)?;
            parts.push(Part { text: words.join(" "), quantity, rate, gross, _line: line });
        }
    }
    if parts.iter().any(|part| !RATES.iter().any(|rate| part.rate == Decimal::from(*rate))) {
        return None;
    }
    if parts.iter().map(|part| part.gross).sum::<Decimal>() != total {
        return None;
    }
    let (method, named) = pays(status);
    let payment = order.get("payment");
    let gateway = payment.and_then(|payment| text(payment, "gateway_name"));
    let way = payment
        .and_then(|payment| text(payment, "method_name"))
        .map(|method| method.split(':').next().unwrap_or(method));
    let lines: Vec<Value> = parts
        .iter()
        .filter(|part| !part.gross.is_zero())
        .map(|part| {
            let (quantity, value, prefix) = unit_price(part.gross, part.quantity);
            let description = match prefix {
                Some(prefix) => format!("{prefix} {}", part.text),
                None => part.text.clone(),
            };
            json!({
                "description": description,
                "quantity": quantity.normalize().to_string(),
                "amount": { "amount": fixed(value), "currency": currency },
                "vat": { "value": fixed(part.rate / Decimal::ONE_HUNDRED), "category": null },
            })
        })
        .collect();
    let mut body = json!({
        "customer_id": null,
        "reference": format!("MWW-{number_text}"),
        "invoice_date": date,
        "payment_method": method,
        "net_amounts": true,
        "line_items": lines,
    });
    if named {
        body["payment_term"] = term(gateway, way).into();
    }
    let delivery = debtor.get("address").and_then(|address| address.get("delivery")).map(address_of);
    if let Some(note) = delivery_note(delivery.as_ref(), &address_of(buyer)) {
        body["introduction"] = note.into();
    }
    if let Some(reference) = text(&order, "reference") {
        body["remarks"] = format!("Uw referentie: {reference}").into();
    }
    Some(body)
}

fn fixed(value: Decimal) -> String {
    let mut value = value.normalize();
    value.rescale(value.scale().max(2));
    value.to_string()
}

fn address_of(value: &Value) -> Address<'_> {
    Address {
        name: text(value, "name"),
        company: text(value, "company"),
        street: text(value, "street"),
        number: text(value, "number"),
        zipcode: text(value, "zipcode"),
        city: text(value, "city"),
        country_code: text(value, "country_code"),
    }
}
