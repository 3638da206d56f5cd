//! Numbers, dates and texts.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::report::Span;

use super::super::ast::{Expr, ExprKind, Literal, Name, Piece, Spanned};
use super::super::grammar::{Node, Parts, Rule};
use super::super::words;
use super::Builder;

impl Builder {
    /// `literal`: a number with its sign, a date, a truth, a text without holes.
    pub(super) fn literal(&mut self, node: Node<'_>) -> Spanned<Literal> {
        let node = Parts::of(node).presume();
        let span = self.span(&node);
        let literal = match node.as_rule() {
            Rule::date => self.date(span, node.as_str()),
            Rule::boolean => Literal::Bool(node.as_str() == "true"),
            Rule::number_signed => self.number(span, node.as_str()),
            _ => Literal::Text(self.plain(&node).node),
        };
        Spanned { node: literal, span }
    }

    pub(super) fn date(&mut self, span: Span, text: &str) -> Literal {
        let date: Result<Date, _> = text.parse();
        Literal::Date(date.unwrap_or_else(|_| {
            self.problems.push(words::no_such_date(span, text));
            Date::default()
        }))
    }

    pub(super) fn number(&mut self, span: Span, text: &str) -> Literal {
        let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
        match Decimal::from_str_exact(text) {
            Ok(number) if digits <= 28 => Literal::Number(number),
            _ => {
                self.problems.push(words::long_number(span, text));
                Literal::Number(Decimal::ZERO)
            }
        }
    }

    /// A text without holes: a brace in it is told.
    pub(super) fn plain(&mut self, node: &Node<'_>) -> Name {
        let name = self.raw(node);
        let inner = node.as_str();
        let mut before = ' ';
        for (at, letter) in inner.char_indices() {
            if letter == '{' && before != '\\' {
                let start = node.as_span().start() + at;
                let span = self.stretch(start, start + 1);
                self.problems.push(words::hole_not_allowed(span));
                break;
            }
            before = if before == '\\' && letter == '\\' { ' ' } else { letter };
        }
        name
    }

    /// A text whose braces stay as they are: the path of an operation.
    pub(super) fn raw(&mut self, node: &Node<'_>) -> Name {
        let text = node.as_str();
        Spanned { node: unescaped(&text[1..text.len() - 1]).into(), span: self.span(node) }
    }

    /// The next part, a text without holes.
    pub(super) fn next_plain(&mut self, parts: &mut Parts<'_>) -> Name {
        let node = parts.presume();
        self.plain(&node)
    }

    /// A text with or without holes.
    pub(super) fn text(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(&node);
        if node.as_str().contains('\n') {
            self.problems.push(words::unclosed_text(span));
        }
        let mut pieces = Vec::new();
        for part in Parts::of(node) {
            pieces.push(match part.as_rule() {
                Rule::chars => Piece::Text(unescaped(part.as_str()).into()),
                _ => Piece::Expr(self.expr(Parts::of(part).presume())),
            });
        }
        let kind = match pieces.as_mut_slice() {
            [] => ExprKind::Literal(Literal::Text("".into())),
            [Piece::Text(text)] => ExprKind::Literal(Literal::Text(std::mem::take(text))),
            _ => ExprKind::Text(pieces),
        };
        Box::new(Spanned { node: kind, span })
    }
}

/// The characters that `\` pairs stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            _ => out.push(letter),
        }
    }
    out
}
