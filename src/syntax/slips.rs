//! A line that cannot be read goes in; what is wrong with it, in words for its author, comes out.

use crate::report::{Diagnostic, Span, nearest};

use super::block::Block;
use super::expected;
use super::grammar::Rule;
use super::habits;
use super::scan::{Brackets, Scan, TokenKind};
use super::words::{self, Found};

/// Where the grammar gave up, and what it would have taken there.
pub(super) struct Failure {
    /// The byte.
    pub(super) at: usize,
    pub(super) expected: Vec<Rule>,
    /// The reading was broken off, for the nesting never ended.
    pub(super) too_deep: bool,
}

/// A stretch of tokens that cannot be read.
pub(super) struct Piece<'a, 's> {
    pub(super) scan: &'a Scan<'s>,
    /// Where it stands; none for the head of the file, or all of it.
    pub(super) block: Option<Block>,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Words that no name may be.
pub(super) const RESERVED: &[&str] = &[
    "and", "or", "not", "in", "is", "when", "where", "because", "else", "each", "match", "if", "let", "none", "null",
    "true", "false", "_",
];

/// What is wrong with the first lines of a file.
pub(super) fn of_head(piece: &Piece<'_, '_>, failure: &Failure) -> Diagnostic {
    let at = piece.scan.at(failure.at).min(piece.to);
    if at == 4 && piece.text(4) == "-" && piece.scan.is_word(3) {
        let last = (4..piece.to).take_while(|index| piece.scan.tokens[*index].touches).last().unwrap_or(4);
        let span = piece.span(3).to(piece.span(last));
        return words::dashed_name(span, &piece.scan.source.text[span.start as usize..span.end as usize]);
    }
    if at == 3 && RESERVED.contains(&piece.scan.text(at)) {
        return words::reserved_name(piece.scan.token_span(at), piece.scan.text(at));
    }
    let (span, found) = piece.found(at);
    words::bad_head(span, expected::in_words(&failure.expected).as_deref(), &found)
}

/// What is wrong with a line that begins as none does there: what stands in its braces is not looked at.
pub(super) fn of_foreign_line(piece: &Piece<'_, '_>) -> Option<Diagnostic> {
    let block = piece.block?;
    let words = block.lines().words;
    let near = nearest(piece.text(piece.from), words.iter().copied());
    if block.lines().mark.is_some() || near.is_some() { None } else { piece.beginning() }
}

/// What is wrong with a line.
pub(super) fn of_line(piece: &Piece<'_, '_>, failure: &Failure, brackets: &Brackets) -> Vec<Diagnostic> {
    if failure.too_deep {
        return vec![words::too_deep(piece.scan.token_span(piece.scan.at(failure.at)))];
    }
    let own = piece.own(brackets);
    let found = piece
        .beginning()
        .or_else(|| piece.in_hole(failure))
        .or_else(|| piece.name(&own))
        .or_else(|| piece.kind(&own))
        .or_else(|| piece.condition(&own))
        .or_else(|| piece.reason(&own))
        .or_else(|| piece.null(&own))
        .or_else(|| piece.at_failure(failure));
    vec![found.unwrap_or_else(|| unexpected(piece, failure))]
}

/// What would have been taken, and what stands there.
pub(super) fn unexpected(piece: &Piece<'_, '_>, failure: &Failure) -> Diagnostic {
    let at = piece.scan.at(failure.at);
    let (span, found) = piece.found(at);
    let mut rules = failure.expected.clone();
    // A line that began well has its mark already.
    let mark = match piece.block.and_then(|block| block.lines().mark) {
        Some(":") => Some(Rule::m_colon),
        Some("=") => Some(Rule::m_assign),
        _ => None,
    };
    if at > piece.from + 1 || piece.block.is_some_and(|block| block.lines().words.contains(&piece.text(piece.from))) {
        rules.retain(|rule| Some(*rule) != mark || failure.expected.len() == 1);
    }
    let problem = words::unexpected(span, expected::in_words(&rules).as_deref(), &found);
    if at >= piece.to || !piece.scan.is_word(at) {
        return problem;
    }
    let word = piece.text(at);
    let keywords = expected::keywords(&rules);
    let unit = failure.expected.contains(&Rule::unit).then(|| UNITS.iter().find(|(said, _)| *said == word)).flatten();
    match unit.map(|(_, unit)| *unit).or_else(|| nearest(word, keywords.iter().map(String::as_str))) {
        Some(near) => words::near(problem, span, near),
        None => problem,
    }
}

/// How people write units of time, and how we do.
const UNITS: &[(&str, &str)] = &[
    ("second", "s"),
    ("seconds", "s"),
    ("sec", "s"),
    ("secs", "s"),
    ("m", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("d", "days"),
];

impl<'s> Piece<'_, 's> {
    /// The tokens that stand in no inner block.
    fn own(&self, brackets: &Brackets) -> Vec<usize> {
        let mut own = Vec::new();
        let mut index = self.from;
        while index < self.to {
            own.push(index);
            let opens = self.scan.is(index, "{") && self.scan.kind(index) == Some(TokenKind::Open);
            index = if opens { brackets.end[index].max(index + 1) } else { index + 1 };
        }
        own
    }

    pub(super) fn text(&self, index: usize) -> &'s str {
        if index < self.to { self.scan.text(index) } else { "" }
    }

