//! Where a script's braces end.

use super::DEEPEST;

/// Why no end was found.
pub(super) enum Unfinished {
    Unclosed,
    /// With the brace that is one too many.
    TooDeep(usize),
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Braces,
    Template,
}

/// The byte behind the brace that closes the one at `open`.
pub(super) fn end(text: &str, open: usize) -> Result<usize, Unfinished> {
    let bytes = text.as_bytes();
    let mut stack = vec![Inside::Braces];
    let mut at = open + 1;
    while let Some(inside) = stack.last().copied() {
        let rest = &bytes[at.min(bytes.len())..];
        let Some(byte) = rest.first() else { return Err(Unfinished::Unclosed) };
        at += match (inside, byte) {
            (Inside::Template, b'`') => {
                stack.pop();
                1
            }
            (Inside::Template, b'$') if rest.starts_with(b"${") => {
                stack.push(Inside::Braces);
                2
            }
            (Inside::Template, _) => 1,
            (Inside::Braces, b'{') => {
                stack.push(Inside::Braces);
                1
            }
            (Inside::Braces, b'}') => {
                stack.pop();
                1
            }
            (Inside::Braces, b'`') => {
                stack.push(Inside::Template);
                1
            }
            (Inside::Braces, b'/') if rest.starts_with(b"//") => find(rest, b"\n").unwrap_or(rest.len()),
            (Inside::Braces, b'/') if rest.starts_with(b"/*") => block_comment(rest)?,
            (Inside::Braces, b'#') if rest.starts_with(b"##\"") => {
                6 + find(&rest[3..], b"\"##").ok_or(Unfinished::Unclosed)?
            }
            (Inside::Braces, b'#') if rest.starts_with(b"#\"") => {
                4 + find(&rest[2..], b"\"#").ok_or(Unfinished::Unclosed)?
            }
            (Inside::Braces, b'"' | b'\'') => quoted(rest, *byte)?,
            (Inside::Braces, _) => 1,
        };
        if stack.len() > DEEPEST {
            return Err(Unfinished::TooDeep(at - 1));
        }
    }
    Ok(at)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn block_comment(bytes: &[u8]) -> Result<usize, Unfinished> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let rest = &bytes[at.min(bytes.len())..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Ok(at);
            }
        } else if rest.is_empty() || depth > DEEPEST {
            return Err(Unfinished::Unclosed);
        } else {
            at += 1;
        }
    }
}

fn quoted(bytes: &[u8], quote: u8) -> Result<usize, Unfinished> {
    let mut at = 1;
    loop {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(byte) if *byte == quote => return Ok(at + 1),
            Some(b'\n') if quote == b'\'' => return Err(Unfinished::Unclosed),
            Some(_) => at += 1,
            None => return Err(Unfinished::Unclosed),
        }
    }
}

/// Where a script that has no end likely was to end: before the next line that is not indented.
pub(super) fn likely_end(rest: &str) -> usize {
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        let body = line.trim_end();
        if at > 0 && !body.is_empty() && body.starts_with(|letter: char| !letter.is_whitespace()) {
            return if body == "}" { at + 1 } else { rest[..at].trim_end().len() };
        }
        at += line.len();
    }
    rest.trim_end().len()
}
