//! The token of a connection: had before it is needed, renewed by one while all others wait, kept before it is used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::http::{Request as Asking, Response as Answering};
use oauth2::{
    ClientId, ClientSecret, EndpointNotSet, EndpointSet, RefreshToken, RequestTokenError, Scope, TokenResponse,
    TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::connect::{Answer, Class, Connection, Fault, Lost, Observer, Request, Tokens};

/// A token is renewed so long before its end, or a tenth of its life when that is less.
const MARGIN: Duration = Duration::from_secs(60);

/// Carries a token request and shows it to the observer; what comes back is a good answer or a fault.
pub(super) trait Carrier: Sync {
    /// Carries it.
    fn carry<'a>(&'a self, request: Request, observer: &'a dyn Observer) -> BoxFuture<'a, Result<Answer, Fault>>;
    /// One more secret that must not be seen.
    fn conceal(&self, secret: &SecretString);
    /// The time.
    fn now(&self) -> Timestamp;
}

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// A token that opens the system.
pub(super) struct Token {
    number: u64,
    access: SecretString,
    renew: Option<Timestamp>,
}

impl Token {
    /// Its number, by which it can be said to be no longer good.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// What stands in the header.
    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.access.expose_secret())
    }
}

/// Keeps the token of one connection.
pub(super) struct Keeper {
    connection: Arc<str>,
    client: Client,
    scopes: Vec<Scope>,
    person: bool,
    timeout: Duration,
    tokens: Arc<dyn Tokens>,
    state: tokio::sync::Mutex<State>,
    tries: AtomicU64,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Token>>,
    last: u64,
    refused: Option<Fault>,
    /// A token that could not be kept yet: the old one is worth nothing any more, so this one must not be forgotten.
    unkept: Option<(Kept, u64)>,
}

/// What is kept between runs.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    access: String,
    refresh: String,
    #[serde(default)]
    expires: Option<Timestamp>,
    #[serde(default)]
    renew: Option<Timestamp>,
}

impl Keeper {
    /// A keeper of the connection's token.
    ///
    /// # Errors
    /// When the connection lacks what tokens are had for.
    pub(super) fn new(connection: &Connection, scopes: &str, tokens: Arc<dyn Tokens>) -> Result<Keeper, Fault> {
        let name = &connection.name;
        let config = |words: String| Fault::unsent(Class::Config, words);
        let secret = |secret: &str| {
            let value = connection.secrets.get(secret).map(|value| value.expose_secret().to_string());
            value.ok_or_else(|| config(format!("the connection `{name}` lacks `secret.{secret}`")))
        };
        let url = connection.token.as_deref().unwrap_or_default();
        super::address::base(url, "token")?;
        let url = TokenUrl::new(url.to_string()).map_err(|error| config(error.to_string()))?;
        let person = match connection.grant.as_deref() {
            Some("client_credentials") => false,
            Some("authorization_code") => true,
            other => return Err(config(format!("the grant `{}` is not known", other.unwrap_or_default()))),
        };
        let client = BasicClient::new(ClientId::new(secret("client_id")?))
            .set_client_secret(ClientSecret::new(secret("client_secret")?))
            .set_token_uri(url);
        Ok(Keeper {
            connection: name.clone(),
            client,
            scopes: scopes.split_whitespace().map(|scope| Scope::new(scope.to_string())).collect(),
            person,
            timeout: connection.timeout,
            tokens,
            state: tokio::sync::Mutex::default(),
            tries: AtomicU64::new(0),
        })
    }

    /// A token that is good as far as anyone knows; not the `stale` one, which the system has just refused.
    pub(super) async fn token(
        &self,
        carrier: &dyn Carrier,
        observer: &dyn Observer,
        stale: Option<u64>,
    ) -> Result<Arc<Token>, Fault> {
        let seen = self.tries.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        if let Some(token) = &state.current {
            let ends = token.renew.is_some_and(|renew| renew <= carrier.now());
            if Some(token.number) != stale && !ends {
                return Ok(token.clone());
            }
        }
        // Somebody tried while we waited, and was refused: we would be, too.
        if let Some(fault) = state.refused.clone().filter(|_| self.tries.load(Ordering::SeqCst) > seen) {
            return Err(fault);
        }
        let refused = state.current.take().filter(|token| Some(token.number) == stale);
        let made = match self.person {
            true => self.refreshed(&mut state, carrier, observer, refused.as_deref()).await,
            false => self.granted(carrier, observer, &self.scopes).await.map(|(token, expires, renew)| Kept {
                access: token.access_token().secret().clone(),
                refresh: String::new(),
                expires,
                renew,
            }),
        };
        self.tries.fetch_add(1, Ordering::SeqCst);
        match made {
            Ok(kept) => {
                state.refused = None;
                state.last += 1;
                let access = SecretString::from(kept.access);
                carrier.conceal(&access);
                let token = Arc::new(Token { number: state.last, access, renew: kept.renew });
                state.current = Some(token.clone());
                Ok(token)
            }
            Err(fault) => {
                state.refused = Some(fault.clone());
                Err(fault)
            }
        }
    }

    /// Which of the scopes are not given to us, asked one by one.
    pub(super) async fn missing_scopes(&self, carrier: &dyn Carrier, observer: &dyn Observer) -> Vec<String> {
        let mut missing = Vec::new();
        for scope in self.scopes.iter().filter(|_| !self.person) {
            let answer = self.granted(carrier, observer, std::slice::from_ref(scope)).await;
            if answer.is_err_and(|fault| fault.code.as_deref() == Some("invalid_scope")) {
                missing.push(scope.to_string());
            }
        }
        missing
    }

