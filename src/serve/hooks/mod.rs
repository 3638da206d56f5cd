//! Webhooks: a signed record comes in; it is kept durably before it is answered, and worked on as any other.

mod signature;

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::ledger::LedgerError;
use crate::serve::port::Desk;

pub use signature::{HookKey, Refused, WINDOW, signed, verify};

/// The largest record that is taken.
const LARGEST: usize = 1024 * 1024;
/// How long a record may take to arrive.
const ARRIVES: Duration = Duration::from_secs(10);
/// The longest name that a webhook may have.
const LONGEST_ID: usize = 256;

/// A record that was pushed to a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The sender's name for it, the same whenever it sends it again.
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// The record.
    pub body: Bytes,
}

/// Who takes pushed records.
pub trait Hooks: Send + Sync {
    /// The keys whose signatures count for a flow; none where no flow of that name takes webhooks.
    fn keys(&self, tenant: Option<&str>, flow: &str) -> Option<Vec<HookKey>>;

    /// Keeps it: durable when it answers, and once for each name; whether it is new.
    fn keep(&self, tenant: Option<&str>, flow: &str, hook: Hook) -> BoxFuture<'_, Result<bool, LedgerError>>;
}

/// A port that takes no webhooks.
impl Hooks for () {
    fn keys(&self, _: Option<&str>, _: &str) -> Option<Vec<HookKey>> {
        None
    }

    fn keep(&self, _: Option<&str>, _: &str, _: Hook) -> BoxFuture<'_, Result<bool, LedgerError>> {
        unreachable!("what no key opens is not kept")
    }
}

/// Larger bodies are refused while they arrive.
pub(super) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LARGEST)
}

/// `POST /hooks/FLOW`.
pub(super) async fn of_flow(State(desk): State<Desk>, Path(flow): Path<String>, request: Request) -> Response {
    take(&desk, None, &flow, request).await
}

/// `POST /hooks/TENANT/FLOW`.
pub(super) async fn of_tenant(
    State(desk): State<Desk>,
    Path((tenant, flow)): Path<(String, String)>,
    request: Request,
) -> Response {
    take(&desk, Some(&tenant), &flow, request).await
}

async fn take(desk: &Desk, tenant: Option<&str>, flow: &str, request: Request) -> Response {
    let Some(keys) = desk.hooks.keys(tenant, flow) else {
        desk.metrics.hooked(None, StatusCode::NOT_FOUND.as_u16());
        return (StatusCode::NOT_FOUND, "no flow of this name takes webhooks\n").into_response();
    };
    let answer = match taken(desk, (tenant, flow), &keys, request).await {
        Ok(true) => (StatusCode::ACCEPTED, "kept\n").into_response(),
        Ok(false) => (StatusCode::OK, "known\n").into_response(),
        Err(answer) => *answer,
    };
    desk.metrics.hooked(Some(flow), answer.status().as_u16());
    answer
}

/// Whether it is new.
async fn taken(
    desk: &Desk,
    (tenant, flow): (Option<&str>, &str),
    keys: &[HookKey],
    request: Request,
) -> Result<bool, Box<Response>> {
    let refused = |status: StatusCode, words: &str| Err(Box::new((status, format!("{words}\n")).into_response()));
    let headers = request.headers().clone();
    // 1. All of it, bounded in size and time.
    let body = match desk.clock.within(ARRIVES, Bytes::from_request(request, &())).await {
        None => return refused(StatusCode::REQUEST_TIMEOUT, "it did not arrive in time"),
        Some(Err(rejection)) => return Err(Box::new(rejection.into_response())),
        Some(Ok(body)) => body,
    };
    // 2. From whom it says it is, and not of long ago.
    let header = |name: &str| header(&headers, name);
    let (Some(id), Some(timestamp), Some(signatures)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        return refused(StatusCode::UNAUTHORIZED, "webhook-id, webhook-timestamp and webhook-signature are needed");
    };
    let now = desk.clock.now();
    if let Err(why) = verify(keys, (id, timestamp, signatures), &body, now) {
        return refused(StatusCode::UNAUTHORIZED, why.words());
    }
    if id.is_empty() || id.len() > LONGEST_ID {
        return refused(StatusCode::BAD_REQUEST, "webhook-id is empty or too long");
    }
    // 3. Something that can be a record at all.
    let is_object = serde_json::from_slice::<&RawValue>(&body).is_ok_and(|value| value.get().trim().starts_with('{'));
    if !is_object {
        return refused(StatusCode::BAD_REQUEST, "a record is one JSON object");
    }
    // 4. Durable before it is answered.
    let hook = Hook { id: id.to_owned(), at: now, body };
    match desk.hooks.keep(tenant, flow, hook).await {
        Ok(new) => Ok(new),
        // The words name a file of this machine: they are for its log, not for the sender.
        Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE, "it cannot be kept now; send it again later"),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
