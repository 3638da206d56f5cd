//! A declared world: what a test gives is all there is, and it answers as the connector's data says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;

use crate::connect::{Answer, Auth, AuthPiece, Class, Connector, Lost, Request, Resource, Transport};
use crate::syntax::ast::EffectWord;
use crate::test::asked::{self, Meant, holds, parameter};
use crate::test::body;
use crate::test::changed::{difference, made_true, path_of};
use crate::test::page::Reading;
use crate::test::time::PausedTime;
use crate::value::Clock;

/// Something that a flow did to a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What kind.
    pub word: EffectWord,
    /// The role's number.
    pub role: usize,
    /// The resource.
    pub resource: Arc<str>,
    /// The action of a `call`.
    pub action: Option<Arc<str>>,
    /// What it was done to; empty for something new.
    pub id: String,
    /// What was sent, as JSON; empty without a body.
    pub body: String,
    /// Its place among all that was done.
    pub order: usize,
}

/// A fault to be shown.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) word: EffectWord,
    pub(super) resource: Arc<str>,
    pub(super) action: Option<Arc<str>>,
    pub(super) name: Arc<str>,
    /// How often it is still shown; always without it.
    pub(super) left: Option<u32>,
    /// How often it was shown.
    pub(super) shown: u32,
    /// Its number among the lines of the test.
    pub(super) line: usize,
}

/// What all systems of a declared world share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) time: PausedTime,
    /// How much was done so far.
    pub(super) count: Arc<AtomicUsize>,
}

/// One system of a declared world.
pub(super) struct DeclaredSystem {
    role: usize,
    connector: Arc<Connector>,
    shared: Shared,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<Arc<str>, Vec<Row>>,
    /// What the system itself adds to what is made, by resource.
    added: BTreeMap<Arc<str>, Vec<String>>,
    /// By how many rows later pages of a list begin too early.
    early: BTreeMap<Arc<str>, usize>,
    effects: Vec<Effect>,
    faults: Vec<Planned>,
    made: usize,
    /// How many tokens were given, and how many of them are at their end.
    tokens: usize,
    expired: usize,
}

/// A record that is there.
#[derive(Clone)]
struct Row {
    text: String,
    /// When the flow made it.
    made: Option<Timestamp>,
}

/// How long a `429` asks us to wait.
const PAUSE: &str = "30";
/// How much longer than its timeout a `slow` answer takes.
const TOO_LATE: Duration = Duration::from_secs(1);
/// Where a declared world gives tokens.
pub(super) const TOKEN: &str = "/declared/token";
/// Every secret of a declared world.
pub(super) const SECRET: &str = "declared";

impl DeclaredSystem {
    pub(super) fn new(role: usize, connector: Arc<Connector>, shared: Shared) -> DeclaredSystem {
        DeclaredSystem { role, connector, shared, state: Mutex::default() }
    }

    /// Adds a record that is there from the start.
    pub(super) fn put(&self, resource: &str, record: String) {
        self.state().records.entry(resource.into()).or_default().push(Row { text: record, made: None });
    }

    /// Adds what the system itself adds to each thing that is made.
    pub(super) fn add(&self, resource: &str, fields: String) {
        self.state().added.entry(resource.into()).or_default().push(fields);
    }

    pub(super) fn plan(&self, fault: Planned) {
        self.state().faults.push(fault);
    }

    /// What was done, in order.
    pub(super) fn effects(&self) -> Vec<Effect> {
        self.state().effects.clone()
    }

    /// The lines of the faults that never came, and whether this system has what they break.
    pub(super) fn never_shown(&self) -> Vec<Planned> {
        self.state().faults.iter().filter(|fault| fault.shown == 0).cloned().collect()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of it panics")
    }

    async fn answer(&self, request: &Request) -> Result<Answer, Lost> {
        let body = request.body.as_deref().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
        if request.url.path() == TOKEN {
            return Ok(self.token());
        }
        if self.shared.time.is_doomed() {
            self.shared.time.die();
            return std::future::pending().await;
        }
        let Some(meant) = asked::meant(&self.connector, request) else {
            return Ok(Answer::new(501, "the declared world has no such operation"));
        };
        let faults = self.faults(&meant, request);
        let has = |name: &str| faults.iter().any(|fault| **fault == *name);
        if has("expired_token") {
            let mut state = self.state();
            state.expired = state.tokens;
        }
        if let Some(refused) = self.refuses(request) {
            return Ok(refused);
        }
        if has("429") {
            return Ok(self.refusal(Class::RateLimit, 429).with("retry-after", PAUSE));
        }
        if has("500") {
            return Ok(self.refusal(Class::ServerError, 500));
        }
        if has("html_502") {
            return Ok(Answer::new(502, "<html><body>Bad gateway</body></html>").with("content-type", "text/html"));
        }
        if has("reset") {
            return Err(Lost { sent: true, words: "the connection was reset".to_string() });
        }
        if has("crash_before") {
            self.shared.time.die();
            return std::future::pending().await;
        }
        let answer = self.acted(request, &meant, body, has("search_lag"));
        if has("crash_after") {
            self.shared.time.doom();
        }
        if has("crash") {
            self.shared.time.die();
            return std::future::pending().await;
        }
        if has("slow") {
            self.shared.clock.wait(request.timeout + TOO_LATE).await;
        }
        if has("lost_reply") {
            return Err(Lost { sent: true, words: "the answer was lost".to_string() });
        }
        Ok(answer)
    }

