//! A text goes in; its words, marks and brackets come out, with what is wrong in one of them alone. Used to bound the depth
//! before anything recurses, and to find out where a statement that cannot be read ends.

mod brackets;
mod lexer;
mod number;
mod quoted;
mod script;

use crate::report::{Diagnostic, Source, Span};

pub(super) use brackets::Brackets;

/// How deep brackets may be nested.
const DEEPEST: usize = 128;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word.
    Word,
    /// A number or a date.
    Number,
    /// A text, closed or not.
    Text,
    /// The braces of a script and all between them.
    Script,
    /// `[…]` that touches the path before it.
    PathBracket,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// An operator or a mark.
    Mark,
}

/// A word, mark or text of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// How far from the start of its line it stands, when it is the first there.
    pub(super) first: Option<usize>,
    /// Nothing stands between it and the token before.
    pub(super) touches: bool,
}

/// All tokens of a text, and what is wrong with single ones.
pub(super) struct Scan<'s> {
    pub(super) source: &'s Source,
    pub(super) tokens: Vec<Token>,
    /// Mistakes that need no grammar, each with the token it lies in.
    pub(super) problems: Vec<(usize, Diagnostic)>,
    /// Readable, but never meant: told even when the grammar is content.
    pub(super) slips: Vec<Diagnostic>,
    /// The first bracket, or hole of a text, that is nested too deep.
    pub(super) too_deep: Option<Span>,
}

impl<'s> Scan<'s> {
    pub(super) fn of(source: &'s Source) -> Scan<'s> {
        let mut scan = Scan { source, tokens: Vec::new(), problems: Vec::new(), slips: Vec::new(), too_deep: None };
        lexer::Lexer::new(&mut scan).run();
        if scan.too_deep.is_none() {
            scan.too_deep = brackets::too_deep(&scan);
        }
        scan
    }

    /// What stands at a token.
    pub(super) fn text(&self, index: usize) -> &'s str {
        self.tokens.get(index).map_or("", |token| &self.source.text[token.start..token.end])
    }

    pub(super) fn is(&self, index: usize, text: &str) -> bool {
        self.text(index) == text
    }

    pub(super) fn kind(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    pub(super) fn is_word(&self, index: usize) -> bool {
        self.kind(index) == Some(TokenKind::Word)
    }

    pub(super) fn is_first(&self, index: usize) -> bool {
        self.tokens.get(index).is_none_or(|token| token.first.is_some())
    }

    pub(super) fn token_span(&self, index: usize) -> Span {
        self.tokens.get(index).map_or_else(
            || self.span(self.source.text.len(), self.source.text.len()),
            |token| self.span(token.start, token.end),
        )
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source.id, start: place(start), end: place(end) }
    }

    /// The first token that ends behind a byte.
    pub(super) fn at(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| token.end <= byte)
    }
}
