//! A place in a text goes in; where the thing there is given comes out: in the flow, in a file it uses, or in a connector.

use lsp_types as lsp;
use url::Url;

use crate::check::{Mark, Meaning};
use crate::lsp::connector::ConnectorFile;
use crate::lsp::document::Document;
use crate::lsp::hover::{items, mark_at};
use crate::lsp::place::number;
use crate::lsp::state::{Seen, State};
use crate::report::Span;
use crate::syntax::{self, ast};

/// Where the thing at a place is given.
pub(super) fn definition(state: &mut State, asked: &lsp::GotoDefinitionParams) -> Option<lsp::Location> {
    let asked = &asked.text_document_position_params;
    let document = state.document(&asked.text_document.uri)?;
    let at = document.lines.byte(&document.text, asked.position);
    if document.name.ends_with(".connector") {
        return within_connector(state, &document, at);
    }
    if let Some(location) = file(state, &document, at) {
        return Some(location);
    }
    let (seen, mark) = mark_at(state, &document, at)?;
    let given = given(state, &document, &seen, &mark)?;
    state.locate(document.desk, given)
}

/// Where what a word means is given.
pub(super) fn given(state: &mut State, document: &Document, seen: &Seen, mark: &Mark) -> Option<Span> {
    let mut file = |connector: &str| state.connector_file(document.desk, &document.name, connector);
    match &mark.meaning {
        Meaning::Name(given)
        | Meaning::Setting(given)
        | Meaning::Role(given)
        | Meaning::Module(given)
        | Meaning::Function(given, _)
        | Meaning::Table(given, _) => Some(*given),
        Meaning::Connector(connector) => Some(file(&connector.name)?.name()),
        Meaning::Resource(resource) => {
            Some(file(&resource.name.connector)?.resource(&resource.name.resource)?.name.span)
        }
        Meaning::Action(resource, at) => {
            file(&resource.name.connector)?.action(&resource.name.resource, &resource.actions[*at].name)
        }
        Meaning::Filter(resource, at) => {
            file(&resource.name.connector)?.filter(&resource.name.resource, &resource.filters[*at].field)
        }
        Meaning::Field(record, at) => match seen.notes.shape(record) {
            Some(known) => {
                let (connector, shape) = (known.connector.clone(), known.shape.name.clone());
                Some(file(&connector)?.field(&shape, &record.fields[*at].name)?.name.span)
            }
            None => seen.notes.given(record, *at),
        },
        Meaning::Builtin(_) => None,
    }
}

/// The file that is named at a place.
fn file(state: &mut State, document: &Document, at: usize) -> Option<lsp::Location> {
    let seen = state.seen(document)?;
    let at = number(at);
    let path = paths(&seen.tree).into_iter().find(|path| path.span.start <= at && at <= path.span.end)?;
    let place = state.desks[document.desk].find(&document.name, &path.node)?;
    let uri = Url::from_file_path(place).ok()?.as_str().parse().ok()?;
    Some(lsp::Location { uri, range: lsp::Range::default() })
}

/// All paths of files that a flow names.
pub(super) fn paths(tree: &ast::File) -> Vec<&ast::Name> {
    let mut found = Vec::new();
    for item in items(tree) {
        match &item.node {
            ast::Item::Use(ast::Use { what: ast::UseWhat::File(path), .. })
            | ast::Item::Table(ast::Table { rows: ast::TableRows::File(path), .. })
            | ast::Item::Given(ast::Given::Records { records: ast::GivenRecords::File(path), .. }) => found.push(path),
            ast::Item::Test(test) => {
                for line in &test.items {
                    if let ast::TestItem::Given(ast::Given::Records {
                        records: ast::GivenRecords::File(path), ..
                    }) = &line.node
                    {
                        found.push(path);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// In a connector: a shape or resource by its name.
fn within_connector(state: &mut State, document: &Document, at: usize) -> Option<lsp::Location> {
    let source = state.desks[document.desk].read(&document.name)?;
    let (start, end) = syntax::word_around(&source.text, at);
    let word = source.text[start..end].to_owned();
    let file = ConnectorFile::of(source)?;
    let shape = file.shape(&word).map(|shape| shape.name.span);
    let resource = file.resource(&word).map(|resource| resource.name.span);
    let before = file.source.text[..start].trim_end();
    let named =
        if before.ends_with("makes") || before.ends_with("id of") { resource.or(shape) } else { shape.or(resource) };
    state.locate(document.desk, named?)
}
