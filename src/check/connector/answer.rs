//! Expressions over an answer that has no shape go in; a shape with just the fields they name comes out.

use std::sync::Arc;

use crate::check::connector::Build;
use crate::eval::{Expr, Op, Shape, ShapeField};
use crate::report::codes;
use crate::syntax::ast::{self, Entry, EntryValue, ExprKind, Piece, Step};
use crate::value::{FieldKind, Kind, RecordKind, Typed};

/// What is read of a record that has no shape.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    fields: Vec<(Arc<str>, Node)>,
}

#[derive(Clone, Debug)]
enum Node {
    /// One value.
    Leaf(Kind, Option<Arc<Shape>>),
    /// A record.
    Record(Wanted),
    /// A list of values.
    Leaves(Kind),
    /// A list of records.
    Records(Wanted),
}

impl Wanted {
    /// Wants what lies at the end of these steps. False when a step is none that can be wanted.
    pub(super) fn want(&mut self, root: &str, steps: &[Step], leaf: &Kind, shape: Option<&Arc<Shape>>) -> bool {
        let (many, rest) = match steps.split_first() {
            Some((Step::All | Step::Index(_), rest)) => (true, rest),
            _ => (false, steps),
        };
        let next = match rest.split_first() {
            None => None,
            Some((Step::Name(name), rest)) => Some((name, rest)),
            Some(_) => return false,
        };
        let at = match self.fields.iter().position(|(name, _)| **name == *root) {
            Some(at) => at,
            None => {
                let node = match (many, &next) {
                    (false, None) => Node::Leaf(leaf.clone(), shape.cloned()),
                    (true, None) => Node::Leaves(leaf.clone()),
                    (false, Some(_)) => Node::Record(Wanted::default()),
                    (true, Some(_)) => Node::Records(Wanted::default()),
                };
                self.fields.push((Arc::from(root), node));
                self.fields.len() - 1
            }
        };
        let node = &mut self.fields[at].1;
        if let (Node::Leaf(..), Some(_)) = (&*node, &next) {
            *node = if many { Node::Records(Wanted::default()) } else { Node::Record(Wanted::default()) };
        }
        match (node, next) {
            (Node::Record(inner) | Node::Records(inner), Some((name, rest))) => inner.want(name, rest, leaf, shape),
            (_, Some(_)) => false,
            (_, None) => true,
        }
    }

    /// All of it as a shape.
    pub(super) fn shape(&self, name: &str, format: &Arc<crate::eval::Format>) -> Arc<Shape> {
        let mut kinds = Vec::new();
        let mut fields = Vec::new();
        for (field, node) in &self.fields {
            let (kind, shape) = match node {
                Node::Leaf(kind, shape) => (kind.clone(), shape.clone()),
                Node::Leaves(kind) => (Kind::List(Arc::new(kind.clone())), None),
                Node::Record(inner) => {
                    let shape = inner.shape(field, format);
                    (Kind::Record(shape.kind.clone()), Some(shape))
                }
                Node::Records(inner) => {
                    let shape = inner.shape(field, format);
                    (Kind::List(Arc::new(Kind::Record(shape.kind.clone()))), Some(shape))
                }
            };
            let maybe = !matches!(kind, Kind::List(_));
            kinds.push(FieldKind { name: field.clone(), typed: Typed { kind, maybe } });
            fields.push(plain_field(field.clone(), shape));
        }
        Arc::new(Shape {
            name: Arc::from(name),
            kind: Arc::new(RecordKind { name: Arc::from(name), fields: kinds }),
            fields,
            id: None,
            format: format.clone(),
            raw: None,
        })
    }
}

/// A field with nothing behind its kind.
pub(super) fn plain_field(name: Arc<str>, shape: Option<Arc<Shape>>) -> ShapeField {
    ShapeField {
        name,
        shape,
        required: false,
        required_when: None,
        from: None,
        or_one: false,
        unset: None,
        digits: None,
        within: None,
        as_text: false,
        or_null: false,
        default: None,
        read_only: false,
        write_only: false,
        personal: false,
        title: false,
    }
}

