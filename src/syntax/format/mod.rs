//! The text of a flow or connector goes in; the same in its canonical form comes out: the words and comments stay, line ends,
//! blanks and the commas between lines are ours.

mod block;
mod connector;
mod doc;
mod expr;
mod flow;
mod gaps;
mod lines;
mod print;
mod words;

use pest::Parser;

use crate::report::{Diagnostic, Source};

use super::grammar::{Grammar, Rule};
use super::parse::parse;

use lines::Writer;

/// The canonical text of a file. Its tree is that of the source, apart from places.
///
/// # Errors
/// All mistakes of the file, in its order; a text with mistakes has no canonical form.
pub fn format(source: &Source) -> Result<String, Vec<Diagnostic>> {
    parse(source)?;
    let mut pairs = Grammar::parse(Rule::file, &source.text).expect("what was parsed can be parsed again");
    let file = pairs.next().expect("the rule gives one node");
    let mut writer = Writer::of(&source.text);
    let lines = writer.file(file);
    Ok(print::print(&lines, source.text.len()))
}
