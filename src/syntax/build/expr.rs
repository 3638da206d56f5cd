//! Expressions: the flat list of operands and operators becomes a tree.

use std::iter::Peekable;

use crate::report::Span;

use super::super::ast::{Arm, Expr, ExprKind, Literal, Operator, Path, Pattern, Spanned, Step};
use super::super::grammar::{Node, Parts, Rule};
use super::super::words;
use super::Builder;

/// How many operators and brackets may stand above a value.
const DEEPEST_VALUE: usize = 256;

impl Builder {
    pub(super) fn expr(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let parts = node.into_inner();
        let above = parts.len();
        if self.depth + above > DEEPEST_VALUE {
            self.problems.push(words::too_deep(span));
            return Box::new(Spanned { node: ExprKind::Broken, span });
        }
        self.depth += above;
        let expr = self.climb(&mut parts.peekable(), 1);
        self.depth -= above;
        expr
    }

    /// One operand and all operators behind it that bind at least as tightly as `level`.
    fn climb<'i>(&mut self, parts: &mut Peekable<impl Iterator<Item = Node<'i>>>, level: u8) -> Expr {
        let first = parts.next().expect("an expression has an operand");
        let start = self.span(&first);
        let mut left = match first.as_rule() {
            Rule::op_not => {
                let operand = self.climb(parts, 3);
                joined(start, operand.span, ExprKind::Not(operand))
            }
            Rule::op_minus => {
                let operand = self.climb(parts, 8);
                let span = operand.span;
                let kind = match operand.node {
                    ExprKind::Literal(Literal::Number(number)) if !number.is_sign_negative() => {
                        ExprKind::Literal(Literal::Number(-number))
                    }
                    _ => ExprKind::Negative(operand),
                };
                joined(start, span, kind)
            }
            _ => self.value(first),
        };
        loop {
            let Some(next) = parts.peek() else { return left };
            let rule = next.as_rule();
            if matches!(rule, Rule::is_set | Rule::is_not_set) {
                if level > 4 {
                    return left;
                }
                let end = self.span(next);
                parts.next();
                let negated = rule == Rule::is_not_set;
                left = joined(left.span, end, ExprKind::IsSet { value: left, negated });
                continue;
            }
            let Some((binds, operator)) = operator(rule) else { return left };
            if binds < level {
                return left;
            }
            let operator = Spanned { node: operator, span: self.span(next) };
            parts.next();
            let right = self.climb(parts, binds + 1);
            left = joined(left.span, right.span, ExprKind::Binary { operator, left, right });
        }
    }

    fn value(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::number => ExprKind::Literal(self.number(span, node.as_str())),
            Rule::date => ExprKind::Literal(self.date(span, node.as_str())),
            Rule::boolean => ExprKind::Literal(Literal::Bool(node.as_str() == "true")),
            Rule::text => return self.text(node),
            Rule::none => ExprKind::None,
            Rule::path => return self.path(node),
            Rule::invoke => self.invoke(node),
            Rule::list => ExprKind::List(Parts::of(node).map(|item| self.expr(item)).collect()),
            Rule::record => ExprKind::Record(self.record(node)),
            Rule::group => {
                let inner = self.expr(Parts::of(node).presume());
                return Box::new(Spanned { node: inner.node, span });
            }
            Rule::match_block => self.match_block(node),
            _ => self.each(node),
        };
        Box::new(Spanned { node: kind, span })
    }

    fn invoke(&mut self, node: Node<'_>) -> ExprKind {
        let mut parts = Parts::of(node);
        let mut names = Parts::of(parts.presume());
        let name = self.next_word(&mut names);
        let member = names.next().map(|member| self.word(&member));
        let arguments = Parts::of(parts.presume()).map(|argument| self.expr(argument)).collect();
        ExprKind::Call { name, member, arguments }
    }

    fn match_block(&mut self, node: Node<'_>) -> ExprKind {
        let mut parts = Parts::of(node);
        let subject = self.expr(parts.presume());
        let arms = parts
            .map(|arm| {
                let mut parts = Parts::of(arm);
                let pattern = self.spanned(parts.presume(), Builder::pattern);
                Arm { pattern, value: self.expr(parts.presume()) }
            })
            .collect();
        ExprKind::Match { subject, arms }
    }

    fn pattern(&mut self, node: Node<'_>) -> Pattern {
        let mut literals = Vec::new();
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::none => return Pattern::None,
                Rule::any => return Pattern::Any,
                _ => literals.push(self.literal(part)),
            }
        }
        Pattern::Literals(literals)
    }

    fn each(&mut self, node: Node<'_>) -> ExprKind {
        let (mut ranges, mut condition, mut entries) = (Vec::new(), None, Vec::new());
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::each_range => {
                    let mut parts = Parts::of(part);
                    let name = self.next_word(&mut parts);
                    let list = parts.find(|part| part.as_rule() == Rule::expr).expect("a range has a list");
                    ranges.push((name, self.expr(list)));
                }
                Rule::expr => condition = Some(self.expr(part)),
                _ => entries = self.record(part),
            }
        }
        ExprKind::Each { ranges, condition, entries }
    }

    /// `order.lines[*].sku`.
    pub(super) fn path(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        let mut parts = Parts::of(node);
        let root = self.next_word(&mut parts);
        let steps = parts.map(|step| self.spanned(step, Builder::step)).collect::<Vec<Spanned<Step>>>();
        Box::new(Spanned { node: ExprKind::Path(Path { root, steps }), span })
    }
}

fn joined(from: Span, to: Span, kind: ExprKind) -> Expr {
    Box::new(Spanned { node: kind, span: from.to(to) })
}

/// How tightly an operator binds, and which it is.
fn operator(rule: Rule) -> Option<(u8, Operator)> {
    Some(match rule {
        Rule::op_or => (1, Operator::Or),
        Rule::op_and => (2, Operator::And),
        Rule::op_equal => (4, Operator::Equal),
        Rule::op_not_equal => (4, Operator::NotEqual),
        Rule::op_less => (4, Operator::Less),
        Rule::op_less_equal => (4, Operator::LessEqual),
        Rule::op_greater => (4, Operator::Greater),
        Rule::op_greater_equal => (4, Operator::GreaterEqual),
        Rule::op_in => (4, Operator::In),
        Rule::op_not_in => (4, Operator::NotIn),
        Rule::op_plus => (5, Operator::Add),
        Rule::op_minus => (5, Operator::Subtract),
        Rule::op_times => (6, Operator::Multiply),
        Rule::op_divide => (6, Operator::Divide),
        Rule::op_coalesce => (7, Operator::Coalesce),
        _ => return None,
    })
}
