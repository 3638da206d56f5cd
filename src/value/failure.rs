//! Why an expression gave nothing: the record is held with these words.

use std::fmt;

use crate::report::Span;

/// A computation that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong, for a person: lower case, no full stop.
    pub words: String,
    /// The place in the flow.
    pub span: Span,
    /// The path of the field it is about, at the source or the target; may be empty.
    pub field: String,
    /// The value that was found there, as text; may be empty.
    pub found: String,
    /// What it is to be instead, in words; may be empty.
    pub expected: String,
}

impl Failure {
    /// A failure at a place, in words.
    #[must_use]
    pub fn new(span: Span, words: impl Into<String>) -> Box<Failure> {
        Box::new(Failure {
            words: words.into(),
            span,
            field: String::new(),
            found: String::new(),
            expected: String::new(),
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
