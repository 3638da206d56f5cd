//! The warehouse of the guide, an invented service: requests over HTTP go in, parcels are kept, answers come out.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// So many parcels stand on a page.
const PAGE: usize = 2;

type Parcels = Arc<Mutex<Vec<Value>>>;

/// The service, on a free port of this machine until its owner goes away.
pub(super) struct Warehouse {
    /// Its port.
    pub(super) port: u16,
    parcels: Parcels,
    stop: Option<oneshot::Sender<()>>,
}

impl Warehouse {
    /// An empty one.
    pub(super) fn start() -> Warehouse {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("a socket can be told so");
        let port = listener.local_addr().expect("it is bound").port();
        let parcels = Parcels::default();
        let (stop, stopped) = oneshot::channel();
        let app = app(parcels.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread is free");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("the socket is a listener");
                let ended = async move {
                    let _ = stopped.await;
                };
                axum::serve(listener, app).with_graceful_shutdown(ended).await.expect("it serves");
            });
        });
        Warehouse { port, parcels, stop: Some(stop) }
    }

    /// What it keeps, as `reference state`.
    pub(super) fn kept(&self) -> Vec<String> {
        let parcels = self.parcels.lock().unwrap();
        let word = |parcel: &Value, field: &str| parcel[field].as_str().unwrap_or_default().to_string();
        parcels.iter().map(|parcel| format!("{} {}", word(parcel, "reference"), word(parcel, "state"))).collect()
    }
}

impl Drop for Warehouse {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

fn app(parcels: Parcels) -> Router {
    Router::new()
        .route("/v1/parcels", get(list).post(pack))
        .route("/v1/parcels/{id}", get(one))
        .route("/v1/parcels/{id}/release", post(release))
        .layer(middleware::from_fn(knows))
        .with_state(parcels)
}

/// Who brings no key is sent away.
async fn knows(request: Request, next: Next) -> Response {
    match request.headers().get("x-key") {
        Some(key) if key == "open-sesame" => next.run(request).await,
        _ => refuse(StatusCode::UNAUTHORIZED, "key", "this key opens nothing"),
    }
}

fn refuse(status: StatusCode, problem: &str, text: &str) -> Response {
    (status, Json(json!({ "problem": problem, "text": text }))).into_response()
}

#[derive(serde::Deserialize)]
struct Asked {
    page: Option<usize>,
    reference: Option<String>,
}

/// The newest first; those of one reference, or page by page.
async fn list(State(parcels): State<Parcels>, Query(asked): Query<Asked>) -> Response {
    let all: Vec<Value> = parcels.lock().unwrap().iter().rev().cloned().collect();
    if let Some(reference) = asked.reference {
        let found: Vec<Value> = all.into_iter().filter(|parcel| parcel["reference"] == *reference).collect();
        return Json(json!({ "parcels": found, "last": true })).into_response();
    }
    let from = asked.page.unwrap_or(1).saturating_sub(1) * PAGE;
    let shown: Vec<Value> = all.iter().skip(from).take(PAGE).cloned().collect();
    Json(json!({ "parcels": shown, "last": from + PAGE >= all.len() })).into_response()
}

async fn one(State(parcels): State<Parcels>, Path(id): Path<String>) -> Response {
    match parcels.lock().unwrap().iter().find(|parcel| parcel["id"] == *id) {
        Some(parcel) => Json(parcel.clone()).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "no_parcel", "there is no such parcel"),
    }
}

async fn pack(State(parcels): State<Parcels>, Json(mut parcel): Json<Value>) -> Response {
    if parcel["to"]["country"].as_str().is_some_and(|country| country != "NL") {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "country", "we bring parcels within the Netherlands only");
    }
    let mut parcels = parcels.lock().unwrap();
    parcel["id"] = json!(format!("P{}", parcels.len() + 1));
    parcel["state"] = json!("packed");
    parcel["packed_at"] = json!("2026-03-02T10:00:00Z");
    parcels.push(parcel.clone());
    (StatusCode::CREATED, Json(parcel)).into_response()
}

async fn release(State(parcels): State<Parcels>, Path(id): Path<String>) -> Response {
    match parcels.lock().unwrap().iter_mut().find(|parcel| parcel["id"] == *id) {
        Some(parcel) => {
            parcel["state"] = json!("released");
            StatusCode::NO_CONTENT.into_response()
        }
        None => refuse(StatusCode::NOT_FOUND, "no_parcel", "there is no such parcel"),
    }
}
