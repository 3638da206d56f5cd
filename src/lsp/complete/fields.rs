//! Fields that could stand at a place: behind a dot those of what is read, left of `=` those of what is made.

use std::rc::Rc;
use std::sync::Arc;

use lsp_types::CompletionItemKind;

use crate::check::Target;
use crate::lsp::complete::Place;
use crate::lsp::complete::items::{Items, Offer, Rank};
use crate::lsp::connector::{ConnectorFile, field_words};
use crate::lsp::state::State;
use crate::syntax::STAND_IN;
use crate::value::{Kind, RecordKind};

/// Offers the fields that could stand there.
pub(super) fn fields(state: &mut State, place: &Place<'_>, items: &mut Items<'_>) {
    let sight = &place.notes.sight;
    if let Some(target) = &sight.target {
        targets(state, place, target, items);
        return;
    }
    for record in &sight.fields {
        of_record(state, place, record, items);
    }
    if let Some(resource) = &sight.filters {
        for filter in resource.filters.iter().filter(|filter| filter.kind.is_some()) {
            let kind = filter.kind.as_ref().map(ToString::to_string).unwrap_or_default();
            let offer = Offer::new(&*filter.field, CompletionItemKind::FIELD, Rank::Wanted);
            items.push(offer.detail(kind).doc(format!("filter of `{}`", resource.name)));
        }
    }
    if place.before().ends_with("settings.") || place.before().ends_with('.') {
        callables(place, items);
    }
}

fn of_record(state: &mut State, place: &Place<'_>, record: &Arc<RecordKind>, items: &mut Items<'_>) {
    let known = place.notes.shape(record).cloned();
    let file = known.as_ref().and_then(|known| file(state, place, &known.connector));
    // A rung names fields that the record below it writes.
    let written = written(place, record);
    for (at, field) in record.fields.iter().enumerate() {
        if &*field.name == STAND_IN {
            continue;
        }
        let rank = if written.is_empty() || written.contains(&at) { Rank::Wanted } else { Rank::Near };
        let offer = Offer::new(&*field.name, CompletionItemKind::FIELD, rank);
        let mut offer = offer.detail(field.typed.to_string());
        if let Some(known) = &known {
            if known.shape.fields[at].write_only {
                continue;
            }
            let note = file.as_ref().and_then(|file| file.note_of_field(&known.shape.name, &field.name));
            offer = offer.doc(field_words(&known.shape, at, &field.typed, &known.connector, note.as_deref()));
        }
        if let Kind::Table(..) = field.typed.kind {
            offer = offer.snippet(format!("{}($0)", field.name));
        }
        items.push(offer);
    }
}

fn file(state: &mut State, place: &Place<'_>, connector: &str) -> Option<Rc<ConnectorFile>> {
    state.connector_file(place.document.desk, &place.document.name, connector)
}

/// The fields of what is made, without those that are written already; what it must have stands first.
fn targets(state: &mut State, place: &Place<'_>, target: &Target, items: &mut Items<'_>) {
    let shape = &target.shape;
    let known = place.notes.shape(&shape.kind).cloned();
    let connector = known.as_ref().map_or_else(|| Arc::from(""), |known| known.connector.clone());
    let file = file(state, place, &connector);
    let written = written(place, &shape.kind);
    let follows = place.rest().trim_start().starts_with('=');
    for (at, field) in shape.fields.iter().enumerate() {
        let barred =
            field.read_only || shape.id == Some(at) || target.only.as_ref().is_some_and(|only| !only.contains(&at));
        if (barred && !target.any_field) || written.contains(&at) {
            continue;
        }
        let typed = &shape.kind.fields[at].typed;
        let needed = field.required && field.default.is_none() && !target.any_field;
        let rank = if needed { Rank::Wanted } else { Rank::Near };
        let note = file.as_ref().and_then(|file| file.note_of_field(&shape.name, &field.name));
        let detail = if needed { format!("{typed} required") } else { typed.to_string() };
        let offer = Offer::new(&*field.name, CompletionItemKind::FIELD, rank).detail(detail).doc(field_words(
            shape,
            at,
            typed,
            &connector,
            note.as_deref(),
        ));
        items.push(if follows {
            offer
        } else {
            offer.insert(format!("{} = ", field.name)).snippet(format!("{} = {}", field.name, hole(&typed.kind)))
        });
    }
}

/// What a value of that kind looks like, to be filled in.
fn hole(kind: &Kind) -> &'static str {
    match kind {
        Kind::Record(_) => "{ $0 }",
        Kind::List(of) if matches!(**of, Kind::Record(_)) => "each ${1:item} in $2 {\n  $0\n}",
        Kind::List(_) => "[$0]",
        Kind::Choice(_) => "\"$0\"",
        _ => "$0",
    }
}

/// The fields that the record around the place writes, by number.
fn written(place: &Place<'_>, record: &Arc<RecordKind>) -> Vec<usize> {
    let text = &place.mended.text;
    let Some(cursor) = text.find(STAND_IN) else { return Vec::new() };
    let (mut depth, mut start) = (0_usize, 0);
    for (at, sign) in text[..cursor].char_indices().rev() {
        match sign {
            '}' => depth += 1,
            '{' if depth == 0 => {
                start = at;
                break;
            }
            '{' => depth -= 1,
            _ => {}
        }
    }
    let mut end = text.len();
    depth = 0;
    for (at, sign) in text[cursor..].char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => {
                end = cursor + at;
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    let inside = |at: u32| (start..end).contains(&(at as usize));
    let assigns = |at: u32| {
        let rest = text.get(at as usize..).unwrap_or_default().trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    };
    let marks = place.notes.marks.iter().filter(|mark| inside(mark.span.start) && assigns(mark.span.end));
    marks
        .filter_map(|mark| match &mark.meaning {
            crate::check::Meaning::Field(of, at) if Arc::ptr_eq(of, record) => Some(*at),
            _ => None,
        })
        .collect()
}

/// The functions and tables of a file, behind its name and a dot.
fn callables(place: &Place<'_>, items: &mut Items<'_>) {
    let before = place.words_before();
    let Some(name) = before.get(1).filter(|_| before.get(2) != Some(&".")) else { return };
    for callable in place.notes.callables.iter().filter(|callable| callable.module.as_deref() == Some(*name)) {
        let offer = Offer::new(&*callable.name, CompletionItemKind::FUNCTION, Rank::Wanted);
        let offer = offer.detail(callable.result.to_string()).doc(format!("```koppel\n{}\n```", callable.signature));
        items.push(offer.snippet(format!("{}($0)", callable.name)));
    }
    if *name == "settings"
        && let Some(settings) = &place.notes.settings
    {
        for field in &settings.fields {
            let offer =
                Offer::new(&*field.name, CompletionItemKind::FIELD, Rank::Wanted).detail(field.typed.to_string());
            items.push(match field.typed.kind {
                Kind::Table(..) => offer.snippet(format!("{}($0)", field.name)),
                _ => offer,
            });
        }
    }
}
