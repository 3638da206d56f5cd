//! The webshop's failures in its two forms: an error with a code, and a problem with the wrong fields named.

use crate::sandbox::call::Answer;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// The wrong fields of a request, by path.
#[derive(Default)]
pub(super) struct Wrong(Map<String, Value>);

impl Wrong {
    /// Notes what is wrong with a field.
    pub(super) fn note(&mut self, path: impl Into<String>, message: &str) {
        self.0.entry(path.into()).or_insert_with(|| json!(message));
    }

    /// The refusal, if anything is wrong.
    pub(super) fn check(self) -> Result<(), Answer> {
        if self.0.is_empty() { Ok(()) } else { Err(problem(self.0)) }
    }
}

/// One wrong field.
pub(super) fn wrong(path: &str, message: &str) -> Answer {
    problem(Map::from_iter([(path.to_owned(), json!(message))]))
}

fn problem(errors: Map<String, Value>) -> Answer {
    let body = json!({
        "type": "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html",
        "title": "Invalid Request",
        "detail": "Invalid data provided.",
        "status": 422,
        "errors": errors,
    });
    Answer::json(422, &body)
}

/// A failure with a code.
pub(super) fn error(code: u16, description: &str) -> Answer {
    let message = match code {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        429 => "Too Many Requests",
        _ => "Internal Server Error",
    };
    Answer::json(code, &json!({"code": code, "message": message, "description": description}))
}

/// A text that is missing.
pub(super) const MISSING: &str = "Waarde ontbreekt.";
/// A text that is not what it should be.
pub(super) const INVALID: &str = "Waarde is ongeldig.";
/// A field that is not known.
pub(super) const EXTRA: &str = "Dit veld is niet toegestaan.";
