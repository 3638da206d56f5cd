//! An expression as written goes in; it comes out with every name resolved, its kind known, and whether it may be not set.

use std::sync::Arc;

use crate::check::checker::{Checked, Checker};
use crate::check::kinds;
use crate::check::problems::suggest;
use crate::check::scope::{Facts, Name, Place, both, either};
use crate::eval::{Arithmetic, Compared, Comparison, Each, Expr, Op, Piece};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, ExprKind, Literal, Operator};
use crate::value::{Kind, Typed};

impl Checker<'_> {
    /// Checks an expression of any kind.
    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Checked {
        let span = expr.span;
        match &expr.node {
            ExprKind::Literal(literal) => literal_value(literal, span),
            ExprKind::Text(pieces) => self.text(pieces, span, false),
            ExprKind::None => {
                Checked { literal: true, ..Checked::new(Expr::new(Op::Unset, span), Typed::maybe(Kind::Nothing)) }
            }
            ExprKind::Path(path) => self.path(path, span),
            ExprKind::Call { name, member, arguments } => self.call(name, member.as_ref(), arguments, span),
            ExprKind::List(items) => self.list(items, span),
            ExprKind::Record(entries) => self.free_record(entries, span),
            ExprKind::Match { subject, arms } => {
                self.match_with(subject, arms, span, &mut |checker, value| checker.expr(value))
            }
            ExprKind::Each { ranges, condition, entries } => {
                self.each_with(ranges, condition.as_ref(), span, &mut |checker| {
                    let record = checker.free_record(entries, span);
                    let Op::Record(made) = record.expr.op else { return None };
                    Some((*made, record.typed.kind))
                })
            }
            ExprKind::Binary { operator, left, right } => self.binary(operator, left, right, span),
            ExprKind::Not(value) => {
                let value = self.truth(value, "`not`");
                let facts = value.facts.opposite();
                Checked { facts, ..Checked::sure(Op::Not(Box::new(value.expr)), span, Kind::Bool) }
            }
            ExprKind::Negative(value) => {
                let value = self.expr(value);
                let kind = self.number(&value, "`-`");
                let loose = value.loose_ends();
                let typed = Typed { kind, maybe: value.typed.maybe };
                Checked { loose, ..Checked::new(Expr::new(Op::Negate(Box::new(value.expr)), span), typed) }
            }
            ExprKind::IsSet { value, negated } => {
                let value = self.expr(value);
                if self.told(&value) {
                    return Checked::broken(span);
                }
                let facts = Facts { yes: value.spot.into_iter().collect(), no: Vec::new() };
                let asked = Expr::new(Op::IsSet(Box::new(value.expr)), span);
                let (op, facts) =
                    if *negated { (Op::Not(Box::new(asked)), facts.opposite()) } else { (asked.op, facts) };
                Checked { facts, ..Checked::sure(op, span, Kind::Bool) }
            }
            ExprKind::Broken => Checked::broken(span),
        }
    }

    /// Checks a condition: a truth that is sure.
    pub(super) fn truth(&mut self, expr: &ast::Expr, what: &str) -> Checked {
        let value = self.expr(expr);
        if value.typed.kind == Kind::Any && matches!(self.frame.place, Place::Record(_)) {
            // A value of an answer that has no shape: it holds when it is `true`.
            let span = value.span();
            let yes = Expr::new(Op::Bool(true), span);
            let op = Op::Compare(Comparison::Equal, Compared::Bool, Box::new(value.expr), Box::new(yes));
            return Checked::sure(op, span, Kind::Bool);
        }
        if !self.told(&value) && value.typed.kind != Kind::Bool {
            let found = kinds::words(&value.typed.kind);
            self.problems.error(
                codes::check::WRONG_KIND,
                value.span(),
                format!("expected a condition, found {found}"),
                format!("{what} wants `true` or `false`"),
            );
            return Checked::broken(value.span());
        }
        if value.typed.maybe {
            self.not_sure_to_hold(&value, what);
            return Checked { typed: Typed::sure(Kind::Bool), ..value };
        }
        value
    }

    /// A text with holes; a lenient one prints what is not set.
    pub(super) fn text(&mut self, pieces: &[ast::Piece], span: Span, lenient: bool) -> Checked {
        let mut told = false;
        let pieces = pieces
            .iter()
            .map(|piece| match piece {
                ast::Piece::Text(text) => Piece::Text(text.clone()),
                ast::Piece::Expr(expr) => {
                    let value = self.expr(expr);
                    told |= self.told(&value);
                    if !kinds::printable(&value.typed.kind) {
                        let found = kinds::words(&value.typed.kind);
                        let problem = Diagnostic::error(
                            codes::check::NOT_PRINTABLE,
                            value.span(),
                            format!("expected a value that can stand in a text, found {found}"),
                        );
                        self.problems.push(problem.label("name one of its fields"));
                    } else if value.typed.maybe && !lenient {
                        self.not_sure(&value, "a piece of a text must be sure");
                    }
                    Piece::Value(value.expr, value.typed.kind)
                }
            })
            .collect();
        if told {
            return Checked::broken(span);
        }
        Checked::sure(Op::Concat { pieces, lenient }, span, Kind::Text)
    }

    fn list(&mut self, items: &[ast::Expr], span: Span) -> Checked {
        let mut all = Vec::new();
        let mut kind: Option<Kind> = None;
        let mut literal = true;
        for item in items {
            let value = self.expr(item);
            literal &= value.literal;
            kind = match kind {
                None => Some(value.typed.kind.clone()),
                Some(known) => match kinds::join(&known, &value.typed.kind) {
                    Some(joined) => Some(joined),
                    None => {
                        self.mixed(&value, &known, "the elements of a list are of one kind");
                        Some(kinds::BROKEN)
                    }
                },
            };
            all.push(value.expr);
        }
        let of = kind.unwrap_or(Kind::Nothing);
        Checked { literal, ..Checked::sure(Op::List(all), span, Kind::List(Arc::new(of))) }
    }

    /// Says that a value is not of the kind of those before it.
    pub(super) fn mixed(&mut self, value: &Checked, known: &Kind, rule: &str) {
        let (known, found) = (kinds::words(known), kinds::words(&value.typed.kind));
        self.problems.error(
            codes::check::MIXED_KINDS,
            value.span(),
            format!("expected {known} as before, found {found}"),
            rule.to_owned(),
        );
    }

    fn binary(
        &mut self,
        operator: &ast::Spanned<Operator>,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Checked {
        match operator.node {
            Operator::And => {
                let left = self.truth(left, "`and`");
                let right = self.inside(&left.facts.yes, |checker| checker.truth(right, "`and`"));
                let facts = Facts {
                    yes: either(&left.facts.yes, &right.facts.yes),
                    no: both(&left.facts.no, &either(&left.facts.yes, &right.facts.no)),
                };
                Checked { facts, ..Checked::sure(Op::And(Box::new(left.expr), Box::new(right.expr)), span, Kind::Bool) }
            }
            Operator::Or => {
                let left = self.truth(left, "`or`");
                let right = self.inside(&left.facts.no, |checker| checker.truth(right, "`or`"));
                let facts = Facts {
                    yes: both(&left.facts.yes, &either(&left.facts.no, &right.facts.yes)),
                    no: either(&left.facts.no, &right.facts.no),
                };
                Checked { facts, ..Checked::sure(Op::Or(Box::new(left.expr), Box::new(right.expr)), span, Kind::Bool) }
            }
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessEqual
            | Operator::Greater
            | Operator::GreaterEqual => self.compare(operator, left, right, span),
            Operator::In | Operator::NotIn => self.is_in(operator.node == Operator::NotIn, left, right, span),
            Operator::Coalesce => {
                let left = self.expr(left);
                let right = self.expr(right);
                self.coalesce(left, right, span)
            }
            Operator::Add => self.arithmetic(Arithmetic::Add, operator, left, right, span),
            Operator::Subtract => self.arithmetic(Arithmetic::Subtract, operator, left, right, span),
            Operator::Multiply => self.arithmetic(Arithmetic::Multiply, operator, left, right, span),
            Operator::Divide => self.arithmetic(Arithmetic::Divide, operator, left, right, span),
        }
    }

    /// `a ?? b` of two checked values.
    pub(super) fn coalesce(&mut self, left: Checked, right: Checked, span: Span) -> Checked {
        let right = if right.literal && !left.literal { self.adapt(right, &left.typed.kind) } else { right };
        let kind = match kinds::join(&left.typed.kind, &right.typed.kind) {
            Some(kind) => kind,
            None => {
                self.mixed(&right, &left.typed.kind, "both sides of `??` are of one kind");
                kinds::BROKEN
            }
        };
        let maybe = left.typed.maybe && right.typed.maybe;
        let literal = left.literal && right.literal;
        let loose = [left.loose_ends(), right.loose_ends()].concat();
        let expr = Expr::new(Op::Coalesce(Box::new(left.expr), Box::new(right.expr)), span);
        Checked { literal, loose, ..Checked::new(expr, Typed { kind, maybe }) }
    }

    fn compare(
        &mut self,
        operator: &ast::Spanned<Operator>,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Checked {
        let (left, right) = (self.expr(left), self.expr(right));
        self.note_wish(left.span(), &right.typed.kind);
        self.note_wish(right.span(), &left.typed.kind);
        if let Some(told) = self.compared_with_nothing(operator, &left, &right, span) {
            return told;
        }
        let (left, right) = self.adapt_both(left, right);
        let comparison = match operator.node {
            Operator::Equal => Comparison::Equal,
            Operator::NotEqual => Comparison::NotEqual,
            Operator::Less => Comparison::Less,
            Operator::LessEqual => Comparison::LessEqual,
            Operator::Greater => Comparison::Greater,
            _ => Comparison::GreaterEqual,
        };
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let Some(compared) = self.compared(&left, &right, operator, ordered) else { return Checked::broken(span) };
        let maybe = ordered && (left.typed.maybe || right.typed.maybe);
        let loose = [left.loose_ends(), right.loose_ends()].concat();
        let set: Vec<_> = left.spot.iter().chain(&right.spot).cloned().collect();
        let facts = match comparison {
            Comparison::Equal => Facts { yes: set, no: Vec::new() },
            Comparison::NotEqual => Facts { yes: Vec::new(), no: set },
            _ => Facts::default(),
        };
        let op = Op::Compare(comparison, compared, Box::new(left.expr), Box::new(right.expr));
        Checked { facts, loose, ..Checked::new(Expr::new(op, span), Typed { kind: Kind::Bool, maybe }) }
    }

    /// `x == none` and `x == ""`, which are never what is meant.
    fn compared_with_nothing(
        &mut self,
        operator: &ast::Spanned<Operator>,
        left: &Checked,
        right: &Checked,
        span: Span,
    ) -> Option<Checked> {
        let nothing = |value: &Checked| value.literal && matches!(value.expr.op, Op::Unset);
        let (value, none) = if nothing(right) {
            (left, right)
        } else if nothing(left) {
            (right, left)
        } else {
            return None;
        };
        let found = if none.typed.kind == Kind::Nothing { "`none`" } else { "a blank text" };
        let sign = operator.node.text();
        let title = format!("expected a value beside `{sign}`, found {found}, which is not set and equals nothing");
        let mut problem =
            Diagnostic::error(codes::check::EQUALS_NOTHING, none.span(), title).label("never equal to anything");
        let asked = match operator.node {
            Operator::Equal => Some("is not set"),
            Operator::NotEqual => Some("is set"),
            _ => None,
        };
        if let (Some(asked), Some(text)) = (asked, self.slice(value.span())) {
            problem = problem.fix("ask whether it is set", span, format!("{} {asked}", text.trim()));
        }
        self.problems.push(problem);
        Some(Checked::broken(span))
    }

    fn compared(
        &mut self,
        left: &Checked,
        right: &Checked,
        operator: &ast::Spanned<Operator>,
        ordered: bool,
    ) -> Option<Compared> {
        if self.told(left) || self.told(right) {
            return None;
        }
        let sign = operator.node.text();
        let found = format!("{} {sign} {}", kinds::words(&left.typed.kind), kinds::words(&right.typed.kind));
        if ordered && left.typed.kind == Kind::Any && right.typed.kind == Kind::Any {
            return Some(Compared::Number);
        }
        let Some(compared) = kinds::compared(&left.typed.kind, &right.typed.kind) else {
            let many = |kind: &Kind| matches!(kind, Kind::List(_) | Kind::Record(_));
            let (title, label) = if many(&left.typed.kind) || many(&right.typed.kind) {
                let label =
                    "lists and records are not compared: name a field of one, or ask `is set`, `count(…)`, `… in …`";
                (format!("expected two single values around `{sign}`, found {found}"), label)
            } else {
                (format!("expected two values of one kind, found {found}"), "these can never be equal")
            };
            let mut problem = Diagnostic::error(codes::check::NOT_COMPARABLE, operator.span, title)
                .label(label)
                .other(left.span(), kinds::words(&left.typed.kind))
                .other(right.span(), kinds::words(&right.typed.kind));
            problem = self.conversion(problem, left, &right.typed.kind);
            problem = self.conversion(problem, right, &left.typed.kind);
            self.problems.push(problem);
            return None;
        };
        if ordered && !matches!(compared, Compared::Number | Compared::Date | Compared::Datetime) {
            self.problems.error(
                codes::check::NOT_COMPARABLE,
                operator.span,
                format!("expected numbers, dates or instants around `{sign}`, found {found}"),
                "only these have an order",
            );
            return None;
        }
        if let (Kind::Choice(a), Kind::Choice(b)) = (&left.typed.kind, &right.typed.kind)
            && !a.iter().any(|text| b.contains(text))
        {
            if left.literal || right.literal {
                let (literal, other) = if right.literal { (right, a) } else { (left, b) };
                self.not_in_list(literal, &other.clone());
            } else {
                let title = format!("expected two closed lists that share a text, found {found}");
                let label = "these can never be equal";
                self.problems.error(codes::check::NOT_COMPARABLE, operator.span, title, label);
            }
        }
        Some(compared)
    }

    /// Says that a text is not in a closed list.
    pub(super) fn not_in_list(&mut self, value: &Checked, texts: &[Arc<str>]) {
        let list = texts.iter().map(|text| format!("`\"{text}\"`")).collect::<Vec<_>>().join(", ");
        let found = kinds::words(&value.typed.kind);
        let mut problem = Diagnostic::error(
            codes::check::NOT_IN_LIST,
            value.span(),
            format!("expected one of {list}, found {found}"),
        )
        .label("not in the closed list");
        if let (Op::Text(text), Kind::Choice(_)) = (&value.expr.op, &value.typed.kind)
            && let Some(near) = crate::report::nearest(text, texts.iter().map(|text| &**text))
        {
            problem = problem.fix(format!("did you mean `\"{near}\"`?"), value.span(), format!("\"{near}\""));
        }
        self.problems.push(problem);
    }

    fn is_in(&mut self, negated: bool, left: &ast::Expr, right: &ast::Expr, span: Span) -> Checked {
        let (left, right) = (self.expr(left), self.expr(right));
        self.note_wish(right.span(), &Kind::List(Arc::new(left.typed.kind.clone())));
        if self.told(&left) || self.told(&right) {
            return Checked::broken(span);
        }
        let Kind::List(_) = &right.typed.kind else {
            let found = kinds::words(&right.typed.kind);
            let problem = Diagnostic::error(
                codes::check::NOT_A_LIST,
                right.span(),
                format!("expected a list right of `in`, found {found}"),
            );
            self.problems.push(problem.label("`in` looks through the elements of a list"));
            return Checked::broken(span);
        };
        let right =
            if right.literal { self.adapt(right, &Kind::List(Arc::new(left.typed.kind.clone()))) } else { right };
        let Kind::List(of) = &right.typed.kind else { return Checked::broken(span) };
        let left = if left.literal { self.adapt(left, &of.clone()) } else { left };
        if let (Kind::Choice(known), Op::List(items)) = (&left.typed.kind, &right.expr.op) {
            let strange: Vec<Checked> = items
                .iter()
                .filter_map(|item| match &item.op {
                    Op::Text(text) if !known.iter().any(|known| **known == **text) => Some(Checked {
                        literal: true,
                        ..Checked::sure(item.op.clone(), item.span, kinds::literal(text))
                    }),
                    _ => None,
                })
                .collect();
            let known = known.clone();
            for item in strange {
                self.not_in_list(&item, &known);
            }
        }
        let Some(compared) = kinds::compared(&left.typed.kind, of) else {
            let mut problem = Diagnostic::error(
                codes::check::NOT_COMPARABLE,
                span,
                format!(
                    "expected a list of {} right of `in`, found {}",
                    left.typed.kind,
                    kinds::words(&right.typed.kind)
                ),
            )
            .label("none of these can be equal");
            problem = self.conversion(problem, &left, of);
            self.problems.push(problem);
            return Checked::broken(span);
        };
        let facts = Facts { yes: left.spot.iter().cloned().collect(), no: Vec::new() };
        let is_in = Expr::new(Op::In(compared, Box::new(left.expr), Box::new(right.expr)), span);
        let (op, facts) = if negated { (Op::Not(Box::new(is_in)), facts.opposite()) } else { (is_in.op, facts) };
        Checked { facts, ..Checked::sure(op, span, Kind::Bool) }
    }

    fn arithmetic(
        &mut self,
        arithmetic: Arithmetic,
        operator: &ast::Spanned<Operator>,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Checked {
        let power = matches!(&right.node, ExprKind::Literal(Literal::Number(number)) if is_power_of_ten(*number));
        if arithmetic == Arithmetic::Divide && self.rounded == 0 && !power {
            let mut problem = Diagnostic::error(
                codes::check::DIVISION,
                span,
                "expected a division inside `round(…, digits)` or by a written power of ten, found one whose result may never end",
            )
            .label("say to how many digits it is rounded");
            if let Some(text) = self.slice(span) {
                problem = problem.fix("round it", span, format!("round({text}, 2)"));
            }
            self.problems.push(problem);
        }
        if let (Operator::Divide, ExprKind::Literal(Literal::Number(number))) = (operator.node, &right.node)
            && number.is_zero()
        {
            let title = "expected a number other than zero right of `/`, found zero";
            self.problems.error(codes::check::NUMBER, right.span, title, "nothing can be divided by it");
        }
        let (left, right) = (self.expr(left), self.expr(right));
        let sign = format!("`{}`", operator.node.text());
        let (a, b) = (self.number(&left, &sign), self.number(&right, &sign));
        let kind = match (&a, &b) {
            (Kind::Any, _) | (_, Kind::Any) => Kind::Any,
            (Kind::Int, Kind::Int) if arithmetic != Arithmetic::Divide => Kind::Int,
            _ => Kind::Decimal,
        };
        let maybe = left.typed.maybe || right.typed.maybe;
        let loose = [left.loose_ends(), right.loose_ends()].concat();
        let op = Op::Arithmetic(arithmetic, Box::new(left.expr), Box::new(right.expr));
        Checked { loose, ..Checked::new(Expr::new(op, span), Typed { kind, maybe }) }
    }

    /// The kind of a number, or a mistake.
    fn number(&mut self, value: &Checked, sign: &str) -> Kind {
        match &value.typed.kind {
            kind @ (Kind::Int | Kind::Decimal | Kind::Any) => kind.clone(),
            kind => {
                let mut problem = Diagnostic::error(
                    codes::check::NOT_NUMBERS,
                    value.span(),
                    format!("expected numbers around {sign}, found {}", kinds::words(kind)),
                )
                .label("not a number");
                if kind.is_textual() && sign == "`+`" {
                    problem = problem.note("texts are put together in a text: `\"{a}{b}\"`, or by `join(\" \", a, b)`");
                }
                self.problems.push(problem);
                Kind::Any
            }
        }
    }

    /// `each a in xs, b in a.ys where c …`; `record` checks what each becomes.
    pub(super) fn each_with(
        &mut self,
        ranges: &[(ast::Name, ast::Expr)],
        condition: Option<&ast::Expr>,
        span: Span,
        record: &mut dyn FnMut(&mut Self) -> Option<(crate::eval::RecordExpr, Kind)>,
    ) -> Checked {
        self.inside(&[], |checker| {
            let mut all = Vec::new();
            for (name, list) in ranges {
                let list = checker.expr(list);
                let of = match &list.typed.kind {
                    Kind::List(of) => (**of).clone(),
                    Kind::Any => Kind::Any,
                    other => {
                        let found = kinds::words(other);
                        let problem = Diagnostic::error(
                            codes::check::NOT_A_LIST,
                            list.span(),
                            format!("expected a list behind `in`, found {found}"),
                        );
                        checker.problems.push(problem.label("`each` goes through the elements of a list"));
                        Kind::Any
                    }
                };
                let variable = checker.frame.variable();
                all.push((variable, list.expr));
                checker.declare(Name::filled(name.node.clone().into(), name.span, variable, Typed::sure(of)));
            }
            let condition = condition.map(|condition| checker.condition(condition, "`where`"));
            let facts = condition.as_ref().map(|condition| condition.facts.yes.clone()).unwrap_or_default();
            let made = checker.inside(&facts, |checker| record(checker));
            let Some((record, kind)) = made else { return Checked::broken(span) };
            let condition = condition.map(|condition| condition.expr);
            let each = Each { ranges: all, condition, record };
            Checked::sure(Op::Each(Box::new(each)), span, Kind::List(Arc::new(kind)))
        })
    }

    /// Says of a connector, function or other word that it is not known.
    pub(super) fn unknown<'n>(
        &mut self,
        code: crate::report::Code,
        span: Span,
        word: &str,
        title: String,
        what: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let problem = Diagnostic::error(code, span, title).label("not known");
        self.problems.push(suggest(problem, span, word, what, known));
    }
}

/// A literal and its kind.
pub(super) fn literal_value(literal: &Literal, span: Span) -> Checked {
    let (op, kind) = match literal {
        Literal::Number(number) if number.scale() == 0 => (Op::Number(*number), Kind::Int),
        Literal::Number(number) => (Op::Number(*number), Kind::Decimal),
        Literal::Text(text) if text.trim().is_empty() => {
            let unset = Checked::new(Expr::new(Op::Unset, span), Typed::maybe(Kind::Text));
            return Checked { literal: true, ..unset };
        }
        Literal::Text(text) => (Op::Text(text.clone()), kinds::literal(text)),
        Literal::Date(date) => (Op::Date(*date), Kind::Date),
        Literal::Bool(truth) => (Op::Bool(*truth), Kind::Bool),
    };
    Checked { literal: true, ..Checked::sure(op, span, kind) }
}

fn is_power_of_ten(number: rust_decimal::Decimal) -> bool {
    let mut mantissa = number.normalize().mantissa();
    while mantissa >= 10 && mantissa % 10 == 0 {
        mantissa /= 10;
    }
    mantissa == 1 && number.normalize().scale() == 0
}
