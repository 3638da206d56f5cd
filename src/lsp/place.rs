//! Bytes of a text go in; lines and columns as an editor counts them come out, and back.

use std::ops::Range;

use lsp_types as lsp;

use crate::report::Span;

/// How columns are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Columns {
    /// In UTF-16 units, which every editor knows.
    #[default]
    Utf16,
    /// In bytes.
    Utf8,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
    columns: Columns,
}

impl Lines {
    /// The lines of a text; `\n`, `\r\n` and `\r` end one.
    pub(super) fn of(text: &str, columns: Columns) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Lines { starts, columns }
    }

    /// The byte at a position; one behind the end of a line is the line's end, one behind the text the text's.
    pub(super) fn byte(&self, text: &str, position: lsp::Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else { return text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let content = text[start..end].trim_end_matches(['\r', '\n']);
        let mut left = position.character as usize;
        for (at, letter) in content.char_indices() {
            if left == 0 {
                return start + at;
            }
            left = left.saturating_sub(self.width(letter));
        }
        start + content.len()
    }

    /// The position of a byte.
    pub(super) fn position(&self, text: &str, byte: usize) -> lsp::Position {
        let mut byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let before = &text[self.starts[line]..byte];
        let character: usize = match self.columns {
            Columns::Utf8 => before.len(),
            Columns::Utf16 => before.chars().map(char::len_utf16).sum(),
        };
        lsp::Position { line: number(line), character: number(character) }
    }

    /// A stretch of bytes as a range.
    pub(super) fn range(&self, text: &str, range: Range<usize>) -> lsp::Range {
        lsp::Range { start: self.position(text, range.start), end: self.position(text, range.end) }
    }

    /// A place as a range.
    pub(super) fn span(&self, text: &str, span: Span) -> lsp::Range {
        self.range(text, span.start as usize..span.end as usize)
    }

    fn width(&self, letter: char) -> usize {
        match self.columns {
            Columns::Utf8 => letter.len_utf8(),
            Columns::Utf16 => letter.len_utf16(),
        }
    }
}

/// A count as the protocol writes it.
pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
