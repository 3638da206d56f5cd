//! A text goes in; its tree, or all of its mistakes, comes out.

use pest::Parser;

use crate::report::{Diagnostic, Source, Span};

use super::ast::{File, Function};
use super::build::Builder;
use super::grammar::{Grammar, Rule};
use super::recover::{failure, recover};
use super::scan::Scan;
use super::{expected, words};

/// The tree of a flow or connector file.
///
/// # Errors
/// All mistakes of the file, in its order.
pub fn parse(source: &Source) -> Result<File, Vec<Diagnostic>> {
    let scan = Scan::of(source);
    if let Some(span) = scan.too_deep {
        return Err(vec![words::too_deep(span)]);
    }
    let Ok(mut pairs) = Grammar::parse(Rule::file, &source.text) else { return Err(recover(&scan)) };
    let mut builder = Builder::new(source.id, 0);
    let file = builder.file(pairs.next().expect("the rule gives one node"));
    let mut problems = builder.into_problems();
    problems.extend(scan.slips);
    problems.sort_by_key(|problem| problem.span.start);
    if problems.is_empty() { Ok(file) } else { Err(problems) }
}

/// The header of a function of a script file, `fn postal_code(code: text) -> text?`, that stands there in the file; its
/// body says nothing.
///
/// # Errors
/// What is wrong with it.
pub fn parse_header(source: &Source, span: Span) -> Result<Function, Vec<Diagnostic>> {
    let header = source.text.get(span.start as usize..span.end as usize);
    let header = header.ok_or_else(|| vec![words::unreadable(span)])?;
    let text = format!("{header} = none");
    let mut pairs = Grammar::parse(Rule::header_alone, &text).map_err(|error| {
        let failure = failure(error, span.start as usize);
        let at = u32::try_from(failure.at).unwrap_or(u32::MAX).min(span.end);
        vec![words::unreadable_header(
            Span { start: at, ..span },
            span,
            expected::in_words(&failure.expected).as_deref(),
        )]
    })?;
    let mut builder = Builder::new(source.id, span.start as usize);
    let alone = pairs.next().expect("the rule gives one node");
    let function = builder.function(alone.into_inner().next().expect("a header holds a function"));
    let problems = builder.into_problems();
    if problems.is_empty() { Ok(function) } else { Err(problems) }
}
