//! A problem, of an author's text or of the world at a line of it: its number, its place, the words and what is to be done.

use crate::report::{Code, Facts, Span, Written};

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

/// A mistake in a text of an author, or what went wrong at a line of it when it ran: one shape for both.
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
    /// What else is known of it.
    pub facts: Facts,
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
            facts: Facts::default(),
        }
    }

    /// A warning with a title and nothing else.
    #[must_use]
    pub fn warning(code: Code, span: Span, title: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, title) }
    }

    /// All that is known of it besides its place and its words. An author's message says in its title what was expected and
    /// found, and its page is the next step where no better one is known.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let mut facts = self.facts.clone();
        if facts.status.is_none() {
            let title = Facts::of_title(&self.title);
            facts.expected = facts.expected.or(title.expected);
            facts.found = facts.found.or(title.found);
            facts.next = facts.next.or_else(|| Some(format!("koppel explain {}", self.code)));
        }
        facts
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

    /// The same as the end of a record: how it ended, and the record as people know it.
    #[must_use]
    pub fn record(mut self, status: &'static str, record: impl Into<String>) -> Diagnostic {
        self.facts.status = Some(status);
        self.facts.record = Some(record.into());
        self
    }

    /// The same with the step at which it ended; a stop shows itself, and an empty one says nothing.
    #[must_use]
    pub fn step(self, step: &str) -> Diagnostic {
        let stop = ["skip", "hold", "stop"].iter().any(|word| step.starts_with(word));
        if step.is_empty() || stop { self } else { self.label(format!("in `{step}`")) }
    }

    /// The same with the place in the data; an empty one says nothing.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Diagnostic {
        self.facts.path = Some(path.into()).filter(|path| !path.is_empty());
        self
    }

    /// The same with what was found; an empty text says nothing.
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Diagnostic {
        self.facts.found = Some(found.into()).filter(|found| !found.is_empty());
        self
    }

    /// The same with what was expected; an empty text says nothing.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Diagnostic {
        self.facts.expected = Some(expected.into()).filter(|expected| !expected.is_empty());
        self
    }

    /// The same with what was written.
    #[must_use]
    pub fn written(mut self, written: Written) -> Diagnostic {
        self.facts.written = Some(written);
        self
    }

    /// The same with the next step.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Diagnostic {
        self.facts.next = Some(next.into());
        self
    }
}
