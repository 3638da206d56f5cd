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

pub(super) fn unclosed_script(span: Span) -> Diagnostic {
    Diagnostic::error(codes::UNCLOSED_SCRIPT, span, "expected `}` at the end of the script, found none")
        .label("the script begins here")
        .note("braces in its texts and comments do not count")
}

pub(super) fn unclosed_hole(span: Span) -> Diagnostic {
    Diagnostic::error(codes::BAD_HOLE, span, "expected `}` before the end of the text, found none")
        .label("a value is filled in from here")
        .fix("write `\\{` for a brace", span, "\\{")
}

pub(super) fn empty_hole(span: Span) -> Diagnostic {
    Diagnostic::error(codes::BAD_HOLE, span, "expected a value between `{` and `}`, found none")
        .label("nothing to fill in")
        .fix("write `\\{` for a brace", Span { end: span.start + 1, ..span }, "\\{")
}

pub(super) fn bad_escape(span: Span, letter: char) -> Diagnostic {
    Diagnostic::error(
        codes::BAD_ESCAPE,
        span,
        format!("expected `\\\"`, `\\\\`, `\\n`, `\\t` or `\\{{`, found `\\{letter}`"),
    )
    .label("this pair means nothing")
    .fix("write `\\\\` for a backslash", Span { end: span.start + 1, ..span }, "\\\\")
}

pub(super) fn wrong_quotes(span: Span, quote: char, inner: &str) -> Diagnostic {
    let escaped = inner.replace('\\', "\\\\").replace('"', "\\\"");
    // A hole begins with its brace alone.
    let escaped = if quote == '`' { escaped.replace("${", "{") } else { escaped };
    let quote = if quote == '`' { "a back-quote".to_owned() } else { format!("`{quote}`") };
    Diagnostic::error(codes::WRONG_QUOTES, span, format!("expected a text in straight quotes `\"`, found {quote}"))
        .label("a text stands between two `\"`")
        .fix("use straight quotes", span, format!("\"{escaped}\""))
}

pub(super) fn stray_character(span: Span, letter: char) -> Diagnostic {
    Diagnostic::error(codes::STRAY_CHARACTER, span, format!("`{}` has no meaning here", letter.escape_debug()))
        .label("not a mark of the language")
}

pub(super) fn semicolon(span: Span) -> Diagnostic {
    Diagnostic::error(codes::STRAY_CHARACTER, span, "`;` has no meaning here")
        .label("a statement ends where the next begins")
        .fix("leave it out", span, "")
}

pub(super) fn number_form(span: Span, found: &str, meant: Option<&str>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(codes::BAD_NUMBER, span, format!("expected a number like `12` or `0.50`, found `{found}`"))
            .label("not written as numbers are");
    match meant {
        Some(meant) => diagnostic.fix(format!("write `{meant}`"), span, meant),
        None => diagnostic,
    }
}

pub(super) fn date_form(span: Span, found: &str, meant: Option<&str>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(codes::BAD_DATE, span, format!("expected a date like `2026-03-02`, found `{found}`"))
            .label("year, month and day, with `-` between them");
    match meant {
        Some(meant) => diagnostic.fix(format!("write `{meant}`"), span, meant),
        None => diagnostic,
    }
}

fn closing(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

pub(super) fn unclosed_bracket(span: Span, open: &str, found: Option<(Span, &str)>) -> Diagnostic {
    let close = closing(open);
    let title = match found {
        Some((_, found)) => format!("expected `{close}` before `{found}`, found none"),
        None => format!("expected `{close}` before the end of the file, found none"),
    };
    let diagnostic =
        Diagnostic::error(codes::UNCLOSED_BRACKET, span, title).label(format!("this `{open}` is not closed"));
    match found {
        Some((place, _)) => diagnostic.other(place, format!("`{close}` is missing before this")),
        None => diagnostic,
    }
}

pub(super) fn stray_bracket(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(codes::STRAY_BRACKET, span, format!("`{found}` closes nothing"))
        .label("nothing is open here")
        .fix("leave it out", span, "")
}

/// What stands at a place, as a message calls it.
pub(super) enum Found<'a> {
    Text(&'a str),
    EndOfLine,
    EndOfFile,
}

impl Found<'_> {
    fn words(&self) -> String {
        match self {
            Found::Text(text) if text.starts_with('"') => "a text".to_owned(),
            Found::Text(text) if text.trim().is_empty() => "a blank".to_owned(),
            Found::Text(text) => {
                let line = text.lines().next().unwrap_or_default();
                let shown = line.chars().take(30).collect::<String>();
                format!("`{shown}{}`", if shown.len() < text.len() { "…" } else { "" })
            }
            Found::EndOfLine => "the end of the line".to_owned(),
            Found::EndOfFile => "the end of the file".to_owned(),
        }
    }
}

