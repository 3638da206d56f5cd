//! A connection of `koppel.toml` and its connector go in; the connection as `connect` takes it, secrets at hand, comes out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use crate::connect::{Auth, AuthPiece, Connection, Connector};
use crate::report::{Diagnostic, Span, codes, nearest};
use crate::workspace::config::{At, ConnectionConfig, listed};
use crate::workspace::secret::{Places, Reference};

/// A connection of the workspace; its secrets are still where their references point.
#[derive(Clone, Debug)]
pub struct Connected {
    /// Its name.
    pub name: Arc<str>,
    /// What it speaks to.
    pub connector: Arc<Connector>,
    /// How, without secrets.
    connection: Connection,
    secrets: BTreeMap<Arc<str>, At<Reference>>,
    /// Where it stands.
    pub span: Span,
}

impl Connected {
    /// Lays what `koppel.toml` says over what the connector says; notes what does not fit.
    pub(crate) fn new(config: &ConnectionConfig, connector: Arc<Connector>, wrong: &mut Vec<Diagnostic>) -> Connected {
        let mut connection = Connection::new(config.name.node.clone(), &connector);
        for (said, place) in [
            (&config.base, None),
            (&config.token, Some(&mut connection.token)),
            (&config.authorize, Some(&mut connection.authorize)),
            (&config.redirect, Some(&mut connection.redirect)),
        ] {
            let Some(said) = said else { continue };
            let address: Arc<str> = said.node.trim_end_matches('/').into();
            if let Some(diagnostic) = wrong_address(&address, said.span) {
                wrong.push(diagnostic);
            }
            match place {
                Some(place) => *place = Some(address),
                None => connection.base = address,
            }
        }
        if let Some(grant) = &config.grant {
            wrong.extend(wrong_grant(&connector, grant));
            connection.grant = Some(grant.node.clone());
        }
        connection.limit = config.limit.unwrap_or(connection.limit);
        connection.timeout = config.timeout.unwrap_or(connection.timeout);
        connection.window = config.window.unwrap_or(connection.window);
        connection.lag = config.lag.unwrap_or(connection.lag);
        let connected = Connected {
            name: config.name.node.clone(),
            connector,
            connection,
            secrets: config.secrets.clone(),
            span: config.name.span,
        };
        connected.check_secrets(config, wrong);
        connected
    }

    /// The connection with its secrets; none of them lies in the ledger.
    ///
    /// # Errors
    /// All secrets that are not where their references point.
    pub fn open(&self, folder: &Path, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Connection, Vec<Diagnostic>> {
        self.open_from(&Places { folder, lookup, stored: &|_| None })
    }

    /// The connection with its secrets.
    ///
    /// # Errors
    /// All secrets that are not where their references point.
    pub fn open_from(&self, places: &Places<'_>) -> Result<Connection, Vec<Diagnostic>> {
        let mut connection = self.connection.clone();
        let mut missing = Vec::new();
        for (name, reference) in &self.secrets {
            match reference.node.resolve(places) {
                Ok(secret) => connection = connection.secret(name.clone(), secret),
                Err(words) => {
                    let next = match &reference.node {
                        Reference::Store(_) => format!("give it: `koppel connect {} --set secret.{name}`", self.name),
                        other => other.next_step(),
                    };
                    missing.push(
                        Diagnostic::error(codes::workspace::SECRET_MISSING, reference.span, words)
                            .label(format!("`{name}` of connection `{}` is there", self.name))
                            .note(next),
                    );
                }
            }
        }
        if missing.is_empty() { Ok(connection) } else { Err(missing) }
    }

    /// A person logs in to it.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.connection.grant.as_deref() == Some("authorization_code")
    }

    /// Under which names the ledger keeps secrets of it.
    pub fn stored(&self) -> impl Iterator<Item = &Arc<str>> {
        self.secrets.values().filter_map(|reference| match &reference.node {
            Reference::Store(name) => Some(name),
            _ => None,
        })
    }

    /// Where a secret of it is.
    #[must_use]
    pub fn reference(&self, secret: &str) -> Option<&Reference> {
        self.secrets.get(secret).map(|reference| &reference.node)
    }

