//! Cuts a text into tokens.

use crate::syntax::{habits, words};

use super::quoted::{self, Quoted};
use super::{Scan, Token, TokenKind, number, script};

/// Marks of more than one character, the longer first; those with a third part are of other languages.
const MARKS: &[(&str, Option<&str>)] = &[
    ("===", Some("==")),
    ("!==", Some("!=")),
    ("<=>", None),
    ("==", None),
    ("!=", None),
    ("<=", None),
    (">=", None),
    ("=>", None),
    ("->", None),
    ("??", None),
    ("..", None),
    ("&&", Some("and")),
    ("||", Some("or")),
    ("?.", Some(".")),
    ("<>", Some("!=")),
    ("=<", Some("<=")),
    (":=", Some("=")),
];

pub(super) struct Lexer<'a, 's> {
    scan: &'a mut Scan<'s>,
    text: &'s str,
    at: usize,
    line: usize,
    /// Nothing but blanks so far on this line.
    fresh: bool,
    /// The last token's end, to know what touches.
    end: usize,
    /// Between the `->` and the body of a function.
    in_signature: bool,
    /// The end of the line on which a path's bracket is not closed: that is told, and its inside is no text of ours.
    open_bracket: usize,
}

impl<'a, 's> Lexer<'a, 's> {
    pub(super) fn new(scan: &'a mut Scan<'s>) -> Lexer<'a, 's> {
        let text: &'s str = &scan.source.text;
        let at = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        Lexer { scan, text, at, line: at, fresh: true, end: usize::MAX, in_signature: false, open_bracket: 0 }
    }

    pub(super) fn run(&mut self) {
        while let Some(letter) = self.rest().chars().next() {
            match letter {
                '\n' => {
                    self.at += 1;
                    self.line = self.at;
                    self.fresh = true;
                }
                ' ' | '\t' | '\r' => self.at += 1,
                '#' => self.skip_line(),
                _ => self.token(letter),
            }
            if self.scan.too_deep.is_some() {
                return;
            }
        }
    }

    fn rest(&self) -> &'s str {
        &self.text[self.at..]
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn push(&mut self, kind: TokenKind, length: usize) -> usize {
        let end = self.at + length;
        let first = self.fresh.then(|| self.at - self.line);
        self.scan.tokens.push(Token { kind, start: self.at, end, first, touches: self.end == self.at });
        self.fresh = false;
        self.at = end;
        self.end = end;
        self.scan.tokens.len() - 1
    }

    fn token(&mut self, letter: char) {
        match letter {
            '"' => self.quoted(),
            '(' | '{' | '[' => self.open(letter),
            ')' | '}' | ']' => {
                self.push(TokenKind::Close, 1);
            }
            '0'..='9' => self.number(),
            _ if letter == '_' || letter.is_alphabetic() => self.word(),
            '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' => self.wrong_quotes(letter),
            _ => self.mark(letter),
        }
    }

    fn word(&mut self) {
        let word = |letter: char| letter == '_' || letter.is_alphanumeric();
        let length = self.rest().find(|letter| !word(letter)).unwrap_or(self.rest().len());
        let name = &self.rest()[..length];
        self.in_signature = match name {
            "fn" | "let" | "if" | "when" | "where" => false,
            _ => self.in_signature,
        };
        self.push(TokenKind::Word, length);
        let blanks = self.rest().len() - self.rest().trim_start().len();
        if name == "rhai" && self.in_signature && self.rest()[blanks..].starts_with('{') {
            self.skip_blanks(blanks);
            self.script();
        }
    }

    fn skip_blanks(&mut self, blanks: usize) {
        if let Some(line_end) = self.rest()[..blanks].rfind('\n') {
            self.line = self.at + line_end + 1;
            self.fresh = true;
        }
        self.at += blanks;
    }

