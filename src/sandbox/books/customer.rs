//! One customer of the bookkeeping: in go the fields of a request, out comes a customer or what is wrong with them.

use super::errors::Detail;
use crate::sandbox::country;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// A customer.
#[derive(Clone)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) archived: bool,
    pub(super) fields: Map<String, Value>,
}

/// What may stand in a field.
enum Sort {
    Text,
    Texts,
    Truth,
    Whole,
    Day,
    Country,
    Mail,
    OneOf(&'static [&'static str]),
}

/// Which customers a field is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Both,
    Person,
    Company,
}

/// Every field that can be written, in the order in which they are shown.
const FIELDS: [(&str, Sort, For); 32] = [
    ("is_private", Sort::Truth, For::Both),
    ("customer_name", Sort::Text, For::Both),
    ("address_street", Sort::Text, For::Both),
    ("address_postal_code", Sort::Text, For::Both),
    ("address_city", Sort::Text, For::Both),
    ("address_country_code", Sort::Country, For::Both),
    ("address_extra_information", Sort::Text, For::Both),
    ("shift_vat", Sort::Truth, For::Company),
    ("vat_number", Sort::Text, For::Company),
    ("coc_number", Sort::Text, For::Company),
    ("salutation", Sort::OneOf(&["sir", "madam", "family"]), For::Person),
    ("initials", Sort::Text, For::Person),
    ("first_name", Sort::Text, For::Person),
    ("last_name", Sort::Text, For::Person),
    ("date_of_birth", Sort::Day, For::Person),
    ("citizen_service_number", Sort::Text, For::Person),
    ("attn", Sort::Text, For::Both),
    ("phonenumber", Sort::Text, For::Both),
    ("website", Sort::Text, For::Both),
    ("email", Sort::Mail, For::Both),
    ("cc_emails", Sort::Texts, For::Both),
    ("email_salutation", Sort::Text, For::Both),
    ("additional_information", Sort::Text, For::Both),
    ("payment_term", Sort::Whole, For::Both),
    ("invoice_language", Sort::OneOf(&["nl", "de", "en", "fr", "es"]), For::Both),
    ("payment_method_invoice", Sort::OneOf(&["pay_later", "direct_debit", "already_paid"]), For::Both),
    ("reference", Sort::Text, For::Both),
    ("default_label_id", Sort::Text, For::Both),
    ("default_ledger_account_id", Sort::Text, For::Both),
    ("default_discount_description", Sort::Text, For::Both),
    ("default_discount_percentage", Sort::Whole, For::Both),
    ("peppol_identifier", Sort::Text, For::Both),
];

/// Fields that are shown and passed by when they come back.
const READ_ONLY: [&str; 7] = [
    "id",
    "archived",
    "address_country_name",
    "mollie_direct_debit_status",
    "mollie_customer_id",
    "mollie_mandate_id",
    "peppol_scheme_code",
];

impl Customer {
    /// Whether the customer is a person.
    pub(super) fn is_private(&self) -> bool {
        self.truth("is_private")
    }

    /// A field that is yes or no; absent is no.
    pub(super) fn truth(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A field's text, where it is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    /// A field that is a whole number.
    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        self.fields.get(name).and_then(Value::as_i64)
    }

    /// The country, which is the Netherlands where none is given.
    pub(super) fn country(&self) -> &str {
        self.text("address_country_code").unwrap_or("NL")
    }

    /// The customer as it is shown.
    pub(super) fn view(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("id".to_owned(), json!(self.id));
        for (name, _, _) in &FIELDS {
            if *name != "salutation" {
                shown.insert((*name).to_owned(), self.fields.get(*name).cloned().unwrap_or(Value::Null));
            }
        }
        let default = |shown: &mut Map<String, Value>, name: &str, value: Value| {
            if shown.get(name).is_none_or(Value::is_null) {
                shown.insert(name.to_owned(), value);
            }
        };
        default(&mut shown, "address_country_code", json!("NL"));
        default(&mut shown, "payment_term", json!(30));
        default(&mut shown, "invoice_language", json!("nl"));
        default(&mut shown, "payment_method_invoice", json!("pay_later"));
        let salutation = match self.text("salutation") {
            Some("sir") => "Geachte heer,",
            Some("madam") => "Geachte mevrouw,",
            Some("family") => "Geachte familie,",
            _ => "Geachte heer/mevrouw,",
        };
        default(&mut shown, "email_salutation", json!(salutation));
        shown.insert("address_country_name".to_owned(), json!(country::name(self.country())));
        shown.insert("archived".to_owned(), json!(self.archived));
        for name in ["mollie_direct_debit_status", "mollie_customer_id", "mollie_mandate_id", "peppol_scheme_code"] {
            shown.insert(name.to_owned(), Value::Null);
        }
        Value::Object(shown)
    }

    /// Whether a search for these lower-case words finds the customer.
    pub(super) fn matches(&self, words: &[String]) -> bool {
        let names = ["customer_name", "email", "reference", "attn", "address_city", "phonenumber", "coc_number"];
        let text = names.iter().filter_map(|name| self.text(name)).collect::<Vec<_>>().join("\n").to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Puts a request's fields over the known ones; they are all kept or all refused.
pub(super) fn merge(known: &Map<String, Value>, body: &Map<String, Value>) -> Result<Map<String, Value>, Vec<Detail>> {
    let mut wrong = Vec::new();
    let mut fields = known.clone();
    for name in ["is_private", "customer_name"] {
        if body
            .get(name)
            .is_none_or(|value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()))
        {
            wrong.push(Detail::missing(name));
        }
    }
    for (name, value) in body {
        let Some((_, sort, _)) = FIELDS.iter().find(|(field, _, _)| field == name) else {
            if !READ_ONLY.contains(&name.as_str()) {
                wrong.push(Detail::because(name, "is not a known parameter"));
            }
            continue;
        };
        if value.is_null() || is_sound(sort, value) {
            fields.insert(name.clone(), value.clone());
        } else {
            wrong.push(Detail::invalid(name));
        }
    }
    let made = Customer { id: String::new(), created: Timestamp::UNIX_EPOCH, archived: false, fields };
    let foreign = if made.is_private() { For::Company } else { For::Person };
    for (name, _, of) in &FIELDS {
        let is_set = made.text(name).is_some() || made.truth(name);
        if *of == foreign && is_set {
            let kind = if foreign == For::Company { "a company" } else { "a private person" };
            wrong.push(Detail::because(*name, &format!("is only for {kind}")));
        }
    }
    if !made.is_private() {
        for name in ["address_street", "address_postal_code", "address_city"] {
            if made.text(name).is_none() {
                wrong.push(Detail::missing(name));
            }
        }
        if made.truth("shift_vat") && made.text("vat_number").is_none() {
            wrong.push(Detail::missing("vat_number"));
        }
    }
    if wrong.is_empty() { Ok(made.fields) } else { Err(wrong) }
}

fn is_sound(sort: &Sort, value: &Value) -> bool {
    let text = value.as_str();
    match sort {
        Sort::Text => text.is_some(),
        Sort::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        Sort::Truth => value.is_boolean(),
        Sort::Whole => value.as_i64().is_some_and(|number| (0..=100_000).contains(&number)),
        Sort::Day => text.is_some_and(|text| text.parse::<Date>().is_ok()),
        Sort::Country => text.is_some_and(|text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())),
        Sort::Mail => text.is_some_and(|text| text.trim().is_empty() || is_mail(text)),
        Sort::OneOf(list) => text.is_some_and(|text| list.contains(&text)),
    }
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}
