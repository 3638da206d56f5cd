//! The generated parser: text goes in; pest's pairs come out, for the eyes of this room alone.

#![allow(missing_docs, unreachable_pub)]

use std::sync::LazyLock;

use pest::iterators::{Pair, Pairs};
use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "grammar/koppel.pest"]
pub(super) struct Grammar;

pub(super) type Node<'i> = Pair<'i, Rule>;

/// For each rule: it is a keyword or a mark, which the tree does not keep.
static MARKS: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut marks = Vec::new();
    for rule in Rule::all_rules() {
        let at = *rule as usize;
        if marks.len() <= at {
            marks.resize(at + 1, false);
        }
        let name = format!("{rule:?}");
        marks[at] = name.starts_with("kw_") || name.starts_with("m_") || matches!(rule, Rule::EOI);
    }
    marks
});

pub(super) fn is_mark(rule: Rule) -> bool {
    MARKS.get(rule as usize).copied().unwrap_or(false)
}

/// Where a node really ends: pest counts the blanks behind it when its last part is absent.
pub(super) fn end_of(node: &Node<'_>) -> usize {
    let own = node.as_span().end();
    match node.as_rule() {
        Rule::text | Rule::script | Rule::path | Rule::resource | Rule::field | Rule::action => own,
        _ => node.clone().into_inner().next_back().map_or(own, |last| end_of(&last)),
    }
}

/// The parts of a node, in order; keywords and marks are passed by unless asked for.
pub(super) struct Parts<'i> {
    nodes: Pairs<'i, Rule>,
}

impl<'i> Parts<'i> {
    pub(super) fn of(node: Node<'i>) -> Parts<'i> {
        Parts { nodes: node.into_inner() }
    }

    /// The next part if it is of that rule; a keyword or mark can be asked for too.
    pub(super) fn pick(&mut self, rule: Rule) -> Option<Node<'i>> {
        while let Some(next) = self.nodes.peek() {
            if next.as_rule() == rule {
                return self.nodes.next();
            }
            if !is_mark(next.as_rule()) {
                return None;
            }
            self.nodes.next();
        }
        None
    }

    /// The next part is this very keyword or mark.
    pub(super) fn sees(&self, rule: Rule) -> bool {
        self.nodes.peek().is_some_and(|next| next.as_rule() == rule)
    }

    /// The next part, which the grammar promises.
    pub(super) fn presume(&mut self) -> Node<'i> {
        self.next().expect("the grammar gives this rule as many parts")
    }
}

impl<'i> Iterator for Parts<'i> {
    type Item = Node<'i>;

    fn next(&mut self) -> Option<Node<'i>> {
        self.nodes.find(|node| !is_mark(node.as_rule()))
    }
}
