//! A place and a new name go in; the changes in all files come out, or why the name cannot be that: the changed texts are
//! checked first, so that nothing clashes and nothing comes to mean another thing.

use std::collections::BTreeMap;
use std::sync::Arc;

use lsp_types as lsp;
use serde_json::{Value, json};

use crate::lsp::answer::Refused;
use crate::lsp::document::Document;
use crate::lsp::hover::items;
use crate::lsp::place::{Lines, number};
use crate::lsp::refer::{Key, everywhere, in_flow, key_at, key_of};
use crate::lsp::state::{State, look};
use crate::report::{Diagnostic, Severity, Source, Sources, Span};
use crate::syntax::{self, ast};
use crate::workspace::CONFIG;

/// The word that would be renamed.
pub(super) fn prepare(state: &mut State, asked: &lsp::TextDocumentPositionParams) -> Result<lsp::Range, Refused> {
    let (document, at, key) = found(state, &asked.text_document.uri, asked.position)?;
    may_be_renamed(&key)?;
    let (start, end) = syntax::word_around(&document.text, at);
    Ok(document.lines.range(&document.text, start..end))
}

/// The changes that give the thing at a place another name.
pub(super) fn rename(state: &mut State, asked: &lsp::RenameParams) -> Result<Value, Refused> {
    let place = &asked.text_document_position;
    let (document, _, key) = found(state, &place.text_document.uri, place.position)?;
    let given = may_be_renamed(&key)?;
    let new = asked.new_name.as_str();
    let source = state.desks[document.desk].source(given.source).cloned().ok_or("the file that gives it is gone")?;
    let old = source.text.get(given.start as usize..given.end as usize).unwrap_or_default().to_owned();
    if !may_be_a_name(new) {
        return Err(format!("`{new}` cannot be a name: it is no word, or one that the language keeps"));
    }
    if new == old {
        return Ok(json!({ "changes": {} }));
    }
    // 1. Where it is named, by file.
    let spans = everywhere(state, &document, &key);
    let mut texts: BTreeMap<String, (Source, Vec<Span>)> = BTreeMap::new();
    for span in &spans {
        let source = state.desks[document.desk].source(span.source).cloned().ok_or("a file that names it is gone")?;
        texts.entry(source.name.to_string()).or_insert_with(|| (source, Vec::new())).1.push(*span);
    }
    if let Some(source) = texts.keys().find(|name| name.starts_with("koppel:")) {
        return Err(format!("`{old}` is named in `{source}`, which the program holds"));
    }
    // 2. The changed texts hold no new mistake, and it is named as often as before.
    let changed =
        BTreeMap::from_iter(texts.iter().map(|(name, (source, spans))| (name.clone(), with(source, spans, new))));
    try_out(state, &document, &texts, &changed, given, new)?;
    // 3. What `koppel.toml` says of a setting or role goes along.
    let mut edits: BTreeMap<String, Vec<lsp::TextEdit>> = BTreeMap::new();
    for (source, spans) in texts.values() {
        let Some(uri) = state.uri_of(document.desk, source) else { continue };
        let lines = Lines::of(&source.text, state.columns);
        let edit = |span: &Span| lsp::TextEdit { range: lines.span(&source.text, *span), new_text: new.to_owned() };
        edits.insert(uri.as_str().to_owned(), spans.iter().map(edit).collect());
    }
    if let Some((uri, more)) = in_config(state, &document, given, &old, new) {
        edits.insert(uri, more);
    }
    Ok(json!({ "changes": edits }))
}

fn found(
    state: &mut State,
    uri: &lsp::Uri,
    position: lsp::Position,
) -> Result<(std::rc::Rc<Document>, usize, Key), Refused> {
    let document = state.document(uri).ok_or("this file is not open")?;
    let at = document.lines.byte(&document.text, position);
    if document.name.ends_with(".flow") && state.seen(&document).is_some_and(|seen| !seen.whole) {
        return Err("a part of this file cannot be read, and may hide names: mend that first".to_owned());
    }
    let key = key_at(state, &document, at).ok_or("there is no name here")?;
    Ok((document, at, key))
}

/// Where the thing is given, when a person may name it.
fn may_be_renamed(key: &Key) -> Result<Span, Refused> {
    match key {
        Key::Given(given) | Key::Shared(given) => Ok(*given),
        Key::Builtin(name) => Err(format!("`{name}` is a function of the language")),
        Key::Connector(connector, _) => Err(format!("the system gives this name: the connector `{connector}` says it")),
    }
}

/// A word that the language does not keep for itself.
fn may_be_a_name(name: &str) -> bool {
    let text = format!("koppel 1\nflow x \"\"\nlet {name} = 1\n");
    let source = Sources::default().add("", text);
    let word = |letter: char| letter == '_' || letter.is_alphanumeric();
    !name.is_empty() && name.chars().all(word) && syntax::parse(&source).is_ok()
}

