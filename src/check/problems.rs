//! Mistakes are gathered here as they are found; all of them, sorted by place, come out.

use crate::report::{Code, Diagnostic, Label, Severity, Span, codes, nearest};

/// What is told once, however often it is used: it is missing in one place.
const ONCE: [Code; 6] = [
    codes::check::UNKNOWN_NAME,
    codes::check::NAME_BELOW,
    codes::check::UNKNOWN_ROLE,
    codes::check::UNKNOWN_FUNCTION,
    codes::check::UNKNOWN_SETTING,
    codes::check::NOT_IN_FILE,
];

/// So many further places are shown.
const OTHERS: usize = 3;

/// All mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    all: Vec<Diagnostic>,
}

impl Problems {
    /// Notes a mistake.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let again = self.all.iter_mut().find(|known| {
            known.code == diagnostic.code
                && (known.span == diagnostic.span || (ONCE.contains(&known.code) && known.title == diagnostic.title))
        });
        match again {
            None => self.all.push(diagnostic),
            Some(known) => {
                let new = diagnostic.span != known.span && !known.others.iter().any(|at| at.span == diagnostic.span);
                if new && known.others.len() < OTHERS {
                    known.others.push(Label { span: diagnostic.span, text: "and here".to_owned() });
                }
            }
        }
    }

    /// Notes an error with a title and words at its place.
    pub(super) fn error(&mut self, code: Code, span: Span, title: impl Into<String>, label: impl Into<String>) {
        self.push(Diagnostic::error(code, span, title).label(label));
    }

    /// Takes over the mistakes of another file.
    pub(super) fn take(&mut self, other: Problems) {
        other.all.into_iter().for_each(|problem| self.push(problem));
    }

    /// Whether one of them forbids to go on.
    pub(super) fn any(&self) -> bool {
        self.all.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Warnings alone, or the errors alone when there are any: with a mistake in it, nobody knows what is unused.
    pub(super) fn finish(mut self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        self.all.sort_by_key(|problem| (problem.span.source, problem.span.start, problem.code));
        if self.any() {
            self.all.retain(|problem| problem.severity == Severity::Error);
            Err(self.all)
        } else {
            Ok(self.all)
        }
    }
}

/// Adds what can be said of a word that is not in a list: what was likely meant, or else the list.
pub(super) fn suggest<'n>(
    mut diagnostic: Diagnostic,
    span: Span,
    word: &str,
    what: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    diagnostic = diagnostic.found(format!("`{word}`"));
    match nearest(word, known.iter().copied()) {
        Some(near) => {
            diagnostic = diagnostic.fix(format!("did you mean `{near}`?"), span, near).expected(format!("`{near}`"));
        }
        None if known.is_empty() => {}
        None => diagnostic = diagnostic.note(format!("{what}: {}", list(known.clone()))).expected(list(known)),
    }
    diagnostic
}

/// Words in back-quotes with commas between; a long list is cut.
pub(super) fn list<'n>(words: impl IntoIterator<Item = &'n str>) -> String {
    const MOST: usize = 24;
    let words: Vec<&str> = words.into_iter().collect();
    let shown: Vec<String> = words.iter().take(MOST).map(|word| format!("`{word}`")).collect();
    let more = if words.len() > MOST { format!(" and {} more", words.len() - MOST) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
