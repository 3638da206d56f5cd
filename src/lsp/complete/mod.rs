//! A place where a person types goes in, the text broken there as a rule; what could stand there, with kinds and words, comes
//! out.

mod fields;
mod items;
mod names;
mod quoted;
mod values;

use lsp_types as lsp;

use crate::check::{self, Notes};
use crate::lsp::document::Document;
use crate::lsp::state::State;
use crate::lsp::{config, script};
use crate::report::Source;
use crate::syntax::{self, Expected, Spot, ast};
use crate::workspace::CONFIG;

use items::keyword;
pub(super) use items::{Items, Offer, Rank};

/// A place where a person types, and what is known there.
struct Place<'p> {
    document: &'p Document,
    /// The place of the cursor.
    at: usize,
    /// Where the word begins that is being typed.
    start: usize,
    /// What is open on the line.
    spot: Spot,
    /// What the grammar would take.
    expected: Expected,
    /// What the words of the flow mean, the one at the cursor finished by a stand-in.
    notes: Notes,
    /// The text and tree with that stand-in.
    mended: Source,
    tree: ast::File,
    snippets: bool,
}

impl Place<'_> {
    /// What stands in front of the word, on its line and above.
    fn before(&self) -> &str {
        &self.document.text[..self.start]
    }

    /// The words in front of the one that is typed, dots among them, the last first.
    fn words_before(&self) -> Vec<&str> {
        let line = self.before().trim_end().rsplit('\n').next().unwrap_or_default();
        let mut words = Vec::new();
        let mut rest = line.trim_end();
        let word = |letter: char| letter == '_' || letter.is_alphanumeric();
        while let Some(last) = rest.chars().next_back() {
            let length = if word(last) {
                rest.len() - rest.rfind(|letter| !word(letter)).map_or(0, |at| at + 1)
            } else {
                last.len_utf8()
            };
            // A letter that is not ASCII may be longer than the place found for it.
            let from = (rest.len() - length..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
            words.push(&rest[from..]);
            rest = rest[..from].trim_end();
        }
        words
    }

    /// Nothing but blanks stands in front of the word on its line.
    fn begins_line(&self) -> bool {
        self.before().rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
    }

    /// What stands behind the word on its line.
    fn rest(&self) -> &str {
        let (_, end) = syntax::word_around(&self.document.text, self.at);
        self.document.text[end..].split('\n').next().unwrap_or_default()
    }
}

/// What could stand at a place.
pub(super) fn complete(state: &mut State, asked: &lsp::CompletionParams) -> Option<lsp::CompletionList> {
    let place = &asked.text_document_position;
    let document = state.document(&place.text_document.uri)?;
    let at = document.lines.byte(&document.text, place.position);
    let spot = Spot::of(&document.text, at);
    let blank = asked.context.as_ref().and_then(|context| context.trigger_character.as_deref()) == Some(" ");
    if document.name.ends_with(".rhai") {
        return if blank { None } else { script::complete(state, &document, at) };
    }
    if document.name == CONFIG {
        return if blank { None } else { config::complete(state, &document, at) };
    }
    if spot.in_comment || document.name.ends_with(".toml") {
        return None;
    }
    let study = state.study(&document)?;
    if study.source.text.len() > syntax::LARGEST_FILE {
        return None;
    }
    let (start, _) = syntax::word_around(&document.text, at);
    let expected = if spot.in_text { Expected::default() } else { syntax::expected_at(&study.source, at) };
    // A blank asks by itself only where there is something of the file's own to choose.
    if blank && !(expected.resource || expected.value && !expected.words.contains(&"and")) {
        return None;
    }
    let cursor = syntax::parse_at(&study.source, at);
    let notes = if document.name.ends_with(".flow") {
        check::look(&cursor.tree, &cursor.source, &study.catalog, Some(cursor.at)).notes
    } else {
        Notes::default()
    };
    let place = Place {
        document: &document,
        at,
        start,
        spot,
        expected,
        notes,
        mended: cursor.source,
        tree: cursor.tree,
        snippets: state.snippets,
    };
    let mut items = Items::new(&place);
    if place.spot.in_text {
        quoted::texts(state, &place, &mut items);
    } else if document.name.ends_with(".connector") {
        names::of_connector(&place, &mut items);
        words(&place, &mut items);
    } else if !names::of_systems(state, &place, &mut items) {
        fields::fields(state, &place, &mut items);
        if !place.before().ends_with('.') {
            values::values(&place, &mut items);
            words(&place, &mut items);
        }
    }
    Some(lsp::CompletionList { is_incomplete: false, items: items.done() })
}

/// The words of the language.
fn words(place: &Place<'_>, items: &mut Items<'_>) {
    // What begins a line goes on with the one above only by these.
    let goes_on = ["in", "is set", "is not set", "not in", "not"];
    let begins = place.begins_line() && place.notes.sight.names.is_none();
    for word in place.expected.words.iter().filter(|word| !begins || !goes_on.contains(*word)) {
        items.push(keyword(place, word));
    }
}
