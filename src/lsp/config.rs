//! A place in `koppel.toml` goes in; what it says, or what could stand there, comes out.

use lsp_types as lsp;

use crate::lsp::complete::{Items, Offer, Rank};
use crate::lsp::document::Document;
use crate::lsp::state::State;
use crate::syntax::ast::{FileBody, Item, SettingDefault, UseWhat};
use crate::syntax::word_around;
use crate::workspace::{Key, keys};

/// A place among the keys.
struct Place {
    /// The tables that lead to it: of the head above it, and of the dots in front of it.
    path: Vec<String>,
    /// Where the word begins and ends.
    word: (usize, usize),
}

impl Place {
    /// The place at a byte; none in a value or a comment.
    fn of(text: &str, at: usize) -> Option<Place> {
        let word = word_around(text, at);
        let start = text[..word.0].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[start..word.0];
        if before.contains(['=', '#', '"']) {
            return None;
        }
        let parts = |path: &str| -> Vec<String> {
            path.split('.')
                .map(|part| part.trim().trim_matches('"').to_owned())
                .filter(|part| !part.is_empty())
                .collect()
        };
        let trimmed = before.trim_start();
        if let Some(head) = trimmed.strip_prefix('[') {
            return Some(Place { path: parts(head), word });
        }
        let head = text[..start].lines().rev().map(str::trim).find(|line| line.starts_with('['));
        let mut path = head.map(|head| parts(head.trim_matches(['[', ']']))).unwrap_or_default();
        path.extend(parts(trimmed));
        Some(Place { path, word })
    }
}

/// What could stand at a place.
pub(super) fn complete(state: &mut State, document: &Document, at: usize) -> Option<lsp::CompletionList> {
    let place = Place::of(&document.text, at)?;
    let range = document.lines.range(&document.text, place.word.0..place.word.1);
    let mut items = Items::over(range, state.snippets);
    offers(state, document, &place).into_iter().for_each(|offer| items.push(offer));
    Some(lsp::CompletionList { is_incomplete: false, items: items.done() })
}

/// What a key says.
pub(super) fn hover(state: &mut State, document: &Document, at: usize) -> Option<(String, lsp::Range)> {
    let place = Place::of(&document.text, at)?;
    let word = &document.text[place.word.0..place.word.1];
    let offer = offers(state, document, &place).into_iter().find(|offer| offer.label == word)?;
    let kind = if offer.detail.is_empty() { String::new() } else { format!(": {}", offer.detail) };
    let words = format!("```toml\n{}{kind}\n```\n{}", offer.label, offer.doc);
    Some((words, document.lines.range(&document.text, place.word.0..place.word.1)))
}

fn offers(state: &mut State, document: &Document, place: &Place) -> Vec<Offer> {
    let path: Vec<&str> = place.path.iter().map(String::as_str).collect();
    let name = |name: &str| Offer::new(name, lsp::CompletionItemKind::MODULE, Rank::Near);
    match path.as_slice() {
        [] => known(keys::TOP),
        ["connections"] => state.desks[document.desk]
            .connector_names()
            .iter()
            .map(|connector| name(connector).detail("connector"))
            .collect(),
        ["connections", _] => known(keys::CONNECTION),
        ["flows"] => state.desks[document.desk].flows().iter().filter_map(|file| flow_of(file)).map(name).collect(),
        ["flows", _] => known(keys::FLOW),
        ["flows", flow, "settings"] => settings(state, document, flow),
        ["flows", flow, "roles"] => roles(state, document, flow),
        _ => Vec::new(),
    }
}

fn known(keys: &[Key]) -> Vec<Offer> {
    keys.iter().map(|key| Offer::new(key.name, lsp::CompletionItemKind::PROPERTY, Rank::Wanted).doc(key.doc)).collect()
}

/// The name of a flow by its file; none of those that only lend functions.
fn flow_of(file: &str) -> Option<&str> {
    let name = file.strip_suffix(".flow")?;
    (!name.contains("lib/")).then(|| name.rsplit('/').next()).flatten()
}

/// What the flow says of its settings.
fn settings(state: &mut State, document: &Document, flow: &str) -> Vec<Offer> {
    let Some(study) = study(state, document, flow) else { return Vec::new() };
    let FileBody::Flow(tree) = &study.tree.body else { return Vec::new() };
    let written =
        tree.items.iter().filter_map(|item| if let Item::Settings(all) = &item.node { Some(all) } else { None });
    let text = |span: crate::report::Span| {
        study.source.text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned()
    };
    let offer = |setting: &crate::syntax::ast::Setting| {
        let label = setting.label.as_ref().map_or_else(String::new, |label| format!("{}\n\n", label.node));
        let default = match &setting.default {
            Some(SettingDefault::Value(value)) => format!("default `{}`", text(value.span)),
            Some(SettingDefault::Rows(_)) => "has rows already".to_owned(),
            None if setting.kind.node.maybe => "may be left out".to_owned(),
            None => "must be filled in before the flow starts".to_owned(),
        };
        Offer::new(&*setting.name.node, lsp::CompletionItemKind::FIELD, Rank::Wanted)
            .detail(text(setting.kind.span))
            .doc(format!("{label}{default}"))
    };
    written.flatten().map(offer).collect()
}

/// The flow's roles, each with its connector.
fn roles(state: &mut State, document: &Document, flow: &str) -> Vec<Offer> {
    let Some(study) = study(state, document, flow) else { return Vec::new() };
    let FileBody::Flow(tree) = &study.tree.body else { return Vec::new() };
    let role = |item: &Item| {
        let Item::Use(it) = item else { return None };
        let UseWhat::Connector(connector) = &it.what else { return None };
        let offer = Offer::new(&*it.name.node, lsp::CompletionItemKind::FIELD, Rank::Wanted);
        Some(offer.detail(format!("connector `{}`", connector.node)).doc("The connection that this role speaks to."))
    };
    tree.items.iter().filter_map(|item| role(&item.node)).collect()
}

fn study(state: &mut State, document: &Document, flow: &str) -> Option<crate::workspace::Study> {
    let desk = &mut state.desks[document.desk];
    let file = desk.flows().into_iter().find(|file| flow_of(file) == Some(flow))?;
    desk.study(&file)
}
