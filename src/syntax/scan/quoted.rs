//! Texts with their holes, and the brackets of paths.

use super::DEEPEST;

/// A text, from its quote to its quote or to the end of its line.
#[derive(Default)]
pub(super) struct Text {
    pub(super) length: usize,
    pub(super) closed: bool,
    /// A hole that does not end on its line.
    pub(super) open_hole: Option<usize>,
    pub(super) empty_hole: Option<usize>,
    pub(super) bad_escape: Option<(usize, char)>,
    pub(super) too_deep: Option<usize>,
}

/// How a bracket ends.
pub(super) enum Quoted {
    /// So many bytes, its own marks with it.
    Closed(usize),
    Unclosed,
    TooDeep,
}

/// What is open: a text, or a bracket in a hole.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Text,
    Hole(usize),
    Bracket(char),
}

/// The text that begins at the start of `rest`.
pub(super) fn text(rest: &str) -> Text {
    let line = rest.split('\n').next().unwrap_or_default();
    let mut text = Text::default();
    let mut open = vec![Inside::Text];
    let mut letters = line.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let inside = *open.last().expect("the text itself is open");
        match (inside, letter) {
            (Inside::Text, '\\') => match letters.next() {
                Some((_, '"' | '\\' | 'n' | 't' | '{')) | None => {}
                Some((_, other)) => text.bad_escape = text.bad_escape.or(Some((at, other))),
            },
            (Inside::Text, '"') => {
                open.pop();
                if open.is_empty() {
                    text.length = at + 1;
                    text.closed = true;
                    return text;
                }
            }
            (Inside::Text, '{') => open.push(Inside::Hole(at)),
            (Inside::Text, _) => {}
            (_, '"') => open.push(Inside::Text),
            (_, '(' | '[' | '{') => open.push(Inside::Bracket(letter)),
            (Inside::Bracket('['), '\'') => {
                let _ = letters.by_ref().find(|(_, letter)| *letter == '\'');
            }
            (_, ')' | ']' | '}') => {
                if let Inside::Hole(start) = inside {
                    if letter != '}' {
                        continue;
                    }
                    if line[start + 1..at].trim().is_empty() {
                        text.empty_hole = text.empty_hole.or(Some(start));
                    }
                }
                open.pop();
            }
            _ => {}
        }
        if open.len() > DEEPEST {
            text.too_deep = Some(at);
            text.length = line.len();
            text.closed = true;
            return text;
        }
    }
    // Nothing closed it. Perhaps a single brace was meant as a brace, not as a hole.
    let hole = open.iter().find_map(|inside| if let Inside::Hole(at) = inside { Some(*at) } else { None });
    match (hole, plain_end(line)) {
        (Some(hole), Some(end)) if hole < end => Text { length: end, closed: true, open_hole: Some(hole), ..text },
        _ => {
            let line = line.trim_end();
            // `create books.x as "y {`: the brace is likely one of a block.
            let length = line.strip_suffix('{').map_or(line.len(), |line| line.trim_end().len().max(1));
            Text { length, closed: false, ..text }
        }
    }
}

/// Where a text ends if it has no holes.
fn plain_end(line: &str) -> Option<usize> {
    let mut letters = line.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The bracket of a path that begins at the start of `rest`; over a line's end where something must follow there.
pub(super) fn path_bracket(rest: &str) -> Quoted {
    let mut depth = 0;
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\n' if !rest[..at].trim_end().ends_with(['[', '(', ',', '?', '<', '>', '=', '&', '|', '!']) => {
                return Quoted::Unclosed;
            }
            '[' => depth += 1,
            ']' => {
                depth -= 1;
                if depth == 0 {
                    return Quoted::Closed(at + 1);
                }
            }
            '\'' | '"' => loop {
                match letters.next() {
                    Some((_, '\\')) => {
                        letters.next();
                    }
                    Some((_, other)) if other == letter => break,
                    None | Some((_, '\n')) => return Quoted::Unclosed,
                    Some(_) => {}
                }
            },
            _ => {}
        }
        if depth > DEEPEST {
            return Quoted::TooDeep;
        }
    }
    Quoted::Unclosed
}
