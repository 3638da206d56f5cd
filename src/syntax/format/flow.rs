//! The lines of a flow, and of records everywhere.

use super::block::{Cell, Column};
use super::doc::{Alignment, Clause, Doc, Kind};
use super::lines::Writer;
use crate::syntax::grammar::{Node, Rule};

/// A line: its columns, and the rest.
pub(super) struct Shape<'s> {
    pub(super) cells: Vec<Cell>,
    pub(super) rest: Doc<'s>,
    pub(super) plain: bool,
    pub(super) needs_comma: bool,
}

impl<'s> Shape<'s> {
    pub(super) fn of(rest: Doc<'s>) -> Shape<'s> {
        Shape { cells: Vec::new(), rest, plain: false, needs_comma: false }
    }

    /// With columns; where one holds a comment there are none.
    pub(super) fn celled(columns: Vec<(Doc<'s>, Column)>, rest: Doc<'s>) -> Shape<'s> {
        let texts: Option<Vec<Cell>> =
            columns.iter().map(|(doc, column)| Some(Cell::new(doc.flat()?, *column))).collect();
        if let Some(cells) = texts {
            return Shape { cells, ..Shape::of(rest) };
        }
        let mut all = Vec::new();
        for (doc, _) in columns {
            all.push(doc);
            all.push(Doc::blank());
        }
        all.push(rest);
        Shape::of(Doc::all(all))
    }
}

impl<'s> Writer<'s> {
    /// One line of a block or file.
    pub(super) fn line(&mut self, node: Node<'s>, top: bool) -> Shape<'s> {
        let rule = node.as_rule();
        let inner = || node.clone().into_inner();
        match rule {
            Rule::item | Rule::part | Rule::rung => {
                let node = inner().next().expect("the rule holds one node");
                self.line(node, top)
            }
            Rule::assigned => Shape {
                plain: inner().all(|part| part.as_rule() != Rule::guard),
                ..self.split(node, 1, Column::Assigned)
            },
            Rule::let_line | Rule::key_line => self.split(node, 2, Column::Assigned),
            Rule::from_key | Rule::by | Rule::cursor | Rule::every => self.split(node, 1, Column::Word),
            Rule::rung_use | Rule::rung_by | Rule::rung_several | Rule::found_keep => self.split(node, 1, Column::Word),
            Rule::found_update | Rule::missing_create | Rule::missing_stop => self.split(node, 1, Column::Word),
            Rule::row => self.split(node, 1, Column::Key),
            Rule::kind_field => self.split(node, 2, Column::Name),
            Rule::arm => {
                let shape = self.split(node, 1, Column::Pattern);
                let needs_comma =
                    shape.cells.first().is_some_and(|cell| cell.text.starts_with('-')) || shape.cells.is_empty();
                Shape { needs_comma, ..shape }
            }
            Rule::setting => self.setting(node),
            Rule::given if top => self.given(node),
            Rule::stop => {
                let mut stop = self.stop(node);
                if let Kind::Clause(clause) = &mut stop.kind {
                    clause.aligned = Some(Alignment::Because);
                }
                Shape::of(stop)
            }
            _ => self.connector_line(node),
        }
    }

    /// A line whose first words are a column; a `when` at its end is a clause.
    pub(super) fn split(&mut self, node: Node<'s>, count: usize, column: Column) -> Shape<'s> {
        let rule = node.as_rule();
        let mut first: Vec<Node<'s>> = node.into_inner().collect();
        let mut rest = first.split_off(count);
        let guard = rest.pop_if(|last| last.as_rule() == Rule::guard);
        let first = self.run(rule, first);
        let rest = self.run(rule, rest);
        let rest = self.guarded(rest, guard);
        Shape::celled(vec![(first, column)], rest)
    }

    fn guarded(&mut self, body: Doc<'s>, guard: Option<Node<'s>>) -> Doc<'s> {
        let Some(guard) = guard else { return body };
        let own_line = self.begins_line(&guard);
        let clause = self.doc(guard);
        Doc::clause(Clause { body, separator: " ", clause, own_line, aligned: None })
    }

    /// `name: kind = default "label" when c`.
    fn setting(&mut self, node: Node<'s>) -> Shape<'s> {
        let mut first: Vec<Node<'s>> = node.into_inner().collect();
        let mut rest = first.split_off(2);
        let guard = rest.pop_if(|last| last.as_rule() == Rule::guard);
        let label = rest.pop_if(|last| last.as_rule() == Rule::plain);
        let first = self.run(Rule::setting, first);
        let body = self.run(Rule::setting, rest);
        let Some(label) = label else {
            let rest = self.guarded(body, guard);
            return Shape::celled(vec![(first, Column::Name)], rest);
        };
        let own_line = self.begins_line(&label);
        let label = self.doc(label);
        let clause = self.guarded(label, guard);
        let rest = Doc::clause(Clause { body, separator: "  ", clause, own_line, aligned: Some(Alignment::Label) });
        Shape::celled(vec![(first, Column::Name)], rest)
    }

    /// `given shop.store "file"` for all tests.
    fn given(&mut self, node: Node<'s>) -> Shape<'s> {
        let mut nodes: Vec<Node<'s>> = Vec::new();
        let mut owner = Rule::given;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::given_setting | Rule::given_records => {
                    owner = part.as_rule();
                    nodes.extend(part.into_inner());
                }
                _ => nodes.push(part),
            }
        }
        let count = match owner {
            Rule::given_setting => 4,
            Rule::given_records => 2,
            _ => return Shape::of(self.run(owner, nodes)),
        };
        let rest = nodes.split_off(count);
        let first = self.run(owner, nodes);
        let rest = self.run(owner, rest);
        Shape::celled(vec![(first, Column::Given)], rest)
    }

    /// `hold when c because "…"`.
    pub(super) fn stop(&mut self, node: Node<'s>) -> Doc<'s> {
        let mut body = Vec::new();
        let mut nodes = node.into_inner().peekable();
        while let Some(node) = nodes.next_if(|node| node.as_rule() != Rule::kw_because) {
            if !body.is_empty() {
                body.push(Doc::blank());
            }
            // The condition goes on further in than the reason stands.
            body.push(Doc::nest(2, self.doc(node)));
        }
        let own_line = nodes.peek().is_some_and(|because| self.begins_line(because));
        let clause = self.run(Rule::stop, nodes.collect());
        Doc::clause(Clause { body: Doc::all(body), separator: " ", clause, own_line, aligned: None })
    }

    /// `require R by f in xs else hold because "…"`.
    pub(super) fn require(&mut self, node: Node<'s>) -> Doc<'s> {
        let mut body: Vec<Node<'s>> = node.into_inner().collect();
        let at = body.iter().position(|node| node.as_rule() == Rule::kw_else).unwrap_or(body.len());
        let end = body.split_off(at);
        let body = self.run(Rule::require, body);
        let own_line = end.first().is_some_and(|node| self.begins_line(node));
        let clause = self.run(Rule::require, end);
        Doc::clause(Clause { body, separator: " ", clause, own_line, aligned: None })
    }

    /// `if c { … } else { … }`: all of its blocks open together.
    pub(super) fn if_block(&mut self, node: Node<'s>) -> Doc<'s> {
        let mut doc = self.run(Rule::if_block, node.into_inner().collect());
        if let Kind::All(parts) = &mut doc.kind {
            for part in parts {
                if let Kind::Block(block) = &mut part.kind {
                    block.together = true;
                }
            }
        }
        Doc::group(doc)
    }
}
