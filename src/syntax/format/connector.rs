//! The lines of a connector.

use super::block::{Cell, Column};
use super::doc::Doc;
use super::flow::Shape;
use super::lines::Writer;
use crate::syntax::grammar::{Node, Rule};

/// The widest kind that stands in a column of its own.
const WIDEST_KIND: usize = 60;

impl<'s> Writer<'s> {
    /// A line that is not one of a flow or record.
    pub(super) fn connector_line(&mut self, node: Node<'s>) -> Shape<'s> {
        match node.as_rule() {
            Rule::base | Rule::zone | Rule::datetime | Rule::timeout | Rule::window | Rule::lag => {
                self.split(node, 1, Column::Word)
            }
            Rule::limit | Rule::pages | Rule::auth => self.split(node, 1, Column::Word),
            Rule::authorize | Rule::token | Rule::scopes | Rule::grants | Rule::pkce => {
                self.split(node, 1, Column::Word)
            }
            Rule::errors_code | Rule::errors_message | Rule::errors_details => self.split(node, 1, Column::Word),
            Rule::auth_key => self.split(node, 2, Column::Key),
            Rule::error_row => {
                let arrow = node.clone().into_inner().take_while(|part| part.as_rule() != Rule::m_arrow).count();
                self.split(node, arrow, Column::Status)
            }
            Rule::shape_field => self.shape_field(node),
            Rule::operation => self.operation(node),
            Rule::filter => self.asked(node, Column::Filter),
            Rule::since => self.asked(node, Column::Since),
            _ => Shape::of(self.doc(node)),
        }
    }

    /// `name: kind  required  personal`.
    fn shape_field(&mut self, node: Node<'s>) -> Shape<'s> {
        let mut name: Vec<Node<'s>> = node.into_inner().collect();
        let attributes = name.split_off(3);
        let kind = name.pop().expect("a field has a kind");
        let name = self.run(Rule::shape_field, name);
        let kind = self.doc(kind);
        let mut parts: Vec<Doc<'s>> = attributes.into_iter().map(|attribute| self.doc(attribute)).collect();
        if parts.is_empty() {
            return Shape::celled(vec![(name, Column::Name)], kind);
        }
        if kind.width.is_none_or(|width| width > WIDEST_KIND) {
            parts.insert(0, kind);
            let rest = Doc::nest(2, Doc::fill(parts, "  "));
            let mut shape = Shape::celled(vec![(name, Column::Name)], rest);
            if !shape.cells.is_empty() {
                shape.cells.push(Cell::too_wide());
            }
            return shape;
        }
        let rest = Doc::nest(2, Doc::fill(parts, "  "));
        Shape::celled(vec![(name, Column::Name), (kind, Column::Kind)], rest)
    }

    /// `get GET "/…" in data`, `action send POST "/…" takes sending`.
    fn operation(&mut self, node: Node<'s>) -> Shape<'s> {
        let mut nodes = node.into_inner();
        let what: Vec<Node<'s>> = nodes.next().expect("an operation has a word").into_inner().collect();
        let (method, path) = (nodes.next().expect("it has a method"), nodes.next().expect("it has a path"));
        let named = what.first().map_or(Rule::kw_list, Node::as_rule);
        let is_search = named == Rule::kw_search && what.len() > 1;
        let mut what = what.into_iter();
        let first = what.next().expect("an operation has a word");
        let mut columns = vec![(self.doc(first), Column::Operation)];
        let behind: Vec<Node<'s>> = what.collect();
        let (method_column, path_column) = match named {
            Rule::kw_action => (Column::ActionMethod, Column::ActionPath),
            _ => (Column::Method, Column::Path),
        };
        let mut rest: Vec<Doc<'s>> = Vec::new();
        if is_search {
            rest.push(self.run(Rule::operation, behind));
        } else if !behind.is_empty() {
            columns.push((self.run(Rule::operation, behind), Column::Action));
        }
        let (method, path) = (self.doc(method), self.doc(path));
        let additions: Vec<Doc<'s>> = nodes.map(|addition| self.doc(addition)).collect();
        if is_search {
            rest.push(Doc::all(vec![method, Doc::blank(), path]));
        } else {
            columns.push((method, method_column));
            if additions.is_empty() {
                rest.push(path);
            } else {
                columns.push((path, path_column));
            }
        }
        rest.extend(additions);
        Shape::celled(columns, Doc::nest(4, Doc::fill(rest, " ")))
    }

    /// `filter f: kind as "p"`, `since f as "p"`.
    fn asked(&mut self, node: Node<'s>, column: Column) -> Shape<'s> {
        let rule = node.as_rule();
        let mut nodes: Vec<Node<'s>> = node.into_inner().collect();
        let mut field = nodes.split_off(1);
        let at = field.iter().position(|part| part.as_rule() == Rule::kw_as).unwrap_or(field.len());
        let parameter = field.split_off(at);
        let word = self.run(rule, nodes);
        let field = self.run(rule, field);
        let rest = self.run(rule, parameter);
        Shape::celled(vec![(word, Column::Operation), (field, column)], rest)
    }
}
