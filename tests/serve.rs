//! The daemon's port, called without a socket: what monitors and senders of webhooks ask, and all that is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use futures_util::future::{BoxFuture, FutureExt, ready};
use jiff::Timestamp;
use koppel::ledger::{Counts, LedgerError, Scope, Status};
use koppel::run::{Ended, Others, Report, Requests};
use koppel::serve::{
    Desk, Form, Health, Hook, HookKey, Hooks, Manager, Metrics, Refused, bind, router, signed, verify,
};
use koppel::value::Clock;
use regex::Regex;
use tower::ServiceExt;

use crate::support::figure;
use crate::support::folder::Folder;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: i64 = 1_790_000_000;

fn clock() -> Clock {
    Clock::fixed(Timestamp::from_second(NOW).unwrap())
}

fn report(ended: Ended) -> Report {
    let others = Others { ended: BTreeMap::from([(Status::Done, 7), (Status::Held, 2)]), ..Others::default() };
    Report {
        flow: "orders \"of\" a\\shop".into(),
        outcomes: Vec::new(),
        others,
        listed: 9,
        unchanged: 0,
        in_doubt: 0,
        requests: Requests { reads: 12, writes: 7, least: 19 },
        ended,
        unanswered: Vec::new(),
    }
}

/// Counts of each kind.
fn metrics() -> Metrics {
    let metrics = Metrics::default();
    let at = Timestamp::from_second(NOW).unwrap();
    metrics.ran("shop", &report(Ended::Done), Duration::from_millis(2300), at);
    metrics.ran("shop", &report(Ended::Unreachable("no".to_owned())), Duration::from_secs(40), at);
    let mut counts = Counts::default();
    counts.add(Status::InDoubt, 3);
    metrics.stands(&Scope::new("shop", "orders"), &counts, true);
    metrics.reloaded(false);
    metrics.hooked(None, 404);
    metrics
}

/// Reads the classic text as strictly as its definition: a head before its samples, each series once, nothing else.
fn strict(text: &str) -> BTreeMap<String, f64> {
    let sample = Regex::new(
        r#"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? ([0-9.eE+-]+|\+Inf|NaN)$"#,
    )
    .unwrap();
    let (mut kinds, mut helps, mut series) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("no help: {line}"));
            assert!(helps.insert(name.to_owned()) && !help.is_empty(), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("no kind: {line}"));
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(helps.contains(name), "no help before {line}");
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
        } else {
            let found = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
            let name = &found[1];
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let family = family.filter(|family| kinds.get(*family).is_some_and(|kind| kind == "histogram"));
            let kind = kinds.get(family.unwrap_or(name)).unwrap_or_else(|| panic!("no head before {line}"));
            assert!(name.starts_with("koppel_"), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            let series_name = line.rsplit_once(' ').unwrap().0.to_owned();
            let value = found[3].replace("+Inf", "inf").parse().unwrap();
            assert!(series.insert(series_name, value).is_none(), "twice: {line}");
        }
    }
    series
}

