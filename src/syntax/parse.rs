//! A text goes in; its tree, or all of its mistakes, comes out.

use pest::Parser;
use pest::error::InputLocation;

use crate::report::{Diagnostic, Source, Span};

use super::ast::File;
use super::build::Builder;
use super::grammar::{Grammar, Rule};
use super::words;

/// The tree of a flow or connector file.
///
/// # Errors
/// All mistakes of the file, in its order.
pub fn parse(source: &Source) -> Result<File, Vec<Diagnostic>> {
    match Grammar::parse(Rule::file, &source.text) {
        Ok(mut pairs) => {
            let mut builder = Builder::new(source.id, 0);
            let file = builder.file(pairs.next().expect("the rule gives one node"));
            let problems = builder.into_problems();
            if problems.is_empty() { Ok(file) } else { Err(problems) }
        }
        Err(error) => {
            let (start, end) = match error.location {
                InputLocation::Pos(at) => (at, at),
                InputLocation::Span(span) => span,
            };
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Err(vec![words::unreadable(Span { source: source.id, start: place(start), end: place(end) })])
        }
    }
}
