//! A text goes in; the changes that bring it into its canonical form come out.

use lsp_types as lsp;
use similar::{DiffOp, TextDiff};

use crate::lsp::place::Lines;
use crate::lsp::state::State;
use crate::syntax;

/// The changes that bring a text into its canonical form, line by line; none for one that cannot be read.
pub(super) fn format(state: &mut State, asked: &lsp::DocumentFormattingParams) -> Option<Vec<lsp::TextEdit>> {
    let document = state.document(&asked.text_document.uri)?;
    if !document.name.ends_with(".flow") && !document.name.ends_with(".connector") {
        return None;
    }
    let study = state.study(&document)?;
    if study.source.text.len() > syntax::LARGEST_FILE {
        return None;
    }
    let formed = syntax::format(&study.source).ok()?;
    Some(edits(&document.text, &formed, &document.lines))
}

fn edits(old: &str, new: &str, lines: &Lines) -> Vec<lsp::TextEdit> {
    let diff = TextDiff::from_lines(old, new);
    // Where each line begins, and where the last ends.
    let starts = |all: &[&str]| {
        let mut at = 0;
        let mut starts = vec![0];
        for line in all {
            at += line.len();
            starts.push(at);
        }
        starts
    };
    let (before, after) = (starts(diff.old_slices()), starts(diff.new_slices()));
    let changed = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed
        .map(|op| {
            let (from, to) = (op.old_range(), op.new_range());
            let range = lines.range(old, before[from.start]..before[from.end]);
            lsp::TextEdit { range, new_text: new[after[to.start]..after[to.end]].to_owned() }
        })
        .collect()
}
