//! A place in a file of scripts goes in; what is called there, or what could be called, comes out.

use lsp_types as lsp;

use crate::builtin;
use crate::lsp::complete::{Items, Offer, Rank};
use crate::lsp::connector::comment_above;
use crate::lsp::document::Document;
use crate::lsp::hover::builtin_words;
use crate::lsp::state::State;
use crate::syntax::word_around;

/// A function of the file.
struct Own {
    name: String,
    /// `fn name(a, b)`.
    head: String,
    /// What stands above it.
    note: String,
}

/// What could be called at a place.
pub(super) fn complete(state: &State, document: &Document, at: usize) -> Option<lsp::CompletionList> {
    if is_quiet(&document.text, at) {
        return None;
    }
    let (start, end) = word_around(&document.text, at);
    let mut items = Items::over(document.lines.range(&document.text, start..end), state.snippets);
    for own in functions(&document.text) {
        let offer = Offer::new(&*own.name, lsp::CompletionItemKind::FUNCTION, Rank::Near);
        items.push(offer.detail(own.head).doc(own.note));
    }
    for row in builtin::all() {
        let offer = Offer::new(row.name, lsp::CompletionItemKind::FUNCTION, Rank::Far);
        items.push(offer.detail(row.signature).doc(row.doc));
    }
    Some(lsp::CompletionList { is_incomplete: false, items: items.done() })
}

/// What is called at a place.
pub(super) fn hover(document: &Document, at: usize) -> Option<(String, lsp::Range)> {
    if is_quiet(&document.text, at) {
        return None;
    }
    let (start, end) = word_around(&document.text, at);
    let word = &document.text[start..end];
    let own = functions(&document.text).into_iter().find(|own| own.name == word);
    let words = match own {
        Some(own) => format!("```rhai\n{}\n```\n{}", own.head, own.note),
        None => builtin_words(builtin::all().iter().find(|row| row.name == word)?),
    };
    Some((words, document.lines.range(&document.text, start..end)))
}

/// The functions that a text gives.
fn functions(text: &str) -> Vec<Own> {
    let mut all = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let written = line.trim_start().trim_start_matches("private ").trim_start();
        if let Some(rest) = written.strip_prefix("fn ")
            && let Some(open) = rest.find('(')
        {
            let close = rest.find(')').map_or(rest.len(), |at| at + 1);
            let note = comment_above(text, start, "//").unwrap_or_default();
            let (name, head) = (rest[..open].trim().to_owned(), format!("fn {}", rest[..close.max(open)].trim()));
            all.push(Own { name, head, note });
        }
        start += line.len();
    }
    all
}

/// Whether a place lies in a comment or a text.
fn is_quiet(text: &str, at: usize) -> bool {
    let mut open: Option<&str> = None;
    let mut rest = &text[..at];
    while let Some(letter) = rest.chars().next() {
        let mut taken = letter.len_utf8();
        match open {
            Some(end) if rest.starts_with(end) => {
                taken = end.len();
                open = None;
            }
            Some("\"" | "'") if letter == '\\' => taken += rest[taken..].chars().next().map_or(0, char::len_utf8),
            Some(_) => {}
            None if rest.starts_with("//") => open = Some("\n"),
            None if rest.starts_with("/*") => (open, taken) = (Some("*/"), 2),
            None => {
                open = match letter {
                    '"' => Some("\""),
                    '\'' => Some("'"),
                    '`' => Some("`"),
                    _ => None,
                }
            }
        }
        rest = &rest[taken..];
    }
    open.is_some()
}
