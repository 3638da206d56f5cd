//! A value that may be not set where it must be sure goes in; the message with the ways to mend it comes out.

use crate::check::checker::{Checked, Checker};
use crate::check::scope::{Place, Spot};
use crate::report::{Diagnostic, Span, codes};

impl Checker<'_> {
    /// Says that a value may be not set where it must be sure, with the fixes.
    pub(super) fn not_sure(&mut self, value: &Checked, rule: &str) {
        self.unsure(value, rule, false);
    }

    /// The same of a condition.
    pub(super) fn not_sure_to_hold(&mut self, value: &Checked, what: &str) {
        self.unsure(value, &format!("{what} must know whether it holds"), true);
    }

    fn unsure(&mut self, value: &Checked, rule: &str, in_condition: bool) {
        if self.told(value) {
            return;
        }
        let span = value.span();
        let title = match self.slice(span) {
            Some(text) => format!("expected a value that is always set, found `{text}`, which may be not set"),
            None => "expected a value that is always set, found one that may be not set".to_owned(),
        };
        let problem = Diagnostic::error(codes::check::MAY_BE_NOT_SET, span, title).label(rule);
        let mut ends = value.loose_ends();
        ends.dedup_by(|next, first| next.1 == first.1);
        let problem = match ends.first() {
            Some((at, spot)) => {
                let mut problem = problem;
                if value.spot.is_none() {
                    for (at, _) in &ends {
                        problem = problem.other(*at, "this may be not set");
                    }
                }
                self.mends(problem, *at, spot, in_condition)
            }
            None => problem.note(
                "give another value: `… ?? …`; or name it by a `let` and ask first: `when … is set`, `hold when … is not set because \"…\"`",
            ),
        };
        self.problems.push(problem);
    }

    /// Adds the ways to mend it: another value, to ask first, to stop above.
    fn mends(&self, problem: Diagnostic, at: Span, spot: &Spot, in_condition: bool) -> Diagnostic {
        let Some(text) = self.slice(at).map(str::trim) else {
            return problem.note("give another value: `… ?? …`; or ask first: `when … is set`");
        };
        let mut problem = problem.note(format!("give another value: `{text} ?? …`"));
        let in_function = self.frame.place == Place::Function;
        problem = problem.note(if in_function {
            format!("or ask first: `match {text} {{ none => …, _ => … }}`")
        } else if in_condition {
            format!("or ask first: `{text} is set and …`")
        } else {
            format!("or do it only where there is one: `when {text} is set`")
        });
        if self.frame.place != Place::Flow {
            return problem;
        }
        let root = self.frame.names.iter().rev().find(|name| name.variable == spot.variable);
        match self.item {
            // A name given in this very line, in an `each` say, is not seen above it.
            Some(item) if root.is_some_and(|root| item.start <= root.span.start && root.span.end <= item.end) => {
                problem.note(format!("or leave the whole element out: `each … where {text} is set`"))
            }
            Some(item) => {
                let above = Span { end: item.start, ..item };
                let hold = format!("hold when {text} is not set because \"…\"\n");
                problem.fix("or stop above", above, hold)
            }
            None => problem.note(format!("or stop above: `hold when {text} is not set because \"…\"`")),
        }
    }
}
