//! What the ledger keeps secret, by name: tokens and secrets go in and come out, sealed in between.

use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, FutureExt};
use secrecy::{ExposeSecret, SecretString};

use crate::connect::{Class, Fault, Tokens};
use crate::ledger::{Ledger, LedgerError, Seal, Swapped, Unopened};
use crate::value::Clock;

/// How often somebody else may be first before a secret is not kept.
const RACES: usize = 3;

/// Opens the ledger to write where it is at hand to read alone.
pub type Door = Arc<dyn Fn() -> Result<Arc<dyn Ledger>, LedgerError> + Send + Sync>;

/// Keeps secrets of one tenant in its ledger.
#[derive(Clone)]
pub struct Vault {
    ledger: Arc<dyn Ledger>,
    door: Option<Door>,
    /// Opened once, and held from then on: between the note of a change and its end nobody else may write.
    opened: Arc<Mutex<Option<Arc<dyn Ledger>>>>,
    tenant: Arc<str>,
    seal: Result<Arc<Seal>, Arc<str>>,
    clock: Clock,
}

/// What is kept, and under which name.
#[derive(Clone, Copy)]
enum Kind {
    Token,
    Secret,
}

impl Kind {
    fn row(self, name: &str) -> String {
        match self {
            Kind::Token => format!("token:{name}"),
            Kind::Secret => format!("store:{name}"),
        }
    }
}

impl Vault {
    /// A vault in that ledger; without a seal, for this reason, nothing goes in or out.
    pub fn new(
        ledger: Arc<dyn Ledger>,
        tenant: impl Into<Arc<str>>,
        seal: Result<Seal, String>,
        clock: Clock,
    ) -> Vault {
        let seal = seal.map(Arc::new).map_err(Arc::from);
        Vault { ledger, door: None, opened: Arc::default(), tenant: tenant.into(), seal, clock }
    }

    /// The same whose ledger is for reading, and is opened to write only when a token must be changed.
    #[must_use]
    pub fn with_door(mut self, door: Door) -> Vault {
        self.door = Some(door);
        self
    }

    /// The secret that a person gave under this name.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn secret(&self, name: &str) -> Result<Option<SecretString>, Fault> {
        Ok(self.take(Kind::Secret, name).await?.map(|(secret, _)| secret))
    }

    /// Keeps a secret under this name, in place of the one before.
    ///
    /// # Errors
    /// When it cannot be sealed or kept.
    pub async fn keep_secret(&self, name: &str, secret: &SecretString) -> Result<(), Fault> {
        self.replaced(Kind::Secret, name, secret).await
    }

    async fn replaced(&self, kind: Kind, name: &str, secret: &SecretString) -> Result<(), Fault> {
        for _ in 0..RACES {
            let row = self.ledger.token(&self.tenant, &kind.row(name)).await;
            let version = row.map_err(|error| trouble(&error))?.map_or(0, |row| row.version);
            if self.put(kind, name, secret, version).await? {
                return Ok(());
            }
        }
        Err(Fault::unsent(Class::ServerError, format!("`{name}` is changed by others all the time")))
    }

    async fn take(&self, kind: Kind, name: &str) -> Result<Option<(SecretString, u64)>, Fault> {
        let row = kind.row(name);
        let token = self.ledger.token(&self.tenant, &row).await.map_err(|error| trouble(&error))?;
        let Some(token) = token else { return Ok(None) };
        match self.seal()?.open(&[&self.tenant, &row], &token.bytes) {
            Ok(secret) => Ok(Some((secret, token.version))),
            Err(Unopened::OtherKey) => {
                let words = format!("what is kept of `{name}` was sealed with another key");
                Err(Fault { code: Some(OTHER_KEY.into()), ..Fault::unsent(Class::Config, words) })
            }
            Err(Unopened::Damaged) => {
                let words = format!("what is kept of `{name}` is damaged");
                Err(Fault { code: Some(DAMAGED.into()), ..Fault::unsent(Class::Auth, words) })
            }
        }
    }

    async fn put(&self, kind: Kind, name: &str, secret: &SecretString, before: u64) -> Result<bool, Fault> {
        let row = kind.row(name);
        let sealed = self.seal()?.close(&[&self.tenant, &row], secret.expose_secret());
        let ledger = self.writer().map_err(|error| trouble(&error))?;
        let put = ledger.put_token(&self.tenant, &row, before, sealed, self.clock.now()).await;
        Ok(matches!(put.map_err(|error| trouble(&error))?, Swapped::Stored(_)))
    }

    fn writer(&self) -> Result<Arc<dyn Ledger>, LedgerError> {
        let Some(door) = &self.door else { return Ok(self.ledger.clone()) };
        let mut opened = self.opened.lock().expect("no holder of it panics");
        match &*opened {
            Some(ledger) => Ok(ledger.clone()),
            None => Ok(opened.insert(door()?).clone()),
        }
    }

    fn seal(&self) -> Result<&Seal, Fault> {
        self.seal
            .as_deref()
            .map_err(|why| Fault { code: Some(NO_KEY.into()), ..Fault::unsent(Class::Config, why.to_string()) })
    }
}

impl Tokens for Vault {
    fn load<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Option<(SecretString, u64)>, Fault>> {
        self.take(Kind::Token, connection).boxed()
    }

    fn store<'a>(
        &'a self,
        connection: &'a str,
        token: SecretString,
        version: u64,
    ) -> BoxFuture<'a, Result<bool, Fault>> {
        async move { self.put(Kind::Token, connection, &token, version.saturating_sub(1)).await }.boxed()
    }

    fn replace<'a>(&'a self, connection: &'a str, token: SecretString) -> BoxFuture<'a, Result<(), Fault>> {
        async move { self.replaced(Kind::Token, connection, &token).await }.boxed()
    }
}

/// The code of a fault: there is no key.
pub const NO_KEY: &str = "no_key";
/// The code of a fault: it was sealed with another key.
pub const OTHER_KEY: &str = "other_key";
/// The code of a fault: what is kept is not what was sealed.
pub const DAMAGED: &str = "damaged";

fn trouble(error: &LedgerError) -> Fault {
    Fault::unsent(Class::ServerError, format!("no token can be kept or read: {error}"))
}
