//! What is written into a field goes in; literals outside of what the field takes are told.

use crate::check::checker::Checker;
use crate::eval::{Bounds, Expr, Op};
use crate::report::{Diagnostic, codes};
use crate::value::Kind;

impl Checker<'_> {
    /// Each literal that may come into a field with bounds.
    pub(super) fn bounded(&mut self, field: &str, bounds: &Bounds, kind: &Kind, value: &Expr) {
        match &value.op {
            Op::Number(number) if !bounds.takes(*number) => {
                self.outside(field, bounds, kind, value, &format!("`{number}`"));
            }
            Op::Text(text) if !bounds.takes_text(text) => {
                self.outside(field, bounds, kind, value, &format!("{} letters", text.chars().count()));
            }
            Op::List(items) => {
                let of = if let Kind::List(of) = kind { of } else { kind };
                items.iter().for_each(|item| self.bounded(field, bounds, of, item));
            }
            Op::Coalesce(one, other) => {
                self.bounded(field, bounds, kind, one);
                self.bounded(field, bounds, kind, other);
            }
            Op::Match { arms, none, any, .. } => {
                let others = none.iter().chain(any).map(|arm| &**arm);
                arms.iter().map(|arm| &arm.value).chain(others).for_each(|arm| self.bounded(field, bounds, kind, arm));
            }
            _ => {}
        }
    }

    fn outside(&mut self, field: &str, bounds: &Bounds, kind: &Kind, value: &Expr, found: &str) {
        let expected = bounds.words(kind);
        let title = format!("expected {expected} in the field `{field}`, found {found}");
        let problem = Diagnostic::error(codes::check::OUT_OF_BOUNDS, value.span, title).label("the system refuses it");
        self.problems.push(problem.expected(expected));
    }
}
