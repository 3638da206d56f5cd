//! A text goes in; its tree, or all of its mistakes, comes out.

use pest::Parser;
use pest::error::InputLocation;

use crate::report::{Diagnostic, Source, Span};

use super::ast::{File, Function};
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

/// The header of a function of a script file, `fn postal_code(code: text) -> text?`, that stands there in the file; its
/// body says nothing.
///
/// # Errors
/// What is wrong with it.
pub fn parse_header(source: &Source, span: Span) -> Result<Function, Vec<Diagnostic>> {
    let unreadable = || vec![words::unreadable(span)];
    let header = source.text.get(span.start as usize..span.end as usize).ok_or_else(unreadable)?;
    let text = format!("{header} = none");
    let mut pairs = Grammar::parse(Rule::function, &text).map_err(|_| unreadable())?;
    let mut builder = Builder::new(source.id, span.start as usize);
    let function = builder.function(pairs.next().expect("the rule gives one node"));
    let problems = builder.into_problems();
    if problems.is_empty() { Ok(function) } else { Err(problems) }
}
