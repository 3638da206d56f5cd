//! A place in a text goes in; all places where the same thing is named come out, in this file and in others.

use std::rc::Rc;
use std::sync::Arc;

use lsp_types as lsp;

use crate::check::{Mark, Meaning};
use crate::lsp::connector::ConnectorFile;
use crate::lsp::document::Document;
use crate::lsp::place::number;
use crate::lsp::state::{Seen, State, look};
use crate::report::{SourceId, Span};
use crate::syntax::{self, ast};

/// What is named, the same in all files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// What a line of a flow or script gives.
    Given(Span),
    /// A function or table that other files may use, and what a line gives.
    Shared(Span),
    /// Something of a connector, and its path in it: shape and field, resource and action.
    Connector(Arc<str>, Vec<Arc<str>>),
    /// A function of the language.
    Builtin(&'static str),
}

/// The thing that a word names.
pub(super) fn key_of(seen: &Seen, mark: &Mark) -> Option<Key> {
    Some(match &mark.meaning {
        Meaning::Name(given) | Meaning::Setting(given) | Meaning::Role(given) | Meaning::Module(given) => {
            Key::Given(*given)
        }
        Meaning::Function(given, _) | Meaning::Table(given, _) => Key::Shared(*given),
        Meaning::Builtin(builtin) => Key::Builtin(builtin.name),
        Meaning::Connector(connector) => Key::Connector(connector.name.clone(), Vec::new()),
        Meaning::Resource(resource) => of_resource(&resource.name.connector, &resource.name.resource, None),
        Meaning::Action(resource, at) => {
            of_resource(&resource.name.connector, &resource.name.resource, Some(&resource.actions[*at].name))
        }
        Meaning::Filter(resource, at) => {
            of_resource(&resource.name.connector, &resource.name.resource, Some(&resource.filters[*at].field))
        }
        Meaning::Field(record, at) => match seen.notes.shape(record) {
            Some(known) => of_field(&known.connector, &known.shape.name, &record.fields[*at].name),
            None => Key::Given(seen.notes.given(record, *at)?),
        },
    })
}

fn of_resource(connector: &Arc<str>, resource: &str, part: Option<&Arc<str>>) -> Key {
    let path = [Arc::from("resource"), Arc::from(resource)].into_iter().chain(part.cloned());
    Key::Connector(connector.clone(), path.collect())
}

fn of_field(connector: &Arc<str>, shape: &str, field: &str) -> Key {
    Key::Connector(connector.clone(), vec![Arc::from("shape"), Arc::from(shape), Arc::from(field)])
}

/// All places where the thing at a place is named.
pub(super) fn references(state: &mut State, asked: &lsp::ReferenceParams) -> Option<Vec<lsp::Location>> {
    let place = &asked.text_document_position;
    let document = state.document(&place.text_document.uri)?;
    let at = document.lines.byte(&document.text, place.position);
    let key = key_at(state, &document, at)?;
    let mut spans = everywhere(state, &document, &key);
    let declared = match &key {
        Key::Given(given) | Key::Shared(given) => Some(*given),
        Key::Connector(name, path) => of_connector(state, &document, name, path),
        Key::Builtin(_) => None,
    };
    spans.retain(|span| Some(*span) != declared);
    if asked.context.include_declaration {
        spans.extend(declared);
    }
    spans.sort_unstable();
    spans.dedup();
    Some(spans.into_iter().filter_map(|span| state.locate(document.desk, span)).collect())
}

/// The places in one text.
pub(super) fn highlights(
    state: &mut State,
    asked: &lsp::DocumentHighlightParams,
) -> Option<Vec<lsp::DocumentHighlight>> {
    let place = &asked.text_document_position_params;
    let document = state.document(&place.text_document.uri)?;
    let at = document.lines.byte(&document.text, place.position);
    let key = key_at(state, &document, at)?;
    let seen = state.seen(&document)?;
    let spans = in_flow(&seen, &key).into_iter();
    let shown = |span| lsp::DocumentHighlight { range: document.lines.span(&document.text, span), kind: None };
    Some(spans.map(shown).collect())
}

/// The thing at a place of a flow, a script or a connector.
pub(super) fn key_at(state: &mut State, document: &Document, at: usize) -> Option<Key> {
    let at = number(at);
    let holds = |span: Span| span.start <= at && at <= span.end;
    match document.name.rsplit('.').next() {
        Some("rhai") => {
            let (start, end) = syntax::word_around(&document.text, at as usize);
            let source = state.source_named(document.desk, &document.name)?;
            script_header(source, &document.text, &document.text[start..end]).map(Key::Shared)
        }
        Some("connector") => {
            let source = state.desks[document.desk].read(&document.name)?;
            let syntax::ast::FileBody::Connector(tree) = syntax::parse_partly(&source).body else { return None };
            let name: Arc<str> = tree.name.node.clone().into();
            tree.parts.iter().find_map(|part| match &part.node {
                ast::Part::Shape(shape) => {
                    let field = shape.fields.iter().find(|field| holds(field.name.span))?;
                    Some(of_field(&name, &shape.name.node, &field.name.node))
                }
                ast::Part::Resource(resource) if holds(resource.name.span) => {
                    Some(of_resource(&name, &resource.name.node, None))
                }
                _ => None,
            })
        }
        _ => {
            let seen = state.seen(document)?;
            key_of(&seen, seen.notes.at(at)?)
        }
    }
}

