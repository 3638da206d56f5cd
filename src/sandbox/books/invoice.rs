//! One invoice of the bookkeeping: its content, where it stands on its way from draft to paid, and how it is shown.

use super::content::Content;
use super::customer::Customer;
use super::totals;
use super::totals::Reading;
use super::totals::Totals;
use crate::sandbox::call::zone;
use crate::sandbox::country;
use crate::sandbox::country::UNION;
use crate::sandbox::money;
use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;
use serde_json::json;

/// An invoice.
#[derive(Clone)]
pub(super) struct Invoice {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) content: Content,
    pub(super) stage: Stage,
    pub(super) credited: Option<String>,
    pub(super) credits: Vec<String>,
}

/// Where an invoice stands.
#[derive(Clone)]
pub(super) enum Stage {
    /// Can be changed and deleted.
    Draft,
    /// Will be sent at this moment.
    Scheduled { at: Timestamp, method: String, mail: Option<String> },
    /// Has a number and can only be credited.
    Sent(Box<Sent>),
}

/// What an invoice has from the moment it is sent.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) number: String,
    pub(super) on: Date,
    pub(super) due: Date,
    pub(super) method: String,
    pub(super) mail: Option<String>,
    pub(super) is_paid: bool,
    /// The customer as they were then.
    pub(super) customer: Customer,
}

impl Invoice {
    /// What the invoice comes to; a draft follows its customer as they are now.
    pub(super) fn totals(&self, customer: Option<&Customer>) -> Totals {
        let customer = self.customer(customer);
        let discounts = self.discounts(customer);
        let reading = Reading {
            includes_vat: self.content.net_amounts,
            is_shifted: customer.is_some_and(|customer| customer.truth("shift_vat")),
            discounts: &discounts,
        };
        totals::count(&self.content.lines, reading)
    }

    fn customer<'a>(&'a self, current: Option<&'a Customer>) -> Option<&'a Customer> {
        match &self.stage {
            Stage::Sent(sent) => Some(&sent.customer),
            _ => current,
        }
    }

    fn discounts(&self, customer: Option<&Customer>) -> Vec<(String, i64)> {
        if let Some(own) = &self.content.discounts {
            return own.clone();
        }
        let percent = customer.and_then(|customer| customer.whole("default_discount_percentage"));
        let text = customer.and_then(|customer| customer.text("default_discount_description")).unwrap_or("Korting");
        percent
            .filter(|percent| (1..=100).contains(percent))
            .map(|percent| (text.to_owned(), percent))
            .into_iter()
            .collect()
    }

