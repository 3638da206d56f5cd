//! The orders of the webshop: list and count by filters, read one, change the little that can be changed.

use super::Shop;
use super::order::Number;
use super::order::Order;
use super::problem;
use super::problem::Wrong;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use jiff::civil::Date;
use jiff::civil::DateTime;
use serde_json::Value;
use serde_json::json;

/// Which orders are asked for.
struct Filter {
    status: Option<i64>,
    days: (Date, Date),
    changed: (DateTime, DateTime),
    archived: Option<bool>,
    with_tests: bool,
    email: Option<String>,
    debtor: Option<String>,
}

impl Filter {
    fn read(call: &Call) -> Result<Filter, Answer> {
        let mut wrong = Wrong::default();
        let status = match call.query("status_id").map(str::parse::<i64>) {
            Some(Err(_)) => {
                wrong.note("status_id", problem::INVALID);
                None
            }
            status => status.and_then(Result::ok),
        };
        let mut day = |name: &str, otherwise| match call.query(name).map(str::parse::<Date>) {
            Some(Ok(day)) => day,
            Some(Err(_)) => {
                wrong.note(name, problem::INVALID);
                otherwise
            }
            None => otherwise,
        };
        let days = (day("start_date", Date::MIN), day("end_date", Date::MAX));
        let changed = (
            moment(call, "status_changed_start_date", DateTime::MIN, &mut wrong),
            moment(call, "status_changed_end_date", DateTime::MAX, &mut wrong),
        );
        wrong.check()?;
        Ok(Filter {
            status,
            days,
            changed,
            archived: call.query_truth("archived"),
            with_tests: call.query_truth("test").unwrap_or(false),
            email: call.query("debtor_email").map(str::to_lowercase),
            debtor: call.query("debtor_id").map(str::to_owned),
        })
    }

    fn fits(&self, order: &Order) -> bool {
        let of_debtor = match (&self.email, &self.debtor) {
            (None, None) => true,
            (email, debtor) => {
                email.as_ref().is_some_and(|email| *email == order.email)
                    || debtor.as_ref().is_some_and(|debtor| Some(debtor) == order.debtor.as_ref())
            }
        };
        self.status.is_none_or(|status| status == order.status)
            && (self.days.0..=self.days.1).contains(&order.date)
            && (self.changed.0..=self.changed.1).contains(&order.changed)
            && self.archived.is_none_or(|archived| archived == order.archived)
            && (self.with_tests || !order.is_test)
            && of_debtor
    }
}

/// A moment in a filter, `yyyy-mm-dd hh:mm:ss` where the shop is; a day alone is its midnight.
pub(super) fn moment(call: &Call, name: &str, otherwise: DateTime, wrong: &mut Wrong) -> DateTime {
    let Some(text) = call.query(name) else { return otherwise };
    let read = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).or_else(|_| Ok(text.parse::<Date>()?.at(0, 0, 0, 0)));
    read.unwrap_or_else(|_: jiff::Error| {
        wrong.note(name, problem::INVALID);
        otherwise
    })
}

/// Where a page begins and how long it is.
pub(super) fn window(call: &Call) -> Result<(usize, usize), Answer> {
    let mut wrong = Wrong::default();
    let mut number = |name: &str, otherwise| match call.query(name).map(str::parse::<usize>) {
        None => otherwise,
        Some(Ok(number)) => number,
        Some(Err(_)) => {
            wrong.note(name, problem::INVALID);
            otherwise
        }
    };
    let (limit, offset) = (number("limit", 10), number("offset", 0));
    wrong.check()?;
    let shift = if offset == 0 { 0 } else { isize::try_from(call.shift).unwrap_or(0) };
    Ok((offset.saturating_add_signed(shift), limit.clamp(1, 100)))
}

