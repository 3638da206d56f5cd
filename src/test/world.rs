//! A declared world: what a test gives is all there is, and it answers as the connector's data says, page by page.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, FutureExt};
use jiff::tz::TimeZone;
use url::Url;

use crate::connect::{
    Answer, Class, Connector, Lost, Operation, Pages, PathPart, Request, Resource, Transport, Turned, Until,
};
use crate::eval::{self, Frame, Op, Reader, Shape, Step, Used};
use crate::syntax::ast::EffectWord;
use crate::test::body;
use crate::value::{Arena, Kind, Value};

/// Something that a flow did to a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What kind.
    pub word: EffectWord,
    /// The resource.
    pub resource: Arc<str>,
    /// The action of a `call`.
    pub action: Option<Arc<str>>,
    /// What it was done to; empty for something new.
    pub id: String,
    /// What was sent, as JSON; empty without a body.
    pub body: String,
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
}

/// One system of a declared world.
pub(super) struct DeclaredSystem {
    connector: Arc<Connector>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<Arc<str>, Vec<String>>,
    effects: Vec<Effect>,
    faults: Vec<Planned>,
    made: usize,
}

/// What an operation is, found by the request's method and path.
enum Meant<'c> {
    List(&'c Resource, &'c Operation),
    Search(&'c Resource, &'c Operation, String),
    Get(&'c Resource, &'c Operation, BTreeMap<String, String>),
    Create(&'c Resource, &'c Operation),
    Update(&'c Resource, &'c Operation, BTreeMap<String, String>),
    Action(&'c Resource, usize, BTreeMap<String, String>),
}

impl DeclaredSystem {
    pub(super) fn new(connector: Arc<Connector>) -> DeclaredSystem {
        DeclaredSystem { connector, state: Mutex::default() }
    }

    /// Adds a record that is there from the start.
    pub(super) fn put(&self, resource: &str, record: String) {
        self.state().records.entry(resource.into()).or_default().push(record);
    }

    pub(super) fn plan(&self, fault: Planned) {
        self.state().faults.push(fault);
    }

    /// What was done, in order.
    pub(super) fn effects(&self) -> Vec<Effect> {
        self.state().effects.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of it panics")
    }

    fn answer(&self, request: &Request) -> Result<Answer, Lost> {
        let body = request.body.as_deref().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
        if request.url.path() == TOKEN {
            let token = r#"{"access_token":"declared","token_type":"bearer","expires_in":7200}"#;
            return Ok(Answer::new(200, token));
        }
        let Some(meant) = self.meant(request) else {
            return Ok(Answer::new(501, "the declared world has no such operation"));
        };
        let fault = self.fault(&meant);
        match fault.as_deref() {
            Some("429") => return Ok(Answer::new(429, "{}").with("retry-after", "0")),
            Some("500") => return Ok(Answer::new(500, "{}")),
            Some("html_502") => return Ok(Answer::new(502, "<html><body>Bad gateway</body></html>")),
            Some("reset") => return Err(Lost { sent: true, words: "the connection was reset".to_string() }),
            Some("expired_token") => return Ok(self.refusal(Class::Token, 401)),
            _ => {}
        }
        let answer = self.acted(request, meant, body);
        match fault.as_deref() {
            Some("lost_reply") => Err(Lost { sent: true, words: "the answer was lost".to_string() }),
            _ => Ok(answer),
        }
    }

