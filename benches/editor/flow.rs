//! A number goes in; a sound flow of about as many lines comes out.

use std::fmt::Write;

const HEAD: &str = r#"koppel 1
flow long "A long flow"

use mijnwebwinkel as shop
use jortt as books

settings {
  first_date: date                     "Send from this date on"
  reference:  text = "MWW-"            "Before the number"
  terms:      table text to int = { "a" = 7, "b" = 14, _ = 30 }  "Days"
}

from shop.orders as order {
  key    order.uuid
  cursor order.status_changed_at from settings.first_date overlap 15 min
}

let buyer = order.debtor.address.invoice
let total = order.price.total

hold when total is not set because "no total"
hold when buyer.name is not set because "nobody"

ensure books.customers as customer {
  by      email
  missing create
  is_private    = true
  customer_name = buyer.name
  email         = order.debtor.email
}
"#;

/// A sound flow of about so many lines.
pub fn flow(lines: usize) -> String {
    let mut text = String::from(HEAD);
    let mut number = 0;
    while text.matches('\n').count() < lines {
        number += 1;
        write!(
            text,
            r#"
# Part {number} of the flow.
let share_{number} = round(total * {number} / 7, 2) ?? 0
let name_{number}  = join(" ", buyer.name, buyer.company, order..sku, share_{number})
let lines_{number} = each line in order.orderlines, price in line.price where line.quantity > {number} {{
  gross = price.amount_including_tax ?? round(price.amount * (1 + price.rate / 100), 2)
  what  = match order.payment_status {{ "captured" | "authorized" => "paid", "failed" => "failed", _ => "open" }}
}}
skip when share_{number} == 12.5 and order.payment_status in ["captured", "authorized"]
  because "part {number}: {{share_{number}}} of {{total}}, {{name_{number}}}"
hold when sum(lines_{number}[*].gross) > {number}000 and not (buyer.company is set or order.currency != "EUR")
  because "the lines add up to {{sum(lines_{number}[*].gross)}}"

create books.invoices as invoice_{number} when share_{number} > 0 {{
  key reference = "{{settings.reference}}{number}-{{order.number}}"
  customer_id   = customer.id
  invoice_date  = order.date
  net_amounts   = true
  payment_term  = settings.terms("a") when share_{number} > 1
  introduction  = name_{number}
  line_items    = each line in lines_{number} where line.gross != 0 {{
    description = line.what
    quantity    = 1
    amount      = {{ amount = line.gross, currency = "EUR" }}
    vat         = {{ value = 0.21 }}
  }}
}}
"#
        )
        .expect("a text takes all that is written");
    }
    text
}
