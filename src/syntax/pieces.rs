//! Tokens of a block go in; its lines, and the blocks in a line, come out: found by how lines begin, for a text that
//! cannot be read.

use crate::report::nearest;

use super::block::Block;
use super::scan::{Brackets, Scan, TokenKind};

/// Words that go on with what stands before them, wherever they stand.
const GOES_ON: &[&str] = &[
    "because", "when", "else", "and", "or", "not", "in", "is", "where", "as", "over", "overlap", "with", "to", "twice",
    "several", "by", "times", "once",
];

/// Words that a value or name follows: what stands behind them begins no line.
const LEADS_ON: &[&str] = &[
    "let", "key", "when", "where", "if", "and", "or", "not", "in", "is", "each", "match", "because", "linked", "as",
    "from", "for", "with", "expect", "given", "else",
];

/// Finds the lines of a block.
pub(super) struct Cutter<'a, 's> {
    pub(super) scan: &'a Scan<'s>,
    pub(super) brackets: &'a Brackets,
    pub(super) block: Block,
    /// The bracket that opens the block.
    pub(super) owner: Option<usize>,
}

impl Cutter<'_, '_> {
    /// A line that is not indented and begins as a statement of a flow or part of a connector does.
    pub(super) fn begins_statement(scan: &Scan<'_>, index: usize) -> bool {
        scan.tokens[index].first == Some(0) && is_statement_word(scan, index)
    }

    /// Where the first statement begins, behind `koppel 1`, `flow name "title"`.
    pub(super) fn head_end(scan: &Scan<'_>) -> usize {
        let most = scan.tokens.len().min(5);
        let statement = |index: &usize| scan.is_first(*index) && is_statement_word(scan, *index);
        if let Some(statement) = (1..most).find(statement) {
            return statement;
        }
        let titled = most < 5 || scan.kind(4) == Some(TokenKind::Text);
        if titled {
            most
        } else {
            (5..scan.tokens.len()).find(|index| scan.is_first(*index)).unwrap_or(scan.tokens.len())
        }
    }

    /// The first token and the token behind the last of each line.
    pub(super) fn cut(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let Some(first) = self.scan.tokens.get(from).filter(|_| from < to) else { return Vec::new() };
        let column = first.first;
        let mut starts = vec![from];
        starts.extend((from + 1..to).filter(|index| {
            self.brackets.within[*index] == self.owner && self.begins(*index, column) && !self.scan.is(*index, ",")
        }));
        let ends = starts.iter().copied().skip(1).chain([to]);
        starts.iter().copied().zip(ends).map(|(start, end)| (start, self.without_comma(start, end))).collect()
    }

    /// A comma between two lines belongs to none.
    fn without_comma(&self, start: usize, end: usize) -> usize {
        if end > start + 1 && self.scan.is(end - 1, ",") { end - 1 } else { end }
    }

    fn begins(&self, index: usize, column: Option<usize>) -> bool {
        let scan = self.scan;
        let lines = self.block.lines();
        let own = scan.tokens[index].first;
        // Where no mark stands behind a line's first word, a `:` is one too many and the line is one all the same.
        let colon = scan.is(index + 1, ":") && lines.mark.is_some();
        let marked = colon || matches!(scan.text(index + 1), "=" | "==" | "=>");
        let shaped = lines.mark.is_some_and(|mark| self.is_shaped(index, mark));
        let worded = lines.words.contains(&scan.text(index)) && !marked;
        // A line that stands where the first one does begins afresh, even if the one before it seems to go on.
        let aligned = own.is_some() && own <= column;
        if aligned && (shaped || worded) && !scan.is(index - 1, "else") {
            return true;
        }
        if !self.may_begin(index) {
            return false;
        }
        if shaped {
            return true;
        }
        let Some(own) = own else { return false };
        if lines.words.contains(&scan.text(index)) {
            return lines.mark.is_some() || !marked;
        }
        if self.block == Block::Errors && scan.kind(index) == Some(TokenKind::Number) {
            return true;
        }
        let named = matches!(scan.kind(index), Some(TokenKind::Word | TokenKind::Text | TokenKind::Number));
        if !named || GOES_ON.contains(&scan.text(index)) {
            return false;
        }
        let slip = marked && lines.mark.is_some();
        let texts = scan.kind(index) == Some(TokenKind::Text) && lines.mark.is_none();
        slip || (!texts && column.is_some_and(|column| own <= column))
    }