pub(super) fn unexpected(span: Span, expected: Option<&str>, found: &Found<'_>) -> Diagnostic {
    let found = found.words();
    match expected {
        Some(expected) => Diagnostic::error(codes::UNREADABLE, span, format!("expected {expected}, found {found}")),
        None => Diagnostic::error(codes::UNREADABLE, span, format!("expected the end of the line, found {found}"))
            .label("this does not belong here"),
    }
}

pub(super) fn unreadable_hole(span: Span, hole: Span, expected: Option<&str>, found: &Found<'_>) -> Diagnostic {
    let expected = expected.unwrap_or("`}`");
    Diagnostic::error(codes::BAD_HOLE, span, format!("expected {expected} in this hole, found {}", found.words()))
        .other(hole, "the hole begins here")
        .note("write `\\{` for a brace that is none")
}

pub(super) fn bad_head(span: Span, expected: Option<&str>, found: &Found<'_>) -> Diagnostic {
    let expected = expected.unwrap_or("`flow` or `connector`");
    Diagnostic::error(codes::BAD_HEAD, span, format!("expected {expected}, found {}", found.words()))
        .note("a file begins with `koppel 1` and `flow name \"title\"` or `connector name \"title\"`")
}

pub(super) fn unknown_statement(span: Span, noun: &str, found: &str, near: Option<&str>, words: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::UNKNOWN_STATEMENT, span, format!("expected {noun}, found `{found}`"));
    match near {
        Some(near) => diagnostic.label(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near),
        None => {
            let known = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            diagnostic.label("no line begins like this").note(format!("one begins with {known}"))
        }
    }
}

pub(super) fn elsewhere(span: Span, noun: &str, found: &str, place: &str) -> Diagnostic {
    Diagnostic::error(codes::UNKNOWN_STATEMENT, span, format!("expected {noun}, found `{found}`"))
        .label(format!("this stands in {place}"))
}

pub(super) fn colon_for_equals(span: Span) -> Diagnostic {
    Diagnostic::error(codes::COLON_FOR_EQUALS, span, "expected `=` before a value, found `:`")
        .label("`:` stands before a kind")
        .fix("write `=`", span, " =")
}

pub(super) fn equals_for_colon(span: Span) -> Diagnostic {
    Diagnostic::error(codes::EQUALS_FOR_COLON, span, "expected `:` before a kind, found `=`")
        .label("`=` stands before a value")
        .fix("write `:`", span, ":")
}

pub(super) fn equals_for_compare(span: Span) -> Diagnostic {
    Diagnostic::error(codes::EQUALS_FOR_COMPARE, span, "expected `==` in a condition, found `=`")
        .label("`=` gives a value, `==` compares")
        .fix("write `==`", span, "==")
}

pub(super) fn compare_for_equals(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(codes::COMPARE_FOR_EQUALS, span, format!("expected `=` behind a name, found `{found}`"))
        .label("`==` compares, `=` gives a value")
        .fix("write `=`", span, "=")
}

pub(super) fn reserved_name(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(codes::RESERVED_NAME, span, format!("expected a name, found `{found}`, a word of the language"))
        .label("this word cannot be a name")
        .fix("put something behind it", span, format!("{}_", found.trim_matches('_')))
}

pub(super) fn missing_because(line: Span, word: &str, text: Option<Span>) -> Diagnostic {
    let (place, words) = match text {
        Some(text) => (Span { end: text.start, ..text }, "because "),
        None => (Span { start: line.end, ..line }, " because \"…\""),
    };
    Diagnostic::error(
        codes::MISSING_BECAUSE,
        line,
        format!("expected `because` and a reason behind `{word}`, found none"),
    )
    .label("the shop owner reads the reason")
    .fix(if text.is_some() { "write `because` before the reason" } else { "give a reason" }, place, words)
}