/// A text with other words at some places.
fn with(source: &Source, spans: &[Span], new: &str) -> Arc<str> {
    let mut text = source.text.to_string();
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    for span in spans.iter().rev() {
        text.replace_range(span.start as usize..span.end as usize, new);
    }
    text.into()
}

/// Checks all flows of the workspace as they would be.
fn try_out(
    state: &mut State,
    document: &Document,
    texts: &BTreeMap<String, (Source, Vec<Span>)>,
    changed: &BTreeMap<String, Arc<str>>,
    given: Span,
    new: &str,
) -> Result<(), Refused> {
    let desk = &mut state.desks[document.desk];
    let flows: Vec<String> = texts.keys().filter(|name| name.ends_with(".flow")).cloned().collect();
    let before: Vec<usize> =
        flows.iter().map(|name| errors(&desk.study(name).map(|it| it.diagnostics)).count()).collect();
    for (name, text) in changed {
        desk.open(name, text.clone());
    }
    let mut refused = None;
    for (name, before) in flows.iter().zip(before) {
        let Some(study) = desk.study(name) else { continue };
        let after = Some(study.diagnostics.clone());
        if errors(&after).count() > before {
            let first = errors(&after).next().map(|mistake| mistake.title.clone()).unwrap_or_default();
            refused = Some(format!("`{new}` clashes in `{name}`: {first}"));
            break;
        }
        let (old_source, spans) = &texts[name];
        // What gives it moves by what changed in front of it.
        let seen = look(&study);
        let moved = spans.iter().filter(|span| span.source == given.source && **span < given).count();
        let shift = |at: u32| {
            let grown = moved * new.len();
            let shrunk = moved * (given.end - given.start) as usize;
            number(at as usize + grown - shrunk)
        };
        let own = given.source == old_source.id;
        let start = if own { shift(given.start) } else { 0 };
        let key = if own {
            seen.notes.at(start).and_then(|mark| key_of(&seen, mark))
        } else {
            let first = spans.iter().min().map_or(0, |span| span.start);
            seen.notes.at(first).and_then(|mark| key_of(&seen, mark))
        };
        let count = key.map_or(0, |key| in_flow(&seen, &key).len());
        if count != spans.len() {
            refused = Some(format!("`{new}` is another thing in `{name}`: a line would come to mean that one"));
            break;
        }
    }
    // As it was.
    for name in changed.keys() {
        let open = state.documents.values().find(|open| open.desk == document.desk && open.name == *name);
        let desk = &mut state.desks[document.desk];
        match open {
            Some(open) => desk.open(name, open.text.clone()),
            None => desk.close(name),
        }
    }
    refused.map_or(Ok(()), Err)
}

fn errors(diagnostics: &Option<Vec<Diagnostic>>) -> impl Iterator<Item = &Diagnostic> {
    diagnostics.iter().flatten().filter(|mistake| mistake.severity == Severity::Error)
}

/// The lines of `koppel.toml` that speak of a setting or role of this flow.
fn in_config(
    state: &mut State,
    document: &Document,
    given: Span,
    old: &str,
    new: &str,
) -> Option<(String, Vec<lsp::TextEdit>)> {
    let seen = state.seen(document)?;
    let ast::FileBody::Flow(flow) = &seen.tree.body else { return None };
    let word = items(&seen.tree).iter().find_map(|item| match &item.node {
        ast::Item::Settings(all) if all.iter().any(|setting| setting.name.span == given) => Some("settings"),
        ast::Item::Use(used) if used.name.span == given => Some("roles"),
        _ => None,
    })?;
    let source = state.desks[document.desk].read(CONFIG)?;
    let uri = state.uri_of(document.desk, &source)?;
    let lines = Lines::of(&source.text, state.columns);
    let (own, inner) = (format!("[flows.{}]", flow.name.node), format!("[flows.{}.{word}]", flow.name.node));
    let (mut section, mut start, mut edits) = (String::new(), 0, Vec::new());
    for line in source.text.split_inclusive('\n') {
        let said = line.trim();
        if said.starts_with('[') {
            said.split(']').next().unwrap_or_default().clone_into(&mut section);
            section.push(']');
        }
        let key = if section == own { format!("{word}.{old}") } else { old.to_owned() };
        let ends = |rest: &str| rest.trim_start().starts_with(['=', '.']);
        if (section == own || section == inner) && said.strip_prefix(key.as_str()).is_some_and(ends) {
            let at = start + line.find(said).unwrap_or(0) + key.len() - old.len();
            let range = lines.range(&source.text, at..at + old.len());
            edits.push(lsp::TextEdit { range, new_text: new.to_owned() });
        }
        start += line.len();
    }
    (!edits.is_empty()).then(|| (uri.as_str().to_owned(), edits))
}