    pub(super) fn span(&self, index: usize) -> Span {
        self.scan.token_span(index)
    }

    /// What stands at a token, and where to point.
    pub(super) fn found(&self, index: usize) -> (Span, Found<'s>) {
        if index < self.to {
            return (self.span(index), Found::Text(self.scan.text(index)));
        }
        let found = if self.to >= self.scan.tokens.len() { Found::EndOfFile } else { Found::EndOfLine };
        if self.to < self.scan.tokens.len() && !self.scan.is_first(self.to) {
            return (self.span(self.to), Found::Text(self.scan.text(self.to)));
        }
        let end = self.to.checked_sub(1).map_or(0, |last| self.scan.tokens[last].end);
        (self.scan.span(end, end), found)
    }

    /// It does not begin as lines begin there.
    fn beginning(&self) -> Option<Diagnostic> {
        let block = self.block?;
        let lines = block.lines();
        let (first, next) = (self.text(self.from), self.text(self.from + 1));
        let (span, next_span) = (self.span(self.from), self.span(self.from + 1));
        let touching = |mark: &str| {
            let gap = self.scan.tokens.get(self.from + 1).is_some_and(|token| !token.touches);
            if gap { mark.trim_start().to_owned() } else { mark.to_owned() }
        };
        match lines.mark {
            mark if mark != Some(":") && lines.words.contains(&first) && next == ":" => {
                Some(habits::colon(next_span, first))
            }
            Some("=") if next == ":" => {
                let mut slip = words::colon_for_equals(next_span);
                if let Some(fix) = &mut slip.fix {
                    fix.replacement = touching(" =");
                }
                Some(slip)
            }
            Some("=") if next == "==" => Some(words::compare_for_equals(next_span, next)),
            Some(":") if next == "=" => Some(words::equals_for_colon(next_span)),
            Some("=>") if matches!(next, ":" | "=" | "->") => {
                Some(words::missing_mark(next_span, first, "=>", &Found::Text(next)))
            }
            Some(mark) if lines.words.contains(&first) && next != mark => None,
            Some(mark) if self.scan.is_word(self.from) && next != mark && mark != "=>" => {
                let near = nearest(first, lines.words.iter().copied()).filter(|_| self.scan.is_word(self.from + 1));
                if let Some(near) = near {
                    return Some(words::unknown_statement(span, lines.noun, first, Some(near), lines.words));
                }
                let (place, found) = self.found(self.from + 1);
                Some(words::missing_mark(place, first, mark, &found))
            }
            Some(_) => None,
            None if lines.words.contains(&first) => None,
            None if block == Block::Errors && self.scan.kind(self.from) == Some(TokenKind::Number) => None,
            None => Some(self.unknown_beginning(block, first, span)),
        }
    }

