//! What a request asks of a declared system: its method and address go in, the operation that the connector has there comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use crate::connect::{Connector, Operation, PathPart, Request, Resource};
use crate::syntax::ast::EffectWord;
use crate::test::body;

/// What an operation is, found by the request's method and path.
pub(super) enum Meant<'c> {
    List(&'c Resource, &'c Operation),
    Search(&'c Resource, &'c Operation, String),
    Get(&'c Resource, &'c Operation, BTreeMap<String, String>),
    Create(&'c Resource, &'c Operation),
    Update(&'c Resource, &'c Operation, BTreeMap<String, String>),
    Action(&'c Resource, usize, BTreeMap<String, String>),
}

impl<'c> Meant<'c> {
    /// What it does, as a test calls it.
    pub(super) fn effect(&self) -> (EffectWord, &'c Resource, Option<&'c Arc<str>>) {
        match self {
            Meant::List(resource, _) | Meant::Search(resource, ..) | Meant::Get(resource, ..) => {
                (EffectWord::Read, resource, None)
            }
            Meant::Create(resource, _) => (EffectWord::Create, resource, None),
            Meant::Update(resource, ..) => (EffectWord::Update, resource, None),
            Meant::Action(resource, number, _) => (EffectWord::Call, resource, Some(&resource.actions[*number].name)),
        }
    }
}

/// The operation that a request is for: of several that fit, the one whose written query says most.
pub(super) fn meant<'c>(connector: &'c Connector, request: &Request) -> Option<Meant<'c>> {
    let mut all: Vec<(usize, Meant<'c>)> = Vec::new();
    for resource in &connector.resources {
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
    let mut best: Option<(usize, Meant<'c>)> = None;
    for (said, meant) in all {
        if best.as_ref().is_none_or(|(there, _)| said > *there) {
            best = Some((said, meant));
        }
    }
    best.map(|(_, meant)| meant)
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

/// The parameter of an address.
pub(super) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The row is the one that the holes of a path name.
pub(super) fn holds(row: &str, holes: &BTreeMap<String, String>) -> bool {
    holes.iter().all(|(name, value)| scalar_at(row, name).as_ref() == Some(value))
}

/// A plain value in a row, as text.
pub(super) fn scalar_at(row: &str, dotted: &str) -> Option<String> {
    body::at(row, dotted).and_then(crate::connect::json::scalar)
}
