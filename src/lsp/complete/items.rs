//! What could stand at a place is gathered here, each once; the editor's own list comes out.

use lsp_types as lsp;

use crate::lsp::complete::Place;
use crate::lsp::words;
use crate::syntax;

/// Where a thing stands in the list: what is wanted first, words of the language last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lsp) enum Rank {
    /// It is asked for.
    Wanted,
    /// It is of the file or the system.
    Near,
    /// It is of the language.
    Far,
}

/// One thing that could stand there.
#[derive(Clone, Debug)]
pub(in crate::lsp) struct Offer {
    pub(in crate::lsp) label: String,
    pub(in crate::lsp) kind: lsp::CompletionItemKind,
    pub(in crate::lsp) detail: String,
    pub(in crate::lsp) doc: String,
    pub(in crate::lsp) rank: Rank,
    /// What is written instead of the label.
    pub(in crate::lsp) insert: Option<String>,
    /// What is written where an editor fills in snippets.
    pub(in crate::lsp) snippet: Option<String>,
}

impl Offer {
    /// A thing by its label.
    pub(in crate::lsp) fn new(label: impl Into<String>, kind: lsp::CompletionItemKind, rank: Rank) -> Offer {
        Offer {
            label: label.into(),
            kind,
            detail: String::new(),
            doc: String::new(),
            rank,
            insert: None,
            snippet: None,
        }
    }

    /// The same with a kind, or what else fits behind its name.
    pub(in crate::lsp) fn detail(mut self, detail: impl Into<String>) -> Offer {
        self.detail = detail.into();
        self
    }

    /// The same with words about it.
    pub(in crate::lsp) fn doc(mut self, doc: impl Into<String>) -> Offer {
        self.doc = doc.into();
        self
    }

    /// The same, written so.
    pub(in crate::lsp) fn insert(mut self, text: impl Into<String>) -> Offer {
        self.insert = Some(text.into());
        self
    }

    /// The same, with places to fill in.
    pub(in crate::lsp) fn snippet(mut self, text: impl Into<String>) -> Offer {
        self.snippet = Some(text.into());
        self
    }
}

/// All that could stand there.
pub(in crate::lsp) struct Items<'p> {
    range: lsp::Range,
    snippets: bool,
    offers: Vec<Offer>,
    place: std::marker::PhantomData<&'p ()>,
}

impl<'p> Items<'p> {
    pub(super) fn new(place: &Place<'p>) -> Items<'p> {
        let (start, end) = if place.spot.in_text {
            let text = &place.document.text;
            let rest = &text[place.at..];
            let end = rest.find(['"', '\n']).unwrap_or(rest.len());
            (place.spot.text_start + 1, place.at + end)
        } else {
            syntax::word_around(&place.document.text, place.at)
        };
        Items::over(place.document.lines.range(&place.document.text, start..end), place.snippets)
    }

    /// What is chosen takes the place of this stretch.
    pub(in crate::lsp) fn over(range: lsp::Range, snippets: bool) -> Items<'p> {
        Items { range, snippets, offers: Vec::new(), place: std::marker::PhantomData }
    }

    pub(in crate::lsp) fn push(&mut self, offer: Offer) {
        if !self.offers.iter().any(|known| known.label == offer.label) {
            self.offers.push(offer);
        }
    }

    pub(in crate::lsp) fn is_empty(&self) -> bool {
        self.offers.is_empty()
    }

    /// The list as an editor reads it.
    pub(in crate::lsp) fn done(self) -> Vec<lsp::CompletionItem> {
        let mut offers = self.offers;
        offers.sort_by_key(|offer| offer.rank);
        let (range, snippets) = (self.range, self.snippets);
        offers.into_iter().enumerate().map(|(at, offer)| item(offer, at, range, snippets)).collect()
    }
}

fn item(offer: Offer, at: usize, range: lsp::Range, snippets: bool) -> lsp::CompletionItem {
    let snippet = offer.snippet.filter(|_| snippets);
    let format = snippet.as_ref().map(|_| lsp::InsertTextFormat::SNIPPET);
    let new_text = snippet.or(offer.insert).unwrap_or_else(|| offer.label.clone());
    let doc = lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: offer.doc };
    lsp::CompletionItem {
        label: offer.label,
        kind: Some(offer.kind),
        detail: (!offer.detail.is_empty()).then_some(offer.detail),
        documentation: (!doc.value.is_empty()).then_some(lsp::Documentation::MarkupContent(doc)),
        sort_text: Some(format!("{at:04}")),
        insert_text_format: format,
        text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit { range, new_text })),
        ..lsp::CompletionItem::default()
    }
}

/// A word of the language; where it begins a line, with the rest of its statement.
pub(super) fn keyword(place: &Place<'_>, word: &str) -> Offer {
    let known = words::find(word);
    let offer = Offer::new(word, lsp::CompletionItemKind::KEYWORD, Rank::Far);
    let offer = offer.doc(known.map_or("", |known| known.doc));
    let alone = place.rest().trim().is_empty();
    let begins = place.begins_line() || matches!(word, "each" | "match" | "if");
    let statement = place.expected.statement || matches!(word, "each" | "match" | "if" | "let");
    match known.and_then(|known| known.snippet) {
        Some(snippet) if alone && begins && statement => {
            Offer { kind: lsp::CompletionItemKind::SNIPPET, ..offer.snippet(snippet) }
        }
        _ => offer,
    }
}