    /// What stands before it ends a value or a line.
    fn may_begin(&self, index: usize) -> bool {
        let before = index - 1;
        if self.owner == Some(before) {
            return true;
        }
        match self.scan.kind(before) {
            Some(TokenKind::Open) => false,
            Some(TokenKind::Mark) => matches!(self.scan.text(before), "?" | "," | ";" | "//" | "--" | "/*"),
            Some(TokenKind::Word) => {
                !LEADS_ON.contains(&self.scan.text(before)) || (before > 0 && self.scan.is(before - 1, "."))
            }
            _ => true,
        }
    }

    /// A name, or what else begins a line there, with the mark behind it.
    fn is_shaped(&self, index: usize, mark: &str) -> bool {
        let scan = self.scan;
        let literal = |index: usize| match scan.kind(index) {
            Some(TokenKind::Word | TokenKind::Text | TokenKind::Number) => Some(index + 1),
            Some(TokenKind::Mark) if scan.is(index, "-") => Some(index + 2),
            _ => None,
        };
        if self.block == Block::Arms {
            if matches!(scan.text(index - 1), "|" | "-") || (scan.is(index, "-") && !scan.is_first(index)) {
                return false;
            }
            let mut at = index;
            while let Some(behind) = literal(at) {
                match scan.text(behind) {
                    "=>" => return true,
                    "|" => at = behind + 1,
                    _ => return false,
                }
            }
            return false;
        }
        let wanted = match self.block {
            Block::Rows => true,
            Block::Body | Block::Record | Block::Ensure => {
                matches!(scan.kind(index), Some(TokenKind::Word | TokenKind::Text))
            }
            _ => scan.is_word(index),
        };
        wanted && scan.kind(index) != Some(TokenKind::Mark) && scan.is(index + 1, mark)
    }

    /// The blocks of a line: what they hold, their opening brace, and the token behind their last.
    pub(super) fn blocks(&self, from: usize, to: usize) -> Vec<(Block, usize, usize)> {
        let mut found = Vec::new();
        let mut index = from;
        while index < to {
            if self.scan.is(index, "{") && self.scan.kind(index) == Some(TokenKind::Open) {
                let end = self.brackets.end[index].min(to).max(index + 1);
                found.push((self.inner(from, index), index, end));
                index = end;
            } else {
                index += 1;
            }
        }
        found
    }

    /// What the block holds that this brace opens, in the line that begins at `from`.
    fn inner(&self, from: usize, open: usize) -> Block {
        let scan = self.scan;
        let before = scan.text(open - 1);
        if matches!(before, ":" | "->") || (matches!(before, "of" | "to") && self.block != Block::Items) {
            return Block::Kinds;
        }
        if self.is_match(from, open) {
            return Block::Arms;
        }
        let main = self.brackets.within[open] == self.brackets.within[from] && before != "=";
        let words = self.block.lines().words;
        let first = scan.text(from);
        let first = if words.contains(&first) { first } else { nearest(first, words.iter().copied()).unwrap_or(first) };
        match (self.block, first) {
            (Block::Items, "settings") if main => Block::Settings,
            (Block::Items, "from") if main => Block::From,
            (Block::Items, "ensure") if main => Block::Ensure,
            (Block::Items, "create" | "call") if main => Block::Body,
            (Block::Items, "test") if main => Block::Test,
            (Block::Items, "table") => Block::Rows,
            (Block::Parts, "auth") if main && before == "oauth2" => Block::Oauth2,
            (Block::Parts, "auth") if main => Block::Keys,
            (Block::Parts, "errors") if main => Block::Errors,
            (Block::Parts, "shape") if main => Block::Shape,
            (Block::Parts, "resource") if main => Block::Resource,
            (Block::Settings, _) if before == "=" && (scan.is(open + 1, "_") || !scan.is_word(open + 1)) => Block::Rows,
            _ => Block::Record,
        }
    }

    /// The brace opens the arms of a `match`.
    fn is_match(&self, from: usize, open: usize) -> bool {
        let scan = self.scan;
        let own = self.brackets.within[open];
        for index in (from..open).rev().filter(|index| self.brackets.within[*index] == own) {
            match scan.text(index) {
                "match" => return !scan.is(index + 1, "=") && (index == 0 || !scan.is(index - 1, ".")),
                "{" | "}" | "=" | "=>" | "," | "if" | "else" | "each" => return false,
                _ => {}
            }
        }
        false
    }
}

fn is_statement_word(scan: &Scan<'_>, index: usize) -> bool {
    let word = scan.text(index);
    let known = Block::Items.lines().words.contains(&word) || Block::Parts.lines().words.contains(&word);
    known && !matches!(scan.text(index + 1), "=" | ":" | "==" | "." | "=>")
}
