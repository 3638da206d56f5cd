//! `[notify]` goes in; the ways by which people are told, secrets at hand, come out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use toml::Spanned;
use toml::de::DeValue;

use crate::report::{Diagnostic, Span, codes};
use crate::workspace::config::{At, Reader, word};
use crate::workspace::keys;
use crate::workspace::secret::{Places, Reference};

/// Who is told when something needs a person; secrets are still where their references point.
#[derive(Clone, Debug, Default)]
pub struct Notify {
    /// Nothing came for so long: that is told.
    pub silence: Option<Duration>,
    mail: Option<MailConfig>,
    webhook: Option<WebhookConfig>,
}

#[derive(Clone, Debug)]
struct MailConfig {
    server: Server,
    from: Arc<str>,
    to: Vec<Arc<str>>,
    user: Option<At<Reference>>,
    password: Option<At<Reference>>,
}

#[derive(Clone, Debug)]
struct WebhookConfig {
    url: At<Target>,
    secret: Option<At<Reference>>,
}

#[derive(Clone, Debug)]
enum Target {
    Address(Arc<str>),
    Reference(Reference),
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name or number.
    pub host: Arc<str>,
    /// Its port.
    pub port: u16,
    /// How what is said to it is kept secret.
    pub privacy: Privacy,
}

/// How what is said to a mail server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything is told.
    StartTls,
    /// Not: it is on this machine.
    None,
}

/// By e-mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The server.
    pub server: Server,
    /// The address that it comes from.
    pub from: Arc<str>,
    /// The addresses that it goes to.
    pub to: Vec<Arc<str>>,
    /// The name and password for the server.
    pub login: Option<(SecretString, SecretString)>,
}

/// By a request.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where to.
    pub url: SecretString,
    /// What signs it.
    pub secret: Option<SecretString>,
}

/// The ways by which people are told.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// By e-mail.
    pub mail: Option<Mail>,
    /// By a request.
    pub webhook: Option<Webhook>,
}

impl Notify {
    /// Nobody is told anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mail.is_none() && self.webhook.is_none()
    }

    /// The names of its ways.
    #[must_use]
    pub fn ways(&self) -> Vec<&'static str> {
        let mail = self.mail.as_ref().map(|_| "mail");
        mail.into_iter().chain(self.webhook.as_ref().map(|_| "webhook")).collect()
    }

    /// Under which names the ledger keeps secrets of it.
    #[must_use]
    pub fn stored(&self) -> Vec<Arc<str>> {
        let mail = self.mail.iter().flat_map(|mail| [&mail.user, &mail.password]);
        let webhook = self.webhook.iter().map(|webhook| &webhook.secret);
        let given = mail.chain(webhook).flatten().map(|reference| &reference.node);
        let target = self.webhook.iter().filter_map(|webhook| match &webhook.url.node {
            Target::Reference(reference) => Some(reference),
            Target::Address(_) => None,
        });
        let stored = |reference: &Reference| match reference {
            Reference::Store(name) => Some(name.clone()),
            _ => None,
        };
        given.chain(target).filter_map(stored).collect()
    }

    /// The ways with their secrets.
    ///
    /// # Errors
    /// All secrets that are not where their references point, and an address that is none.
    pub fn open(&self, places: &Places<'_>) -> Result<Ways, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let mut resolve = |reference: &Reference, span: Span, what: &str| match reference.resolve(places) {
            Ok(secret) => Some(secret),
            Err(words) => {
                let problem = Diagnostic::error(codes::workspace::SECRET_MISSING, span, words);
                wrong.push(problem.label(format!("{what} is there")).note(reference.next_step()));
                None
            }
        };
        let mut given = |reference: &Option<At<Reference>>, what: &str| {
            let reference = reference.as_ref()?;
            resolve(&reference.node, reference.span, what).map(SecretString::from)
        };
        let mail = self.mail.as_ref().map(|mail| Mail {
            server: mail.server.clone(),
            from: mail.from.clone(),
            to: mail.to.clone(),
            login: given(&mail.user, "the name for the mail server")
                .zip(given(&mail.password, "the password for the mail server")),
        });
        let secret = self.webhook.as_ref().and_then(|webhook| given(&webhook.secret, "what signs the webhook"));
        let mut url = String::new();
        if let Some(webhook) = &self.webhook {
            let span = webhook.url.span;
            match &webhook.url.node {
                Target::Address(address) => url = address.to_string(),
                Target::Reference(reference) => {
                    url = resolve(reference, span, "the address of the webhook").unwrap_or_default();
                    if let Some(Err(words)) = (!url.is_empty()).then(|| right_address(&url)) {
                        // The address itself is a secret, and is not shown.
                        let title = format!("this refers to no address: {words}");
                        wrong.push(Diagnostic::error(codes::workspace::ADDRESS, span, title));
                    }
                }
            }
        }
        let webhook = self.webhook.as_ref().map(|_| Webhook { url: url.into(), secret });
        if wrong.is_empty() { Ok(Ways { mail, webhook }) } else { Err(wrong) }
    }
}