    fn acted(&self, request: &Request, meant: Meant<'_>, sent: String) -> Answer {
        let mut state = self.state();
        match meant {
            Meant::List(resource, operation) => self.page(request, resource, operation, state.rows(resource)),
            Meant::Search(resource, operation, text) => {
                let text = text.to_lowercase();
                let rows: Vec<String> =
                    state.rows(resource).into_iter().filter(|row| row.to_lowercase().contains(&text)).collect();
                self.page(request, resource, operation, rows)
            }
            Meant::Get(resource, operation, holes) => {
                let rows = state.rows(resource);
                match rows.iter().find(|row| holds(row, &holes)) {
                    Some(row) => Answer::new(200, body::nested(&operation.within, row)),
                    None => self.refusal(Class::Missing, 404),
                }
            }
            Meant::Create(resource, operation) => {
                state.effect(EffectWord::Create, resource, None, "", &sent);
                let row = state.make(resource, &sent);
                Answer::new(201, body::nested(&operation.within, &row))
            }
            Meant::Update(resource, operation, holes) => {
                let id = holes.values().next().cloned().unwrap_or_default();
                let rows = state.records.entry(resource.name.resource.clone()).or_default();
                let Some(row) = rows.iter_mut().find(|row| holds(row, &holes)) else {
                    return self.refusal(Class::Missing, 404);
                };
                let before = row.clone();
                *row = body::over(row, &sent);
                let answer = body::nested(&operation.within, row);
                let changed = if operation.whole { difference(&before, &sent) } else { sent };
                state.effect(EffectWord::Update, resource, None, &id, &changed);
                Answer::new(200, answer)
            }
            Meant::Action(resource, number, holes) => {
                let action = &resource.actions[number];
                let id = holes.values().next().cloned().unwrap_or_default();
                state.effect(EffectWord::Call, resource, Some(action.name.clone()), &id, &sent);
                let made = action.makes.as_ref().and_then(|name| self.connector.resource(&name.resource));
                match made {
                    Some(made) => {
                        let row = state.make(made, "{}");
                        Answer::new(201, body::nested(&action.operation.within, &row))
                    }
                    None => Answer::new(200, "{}"),
                }
            }
        }
    }

    /// The fault to show now, if one is planned for this.
    fn fault(&self, meant: &Meant<'_>) -> Option<Arc<str>> {
        let (word, resource, action) = match meant {
            Meant::List(resource, _) | Meant::Search(resource, ..) | Meant::Get(resource, ..) => {
                (EffectWord::Read, resource, None)
            }
            Meant::Create(resource, _) => (EffectWord::Create, resource, None),
            Meant::Update(resource, ..) => (EffectWord::Update, resource, None),
            Meant::Action(resource, number, _) => {
                (EffectWord::Call, resource, Some(resource.actions[*number].name.clone()))
            }
        };
        let mut state = self.state();
        let planned = state.faults.iter_mut().find(|planned| {
            planned.word == word
                && planned.resource == resource.name.resource
                && planned.action == action
                && planned.left != Some(0)
        })?;
        planned.left = planned.left.map(|left| left - 1);
        Some(planned.name.clone())
    }