    fn script(&mut self) {
        self.in_signature = false;
        match script::end(self.text, self.at) {
            Ok(end) => {
                self.push(TokenKind::Script, end - self.at);
            }
            Err(script::Unfinished::TooDeep(at)) => self.scan.too_deep = Some(self.scan.span(at, at + 1)),
            Err(script::Unfinished::Unclosed) => {
                let problem = words::unclosed_script(self.scan.span(self.at, self.at + 1));
                let token = self.push(TokenKind::Script, script::likely_end(self.rest()));
                self.scan.problems.push((token, problem));
            }
        }
    }

    fn open(&mut self, letter: char) {
        let after_path = self.end == self.at
            && self.scan.tokens.last().is_some_and(|token| {
                matches!(token.kind, TokenKind::Word | TokenKind::PathBracket)
                    || &self.text[token.start..token.end] == ".."
            });
        if letter == '[' && after_path {
            match quoted::path_bracket(self.rest()) {
                Quoted::Closed(length) => {
                    self.push(TokenKind::PathBracket, length);
                    return;
                }
                Quoted::TooDeep => self.scan.too_deep = Some(self.scan.span(self.at, self.at + 1)),
                Quoted::Unclosed => {
                    self.open_bracket = self.at + self.rest().find('\n').unwrap_or(self.rest().len());
                }
            }
        }
        self.push(TokenKind::Open, 1);
    }

    fn quoted(&mut self) {
        let found = quoted::text(self.rest());
        let (start, length) = (self.at, found.length);
        let span = |scan: &Scan<'_>, at: usize, length: usize| scan.span(start + at, start + at + length);
        if let Some(at) = found.too_deep {
            self.scan.too_deep = Some(span(self.scan, at, 1));
        }
        let token = self.push(TokenKind::Text, length);
        let problem = if !found.closed {
            Some(words::unclosed_text(span(self.scan, 0, length)))
        } else if let Some(at) = found.open_hole {
            Some(words::unclosed_hole(span(self.scan, at, 1)))
        } else if let Some(at) = found.empty_hole {
            Some(words::empty_hole(span(self.scan, at, 2)))
        } else {
            found.bad_escape.map(|(at, letter)| words::bad_escape(span(self.scan, at, 1 + letter.len_utf8()), letter))
        };
        self.scan.problems.extend(problem.map(|problem| (token, problem)));
        if !found.closed && self.rest().starts_with('{') {
            self.push(TokenKind::Open, 1);
        }
    }

    /// `'a'`, `“a”`: taken as the text that was meant.
    fn wrong_quotes(&mut self, open: char) {
        let close = match open {
            '\'' | '`' => open,
            '‘' | '’' => '’',
            '«' => '»',
            '“' | '”' | '„' => '”',
            _ => open,
        };
        let line = self.rest().split('\n').next().unwrap_or_default();
        let inner = &line[open.len_utf8()..];
        let other = if open == '„' { '“' } else { '"' };
        let Some(length) = inner.find([close, other]).filter(|_| open != '»') else {
            let problem = words::stray_character(self.scan.span(self.at, self.at + open.len_utf8()), open);
            let token = self.push(TokenKind::Mark, open.len_utf8());
            self.scan.problems.push((token, problem));
            return;
        };
        let last = inner[length..].chars().next().map_or(0, char::len_utf8);
        let whole = open.len_utf8() + length + last;
        let problem = (self.at >= self.open_bracket)
            .then(|| words::wrong_quotes(self.scan.span(self.at, self.at + whole), open, &inner[..length]));
        let token = self.push(TokenKind::Text, whole);
        self.scan.problems.extend(problem.map(|problem| (token, problem)));
    }

    fn number(&mut self) {
        let found = number::of(self.rest());
        let span = self.scan.span(self.at, self.at + found.length);
        let text = &self.rest()[..found.length];
        let muted = self.at < self.open_bracket;
        let token = self.push(TokenKind::Number, found.length);
        match found.flaw {
            _ if muted => {}
            None => {}
            Some(number::Flaw::Date(meant)) => self.scan.slips.push(words::date_form(span, text, meant.as_deref())),
            Some(number::Flaw::Number(meant)) => {
                self.scan.problems.push((token, words::number_form(span, text, meant.as_deref())));
            }
        }
    }

