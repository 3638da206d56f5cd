//! `skip`, `hold` and `stop` go in; when they end a record, and the words for it, come out.

use std::sync::Arc;

use crate::check::checker::{Checked, Checker};
use crate::check::flow::Gathered;
use crate::check::program::{self, Step, Work};
use crate::check::scope::{Name, Spot};
use crate::eval::{Expr, Op, Used};
use crate::report::{Diagnostic, codes};
use crate::syntax::ast::{self, ExprKind, Literal};
use crate::value::{Kind, Typed};

impl Checker<'_> {
    /// A stop at the top of the flow.
    pub(in crate::check) fn stop_step(&mut self, stop: &ast::Stop, gathered: &mut Gathered) {
        let word = stop.word.node.word();
        let Some(guard) = &stop.guard else {
            let title = format!("expected `{word} when …`, found `{word}` for every record");
            self.problems.error(codes::check::STOP, stop.word.span, title, "nothing below it would ever run");
            self.reason(&stop.because);
            return;
        };
        let mut condition = self.truth(guard, "`when`");
        let made = self.origin_of(&condition.expr, gathered).made;
        if !made && !self.frame.late.is_empty() {
            // It runs before the first write, where what the stops behind that make sure is not known yet.
            self.frame.early = true;
            condition = self.truth(guard, "`when`");
            self.frame.early = false;
        }
        let because = self.inside(&condition.facts.yes, |checker| checker.reason(&stop.because));
        self.always_stops(stop, &condition);
        for spot in &condition.facts.no {
            if made && !self.is_made(spot, gathered) {
                self.frame.late.push(spot.clone());
            } else {
                self.frame.facts.push(spot.clone());
            }
        }
        if !made {
            self.settle(&condition.expr, false);
        }
        let name = gathered.step_name(word.to_owned());
        gathered.steps.push(Step {
            name,
            guard: None,
            work: Work::Stop(program::Stop {
                word: stop.word.node,
                when: Some(condition.expr),
                because,
                missing: None,
                span: stop.span,
            }),
            reads: Default::default(),
            reads_source: false,
            makes: None,
            used: Used::default(),
            span: stop.span,
        });
    }

    /// Says so when a stop ends every record, or none.
    fn always_stops(&mut self, stop: &ast::Stop, condition: &Checked) {
        let word = stop.word.node.word();
        let problem = match self.always(&condition.expr) {
            None => return,
            Some(true) => {
                let title = format!("expected a `{word}` for some records, found one for every record");
                let problem = Diagnostic::error(codes::check::STOP_ALWAYS, condition.span(), title);
                problem.label("always true: nothing below it would ever run")
            }
            Some(false) => {
                let title = format!("expected a `{word}` that can happen, found one that never does");
                Diagnostic::warning(codes::check::STOP_NEVER, condition.span(), title).label("never true")
            }
        };
        let problem = self.settled_above(problem, condition);
        self.problems.push(problem);
    }

    /// Whether what a spot names is made by the flow.
    fn is_made(&self, spot: &Spot, gathered: &Gathered) -> bool {
        let lazy = self.frame.names.iter().rev().find(|name| name.variable == spot.variable);
        let lazy = lazy.and_then(|name| name.lazy.as_ref());
        gathered.origins.get(&spot.variable).is_some_and(|origin| origin.made)
            || lazy.is_some_and(|expr| self.origin_of(expr, gathered).made)
    }

    /// An end: a stop without a condition.
    pub(in crate::check) fn end(&mut self, stop: &ast::Stop) -> program::Stop {
        if let Some(guard) = &stop.guard {
            let word = stop.word.node.word();
            let title = format!("expected `{word} because …` here, found a condition");
            self.problems.error(codes::check::STOP, guard.span, title, "it ends the record in any case");
        }
        let because = self.reason(&stop.because);
        program::Stop { word: stop.word.node, when: None, because, missing: None, span: stop.span }
    }

    /// An end whose text may say `{missing}`: a list of that kind.
    pub(in crate::check) fn end_with_missing(&mut self, stop: &ast::Stop, kind: Kind) -> program::Stop {
        let variable = self.frame.variable();
        let mut end = self.inside(&[], |checker| {
            let typed = Typed::sure(Kind::List(Arc::new(kind)));
            if checker.frame.name("missing").is_none() {
                checker.frame.names.push(Name::filled(Arc::from("missing"), stop.span, variable, typed));
            }
            checker.end(stop)
        });
        self.frame.labels.insert(variable, Arc::from("missing"));
        end.missing = Some(variable);
        end
    }

    /// The text of a stop: it prints what is not set.
    fn reason(&mut self, because: &ast::Expr) -> Expr {
        match &because.node {
            ExprKind::Text(pieces) => self.text(pieces, because.span, true).expr,
            ExprKind::Literal(Literal::Text(text)) => {
                if text.trim().is_empty() {
                    let title = "expected a reason that the owner of the shop reads, found a blank text";
                    self.problems.error(codes::check::STOP, because.span, title, "why?");
                }
                Expr::new(Op::Text(text.clone()), because.span)
            }
            _ => self.expr(because).expr,
        }
    }
}