    fn token(&self) -> Answer {
        let mut state = self.state();
        state.tokens += 1;
        let number = state.tokens;
        Answer::new(200, format!(r#"{{"access_token":"{SECRET}-{number}","token_type":"bearer","expires_in":7200}}"#))
    }

    /// Who does not show what the connector says is not let in.
    fn refuses(&self, request: &Request) -> Option<Answer> {
        match &self.connector.auth {
            Auth::Oauth2 { .. } => {
                let shown = request.header("authorization").and_then(|header| header.rsplit([' ', '-']).next());
                let number = shown.and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
                (number <= self.state().expired).then(|| self.refusal(Class::Token, 401))
            }
            Auth::Keys(keys) => {
                let lacks = keys.iter().any(|key| {
                    let piece = |piece: &AuthPiece| match piece {
                        AuthPiece::Text(text) => text.to_string(),
                        AuthPiece::Secret(_) => SECRET.to_string(),
                    };
                    let wanted: String = key.pieces.iter().map(piece).collect();
                    let shown = match key.header {
                        true => request.header(&key.name).map(str::to_string),
                        false => parameter(&request.url, &key.name),
                    };
                    shown.map_or(!key.maybe, |shown| shown != wanted)
                });
                lacks.then(|| self.refusal(Class::Auth, 401))
            }
        }
    }

    fn acted(&self, request: &Request, meant: &Meant<'_>, sent: String, lagging: bool) -> Answer {
        match meant {
            Meant::List(resource, operation) | Meant::Search(resource, operation, _) => {
                let reading = Reading { connector: &self.connector, resource, operation };
                let rows = self.rows(resource, meant, lagging);
                let early = match reading.is_later(request) {
                    true => self.state().early.get(&resource.name.resource).copied().unwrap_or(0),
                    // Whoever begins anew sees the list as it is now.
                    false => self.state().early.remove(&resource.name.resource).map_or(0, |_| 0),
                };
                reading.page(request, rows, early)
            }
            Meant::Get(resource, operation, holes) => {
                let rows = self.rows(resource, meant, false);
                match rows.iter().find(|row| holds(row, holes)) {
                    Some(row) => Answer::new(200, body::nested(&operation.within, row)),
                    None => self.refusal(Class::Missing, 404),
                }
            }
            Meant::Create(resource, operation) => {
                self.note(meant, "", &sent);
                let row = self.make(resource, &sent);
                Answer::new(201, body::nested(&operation.within, &row))
            }
            Meant::Update(resource, operation, holes) => {
                let changed = self.change(resource, holes, |row| body::over(row, &sent));
                let Some((before, row)) = changed else { return self.refusal(Class::Missing, 404) };
                let changed = if operation.whole { difference(&before, &sent) } else { sent };
                self.note(meant, &first(holes), &changed);
                Answer::new(200, body::nested(&operation.within, &row))
            }
            Meant::Action(resource, number, holes) => {
                let action = &resource.actions[*number];
                let there = self.change(resource, holes, |row| match &action.done {
                    Some(done) => made_true(row, &done.op, &resource.shape),
                    None => row.to_string(),
                });
                // A system whose things are all known says what is not there; one of which nothing was given does not.
                if there.is_none() && resource.get.is_some() {
                    return self.refusal(Class::Missing, 404);
                }
                self.note(meant, &first(holes), &sent);
                let made = action.makes.as_ref().and_then(|name| self.connector.resource(&name.resource));
                match made {
                    Some(made) => {
                        let row = self.make(made, "{}");
                        Answer::new(201, body::nested(&action.operation.within, &row))
                    }
                    None => Answer::new(200, "{}"),
                }
            }
        }
    }

    /// The records that a read may show; a search that lags does not show what is new.
    fn rows(&self, resource: &Resource, meant: &Meant<'_>, lagging: bool) -> Vec<String> {
        let text = if let Meant::Search(_, _, text) = meant { text.to_lowercase() } else { String::new() };
        let now = self.shared.clock.now();
        let hidden = |row: &Row| {
            let age = row.made.and_then(|made| Duration::try_from(now.duration_since(made)).ok());
            lagging && age.is_some_and(|age| age < self.connector.lag)
        };
        let state = self.state();
        let rows = state.records.get(&resource.name.resource).into_iter().flatten();
        rows.filter(|row| !hidden(row) && row.text.to_lowercase().contains(&text)).map(|row| row.text.clone()).collect()
    }

    fn note(&self, meant: &Meant<'_>, id: &str, body: &str) {
        let (word, resource, action) = meant.effect();
        let order = self.shared.count.fetch_add(1, Ordering::Relaxed);
        let (resource, action) = (resource.name.resource.clone(), action.cloned());
        let effect =
            Effect { word, role: self.role, resource, action, id: id.to_string(), body: body.to_string(), order };
        self.state().effects.push(effect);
    }

    /// Keeps something new, the newest first, with what the system adds to it.
    fn make(&self, resource: &Resource, sent: &str) -> String {
        let mut state = self.state();
        state.made += 1;
        let name = resource.shape.id.map_or_else(|| "id".into(), |id| resource.shape.fields[id].name.clone());
        let id = format!("{}-{}", resource.name.resource, state.made);
        let sent = if sent.is_empty() { "{}" } else { sent };
        let added = state.added.get(&resource.name.resource).into_iter().flatten();
        let text = added.fold(body::with(sent, &name, &body::text(&id)), |row, added| body::over(&row, added));
        let row = Row { text: text.clone(), made: Some(self.shared.clock.now()) };
        state.records.entry(resource.name.resource.clone()).or_default().insert(0, row);
        text
    }

    /// Changes the record that the holes name; as it was, and as it is.
    fn change(
        &self,
        resource: &Resource,
        holes: &BTreeMap<String, String>,
        change: impl Fn(&str) -> String,
    ) -> Option<(String, String)> {
        let mut state = self.state();
        let rows = state.records.get_mut(&resource.name.resource)?;
        let row = rows.iter_mut().find(|row| holds(&row.text, holes))?;
        let before = row.text.clone();
        row.text = change(&before);
        Some((before, row.text.clone()))
    }

    /// The faults to show now: at most one that replaces the answer, and any that bend it.
    fn faults(&self, meant: &Meant<'_>, request: &Request) -> Vec<Arc<str>> {
        let (word, resource, action) = meant.effect();
        let mut state = self.state();
        let mut hits: Vec<Arc<str>> = Vec::new();
        for planned in &mut state.faults {
            let here = planned.word == word
                && planned.resource == resource.name.resource
                && planned.action.as_ref() == action
                && planned.left != Some(0);
            if !here || !self.fits(&planned.name, meant, request) {
                continue;
            }
            if !bends(&planned.name) && hits.iter().any(|name| !bends(name)) {
                continue;
            }
            planned.left = planned.left.map(|left| left - 1);
            planned.shown += 1;
            hits.push(planned.name.clone());
        }
        if hits.iter().any(|name| &**name == "page_shift") {
            *state.early.entry(resource.name.resource.clone()).or_default() += 1;
        }
        hits
    }

    /// Whether a fault can hit this request at all.
    fn fits(&self, name: &str, meant: &Meant<'_>, request: &Request) -> bool {
        match (name, meant) {
            ("expired_token", _) => matches!(self.connector.auth, Auth::Oauth2 { .. }),
            ("search_lag", meant) => matches!(meant, Meant::Search(..)),
            ("page_shift", Meant::List(resource, operation) | Meant::Search(resource, operation, _)) => {
                Reading { connector: &self.connector, resource, operation }.is_later(request)
            }
            ("page_shift", _) => false,
            _ => true,
        }
    }

    /// An answer that the connector understands as that class.
    fn refusal(&self, class: Class, otherwise: u16) -> Answer {
        let row = self.connector.errors.rows.iter().find(|row| row.class == class);
        let Some(row) = row else { return Answer::new(otherwise, "{}") };
        let code = row.code.as_ref().zip(self.connector.errors.code.as_ref()).and_then(|(code, at)| {
            let path = path_of(&at.op, &self.connector.errors.shape)?;
            Some(body::with("{}", &path, &body::text(&code.replace('*', "declared"))))
        });
        Answer::new(row.status, code.unwrap_or_else(|| "{}".to_string()))
    }
}

/// Whether a fault bends the answer instead of replacing it.
fn bends(name: &str) -> bool {
    matches!(name, "page_shift" | "search_lag" | "expired_token")
}

fn first(holes: &BTreeMap<String, String>) -> String {
    holes.values().next().cloned().unwrap_or_default()
}

impl Transport for DeclaredSystem {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        async move { self.answer(&request).await }.boxed()
    }
}