impl Shop {
    pub(super) fn orders(&mut self, call: &Call, path: &[&str]) -> Result<Answer, Answer> {
        match (call.method.as_str(), path) {
            ("GET", []) => self.list_orders(call),
            ("GET", ["count"]) => {
                let filter = Filter::read(call)?;
                let count = self.orders.values().filter(|order| filter.fits(order)).count();
                Ok(Answer::json(200, &json!({"count": count})))
            }
            ("POST", []) => self.create_order(call),
            ("POST", ["credit"]) => self.credit_order(call),
            (_, ["count" | "credit"]) => Err(problem::error(405, "")),
            ("GET", [number]) => Ok(Answer::text(200, self.order(number)?.text())),
            ("PATCH", [number]) => self.change_order(call, number),
            (_, [number, "payments", rest @ ..]) => self.payments(call, number, rest),
            (_, [] | [_]) => Err(problem::error(405, "")),
            _ => Err(problem::error(404, "")),
        }
    }

    pub(super) fn order(&self, number: &str) -> Result<&Order, Answer> {
        self.orders.get(&Number::new(number)).ok_or_else(|| problem::error(404, "Bestelling niet gevonden."))
    }

    fn list_orders(&self, call: &Call) -> Result<Answer, Answer> {
        let filter = Filter::read(call)?;
        let (offset, limit) = window(call)?;
        let fits = |order: &&Order| filter.fits(order);
        let texts: Vec<String> = match call.query("ordering") {
            Some("desc") => self.orders.values().rev().filter(fits).skip(offset).take(limit).map(Order::text).collect(),
            Some("asc") | None => self.orders.values().filter(fits).skip(offset).take(limit).map(Order::text).collect(),
            Some(_) => return Err(problem::wrong("ordering", problem::INVALID)),
        };
        Ok(Answer::text(200, format!("[{}]", texts.join(","))))
    }

    fn change_order(&mut self, call: &Call, number: &str) -> Result<Answer, Answer> {
        self.order(number)?;
        let body = super::object(call)?;
        let order = self.orders.get_mut(&Number::new(number)).expect("the order was looked up");
        let shown = order.value();
        let mut wrong = Wrong::default();
        let mut changes = Vec::new();
        let mut status = None;
        for (name, value) in &body {
            match (name.as_str(), value) {
                ("archived", Value::Bool(_)) => changes.push(("archived", value.clone())),
                ("status", Value::Number(_) | Value::String(_)) => match super::whole(value) {
                    Some(id) if self.statuses.iter().any(|(known, _)| *known == id) => status = Some(id),
                    _ => wrong.note("status", problem::INVALID),
                },
                ("comments", Value::Object(comments)) => {
                    let mut merged = shown["comments"].as_object().cloned().unwrap_or_default();
                    for (part, text) in comments {
                        match part.as_str() {
                            "internal" if text.is_string() || text.is_null() => {
                                merged.insert(part.clone(), text.clone());
                            }
                            "internal" => wrong.note("comments.internal", problem::INVALID),
                            _ => wrong.note(format!("comments.{part}"), problem::EXTRA),
                        }
                    }
                    changes.push(("comments", Value::Object(merged)));
                }
                ("reference", Value::String(text)) if text.chars().count() <= 255 => {
                    if shown["business_model"] == "B2B" {
                        changes.push(("reference", value.clone()));
                    } else {
                        wrong.note("reference", "Alleen voor zakelijke bestellingen.");
                    }
                }
                ("offline_location_id", Value::String(_) | Value::Null) => {
                    changes.push(("offline_location_id", value.clone()));
                }
                ("archived" | "comments" | "reference" | "offline_location_id" | "status", _) => {
                    wrong.note(name, problem::INVALID);
                }
                _ => wrong.note(name, problem::EXTRA),
            }
        }
        wrong.check()?;
        if let Some(status) = status.filter(|status| *status != order.status) {
            order.set_status(status, call.local());
        }
        if !changes.is_empty() {
            order.change(&changes);
        }
        if let Some(Value::Bool(archived)) = body.get("archived") {
            order.archived = *archived;
        }
        Ok(Answer::text(200, order.text()))
    }
}
