//! The bookkeeping's failures in its own form: a code, a key, a message and details.

use crate::sandbox::call::Answer;
use serde_json::Value;
use serde_json::json;

/// What is wrong with one parameter.
#[derive(Clone, Debug)]
pub(super) struct Detail {
    pub(super) param: String,
    pub(super) key: &'static str,
    pub(super) message: String,
}

impl Detail {
    pub(super) fn missing(param: impl Into<String>) -> Detail {
        Detail { param: param.into(), key: "is_missing", message: "is missing".to_owned() }
    }

    pub(super) fn invalid(param: impl Into<String>) -> Detail {
        Detail { param: param.into(), key: "is_invalid", message: "is invalid".to_owned() }
    }

    pub(super) fn because(param: impl Into<String>, message: &str) -> Detail {
        Detail { param: param.into(), key: "is_invalid", message: message.to_owned() }
    }
}

/// A failure with its details.
pub(super) fn error(code: u16, key: &str, message: &str, details: Value) -> Answer {
    Answer::json(code, &json!({"error": {"code": code, "key": key, "message": message, "details": details}}))
}

/// A failure without details.
pub(super) fn plain(code: u16, key: &str, message: &str) -> Answer {
    error(code, key, message, json!([]))
}

/// Parameters that are refused.
pub(super) fn invalid(details: &[Detail]) -> Answer {
    let rows = details.iter().map(|row| json!({"param": row.param, "key": row.key, "message": row.message}));
    let message = "The parameters are invalid (either missing, not of the correct type or incorrect format).";
    error(422, "params.invalid", message, rows.collect())
}

/// An operation that is refused; its detail has a class for a key, and no parameter.
pub(super) fn refused(key: &str, message: &str) -> Answer {
    let details = json!([{"key": key, "message": message}]);
    error(422, "operation.invalid", "The operation could not be executed on the resource.", details)
}

pub(super) fn not_found() -> Answer {
    plain(404, "resource.not_found", "Requested resource cannot be found.")
}

pub(super) fn no_endpoint() -> Answer {
    plain(404, "endpoint.not_found", "Invalid or non existing endpoint.")
}

pub(super) fn no_method() -> Answer {
    plain(405, "resource.method_not_allowed", "The method is not allowed on this resource.")
}

pub(super) fn conflict() -> Answer {
    plain(409, "resource.conflict", "A conflict occurred while processing the request.")
}

pub(super) fn year_closed(year: i16) -> Answer {
    let message = format!(
        "The operation could not be executed because it affects a closed financial year: {year}. To execute the \
         operation, please open the financial year in your administration first."
    );
    plain(422, "operation.year_closed", &message)
}

/// The failure that belongs to a status, for faults.
pub(super) fn of_status(status: u16) -> Answer {
    match status {
        409 => conflict(),
        429 => plain(429, "request.throttled", "The request has been throttled, please try again later."),
        _ => plain(status, "server.internal_error", "Internal server error. Please try again later."),
    }
}
