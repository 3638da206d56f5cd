//! What stands between two words of a text goes in; its comments and blank lines come out, each once.

use super::doc::Comment;

/// Reads a text from one word to the next.
pub(super) struct Gaps<'s> {
    text: &'s str,
    at: usize,
}

/// What stood between two words.
#[derive(Debug, Default)]
pub(super) struct Gap<'s> {
    pub(super) comments: Vec<Comment<'s>>,
    /// A line ended there.
    pub(super) line: bool,
    /// A blank line stands right before the next word.
    pub(super) blank: bool,
}

impl<'s> Gaps<'s> {
    pub(super) fn of(text: &'s str) -> Gaps<'s> {
        Gaps { text, at: 0 }
    }

    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// What stands before the word at this byte; commas between lines count as blanks.
    pub(super) fn before(&mut self, start: usize) -> Gap<'s> {
        let mut gap = Gap::default();
        let mut ends = 0;
        while self.at < start {
            let rest = &self.text[self.at..start];
            if rest.starts_with('#') {
                let length = rest.find('\n').unwrap_or(rest.len());
                gap.comments.push(Comment { text: rest[..length].trim_end(), own: ends > 0, blank: ends > 1 });
                ends = 0;
                self.at += length;
            } else {
                if rest.starts_with('\n') {
                    ends += 1;
                    gap.line = true;
                }
                self.at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        gap.blank = ends > 1;
        gap
    }

    /// A line ends between the last word and this byte.
    pub(super) fn ends_before(&self, start: usize) -> bool {
        self.text[self.at..start].contains('\n')
    }

    /// A word was read up to this byte.
    pub(super) fn pass(&mut self, end: usize) {
        self.at = end;
    }
}
