//! `errors` goes in; how a refusal is understood comes out.

use crate::check::connector::Build;
use crate::check::problems::suggest;
use crate::connect::{Class, ErrorRow, Errors};
use crate::report::{Diagnostic, codes};
use crate::syntax::ast;

impl Build<'_> {
    pub(super) fn errors(&mut self, errors: &ast::Errors) -> Errors {
        let exprs: Vec<&ast::Expr> = [&errors.code, &errors.message, &errors.details].into_iter().flatten().collect();
        let shape = self.answer_shape(&exprs);
        let code = errors.code.as_ref().map(|expr| self.answer_expr(&shape, expr));
        let message = errors.message.as_ref().map(|expr| self.answer_expr(&shape, expr));
        let details = errors.details.as_ref().map(|expr| self.answer_expr(&shape, expr));
        let mut rows: Vec<ErrorRow> = Vec::new();
        for row in &errors.rows {
            if !(400..600).contains(&row.status.node) {
                let title = format!("expected a status from 400 to 599, found `{}`", row.status.node);
                self.error(codes::connector::ERROR_ROW, row.status.span, title, "not a refusal");
            }
            if row.code.is_some() && errors.code.is_none() {
                let title = "expected `code …` above a row that asks for a code, found none";
                self.error(codes::connector::ERROR_ROW, row.status.span, title, "where is the code in the answer?");
            }
            let hidden = rows.iter().any(|above| {
                let status = above.status == row.status.node || above.above && above.status <= row.status.node;
                status && above.code.is_none() && (!row.above || above.above)
            });
            if hidden {
                let title = format!(
                    "expected rows that can be reached, found `{}` below one that takes it already",
                    row.status.node
                );
                self.error(codes::connector::ERROR_ROW, row.status.span, title, "the first row that fits counts");
            }
            let Some(class) = Class::ALL.iter().find(|class| class.word() == &*row.class.node) else {
                let title = format!("expected a class of errors, found `{}`", row.class.node);
                let problem =
                    Diagnostic::error(codes::connector::UNKNOWN_CLASS, row.class.span, title).label("not known");
                let known = Class::ALL.iter().map(|class| class.word());
                let problem = suggest(problem, row.class.span, &row.class.node, "the classes are", known);
                self.checker.problems.push(problem);
                continue;
            };
            rows.push(ErrorRow {
                status: row.status.node,
                above: row.above,
                code: row.code.as_ref().map(|code| code.node.clone().into()),
                class: *class,
            });
        }
        Errors { shape, code, message, details, rows }
    }
}
