//! The mapping of `orders.flow` by hand on structs that serde derives.

use std::borrow::Cow;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::hand::{self, FIRST_DATE, RATES, delivery_note, pays, round, set, term, unit_price};

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    number: Opaque<'a>,
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow, default)]
    credited_order_number: Option<Opaque<'a>>,
    #[serde(borrow, default)]
    currency: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    reference: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tax_strategy: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payment_status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payment: Option<Payment<'a>>,
    #[serde(borrow)]
    debtor: Debtor<'a>,
    #[serde(borrow)]
    price: Total<'a>,
    #[serde(borrow)]
    orderlines: Vec<Line<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Opaque<'a> {
    Number(u64),
    #[serde(borrow)]
    Text(Cow<'a, str>),
}

#[derive(Deserialize)]
struct Payment<'a> {
    #[serde(borrow, default)]
    gateway_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    method_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Debtor<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    company: Option<Cow<'a, str>>,
    #[serde(borrow)]
    address: Addresses<'a>,
}

#[derive(Deserialize)]
struct Addresses<'a> {
    #[serde(borrow)]
    invoice: Address<'a>,
    #[serde(borrow, default)]
    delivery: Option<Address<'a>>,
}

#[derive(Deserialize)]
struct Address<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    company: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    street: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    number: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    zipcode: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    city: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    country_code: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    taxnumber: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Total<'a> {
    #[serde(borrow)]
    total: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    quantity: i64,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(borrow)]
    price: OneOrMany<'a>,
    #[serde(borrow, default)]
    articles: Vec<Article<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    #[serde(borrow)]
    Many(Vec<Price<'a>>),
    #[serde(borrow)]
    One(Price<'a>),
}

#[derive(Deserialize)]
struct Price<'a> {
    #[serde(borrow)]
    rate: Cow<'a, str>,
    #[serde(borrow)]
    amount: Cow<'a, str>,
    #[serde(borrow, default)]
    amount_including_tax: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Article<'a> {
    #[serde(borrow, default)]
    sku: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Invoice<'a> {
    customer_id: Option<&'a str>,
    reference: String,
    invoice_date: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_term: Option<u32>,
    payment_method: &'a str,
    net_amounts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    introduction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
    line_items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    description: String,
    quantity: String,
    amount: Money<'a>,
    vat: Vat,
}

#[derive(Serialize)]
struct Money<'a> {
    amount: String,
    currency: &'a str,
}

#[derive(Serialize)]
struct Vat {
    value: String,
    category: Option<()>,
}

/// The body of the invoice; empty when the order is passed by or held.
pub(crate) fn map(order: &str) -> Vec<u8> {
    serde_json::from_str::<Order<'_>>(order).ok().and_then(|order| body(&order)).unwrap_or_default()
}

fn text<'o>(value: Option<&'o Cow<'o, str>>) -> Option<&'o str> {
    set(value.map(|text| &**text))
}

fn body(order: &Order<'_>) -> Option<Vec<u8>> {
    let number = match &order.number {
        Opaque::Number(number) => number.to_string(),
        Opaque::Text(text) => text.to_string(),
    };
    if *order.date < *FIRST_DATE || number.starts_with("T-") {
        return None;
    }
    match &order.credited_order_number {
        None | Some(Opaque::Number(0)) => {}
        Some(_) => return None,
    }
    let total = Decimal::from_str(&order.price.total).ok()?;
    if total <= Decimal::ZERO {
        return None;
    }
    let debtor = &order.debtor;
    let buyer = &debtor.address.invoice;
    let company = text(buyer.company.as_ref()).or_else(|| text(debtor.company.as_ref()));
    company.or_else(|| text(buyer.name.as_ref())).or_else(|| text(debtor.name.as_ref()))?;
    let currency = text(order.currency.as_ref()).unwrap_or("EUR");
    let status = text(order.payment_status.as_ref());
    if currency != "EUR" || matches!(status, Some("failed" | "refunded" | "voided")) {
        return None;
    }
    let reversed = text(order.tax_strategy.as_ref()) == Some("reverse_charged_vat");
    if reversed && (company.is_none() || text(buyer.taxnumber.as_ref()).is_none()) {
        return None;
    }
    let no_street = text(buyer.street.as_ref()).is_none() && text(buyer.number.as_ref()).is_none();
    if company.is_some() && (no_street || text(buyer.zipcode.as_ref()).is_none() || text(buyer.city.as_ref()).is_none())
    {
        return None;
    }
    let mut sum = Decimal::ZERO;
    let mut items = Vec::with_capacity(order.orderlines.len());
    for line in &order.orderlines {
        let prices = match &line.price {
            OneOrMany::Many(prices) => prices.as_slice(),
            OneOrMany::One(price) => std::slice::from_ref(price),
        };
        let sku = line.articles.first().and_then(|article| text(article.sku.as_ref()));
        for price in prices {
            let rate = Decimal::from_str(&price.rate).ok()?;
            let gross = match text(price.amount_including_tax.as_ref()) {
                Some(gross) => Decimal::from_str(gross).ok()?,
                None => {
                    let net = Decimal::from_str(&price.amount).ok()?;
                    round(net * (Decimal::ONE + rate / Decimal::ONE_HUNDRED))
                }
            };
            if !RATES.iter().any(|known| rate == Decimal::from(*known)) {
                return None;
            }
            sum += gross;
            if gross.is_zero() {
                continue;
            }
            let (quantity, value, prefix) = unit_price(gross, line.quantity.into());
            let mut description = prefix.map_or_else(String::new, |prefix| prefix + " ");
            description.push_str(text(line.description.as_ref()).unwrap_or(&line.kind));
            if let Some(sku) = sku {
                description.push_str(&format!(" ({sku})"));
            }
            if prices.len() > 1 {
                description.push_str(&format!(" ({}%)", rate.normalize()));
            }
            items.push(Item {
                description,
                quantity: quantity.normalize().to_string(),
                amount: Money { amount: fixed(value), currency },
                vat: Vat { value: fixed(rate / Decimal::ONE_HUNDRED), category: None },
            });
        }
    }
    if sum != total {
        return None;
    }
    let (method, named) = pays(status);
    let payment = order.payment.as_ref();
    let gateway = payment.and_then(|payment| text(payment.gateway_name.as_ref()));
    let way = payment
        .and_then(|payment| text(payment.method_name.as_ref()))
        .map(|method| method.split(':').next().unwrap_or(method));
    let there = debtor.address.delivery.as_ref().map(address_of);
    let introduction = delivery_note(there.as_ref(), &address_of(buyer));
    let invoice = Invoice {
        customer_id: None,
        reference: format!("MWW-{number}"),
        invoice_date: &order.date,
        payment_term: named.then(|| term(gateway, way)),
        payment_method: method,
        net_amounts: true,
        introduction,
        remarks: text(order.reference.as_ref()).map(|reference| format!("Uw referentie: {reference}")),
        line_items: items,
    };
    serde_json::to_vec(&invoice).ok()
}

fn fixed(value: Decimal) -> String {
    let mut value = value.normalize();
    value.rescale(value.scale().max(2));
    value.to_string()
}

fn address_of<'a>(address: &'a Address<'_>) -> hand::Address<'a> {
    hand::Address {
        name: text(address.name.as_ref()),
        company: text(address.company.as_ref()),
        street: text(address.street.as_ref()),
        number: text(address.number.as_ref()),
        zipcode: text(address.zipcode.as_ref()),
        city: text(address.city.as_ref()),
        country_code: text(address.country_code.as_ref()),
    }
}