    /// The moment at which it will be sent, where that is settled.
    pub(super) fn scheduled(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Scheduled { at, .. } => Some(at),
            _ => None,
        }
    }

    /// What was sent, where it was.
    pub(super) fn sent(&self) -> Option<&Sent> {
        match &self.stage {
            Stage::Sent(sent) => Some(sent),
            _ => None,
        }
    }

    /// What is still to be paid.
    pub(super) fn due(&self, customer: Option<&Customer>) -> Decimal {
        if self.sent().is_some_and(|sent| sent.is_paid) { Decimal::ZERO } else { self.totals(customer).with_vat }
    }

    /// Sends it: from here on it has a number, dates and the customer as they are now.
    pub(super) fn send(&mut self, number: String, today: Date, customer: Customer) {
        let Stage::Scheduled { method, mail, .. } = &self.stage else { return };
        let term = self.content.payment_term.or_else(|| customer.whole("payment_term")).unwrap_or(30);
        let date = *self.content.invoice_date.get_or_insert(today);
        let due = date.checked_add(SignedDuration::from_hours(24 * term)).unwrap_or(Date::MAX);
        self.content.delivery_period.get_or_insert(date.first_of_month());
        let mail = mail.clone().or_else(|| customer.text("email").map(str::to_owned));
        let sent = Sent { number, on: today, due, method: method.clone(), mail, is_paid: false, customer };
        self.stage = Stage::Sent(Box::new(sent));
    }

    /// The invoice as it is shown.
    pub(super) fn view(&self, current: Option<&Customer>) -> Value {
        let content = &self.content;
        let totals = self.totals(current);
        let sent = self.sent();
        let snapshot = sent.map(|sent| &sent.customer);
        let of = |name: &str| snapshot.and_then(|customer| customer.fields.get(name)).cloned().unwrap_or(Value::Null);
        let country = snapshot.map(Customer::country);
        let lines = content.lines.iter().map(|line| {
            json!({
                "description": line.description,
                "quantity": line.quantity.normalize().to_string(),
                "amount": totals::euros(line.amount),
                "vat": {"value": money::text(line.rate, line.rate.normalize().scale().max(2)), "category": line.category},
                "total_amount_ex_vat": totals::euros(totals::line_without_vat(line, content.net_amounts)),
                "ledger_account_id": line.ledger_account,
            })
        });
        let discounts = self.discounts(self.customer(current));
        let discounts = discounts.iter().map(|(text, percent)| json!({"description": text, "percentage": percent}));
        let method = content
            .payment_method
            .clone()
            .or_else(|| snapshot.and_then(|customer| customer.text("payment_method_invoice")).map(str::to_owned));
        let mut shown = json!({
            "id": self.id,
            "invoice_status": if sent.is_some() { "sent" } else { "draft" },
            "customer_id": content.customer_id,
            "tradename_id": content.tradename_id,
            "invoice_number": sent.map(|sent| &sent.number),
            "invoice_date": content.invoice_date.map(|day| day.to_string()),
            "invoice_due_date": sent.map(|sent| sent.due.to_string()),
            "invoice_delivery_period": content.delivery_period.map(|day| day.to_string()),
            "invoice_delivery_period_end": content.delivery_period_end.map(|day| day.to_string()),
            "invoice_date_sent": sent.map(|sent| sent.on.to_string()),
            "invoice_total": totals::euros(totals.without_vat),
            "invoice_total_incl_vat": totals::euros(totals.with_vat),
            "invoice_due_amount": totals::euros(self.due(current)),
            "send_method": sent.map(|sent| &sent.method),
            "net_amounts": content.net_amounts,
            "invoice_marked_free_of_vat": false,
            "credited_invoice_id": self.credited,
            "credit_invoice_ids": self.credits,
            "remarks": content.remarks,
            "introduction": content.introduction,
            "number_of_reminders_sent": 0,
            "last_reminded_at": null,
            "payment_method": sent.map(|_| method.as_deref().unwrap_or("pay_later")),
            "line_items": lines.collect::<Vec<_>>(),
            "discounts": discounts.collect::<Vec<_>>(),
            "reference": content.reference,
            "created_at": created(self.created),
            "peppol_status": null,
        });
        let customer = json!({
            "customer_company_name": of("customer_name"),
            "customer_attn": of("attn"),
            "customer_address_street": of("address_street"),
            "customer_address_city": of("address_city"),
            "customer_address_postal_code": of("address_postal_code"),
            "customer_address_country_code": country,
            "customer_address_country_name": country.map(country::name),
            "customer_address_extra_information": of("address_extra_information"),
            "customer_vat_shifted": snapshot.map(|customer| customer.truth("shift_vat")),
            "customer_vat_number": of("vat_number"),
            "customer_in_eu": country.map(|code| UNION.contains(&code)),
            "customer_reference": of("reference"),
            "customer_is_private": snapshot.map(Customer::is_private),
            "customer_mail_to": sent.and_then(|sent| sent.mail.as_ref()),
            "customer_mail_cc_addresses": of("cc_emails"),
            "language": snapshot.map(|customer| customer.text("invoice_language").unwrap_or("nl")),
        });
        if let (Some(shown), Value::Object(customer)) = (shown.as_object_mut(), customer) {
            shown.extend(customer);
        }
        shown
    }

    /// Whether a search for these lower-case words finds the invoice.
    pub(super) fn matches(&self, words: &[String], current: Option<&Customer>) -> bool {
        let customer = self.customer(current);
        let lines = self.content.lines.iter().map(|line| line.description.as_str());
        let parts = [
            self.sent().map(|sent| sent.number.as_str()),
            self.content.reference.as_deref(),
            customer.and_then(|customer| customer.text("customer_name")),
        ];
        let text = parts.into_iter().flatten().chain(lines).collect::<Vec<_>>().join("\n").to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// A moment as the bookkeeping writes it.
fn created(moment: Timestamp) -> String {
    moment.to_zoned_datetime(zone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}
