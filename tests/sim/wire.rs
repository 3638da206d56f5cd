//! Stands on the wire and writes down what passes, with the time.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use koppel::connect::{Answer, Lost, Request, Transport};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// A request that passed, and what became of it as far as the sender knows.
#[derive(Clone)]
pub struct Passed {
    pub method: String,
    /// Path and query.
    pub path: String,
    pub body: Option<Bytes>,
    /// The status, or none where no whole answer came.
    pub status: Option<u16>,
}

/// The wire.
pub struct Wire {
    inner: Arc<dyn Transport>,
    start: Instant,
    passed: Mutex<Vec<Passed>>,
    trace: Mutex<String>,
}

impl Wire {
    /// A wire to these systems.
    pub fn new(inner: Arc<dyn Transport>) -> Arc<Wire> {
        let (passed, trace) = (Mutex::default(), Mutex::default());
        Arc::new(Wire { inner, start: Instant::now(), passed, trace })
    }

    /// All that passed, in the order in which it left.
    pub fn passed(&self) -> Vec<Passed> {
        self.passed.lock().expect("nobody panics").clone()
    }

    /// The trace: a line for each request and each event of the life.
    pub fn trace(&self) -> String {
        self.trace.lock().expect("nobody panics").clone()
    }

    /// Writes a line into the trace.
    pub fn note(&self, words: &str) {
        let millis = self.start.elapsed().as_millis();
        let mut trace = self.trace.lock().expect("nobody panics");
        trace.push_str(&format!("{millis} {words}\n"));
    }

    async fn exchange(&self, request: Request) -> Result<Answer, Lost> {
        let path = request.url[url::Position::BeforePath..].to_string();
        let (method, body) = (request.method.clone(), request.body.clone());
        let number = {
            let mut passed = self.passed.lock().expect("nobody panics");
            let (method, path, body) = (method.clone(), path.clone(), body.clone());
            passed.push(Passed { method, path, body, status: None });
            passed.len() - 1
        };
        let sent = body.as_ref().map(|body| hex(body)).unwrap_or_default();
        self.note(&format!("> {number} {method} {path} {sent}"));
        let answer = self.inner.send(request).await;
        match &answer {
            Ok(answer) => {
                let whole = answer.broken.is_none();
                self.passed.lock().expect("nobody panics")[number].status = whole.then_some(answer.status);
                self.note(&format!("< {number} {} {} {}", answer.status, whole, hex(&answer.body)));
            }
            Err(lost) => self.note(&format!("< {number} {}", lost.words)),
        }
        answer
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Transport for Wire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        self.exchange(request).boxed()
    }
}