    /// A token for what we are.
    async fn granted(
        &self,
        carrier: &dyn Carrier,
        observer: &dyn Observer,
        scopes: &[Scope],
    ) -> Result<(BasicTokenResponse, Option<Timestamp>, Option<Timestamp>), Fault> {
        let way = Way { carrier, observer, timeout: self.timeout };
        let http = |asking| way.go(asking);
        let asked = self.client.exchange_client_credentials().add_scopes(scopes.iter().cloned());
        let token = asked.request_async(&http).await.map_err(|error| self.fault(error))?;
        let (expires, renew) = times(carrier.now(), token.expires_in());
        Ok((token, expires, renew))
    }

    /// A token for whom a person has let in: the kept one while it is good, else a new one, kept before it is used.
    async fn refreshed(
        &self,
        state: &mut State,
        carrier: &dyn Carrier,
        observer: &dyn Observer,
        refused: Option<&Token>,
    ) -> Result<Kept, Fault> {
        if let Some((kept, version)) = state.unkept.take() {
            return self.keep(state, kept, version).await;
        }
        let Some((kept, version)) = self.load().await? else {
            let words = format!("nobody has logged in: `koppel connect {}` does", self.connection);
            return Err(Fault::unsent(Class::Auth, words));
        };
        carrier.conceal(&SecretString::from(kept.refresh.clone()));
        carrier.conceal(&SecretString::from(kept.access.clone()));
        let known_bad = refused.is_some_and(|token| token.access.expose_secret() == kept.access);
        if !known_bad && kept.renew.is_some_and(|renew| renew > carrier.now()) {
            return Ok(kept);
        }
        let way = Way { carrier, observer, timeout: self.timeout };
        let http = |asking| way.go(asking);
        let refresh = RefreshToken::new(kept.refresh.clone());
        let asked = self.client.exchange_refresh_token(&refresh).request_async(&http).await;
        let token = asked.map_err(|error| self.fault(error))?;
        let (expires, renew) = times(carrier.now(), token.expires_in());
        let refresh = token.refresh_token().map_or(kept.refresh, |refresh| refresh.secret().clone());
        carrier.conceal(&SecretString::from(refresh.clone()));
        let kept = Kept { access: token.access_token().secret().clone(), refresh, expires, renew };
        carrier.conceal(&SecretString::from(kept.access.clone()));
        self.keep(state, kept, version + 1).await
    }

    async fn keep(&self, state: &mut State, kept: Kept, version: u64) -> Result<Kept, Fault> {
        let text = serde_json::to_string(&kept).expect("texts and times are always JSON");
        // Noted first: should this call be dropped here, the next one goes on.
        state.unkept = Some((kept.clone(), version));
        match self.tokens.store(&self.connection, SecretString::from(text), version).await {
            Ok(true) => {
                state.unkept = None;
                Ok(kept)
            }
            Ok(false) => {
                state.unkept = None;
                Ok(self.load().await?.map_or(kept, |(kept, _)| kept))
            }
            Err(words) => Err(Fault::unsent(Class::ServerError, format!("the new token could not be kept: {words}"))),
        }
    }

    async fn load(&self) -> Result<Option<(Kept, u64)>, Fault> {
        let broken = |words: String| Fault::unsent(Class::Auth, format!("the kept token cannot be read: {words}"));
        let Some((text, version)) = self.tokens.load(&self.connection).await.map_err(broken)? else {
            return Ok(None);
        };
        // The parser's words would quote the text.
        let kept = serde_json::from_str(text.expose_secret()).map_err(|_| broken("it is damaged".to_string()))?;
        Ok(Some((kept, version)))
    }

    fn fault<T: oauth2::ErrorResponse + 'static>(&self, error: RequestTokenError<Fault, T>) -> Fault {
        match error {
            RequestTokenError::Request(fault) => fault,
            _ => Fault::unsent(
                Class::ServerError,
                format!("the system of `{}` gave no token that can be understood", self.connection),
            ),
        }
    }
}

/// How a token request goes out.
#[derive(Clone, Copy)]
struct Way<'a> {
    carrier: &'a dyn Carrier,
    observer: &'a dyn Observer,
    timeout: Duration,
}

impl<'a> Way<'a> {
    fn go(self, asking: Asking<Vec<u8>>) -> BoxFuture<'a, Result<Answering<Vec<u8>>, Fault>> {
        async move {
            let url = Url::parse(&asking.uri().to_string())
                .map_err(|error| Fault::unsent(Class::Config, format!("the token address is wrong: {error}")))?;
            let header = |(name, value): (&oauth2::http::HeaderName, &oauth2::http::HeaderValue)| {
                Some((name.to_string(), value.to_str().ok()?.to_string()))
            };
            let request = Request {
                method: asking.method().to_string(),
                url,
                headers: asking.headers().iter().filter_map(header).collect(),
                body: Some(asking.into_body().into()),
                timeout: self.timeout,
            };
            let answer = self.carrier.carry(request, self.observer).await?;
            let mut answering = Answering::new(answer.body.to_vec());
            *answering.status_mut() = oauth2::http::StatusCode::from_u16(answer.status)
                .map_err(|_| Fault::unsent(Class::ServerError, "the answer has no status"))?;
            Ok(answering)
        }
        .boxed()
    }
}

/// When a token ends, and when it is renewed.
fn times(now: Timestamp, life: Option<Duration>) -> (Option<Timestamp>, Option<Timestamp>) {
    let Some(life) = life else { return (None, None) };
    let at = |life: Duration| now.checked_add(life).ok();
    (at(life), at(life.saturating_sub(MARGIN.min(life / 10))))
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
    let said = super::said::oauth(&answer.body);
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
