//! Within quotes: the texts of the closed list that is wanted there, or the files that could be named.

use lsp_types::CompletionItemKind;

use crate::lsp::complete::Place;
use crate::lsp::complete::items::{Items, Offer, Rank};
use crate::lsp::complete::values::texts_of;
use crate::lsp::state::State;

/// Offers the texts that could stand there.
pub(super) fn texts(state: &mut State, place: &Place<'_>, items: &mut Items<'_>) {
    let line = place.document.text[..place.spot.text_start].rsplit('\n').next().unwrap_or_default().trim();
    if line == "use" {
        for name in state.desks[place.document.desk].usable(&place.document.name) {
            items.push(Offer::new(name, CompletionItemKind::FILE, Rank::Wanted));
        }
        return;
    }
    if let Some(texts) = place.notes.sight.wanted.as_ref().and_then(texts_of) {
        for text in texts {
            items.push(Offer::new(&**text, CompletionItemKind::ENUM_MEMBER, Rank::Wanted));
        }
    }
}
