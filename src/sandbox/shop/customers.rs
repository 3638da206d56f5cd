//! The customer accounts of the webshop with their addresses, each answer wrapped in the name of what it holds.

use super::Shop;
use super::problem;
use super::problem::Wrong;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::ident;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// What can be written of a customer; the e-mail address only once.
const CUSTOMER: [&str; 4] = ["firstName", "lastName", "dateOfBirth", "description"];

/// What can be written of an address.
const ADDRESS: [&str; 14] = [
    "firstName",
    "lastName",
    "street",
    "streetNumber",
    "zipCode",
    "city",
    "countryCode",
    "company",
    "gender",
    "phone",
    "taxNumber",
    "iban",
    "isDefaultForDelivery",
    "isDefaultForInvoice",
];

impl Shop {
    pub(super) fn customers(&mut self, call: &Call, path: &[&str]) -> Result<Answer, Answer> {
        self.wake_customers();
        let method = call.method.as_str();
        match (method, path) {
            ("GET", []) => Ok(self.list_customers(call)),
            ("POST", []) => self.create_customer(call),
            (_, [id, rest @ ..]) => {
                let place = self.customers.iter().position(|customer| customer["id"] == *id);
                let place = place.ok_or_else(|| problem::error(404, "Klant niet gevonden."))?;
                match (method, rest) {
                    ("GET", []) => Ok(wrapped("customer", &shown(call, &self.customers[place]))),
                    ("PATCH", []) => {
                        let changes = checked(super::object(call)?, &CUSTOMER)?;
                        extend(&mut self.customers[place], changes);
                        Ok(wrapped("customer", &shown(call, &self.customers[place])))
                    }
                    ("DELETE", []) => {
                        self.customers.remove(place);
                        Ok(Answer::empty(200))
                    }
                    (_, ["addresses", rest @ ..]) => self.addresses(call, place, rest),
                    _ => Err(problem::error(405, "")),
                }
            }
            _ => Err(problem::error(405, "")),
        }
    }

    fn list_customers(&self, call: &Call) -> Answer {
        let sought = call.query("q").map(str::to_lowercase);
        let fits = |customer: &&Value| {
            let email = customer["email"].as_str().unwrap_or_default().to_lowercase();
            sought.as_ref().is_none_or(|sought| email.contains(sought.as_str()))
        };
        let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
        let found = self.customers.iter().filter(fits).skip(number("offset").unwrap_or(0));
        let found = found.take(number("limit").unwrap_or(usize::MAX)).map(|customer| shown(call, customer));
        wrapped("customers", &found.collect())
    }

    fn create_customer(&mut self, call: &Call) -> Result<Answer, Answer> {
        let mut fields = super::object(call)?;
        let email = fields.remove("email");
        let email = email.as_ref().and_then(Value::as_str).filter(|email| email.contains('@'));
        let email = email.ok_or_else(|| problem::wrong("email", problem::MISSING))?.to_owned();
        if self.customers.iter().any(|customer| customer["email"] == email.as_str()) {
            return Err(problem::wrong("email", "Deze waarde wordt al gebruikt."));
        }
        let fields = checked(fields, &CUSTOMER)?;
        let position = self.next();
        let mut customer = json!({
            "id": ident::uuid(self.seed, 0xC0, position),
            "storeId": self.store_id,
            "email": email,
            "firstName": null,
            "lastName": null,
            "dateOfBirth": null,
            "description": null,
            "addresses": [],
        });
        extend(&mut customer, fields);
        self.customers.push(customer.clone());
        Ok(wrapped("customer", &shown(call, &customer)))
    }

    fn addresses(&mut self, call: &Call, place: usize, path: &[&str]) -> Result<Answer, Answer> {
        let position = self.next();
        let seed = self.seed;
        let Some(list) = self.customers[place]["addresses"].as_array_mut() else {
            return Err(problem::error(404, ""));
        };
        match (call.method.as_str(), path) {
            ("GET", []) => Ok(wrapped("addresses", &Value::Array(list.clone()))),
            ("POST", []) => {
                let fields = checked(super::object(call)?, &ADDRESS)?;
                let mut wrong = Wrong::default();
                for name in ["firstName", "lastName", "street", "streetNumber", "zipCode", "city", "countryCode"] {
                    if fields.get(name).is_none_or(|value| value.as_str().is_none_or(|text| text.trim().is_empty())) {
                        wrong.note(name, problem::MISSING);
                    }
                }
                wrong.check()?;
                let mut address = json!({"id": ident::uuid(seed, 0xC1, position)});
                for name in ADDRESS {
                    address[name] = if name.starts_with("is") { json!(list.is_empty()) } else { Value::Null };
                }
                extend(&mut address, fields);
                list.push(address.clone());
                Ok(wrapped("address", &address))
            }
            (method, [id]) => {
                let at = list.iter().position(|address| address["id"] == *id);
                let at = at.ok_or_else(|| problem::error(404, "Adres niet gevonden."))?;
                match method {
                    "GET" => Ok(wrapped("address", &list[at])),
                    "PATCH" => {
                        extend(&mut list[at], checked(super::object(call)?, &ADDRESS)?);
                        Ok(wrapped("address", &list[at]))
                    }
                    "DELETE" => {
                        list.remove(at);
                        Ok(Answer::empty(200))
                    }
                    _ => Err(problem::error(405, "")),
                }
            }
            _ => Err(problem::error(405, "")),
        }
    }
}

/// A customer as it is shown, with addresses where they are asked for.
fn shown(call: &Call, customer: &Value) -> Value {
    let mut customer = customer.clone();
    if call.query("embed") != Some("address")
        && let Some(fields) = customer.as_object_mut()
    {
        fields.remove("addresses");
    }
    customer
}

fn wrapped(name: &str, value: &Value) -> Answer {
    Answer::json(200, &json!({name: value}))
}

/// The fields of a request, if all of them may be written.
fn checked(fields: Map<String, Value>, known: &[&str]) -> Result<Map<String, Value>, Answer> {
    let mut wrong = Wrong::default();
    for (name, value) in &fields {
        let is_flag = name.starts_with("isDefault");
        if !known.contains(&name.as_str()) {
            wrong.note(name, problem::EXTRA);
        } else if !(value.is_null() || if is_flag { value.is_boolean() } else { value.is_string() }) {
            wrong.note(name, problem::INVALID);
        }
    }
    wrong.check()?;
    Ok(fields)
}

fn extend(known: &mut Value, fields: Map<String, Value>) {
    for (name, value) in fields {
        known[name] = value;
    }
}
