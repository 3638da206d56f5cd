//! A bookkeeping to which a person logs in, without a socket, and processes that work with that log-in one after the other.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::SignedDuration;
use koppel::connect::{
    Answer, Auth, Brought, Call, Fault, Invitation, LoggedIn, Lost, Observer, Request, System, Tokens, Transport,
};
use koppel::ledger::{Ledger, Memory, Seal};
use koppel::run::Vault;
use koppel::sandbox;
use koppel::value::Clock;
use koppel::workspace::Connected;
use url::Url;

use crate::login::vault::KEY;
use crate::support::scene::{SETTINGS, Scene};

/// Where the browser comes back to.
pub const BACK: &str = "http://127.0.0.1:7425/callback";

/// The bookkeeping, and what is kept of the log-in to it.
pub struct Office {
    pub scene: Scene,
    pub ledger: Arc<dyn Ledger>,
    pub transport: Arc<dyn Transport>,
    /// How far the clock of the machine is off, in seconds.
    pub off: Arc<AtomicI64>,
    pub pkce: bool,
    /// Other than the right one.
    pub secret: Option<&'static str>,
    pub connected: Connected,
}

impl Office {
    pub fn new(options: sandbox::Options) -> Office {
        let scene = Scene::with(options);
        scene.timed(30, true, SETTINGS);
        let connected = scene.workspace("orders").connection("jortt").unwrap().clone();
        let (ledger, transport) = (Arc::new(Memory::new()), scene.transport.clone());
        Office { scene, ledger, transport, off: Arc::default(), pkce: false, secret: None, connected }
    }

    /// The clock of the machine.
    pub fn clock(&self) -> Clock {
        let (clock, off) = (self.scene.clock.clone(), self.off.clone());
        Clock::new(move || clock.now() + SignedDuration::from_secs(off.load(Ordering::Relaxed)))
    }

    /// What keeps the tokens.
    pub fn vault(&self) -> Vault {
        Vault::new(self.ledger.clone(), "shop", Seal::new(KEY).ok_or_else(String::new), self.clock())
    }

    /// A new process.
    pub fn system(&self) -> System {
        self.system_with(Arc::new(self.vault()))
    }

    pub fn system_with(&self, tokens: Arc<dyn Tokens>) -> System {
        let mut connection = self.connected.open(Path::new("."), &|_| None).unwrap();
        connection.limit = None;
        if let Some(secret) = self.secret {
            connection = connection.secret("client_secret", secret);
        }
        let mut connector = (*self.connected.connector).clone();
        if let Auth::Oauth2 { pkce, .. } = &mut connector.auth {
            *pkce = self.pkce;
        }
        System::new(Arc::new(connector), connection, self.transport.clone(), tokens, self.clock()).unwrap()
    }

    /// What the page of the bookkeeping sends the browser back with; none where it does not.
    pub async fn visit(&self, address: &Url) -> Option<Url> {
        let request = Request {
            method: "GET".to_string(),
            url: address.clone(),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(9),
        };
        let answer = self.scene.transport.send(request).await.unwrap();
        Some(answer.header("location")?.parse().unwrap())
    }

    /// What the browser brings back.
    pub async fn brought(&self, invitation: &Invitation) -> Brought {
        let back = self.visit(invitation.address()).await.expect("the page sends the browser back");
        assert!(back.as_str().starts_with(BACK), "{back}");
        invitation.read(&query(&back))
    }

    /// A person logs in.
    pub async fn log_in(&self) -> Result<LoggedIn, Fault> {
        let system = self.system();
        let invitation = invite(&system, 7);
        match self.brought(&invitation).await {
            Brought::Code(code) => system.log_in(&(), &invitation, &code).await,
            Brought::Refused(fault) => Err(fault),
            Brought::Foreign => panic!("it is this log-in"),
        }
    }

    /// How often tokens were given for a refresh token or a code.
    pub fn asked(&self) -> usize {
        self.scene.asked("POST", "/oauth-provider/oauth/token")
    }
}

/// An invitation of which this number is the randomness.
pub fn invite(system: &System, random: u8) -> Invitation {
    let back: Url = BACK.parse().unwrap();
    let mut bytes = [random; Invitation::RANDOM];
    bytes[0] = 0xFF;
    system.invite(&back, &bytes).unwrap()
}

pub fn query(address: &Url) -> Vec<(String, String)> {
    address.query_pairs().into_owned().collect()
}

/// Reads the customers.
pub async fn works(system: &System, observer: &dyn Observer) -> Result<(), Fault> {
    let customers = system.connector().resource("customers").unwrap().clone();
    system.get(Call::of(observer), &customers, &[("id", "00000000-0000-4000-8000-000000000000")]).await.map(|_| ())
}

/// A transport that remembers every token and code that passes.
pub struct Eavesdropper {
    pub inner: Arc<dyn Transport>,
    pub heard: Mutex<Vec<String>>,
}

impl Eavesdropper {
    pub fn before(inner: Arc<dyn Transport>) -> Arc<Eavesdropper> {
        Arc::new(Eavesdropper { inner, heard: Mutex::default() })
    }

    async fn exchange(&self, request: Request) -> Result<Answer, Lost> {
        let is_token = request.url.path().ends_with("/oauth/token");
        let answer = self.inner.send(request).await;
        if let (true, Ok(answer)) = (is_token, &answer) {
            let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let texts = ["access_token", "refresh_token"].iter().filter_map(|name| value[*name].as_str());
            self.heard.lock().unwrap().extend(texts.map(str::to_string));
        }
        answer
    }
}

impl Transport for Eavesdropper {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        self.exchange(request).boxed()
    }
}

/// A way on which every request takes its time.
pub struct Slow(pub Arc<dyn Transport>);

impl Transport for Slow {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.0.send(request).await
        }
        .boxed()
    }
}
