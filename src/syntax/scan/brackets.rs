//! Which bracket closes which.

use crate::report::{Diagnostic, Span};
use crate::syntax::words;

use super::{DEEPEST, Scan, TokenKind};

/// The brackets of a text, matched.
pub(in crate::syntax) struct Brackets {
    /// For each token, the innermost bracket it stands in; a bracket stands in the one around it.
    pub(in crate::syntax) within: Vec<Option<usize>>,
    /// For each opening bracket, the one that closes it.
    close: Vec<Option<usize>>,
    /// For each opening bracket, the token before which its content ends: the closing one, or where it likely was to be.
    pub(in crate::syntax) end: Vec<usize>,
    /// What does not match, each with its token.
    pub(in crate::syntax) problems: Vec<(usize, Diagnostic)>,
}

impl Brackets {
    /// Matches the brackets of each stretch of tokens on its own; `starts` are the first tokens of stretches.
    pub(in crate::syntax) fn of(scan: &Scan<'_>, starts: &[usize]) -> Brackets {
        let count = scan.tokens.len();
        let mut brackets = Brackets {
            within: vec![None; count],
            close: vec![None; count],
            end: vec![count; count],
            problems: Vec::new(),
        };
        let mut open: Vec<usize> = Vec::new();
        let mut starts = starts.iter().peekable();
        for index in 0..count {
            if starts.next_if(|start| **start == index).is_some() {
                brackets.leftover(scan, &mut open, Some(index));
            }
            if scan.tokens[index].kind == TokenKind::Close {
                brackets.closed(scan, &mut open, index);
            }
            brackets.within[index] = open.last().copied();
            if scan.tokens[index].kind == TokenKind::Open {
                open.push(index);
            }
        }
        brackets.leftover(scan, &mut open, None);
        brackets.close_on_their_line(scan);
        brackets
    }

    /// A `(` or `[` that nothing closes is taken to end with its line, so that the next lines stand where they seem to.
    fn close_on_their_line(&mut self, scan: &Scan<'_>) {
        let mut line = 0_usize;
        let lines: Vec<usize> = scan
            .tokens
            .iter()
            .map(|token| {
                line += usize::from(token.first.is_some());
                line
            })
            .collect();
        for index in 0..scan.tokens.len() {
            while let Some(opener) = self.within[index] {
                if self.close[opener].is_some() || scan.is(opener, "{") || lines[opener] == lines[index] {
                    break;
                }
                self.end[opener] = self.end[opener].min(index);
                self.within[index] = self.within[opener];
            }
        }
    }

    fn closed(&mut self, scan: &Scan<'_>, open: &mut Vec<usize>, index: usize) {
        let partner = partner(scan.text(index));
        let Some(at) = open.iter().rposition(|opener| scan.is(*opener, partner)) else {
            if let Some(opener) = open.pop_if(|opener| scan.is_first(*opener + 1) && scan.is_first(index)) {
                self.close[opener] = Some(index);
                self.end[opener] = index;
                let (here, there) = (scan.token_span(opener), scan.token_span(index));
                self.problems.push((opener, words::wrong_bracket(here, scan.text(opener), there, scan.text(index))));
                return;
            }
            self.problems.push((index, words::stray_bracket(scan.token_span(index), scan.text(index))));
            return;
        };
        // `(` is open, and `}` comes: the `(` was forgotten. `{` is open, and `)` comes: that `)` is one too many.
        if scan.is(index, ")") && open[at + 1..].iter().any(|opener| scan.is(*opener, "{")) {
            self.problems.push((index, words::stray_bracket(scan.token_span(index), scan.text(index))));
            return;
        }
        for opener in open.drain(at + 1..) {
            self.end[opener] = index;
            let found = Some((scan.token_span(index), scan.text(index)));
            self.problems.push((opener, words::unclosed_bracket(scan.token_span(opener), scan.text(opener), found)));
        }
        if let Some(opener) = open.pop() {
            self.close[opener] = Some(index);
            self.end[opener] = index;
        }
    }

    /// What is still open at the end of a stretch: the bracket whose closing one stands too far left is to blame.
    fn leftover(&mut self, scan: &Scan<'_>, open: &mut Vec<usize>, next: Option<usize>) {
        let Some(first) = open.first().copied() else { return };
        let indent = |index: usize| {
            let line = (0..=index).rev().find(|at| scan.tokens[*at].first.is_some());
            line.and_then(|at| scan.tokens[at].first).unwrap_or(0)
        };
        let last = next.unwrap_or(scan.tokens.len());
        let suspect = (first..last).find(|opener| {
            self.close[*opener].is_some_and(|close| {
                scan.tokens[close].first.is_some_and(|column| column < indent(*opener)) && scan.is(close, "}")
            })
        });
        for opener in open.iter() {
            self.end[*opener] = last;
        }
        let opener = suspect.unwrap_or(first);
        let found = next.map(|next| (scan.token_span(next), scan.text(next)));
        self.problems.push((opener, words::unclosed_bracket(scan.token_span(opener), scan.text(opener), found)));
        open.clear();
    }
}

/// The first bracket that is nested too deep.
pub(super) fn too_deep(scan: &Scan<'_>) -> Option<Span> {
    let mut depth = 0_usize;
    for (index, token) in scan.tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            // Where nothing was closed for long, the next statement starts afresh.
            TokenKind::Word if token.first == Some(0) => depth = 0,
            _ => {}
        }
        if depth > DEEPEST {
            return Some(scan.token_span(index));
        }
    }
    None
}

fn partner(close: &str) -> &'static str {
    match close {
        ")" => "(",
        "]" => "[",
        _ => "{",
    }
}
