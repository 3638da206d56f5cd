//! The articles of the webshop: list and count by filters, read one, change its stock or prices.

use super::Shop;
use super::orders::moment;
use super::orders::window;
use super::problem;
use super::problem::Wrong;
use crate::sandbox::call::Answer;
use crate::sandbox::call::Call;
use crate::sandbox::money;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;
use serde_json::Value;
use serde_json::json;

impl Shop {
    pub(super) fn articles(&mut self, call: &Call, path: &[&str]) -> Result<Answer, Answer> {
        match (call.method.as_str(), path) {
            ("GET", []) => {
                let (offset, limit) = window(call)?;
                let found = self.found_articles(call)?;
                let page = found.into_iter().skip(offset).take(limit).collect::<Vec<_>>();
                Ok(Answer::json(200, &json!(page)))
            }
            ("GET", ["count"]) => Ok(Answer::json(200, &json!({"count": self.found_articles(call)?.len()}))),
            ("GET", [id]) => Ok(Answer::json(200, self.article(id)?)),
            ("PATCH", [id]) => self.change_article(call, id),
            _ => Err(problem::error(405, "")),
        }
    }

    fn found_articles(&self, call: &Call) -> Result<Vec<&Value>, Answer> {
        let mut wrong = Wrong::default();
        let mut span = |kind: &str| {
            (
                moment(call, &format!("{kind}_start_date"), DateTime::MIN, &mut wrong),
                moment(call, &format!("{kind}_end_date"), DateTime::MAX, &mut wrong),
            )
        };
        let (created, changed) = (span("created"), span("changed"));
        wrong.check()?;
        let (ids, uuids) = (call.query_list("ids"), call.query_list("uuids"));
        let is_in = |article: &Value, kind: &str, (from, to): (DateTime, DateTime)| {
            let at = at(article, kind).unwrap_or(DateTime::MIN);
            (from..=to).contains(&at)
        };
        let fits = |article: &&Value| {
            (ids.is_empty() || ids.iter().any(|id| is_id(article, id)))
                && (uuids.is_empty() || article["uuid"].as_str().is_some_and(|uuid| uuids.contains(&uuid)))
                && is_in(article, "created", created)
                && is_in(article, "updated", changed)
        };
        Ok(self.articles.iter().filter(fits).collect())
    }

    fn article(&self, id: &str) -> Result<&Value, Answer> {
        let place = self.articles.iter().find(|article| is_id(article, id) || article["uuid"] == id);
        place.ok_or_else(|| problem::error(404, "Artikel niet gevonden."))
    }

    fn change_article(&mut self, call: &Call, id: &str) -> Result<Answer, Answer> {
        let mut article = self.article(id)?.clone();
        let mut wrong = Wrong::default();
        for (name, value) in super::object(call)? {
            let is_sound = match name.as_str() {
                "stock" | "delivery_days" => value.is_null() || value.as_i64().is_some(),
                "name" | "sku" | "description" => value.is_string(),
                "taxable" | "can_backorder" => value.is_boolean(),
                "price" => value.as_object().is_some_and(|price| price.values().all(|it| money::read(it).is_some())),
                _ => {
                    wrong.note(name, problem::EXTRA);
                    continue;
                }
            };
            if is_sound { article[&name] = value } else { wrong.note(name, problem::INVALID) }
        }
        wrong.check()?;
        let now = call.local().with().subsec_nanosecond(0).build().unwrap_or(call.local());
        article["updated_date"] = json!(now.date().to_string());
        article["updated_time"] = json!(now.time().to_string());
        let id = article["id"].clone();
        if let Some(known) = self.articles.iter_mut().find(|known| known["id"] == id) {
            *known = article.clone();
        }
        Ok(Answer::json(200, &article))
    }
}

fn is_id(article: &Value, id: &str) -> bool {
    id.parse::<i64>().is_ok_and(|id| article["id"] == id)
}

fn at(article: &Value, kind: &str) -> Option<DateTime> {
    let day = article[format!("{kind}_date")].as_str()?.parse::<Date>().ok()?;
    let time = article[format!("{kind}_time")].as_str()?.parse::<Time>().ok()?;
    Some(day.to_datetime(time))
}
