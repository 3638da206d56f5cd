//! Values that could stand at a place: names that are seen, functions, and the texts of a closed list.

use lsp_types::CompletionItemKind;

use crate::builtin;
use crate::lsp::complete::Place;
use crate::lsp::complete::items::{Items, Offer, Rank};
use crate::lsp::hover::builtin_words;
use crate::syntax::STAND_IN;
use crate::value::Kind;

/// Offers the values that could stand there.
pub(super) fn values(place: &Place<'_>, items: &mut Items<'_>) {
    let sight = &place.notes.sight;
    if sight.names.is_none() {
        return;
    }
    if let Some(texts) = sight.wanted.as_ref().and_then(texts_of) {
        for text in texts {
            items.push(Offer::new(format!("\"{text}\""), CompletionItemKind::ENUM_MEMBER, Rank::Wanted));
        }
    }
    for seen in sight.names.iter().flatten().filter(|seen| &*seen.name != STAND_IN) {
        let wanted = sight.wanted.as_ref().is_some_and(|wanted| seen.typed.kind == *wanted);
        let rank = if wanted { Rank::Wanted } else { Rank::Near };
        let detail = if &*seen.name == "settings" { "settings".to_owned() } else { seen.typed.to_string() };
        items.push(Offer::new(&*seen.name, CompletionItemKind::VARIABLE, rank).detail(detail));
    }
    for callable in &place.notes.callables {
        let name = match &callable.module {
            Some(module) => format!("{module}.{}", callable.name),
            None => callable.name.to_string(),
        };
        let offer = Offer::new(&*name, CompletionItemKind::FUNCTION, Rank::Near);
        let offer = offer.detail(callable.result.to_string()).doc(format!("```koppel\n{}\n```", callable.signature));
        items.push(offer.snippet(format!("{name}($0)")));
    }
    for builtin in builtin::all() {
        let offer = Offer::new(builtin.name, CompletionItemKind::FUNCTION, Rank::Far);
        let offer = offer.detail(builtin.signature).doc(builtin_words(builtin));
        items.push(offer.snippet(format!("{}($0)", builtin.name)));
    }
}

/// The texts of a closed list, or of a list of one.
pub(super) fn texts_of(kind: &Kind) -> Option<&[std::sync::Arc<str>]> {
    match kind {
        Kind::Choice(texts) => Some(texts),
        Kind::List(of) => texts_of(of),
        _ => None,
    }
}
