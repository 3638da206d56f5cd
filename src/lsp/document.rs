//! What an editor says of a text goes in: its beginning and its changes; the text as it stands comes out.

use std::sync::Arc;

use lsp_types as lsp;

use crate::lsp::place::{Columns, Lines};

/// A text that is being edited.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// What the editor calls it.
    pub(super) uri: lsp::Uri,
    /// The desk it lies on.
    pub(super) desk: usize,
    /// Its path from the workspace's folder.
    pub(super) name: String,
    /// The editor's count of changes.
    pub(super) version: i32,
    /// The text.
    pub(super) text: Arc<str>,
    /// Its lines.
    pub(super) lines: Lines,
}

impl Document {
    /// Makes the changes, one after the other.
    pub(super) fn change(&mut self, changes: Vec<lsp::TextDocumentContentChangeEvent>, columns: Columns) {
        let mut text = self.text.to_string();
        for change in changes {
            match change.range {
                None => text = change.text,
                Some(range) => {
                    let start = self.lines.byte(&text, range.start);
                    let end = self.lines.byte(&text, range.end).max(start);
                    text.replace_range(start..end, &change.text);
                }
            }
            self.lines = Lines::of(&text, columns);
        }
        self.text = text.into();
    }
}
