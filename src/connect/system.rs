//! One connection at work: it takes passes and tokens, sends, and has each answer judged.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use crate::connect::gate::Gate;
use crate::connect::keeper::{Carrier, Keeper, Token};
use crate::connect::redact::Redactor;
use crate::connect::rehearsal::Rehearsal;
use crate::connect::said::Judge;
use crate::connect::{
    Answer, Auth, AuthKey, AuthPiece, Call, Class, Connection, Connector, Exchange, Fault, Lost, Observer, Pass,
    Request, Resource, Tokens, Transport, address, way,
};
use crate::value::Clock;

/// A connection; clones share its rate budget and its token.
#[derive(Clone)]
pub struct System(Arc<Inner>, Option<Arc<Rehearsal>>);

struct Inner {
    connector: Arc<Connector>,
    connection: Connection,
    base: Url,
    transport: Arc<dyn Transport>,
    clock: Clock,
    gate: Gate,
    keeper: Option<Keeper>,
    redactor: Redactor,
}

/// What is asked of the system.
pub(super) struct Asking<'a> {
    /// What for: `orders list`.
    pub(super) purpose: String,
    /// It changes something.
    pub(super) write: bool,
    /// `GET`, `POST`, …
    pub(super) method: &'a str,
    /// Where to, without keys.
    pub(super) url: Url,
    /// What is sent.
    pub(super) body: Option<Bytes>,
}

/// A request under way, and what of it people see.
struct Parcel<'a> {
    purpose: &'a str,
    write: bool,
    shown: String,
    request: Request,
}

impl System {
    /// A connection to a system.
    ///
    /// # Errors
    /// When the connection is not complete: an address that is none, a secret that is missing.
    pub fn new(
        connector: Arc<Connector>,
        connection: Connection,
        transport: Arc<dyn Transport>,
        tokens: Arc<dyn Tokens>,
        clock: Clock,
    ) -> Result<System, Fault> {
        let base = address::base(&connection.base, "base")?;
        let keeper = match &connector.auth {
            Auth::Oauth2 { scopes, .. } => Some(Keeper::new(&connection, scopes, tokens)?),
            Auth::Keys(keys) => {
                for key in keys {
                    expect_secrets(&connection, key)?;
                }
                None
            }
        };
        let login = connection.secrets.get("client_id").zip(connection.secrets.get("client_secret"));
        let redactor = Redactor::new(connection.secrets.values(), login);
        let gate = Gate::new(&connector.title, &connection, clock.clone());
        Ok(System(Arc::new(Inner { connector, connection, base, transport, clock, gate, keeper, redactor }), None))
    }

    /// The same system at which nothing is written: what a write would leave is shown to the observer as sent, and is
    /// there for the reads that follow. Clones share it.
    #[must_use]
    pub fn rehearsing(&self) -> System {
        System(self.0.clone(), Some(Arc::default()))
    }

    /// Nothing is written.
    #[must_use]
    pub fn rehearses(&self) -> bool {
        self.1.is_some()
    }

    /// The thing of that id would only be there.
    #[must_use]
    pub fn would_be(&self, resource: &Resource, id: &str) -> bool {
        self.1.as_ref().is_some_and(|rehearsal| rehearsal.thing(resource, id).is_some())
    }

    /// What the writes so far would have left.
    pub(super) fn rehearsal(&self) -> Option<&Rehearsal> {
        self.1.as_deref()
    }

    /// Shows what would be asked, and does not ask.
    pub(super) fn withhold(&self, call: &Call<'_>, asking: &Asking<'_>) -> Result<(), Fault> {
        if !call.observer.may_send() {
            return Err(Fault::unsent(Class::Network, "the time in which it may be sent is over"));
        }
        call.observer.exchanged(Exchange {
            at: self.0.clock.now(),
            purpose: asking.purpose.clone(),
            write: asking.write,
            method: asking.method.to_string(),
            url: self.shown(&asking.url),
            body: asking.body.as_ref().map(|body| self.0.redactor.body(body)),
            status: None,
            answer: Bytes::new(),
            duration: Duration::ZERO,
            fault: None,
        });
        Ok(())
    }

    /// What the system is.
    #[must_use]
    pub fn connector(&self) -> &Arc<Connector> {
        &self.0.connector
    }

    /// How it is reached; `window`, `timeout` and `lag` are those in force.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// Sees to it that a good token is at hand, then takes a share of the rate budget: the last thing before a write is
    /// reserved.
    ///
    /// # Errors
    /// When no token can be had, or nothing is worth sending.
    pub async fn pass(&self, observer: &dyn Observer) -> Result<Pass, Fault> {
        self.token(observer, None).await?;
        if self.rehearses() { Ok(Pass::unused()) } else { self.turn(observer, true).await }
    }