impl Reader<'_> {
    pub(super) fn notify(&mut self, value: &Spanned<DeValue<'_>>) -> Notify {
        let mut notify = Notify::default();
        for (key, value) in self.table("`mail`, `webhook` and `silence`", value) {
            match key.node {
                "mail" => notify.mail = self.mail(value),
                "webhook" => notify.webhook = self.webhook(value),
                "silence" => notify.silence = self.time(value),
                _ => self.unknown(&key, "`[notify]`", &keys::names(keys::NOTIFY)),
            }
        }
        notify
    }

    fn mail(&mut self, value: &Spanned<DeValue<'_>>) -> Option<MailConfig> {
        let whole = self.span(value.span());
        let (mut server, mut from, mut to, mut user, mut password) = (None, None, None, None, None);
        let before = self.diagnostics.len();
        for (key, value) in self.table("`{ server, from, to }`", value) {
            match key.node {
                "server" => server = self.server(value),
                "from" => from = self.mailbox(value),
                "to" => to = Some(self.mailboxes(value)),
                "user" => user = self.reference(value),
                "password" => password = self.reference(value),
                _ => self.unknown(&key, "`mail`", &keys::names(keys::MAIL)),
            }
        }
        if self.diagnostics.len() > before {
            return None;
        }
        if user.is_some() != password.is_some() {
            self.wrong(whole, "`user` and `password`, or neither", "one of them");
        }
        let lacks = [("server", server.is_none()), ("from", from.is_none()), ("to", to.is_none())];
        let lacks: Vec<String> =
            lacks.iter().filter(|(_, lacks)| *lacks).map(|(name, _)| format!("no `{name}`")).collect();
        if !lacks.is_empty() {
            self.wrong(whole, "`server`, `from` and `to`", &lacks.join(", "));
        }
        Some(MailConfig { server: server?, from: from?, to: to?, user, password })
    }

    fn webhook(&mut self, value: &Spanned<DeValue<'_>>) -> Option<WebhookConfig> {
        let whole = self.span(value.span());
        let (mut url, mut secret) = (None, None);
        let before = self.diagnostics.len();
        for (key, value) in self.table("`{ url, secret }`", value) {
            match key.node {
                "url" => url = self.target(value),
                "secret" => secret = self.reference(value),
                _ => self.unknown(&key, "`webhook`", &keys::names(keys::WEBHOOK)),
            }
        }
        if url.is_none() && self.diagnostics.len() == before {
            self.wrong(whole, "`url`", "none");
        }
        url.map(|url| WebhookConfig { url, secret })
    }

    fn target(&mut self, value: &Spanned<DeValue<'_>>) -> Option<At<Target>> {
        let text = self.text(value)?;
        if let Ok(reference) = Reference::parse(&text.node) {
            return Some(At { node: Target::Reference(reference), span: text.span });
        }
        match right_address(&text.node) {
            Ok(()) => Some(At { node: Target::Address(text.node), span: text.span }),
            Err(words) => {
                self.diagnostics.push(Diagnostic::error(codes::workspace::ADDRESS, text.span, words));
                None
            }
        }
    }

    fn server(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Server> {
        let text = self.text(value)?;
        let server = parse_server(&text.node);
        if let Err(words) = &server {
            let problem = Diagnostic::error(codes::workspace::ADDRESS, text.span, words.clone());
            self.diagnostics.push(problem.note("write `smtps://HOST` for TLS, or `smtp://HOST:587` for STARTTLS"));
        }
        server.ok()
    }

    fn mailbox(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Arc<str>> {
        let text = self.text(value)?;
        let strange = |letter: char| letter.is_whitespace() || letter.is_control() || "<>,;@".contains(letter);
        let plain = |part: &str| !part.is_empty() && !part.contains(strange);
        let right = text.node.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host));
        if !right {
            self.wrong(text.span, "an address such as `\"books@example.com\"`", &format!("`{}`", text.node));
        }
        right.then_some(text.node)
    }

    fn mailboxes(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Arc<str>> {
        match value.get_ref() {
            DeValue::Array(all) if !all.is_empty() => all.iter().filter_map(|one| self.mailbox(one)).collect(),
            DeValue::String(_) => self.mailbox(value).into_iter().collect(),
            other => {
                let span = self.span(value.span());
                let found = if matches!(other, DeValue::Array(_)) { "an empty list" } else { word(other) };
                self.wrong(span, "an address or a list of them", found);
                Vec::new()
            }
        }
    }
}

/// `smtps://HOST:PORT` or `smtp://HOST:PORT`.
fn parse_server(text: &str) -> Result<Server, String> {
    let (scheme, rest) = text.split_once("://").ok_or_else(|| format!("`{text}` is no mail server"))?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| format!("`{port}` is no port"))?)),
        None => (rest, None),
    };
    if host.is_empty() || host.contains(['/', '@', '?', ' ', ':']) {
        return Err("a mail server is a name and a port, nothing else".to_owned());
    }
    let (privacy, usual) = match scheme {
        "smtps" => (Privacy::Tls, 465),
        "smtp" if is_near(host) => (Privacy::None, 25),
        "smtp" => (Privacy::StartTls, 587),
        _ => return Err(format!("expected `smtps:` or `smtp:`, found `{scheme}:`")),
    };
    Ok(Server { host: host.into(), port: port.unwrap_or(usual), privacy })
}

/// `https`, or `http` on this machine.
fn right_address(text: &str) -> Result<(), String> {
    let url =
        url::Url::parse(text).map_err(|_| "expected an address such as `https://chat.example.com/…`".to_owned())?;
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => Err("an address holds no password".to_owned()),
        "https" => Ok(()),
        "http" if is_near(url.host_str().unwrap_or_default()) => Ok(()),
        "http" => Err("it would travel in the open: `http:` is for a program on this machine only".to_owned()),
        scheme => Err(format!("expected an address of `https:`, found one of `{scheme}:`")),
    }
}

/// A host on this machine.
fn is_near(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
