//! A connector bound to an account: where it lives, who we are there, how hard it may be asked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::connect::{Auth, Connector, Limit};

/// A system as the workspace reaches it.
#[derive(Clone)]
pub struct Connection {
    /// Its name in the workspace.
    pub name: Arc<str>,
    /// Where it lives, without a slash at the end.
    pub base: Arc<str>,
    /// Where tokens come from.
    pub token: Option<Arc<str>>,
    /// Where a person agrees.
    pub authorize: Option<Arc<str>>,
    /// Where a browser comes back to when a person has agreed.
    pub redirect: Option<Arc<str>>,
    /// Which of the connector's grants is used.
    pub grant: Option<Arc<str>>,
    /// Its secrets by name.
    pub secrets: BTreeMap<Arc<str>, SecretString>,
    /// How many requests it takes; without one as many as there are.
    pub limit: Option<Limit>,
    /// How long a request may take.
    pub timeout: Duration,
    /// How long after its reservation a write may still be sent.
    pub window: Duration,
    /// How late a search may show what was made.
    pub lag: Duration,
}

impl Connection {
    /// A connection in which everything is as the connector says, and no secret is known yet.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, connector: &Connector) -> Connection {
        let (token, authorize, grant) = match &connector.auth {
            Auth::Oauth2 { token, authorize, grants, .. } => {
                (Some(token.clone()), authorize.clone(), grants.first().cloned())
            }
            Auth::Keys(_) => (None, None, None),
        };
        Connection {
            name: name.into(),
            base: connector.base.clone(),
            token,
            authorize,
            redirect: None,
            grant,
            secrets: BTreeMap::new(),
            limit: connector.limit,
            timeout: connector.timeout,
            window: connector.window,
            lag: connector.lag,
        }
    }

    /// The same with one more secret.
    #[must_use]
    pub fn secret(mut self, name: impl Into<Arc<str>>, value: impl Into<String>) -> Connection {
        self.secrets.insert(name.into(), SecretString::from(value.into()));
        self
    }
}

/// Shows the names of secrets, never one.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("name", &self.name)
            .field("base", &self.base)
            .field("grant", &self.grant)
            .field("secrets", &self.secrets.keys().collect::<Vec<_>>())
            .field("limit", &self.limit)
            .field("timeout", &self.timeout)
            .field("window", &self.window)
            .field("lag", &self.lag)
            .finish_non_exhaustive()
    }
}