#[test]
fn counts_are_read_by_a_strict_parser_and_by_promtool() {
    let metrics = metrics();
    let text = metrics.text(Form::Classic);
    let series = strict(&text);
    let flow = r#"tenant="shop",flow="orders \"of\" a\\shop""#;
    let of = |name: &str, more: &str| {
        *series.get(&format!("koppel_{name}{{{flow}{more}}}")).unwrap_or_else(|| panic!("{name}: {text}"))
    };
    assert_eq!(of("runs_total", r#",ended="done""#), 1.0);
    assert_eq!(of("runs_total", r#",ended="unreachable""#), 1.0);
    assert_eq!(of("run_records_total", r#",status="done""#), 14.0);
    assert_eq!(of("requests_total", r#",kind="read""#), 24.0);
    assert_eq!(of("run_seconds_count", ""), 2.0);
    let within = series[&format!(r#"koppel_run_seconds_bucket{{le="5.0",{flow}}}"#)];
    assert_eq!(within, 1.0);
    assert_eq!(series[r#"koppel_records{tenant="shop",flow="orders",status="in_doubt"}"#], 3.0);
    assert_eq!(series[r#"koppel_flow_paused{tenant="shop",flow="orders"}"#], 1.0);
    assert_eq!(series[r#"koppel_hooks_total{flow="",status="404"}"#], 1.0);
    let open = metrics.text(Form::Open);
    assert!(open.ends_with("# EOF\n") && open.contains("# TYPE koppel_runs counter\n"), "{open}");

    let promtool = std::env::var("KOPPEL_PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    let tool = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tool) = tool else {
        assert!(std::env::var_os("KOPPEL_TOOLS").is_none(), "the tools are promised, and there is no promtool");
        return figure::tell("counts_are_read", "not tried: there is no promtool on this machine");
    };
    std::io::Write::write_all(&mut tool.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let told = tool.wait_with_output().unwrap();
    assert!(
        told.status.success(),
        "{}{}",
        String::from_utf8_lossy(&told.stdout),
        String::from_utf8_lossy(&told.stderr)
    );
}

/// Keeps webhooks of the flow `orders`, for as long as there is room.
#[derive(Default)]
struct Shelf {
    kept: Mutex<Vec<Hook>>,
    full: bool,
}

impl Hooks for Shelf {
    fn keys(&self, _: Option<&str>, flow: &str) -> Option<Vec<HookKey>> {
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        (flow == "orders").then(|| vec![HookKey::parse(other).unwrap(), HookKey::parse(SECRET).unwrap()])
    }

    fn keep(&self, _: Option<&str>, _: &str, hook: Hook) -> BoxFuture<'_, Result<bool, LedgerError>> {
        if self.full {
            let error = LedgerError::Broken { path: "/var/lib/koppel/koppel.db".into(), words: "no space".to_owned() };
            return ready(Err(error)).boxed();
        }
        let mut kept = self.kept.lock().unwrap();
        let new = kept.iter().all(|known| known.id != hook.id);
        if new {
            kept.push(hook);
        }
        ready(Ok(new)).boxed()
    }
}

fn port(hooks: Arc<dyn Hooks>) -> (Router, Arc<Health>, Arc<Metrics>) {
    let (health, metrics) = (Arc::new(Health::new(clock())), Arc::new(metrics()));
    let desk = Desk { metrics: metrics.clone(), health: health.clone(), hooks, clock: clock() };
    (router(desk), health, metrics)
}

async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, String, String) {
    let answer = router.clone().oneshot(request).await.unwrap();
    let kind = answer.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_monitor_is_told_whether_it_lives_and_takes_work() {
    let (router, health, _) = port(Arc::new(()));
    assert_eq!(ask(&router, get("/healthz")).await.0, 200);
    let (status, _, words) = ask(&router, get("/readyz")).await;
    assert_eq!((status.as_u16(), words.as_str()), (503, "it starts\n"));
    health.is_ready();
    assert_eq!(ask(&router, get("/readyz")).await.0, 200);
    health.ails("the ledger refuses");
    assert_eq!(ask(&router, get("/readyz")).await.2, "the ledger refuses\n");
    health.stops();
    health.is_ready();
    assert_eq!(ask(&router, get("/readyz")).await.2, "it ends\n", "who ends takes no work any more");
    let (_, kind, text) = ask(&router, get("/metrics")).await;
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    strict(&text);
    let wish = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let request = Request::get("/metrics").header("accept", wish).body(Body::empty()).unwrap();
    let (_, kind, text) = ask(&router, request).await;
    assert!(kind.starts_with("application/openmetrics-text") && text.ends_with("# EOF\n"), "{kind}");
    assert_eq!(ask(&router, get("/hooks/orders")).await.0, 405);
}

#[test]
fn a_loop_that_hangs_is_not_alive() {
    let passed = Arc::new(Mutex::new(Duration::ZERO));
    let steady = passed.clone();
    let health = Health::new(clock().with_steady(move || *steady.lock().unwrap()));
    health.is_ready();
    *passed.lock().unwrap() = Duration::from_secs(61);
    assert_eq!(health.live().unwrap_err(), "nothing moved for 61 s");
    assert!(health.ready().is_err());
    health.beat();
    assert!(health.live().is_ok() && health.ready().is_ok());
}

#[tokio::test]
async fn a_port_that_cannot_be_had_is_told_with_the_next_step() {
    let taken = bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let told = bind(&address.to_string()).await.unwrap_err();
    assert!(told.title.contains(&address.to_string()) && told.code.to_string() == "K0807", "{}", told.title);
    let told = bind("7430").await.unwrap_err();
    assert_eq!(told.title, "`7430` is no address with a port");
}

/// A webhook as its sender sends it.
fn hook(flow: &str, id: &str, body: &str) -> Request<Body> {
    let signature = signed(&HookKey::parse(SECRET).unwrap(), id, NOW, body.as_bytes());
    message(flow, id, &NOW.to_string(), &signature, body)
}

fn message(flow: &str, id: &str, time: &str, signature: &str, body: &str) -> Request<Body> {
    Request::post(format!("/hooks/{flow}"))
        .header("webhook-id", id)
        .header("webhook-timestamp", time)
        .header("webhook-signature", signature)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn a_signed_record_is_kept_once_and_others_are_refused() {
    let shelf = Arc::new(Shelf::default());
    let (router, _, metrics) = port(shelf.clone());
    let status = async |request| ask(&router, request).await.0.as_u16();
    assert_eq!(status(hook("orders", "msg_1", r#"{"id": 1}"#)).await, 202);
    assert_eq!(status(hook("orders", "msg_1", r#"{"id": 1}"#)).await, 200, "a name that is known is harmless");
    assert_eq!(status(hook("orders", "msg_2", r#"{"id": 2}"#)).await, 202);
    // Of several signatures one that is good is enough.
    let good = signed(&HookKey::parse(SECRET).unwrap(), "msg_3", NOW, b"{}");
    let several = format!("v1a,AAAA v1,bm8= {good}");
    assert_eq!(status(message("orders", "msg_3", &NOW.to_string(), &several, "{}")).await, 202);

    assert_eq!(status(message("orders", "msg_4", &NOW.to_string(), &good, "{}")).await, 401, "signed for another name");
    assert_eq!(status(message("orders", "msg_3", &NOW.to_string(), &good, "{} ")).await, 401, "another body");
    assert_eq!(status(message("orders", "msg_3", &(NOW - 1).to_string(), &good, "{}")).await, 401, "another time");
    assert_eq!(status(message("orders", "msg_3", &NOW.to_string(), "", "{}")).await, 401);
    assert_eq!(status(Request::post("/hooks/orders").body(Body::from("{}")).unwrap()).await, 401);
    for (late, expected) in [(300, 202), (301, 401), (-300, 202), (-301, 401)] {
        let (id, time) = (format!("msg_{late}"), NOW - late);
        let signature = signed(&HookKey::parse(SECRET).unwrap(), &id, time, b"{}");
        assert_eq!(status(message("orders", &id, &time.to_string(), &signature, "{}")).await, expected, "{late}");
    }
    let body = format!("{{\"text\": \"{}\"}}", "a".repeat(1024 * 1024));
    assert_eq!(status(hook("orders", "msg_5", &body)).await, 413);
    assert_eq!(status(hook("other", "msg_6", "{}")).await, 404);
    assert_eq!(status(hook("orders", "msg_7", "[1]")).await, 400);
    assert_eq!(status(hook("orders", "msg_8", "{")).await, 400);
    let kept: Vec<String> = shelf.kept.lock().unwrap().iter().map(|hook| hook.id.clone()).collect();
    assert_eq!(kept, ["msg_1", "msg_2", "msg_3", "msg_300", "msg_-300"]);
    assert_eq!(strict(&metrics.text(Form::Classic))[r#"koppel_hooks_total{flow="orders",status="202"}"#], 5.0);

    let (router, ..) = port(Arc::new(Shelf { full: true, ..Shelf::default() }));
    let (status, _, words) = ask(&router, hook("orders", "msg_1", "{}")).await;
    assert_eq!(status, 503);
    assert!(!words.contains("koppel.db"), "a sender is told nothing of this machine: {words}");
}

#[test]
fn a_signature_is_as_the_standard_says() {
    let key = HookKey::parse(SECRET).unwrap();
    let (id, time, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
    let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_eq!(signed(&key, id, time, body), expected);
    let now = Timestamp::from_second(time).unwrap();
    let keys = [key];
    assert_eq!(verify(&keys, (id, "1614265330", expected), body, now), Ok(()));
    for time in ["", "+1614265330", "-1", "1e9", "99999999999999999999"] {
        assert_eq!(verify(&keys, (id, time, expected), body, now), Err(Refused::NoTime), "{time}");
    }
    for (secret, words) in [("MfKQ9r8G", "whsec_"), ("whsec_*", "base64"), ("whsec_QUFB", "16 bytes")] {
        assert!(HookKey::parse(secret).unwrap_err().contains(words), "{secret}");
    }
    assert!(!format!("{keys:?}").contains("MfKQ"));
}

/// What a service manager hears, over a socket as systemd hands it to a process: this test runs itself once more as the process.
#[tokio::test]
async fn a_service_manager_is_told_what_it_does() {
    const ITSELF: &str = "serve::a_service_manager_is_told_what_it_does";
    if std::env::var_os("KOPPEL_AS_A_SERVICE").is_some() {
        let (manager, clock) = (Manager, Clock::new(|| Timestamp::from_second(NOW).unwrap()));
        let health = Arc::new(Health::new(clock.clone()));
        manager.ready("2 flows");
        let _ = tokio::time::timeout(Duration::from_millis(350), manager.keep(&clock, &health)).await;
        manager.reloading();
        manager.stopping();
        return;
    }
    let folder = Folder::with(&[]);
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", ITSELF])
        .env("KOPPEL_AS_A_SERVICE", "1")
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "200000")
        .env_remove("WATCHDOG_PID")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    socket.set_nonblocking(true).unwrap();
    let mut heard = Vec::new();
    let mut bytes = [0; 1024];
    while let Ok(length) = socket.recv(&mut bytes) {
        heard.extend(String::from_utf8_lossy(&bytes[..length]).lines().map(str::to_owned));
    }
    let beats = heard.iter().filter(|line| *line == "WATCHDOG=1").count();
    assert!((2..=5).contains(&beats), "half of the time it is given: {heard:?}");
    heard.retain(|line| line != "WATCHDOG=1" && !line.starts_with("MONOTONIC_USEC="));
    assert_eq!(heard, ["READY=1", "STATUS=2 flows", "RELOADING=1", "STOPPING=1"]);
}
