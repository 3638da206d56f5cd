//! The way in to both systems: in goes an HTTP request, out comes the answer of its system, or what a fault makes of it.

use super::Sandbox;
use super::State as Systems;
use super::books;
use super::call::Answer;
use super::call::Call;
use super::fault::Broken;
use super::fault::FaultKind;
use super::inspect;
use super::log;
use super::log::Request as Noted;
use super::shop;
use super::wire::Line;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::response::Response;
use url::form_urlencoded;

/// The largest body that is read.
const LARGEST: usize = 8 << 20;

/// One of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Shop,
    Books,
}

impl System {
    fn name(self) -> &'static str {
        match self {
            System::Shop => "shop",
            System::Books => "books",
        }
    }
}

/// One system as a router.
pub(super) fn router(sandbox: Sandbox, system: System) -> Router {
    Router::new().fallback(enter).with_state((sandbox, system))
}

/// What becomes of a request.
struct Outcome {
    answer: Answer,
    broken: Option<Broken>,
    late: bool,
}

async fn enter(State((sandbox, system)): State<(Sandbox, System)>, request: Request) -> Response {
    let line = request.extensions().get::<ConnectInfo<Line>>().map(|line| line.0.clone());
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return respond(Answer::html(413, "Request Entity Too Large"), None, None);
    };
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|text| text.to_str().ok());
    let call = Call {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: pairs(&head.uri),
        authorization: authorization.map(str::to_owned),
        base: format!("http://{host}"),
        body,
        now: sandbox.time(),
        shift: 0,
        lagging: false,
    };
    if call.path.starts_with("/_sandbox") {
        return respond(inspect::answer(&sandbox, &call), None, None);
    }
    let outcome = pass(&sandbox, system, call);
    if outcome.late {
        tokio::time::sleep(sandbox.options.slow).await;
    }
    respond(outcome.answer, outcome.broken, line)
}

/// The name and value pairs of a query.
pub(super) fn pairs(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// The name and value pairs of a form, as loosely written as clients send them.
pub(super) fn form(body: &Bytes) -> Vec<(String, String)> {
    form_urlencoded::parse(body.trim_ascii()).into_owned().collect()
}

/// Counts, limits, strikes with the faults, and lets the system answer.
fn pass(sandbox: &Sandbox, system: System, mut call: Call) -> Outcome {
    let options = &sandbox.options;
    let mut state = sandbox.state();
    let hits = state.faults.hit(options.seed, &call.method, &call.path, |kind| fits(kind, system, &call));
    call.shift = hits.iter().fold(0, |shift, kind| match kind {
        FaultKind::PageShift => shift - 1,
        FaultKind::PageSkip => shift + 1,
        _ => shift,
    });
    call.lagging = hits.contains(&FaultKind::SearchLag);
    let outcome = strike(&mut state, sandbox, system, &call, &hits);
    let status = match outcome.broken {
        Some(Broken::Reset | Broken::NoReply) => None,
        _ => Some(outcome.answer.status),
    };
    state.log.note(Noted {
        at: call.now,
        system: system.name(),
        method: call.method.clone(),
        path: log::redact(&call.path, &call.query),
        status,
        faults: hits.iter().map(|kind| kind.name()).collect(),
    });
    outcome
}

fn strike(state: &mut Systems, sandbox: &Sandbox, system: System, call: &Call, hits: &[FaultKind]) -> Outcome {
    let options = &sandbox.options;
    let plain = |answer| Outcome { answer, broken: None, late: false };
    let (pace, limit) = match system {
        System::Shop => (&mut state.shop_pace, options.shop_limit),
        System::Books => (&mut state.books_pace, options.books_limit),
    };
    if !is_token(call) && !pace.takes(limit, call.now) {
        return plain(failure(system, 429));
    }
    let broken = |broken, answer| Outcome { answer, broken: Some(broken), late: false };
    for kind in hits {
        match kind {
            FaultKind::TooMany => return plain(failure(system, 429)),
            FaultKind::ServerError => return plain(failure(system, 500)),
            FaultKind::Conflict => return plain(failure(system, 409)),
            FaultKind::Html502 => return plain(Answer::html(502, "502 Bad Gateway")),
            FaultKind::Reset => return broken(Broken::Reset, Answer::empty(502)),
            FaultKind::ExpiredToken => state.books.expire(call),
            _ => {}
        }
    }
    let answer = match system {
        System::Shop => shop::answer(&mut state.shop, options, call),
        System::Books => books::answer(&mut state.books, options, call),
    };
    for kind in hits {
        match kind {
            FaultKind::LostReply => return broken(Broken::NoReply, Answer::empty(502)),
            FaultKind::CutBody => return broken(Broken::CutBody, answer),
            FaultKind::ServerErrorAfter => return plain(failure(system, 500)),
            FaultKind::Slow => return Outcome { answer, broken: None, late: true },
            _ => {}
        }
    }
    plain(answer)
}

/// A failure in the words of its system.
fn failure(system: System, status: u16) -> Answer {
    let answer = match system {
        System::Shop => shop::failure(status),
        System::Books => books::failure(status),
    };
    if status == 429 { answer.with("retry-after", "1") } else { answer }
}

fn is_token(call: &Call) -> bool {
    call.path.starts_with("/oauth-provider/")
}

/// Whether a fault can hit this request at all.
fn fits(kind: FaultKind, system: System, call: &Call) -> bool {
    let number = |name: &str| call.query(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    match kind {
        FaultKind::ExpiredToken => system == System::Books && !is_token(call),
        FaultKind::Conflict => call.method != "GET" && !is_token(call),
        FaultKind::SearchLag => system == System::Books && call.query("query").is_some(),
        FaultKind::PageShift | FaultKind::PageSkip => {
            call.method == "GET" && (number("offset") > 0 || number("page") > 1)
        }
        _ => true,
    }
}

fn respond(answer: Answer, broken: Option<Broken>, line: Option<Line>) -> Response {
    let length = answer.body.len();
    let body = match broken {
        Some(Broken::CutBody) => cut(&answer.body),
        Some(Broken::Reset | Broken::NoReply) => Body::empty(),
        None => Body::from(answer.body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if !answer.kind.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.kind));
    }
    if broken == Some(Broken::CutBody) {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    for (name, text) in answer.headers {
        if let Ok(text) = HeaderValue::from_str(&text) {
            headers.append(name, text);
        }
    }
    if let Some(broken) = broken {
        response.extensions_mut().insert(broken);
        if let Some(line) = line.filter(|_| broken != Broken::CutBody) {
            line.snap();
        }
    }
    response
}

/// The first half of a body, then an end that should not be there.
fn cut(body: &str) -> Body {
    let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
    let pieces = futures_util::stream::unfold(Some(half), |piece| async move {
        let next: Result<Bytes, std::io::Error> = match piece {
            Some(half) if !half.is_empty() => return Some((Ok(half), Some(Bytes::new()))),
            Some(_) => {
                // The first half is flushed before the line breaks.
                tokio::task::yield_now().await;
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
            }
            None => return None,
        };
        Some((next, None))
    });
    Body::from_stream(pieces)
}