/// Where a thing of a connector is given.
fn of_connector(state: &mut State, document: &Document, name: &str, path: &[Arc<str>]) -> Option<Span> {
    let file = if document.name.ends_with(".connector") {
        Rc::new(ConnectorFile::of(state.desks[document.desk].read(&document.name)?)?)
    } else {
        state.connector_file(document.desk, &document.name, name)?
    };
    match path {
        [what, shape, field] if **what == *"shape" => Some(file.field(shape, field)?.name.span),
        [_, resource] => Some(file.resource(resource)?.name.span),
        [_, resource, part] => file.action(resource, part).or_else(|| file.filter(resource, part)),
        _ => Some(file.name()),
    }
}

/// The places in one flow.
pub(super) fn in_flow(seen: &Seen, key: &Key) -> Vec<Span> {
    let same = |mark: &&Mark| key_of(seen, mark).as_ref() == Some(key);
    seen.notes.marks.iter().filter(same).map(|mark| mark.span).collect()
}

/// The places in all files that may name it.
pub(super) fn everywhere(state: &mut State, document: &Document, key: &Key) -> Vec<Span> {
    let mut spans = Vec::new();
    for (_, seen) in flows_of(state, document, key) {
        spans.extend(in_flow(&seen, key));
    }
    if let Key::Shared(given) = key
        && let Some(source) = state.desks[document.desk].source(given.source)
        && source.name.ends_with(".rhai")
    {
        let name = source.text.get(given.start as usize..given.end as usize).unwrap_or_default();
        spans.extend(in_script(source.id, &source.text, name));
    }
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// The flows that may name a thing, by their names on the desk.
pub(super) fn flows_of(state: &mut State, document: &Document, key: &Key) -> Vec<(String, Rc<Seen>)> {
    let own = document.name.ends_with(".flow");
    let mut all = Vec::new();
    if own && let Some(seen) = state.seen(document) {
        all.push((document.name.clone(), seen));
    }
    if matches!(key, Key::Given(_)) {
        return all;
    }
    for name in state.desks[document.desk].flows() {
        if name == document.name {
            continue;
        }
        let open = state.documents.values().find(|other| other.desk == document.desk && other.name == name).cloned();
        let seen = match open {
            Some(open) => state.seen(&open),
            None => state.desks[document.desk].study(&name).map(|study| Rc::new(look(&study))),
        };
        all.extend(seen.map(|seen| (name, seen)));
    }
    all
}

/// Where the header of a script's function says its name.
fn script_header(source: SourceId, text: &str, name: &str) -> Option<Span> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(header) = line.trim_start().strip_prefix("///").map(str::trim_start)
            && let Some(rest) = header.strip_prefix("fn ")
            && let Some(after) = rest.trim_start().strip_prefix(name)
            && !name.is_empty()
            && after.trim_start().starts_with('(')
        {
            let at =
                start + line.len() - line.trim_start().len() + line.trim_start().find(&format!("{name}{after}"))?;
            return Some(Span { source, start: number(at), end: number(at + name.len()) });
        }
        start += line.len();
    }
    None
}

/// Where a script names a function: in its header, where it is written, and where it is called; not in texts and comments.
fn in_script(source: SourceId, text: &str, name: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = script_header(source, text, name).into_iter().collect();
    let word = |letter: char| letter == '_' || letter.is_alphanumeric();
    let mut quote: Option<char> = None;
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        match (quote, letter) {
            (Some(_), '\\') => at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            (Some(open), _) => {
                quote = (letter != open).then_some(open);
                at += letter.len_utf8();
            }
            (None, '"' | '\'' | '`') => {
                quote = Some(letter);
                at += 1;
            }
            (None, '/') if rest.starts_with("//") => at += rest.find('\n').unwrap_or(rest.len()),
            (None, '/') if rest.starts_with("/*") => at += rest.find("*/").map_or(rest.len(), |end| end + 2),
            (None, letter) if word(letter) => {
                let length = rest.find(|letter| !word(letter)).unwrap_or(rest.len());
                if &rest[..length] == name && rest[length..].trim_start().starts_with('(') {
                    spans.push(Span { source, start: number(at), end: number(at + length) });
                }
                at += length;
            }
            (None, letter) => at += letter.len_utf8(),
        }
    }
    spans
}