    /// How long the system has asked us to keep quiet from now on; until then every call waits.
    #[must_use]
    pub fn paused(&self) -> Option<Duration> {
        self.0.gate.closed_for()
    }

    /// Which of the connector's scopes are not given to us.
    pub(super) async fn missing_scopes(&self, observer: &dyn Observer) -> Vec<String> {
        match &self.0.keeper {
            Some(keeper) => keeper.missing_scopes(&*self.0, observer).await,
            None => Vec::new(),
        }
    }

    /// It opens with a token.
    pub(super) fn has_token(&self) -> bool {
        self.0.keeper.is_some()
    }

    /// Who keeps its token.
    pub(super) fn has_keeper(&self) -> Option<&Keeper> {
        self.0.keeper.as_ref()
    }

    /// What carries questions for tokens.
    pub(super) fn carrier(&self) -> &dyn Carrier {
        &*self.0
    }

    /// Where the system lives.
    pub(super) fn base(&self) -> &Url {
        &self.0.base
    }

    /// How answers to a request are understood.
    pub(super) fn judge(&self, write: bool) -> Judge<'_> {
        let connector = &self.0.connector;
        Judge { title: &connector.title, errors: &connector.errors, write, now: self.0.clock.now() }
    }

    /// Sends it, and once more with a new token when the old one was refused by name: then nothing was done.
    pub(super) async fn ask(&self, call: &mut Call<'_>, asking: &Asking<'_>) -> Result<Answer, Fault> {
        // The door of `write` lets none through; this is the last one before the wire.
        if asking.write && self.rehearses() {
            return Err(Fault::unsent(Class::Config, "nothing is written in a rehearsal"));
        }
        let mut stale = None;
        loop {
            let token = self.token(call.observer, stale).await?;
            let _pass = match call.pass.take() {
                Some(pass) => pass,
                None => self.turn(call.observer, asking.write).await?,
            };
            let (request, shown) = (self.request(asking, token.as_deref()), self.shown(&asking.url));
            let parcel = Parcel { purpose: &asking.purpose, write: asking.write, shown, request };
            let judge = self.judge(asking.write);
            // The last look at the clock, when all is ready to leave.
            if !call.observer.may_send() {
                return Err(Fault::unsent(Class::Network, "the time in which it may be sent is over"));
            }
            let fault = match self.0.carry(call.observer, parcel, |answer| judge.judge(answer)).await {
                Ok(answer) => {
                    token.iter().for_each(|token| token.is_taken());
                    return Ok(answer);
                }
                Err(fault) => fault,
            };
            if fault.class != Class::Token {
                token.iter().filter(|_| fault.status.is_some()).for_each(|token| token.is_taken());
                return Err(fault);
            }
            match token {
                Some(token) if stale.is_none() && fault.not_applied() => stale = Some(token.number()),
                _ => return Err(Fault { class: Class::Auth, ..fault }),
            }
        }
    }

    /// Waits for its turn, or until nobody waits for it any more.
    async fn turn(&self, observer: &dyn Observer, write: bool) -> Result<Pass, Fault> {
        tokio::select! {
            biased;
            pass = self.0.gate.pass(write) => pass,
            () = observer.given_up() => Err(Fault::unsent(Class::Network, "nobody waits for it any more")),
        }
    }

    async fn token(&self, observer: &dyn Observer, stale: Option<u64>) -> Result<Option<Arc<Token>>, Fault> {
        match &self.0.keeper {
            Some(keeper) => keeper.token(&*self.0, observer, stale).await.map(Some),
            None => Ok(None),
        }
    }

    fn request(&self, asking: &Asking<'_>, token: Option<&Token>) -> Request {
        let mut headers = vec![("accept".to_string(), "application/json".to_string())];
        if asking.body.is_some() {
            headers.push(("content-type".to_string(), "application/json".to_string()));
        }
        if let Some(token) = token {
            headers.push(("authorization".to_string(), token.header()));
        }
        let keys: Vec<(&AuthKey, String)> =
            self.keys().iter().filter_map(|key| Some((key, self.key_value(key)?))).collect();
        headers.extend(
            keys.iter().filter(|(key, _)| key.header).map(|(key, value)| (key.name.to_string(), value.clone())),
        );
        let query = keys.iter().filter(|(key, _)| !key.header).map(|(key, value)| (&*key.name, value.as_str()));
        Request {
            method: asking.method.to_string(),
            url: address::with(&asking.url, query),
            headers,
            body: asking.body.clone(),
            timeout: self.0.connection.timeout,
        }
    }

    /// The address for people.
    fn shown(&self, url: &Url) -> String {
        let sent = |key: &&AuthKey| !key.header && self.key_value(key).is_some();
        let url = address::with(url, self.keys().iter().filter(sent).map(|key| (&*key.name, "***")));
        self.0.redactor.text(url.as_str())
    }

    fn keys(&self) -> &[AuthKey] {
        match &self.0.connector.auth {
            Auth::Keys(keys) => keys,
            Auth::Oauth2 { .. } => &[],
        }
    }

    /// What a key is; `None` when a secret of it is missing.
    fn key_value(&self, key: &AuthKey) -> Option<String> {
        let piece = |piece: &AuthPiece| match piece {
            AuthPiece::Text(text) => Some(text.to_string()),
            AuthPiece::Secret(name) => Some(self.0.connection.secrets.get(name)?.expose_secret().to_string()),
        };
        key.pieces.iter().map(piece).collect()
    }
}

