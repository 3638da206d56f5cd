//! Expressions: a chain of operators breaks before the loosest of them.

use super::doc::Doc;
use super::lines::Writer;
use crate::syntax::grammar::{Node, Rule};

/// How far in a broken chain goes on.
const INDENT: usize = 2;

/// The operators between two values, from the loosest to the tightest.
const LEVELS: &[&[Rule]] = &[
    &[Rule::op_or],
    &[Rule::op_and],
    &[
        Rule::op_equal,
        Rule::op_not_equal,
        Rule::op_less,
        Rule::op_less_equal,
        Rule::op_greater,
        Rule::op_greater_equal,
        Rule::op_in,
        Rule::op_not_in,
    ],
    &[Rule::op_plus, Rule::op_minus],
    &[Rule::op_times, Rule::op_divide],
    &[Rule::op_coalesce],
];

/// The level of comparisons: `not` stands above them, `is set` among them.
const COMPARE: usize = 2;

/// An operand or operator of a chain.
struct Piece<'s> {
    /// Of an operator between two values.
    between: Option<Rule>,
    rule: Rule,
    doc: Doc<'s>,
}

impl<'s> Writer<'s> {
    /// `a and b`, or one value alone.
    pub(super) fn expr(&mut self, node: Node<'s>) -> Doc<'s> {
        let mut pieces: Vec<Piece<'s>> = Vec::new();
        let mut wants_value = true;
        for node in node.into_inner() {
            let rule = node.as_rule();
            let is_operator = LEVELS.iter().any(|level| level.contains(&rule));
            let between = (is_operator && !wants_value).then_some(rule);
            if rule != Rule::op_not && !(is_operator && wants_value) {
                wants_value = is_operator;
            }
            let doc = self.doc(node);
            pieces.push(Piece { between, rule, doc });
        }
        bind(pieces, 0)
    }

    /// A text: what stands in its holes is laid out on one line.
    pub(super) fn text(&mut self, node: &Node<'s>) -> Doc<'s> {
        let mut parts = self.comments(node);
        let mut out = String::from("\"");
        let mut readable = true;
        for part in node.clone().into_inner() {
            let (start, end) = (part.as_span().start(), part.as_span().end());
            if part.as_rule() == Rule::hole {
                self.gaps_pass(start + 1);
                let expr = part.into_inner().find(|inner| inner.as_rule() == Rule::expr);
                let expr = expr.and_then(|expr| self.doc(expr).flat());
                readable &= expr.is_some();
                out.push('{');
                out.push_str(&expr.unwrap_or_default());
                out.push('}');
            } else {
                out.push_str(part.as_str());
            }
            self.gaps_pass(end);
        }
        out.push('"');
        self.gaps_pass(node.as_span().start() + node.as_str().len());
        parts.push(if readable { Doc::text(out) } else { Doc::text(node.as_str()) });
        Doc::all(parts)
    }
}

/// Pieces whose loosest operator is of this level, or tighter.
fn bind<'s>(mut pieces: Vec<Piece<'s>>, level: usize) -> Doc<'s> {
    if level == COMPARE {
        return compare(pieces);
    }
    let Some(operators) = LEVELS.get(level) else {
        return prefixed(pieces);
    };
    let is_between = |piece: &Piece<'_>| piece.between.is_some_and(|rule| operators.contains(&rule));
    let mut parts = Vec::new();
    while let Some(at) = pieces.iter().rposition(&is_between) {
        let mut right = pieces.split_off(at);
        let operator = right.remove(0).doc;
        parts.push(Doc::all(vec![operator, Doc::blank(), bind(right, level + 1)]));
    }
    let first = bind(pieces, level + 1);
    if parts.is_empty() {
        return first;
    }
    parts.push(first);
    parts.reverse();
    Doc::nest(INDENT, Doc::fill(parts, " "))
}

/// `not a == b`, `a is set`.
fn compare(mut pieces: Vec<Piece<'_>>) -> Doc<'_> {
    if pieces.first().is_some_and(|piece| piece.rule == Rule::op_not) {
        let not = pieces.remove(0).doc;
        return Doc::all(vec![not, Doc::blank(), compare(pieces)]);
    }
    if pieces.last().is_some_and(|piece| matches!(piece.rule, Rule::is_set | Rule::is_not_set)) {
        let is_set = pieces.pop().expect("it was seen").doc;
        return Doc::all(vec![bind(pieces, COMPARE + 1), Doc::blank(), is_set]);
    }
    let Some(at) = pieces.iter().position(|piece| piece.between.is_some_and(|rule| LEVELS[COMPARE].contains(&rule)))
    else {
        return bind(pieces, COMPARE + 1);
    };
    let mut right = pieces.split_off(at);
    let operator = right.remove(0).doc;
    let right = Doc::all(vec![operator, Doc::blank(), bind(right, COMPARE + 1)]);
    Doc::nest(INDENT, Doc::fill(vec![bind(pieces, COMPARE + 1), right], " "))
}

/// `-a`; between two signs stands a blank, for `--` at the start of a line is taken for a comment of another language.
fn prefixed(pieces: Vec<Piece<'_>>) -> Doc<'_> {
    let mut parts: Vec<Doc<'_>> = Vec::new();
    for piece in pieces {
        if piece.rule == Rule::op_minus && !parts.is_empty() {
            parts.push(Doc::blank());
        }
        parts.push(piece.doc);
    }
    Doc::all(parts)
}
