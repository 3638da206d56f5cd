//! The simulated bookkeeping: in go requests for tokens, customers, invoices and reference data, out come its answers.

mod consent;
mod content;
mod customer;
mod customers;
mod errors;
mod invoice;
mod invoices;
mod page;
mod reference;
mod token;
mod totals;

use super::call::Answer;
use super::call::Call;
use super::call::local;
use super::ident;
use super::options::Options;
use customer::Customer;
use invoice::Invoice;
use jiff::Timestamp;
use jiff::civil::Date;
use reference::Label;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::VecDeque;
use token::Tokens;

/// What the bookkeeping holds.
pub(super) struct Books {
    seed: u64,
    made: u64,
    numbered: u64,
    tokens: Tokens,
    customers: BTreeMap<u64, Customer>,
    invoices: BTreeMap<u64, Invoice>,
    places: HashMap<String, u64>,
    scheduled: VecDeque<u64>,
    labels: Vec<Label>,
}

/// Answers one request.
pub(super) fn answer(books: &mut Books, options: &Options, call: &Call) -> Answer {
    let parts = call.parts();
    match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["oauth-provider", "oauth", "token"]) => return books.tokens.token(options, call),
        ("GET" | "POST", ["oauth-provider", "oauth", "authorize"]) => return books.tokens.authorize(options, call),
        _ => {}
    }
    books.settle(call.now);
    match parts.split_first() {
        Some((&"v3", rest)) => books.route(options, call, rest),
        _ => errors::no_endpoint(),
    }
}

/// A failure in the bookkeeping's words.
pub(super) fn failure(status: u16) -> Answer {
    errors::of_status(status)
}

impl Books {
    /// An administration without customers or invoices.
    pub(super) fn new(options: &Options) -> Books {
        Books {
            seed: options.seed,
            made: 0,
            numbered: 0,
            tokens: Tokens::default(),
            customers: BTreeMap::new(),
            invoices: BTreeMap::new(),
            places: HashMap::new(),
            scheduled: VecDeque::new(),
            labels: reference::labels(),
        }
    }

    fn route(&mut self, options: &Options, call: &Call, path: &[&str]) -> Answer {
        let Some((family, known)) = family(path) else { return errors::no_endpoint() };
        let method = call.method.as_str();
        if !known.contains(&method) {
            return errors::no_method();
        }
        let right = if method == "GET" { "read" } else { "write" };
        let scope = match path.first() {
            Some(&"ledger_accounts") => "invoices:write".to_owned(),
            _ => format!("{family}:{right}"),
        };
        if let Err(refusal) = self.tokens.check(call, &scope) {
            return refusal;
        }
        if !options.plan {
            let message = "The corresponding organization for your access token does not have a plan with API access.";
            return errors::plain(401, "organization.requires_mkb_plan", message);
        }
        match path {
            ["customers", rest @ ..] => self.customers(options, call, rest),
            ["invoices", rest @ ..] => self.invoices(options, call, rest),
            _ => self.reference(call, path),
        }
    }

    /// Sends the invoices whose moment has come.
    pub(super) fn settle(&mut self, now: Timestamp) {
        while let Some(place) = self.scheduled.front().copied() {
            let Some(invoice) = self.invoices.get_mut(&place) else {
                self.scheduled.pop_front();
                continue;
            };
            let Some(at) = invoice.scheduled().filter(|at| *at <= now) else { return };
            self.scheduled.pop_front();
            let customer = invoice.content.customer_id.as_ref().and_then(|id| self.places.get(id));
            let Some(customer) = customer.and_then(|place| self.customers.get(place)) else { continue };
            let today = local(at).date();
            self.numbered += 1;
            let number = number(invoice.content.invoice_date.unwrap_or(today), self.numbered);
            invoice.send(number, today, customer.clone());
        }
    }

