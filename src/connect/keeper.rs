//! The token of a connection: had before it is needed, renewed by one while all others wait, kept before it is used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{ClientId, ClientSecret, EndpointNotSet, EndpointSet, RequestTokenError, Scope, TokenResponse, TokenUrl};
use secrecy::{ExposeSecret, SecretString};

use crate::connect::kept::{Kept, renewed_after};
use crate::connect::since::Since;
use crate::connect::way::Way;
use crate::connect::{Answer, Class, Connection, Fault, Observer, Request, Tokens, address};
use crate::value::Clock;

/// For so long a new token that was refused at once is not changed for another: it would be refused too.
const BARREN: Duration = Duration::from_secs(60);

/// Carries a token request and shows it to the observer; what comes back is a good answer or a fault.
pub(super) trait Carrier: Sync {
    /// Carries it.
    fn carry<'a>(&'a self, request: Request, observer: &'a dyn Observer) -> BoxFuture<'a, Result<Answer, Fault>>;
    /// One more secret that must not be seen.
    fn conceal(&self, secret: &SecretString);
    /// The time.
    fn clock(&self) -> &Clock;
}

/// Knows where tokens come from.
pub(super) type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// A token that opens the system.
pub(super) struct Token {
    number: u64,
    access: SecretString,
    came: Since,
    /// How long after it came it is renewed.
    renew: Option<Duration>,
    /// It was had in place of one that the system had refused.
    replaces: bool,
    /// The system has taken it.
    taken: AtomicBool,
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

    /// The system has taken it.
    pub(super) fn is_taken(&self) {
        self.taken.store(true, Ordering::Relaxed);
    }

    /// It is that text.
    pub(super) fn is(&self, access: &str) -> bool {
        self.access.expose_secret() == access
    }

    /// It was had in place of a refused one, has never been taken, and is new: another would fare no better.
    fn is_barren(&self, clock: &Clock) -> bool {
        self.replaces && !self.taken.load(Ordering::Relaxed) && self.came.elapsed(clock) < BARREN
    }
}

/// Keeps the token of one connection.
pub(super) struct Keeper {
    pub(super) connection: Arc<str>,
    pub(super) client: Client,
    pub(super) scopes: Vec<Scope>,
    pub(super) person: bool,
    pub(super) timeout: Duration,
    pub(super) tokens: Arc<dyn Tokens>,
    pub(super) state: tokio::sync::Mutex<State>,
    tries: AtomicU64,
}

/// What changes.
#[derive(Default)]
pub(super) struct State {
    current: Option<Arc<Token>>,
    last: u64,
    refused: Option<Fault>,
    /// A token that could not be kept yet: the old one is worth nothing any more, so this one must not be forgotten.
    pub(super) unkept: Option<(Kept, u64)>,
}

/// An access token as it was given.
pub(super) struct Given {
    pub(super) access: String,
    /// How long from now it is used before it is renewed.
    pub(super) renew: Option<Duration>,
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
        address::base(url, "token")?;
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
        let clock = carrier.clock();
        if let Some(token) = &state.current {
            let ends = token.renew.is_some_and(|renew| token.came.elapsed(clock) >= renew);
            if Some(token.number) != stale && !ends {
                return Ok(token.clone());
            }
            if Some(token.number) == stale && token.is_barren(clock) {
                let words = format!("the system of `{}` refuses a token that it has just given", self.connection);
                return Err(Fault::unsent(Class::Auth, words));
            }
        }
        // Somebody tried while we waited, and was refused: we would be, too.
        if let Some(fault) = state.refused.clone().filter(|_| self.tries.load(Ordering::SeqCst) > seen) {
            return Err(fault);
        }
        let refused = state.current.take().filter(|token| Some(token.number) == stale);
        let made = match self.person {
            true => self.renewed(&mut state, carrier, observer, refused.as_deref()).await,
            false => self.granted(carrier, observer, &self.scopes).await.map(|token| Given {
                access: token.access_token().secret().clone(),
                renew: token.expires_in().and_then(renewed_after),
            }),
        };
        self.tries.fetch_add(1, Ordering::SeqCst);
        match made {
            Ok(given) => Ok(self.opens(&mut state, carrier, given, refused.is_some())),
            Err(fault) => {
                state.refused = Some(fault.clone());
                Err(fault)
            }
        }
    }

    /// From now on this token opens the system.
    pub(super) fn opens(&self, state: &mut State, carrier: &dyn Carrier, given: Given, replaces: bool) -> Arc<Token> {
        state.refused = None;
        state.last += 1;
        let access = SecretString::from(given.access);
        carrier.conceal(&access);
        let (came, taken) = (Since::now(carrier.clock()), AtomicBool::new(false));
        let token = Arc::new(Token { number: state.last, access, came, renew: given.renew, replaces, taken });
        state.current = Some(token.clone());
        token
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
    ) -> Result<BasicTokenResponse, Fault> {
        let way = Way { carrier, observer, timeout: self.timeout };
        let http = |asking| way.go(asking);
        let asked = self.client.exchange_client_credentials().add_scopes(scopes.iter().cloned());
        asked.request_async(&http).await.map_err(|error| self.fault(error))
    }

    /// What is wrong when no token came.
    pub(super) fn fault<T: oauth2::ErrorResponse + 'static>(&self, error: RequestTokenError<Fault, T>) -> Fault {
        match error {
            RequestTokenError::Request(fault) => fault,
            _ => Fault::unsent(
                Class::ServerError,
                format!("the system of `{}` gave no token that can be understood", self.connection),
            ),
        }
    }
}
