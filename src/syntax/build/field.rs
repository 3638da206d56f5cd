//! Fields, records and what stands in them.

use crate::report::Span;

use super::super::ast::{Body, Entry, EntryValue, Expr, Field, If, Key, Let};
use super::super::grammar::{Node, Parts, Rule};
use super::super::words;
use super::Builder;

/// How many `else if` may follow an `if`.
const MOST_BRANCHES: usize = 64;

impl Builder {
    /// `a.b`.
    pub(super) fn field(&mut self, node: Node<'_>) -> Field {
        Field { words: self.words(Parts::of(node)) }
    }

    pub(super) fn next_field(&mut self, parts: &mut Parts<'_>) -> Field {
        let node = parts.presume();
        self.field(node)
    }

    /// `{ entries }`.
    pub(super) fn record(&mut self, node: Node<'_>) -> Vec<Entry> {
        self.depth += 1;
        let entries = Parts::of(node).map(|entry| self.entry(entry)).collect();
        self.depth -= 1;
        entries
    }

    /// `{ entries }` with its place.
    pub(super) fn placed_record(&mut self, node: Node<'_>) -> (Vec<Entry>, Span) {
        let span = self.span(&node);
        (self.record(node), span)
    }

    /// `{ key f = e entries }`.
    pub(super) fn body(&mut self, node: Node<'_>) -> Body {
        let mut body = Body { keys: Vec::new(), entries: Vec::new(), span: self.span(&node) };
        for part in Parts::of(node) {
            if part.as_rule() == Rule::key_line {
                let span = self.span(&part);
                let mut parts = Parts::of(part);
                body.keys.push(Key { field: self.next_field(&mut parts), value: self.expr(parts.presume()), span });
            } else {
                body.entries.push(self.entry(part));
            }
        }
        body
    }

    pub(super) fn entry(&mut self, node: Node<'_>) -> Entry {
        match node.as_rule() {
            Rule::let_line => Entry::Let(self.let_line(node)),
            Rule::if_block => Entry::If(self.if_block(node)),
            _ => self.assigned(node),
        }
    }

    /// `field = e when c`.
    fn assigned(&mut self, node: Node<'_>) -> Entry {
        let mut parts = Parts::of(node);
        let name = parts.presume();
        let name = if name.as_rule() == Rule::plain { self.plain(&name) } else { self.word(&name) };
        let null = parts.pick(Rule::m_assign).is_some() && parts.sees(Rule::kw_null);
        let value = if null {
            let null = parts.pick(Rule::kw_null).expect("it was seen");
            EntryValue::Null(self.span(&null))
        } else {
            EntryValue::Expr(self.expr(parts.presume()))
        };
        Entry::Field { name, value, guard: self.guard(&mut parts) }
    }

    /// `let name = e when c`.
    pub(super) fn let_line(&mut self, node: Node<'_>) -> Let {
        let mut parts = Parts::of(node);
        let name = self.next_word(&mut parts);
        Let { name, value: self.expr(parts.presume()), guard: self.guard(&mut parts) }
    }

    /// `when c`, where it stands.
    pub(super) fn guard(&mut self, parts: &mut Parts<'_>) -> Option<Expr> {
        let guard = parts.pick(Rule::guard)?;
        Some(self.expr(Parts::of(guard).presume()))
    }

    /// `if c { … } else if … else { … }`.
    fn if_block(&mut self, node: Node<'_>) -> If {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let mut branches = Vec::new();
        let mut last = Vec::new();
        while let Some(next) = parts.next() {
            if next.as_rule() == Rule::record {
                last = self.record(next);
            } else {
                let start = self.span(&next);
                let condition = self.expr(next);
                branches.push((start, condition, self.record(parts.presume())));
            }
        }
        if branches.len() > MOST_BRANCHES {
            self.problems.push(words::too_deep(span));
            branches.truncate(1);
        }
        let mut otherwise = last;
        while branches.len() > 1 {
            let (start, condition, then) = branches.pop().expect("there are two at least");
            otherwise = vec![Entry::If(If { condition, then, otherwise, span: Span { end: span.end, ..start } })];
        }
        let (_, condition, then) = branches.pop().expect("an `if` has a condition");
        If { condition, then, otherwise, span }
    }
}
