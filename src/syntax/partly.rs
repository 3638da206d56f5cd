//! A text that may be broken goes in; the tree of all that can be read in it comes out, for an editor: what cannot be read
//! is left out, and said elsewhere.

use pest::Parser;

use crate::report::{Source, Span};

use super::ast::{Connector, File, FileBody, Flow, Item, Name, Part, Spanned};
use super::block::Block;
use super::build::Builder;
use super::bytes::LARGEST_FILE;
use super::grammar::{Grammar, Parts, Rule};
use super::pieces::Cutter;
use super::recover::readable;
use super::scan::{Brackets, Scan};

/// The tree of all that can be read; places are those of the text.
#[must_use]
pub fn parse_partly(source: &Source) -> File {
    if source.text.len() > LARGEST_FILE {
        return nothing(source);
    }
    let scan = Scan::of(source);
    if scan.too_deep.is_some() {
        return nothing(source);
    }
    if let Some(file) = whole(source, &source.text) {
        return file;
    }
    let text = readable(&scan);
    if let Some(file) = whole(source, &text) {
        return file;
    }
    let calm = Source { text: text.into(), ..source.clone() };
    by_pieces(&calm)
}

fn whole(source: &Source, text: &str) -> Option<File> {
    let mut pairs = Grammar::parse(Rule::file, text).ok()?;
    Some(Builder::new(source.id, 0).file(pairs.next()?))
}

/// Each statement on its own.
fn by_pieces(source: &Source) -> File {
    let scan = Scan::of(source);
    if scan.too_deep.is_some() {
        return nothing(source);
    }
    let head = Cutter::head_end(&scan);
    let mut file = nothing(source);
    if let Some(name) = (0..head).find(|index| matches!(scan.text(*index), "flow" | "connector")) {
        let named = Name { node: scan.text(name + 1).into(), span: scan.token_span(name + 1) };
        if scan.is(name, "connector") {
            file.body = FileBody::Connector(Connector { title: named.clone(), name: named, parts: Vec::new() });
        } else if let FileBody::Flow(flow) = &mut file.body {
            flow.name = named;
        }
    }
    for (start, end) in statements(&scan, head) {
        let Some(text) = source.text.get(start..end) else { continue };
        match &mut file.body {
            FileBody::Flow(flow) => flow.items.extend(items(source, start, text)),
            FileBody::Connector(connector) => connector.parts.extend(parts(source, start, text)),
        }
    }
    file
}

fn nothing(source: &Source) -> File {
    let start = Span { source: source.id, start: 0, end: 0 };
    let name = Name { node: "".into(), span: start };
    let body = if source.name.ends_with(".connector") {
        FileBody::Connector(Connector { name: name.clone(), title: name, parts: Vec::new() })
    } else {
        FileBody::Flow(Flow { name: name.clone(), title: name, items: Vec::new() })
    };
    File { version: Spanned { node: 1, span: start }, body }
}

/// Where each statement of a file begins and ends.
pub(super) fn statements(scan: &Scan<'_>, head: usize) -> Vec<(usize, usize)> {
    let starts: Vec<usize> = (1..scan.tokens.len()).filter(|index| Cutter::begins_statement(scan, *index)).collect();
    let brackets = Brackets::of(scan, &starts);
    let connector = (0..head).any(|index| scan.is(index, "connector"));
    let block = if connector { Block::Parts } else { Block::Items };
    let pieces = Cutter { scan, brackets: &brackets, block, owner: None }.cut(head, scan.tokens.len());
    let place = |(from, to): (usize, usize)| Some((scan.tokens.get(from)?.start, scan.tokens.get(to - 1)?.end));
    pieces.into_iter().filter_map(place).collect()
}

/// The statements of a stretch that begins at `start`, when all of it can be read.
pub(super) fn items(source: &Source, start: usize, text: &str) -> Vec<Spanned<Item>> {
    let Ok(mut pairs) = Grammar::parse(Rule::items_alone, text) else { return Vec::new() };
    let mut builder = Builder::new(source.id, start);
    let alone = pairs.next().expect("the rule gives one node");
    Parts::of(alone).filter(|node| node.as_rule() == Rule::item).map(|node| builder.item(node)).collect()
}

fn parts(source: &Source, start: usize, text: &str) -> Vec<Spanned<Part>> {
    let Ok(mut pairs) = Grammar::parse(Rule::parts_alone, text) else { return Vec::new() };
    let mut builder = Builder::new(source.id, start);
    let alone = pairs.next().expect("the rule gives one node");
    Parts::of(alone).filter(|node| node.as_rule() == Rule::part).map(|node| builder.part(node)).collect()
}
