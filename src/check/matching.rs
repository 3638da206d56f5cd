//! A `match` as written goes in; its arms with one kind, or what it forgets, comes out.

use std::sync::Arc;

use crate::check::checker::{Checked, Checker};
use crate::check::expr::literal_value;
use crate::check::kinds;
use crate::check::scope::{Facts, Spot};
use crate::eval::{Arm, Compared, Expr, Op};
use crate::report::{Diagnostic, Span, codes};
use crate::syntax::ast::{self, Pattern};
use crate::value::{Kind, Typed};

/// What the arms of a match gave so far.
struct Arms {
    arms: Vec<Arm>,
    none: Option<Box<Expr>>,
    any: Option<Box<Expr>>,
    kind: Option<Kind>,
    maybe: bool,
    literal: bool,
    seen: Vec<(Op, Span)>,
    loose: Vec<(Span, Spot)>,
    any_span: Option<Span>,
}

impl Checker<'_> {
    /// `match e { … }`; `value` checks what an arm gives.
    pub(super) fn match_with(
        &mut self,
        subject: &ast::Expr,
        arms: &[ast::Arm],
        span: Span,
        value: &mut dyn FnMut(&mut Self, &ast::Expr) -> Checked,
    ) -> Checked {
        let subject = self.expr(subject);
        let mut state = Arms {
            arms: Vec::new(),
            none: None,
            any: None,
            kind: None,
            maybe: false,
            literal: true,
            seen: Vec::new(),
            loose: Vec::new(),
            any_span: None,
        };
        let mut compared = Compared::Text;
        let sure: Vec<_> = subject.spot.iter().cloned().collect();
        for arm in arms {
            if let Some(any) = state.any_span {
                self.never_taken(arm.pattern.span, any, "`_` above takes all that is left");
            }
            match &arm.pattern.node {
                Pattern::Literals(literals) => {
                    let patterns: Vec<Expr> = literals
                        .iter()
                        .filter_map(|literal| self.pattern(&subject, literal, &mut compared, &mut state))
                        .collect();
                    let known = [sure.as_slice(), truths(&patterns, &subject.facts)].concat();
                    let given = self.inside(&known, |checker| value(checker, &arm.value));
                    let given = self.arm(given, &mut state);
                    state.arms.push(Arm { patterns, value: given });
                }
                Pattern::None => {
                    if !subject.typed.maybe && !self.told(&subject) {
                        self.never_taken(arm.pattern.span, subject.span(), "this is always set");
                    }
                    let given = value(self, &arm.value);
                    state.none = Some(Box::new(self.arm(given, &mut state)));
                }
                Pattern::Any => {
                    state.any_span = Some(arm.pattern.span);
                    let mut known = if state.none.is_some() { sure.clone() } else { Vec::new() };
                    let seen = |truth| state.seen.iter().any(|(op, _)| matches!(op, Op::Bool(seen) if *seen == truth));
                    match (seen(true), seen(false)) {
                        (true, false) => known.extend_from_slice(&subject.facts.no),
                        (false, true) => known.extend_from_slice(&subject.facts.yes),
                        _ => {}
                    }
                    let given = self.inside(&known, |checker| value(checker, &arm.value));
                    state.any = Some(Box::new(self.arm(given, &mut state)));
                }
            }
        }
        self.exhaustive(&subject, &state, span);
        let typed = Typed { kind: state.kind.unwrap_or(Kind::Any), maybe: state.maybe };
        let op =
            Op::Match { subject: Box::new(subject.expr), compared, arms: state.arms, none: state.none, any: state.any };
        Checked { literal: state.literal, loose: state.loose, ..Checked::new(Expr::new(op, span), typed) }
    }

    fn pattern(
        &mut self,
        subject: &Checked,
        literal: &ast::Spanned<ast::Literal>,
        compared: &mut Compared,
        state: &mut Arms,
    ) -> Option<Expr> {
        let pattern = literal_value(&literal.node, literal.span);
        let pattern = self.adapt(pattern, &subject.typed.kind);
        if self.told(subject) {
            return None;
        }
        if let Kind::Choice(known) = &subject.typed.kind
            && let Kind::Choice(texts) = &pattern.typed.kind
            && !texts.iter().all(|text| known.contains(text))
        {
            self.not_in_list(&pattern, &known.clone());
            return None;
        }
        let Some(how) = kinds::compared(&subject.typed.kind, &pattern.typed.kind) else {
            let (wanted, found) = (kinds::words(&subject.typed.kind), kinds::words(&pattern.typed.kind));
            let problem = Diagnostic::error(
                codes::check::NOT_COMPARABLE,
                literal.span,
                format!("expected {wanted} as what is matched, found {found}"),
            );
            self.problems.push(problem.label("this can never be equal").other(subject.span(), wanted));
            return None;
        };
        *compared = how;
        let same = |op: &Op| match (op, &pattern.expr.op) {
            (Op::Text(a), Op::Text(b)) => a == b,
            (Op::Number(a), Op::Number(b)) => a == b,
            (Op::Bool(a), Op::Bool(b)) => a == b,
            (Op::Date(a), Op::Date(b)) => a == b,
            _ => false,
        };
        if let Some((_, above)) = state.seen.iter().find(|(op, _)| same(op)) {
            let above = *above;
            self.never_taken(literal.span, above, "taken here already");
        }
        state.seen.push((pattern.expr.op.clone(), literal.span));
        Some(pattern.expr)
    }

    fn arm(&mut self, given: Checked, state: &mut Arms) -> Expr {
        state.literal &= given.literal;
        state.maybe |= given.typed.maybe;
        state.loose.extend(given.loose_ends());
        state.kind = Some(match state.kind.take() {
            None => given.typed.kind.clone(),
            Some(known) => kinds::join(&known, &given.typed.kind).unwrap_or_else(|| {
                self.mixed(&given, &known, "all arms of a `match` give one kind");
                kinds::BROKEN
            }),
        });
        given.expr
    }

    fn never_taken(&mut self, span: Span, other: Span, why: &str) {
        let title = "expected an arm that can be taken, found one that never is";
        let problem = Diagnostic::error(codes::check::MATCH_ARM, span, title).label("never taken");
        self.problems.push(problem.other(other, why));
    }

    fn exhaustive(&mut self, subject: &Checked, state: &Arms, span: Span) {
        if self.told(subject) || state.any.is_some() {
            return;
        }
        let taken = |wanted: &Op| {
            state.seen.iter().any(|(op, _)| match (op, wanted) {
                (Op::Text(a), Op::Text(b)) => a == b,
                (Op::Bool(a), Op::Bool(b)) => a == b,
                _ => false,
            })
        };
        let mut missing: Vec<String> = match &subject.typed.kind {
            Kind::Bool => [true, false]
                .into_iter()
                .filter(|truth| !taken(&Op::Bool(*truth)))
                .map(|truth| truth.to_string())
                .collect(),
            Kind::Choice(texts) => texts
                .iter()
                .filter(|text: &&Arc<str>| !taken(&Op::Text((***text).into())))
                .map(|text| format!("\"{text}\""))
                .collect(),
            Kind::Nothing => Vec::new(),
            _ => vec!["_".to_owned()],
        };
        if subject.typed.maybe && state.none.is_none() && !missing.contains(&"_".to_owned()) {
            missing.push("none".to_owned());
        }
        if missing.is_empty() {
            return;
        }
        let words = missing.iter().map(|arm| format!("`{arm}`")).collect::<Vec<_>>().join(", ");
        let title = format!("expected an arm for every value, found none for {words}");
        let mut problem = Diagnostic::error(codes::check::MATCH_NOT_EXHAUSTIVE, span, title)
            .label("not every value has an arm")
            .other(subject.span(), format!("this is {}", kind_and_set(&subject.typed)));
        if let Some(end) = span.end.checked_sub(1) {
            let at = Span { start: end, end, ..span };
            let arms = missing.iter().map(|arm| format!("{arm} => … ")).collect::<String>();
            problem = problem.fix("add what is missing", at, arms);
        }
        self.problems.push(problem);
    }
}

/// What is known where these truths are the subject.
fn truths<'f>(patterns: &[Expr], facts: &'f Facts) -> &'f [Spot] {
    let all = |truth| patterns.iter().all(|pattern| matches!(pattern.op, Op::Bool(found) if found == truth));
    match patterns {
        [] => &[],
        _ if all(true) => &facts.yes,
        _ if all(false) => &facts.no,
        _ => &[],
    }
}

fn kind_and_set(typed: &Typed) -> String {
    let maybe = if typed.maybe { ", and may be not set" } else { "" };
    format!("{}{maybe}", kinds::words(&typed.kind))
}
