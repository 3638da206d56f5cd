//! The bytes of a file go in; its text, or why it is none, comes out.

use crate::report::{Diagnostic, SourceId};

use super::words;

/// How large a file may be: 4 MiB.
pub const LARGEST_FILE: usize = 4 * 1024 * 1024;

/// The text of a file: UTF-8, a byte-order mark taken off, not larger than [`LARGEST_FILE`].
///
/// # Errors
/// When it is too large or not UTF-8; the place lies in `id`, in the text with each wrong byte replaced.
pub fn source_text(id: SourceId, bytes: &[u8]) -> Result<String, Box<Diagnostic>> {
    if bytes.len() > LARGEST_FILE {
        return Err(Box::new(words::file_too_large(id)));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Box::new(words::not_utf8(id, error.valid_up_to(), bytes))),
    }
}