    fn unknown_beginning(&self, block: Block, first: &str, span: Span) -> Diagnostic {
        let lines = block.lines();
        if !self.scan.is_word(self.from) {
            return words::unexpected(span, Some(lines.noun), &Found::Text(first));
        }
        if block == Block::Items
            && let Some(habit) = habits::line(span, lines.noun, first)
        {
            return habit;
        }
        let near = nearest(first, lines.words.iter().copied());
        let home = [
            (Block::Items, "a flow"),
            (Block::Parts, "a connector"),
            (Block::Test, "a test"),
            (Block::From, "`from`"),
            (Block::Ensure, "`ensure`"),
            (Block::Resource, "a resource"),
            (Block::Body, "`create`"),
        ];
        match home.iter().find(|(home, _)| home.lines().words.contains(&first)) {
            Some((_, place)) => words::elsewhere(span, lines.noun, first, place),
            None if near.is_none() && self.text(self.from + 1) == "=" && block == Block::Items => {
                words::unknown_statement(span, lines.noun, first, None, lines.words).fix(
                    "name a value with `let`",
                    Span { end: span.start, ..span },
                    "let ",
                )
            }
            None => words::unknown_statement(span, lines.noun, first, near, lines.words),
        }
    }

    /// The reading ended in a hole of a text.
    fn in_hole(&self, failure: &Failure) -> Option<Diagnostic> {
        let index = self.scan.at(failure.at);
        let token = self.scan.tokens.get(index).filter(|token| {
            index < self.to && token.kind == TokenKind::Text && token.start < failure.at && failure.at < token.end
        })?;
        let text = self.scan.text(index);
        let inside = failure.at - token.start;
        let hole = text.get(..inside)?.rfind('{')?;
        let rest = text.get(inside..)?;
        let letter = rest.chars().next()?;
        let length = match letter {
            _ if letter.is_alphanumeric() => {
                rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len())
            }
            _ => letter.len_utf8(),
        };
        let place = self.scan.span(failure.at, failure.at + length);
        let hole = self.scan.span(token.start + hole, token.start + hole + 1);
        let expected = expected::in_words(&failure.expected);
        Some(words::unreadable_hole(place, hole, expected.as_deref(), &Found::Text(&rest[..length])))
    }

    /// A word of the language stands where a name is given, or the mark behind the name is a wrong one.
    fn name(&self, own: &[usize]) -> Option<Diagnostic> {
        for index in own {
            let behind_name = match self.text(*index) {
                "let" | "fn" => true,
                "as" | "each" | "for" => false,
                _ => continue,
            };
            if *index > self.from && self.text(index - 1) == "." {
                continue;
            }
            let name = self.text(index + 1);
            if RESERVED.contains(&name) && !(name == "each" && self.text(*index) == "for") {
                return Some(words::reserved_name(self.span(index + 1), name));
            }
            if behind_name && self.text(*index) == "let" && self.scan.is_word(index + 1) {
                match self.text(index + 2) {
                    ":" => return Some(self.spaced(words::colon_for_equals(self.span(index + 2)), index + 2)),
                    "==" => return Some(words::compare_for_equals(self.span(index + 2), "==")),
                    _ => {}
                }
            }
        }
        None
    }

    /// The fix puts a blank before its mark only where there is none.
    fn spaced(&self, mut slip: Diagnostic, index: usize) -> Diagnostic {
        if let (Some(fix), Some(token)) = (&mut slip.fix, self.scan.tokens.get(index))
            && !token.touches
        {
            fix.replacement = fix.replacement.trim_start().to_owned();
        }
        slip
    }

    /// `list` without `of`, and the like.
    fn kind(&self, own: &[usize]) -> Option<Diagnostic> {
        let index = own.iter().copied().find(|index| {
            let led = index.checked_sub(1).is_some_and(|before| matches!(self.text(before), ":" | "of" | "->" | "to"));
            let named = self.scan.is_word(index + 1) && self.text(index + 1) != "of" && self.text(index + 2) != ":";
            led && self.text(*index) == "list" && named && self.block != Some(Block::Shape)
        })?;
        let (span, found) = self.found(index + 1);
        Some(words::missing_mark(span, "list", "of", &found))
    }

    /// `=` stands in a condition.
    fn condition(&self, own: &[usize]) -> Option<Diagnostic> {
        let mut inside = false;
        for (at, index) in own.iter().enumerate() {
            match self.text(*index) {
                "when" | "where" | "if" | "expect" => inside = self.text(index + 1) != "=",
                "because" | "{" | "with" | "given" => inside = false,
                "=" if inside => {
                    // `a = 1 when x  b = 2`: the name before `=` begins the next field when a value stands before it.
                    let left = self.left_of(own, at);
                    let before = left.checked_sub(1).map(|before| self.text(own[before])).unwrap_or_default();
                    let led = matches!(before, "when" | "where" | "if" | "expect" | "and" | "or" | "not" | "(" | "??");
                    if led || matches!(before, "==" | "!=" | "<" | ">" | "<=" | ">=" | "+" | "-" | "*" | "/") {
                        return Some(words::equals_for_compare(self.span(*index)));
                    }
                    inside = false;
                }
                _ => {}
            }
        }
        None
    }

    /// Where the path, or the call, left of a mark begins.
    fn left_of(&self, own: &[usize], mark: usize) -> usize {
        let mut at = mark;
        let mut depth = 0_usize;
        while at > 0 {
            let index = own[at - 1];
            match self.scan.kind(index) {
                Some(TokenKind::Close) => depth += 1,
                Some(TokenKind::Open) if depth > 0 => depth -= 1,
                Some(TokenKind::Open) => return at,
                _ if depth > 0 => {}
                _ if at < mark && !self.scan.tokens[own[at]].touches => return at,
                Some(TokenKind::Mark) if self.text(index) != "." => return at,
                _ => {}
            }
            at -= 1;
        }
        at
    }

    /// A stop has no reason.
    fn reason(&self, own: &[usize]) -> Option<Diagnostic> {
        let stop = own.iter().copied().find(|index| {
            let word = matches!(self.text(*index), "skip" | "hold" | "stop");
            let led = *index == self.from && self.block == Some(Block::Items);
            word && (led || (*index > self.from && matches!(self.text(index - 1), "else" | "several" | "missing")))
        })?;
        let because = own.iter().copied().find(|index| *index > stop && self.text(*index) == "because");
        if because.is_none() {
            let capital = own.iter().find(|index| **index > stop && self.text(**index).eq_ignore_ascii_case("because"));
            if let Some(index) = capital {
                return habits::capital(self.span(*index), self.text(*index));
            }
        }
        match because {
            None => {
                let last = own.last().copied().unwrap_or(stop);
                let text = (self.scan.kind(last) == Some(TokenKind::Text) && last > stop).then(|| self.span(last));
                Some(words::missing_because(self.span(stop).to(self.span(last)), self.text(stop), text))
            }
            Some(because) if self.scan.kind(because + 1) != Some(TokenKind::Text) || because + 1 >= self.to => {
                let (span, found) = self.found(because + 1);
                Some(words::reason_no_text(span, &found))
            }
            Some(_) => None,
        }
    }

    /// `null` stands where a value is needed.
    fn null(&self, own: &[usize]) -> Option<Diagnostic> {
        let index = own.iter().copied().find(|index| {
            let before = index.checked_sub(1).map(|before| self.text(before)).unwrap_or_default();
            let field = self.block.is_some_and(|block| block.lines().mark == Some("="));
            let alone = before == "=" && field && index - 1 == self.from + 1;
            self.text(*index) == "null" && !matches!(before, "." | "or") && !alone && self.text(index + 1) != "="
        })?;
        Some(self.null_value(index))
    }

    /// `== null` asks whether something is set; elsewhere `none` is meant.
    pub(super) fn null_value(&self, index: usize) -> Diagnostic {
        let before = index.checked_sub(1).filter(|before| *before > self.from);
        let asked = before.and_then(|before| match self.text(before) {
            "==" => Some((before, "is not set")),
            "!=" => Some((before, "is set")),
            _ => None,
        });
        match asked {
            Some((before, meant)) => habits::compared_with_null(self.span(before).to(self.span(index)), meant),
            None => words::null_outside_field(self.span(index)),
        }
    }
}
