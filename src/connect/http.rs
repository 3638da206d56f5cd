//! The transport over the network: one client, one request at a time on a connection, nothing repeated, nothing followed.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::{BoxFuture, FutureExt};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::connect::{Answer, Lost, Request, Transport};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a connection is kept for a next request: shortly, for a write on one that the system has just closed is lost.
const IDLE: Duration = Duration::from_secs(5);

/// How the network is used.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Certificates (PEM) of authorities to be trusted beside the public ones.
    pub authorities: Option<Vec<u8>>,
    /// The largest body that is taken, in bytes, after decompression.
    pub bound: usize,
}

impl Default for HttpOptions {
    fn default() -> HttpOptions {
        HttpOptions { authorities: None, bound: 64 << 20 }
    }
}

/// Sends requests over the network; one for the whole process.
#[derive(Clone)]
pub struct HttpTransport {
    client: Client,
    bound: usize,
}

impl HttpTransport {
    /// A client with its own roots of trust, its own pool, and no help that a write could suffer from.
    ///
    /// # Errors
    /// When the authorities are no certificates.
    pub fn new(options: &HttpOptions) -> Result<HttpTransport, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(pem) = &options.authorities {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| format!("a certificate cannot be read: {error}"))?;
                roots.add(certificate).map_err(|error| format!("a certificate cannot be used: {error}"))?;
            }
            if roots.len() == before {
                return Err("there is no certificate in it".to_string());
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .retry(reqwest::retry::never())
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("koppel/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(words)?;
        Ok(HttpTransport { client, bound: options.bound })
    }

    async fn exchange(&self, request: Request) -> Result<Answer, Lost> {
        let unsent = |words: &str| Lost { sent: false, words: words.to_string() };
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| unsent("the method is none"))?;
        let mut builder = self.client.request(method, request.url).timeout(request.timeout);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let request = builder.build().map_err(|_| unsent("the address or a header cannot be written"))?;
        match self.client.execute(request).await {
            Ok(response) => Ok(self.read(response).await),
            // A cut before the answer's head is a fault of the request as well: only a failed connection is certain.
            Err(error) => Err(Lost { sent: !(error.is_connect() || error.is_builder()), words: words(error) }),
        }
    }

    async fn read(&self, mut response: Response) -> Answer {
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_string())))
            .collect();
        let status = response.status().as_u16();
        let mut body = BytesMut::new();
        let broken = loop {
            match response.chunk().await {
                Ok(None) => break None,
                Ok(Some(chunk)) if body.len() + chunk.len() > self.bound => {
                    break Some(format!("the answer is larger than {} MiB", self.bound >> 20));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => break Some(format!("the answer was cut off: {}", words(error))),
            }
        };
        Answer { status, headers, body: Bytes::from(body), broken }
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        self.exchange(request).boxed()
    }
}

/// What happened in words, without the address: keys may stand in its query.
fn words(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_string();
    }
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words = next.to_string();
        cause = next.source();
    }
    words
}
