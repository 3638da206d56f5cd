//! What went wrong goes in; the message for the person comes out: all sentences of this room stand here.

use crate::report::{Diagnostic, SourceId, Span, codes::syntax as codes};

pub(super) fn file_too_large(id: SourceId) -> Diagnostic {
    Diagnostic::error(
        codes::FILE_TOO_LARGE,
        Span { source: id, ..Span::default() },
        "expected a file of at most 4 MiB, found a larger one",
    )
}

pub(super) fn not_utf8(id: SourceId, at: usize, bytes: &[u8]) -> Diagnostic {
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let place = u32::try_from(at).unwrap_or(u32::MAX);
    Diagnostic::error(
        codes::NOT_UTF8,
        Span { source: id, start: place, end: place.saturating_add(1) },
        format!("expected UTF-8 text, found the byte `{:02x}` in line {line}", bytes[at]),
    )
    .note("save the file as UTF-8")
}

pub(super) fn unknown_version(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(codes::UNKNOWN_VERSION, span, format!("expected version `1` of the language, found `{found}`"))
        .label("this version is not known")
        .fix("write `1`", span, "1")
}

pub(super) fn bad_count(span: Span, found: &str, most: u64) -> Diagnostic {
    Diagnostic::error(codes::BAD_COUNT, span, format!("expected a whole number up to {most}, found `{found}`"))
        .label("too large")
}

pub(super) fn no_such_date(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(codes::BAD_DATE, span, format!("expected a date of the calendar, found `{found}`"))
        .label("there is no such day")
}

pub(super) fn long_number(span: Span, found: &str) -> Diagnostic {
    let digits = found.bytes().filter(u8::is_ascii_digit).count();
    Diagnostic::error(codes::BAD_NUMBER, span, format!("expected a number of at most 28 digits, found one of {digits}"))
        .label("it cannot be kept exactly")
}

pub(super) fn hole_not_allowed(span: Span) -> Diagnostic {
    Diagnostic::error(codes::HOLE_NOT_ALLOWED, span, "expected a text without holes, found `{`")
        .label("nothing is filled in here")
        .fix("write `\\{` for a brace", span, "\\{")
}

pub(super) fn unclosed_text(span: Span) -> Diagnostic {
    Diagnostic::error(codes::UNCLOSED_TEXT, span, "expected `\"` before the end of the line, found none")
        .label("this text has no end")
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::TOO_DEEP, span, "expected less nesting, found too much to follow")
        .label("split it with `let`")
}

pub(super) fn bad_index(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(
        codes::BAD_INDEX,
        span,
        format!("expected an index, a quoted name, `*` or a filter, found `[{found}]`"),
    )
    .label("not a step of a path")
}

pub(super) fn twice(span: Span, first: Span, word: &str) -> Diagnostic {
    Diagnostic::error(codes::TWICE, span, format!("expected one `{word}`, found a second"))
        .label("here again")
        .other(first, "the first stands here")
}

pub(super) fn unreadable(span: Span) -> Diagnostic {
    Diagnostic::error(codes::UNREADABLE, span, "this cannot be read")
}