pub(super) fn reason_no_text(span: Span, found: &Found<'_>) -> Diagnostic {
    Diagnostic::error(
        codes::MISSING_BECAUSE,
        span,
        format!("expected a text in quotes behind `because`, found {}", found.words()),
    )
    .label("the shop owner reads this")
}

pub(super) fn null_outside_field(span: Span) -> Diagnostic {
    Diagnostic::error(codes::NULL_OUTSIDE_FIELD, span, "expected a value, found `null`")
        .label("`null` stands only alone, right of a field's `=`, and clears it")
        .fix("write `none` for what is not set", span, "none")
}

pub(super) fn loose_bracket(gap: Span, name: &str, bracket: &str) -> Diagnostic {
    Diagnostic::error(codes::LOOSE_BRACKET, gap, format!("expected `{bracket}` right behind `{name}`, found a blank"))
        .label("a bracket touches its name")
        .fix("leave the blank out", gap, "")
}

pub(super) fn path_behind_call(span: Span) -> Diagnostic {
    Diagnostic::error(codes::PATH_BEHIND_CALL, span, "expected a name before the path, found a bracket")
        .label("a path begins with a name")
        .note("name the value first: `let x = …`, then `x.field`")
}

pub(super) fn chained_comparison(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(
        codes::CHAINED_COMPARISON,
        span,
        format!("expected `and` or `or`, found a second comparison, `{found}`"),
    )
    .label("two comparisons are joined with `and`")
}

pub(super) fn missing_value(span: Span, behind: &str, found: &Found<'_>) -> Diagnostic {
    Diagnostic::error(
        codes::MISSING_VALUE,
        span,
        format!("expected a value behind `{behind}`, found {}", found.words()),
    )
    .label("the value is missing")
}

pub(super) fn missing_mark(span: Span, name: &str, mark: &str, found: &Found<'_>) -> Diagnostic {
    Diagnostic::error(codes::UNREADABLE, span, format!("expected `{mark}` behind `{name}`, found {}", found.words()))
}

pub(super) fn unreadable_header(span: Span, header: Span, expected: Option<&str>) -> Diagnostic {
    let expected = expected.unwrap_or("the end of the line");
    Diagnostic::error(codes::UNREADABLE, span, format!("expected {expected} in the header of a function"))
        .other(header, "a header is like `fn postal_code(code: text, country: text?) -> text?`")
}

/// A word that was likely meant.
pub(super) fn near(problem: Diagnostic, span: Span, near: &str) -> Diagnostic {
    problem.label(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near)
}

pub(super) fn unknown_addition(
    span: Span,
    noun: &str,
    found: &str,
    near_word: Option<&str>,
    known: &[&str],
) -> Diagnostic {
    let problem = Diagnostic::error(codes::UNREADABLE, span, format!("expected {noun}, found `{found}`"));
    match near_word {
        Some(word) => near(problem, span, word),
        None => {
            let known = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            problem.label("this does not belong here").note(format!("here may stand {known}"))
        }
    }
}

pub(super) fn dashed_name(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(codes::BAD_HEAD, span, format!("expected a name of letters, digits and `_`, found `{found}`"))
        .label("`-` is minus")
        .fix("write `_`", span, found.replace('-', "_"))
}

pub(super) fn bare_address(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(codes::WRONG_QUOTES, span, "expected a text in quotes, found an address without")
        .label("a text stands between two `\"`")
        .fix("put it in quotes", span, format!("\"{found}\""))
}

pub(super) fn wrong_bracket(open: Span, opened: &str, close: Span, closed: &str) -> Diagnostic {
    let meant = if closed == ")" {
        "("
    } else if closed == "]" {
        "["
    } else {
        "{"
    };
    Diagnostic::error(
        codes::UNCLOSED_BRACKET,
        open,
        format!("expected `{meant}` for the `{closed}` below, found `{opened}`"),
    )
    .other(close, "these two do not fit")
    .fix(format!("write `{meant}`"), open, meant)
}
