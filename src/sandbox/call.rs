//! One request as both systems read it and one answer as they give it, free of sockets.

use axum::body::Bytes;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// A request.
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) authorization: Option<String>,
    /// The scheme and host that the caller used, for links back.
    pub(super) base: String,
    pub(super) body: Bytes,
    pub(super) now: Timestamp,
    /// Rows by which a later page is shifted.
    pub(super) shift: i64,
    /// Whether a search passes by what is new.
    pub(super) lagging: bool,
}

impl Call {
    /// The parts of the path between the slashes.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// The first value of a query parameter, where it is not empty.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, text)| known == name && !text.is_empty()).map(|(_, text)| text.as_str())
    }

    /// All values of a query parameter that may be repeated, as `name`, `name[]` or with commas.
    pub(super) fn query_list(&self, name: &str) -> Vec<&str> {
        let fits = |known: &str| known.strip_suffix("[]").unwrap_or(known) == name;
        self.query.iter().filter(|(known, _)| fits(known)).flat_map(|(_, text)| text.split(',')).collect()
    }

    /// What a query parameter says, as yes or no.
    pub(super) fn query_truth(&self, name: &str) -> Option<bool> {
        self.query(name).map(|text| matches!(text, "1" | "true" | "yes"))
    }

    /// The time of day where the shop is.
    pub(super) fn local(&self) -> DateTime {
        local(self.now)
    }
}

/// The zone in which both systems keep their days.
pub(super) fn zone() -> TimeZone {
    TimeZone::get("Europe/Amsterdam").expect("the zones are part of the program")
}

/// A moment as a date and time where the shop is.
pub(super) fn local(moment: Timestamp) -> DateTime {
    zone().to_datetime(moment)
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) kind: &'static str,
    pub(super) body: String,
}

impl Answer {
    /// A JSON answer.
    pub(super) fn json(status: u16, body: &Value) -> Answer {
        Answer::text(status, body.to_string())
    }

    /// A JSON answer that is text already.
    pub(super) fn text(status: u16, body: String) -> Answer {
        Answer { status, headers: Vec::new(), kind: "application/json", body }
    }

    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), kind: "", body: String::new() }
    }

    /// A page of HTML, as a gateway sends it.
    pub(super) fn html(status: u16, title: &str) -> Answer {
        let body = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
        Answer { status, headers: Vec::new(), kind: "application/html", body }
    }

    /// The same answer with one more header.
    pub(super) fn with(mut self, name: &'static str, text: impl Into<String>) -> Answer {
        self.headers.push((name, text.into()));
        self
    }
}
