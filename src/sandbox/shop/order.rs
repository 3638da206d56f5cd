//! One order of the webshop: its text as it is shown, and the few fields by which it is found; a change touches only the
//! fields that it names.

use crate::sandbox::generate;
use crate::sandbox::generate::Head;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// How orders are ordered: by number, test orders at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number {
    is_text: bool,
    number: u64,
    text: String,
}

impl Number {
    pub(super) fn new(text: &str) -> Number {
        match text.parse::<u64>() {
            Ok(number) => Number { is_text: false, number, text: number.to_string() },
            Err(_) => Number { is_text: true, number: 0, text: text.to_owned() },
        }
    }

    /// The number after this one.
    pub(super) fn after(&self) -> u64 {
        self.number.saturating_add(1)
    }

    pub(super) fn is_text(&self) -> bool {
        self.is_text
    }
}

/// An order.
pub(super) struct Order {
    pub(super) status: i64,
    pub(super) date: Date,
    pub(super) changed: DateTime,
    pub(super) archived: bool,
    pub(super) is_test: bool,
    pub(super) email: String,
    pub(super) debtor: Option<String>,
    body: Body,
}

enum Body {
    Text(String),
    /// Made again each time from a seed and its place.
    Generated(u64, u32),
}

impl Order {
    /// An order that follows from a seed.
    pub(super) fn generated(seed: u64, index: u32, head: Head) -> Order {
        Order {
            status: head.status,
            date: head.at.date(),
            changed: head.changed,
            archived: false,
            is_test: false,
            email: head.email,
            debtor: head.debtor,
            body: Body::Generated(seed, index),
        }
    }

    /// Reads an order from its text.
    pub(super) fn read(text: &str) -> Result<(Number, Order), String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("not an order: {error}"))?;
        let number = match &value["number"] {
            Value::String(number) if !number.is_empty() => Number::new(number),
            Value::Number(number) => Number::new(&number.to_string()),
            _ => return Err("an order has a `number`".to_owned()),
        };
        let word = |name: &str| value[name].as_str();
        let date = word("date").and_then(|day| day.parse::<Date>().ok()).ok_or("an order has a `date`")?;
        let time = |name: &str| word(name).and_then(|time| time.parse::<Time>().ok());
        let changed = match word("status_changed_date").and_then(|day| day.parse::<Date>().ok()) {
            Some(day) => day.to_datetime(time("status_changed_time").unwrap_or(Time::midnight())),
            None => date.to_datetime(time("time").unwrap_or(Time::midnight())),
        };
        let internal = value["comments"]["internal"].as_str().unwrap_or_default();
        let order = Order {
            status: value["status"].as_i64().ok_or("an order has a `status`")?,
            date,
            changed,
            archived: value["archived"].as_bool().unwrap_or(false),
            is_test: number.text.starts_with("T-") || internal.starts_with("TESTBESTELLING"),
            email: value["debtor"]["email"].as_str().unwrap_or_default().to_lowercase(),
            debtor: value["debtor"]["id"].as_str().map(str::to_owned),
            body: Body::Text(text.trim().to_owned()),
        };
        Ok((number, order))
    }

    /// The order as it is shown.
    pub(super) fn text(&self) -> String {
        match &self.body {
            Body::Text(text) => text.clone(),
            Body::Generated(seed, index) => generate::order(*seed, *index),
        }
    }

    /// The order as a tree.
    pub(super) fn value(&self) -> Value {
        serde_json::from_str(&self.text()).expect("every order was read or made as JSON")
    }

    /// Puts these values in place of the ones with their names and leaves all others as they are written.
    pub(super) fn change(&mut self, changes: &[(&str, Value)]) {
        let text = self.text();
        let mut fields: Fields = serde_json::from_str(&text).expect("every order was read or made as JSON");
        for (name, value) in changes {
            let raw = serde_json::value::to_raw_value(value).expect("a tree can be written");
            match fields.0.iter_mut().find(|(known, _)| known == name) {
                Some(field) => field.1 = raw,
                None => fields.0.push(((*name).to_owned(), raw)),
            }
        }
        self.body = Body::Text(fields.text());
    }

    /// Gives the order another status at this moment.
    pub(super) fn set_status(&mut self, status: i64, now: DateTime) {
        self.status = status;
        self.changed = now.with().subsec_nanosecond(0).build().unwrap_or(now);
        let changes = [
            ("status", Value::from(status)),
            ("status_changed_date", Value::from(self.changed.date().to_string())),
            ("status_changed_time", Value::from(self.changed.time().to_string())),
        ];
        self.change(&changes);
    }
}

/// The fields of an object in their order, unread.
struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    fn text(&self) -> String {
        let fields = self.0.iter().map(|(name, raw)| format!("{}:{}", Value::from(name.as_str()), raw.get()));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