    fn mark(&mut self, letter: char) {
        let rest = self.rest();
        if rest.starts_with("//") || rest.starts_with("/*") || (self.fresh && rest.starts_with("--")) {
            return self.foreign_comment();
        }
        let known = MARKS.iter().find(|(mark, _)| rest.starts_with(mark));
        let (mark, meant) = known.copied().unwrap_or((&rest[..letter.len_utf8()], None));
        let span = self.scan.span(self.at, self.at + mark.len());
        self.in_signature = match mark {
            "->" => true,
            "=" => false,
            _ => self.in_signature,
        };
        let touching = rest[mark.len()..].starts_with(|letter: char| !letter.is_whitespace());
        let before = !self.text[..self.at].ends_with(|letter: char| letter.is_whitespace());
        let digits =
            letter == '.' && self.end != self.at && rest[1..].starts_with(|digit: char| digit.is_ascii_digit());
        let muted = self.at < self.open_bracket;
        let token = self.push(TokenKind::Mark, mark.len());
        // `a || "b"` is meant as a value or else another.
        let value = rest[mark.len()..]
            .trim_start()
            .starts_with(['"', '\'', '`', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        let meant = if mark == "||" && value { Some("??") } else { meant };
        let problem = match (mark, meant) {
            _ if muted => None,
            (_, Some(meant)) => {
                let worded = meant.chars().all(char::is_alphabetic);
                let (left, right) = if worded { (before, touching) } else { (false, false) };
                let spaced = format!("{}{meant}{}", if left { " " } else { "" }, if right { " " } else { "" });
                Some(habits::foreign_operator(span, mark, meant, &spaced))
            }
            ("!", None) => Some(habits::foreign_operator(span, mark, "not", if touching { "not " } else { "not" })),
            (".", None) if digits => {
                let length = 1 + rest[1..].find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len() - 1);
                let span = self.scan.span(self.at - 1, self.at - 1 + length);
                Some(words::number_form(span, &rest[..length], Some(&format!("0{}", &rest[..length]))))
            }
            ("=" | ":" | "," | "." | "+" | "-" | "*" | "/" | "<" | ">" | "|" | "?", None) => None,
            (_, None) if mark.len() > 1 && mark.is_ascii() && mark != "<=>" => None,
            (";", None) => Some(words::semicolon(span)),
            _ => Some(words::stray_character(span, letter)),
        };
        self.scan.problems.extend(problem.map(|problem| (token, problem)));
    }

    /// `//` right behind `https:`: where that begins.
    fn address_start(&self) -> Option<usize> {
        let [.., word, colon] = self.scan.tokens.as_slice() else { return None };
        let address = self.end == self.at && colon.touches && &self.text[colon.start..colon.end] == ":";
        (address && word.kind == TokenKind::Word && self.rest().starts_with("//")).then_some(word.start)
    }

    /// A comment of another language: told, and passed by.
    fn foreign_comment(&mut self) {
        if let Some(start) = self.address_start() {
            let length = self.rest().find(|letter: char| letter.is_whitespace()).unwrap_or(self.rest().len());
            let address = &self.text[start..self.at + length];
            let problem = words::bare_address(self.scan.span(start, self.at + length), address);
            let token = self.push(TokenKind::Mark, length);
            self.scan.problems.push((token, problem));
            return;
        }
        let mark = &self.rest()[..2];
        let span = self.scan.span(self.at, self.at + 2);
        let token = self.push(TokenKind::Mark, 2);
        self.scan.problems.push((token, habits::foreign_comment(span, mark)));
        if mark == "/*" {
            let end = self.rest().find("*/").map_or(self.rest().len(), |at| at + 2);
            self.skip_blanks(end);
        } else {
            self.skip_line();
        }
    }
}
