//! The invoices of the bookkeeping: list and search, make, change, delete, send, credit, copy.

use super::Books;
use super::content;
use super::content::Content;
use super::customers::seen_until;
use super::errors;
use super::errors::Detail;
use super::invoice::Invoice;
use super::invoice::Stage;
use super::number;
use super::object;
use super::page;
use super::reference;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::ident;
use crate::sandbox::options::Options;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// How an invoice is to be sent, and to whom.
struct Sending {
    method: String,
    mail: Option<String>,
}

impl Books {
    pub(super) fn invoices(&mut self, options: &Options, call: &Call, path: &[&str]) -> Answer {
        let answer = match (call.method.as_str(), path) {
            ("GET", []) => return self.list_invoices(options, call),
            ("GET", ["peppol-scheme-catalog"]) => {
                let schemes =
                    json!({"NL": [{"code": "KVK", "name": "KvK-nummer"}, {"code": "VAT", "name": "Btw-nummer"}]});
                return Answer::json(200, &json!({"data": schemes}));
            }
            ("POST", []) => object(call).and_then(|body| self.create_invoice(options, call, &body)),
            (_, [id, rest @ ..]) => {
                if !ident::is_uuid(id) {
                    return errors::invalid(&[Detail::invalid("id")]);
                }
                match self.places.get(*id).copied().filter(|place| self.invoices.contains_key(place)) {
                    Some(place) => object(call).and_then(|body| self.one_invoice(options, call, place, (rest, &body))),
                    None => return errors::not_found(),
                }
            }
            _ => return errors::no_method(),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn list_invoices(&self, options: &Options, call: &Call) -> Answer {
        let words = match page::words(call) {
            Ok(words) => words,
            Err(refusal) => return refusal,
        };
        let status = call.query("invoice_status");
        if status.is_some_and(|status| !["sent", "draft", "unpaid", "late", "paid"].contains(&status)) {
            return errors::invalid(&[Detail::invalid("invoice_status")]);
        }
        let until = seen_until(options, call);
        let today = call.local().date();
        let fits = |invoice: &&Invoice| {
            let due = || invoice.due(self.customer_of(invoice));
            let of_status = match (status, invoice.sent()) {
                (None, _) | (Some("draft"), None) | (Some("sent"), Some(_)) => true,
                (Some("unpaid"), Some(_)) => due() > Decimal::ZERO,
                (Some("late"), Some(sent)) => sent.due < today && due() > Decimal::ZERO,
                (Some("paid"), Some(_)) => due().is_zero(),
                _ => false,
            };
            let found = words
                .as_ref()
                .is_none_or(|words| invoice.created <= until && invoice.matches(words, self.customer_of(invoice)));
            of_status && found
        };
        let rows: Vec<&Invoice> = self.invoices.values().rev().filter(fits).collect();
        page::page(call, &rows, |invoice| invoice.view(self.customer_of(invoice)))
    }

    fn create_invoice(&mut self, options: &Options, call: &Call, body: &Map<String, Value>) -> Result<Answer, Answer> {
        let content = Content::default().merge(body).map_err(|wrong| errors::invalid(&wrong))?;
        let method = content::send_method(body).map_err(|wrong| errors::invalid(&[wrong]))?;
        self.check(options, &content)?;
        if method.is_some() {
            self.check_sending(&content, method.as_deref(), None)?;
        }
        let id = self.insert(call.now, content, None);
        if let Some(method) = method {
            self.schedule(options, call.now, self.made, Sending { method, mail: None });
        }
        Ok(Answer::json(201, &json!({"data": {"id": id}})))
    }

    fn insert(&mut self, now: Timestamp, content: Content, credited: Option<String>) -> String {
        let (place, id) = self.next();
        let invoice =
            Invoice { id: id.clone(), created: now, content, stage: Stage::Draft, credited, credits: Vec::new() };
        self.invoices.insert(place, invoice);
        id
    }

    fn schedule(&mut self, options: &Options, now: Timestamp, place: u64, sending: Sending) {
        if let Some(invoice) = self.invoices.get_mut(&place) {
            let at = now.checked_add(options.number_delay).unwrap_or(now);
            invoice.stage = Stage::Scheduled { at, method: sending.method, mail: sending.mail };
            self.scheduled.push_back(place);
        }
        self.settle(now);
    }

    /// What must hold of an invoice's content beyond its form.
    fn check(&self, options: &Options, content: &Content) -> Result<(), Answer> {
        if let Some(id) = &content.customer_id
            && !self.places.get(id).is_some_and(|place| self.customers.contains_key(place))
        {
            return Err(errors::not_found());
        }
        let accounts =
            content.lines.iter().enumerate().filter_map(|(at, line)| Some((at, line.ledger_account.as_ref()?)));
        let unknown = accounts.filter(|(_, id)| !reference::is_account(id));
        let wrong = unknown.map(|(at, _)| Detail::invalid(format!("line_items[{at}][ledger_account_id]")));
        let wrong = wrong.collect::<Vec<_>>();
        if !wrong.is_empty() {
            return Err(errors::invalid(&wrong));
        }
        if content.payment_method.as_deref() == Some("direct_debit") {
            let message = "Direct debit is not enabled for this administration.";
            return Err(errors::refused("DirectDebit::NotEnabled", message));
        }
        let days = [content.invoice_date, content.delivery_period];
        match days.into_iter().flatten().map(|day| day.year()).find(|year| Some(*year) <= options.closed_year) {
            Some(year) => Err(errors::year_closed(year)),
            None => Ok(()),
        }
    }

    /// What must hold before an invoice can be sent.
    fn check_sending(&self, content: &Content, method: Option<&str>, mail: Option<&str>) -> Result<(), Answer> {
        let place = content.customer_id.as_ref().and_then(|id| self.places.get(id));
        let Some(customer) = place.and_then(|place| self.customers.get(place)) else {
            return Err(errors::refused("Invoice::CustomerMissing", "The invoice has no customer."));
        };
        if content.lines.is_empty() {
            return Err(errors::refused("Invoice::LineItemsMissing", "The invoice has no line items."));
        }
        match method {
            Some("email") if mail.or(customer.text("email")).is_none() => {
                Err(errors::refused("Invoice::EmailMissing", "The customer has no e-mail address."))
            }
            Some("peppol") => {
                Err(errors::refused("Peppol::NotEnabled", "Peppol is not enabled for this administration."))
            }
            _ => Ok(()),
        }
    }

    fn one_invoice(
        &mut self,
        options: &Options,
        call: &Call,
        place: u64,
        (rest, body): (&[&str], &Map<String, Value>),
    ) -> Result<Answer, Answer> {
        let invoice = &self.invoices[&place];
        let data = |data: Value| Ok(Answer::json(200, &json!({"data": data})));
        match (call.method.as_str(), rest) {
            ("GET", []) => data(invoice.view(self.customer_of(invoice))),
            ("PUT", []) => self.edit(options, call, place, body),
            ("DELETE", []) => {
                draft(invoice)?;
                let gone = self.invoices.remove(&place).expect("the place was looked up");
                self.places.remove(&gone.id);
                for other in self.invoices.values_mut() {
                    other.credits.retain(|credit| *credit != gone.id);
                }
                Ok(Answer::empty(204))
            }
            ("POST", ["send"]) => self.send(options, call, place, body),
            ("POST", ["credit"]) => self.credit(options, call, place, body),
            ("POST", ["copy"]) => {
                let content = Content { invoice_date: None, delivery_period: None, ..invoice.content.clone() };
                let id = self.insert(call.now, content, None);
                Ok(Answer::json(201, &json!({"data": {"id": id}})))
            }
            ("PUT", ["set_labels"]) => match body.get("label_ids").map(content::labels) {
                Some(Some(labels)) => {
                    if let Some(invoice) = self.invoices.get_mut(&place) {
                        invoice.content.label_ids = labels;
                    }
                    Ok(Answer::empty(204))
                }
                Some(None) => Err(errors::invalid(&[Detail::invalid("label_ids")])),
                None => Err(errors::invalid(&[Detail::missing("label_ids")])),
            },
            ("GET", ["download"]) => match invoice.sent() {
                Some(sent) => {
                    let location = format!("{}/storage/{}?filename={}.pdf", call.base, invoice.id, sent.number);
                    data(json!({"download_location": location}))
                }
                None => Err(errors::refused("Invoice::NotSent", "The invoice has not been sent.")),
            },
            ("GET", ["send_settings"]) => data(json!({
                "default_mail_subject": "Factuur van Koppel Proefwinkel",
                "default_mail_body": "Beste klant,\n\nHierbij ontvangt u onze factuur.",
                "supported_attachment_types": ["application/pdf", "image/jpeg", "image/png"],
                "default_attachments": [],
            })),
            ("GET", ["next_possible_invoice_number"]) => {
                let day = invoice.content.invoice_date.unwrap_or_else(|| call.local().date());
                data(json!({"next_possible_invoice_number": number(day, self.numbered + 1)}))
            }
            _ if invoice.content.customer_id.is_none() => Err(errors::not_found()),
            _ => data(json!([])),
        }
    }

    fn edit(
        &mut self,
        options: &Options,
        call: &Call,
        place: u64,
        body: &Map<String, Value>,
    ) -> Result<Answer, Answer> {
        let invoice = &self.invoices[&place];
        draft(invoice)?;
        let content = invoice.content.merge(body).map_err(|wrong| errors::invalid(&wrong))?;
        let method = content::send_method(body).map_err(|wrong| errors::invalid(&[wrong]))?;
        self.check(options, &content)?;
        if method.is_some() {
            self.check_sending(&content, method.as_deref(), None)?;
        }
        if let Some(invoice) = self.invoices.get_mut(&place) {
            invoice.content = content;
        }
        if let Some(method) = method {
            self.schedule(options, call.now, place, Sending { method, mail: None });
        }
        Ok(Answer::empty(200))
    }

    fn send(
        &mut self,
        options: &Options,
        call: &Call,
        place: u64,
        body: &Map<String, Value>,
    ) -> Result<Answer, Answer> {
        let invoice = &self.invoices[&place];
        let method = content::send_method(body).map_err(|wrong| errors::invalid(&[wrong]))?;
        let Some(method) = method else { return Err(errors::invalid(&[Detail::missing("send_method")])) };
        draft(invoice)?;
        let mail = body.get("email_address_customer").and_then(Value::as_str).map(str::to_owned);
        if method == "email" {
            let needed = ["email_address_customer", "mail_subject", "mail_body"];
            let given = |name: &str| body.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
            let missing = needed.into_iter().filter(|name| !given(name)).map(Detail::missing).collect::<Vec<_>>();
            if !missing.is_empty() {
                return Err(errors::invalid(&missing));
            }
        }
        self.check_sending(&invoice.content, Some(&method), mail.as_deref())?;
        self.schedule(options, call.now, place, Sending { method, mail });
        Ok(Answer::empty(200))
    }

    fn credit(
        &mut self,
        options: &Options,
        call: &Call,
        place: u64,
        body: &Map<String, Value>,
    ) -> Result<Answer, Answer> {
        let unknown = body.keys().filter(|name| *name != "send_method");
        let wrong = unknown.map(|name| Detail::because(name, "is not a known parameter")).collect::<Vec<_>>();
        if !wrong.is_empty() {
            return Err(errors::invalid(&wrong));
        }
        let method = content::send_method(body).map_err(|wrong| errors::invalid(&[wrong]))?;
        let invoice = &self.invoices[&place];
        let Some(sent) = invoice.sent() else {
            return Err(errors::refused("Invoice::NotSent", "Only an invoice that has been sent can be credited."));
        };
        let percent = sent.customer.whole("default_discount_percentage").filter(|percent| *percent > 0);
        let mut content =
            Content { invoice_date: None, delivery_period: None, reference: None, ..invoice.content.clone() };
        content.discounts = content.discounts.or_else(|| percent.map(|percent| vec![(String::new(), percent)]));
        content.discounts.get_or_insert_default();
        for line in &mut content.lines {
            line.amount = -line.amount;
        }
        if method.is_some() {
            self.check_sending(&content, method.as_deref(), None)?;
        }
        let original = invoice.id.clone();
        let id = self.insert(call.now, content, Some(original));
        if let Some(invoice) = self.invoices.get_mut(&place) {
            invoice.credits.push(id.clone());
        }
        if let Some(method) = method {
            self.schedule(options, call.now, self.made, Sending { method, mail: None });
        }
        Ok(Answer::json(201, &json!({"data": {"id": id}})))
    }
}

/// Refuses what is no draft any more; one that is on its way is in use.
fn draft(invoice: &Invoice) -> Result<(), Answer> {
    match invoice.stage {
        Stage::Draft => Ok(()),
        Stage::Scheduled { .. } => Err(errors::conflict()),
        Stage::Sent(_) => Err(errors::refused("Invoice::AlreadySent", "The invoice has already been sent.")),
    }
}
