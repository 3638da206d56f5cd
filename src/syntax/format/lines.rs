//! Nodes of the grammar go in, in the order of the text; lines with their comments come out.

use super::block::{Block, Item, Lines, Sharing};
use super::doc::Doc;
use super::gaps::Gaps;
use crate::syntax::grammar::{Node, Rule};

/// Lays out the nodes of one text, each once and in order.
pub(super) struct Writer<'s> {
    gaps: Gaps<'s>,
}

impl<'s> Writer<'s> {
    pub(super) fn of(text: &'s str) -> Writer<'s> {
        Writer { gaps: Gaps::of(text) }
    }

    /// A whole file.
    pub(super) fn file(&mut self, node: Node<'s>) -> Lines<'s> {
        let mut nodes = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::flow | Rule::connector => nodes.extend(part.into_inner()),
                Rule::EOI => {}
                _ => nodes.push(part),
            }
        }
        let mut lines = Lines::default();
        self.items(nodes, true, &mut lines);
        self.close(self.gaps.size(), &mut lines);
        lines
    }

    /// What stands from a `{` to its `}`.
    pub(super) fn block(&mut self, owner: Rule, nodes: Vec<Node<'s>>) -> Doc<'s> {
        let mut nodes = nodes.into_iter();
        let open = nodes.next().expect("a block has an opening brace");
        let mut before = self.comments(&open);
        self.gaps.pass(open.as_span().start() + 1);
        let mut inner: Vec<Node<'s>> = nodes.collect();
        let close = inner.pop().expect("a block has a closing brace").as_span().start();
        let mut lines = Lines::default();
        let broken = self.items(inner, false, &mut lines);
        self.close(close, &mut lines);
        self.gaps.pass(close + 1);
        let commented = lines.comment.is_some()
            || !lines.closing.is_empty()
            || lines.items.iter().any(|item| item.comment.is_some() || !item.above.is_empty());
        let sharing = match owner {
            Rule::record | Rule::body => Sharing::AsWritten,
            Rule::rows | Rule::match_block | Rule::kind_record => Sharing::AllOrNone,
            _ => Sharing::Never,
        };
        let open = commented || broken;
        before.push(Doc::block(Block { lines, sharing, open, together: false }));
        Doc::all(before)
    }

    /// The comments before a word, among the pieces of a line.
    pub(super) fn comments(&mut self, node: &Node<'s>) -> Vec<Doc<'s>> {
        self.gaps.before(node.as_span().start()).comments.into_iter().map(Doc::comment).collect()
    }

    /// A word as it stands, behind the comments before it.
    pub(super) fn word(&mut self, node: &Node<'s>) -> Doc<'s> {
        let mut parts = self.comments(node);
        let text = node.as_str();
        // Of a mark that looks ahead, pest counts the blanks behind it.
        let text = if node.as_rule() == Rule::m_bar { "|" } else { text };
        self.gaps.pass(node.as_span().start() + text.len());
        parts.push(if text.contains('\r') { Doc::text(text.replace("\r\n", "\n")) } else { Doc::text(text) });
        Doc::all(parts)
    }

    pub(super) fn gaps_pass(&mut self, end: usize) {
        self.gaps.pass(end);
    }

    /// A line ended between the last word and this node.
    pub(super) fn begins_line(&self, node: &Node<'s>) -> bool {
        self.gaps.ends_before(node.as_span().start())
    }

    /// Reads lines; whether the first stands on a line of its own.
    fn items(&mut self, nodes: Vec<Node<'s>>, top: bool, lines: &mut Lines<'s>) -> bool {
        let mut broken = false;
        for node in nodes.into_iter().filter(|node| node.as_rule() != Rule::m_comma) {
            let mut gap = self.gaps.before(node.as_span().start());
            let first = lines.items.is_empty();
            broken |= first && gap.line;
            if let Some(comment) = gap.comments.first().copied().filter(|comment| !comment.own) {
                let place = match lines.items.last_mut() {
                    Some(item) => Some(&mut item.comment),
                    None if top => None,
                    None => Some(&mut lines.comment),
                };
                if let Some(place) = place {
                    *place = Some(comment);
                    gap.comments.remove(0);
                }
            }
            let shape = self.line(node, top);
            lines.items.push(Item {
                blank: gap.blank,
                above: gap.comments,
                own_line: gap.line,
                cells: shape.cells,
                rest: shape.rest,
                comment: None,
                plain: shape.plain,
                needs_comma: shape.needs_comma,
            });
        }
        broken
    }

    /// The comments behind the last line.
    fn close(&mut self, end: usize, lines: &mut Lines<'s>) {
        let mut gap = self.gaps.before(end);
        if let Some(comment) = gap.comments.first().copied().filter(|comment| !comment.own) {
            gap.comments.remove(0);
            match lines.items.last_mut() {
                Some(item) => item.comment = Some(comment),
                None => lines.comment = Some(comment),
            }
        }
        lines.closing = gap.comments;
    }
}
