//! What was asked of the sandbox: in go requests and their answers, out come a bounded list and totals by kind of path.

use super::ident::is_uuid;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::collections::VecDeque;

const KEPT: usize = 20_000;

/// One request that the sandbox has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// When it came.
    pub at: Timestamp,
    /// `shop` or `books`.
    pub system: &'static str,
    /// The HTTP method.
    pub method: String,
    /// The path with its query, secrets hidden.
    pub path: String,
    /// The HTTP status of the answer; none where no answer arrives.
    pub status: Option<u16>,
    /// The names of the faults that hit it.
    pub faults: Vec<&'static str>,
}

/// All requests since the start.
#[derive(Default)]
pub(super) struct Log {
    kept: VecDeque<Request>,
    totals: BTreeMap<String, u64>,
    all: u64,
    writes: u64,
}

impl Log {
    /// Notes a request.
    pub(super) fn note(&mut self, request: Request) {
        self.all += 1;
        let path = request.path.split('?').next().unwrap_or_default();
        if request.method != "GET" && !path.ends_with("/oauth/token") {
            self.writes += 1;
        }
        *self.totals.entry(format!("{} {} {}", request.system, request.method, class(path))).or_default() += 1;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(request);
    }

    /// The kept requests, oldest first.
    pub(super) fn list(&self) -> Vec<Request> {
        self.kept.iter().cloned().collect()
    }

    /// The log as it is shown.
    pub(super) fn view(&self) -> Value {
        let rows = self.kept.iter().map(|request| {
            json!({
                "at": request.at.to_string(),
                "system": request.system,
                "method": request.method,
                "path": request.path,
                "status": request.status,
                "faults": request.faults,
            })
        });
        json!({
            "total": self.all,
            "writes": self.writes,
            "by_path": self.totals,
            "requests": rows.collect::<Vec<_>>(),
        })
    }
}

/// A path with its ids taken out.
fn class(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let is_number = part.bytes().any(|byte| byte.is_ascii_digit()) && !part.starts_with('v');
        if is_uuid(part) || is_number { "{id}" } else { part }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A path and query in which the secrets are hidden.
pub(super) fn redact(path: &str, query: &[(String, String)]) -> String {
    let secret = ["token", "partner_token", "code", "client_secret", "code_challenge", "state"];
    let shown = query.iter().map(|(name, text)| {
        let text = if secret.contains(&name.as_str()) { "***" } else { text.as_str() };
        format!("{name}={text}")
    });
    let shown = shown.collect::<Vec<_>>().join("&");
    if shown.is_empty() { path.to_owned() } else { format!("{path}?{shown}") }
}
