//! pest's pairs go in; our tree comes out, with what the grammar cannot say (a date that does not exist) told on the way.

mod connector;
mod expr;
mod field;
mod flow;
mod kind;
mod literal;
mod resource;
mod step;
mod test;

use crate::report::{Diagnostic, SourceId, Span};

use super::ast::{File, FileBody, Name, Spanned, Time, TimeUnit};
use super::grammar::{Node, Parts, Rule, end_of};

/// Makes the tree of one text, or of a stretch of it.
pub(super) struct Builder {
    source: SourceId,
    /// Where the stretch begins in the text.
    base: usize,
    /// How many operators and brackets stand above the value that is built now.
    depth: usize,
    problems: Vec<Diagnostic>,
}

impl Builder {
    pub(super) fn new(source: SourceId, base: usize) -> Builder {
        Builder { source, base, depth: 0, problems: Vec::new() }
    }

    /// What was wrong with the parts that could be read.
    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// The tree of a whole file.
    pub(super) fn file(&mut self, node: Node<'_>) -> File {
        let mut parts = Parts::of(node);
        let version = self.header(parts.presume());
        let body = parts.presume();
        let body = match body.as_rule() {
            Rule::flow => FileBody::Flow(self.flow(body)),
            _ => FileBody::Connector(self.connector(body)),
        };
        File { version, body }
    }

    /// A stretch of a file that is read for its mistakes alone.
    pub(super) fn alone(&mut self, node: Node<'_>) {
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::header => {
                    self.header(part);
                }
                Rule::item => {
                    self.item(part);
                }
                Rule::part => {
                    self.part(part);
                }
                _ => {
                    let mut head = Parts::of(part);
                    self.next_word(&mut head);
                    self.next_plain(&mut head);
                }
            }
        }
    }

    /// `koppel 1`.
    pub(super) fn header(&mut self, node: Node<'_>) -> Spanned<u32> {
        let version = Parts::of(node).presume();
        let span = self.span(&version);
        let number = version.as_str().parse().unwrap_or(u32::MAX);
        if number != 1 {
            self.problems.push(super::words::unknown_version(span, version.as_str()));
        }
        Spanned { node: number, span }
    }

    fn span(&self, node: &Node<'_>) -> Span {
        self.stretch(node.as_span().start(), end_of(node))
    }

    fn stretch(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| u32::try_from(self.base + at).unwrap_or(u32::MAX);
        Span { source: self.source, start: place(start), end: place(end) }
    }

    fn spanned<T>(&mut self, node: Node<'_>, build: impl FnOnce(&mut Builder, Node<'_>) -> T) -> Spanned<T> {
        let span = self.span(&node);
        Spanned { node: build(self, node), span }
    }

    /// A word as it stands.
    fn word(&mut self, node: &Node<'_>) -> Name {
        Spanned { node: node.as_str().into(), span: self.span(node) }
    }

    /// The next part, a word.
    fn next_word(&mut self, parts: &mut Parts<'_>) -> Name {
        let node = parts.presume();
        self.word(&node)
    }

    /// A word each, to the end.
    fn words(&mut self, parts: Parts<'_>) -> Vec<Name> {
        parts.map(|node| self.word(&node)).collect()
    }

    fn time(&mut self, node: Node<'_>) -> Time {
        let mut parts = Parts::of(node);
        let count = self.count(&parts.presume(), u64::MAX);
        let unit = match parts.presume().as_str() {
            "s" => TimeUnit::Second,
            "min" => TimeUnit::Minute,
            "h" => TimeUnit::Hour,
            _ => TimeUnit::Day,
        };
        Time { count, unit }
    }

    /// A count of at most `most`.
    fn count(&mut self, node: &Node<'_>, most: u64) -> u64 {
        match node.as_str().parse::<u64>() {
            Ok(count) if count <= most => count,
            _ => {
                let span = self.span(node);
                self.problems.push(super::words::bad_count(span, node.as_str(), most));
                0
            }
        }
    }

    fn small_count(&mut self, node: &Node<'_>) -> u32 {
        u32::try_from(self.count(node, u64::from(u32::MAX))).unwrap_or(0)
    }

    fn signed(&mut self, node: &Node<'_>) -> Spanned<i64> {
        let span = self.span(node);
        let number = node.as_str().parse().unwrap_or_else(|_| {
            self.problems.push(super::words::bad_count(span, node.as_str(), i64::MAX.unsigned_abs()));
            0
        });
        Spanned { node: number, span }
    }
}