    /// Notes an invoice as paid.
    pub(super) fn pay(&mut self, id: &str) -> bool {
        let place = self.places.get(id).copied();
        match place.and_then(|place| self.invoices.get_mut(&place)).map(|invoice| &mut invoice.stage) {
            Some(invoice::Stage::Sent(sent)) => {
                sent.is_paid = true;
                true
            }
            _ => false,
        }
    }

    /// A person takes back what they agreed to.
    pub(super) fn revoke(&mut self) {
        self.tokens.revoke();
    }

    /// Ends the life of the token that a request carries.
    pub(super) fn expire(&mut self, call: &Call) {
        self.tokens.expire(call);
    }

    /// Every invoice as it is shown, oldest first.
    pub(super) fn all_invoices(&self) -> Vec<Value> {
        self.invoices.values().map(|invoice| invoice.view(self.customer_of(invoice))).collect()
    }

    /// Every customer as it is shown, oldest first.
    pub(super) fn all_customers(&self) -> Vec<Value> {
        self.customers.values().map(Customer::view).collect()
    }

    /// How much there is of what.
    pub(super) fn counts(&self) -> Value {
        let sent = self.invoices.values().filter(|invoice| invoice.sent().is_some()).count();
        json!({
            "customers": self.customers.len(),
            "invoices": self.invoices.len(),
            "drafts": self.invoices.len() - sent,
            "sent": sent,
            "credit_invoices": self.invoices.values().filter(|invoice| invoice.credited.is_some()).count(),
            "tokens": self.tokens.given(),
        })
    }

    fn customer_of(&self, invoice: &Invoice) -> Option<&Customer> {
        let place = self.places.get(invoice.content.customer_id.as_ref()?)?;
        self.customers.get(place)
    }

    /// A place and an id for something new.
    fn next(&mut self) -> (u64, String) {
        self.made += 1;
        let id = ident::uuid(self.seed, 0xB0, self.made);
        self.places.insert(id.clone(), self.made);
        (self.made, id)
    }
}

/// The number that an invoice of this day gets.
fn number(day: Date, sequence: u64) -> String {
    format!("{:04}{:02}-{sequence}", day.year(), day.month())
}

/// Whose scopes a path belongs to, and the methods it knows.
fn family(path: &[&str]) -> Option<(&'static str, &'static [&'static str])> {
    Some(match path {
        ["customers"] => ("customers", &["GET", "POST"]),
        ["customers", _] => ("customers", &["GET", "PUT", "DELETE"]),
        ["customers", _, "vat-percentages" | "extra_details"] => ("customers", &["GET"]),
        ["customers", _, "set_archived"] => ("customers", &["PUT"]),
        ["customers", _, "direct_debit_mandate"] => ("customers", &["POST"]),
        ["invoices"] => ("invoices", &["GET", "POST"]),
        ["invoices", "peppol-scheme-catalog"] => ("invoices", &["GET"]),
        ["invoices", _] => ("invoices", &["GET", "PUT", "DELETE"]),
        ["invoices", _, "send" | "credit" | "copy"] => ("invoices", &["POST"]),
        ["invoices", _, "set_labels"] => ("invoices", &["PUT"]),
        ["invoices", _, "download" | "send_settings" | "next_possible_invoice_number" | "line_item_suggestions"] => {
            ("invoices", &["GET"])
        }
        ["ledger_accounts", "invoices"] | ["ledger_accounts", "invoices", "default"] => ("invoices", &["GET"]),
        ["labels"] => ("organizations", &["GET", "POST"]),
        ["tradenames"] | ["organizations", "me"] => ("organizations", &["GET"]),
        _ => return None,
    })
}

/// The JSON object in a request's body.
fn object(call: &Call) -> Result<Map<String, Value>, Answer> {
    if call.body.is_empty() {
        return Ok(Map::new());
    }
    let Ok(text) = std::str::from_utf8(&call.body) else {
        let message = "The parameters contain invalid UTF-8 characters and could not be parsed.";
        return Err(errors::plain(422, "params.invalid_encoding", message));
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(errors::plain(422, "params.invalid_format", "The parameters could not be parsed.")),
    }
}
