//! Numbers written in a script: rhai rounds one with more than 28 digits without a word, so that it is found here.

/// The first and last byte of a number with more digits than are exact.
pub(super) fn too_long(script: &str) -> Option<(usize, usize)> {
    let bytes = script.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'`' | b'\'') => at = behind_quote(bytes, at, quote),
            b'/' if bytes.get(at + 1) == Some(&b'/') => at = behind(bytes, at, b"\n"),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at = behind(bytes, at + 2, b"*/"),
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            }
            byte if byte.is_ascii_digit() => {
                let part = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'_' | b'.');
                let end = at + bytes[at..].iter().take_while(part).count();
                let number = &bytes[at..end];
                let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
                if digits > 28 && number.contains(&b'.') {
                    return Some((at, end));
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

/// Behind the next such piece.
pub(super) fn behind(bytes: &[u8], from: usize, end: &[u8]) -> usize {
    bytes[from..].windows(end.len()).position(|part| part == end).map_or(bytes.len(), |at| from + at + end.len())
}

/// Behind a quoted text.
pub(super) fn behind_quote(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote != b'`' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}
