//! Reference data of the bookkeeping: ledger accounts, labels, trade names, the organisation itself.

use super::Books;
use super::errors;
use super::errors::Detail;
use super::object;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use serde_json::Value;
use serde_json::json;

/// The account that lines go to where none is named.
pub(super) const DEFAULT_ACCOUNT: &str = "5e1c0000-0000-4000-8000-000000008000";

/// Id, parent, name and whether lines may use it.
const ACCOUNTS: [(&str, Option<&str>, &str, bool); 5] = [
    ("5e1c0000-0000-4000-8000-000000000800", None, "Omzet", false),
    (DEFAULT_ACCOUNT, Some("5e1c0000-0000-4000-8000-000000000800"), "Omzet uit facturen", true),
    ("5e1c0000-0000-4000-8000-000000008100", Some("5e1c0000-0000-4000-8000-000000000800"), "Diverse omzet", true),
    ("5e1c0000-0000-4000-8000-000000008200", Some("5e1c0000-0000-4000-8000-000000000800"), "Verzendkosten", true),
    ("5e1c0000-0000-4000-8000-000000001400", None, "Nog te verzilveren cadeaubonnen", true),
];

/// A label.
pub(super) struct Label {
    id: String,
    description: String,
    category: &'static str,
}

/// The labels at the start.
pub(super) fn labels() -> Vec<Label> {
    let label = |id: &str, description: &str, category| Label {
        id: format!("1abe1000-0000-4000-8000-0000000000{id}"),
        description: description.to_owned(),
        category,
    };
    vec![label("01", "Webwinkel", "user_label"), label("02", "Koppel Proefwinkel", "tradename_label")]
}

impl Books {
    pub(super) fn reference(&mut self, call: &Call, path: &[&str]) -> Answer {
        let data = |data: Value| Answer::json(200, &json!({"data": data}));
        let account = |(id, parent, name, selectable): &(&str, Option<&str>, &str, bool)| json!({"ledger_account_id": id, "parent_ledger_account_id": parent, "name": name, "selectable": selectable});
        match (call.method.as_str(), path) {
            ("GET", ["ledger_accounts", "invoices"]) => data(ACCOUNTS.iter().map(account).collect()),
            ("GET", ["ledger_accounts", "invoices", "default"]) => data(account(&ACCOUNTS[1])),
            ("GET", ["labels"]) => {
                let view = |label: &Label| json!({"id": label.id, "description": label.description, "category": label.category});
                data(self.labels.iter().map(view).collect())
            }
            ("POST", ["labels"]) => self.create_label(call),
            ("GET", ["tradenames"]) => data(json!([{
                "id": "7ade0000-0000-4000-8000-000000000001",
                "company_name": "Koppel Proefwinkel",
                "company_name_line_2": null,
                "address_street": "Luchtkasteelweg 1",
                "address_city": "Verzinsel",
                "address_postal_code": "9999 ZZ",
                "address_country_code": "NL",
                "phonenumber": null,
                "bank_account_in_the_name_of": "Koppel Proefwinkel",
                "iban": null,
                "bic": null,
                "finance_email": "boekhouding@example.com",
            }])),
            _ => data(json!({
                "id": "06900000-0000-4000-8000-000000000001",
                "vat_type": "vat",
                "company_name": "Koppel Proefwinkel",
                "company_name_line_2": null,
                "address_street": "Luchtkasteelweg 1",
                "address_postal_code": "9999 ZZ",
                "address_city": "Verzinsel",
                "address_country_code": "NL",
                "address_country_name": "Nederland",
                "tax_registration_number": "NL000099998B57",
                "chamber_of_commerce_number": "00000000",
                "bank_account_iban": null,
                "bank_account_bban": null,
                "owners": [{"id": "06900000-0000-4000-8000-000000000002", "full_name": "Proef Persoon"}],
                "legal_form": "eenmanszaak",
                "website": "https://proefwinkel.example.com",
                "phonenumber": null,
                "invoice_from_email": "boekhouding@example.com",
                "one_stop_shop_enabled": false,
                "has_mollie": false,
                "jortt_start_date": "2025-01-01T00:00:00+01:00",
                "invoice_from_email_confirmed": true,
                "data_complete_for_sending_invoices": true,
                "default_vat": {"value": "0.21", "category": null},
                "has_peppol_access": false,
            })),
        }
    }

    fn create_label(&mut self, call: &Call) -> Answer {
        let body = match object(call) {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        match body.get("description").and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
            Some(description) => {
                let (_, id) = self.next();
                self.labels.push(Label { id: id.clone(), description: description.to_owned(), category: "user_label" });
                Answer::json(201, &json!({"data": {"id": id}}))
            }
            None => errors::invalid(&[Detail::missing("description")]),
        }
    }
}

/// Whether lines may go to this account.
pub(super) fn is_account(id: &str) -> bool {
    ACCOUNTS.iter().any(|(known, _, _, selectable)| *known == id && *selectable)
}
