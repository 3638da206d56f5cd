//! The daemon's port: questions of monitors and pushed records come in, answers go out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::report::{Diagnostic, Span, codes};
use crate::serve::hooks::{self, Hooks};
use crate::serve::{Form, Health, Metrics};
use crate::value::Clock;

/// Where the daemon listens unless it is told otherwise.
pub const LISTEN: &str = "127.0.0.1:7430";

/// What stands behind the port.
#[derive(Clone)]
pub struct Desk {
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The daemon's word on itself.
    pub health: Arc<Health>,
    /// Who takes pushed records.
    pub hooks: Arc<dyn Hooks>,
    /// The time, which signatures are judged by.
    pub clock: Clock,
}

/// All that the port answers.
pub fn router(desk: Desk) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/hooks/{flow}", post(hooks::of_flow))
        .route("/hooks/{tenant}/{flow}", post(hooks::of_tenant))
        .layer(hooks::limit())
        .with_state(desk)
}

/// Takes the port.
///
/// # Errors
/// With what a person does about it, when the address is none or another process has it.
pub async fn bind(listen: &str) -> Result<TcpListener, Box<Diagnostic>> {
    let wrong = |code, words: String, next: &str| Box::new(Diagnostic::error(code, Span::NONE, words).next(next));
    let address: SocketAddr = listen.parse().map_err(|_| {
        let words = format!("`{listen}` is no address with a port");
        wrong(codes::workspace::ADDRESS, words, "write it as `127.0.0.1:7430`; port 0 takes a free one")
    })?;
    TcpListener::bind(address).await.map_err(|error| {
        let words = format!("{address} cannot be had: {error}");
        let next =
            "see whether a koppel serves here already (`koppel status`), or name another port in `[serve] listen`";
        wrong(codes::command::CANNOT, words, next)
    })
}

/// Answers until it is told to stop, and then what is under way.
///
/// # Errors
/// When the port can no longer be listened on.
pub async fn answer(listener: TcpListener, desk: Desk, cancel: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(desk)).with_graceful_shutdown(cancel.cancelled_owned()).await
}

fn said(word: Result<(), String>) -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    match word {
        Ok(()) => (StatusCode::OK, plain, "ok\n".to_owned()).into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, plain, why + "\n").into_response(),
    }
}

async fn healthz(State(desk): State<Desk>) -> Response {
    said(desk.health.live())
}

async fn readyz(State(desk): State<Desk>) -> Response {
    said(desk.health.ready())
}

async fn metrics(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let wish = headers.get(header::ACCEPT).and_then(|wish| wish.to_str().ok()).unwrap_or_default();
    let (form, kind) = if wish.contains("application/openmetrics-text") {
        (Form::Open, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    } else {
        (Form::Classic, "text/plain; version=0.0.4; charset=utf-8")
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], desk.metrics.text(form)).into_response()
}
