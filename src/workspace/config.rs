//! The text of `koppel.toml` goes in; what it says of connections and flows, and all mistakes in it, come out.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::connect::Limit;
use crate::report::{Diagnostic, Source, Span, codes, nearest};
use crate::workspace::given::{Given, GivenWhat};
use crate::workspace::keys;
use crate::workspace::retention::Retention;
use crate::workspace::secret::Reference;

/// A thing and its place in `koppel.toml`.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    /// The thing.
    pub(crate) node: T,
    /// Its place.
    pub(crate) span: Span,
}

/// A name or a text and its place.
pub(crate) type Name = At<Arc<str>>;

/// What `koppel.toml` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) zone: Option<TimeZone>,
    pub(crate) ledger: Option<String>,
    pub(crate) ca: Option<String>,
    pub(crate) key: Option<At<Reference>>,
    pub(crate) connections: Vec<ConnectionConfig>,
    pub(crate) flows: Vec<FlowConfig>,
    pub(crate) retention: Retention,
}

/// `[connections.NAME]`.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionConfig {
    pub(crate) name: At<Arc<str>>,
    pub(crate) connector: Option<At<Arc<str>>>,
    pub(crate) base: Option<At<Arc<str>>>,
    pub(crate) token: Option<At<Arc<str>>>,
    pub(crate) authorize: Option<At<Arc<str>>>,
    pub(crate) redirect: Option<At<Arc<str>>>,
    pub(crate) grant: Option<At<Arc<str>>>,
    /// `"none"` lifts the connector's.
    pub(crate) limit: Option<Option<Limit>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) window: Option<Duration>,
    pub(crate) lag: Option<Duration>,
    pub(crate) secrets: BTreeMap<Arc<str>, At<Reference>>,
    /// Secrets whose reference is none, which was told.
    pub(crate) broken_secrets: Vec<Arc<str>>,
}

/// `[flows.NAME]`.
#[derive(Clone, Debug)]
pub(crate) struct FlowConfig {
    pub(crate) name: At<Arc<str>>,
    /// The role and the connection's name.
    pub(crate) roles: Vec<(Name, Name)>,
    /// The setting and its value.
    pub(crate) settings: Vec<(Name, Given)>,
}

/// Reads `koppel.toml`.
pub(crate) fn read(source: &Source) -> (Config, Vec<Diagnostic>) {
    let mut reader = Reader { source, diagnostics: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        let span = reader.span(error.span().unwrap_or(0..0));
        reader.diagnostics.push(Diagnostic::error(codes::workspace::TOML, span, toml_words(error.message())));
    }
    // What does not stand as TOML is not judged: most of what would be said follows from that.
    let config = if reader.diagnostics.is_empty() { reader.config(table.get_ref()) } else { Config::default() };
    (config, reader.diagnostics)
}

/// The library's words, in our voice: lower case, no full stop.
fn toml_words(message: &str) -> String {
    format!("this is no TOML: {}", message.trim_end_matches('.'))
}

pub(super) struct Reader<'s> {
    source: &'s Source,
    diagnostics: Vec<Diagnostic>,
}