    /// The operation that a request is for: of several that fit, the one whose written query says most.
    fn meant(&self, request: &Request) -> Option<Meant<'_>> {
        let mut all: Vec<(usize, Meant<'_>)> = Vec::new();
        for resource in &self.connector.resources {
            let fits = |operation: &Operation| -> Option<(usize, BTreeMap<String, String>)> {
                (*operation.method == *request.method).then(|| holes(&operation.path, &request.url)).flatten()
            };
            let asked = |operation: &'_ Option<Operation>| operation.as_ref().and_then(fits);
            if let (Some((said, _)), Some(list)) = (asked(&resource.list), &resource.list) {
                all.push((said, Meant::List(resource, list)));
            }
            for search in &resource.searches {
                if let Some((said, found)) = fits(&search.operation) {
                    let text = found.get("text").cloned().unwrap_or_default();
                    all.push((said, Meant::Search(resource, &search.operation, text)));
                }
            }
            if let (Some((said, found)), Some(get)) = (asked(&resource.get), &resource.get) {
                all.push((said, Meant::Get(resource, get, found)));
            }
            if let (Some((said, _)), Some(create)) = (asked(&resource.create), &resource.create) {
                all.push((said, Meant::Create(resource, create)));
            }
            if let (Some((said, found)), Some(update)) = (asked(&resource.update), &resource.update) {
                all.push((said, Meant::Update(resource, update, found)));
            }
            for (number, action) in resource.actions.iter().enumerate() {
                if let Some((said, found)) = fits(&action.operation) {
                    all.push((said, Meant::Action(resource, number, found)));
                }
            }
        }
        let mut best: Option<(usize, Meant<'_>)> = None;
        for (said, meant) in all {
            if best.as_ref().is_none_or(|(there, _)| said > *there) {
                best = Some((said, meant));
            }
        }
        best.map(|(_, meant)| meant)
    }

    /// One page of rows, as the connector turns them over.
    fn page(&self, request: &Request, resource: &Resource, operation: &Operation, rows: Vec<String>) -> Answer {
        let pages = operation.pages.as_ref().unwrap_or(&self.connector.pages);
        let filtered = self.filtered(request, resource, rows);
        let (shown, more, turned) = match pages {
            Pages::None => (filtered, false, None),
            Pages::Turned(turned) => {
                let size = turned.size.as_ref().map_or(100, |(name, size)| {
                    parameter(&request.url, name).and_then(|text| text.parse().ok()).unwrap_or(*size)
                });
                let asked = parameter(&request.url, &turned.parameter).and_then(|text| text.parse::<u64>().ok());
                let number = asked.unwrap_or(turned.first).saturating_sub(turned.first);
                let start = if turned.offset { number } else { number.saturating_mul(size) };
                let start = usize::try_from(start).unwrap_or(usize::MAX).min(filtered.len());
                let end = start.saturating_add(usize::try_from(size).unwrap_or(usize::MAX)).min(filtered.len());
                (filtered[start..end].to_vec(), end < filtered.len(), Some(turned))
            }
        };
        let within = match turned {
            Some(turned) if operation.within.is_empty() => &turned.within,
            _ => &operation.within,
        };
        let list = body::nested(within, &format!("[{}]", shown.join(",")));
        Answer::new(200, self.turned(turned, list, more))
    }

    /// The answer with whatever tells that there is more, or that there is none.
    fn turned(&self, turned: Option<&Turned>, list: String, more: bool) -> String {
        let Some(Turned { until: Until::Holds(shape, ends), .. }) = turned else { return list };
        let leaves = leaves(shape, "");
        for value in ["\"more\"", "true", "false", "1", "0", "null"] {
            let tried = leaves.iter().fold(list.clone(), |list, leaf| body::with(&list, leaf, value));
            if is_last(shape, ends, &tried) != more {
                return tried;
            }
        }
        list
    }

    fn filtered(&self, request: &Request, resource: &Resource, rows: Vec<String>) -> Vec<String> {
        let mut rows = rows;
        for filter in resource.filters.iter().filter(|filter| filter.kind.is_none()) {
            let Some(wanted) = parameter(&request.url, &filter.parameter) else { continue };
            rows.retain(|row| scalar_at(row, &filter.field).is_none_or(|there| there == wanted));
        }
        rows
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

impl State {
    fn rows(&self, resource: &Resource) -> Vec<String> {
        self.records.get(&resource.name.resource).cloned().unwrap_or_default()
    }

    fn effect(&mut self, word: EffectWord, resource: &Resource, action: Option<Arc<str>>, id: &str, body: &str) {
        let resource = resource.name.resource.clone();
        self.effects.push(Effect { word, resource, action, id: id.to_string(), body: body.to_string() });
    }

    /// Keeps something new, the newest first.
    fn make(&mut self, resource: &Resource, sent: &str) -> String {
        self.made += 1;
        let name = resource.shape.id.map_or_else(|| "id".into(), |id| resource.shape.fields[id].name.clone());
        let id = format!("{}-{}", resource.name.resource, self.made);
        let row = body::with(if sent.is_empty() { "{}" } else { sent }, &name, &body::text(&id));
        self.records.entry(resource.name.resource.clone()).or_default().insert(0, row.clone());
        row
    }
}

/// Where a declared world gives tokens.
pub(super) const TOKEN: &str = "/declared/token";

impl Transport for DeclaredSystem {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        async move { self.answer(&request) }.boxed()
    }
}

/// What the holes of a path are in an address, and how much of a written query it holds.
fn holes(path: &[PathPart], url: &Url) -> Option<(usize, BTreeMap<String, String>)> {
    let mut template = String::new();
    for part in path {
        match part {
            PathPart::Text(text) => template.push_str(text),
            PathPart::Field(name) => template.push_str(&format!("\u{1}{name}\u{2}")),
        }
    }
    let (wanted, query) = template.split_once('?').unwrap_or((&template, ""));
    let mut found = BTreeMap::new();
    let (wanted, there): (Vec<&str>, Vec<&str>) = (wanted.split('/').collect(), url.path().split('/').collect());
    if wanted.len() != there.len() {
        return None;
    }
    for (wanted, there) in wanted.iter().zip(&there) {
        take(wanted, &decoded(there), &mut found)?;
    }
    let mut said = wanted.iter().filter(|part| !part.contains('\u{1}')).count();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, wanted) = pair.split_once('=').unwrap_or((pair, ""));
        take(wanted, &parameter(url, name)?, &mut found)?;
        said += 1;
    }
    Some((said, found))
}

