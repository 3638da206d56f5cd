//! Where tokens that rotate are kept between runs; `run` fulfils it with the ledger.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::future::{BoxFuture, FutureExt};
use secrecy::{ExposeSecret, SecretString};

use crate::connect::Fault;

/// A place for the tokens of connections. What is handed in is a secret in plain: its body seals it.
pub trait Tokens: Send + Sync {
    /// What is kept for a connection, and its version (from 1).
    fn load<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Option<(SecretString, u64)>, Fault>>;

    /// Keeps `token` as `version`, durably when it answers; `false` when that version is already there: someone else
    /// was first, and what they stored is what counts.
    fn store<'a>(
        &'a self,
        connection: &'a str,
        token: SecretString,
        version: u64,
    ) -> BoxFuture<'a, Result<bool, Fault>>;

    /// Keeps `token` after a log-in, whatever is there, be it nothing that can be read.
    fn replace<'a>(&'a self, connection: &'a str, token: SecretString) -> BoxFuture<'a, Result<(), Fault>>;
}

/// Keeps tokens in memory: for tests, and for grants that need none kept.
#[derive(Default)]
pub struct MemoryTokens(Mutex<BTreeMap<String, (String, u64)>>);

impl Tokens for MemoryTokens {
    fn load<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Option<(SecretString, u64)>, Fault>> {
        let kept = self.0.lock().expect("no holder of it panics").get(connection).cloned();
        async move { Ok(kept.map(|(token, version)| (SecretString::from(token), version))) }.boxed()
    }

    fn store<'a>(
        &'a self,
        connection: &'a str,
        token: SecretString,
        version: u64,
    ) -> BoxFuture<'a, Result<bool, Fault>> {
        let mut kept = self.0.lock().expect("no holder of it panics");
        let first = kept.get(connection).is_none_or(|(_, there)| *there < version);
        if first {
            kept.insert(connection.to_string(), (token.expose_secret().to_string(), version));
        }
        async move { Ok(first) }.boxed()
    }

    fn replace<'a>(&'a self, connection: &'a str, token: SecretString) -> BoxFuture<'a, Result<(), Fault>> {
        let mut kept = self.0.lock().expect("no holder of it panics");
        let version = kept.get(connection).map_or(0, |(_, version)| *version) + 1;
        kept.insert(connection.to_string(), (token.expose_secret().to_string(), version));
        async { Ok(()) }.boxed()
    }
}
