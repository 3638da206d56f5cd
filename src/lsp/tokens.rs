//! A flow goes in; what each of its names is comes out, for an editor that colours by meaning.

use lsp_types as lsp;

use crate::check::Meaning;
use crate::lsp::place::number;
use crate::lsp::state::State;

/// What a word may be, as the protocol calls it.
pub(super) const TYPES: &[&str] = &["namespace", "class", "variable", "property", "function", "method"];

/// What may be said of it besides.
pub(super) const MODIFIERS: &[&str] = &["declaration", "defaultLibrary"];

/// What each name of a flow is, each place counted from the one before.
pub(super) fn tokens(state: &mut State, asked: &lsp::SemanticTokensParams) -> Option<lsp::SemanticTokens> {
    let document = state.document(&asked.text_document.uri)?;
    if !document.name.ends_with(".flow") {
        return None;
    }
    let seen = state.seen(&document)?;
    let mut data = Vec::new();
    let (mut line, mut character, mut end) = (0, 0, 0);
    for mark in &seen.notes.marks {
        if mark.span.start < end || mark.span.end <= mark.span.start {
            continue;
        }
        end = mark.span.end;
        let range = document.lines.span(&document.text, mark.span);
        let given = match &mark.meaning {
            Meaning::Name(given)
            | Meaning::Setting(given)
            | Meaning::Role(given)
            | Meaning::Module(given)
            | Meaning::Function(given, _)
            | Meaning::Table(given, _) => *given == mark.span,
            _ => false,
        };
        let (kind, library) = match &mark.meaning {
            Meaning::Role(_) | Meaning::Module(_) | Meaning::Connector(_) => ("namespace", false),
            Meaning::Resource(_) => ("class", false),
            Meaning::Name(_) => ("variable", false),
            Meaning::Setting(_) | Meaning::Field(..) | Meaning::Filter(..) => ("property", false),
            Meaning::Function(..) | Meaning::Table(..) => ("function", false),
            Meaning::Builtin(_) => ("function", true),
            Meaning::Action(..) => ("method", false),
        };
        let delta_line = range.start.line - line;
        let delta_start = if delta_line == 0 { range.start.character - character } else { range.start.character };
        data.push(lsp::SemanticToken {
            delta_line,
            delta_start,
            length: range.end.character.saturating_sub(range.start.character),
            token_type: number(TYPES.iter().position(|known| *known == kind).unwrap_or(0)),
            token_modifiers_bitset: u32::from(given) | (u32::from(library) << 1),
        });
        (line, character) = (range.start.line, range.start.character);
    }
    Some(lsp::SemanticTokens { result_id: None, data })
}