/// A piece of a template against a piece of an address.
fn take(wanted: &str, there: &str, found: &mut BTreeMap<String, String>) -> Option<()> {
    match wanted.split_once('\u{1}') {
        None => (wanted == there).then_some(()),
        Some((before, rest)) => {
            let (name, after) = rest.split_once('\u{2}')?;
            let value = there.strip_prefix(before)?.strip_suffix(after)?;
            found.insert(name.to_string(), value.to_string());
            (!value.is_empty()).then_some(())
        }
    }
}

fn decoded(piece: &str) -> String {
    // The form encoding of a query reads a piece of a path too, but for the plus.
    url::form_urlencoded::parse(piece.replace('+', "%2B").as_bytes())
        .next()
        .map_or_else(String::new, |(text, _)| text.into_owned())
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn holds(row: &str, holes: &BTreeMap<String, String>) -> bool {
    holes.iter().all(|(name, value)| scalar_at(row, name).as_ref() == Some(value))
}

fn scalar_at(row: &str, dotted: &str) -> Option<String> {
    body::at(row, dotted).and_then(crate::connect::json::scalar)
}

/// The fields of what was sent that are not as they were.
fn difference(before: &str, sent: &str) -> String {
    let fields = crate::connect::json::fields(sent).ok().flatten().unwrap_or_default();
    let same = |name: &str, value: &str| {
        crate::connect::json::fields(before)
            .ok()
            .flatten()
            .unwrap_or_default()
            .iter()
            .any(|(field, there)| field == name && *there == value)
    };
    fields
        .into_iter()
        .filter(|(name, value)| !same(name, value))
        .fold("{}".to_string(), |body, (name, value)| body::over(&body, &format!("{{{}:{value}}}", body::text(&name))))
}

/// The dotted names of the scalars of a shape.
fn leaves(shape: &Shape, before: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (field, kind) in shape.fields.iter().zip(&shape.kind.fields) {
        let name = format!("{before}{}", field.name);
        match (&kind.typed.kind, &field.shape) {
            (Kind::Record(_), Some(inner)) => all.extend(leaves(inner, &format!("{name}."))),
            (Kind::List(_), _) => {}
            _ => all.push(name),
        }
    }
    all
}

fn is_last(shape: &Arc<Shape>, ends: &eval::Expr, answer: &str) -> bool {
    let mut arena = Arena::new(TimeZone::UTC);
    let value = Reader::new(shape, &Used::all()).read(answer, &mut arena).unwrap_or(Value::Unset);
    eval::holds(ends, &mut Frame::of(&[value]), &mut arena).unwrap_or(true)
}

/// The dotted name that a plain path of a shape stands for.
fn path_of(op: &Op, shape: &Shape) -> Option<String> {
    let Op::Path(_, steps) = op else {
        if let Op::Coalesce(first, _) = op {
            return path_of(&first.op, shape);
        }
        return None;
    };
    let mut names: Vec<String> = Vec::new();
    let mut shape = shape;
    for step in steps {
        let Step::Field(slot) = step else { return None };
        let field = shape.fields.get(*slot as usize)?;
        names.push(field.name.to_string());
        if let Some(inner) = &field.shape {
            shape = inner;
        }
    }
    Some(names.join("."))
}
