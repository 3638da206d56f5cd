//! The address that a browser comes back to after a log-in: questions come in, and each is told on a page what became of it.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

/// How long the last page may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What a person sees in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// It went well.
    pub good: bool,
    /// What happened.
    pub title: String,
    /// What to do now.
    pub words: String,
}

/// The names and values of a question.
pub type Query = Vec<(String, String)>;

/// Who came back, and where the page goes.
type Comer = (Query, oneshot::Sender<Page>);

#[derive(Clone)]
struct Desk {
    path: Arc<str>,
    comers: mpsc::Sender<Comer>,
}

/// Waits for browsers that come back to `path`, one after the other, until `judge` has what it wants of one.
pub async fn callback<T, F>(listener: TcpListener, path: &str, mut judge: impl FnMut(Query) -> F) -> T
where
    F: Future<Output = (Page, Option<T>)>,
{
    let (comers, mut queue) = mpsc::channel::<Comer>(4);
    let done = CancellationToken::new();
    let router = Router::new().fallback(enter).with_state(Desk { path: path.into(), comers });
    let server = axum::serve(listener, router).with_graceful_shutdown(done.clone().cancelled_owned());
    let server = server.into_future();
    tokio::pin!(server);
    let work = async {
        loop {
            let Some((query, reply)) = queue.recv().await else { never().await };
            let (page, wanted) = judge(query).await;
            // A browser that has gone away needs no page.
            let _ = reply.send(page);
            if let Some(wanted) = wanted {
                return wanted;
            }
        }
    };
    let wanted = tokio::select! {
        wanted = work => wanted,
        _ = &mut server => never().await,
    };
    done.cancel();
    let _ = tokio::time::timeout(LAST_WORDS, server).await;
    wanted
}

async fn never<T>() -> T {
    match std::future::pending::<Infallible>().await {}
}

async fn enter(State(desk): State<Desk>, method: Method, uri: Uri, RawQuery(query): RawQuery) -> Response {
    if uri.path() != &*desk.path {
        return StatusCode::NOT_FOUND.into_response();
    }
    if method != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let (reply, page) = oneshot::channel();
    let page = match desk.comers.send((query, reply)).await {
        Ok(()) => page.await.ok(),
        Err(_) => None,
    };
    let page = page.unwrap_or_else(|| Page {
        good: false,
        title: "This log-in is over".to_owned(),
        words: "The terminal says how it ended.".to_owned(),
    });
    let status = if page.good { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, html(&page)).into_response()
}

fn html(page: &Page) -> String {
    let (title, words) = (escaped(&page.title), escaped(&page.words));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>koppel: {title}</title>\
         <style>body{{font:1.1em/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em}}</style></head>\
         <body><h1>{title}</h1><p>{words}</p></body></html>\n"
    )
}

/// The text as it may stand in a page.
fn escaped(text: &str) -> String {
    let escape = |letter: char| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}
