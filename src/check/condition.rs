//! The condition of a `when`, `if` or `where` goes in; it comes out checked, with a word when it is always the same.

use crate::check::checker::{Checked, Checker};
use crate::check::scope::Spot;
use crate::report::{Diagnostic, codes};
use crate::syntax::ast;

impl Checker<'_> {
    /// A truth that decides something: always the same, it decides nothing.
    pub(super) fn condition(&mut self, expr: &ast::Expr, what: &str) -> Checked {
        let checked = self.truth(expr, what);
        if let Some(truth) = self.always(&checked.expr) {
            let title = format!("expected a condition that can be true and false, found one that is always {truth}");
            let label = if truth { format!("{what} can go") } else { "nothing ever comes of it".to_owned() };
            let warning = Diagnostic::warning(codes::check::ALWAYS, checked.span(), title).label(label);
            let warning = self.settled_above(warning, &checked);
            self.problems.push(warning);
        }
        checked
    }

    /// The guard of a field or step, if it has one, and what is known where it holds.
    pub(super) fn guard(&mut self, guard: Option<&ast::Expr>) -> (Option<Checked>, Vec<Spot>) {
        let guard = guard.map(|guard| self.condition(guard, "`when`"));
        let facts = guard.as_ref().map(|guard| guard.facts.yes.clone()).unwrap_or_default();
        (guard, facts)
    }

    /// Adds that it is what stands above that settles a condition.
    pub(super) fn settled_above(&mut self, problem: Diagnostic, condition: &Checked) -> Diagnostic {
        let settled = std::mem::take(&mut self.frame.settled);
        let facts = std::mem::take(&mut self.frame.facts);
        let alone = self.always(&condition.expr);
        self.frame.settled = settled;
        self.frame.facts = facts;
        match alone {
            Some(_) => problem,
            None => problem.note("the conditions above leave nothing else"),
        }
    }
}
