//! A mistake of an author: its number, its place, the words and the fix.

use crate::report::{Code, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// It runs, but is likely not what was meant.
    Warning,
}

/// A place with words at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// A change of the text that mends the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in words.
    pub text: String,
    /// The stretch that is replaced; an empty one is an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// A mistake in a text of an author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The number of its kind.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub span: Span,
    /// One sentence: what was expected, then what was found.
    pub title: String,
    /// Words at the place itself; may be empty.
    pub label: String,
    /// Other places that belong to it.
    pub others: Vec<Label>,
    /// Further sentences.
    pub notes: Vec<String>,
    /// The fix, where there is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error with a title and nothing else.
    #[must_use]
    pub fn error(code: Code, span: Span, title: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            span,
            title: title.into(),
            label: String::new(),
            others: Vec::new(),
            notes: Vec::new(),
            fix: None,
        }
    }

    /// A warning with a title and nothing else.
    #[must_use]
    pub fn warning(code: Code, span: Span, title: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, title) }
    }

    /// The same with words at its place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.label = text.into();
        self
    }

    /// The same with one more place.
    #[must_use]
    pub fn other(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.others.push(Label { span, text: text.into() });
        self
    }

    /// The same with one more sentence.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// The same with the change that mends it.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { text: text.into(), span, replacement: replacement.into() });
        self
    }
}
