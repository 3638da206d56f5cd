//! `pages` goes in; how a list is turned over comes out.

use std::sync::Arc;

use crate::check::connector::Build;
use crate::connect::{Pages, Turned, Until};
use crate::report::codes;
use crate::syntax::ast::{self, PagesBy, PagesUntil};

impl Build<'_> {
    pub(super) fn pages(&mut self, pages: &ast::Pages) -> Option<Pages> {
        let ast::Pages::Turned { by, parameter, from, size, within, until } = pages else { return Some(Pages::None) };
        let first = match from {
            None => u64::from(*by == PagesBy::Page),
            Some(from) => u64::try_from(from.node).unwrap_or_else(|_| {
                let title = format!("expected a first page of 0 or more, found `{}`", from.node);
                self.error(codes::connector::AMOUNT, from.span, title, "where does the list begin?");
                0
            }),
        };
        let size = size.as_ref().map(|(parameter, size)| {
            let count = u64::try_from(size.node).ok().filter(|count| *count > 0).unwrap_or_else(|| {
                let title = format!("expected a size of 1 or more, found `{}`", size.node);
                self.error(codes::connector::AMOUNT, size.span, title, "how many rows are on a page?");
                1
            });
            (Arc::from(&*parameter.node), count)
        });
        let within = within.as_ref().map(|place| self.place(place)).unwrap_or_default();
        let until = match until {
            PagesUntil::Short => Until::Short,
            PagesUntil::Expr(expr) => {
                let shape = self.answer_shape(&[expr]);
                let holds = self.over(&shape.kind, |checker| checker.truth(expr, "`until`").expr);
                Until::Holds(shape, Arc::new(holds))
            }
        };
        Some(Pages::Turned(Turned {
            offset: *by == PagesBy::Offset,
            parameter: parameter.node.clone().into(),
            first,
            size,
            within,
            until,
        }))
    }
}