impl Inner {
    /// Sends a request, has the answer judged, shows both to the observer without a secret.
    async fn carry(
        &self,
        observer: &dyn Observer,
        parcel: Parcel<'_>,
        judge: impl FnOnce(&Result<Answer, Lost>) -> Option<Fault> + Send,
    ) -> Result<Answer, Fault> {
        let Parcel { purpose, write, shown, request } = parcel;
        let is_token = purpose == TOKEN;
        let (at, start, timeout) = (self.clock.now(), Instant::now(), request.timeout);
        let (method, body) = (request.method.clone(), request.body.clone());
        let late = || Lost { sent: true, words: format!("nothing came within {timeout:?}") };
        let answer = self.clock.within(timeout, self.transport.send(request)).await.unwrap_or_else(|| Err(late()));
        let fault = judge(&answer).map(|fault| self.discreet(fault));
        self.gate.note(fault.as_ref());
        if let Some(fault) = fault.as_ref().filter(|fault| !is_token && matches!(fault.status, Some(429 | 503))) {
            let pause = fault.retry_after.or((fault.class == Class::RateLimit).then_some(PAUSE));
            pause.into_iter().for_each(|pause| self.gate.close(pause));
        }
        let hidden = |body: &Bytes| if is_token { Bytes::from_static(b"***") } else { self.redactor.body(body) };
        observer.exchanged(Exchange {
            at,
            purpose: purpose.to_string(),
            write,
            method,
            url: shown,
            body: body.as_ref().map(hidden),
            status: answer.as_ref().ok().map(|answer| answer.status),
            answer: answer.as_ref().map(|answer| hidden(&answer.body)).unwrap_or_default(),
            duration: start.elapsed(),
            fault: fault.clone(),
        });
        match (fault, answer) {
            (Some(fault), _) => Err(fault),
            (None, Ok(answer)) => Ok(answer),
            (None, Err(lost)) => Err(Fault { sent: lost.sent, ..Fault::unsent(Class::Network, lost.words) }),
        }
    }

    fn discreet(&self, fault: Fault) -> Fault {
        let clean = |text: String| self.redactor.text(&text);
        Fault {
            code: fault.code.map(clean),
            message: fault.message.map(clean),
            details: fault.details.into_iter().map(clean).collect(),
            words: clean(fault.words),
            ..fault
        }
    }
}

/// The purpose of a request for a token; nothing of its bodies is shown.
const TOKEN: &str = "token";
/// How long nobody is let through after a `429` that does not say how long.
const PAUSE: Duration = Duration::from_secs(1);

impl Carrier for Inner {
    fn carry<'a>(&'a self, request: Request, observer: &'a dyn Observer) -> BoxFuture<'a, Result<Answer, Fault>> {
        async move {
            self.gate.admit().await?;
            let shown = self.redactor.text(request.url.as_str());
            let judge = |answer: &Result<Answer, Lost>| way::judge(&self.connection.name, answer);
            self.carry(observer, Parcel { purpose: TOKEN, write: false, shown, request }, judge).await
        }
        .boxed()
    }

    fn conceal(&self, secret: &SecretString) {
        self.redactor.add(secret);
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }
}

fn expect_secrets(connection: &Connection, key: &AuthKey) -> Result<(), Fault> {
    for piece in &key.pieces {
        if let AuthPiece::Secret(name) = piece
            && !key.maybe
            && !connection.secrets.contains_key(name)
        {
            let words = format!("the connection `{}` lacks `secret.{name}`", connection.name);
            return Err(Fault::unsent(Class::Config, words));
        }
    }
    Ok(())
}
