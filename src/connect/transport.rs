//! The outside world as one seam: a request goes out, an answer comes in or is lost.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use url::Url;

/// Carries requests to a system; its bodies are the network, and worlds that tests declare.
pub trait Transport: Send + Sync {
    /// Sends a request, once, and gives the answer whatever its status is.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>>;
}

/// A request, with all that is secret in it.
#[derive(Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Where to, keys in the query included.
    pub url: Url,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Option<Bytes>,
    /// How long it may take.
    pub timeout: Duration,
}

impl Request {
    /// The header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Shows no value of the query or of a header, for any of them may be a key.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or("");
        let length = self.body.as_ref().map_or(0, Bytes::len);
        write!(f, "{} {host}{} ({length} bytes)", self.method, self.url.path())
    }
}

/// An answer of any status.
#[derive(Clone, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names and values; `content-type`, `retry-after` and `location` are looked at.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it came.
    pub body: Bytes,
    /// Why the body is not whole: it was cut off, or larger than what is taken.
    pub broken: Option<String>,
}

impl Answer {
    /// A whole answer.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Bytes>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into(), broken: None }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    /// The header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Something may have reached the system; `false` is certain: no connection was made.
    pub sent: bool,
    /// Why, for a person, without the address.
    pub words: String,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Lost {}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
