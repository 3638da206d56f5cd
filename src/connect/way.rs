//! A question for a token goes out on a connection's way; a good answer, or what is wrong, comes back.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use oauth2::http::{HeaderName, HeaderValue, Request as Asking, Response as Answering, StatusCode};
use url::Url;

use crate::connect::keeper::Carrier;
use crate::connect::{Answer, Class, Fault, Lost, Observer, Request, said};

/// How a token request goes out.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) carrier: &'a dyn Carrier,
    pub(super) observer: &'a dyn Observer,
    pub(super) timeout: Duration,
}

impl<'a> Way<'a> {
    /// Sends it.
    pub(super) fn go(self, asking: Asking<Vec<u8>>) -> BoxFuture<'a, Result<Answering<Vec<u8>>, Fault>> {
        async move {
            let url = Url::parse(&asking.uri().to_string())
                .map_err(|error| Fault::unsent(Class::Config, format!("the token address is wrong: {error}")))?;
            let header =
                |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_string()));
            let request = Request {
                method: asking.method().to_string(),
                url,
                headers: asking.headers().iter().filter_map(header).collect(),
                body: Some(asking.into_body().into()),
                timeout: self.timeout,
            };
            let answer = self.carrier.carry(request, self.observer).await?;
            let mut answering = Answering::new(answer.body.to_vec());
            *answering.status_mut() = StatusCode::from_u16(answer.status)
                .map_err(|_| Fault::unsent(Class::ServerError, "the answer has no status"))?;
            Ok(answering)
        }
        .boxed()
    }
}

/// What an answer of a token endpoint says is wrong; `None` when it may hold a token. It is never a lost reply: what
/// the token is wanted for was not sent.
pub(super) fn judge(connection: &str, answer: &Result<Answer, Lost>) -> Option<Fault> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(lost) => {
            let words = format!("no token could be had for `{connection}`: {}", lost.words);
            return Some(Fault::unsent(Class::Network, words));
        }
    };
    if (200..300).contains(&answer.status) && answer.broken.is_none() {
        return None;
    }
    let said = said::oauth(&answer.body);
    let (code, message) = said.unwrap_or_default();
    let class = match (code.as_deref(), answer.status) {
        (Some("invalid_client" | "unauthorized_client" | "invalid_grant" | "access_denied"), _) => Class::Auth,
        (Some("invalid_scope" | "unsupported_grant_type" | "invalid_request"), _) => Class::Config,
        (_, 429) => Class::RateLimit,
        (_, 401 | 403) => Class::Auth,
        (_, 300..=499) => Class::Config,
        _ => Class::ServerError,
    };
    let what = [code.clone(), message.clone()].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let words = match what.is_empty() {
        true => format!("no token was given for `{connection}` (status {})", answer.status),
        false => format!("no token was given for `{connection}` (status {}): {what}", answer.status),
    };
    Some(Fault { status: Some(answer.status), code, message, ..Fault::unsent(class, words) })
}
