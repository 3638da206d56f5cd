//! A transport into simulated systems without a socket: by the host of the address, on the paused clock.

use axum::Router;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use koppel::connect::{Answer, Lost, Request, Transport};
use koppel::sandbox::Broken;
use tower::ServiceExt;

/// Hands requests to the router that answers for their host.
#[derive(Clone, Default)]
pub struct RouterTransport(Vec<(String, Router)>);

impl RouterTransport {
    /// The same with a router for one more host.
    #[must_use]
    pub fn with(mut self, host: &str, router: Router) -> RouterTransport {
        self.0.push((host.to_string(), router));
        self
    }

    async fn exchange(&self, request: Request) -> Result<Answer, Lost> {
        let host = request.url.host_str().unwrap_or_default();
        let unsent = |words: &str| Lost { sent: false, words: words.to_string() };
        let (_, router) = self.0.iter().find(|(there, _)| there == host).ok_or_else(|| unsent("nobody lives there"))?;
        let mut builder = axum::http::Request::builder().method(request.method.as_str()).uri(request.url.as_str());
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let body = Body::from(request.body.unwrap_or_default());
        let asked = builder.body(body).map_err(|_| unsent("a header cannot be written"))?;
        let response = router.clone().oneshot(asked).await.unwrap_or_else(|never| match never {});
        if let Some(Broken::Reset | Broken::NoReply) = response.extensions().get::<Broken>() {
            return Err(Lost { sent: true, words: "the connection was reset".to_string() });
        }
        let (head, body) = response.into_parts();
        let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_string);
        let headers = head.headers.iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect();
        let (mut read, mut broken) = (BytesMut::new(), None);
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            match chunk {
                Ok(chunk) => read.extend_from_slice(&chunk),
                Err(error) => broken = Some(format!("the answer was cut off: {error}")),
            }
        }
        Ok(Answer { status: head.status.as_u16(), headers, body: Bytes::from(read), broken })
    }
}

impl Transport for RouterTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        self.exchange(request).boxed()
    }
}
