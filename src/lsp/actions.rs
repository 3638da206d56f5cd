//! A stretch of a text goes in; the changes that mend the mistakes in it come out.

use lsp_types as lsp;
use serde_json::{Value, json};

use crate::lsp::state::State;

/// The changes that are offered for the mistakes in a stretch.
pub(super) fn actions(state: &mut State, asked: &lsp::CodeActionParams) -> Vec<Value> {
    let Some(document) = state.document(&asked.text_document.uri) else { return Vec::new() };
    let start = document.lines.byte(&document.text, asked.range.start);
    let end = document.lines.byte(&document.text, asked.range.end);
    let diagnostics = if document.name == crate::workspace::CONFIG {
        state.desks[document.desk].study_config()
    } else {
        state.study(&document).map(|study| study.diagnostics.clone()).unwrap_or_default()
    };
    let Some(own) = state.source_named(document.desk, &document.name) else { return Vec::new() };
    let mut offered = Vec::new();
    for mistake in diagnostics.iter().filter(|mistake| mistake.span.source == own) {
        let touched = |from: u32, to: u32| from as usize <= end && start <= to as usize;
        let Some(fix) = &mistake.fix else { continue };
        if !touched(mistake.span.start, mistake.span.end) && !touched(fix.span.start, fix.span.end) {
            continue;
        }
        let Some(location) = state.locate(document.desk, fix.span) else { continue };
        let Some(source) = state.desks[document.desk].source(own).cloned() else { continue };
        let edit = lsp::TextEdit { range: location.range, new_text: fix.replacement.clone() };
        let uri = location.uri.as_str();
        offered.push(json!({
            "title": fix.text,
            "kind": "quickfix",
            "diagnostics": [state.in_protocol(document.desk, &source, mistake)],
            "isPreferred": true,
            "edit": { "changes": { uri: [edit] } }
        }));
    }
    offered
}