impl Build<'_> {
    /// The shape by which an answer is read for these expressions.
    pub(super) fn answer_shape(&mut self, exprs: &[&ast::Expr]) -> Arc<Shape> {
        let mut wanted = Wanted::default();
        for expr in exprs {
            each_path(expr, &mut |path, span| {
                let steps: Vec<Step> = path.steps.iter().map(|step| step.node.clone()).collect();
                if !wanted.want(&path.root.node, &steps, &Kind::Any, None) {
                    self.broken_paths.push(span);
                    let title = "expected names, `[*]` and numbers in a path of an answer, found something else";
                    self.checker.problems.error(
                        codes::connector::PLACE,
                        span,
                        title,
                        "an answer has no shape to follow",
                    );
                }
            });
        }
        wanted.shape("answer", &self.format)
    }

    /// An expression over an answer.
    pub(super) fn answer_expr(&mut self, shape: &Arc<Shape>, expr: &ast::Expr) -> Arc<Expr> {
        if self.is_broken(expr.span) {
            return Arc::new(Expr::new(Op::Unset, expr.span));
        }
        Arc::new(self.over(&shape.kind, |checker| checker.expr(expr).expr))
    }

    /// The names that lead to a place in an answer.
    pub(super) fn place(&mut self, expr: &ast::Expr) -> Vec<Arc<str>> {
        if let ExprKind::Path(path) = &expr.node {
            let mut names = vec![Arc::from(&*path.root.node)];
            let rest = path.steps.iter().map(|step| match &step.node {
                Step::Name(name) => Some(Arc::from(&**name)),
                _ => None,
            });
            if let Some(rest) = rest.collect::<Option<Vec<Arc<str>>>>() {
                names.extend(rest);
                return names;
            }
        }
        let title = "expected the names that lead to a place in the answer, found something else";
        self.error(codes::connector::PLACE, expr.span, title, "such as `data` or `result.rows`");
        Vec::new()
    }
}

/// All paths of an expression.
pub(super) fn each_path<'e>(expr: &'e ast::Expr, found: &mut dyn FnMut(&'e ast::Path, crate::report::Span)) {
    match &expr.node {
        ExprKind::Path(path) => found(path, expr.span),
        ExprKind::Literal(_) | ExprKind::None | ExprKind::Broken => {}
        ExprKind::Text(pieces) => pieces.iter().for_each(|piece| {
            if let Piece::Expr(value) = piece {
                each_path(value, found);
            }
        }),
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| each_path(argument, found)),
        ExprKind::List(items) => items.iter().for_each(|item| each_path(item, found)),
        ExprKind::Record(entries) => each_entry(entries, found),
        ExprKind::Match { subject, arms } => {
            each_path(subject, found);
            arms.iter().for_each(|arm| each_path(&arm.value, found));
        }
        ExprKind::Each { ranges, condition, entries } => {
            ranges.iter().for_each(|(_, list)| each_path(list, found));
            condition.iter().for_each(|condition| each_path(condition, found));
            each_entry(entries, found);
        }
        ExprKind::Binary { left, right, .. } => {
            each_path(left, found);
            each_path(right, found);
        }
        ExprKind::Not(value) | ExprKind::Negative(value) | ExprKind::IsSet { value, .. } => each_path(value, found),
    }
}

fn each_entry<'e>(entries: &'e [Entry], found: &mut dyn FnMut(&'e ast::Path, crate::report::Span)) {
    for entry in entries {
        match entry {
            Entry::Field { value: EntryValue::Expr(value), guard, .. } => {
                each_path(value, found);
                guard.iter().for_each(|guard| each_path(guard, found));
            }
            Entry::Field { .. } => {}
            Entry::Let(written) => each_path(&written.value, found),
            Entry::If(branch) => {
                each_path(&branch.condition, found);
                each_entry(&branch.then, found);
                each_entry(&branch.otherwise, found);
            }
        }
    }
}
