//! What is kept of a person's log-in between runs: texts go in and come out of the place of tokens.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::connect::keeper::Given;
use crate::connect::{Class, Fault, Tokens};

/// A token is renewed so long before its end, or a tenth of its life when that is less.
const MARGIN: Duration = Duration::from_secs(60);

/// What is kept of a log-in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) access: String,
    pub(super) refresh: String,
    /// The scopes that were given, as far as the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    /// When a person logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) logged_in: Option<Timestamp>,
    /// When this token came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) received: Option<Timestamp>,
    /// How many seconds it lives, as far as the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) life: Option<u64>,
    /// When the change for a new one began of which nobody knows the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) turning: Option<Timestamp>,
    /// Why only a person can go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) over: Option<String>,
}

impl Kept {
    /// How long from now it is used before it is renewed; `None` is until it is refused. A token of which nobody knows
    /// when it came is renewed at once, one that comes from later than now is as good as new: the clock was moved.
    pub(super) fn rest(&self, now: Timestamp) -> Option<Duration> {
        let Some(received) = self.received else { return Some(Duration::ZERO) };
        let age = Duration::try_from(now.duration_since(received)).unwrap_or(Duration::ZERO);
        Some(renewed_after(self.life()?)?.saturating_sub(age))
    }

    /// The access token, and how long from now it is used.
    pub(super) fn given(self, now: Timestamp) -> Given {
        Given { renew: self.rest(now), access: self.access }
    }

    /// How long it lives, as the system said when it came.
    pub(super) fn life(&self) -> Option<Duration> {
        self.life.map(Duration::from_secs)
    }
}

/// How long a token of that life is used; one that says it has none is used until it is refused.
pub(super) fn renewed_after(life: Duration) -> Option<Duration> {
    (!life.is_zero()).then(|| life.saturating_sub(MARGIN.min(life / 10)))
}

/// A log-in as people may see it: everything but the tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// The scopes that were given, as far as the system says.
    pub scopes: Option<Vec<String>>,
    /// When a person logged in.
    pub since: Option<Timestamp>,
    /// When the token came.
    pub renewed: Option<Timestamp>,
    /// When it ends, by the clock that told when it came.
    pub ends: Option<Timestamp>,
    /// When the change for a new one began of which nobody knows the end.
    pub turning: Option<Timestamp>,
    /// Why only a person can go on.
    pub over: Option<String>,
}

impl LoggedIn {
    /// The log-in that is kept for a connection.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub async fn of(tokens: &dyn Tokens, connection: &str) -> Result<Option<LoggedIn>, Fault> {
        Ok(load(tokens, connection).await?.map(|(kept, _)| LoggedIn::from(&kept)))
    }
}

impl From<&Kept> for LoggedIn {
    fn from(kept: &Kept) -> LoggedIn {
        let end = |life| kept.received?.checked_add(SignedDuration::try_from(life).ok()?).ok();
        LoggedIn {
            scopes: kept.scope.as_ref().map(|scope| scope.split_whitespace().map(str::to_owned).collect()),
            since: kept.logged_in,
            renewed: kept.received,
            ends: kept.life().and_then(end),
            turning: kept.turning,
            over: kept.over.clone(),
        }
    }
}

/// What is kept for a connection, and its version.
pub(super) async fn load(tokens: &dyn Tokens, connection: &str) -> Result<Option<(Kept, u64)>, Fault> {
    let Some((text, version)) = tokens.load(connection).await? else { return Ok(None) };
    // The parser's words would quote the text.
    let damaged = |_| Fault::unsent(Class::Auth, format!("the kept token is damaged: {}", log_in(connection)));
    Ok(Some((serde_json::from_str(text.expose_secret()).map_err(damaged)?, version)))
}

/// Keeps it as that version; `false` when somebody else did.
pub(super) async fn store(tokens: &dyn Tokens, connection: &str, kept: &Kept, version: u64) -> Result<bool, Fault> {
    tokens.store(connection, text(kept), version).await
}

/// Keeps it whatever was kept before.
pub(super) async fn replace(tokens: &dyn Tokens, connection: &str, kept: &Kept) -> Result<(), Fault> {
    tokens.replace(connection, text(kept)).await
}

fn text(kept: &Kept) -> SecretString {
    SecretString::from(serde_json::to_string(kept).expect("texts and times are always JSON"))
}

/// What a person is to do.
pub(super) fn log_in(connection: &str) -> String {
    format!("`koppel connect {connection}` logs in again")
}