    /// The names of its secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &Arc<str>> {
        self.secrets.keys()
    }

    fn check_secrets(&self, config: &ConnectionConfig, wrong: &mut Vec<Diagnostic>) {
        let (needed, known) = secret_names(&self.connector);
        for name in &needed {
            if !self.secrets.contains_key(name) && !config.broken_secrets.contains(name) {
                let title = format!("connection `{}` lacks `secret.{name}`", self.name);
                wrong.push(Diagnostic::error(codes::workspace::SECRET_NAMES, config.name.span, title).note(format!(
                    "write `secret.{name} = \"env:{}_{}\"` below it",
                    variable(&self.name),
                    variable(name)
                )));
            }
        }
        let addresses =
            [Some(&self.connection.base), self.connection.token.as_ref(), self.connection.authorize.as_ref()];
        let near = addresses.into_iter().flatten().all(|address| is_loopback(address));
        for (name, reference) in &self.secrets {
            if !known.contains(name) {
                let title = format!("connector `{}` knows no secret `{name}`", self.connector.name);
                let diagnostic = Diagnostic::error(codes::workspace::SECRET_NAMES, reference.span, title);
                wrong.push(match nearest(name, known.iter().map(|name| &**name)) {
                    Some(meant) => diagnostic.note(format!("did you mean `secret.{meant}`?")),
                    None => diagnostic.note(format!("it knows {}", listed(&known))),
                });
            }
            if matches!(reference.node, Reference::Plain(_)) && !near {
                let title = "`plain:` is for a system on this machine only";
                wrong.push(Diagnostic::error(codes::workspace::SECRET_IN_PLAIN, reference.span, title).note(format!(
                    "write `env:{}_{}` and set that variable",
                    variable(&self.name),
                    variable(name)
                )));
            }
        }
    }
}

/// The secrets that a connector needs, and all that it knows.
fn secret_names(connector: &Connector) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
    match &connector.auth {
        Auth::Oauth2 { .. } => {
            let names: Vec<Arc<str>> = ["client_id", "client_secret"].map(Arc::from).to_vec();
            (names.clone(), names)
        }
        Auth::Keys(keys) => {
            let (mut needed, mut known) = (Vec::new(), Vec::new());
            for key in keys {
                for piece in &key.pieces {
                    if let AuthPiece::Secret(name) = piece {
                        known.push(name.clone());
                        if !key.maybe {
                            needed.push(name.clone());
                        }
                    }
                }
            }
            (needed, known)
        }
    }
}

fn wrong_grant(connector: &Connector, grant: &At<Arc<str>>) -> Option<Diagnostic> {
    let Auth::Oauth2 { grants, .. } = &connector.auth else {
        let title = format!("connector `{}` knows no grants: it takes keys", connector.name);
        return Some(Diagnostic::error(codes::workspace::WRONG_VALUE, grant.span, title));
    };
    if grants.contains(&grant.node) {
        return None;
    }
    let title = format!("connector `{}` knows no grant `{}`", connector.name, grant.node);
    let diagnostic = Diagnostic::error(codes::workspace::WRONG_VALUE, grant.span, title);
    Some(match nearest(&grant.node, grants.iter().map(|grant| &**grant)) {
        Some(meant) => diagnostic.fix(format!("did you mean `{meant}`?"), grant.span, format!("\"{meant}\"")),
        None => diagnostic.note(format!("it knows {}", listed(grants))),
    })
}

fn wrong_address(address: &str, span: Span) -> Option<Diagnostic> {
    let error = |title: String| Diagnostic::error(codes::workspace::ADDRESS, span, title);
    let Ok(url) = url::Url::parse(address) else {
        return Some(
            error(format!("`{address}` is no address")).note("write it whole, as in `https://api.example.com`"),
        );
    };
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() || url.query().is_some() => {
            Some(error("an address holds no key and no question".to_owned()).note("secrets are given by `secret.NAME`"))
        }
        "https" => None,
        "http" if is_loopback(address) => None,
        "http" => {
            Some(error("keys would travel in the open: `http:` is for a system on this machine only".to_owned()).fix(
                "use `https`",
                span,
                format!("\"{}\"", address.replacen("http", "https", 1)),
            ))
        }
        scheme => Some(error(format!("expected an address of `https:`, found one of `{scheme}:`"))),
    }
}

fn is_loopback(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| {
        url.host_str().is_some_and(|host| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        })
    })
}

/// A name as a variable of the environment is written.
fn variable(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }).collect()
}