type Entry<'t, 'i> = (At<&'t str>, &'t Spanned<DeValue<'i>>);

impl Reader<'_> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let number = |at: usize| u32::try_from(at).expect("a text of a workspace is bounded at 16 MiB");
        Span { source: self.source.id, start: number(range.start), end: number(range.end) }
    }

    pub(super) fn wrong(&mut self, span: Span, wanted: &str, found: &str) {
        let title = format!("expected {wanted}, found {found}");
        self.diagnostics.push(Diagnostic::error(codes::workspace::WRONG_VALUE, span, title));
    }

    /// The entries in the order of the file.
    fn entries<'t, 'i>(&self, table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| (At { node: &**key.get_ref(), span: self.span(key.span()) }, value))
            .collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        entries
    }

    pub(super) fn unknown(&mut self, key: &At<&str>, place: &str, known: &[&str]) {
        let mut diagnostic =
            Diagnostic::error(codes::workspace::UNKNOWN_KEY, key.span, format!("{place} has no `{}`", key.node));
        diagnostic = match nearest(key.node, known.iter().copied()) {
            Some(meant) => diagnostic.fix(format!("did you mean `{meant}`?"), key.span, meant),
            None => diagnostic.note(format!("it may have {}", listed(known))),
        };
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn table<'t, 'i>(&mut self, what: &str, value: &'t Spanned<DeValue<'i>>) -> Vec<Entry<'t, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => self.entries(table),
            other => {
                let span = self.span(value.span());
                self.wrong(span, what, word(other));
                Vec::new()
            }
        }
    }

    pub(super) fn text(&mut self, value: &Spanned<DeValue<'_>>) -> Option<At<Arc<str>>> {
        let span = self.span(value.span());
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(At { node: text.as_ref().into(), span }),
            DeValue::String(_) => {
                self.wrong(span, "a text", "an empty one");
                None
            }
            other => {
                self.wrong(span, "a text", word(other));
                None
            }
        }
    }

    pub(super) fn reference(&mut self, value: &Spanned<DeValue<'_>>) -> Option<At<Reference>> {
        let text = self.text(value)?;
        match Reference::parse(&text.node) {
            Ok(reference) => Some(At { node: reference, span: text.span }),
            Err((code, title, note)) => {
                self.diagnostics.push(Diagnostic::error(code, text.span, title).note(note));
                None
            }
        }
    }

    /// What seals the ledger's secrets; beside them, or among them, it would be of no use.
    fn key(&mut self, value: &Spanned<DeValue<'_>>) -> Option<At<Reference>> {
        let key = self.reference(value)?;
        let hint = "write `env:NAME` for a variable of the environment, or `file:PATH` for a file elsewhere";
        let (code, title) = match &key.node {
            Reference::Env(_) | Reference::File(_) => return Some(key),
            Reference::Store(_) => (codes::workspace::SECRET_STORE, "the key cannot lie in what it opens"),
            Reference::Plain(_) => {
                (codes::workspace::SECRET_IN_PLAIN, "a key in plain beside the ledger seals nothing")
            }
        };
        self.diagnostics.push(Diagnostic::error(code, key.span, title).note(hint));
        None
    }

    pub(super) fn time(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Duration> {
        let text = self.text(value)?;
        let time = parse_time(&text.node);
        if time.is_none() {
            self.wrong(text.span, "a time such as `\"30 s\"` or `\"2 min\"`", &format!("`{}`", text.node));
        }
        time
    }

    fn config(&mut self, table: &DeTable<'_>) -> Config {
        let mut config = Config::default();
        for (key, value) in self.entries(table) {
            match key.node {
                "zone" => config.zone = self.zone(value),
                "ledger" => config.ledger = self.text(value).map(|text| text.node.to_string()),
                "ca" => config.ca = self.text(value).map(|text| text.node.to_string()),
                "key" => config.key = self.key(value),
                "connections" => {
                    for (name, value) in self.table("`[connections.NAME]`", value) {
                        let connection = self.connection(&name, value);
                        config.connections.push(connection);
                    }
                }
                "flows" => {
                    for (name, value) in self.table("`[flows.NAME]`", value) {
                        let flow = self.flow(&name, value);
                        config.flows.push(flow);
                    }
                }
                "retention" => config.retention = self.retention(value),
                _ => self.unknown(&key, "`koppel.toml`", &keys::names(keys::TOP)),
            }
        }
        config
    }

    fn zone(&mut self, value: &Spanned<DeValue<'_>>) -> Option<TimeZone> {
        let text = self.text(value)?;
        let zone = TimeZone::get(&text.node).ok();
        if zone.is_none() {
            self.wrong(text.span, "a time zone such as `\"Europe/Amsterdam\"`", &format!("`{}`", text.node));
        }
        zone
    }

    fn connection(&mut self, name: &At<&str>, value: &Spanned<DeValue<'_>>) -> ConnectionConfig {
        let mut connection = ConnectionConfig {
            name: At { node: name.node.into(), span: name.span },
            connector: None,
            base: None,
            token: None,
            authorize: None,
            redirect: None,
            grant: None,
            limit: None,
            timeout: None,
            window: None,
            lag: None,
            secrets: BTreeMap::new(),
            broken_secrets: Vec::new(),
        };
        for (key, value) in self.table("the keys of a connection", value) {
            match key.node {
                "connector" => connection.connector = self.text(value),
                "base" => connection.base = self.text(value),
                "token" => connection.token = self.text(value),
                "authorize" => connection.authorize = self.text(value),
                "redirect" => connection.redirect = self.text(value),
                "grant" => connection.grant = self.text(value),
                "limit" => connection.limit = self.limit(value),
                "timeout" => connection.timeout = self.time(value),
                "window" => connection.window = self.time(value),
                "lag" => connection.lag = self.time(value),
                "secret" => {
                    for (name, value) in self.table("`secret.NAME = \"env:…\"`", value) {
                        match self.reference(value) {
                            Some(reference) => drop(connection.secrets.insert(name.node.into(), reference)),
                            None => connection.broken_secrets.push(name.node.into()),
                        }
                    }
                }
                _ => self.unknown(&key, "a connection", &keys::names(keys::CONNECTION)),
            }
        }
        connection
    }

    fn limit(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Option<Limit>> {
        let text = self.text(value)?;
        let limit = parse_limit(&text.node);
        if limit.is_none() {
            self.wrong(text.span, "a limit such as `\"10 per 1 s\"`, or `\"none\"`", &format!("`{}`", text.node));
        }
        limit
    }

    fn flow(&mut self, name: &At<&str>, value: &Spanned<DeValue<'_>>) -> FlowConfig {
        let mut flow = FlowConfig {
            name: At { node: name.node.into(), span: name.span },
            roles: Vec::new(),
            settings: Vec::new(),
        };
        for (key, value) in self.table("`roles` and `settings` of a flow", value) {
            match key.node {
                "roles" => {
                    for (role, value) in self.table("`roles.NAME = \"connection\"`", value) {
                        if let Some(connection) = self.text(value) {
                            flow.roles.push((At { node: role.node.into(), span: role.span }, connection));
                        }
                    }
                }
                "settings" => {
                    for (setting, value) in self.table("`settings.NAME = …`", value) {
                        let given = self.given(value);
                        flow.settings.push((At { node: setting.node.into(), span: setting.span }, given));
                    }
                }
                _ => self.unknown(&key, "a flow", &keys::names(keys::FLOW)),
            }
        }
        flow
    }

    fn given(&self, value: &Spanned<DeValue<'_>>) -> Given {
        let what = match value.get_ref() {
            DeValue::String(text) => GivenWhat::Text(text.to_string()),
            DeValue::Integer(number) => {
                let digits = i128::from_str_radix(number.as_str(), number.radix());
                digits.map_or(GivenWhat::Other, |number| GivenWhat::Int(number.to_string()))
            }
            DeValue::Float(number) => GivenWhat::Decimal(number.as_str().trim_start_matches('+').replace('_', "")),
            DeValue::Boolean(truth) => GivenWhat::Bool(*truth),
            DeValue::Datetime(datetime) => {
                let text = datetime.to_string();
                match (datetime.date, datetime.time, datetime.offset) {
                    (Some(_), None, None) => text.parse::<Date>().map_or(GivenWhat::Other, GivenWhat::Date),
                    (_, _, Some(_)) => text.parse::<Timestamp>().map_or(GivenWhat::Other, GivenWhat::Datetime),
                    _ => GivenWhat::Other,
                }
            }
            DeValue::Array(values) => GivenWhat::List(values.iter().map(|value| self.given(value)).collect()),
            DeValue::Table(table) => GivenWhat::Table(
                self.entries(table)
                    .into_iter()
                    .map(|(key, value)| (key.node.to_owned(), key.span, self.given(value)))
                    .collect(),
            ),
        };
        Given { what, span: self.span(value.span()) }
    }
}

/// `30 s`, `2 min`, `1 h`, `3 days`.
pub(crate) fn parse_time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let count: u64 = text[..digits].parse().ok()?;
    let seconds = match text[digits..].trim() {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(count.checked_mul(seconds)?))
}

/// `10 per 1 s`; `none` is no limit.
pub(crate) fn parse_limit(text: &str) -> Option<Option<Limit>> {
    if text.trim() == "none" {
        return Some(None);
    }
    let (count, per) = text.split_once("per")?;
    let limit = Limit { count: count.trim().parse().ok()?, per: parse_time(per)? };
    (limit.count > 0 && !limit.per.is_zero()).then_some(Some(limit))
}

fn word(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `a`, `b` and `c`, in back-quotes.
pub(crate) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
