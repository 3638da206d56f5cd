//! A word or mark of another language goes in; what it is here comes out, in words for its author.

use crate::report::{Diagnostic, Span, codes::syntax as codes};

/// Words that begin lines elsewhere, the word here where one takes its place, and what to do.
const LINES: &[(&[&str], Option<&str>, &str)] = &[
    (&["const", "var", "val", "dim", "define"], Some("let"), "a value gets its name by `let`"),
    (&["def"], None, "a value gets its name by `let`, a function by `fn`"),
    (&["import", "include", "using", "load"], Some("use"), "connectors and files are brought in by `use`"),
    (&["function", "func", "fun", "sub"], Some("fn"), "a function is given by `fn`"),
    (
        &["filter", "ignore", "exclude", "reject", "drop", "where", "unless", "continue", "break"],
        None,
        "a record is left out by `skip when … because \"…\"`",
    ),
    (&["fetch", "get", "lookup", "select", "read", "query", "search"], Some("find"), "a record is read by `find`"),
    (&["throw", "raise", "fail", "error", "abort", "assert"], Some("hold"), "a record that a person must see: `hold`"),
    (&["exit", "die", "halt", "pause"], Some("stop"), "the flow waits for a person after `stop`"),
    (&["insert", "add", "post", "make", "new", "write"], Some("create"), "a thing is made by `create`"),
    (&["upsert", "save", "merge", "sync"], Some("ensure"), "what may be there already is made by `ensure`"),
    (&["set", "patch", "put", "change", "edit"], Some("update"), "a thing is changed by `update`"),
    (
        &["if", "else", "elif", "elseif"],
        None,
        "a line is done or left out by its `when`: `skip when …`, `let x = … when …`",
    ),
    (&["for", "foreach", "while", "loop"], None, "a list is gone through by `each x in xs { … }`"),
    (&["switch", "case", "match"], None, "a choice is a value: `let x = match … { … => …, _ => … }`"),
    (&["return"], None, "a function is one value: `fn f(a: int) -> int = a + 1`"),
    (&["print", "log", "echo", "console"], None, "nothing is printed: `koppel log` shows what became of each record"),
];

/// A line begins with a word of another language.
pub(super) fn line(span: Span, noun: &str, found: &str) -> Option<Diagnostic> {
    let (_, meant, advice) = LINES.iter().find(|(words, ..)| words.contains(&found))?;
    let problem = Diagnostic::error(codes::UNKNOWN_STATEMENT, span, format!("expected {noun}, found `{found}`"));
    Some(match meant {
        Some(meant) => problem.label(*advice).fix(format!("write `{meant}`"), span, *meant),
        None => problem.label(*advice),
    })
}

/// `from:`, `key:` and the like.
pub(super) fn colon(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(codes::STRAY_CHARACTER, span, format!("expected no `:` behind `{word}`, found one"))
        .label("what belongs to a line stands behind its word, and what belongs together in `{ … }`")
        .fix("leave it out", span, "")
}

/// Words of the language that people write in capitals.
const CAPITALS: &[&str] = &[
    "and", "or", "not", "in", "is", "set", "when", "where", "because", "else", "each", "match", "as", "by", "from",
    "to", "of", "key",
];

/// `AND`, `Is`, `BECAUSE`.
pub(super) fn capital(span: Span, found: &str) -> Option<Diagnostic> {
    let small = found.to_lowercase();
    let word = CAPITALS.iter().find(|word| **word == small && small != found)?;
    Some(
        Diagnostic::error(codes::FOREIGN_OPERATOR, span, format!("expected `{word}`, found `{found}`"))
            .label("the language's words are written small")
            .fix(format!("write `{word}`"), span, *word),
    )
}

/// `c ? a : b`.
pub(super) fn ternary(span: Span) -> Diagnostic {
    Diagnostic::error(codes::FOREIGN_OPERATOR, span, "expected `match`, found `?`")
        .label("an operator of another language")
        .note("a choice between two: `match c { true => a, false => b }`; a value or else another: `a ?? b`")
}

/// Methods of other languages, and what does the same here.
const METHODS: &[(&[&str], &str)] = &[
    (&["map", "forEach", "collect", "flatMap"], "a list of records is made by `each x in xs { … }`"),
    (
        &["filter", "find", "where"],
        "elements are chosen in the path, `xs[?@.type == \"a\"]`, or by `each x in xs where … { … }`",
    ),
    (&["includes", "contains", "indexOf", "has"], "whether a list holds a value: `value in xs`"),
    (&["length", "size", "count"], "`count(xs)`"),
    (&["toFixed", "format"], "`fixed(x, 2)`"),
    (&["toUpperCase", "upper", "upcase"], "`upper(x)`"),
    (&["toLowerCase", "lower", "downcase"], "`lower(x)`"),
    (&["toString", "str"], "a value in a text: `\"{x}\"`"),
    (&["reduce", "sum"], "`sum(xs[*].amount)`"),
];

/// `name.trim()`.
pub(super) fn method(span: Span, name: &str) -> Diagnostic {
    let advice = METHODS.iter().find(|(names, _)| names.contains(&name)).map(|(_, advice)| (*advice).to_owned());
    Diagnostic::error(codes::UNREADABLE, span, format!("expected a field, found the call of `{name}`"))
        .label("values have no methods")
        .note(advice.unwrap_or_else(|| {
            format!("a function takes the value in brackets: `{name}(x)`; `koppel builtins` lists all")
        }))
}

/// `use name` and nothing behind it.
pub(super) fn use_without_role(span: Span, behind: Span, name: &str) -> Diagnostic {
    let role = name.trim_matches('"');
    let role: String =
        role.chars().map_while(|letter| (letter.is_alphanumeric() || letter == '_').then_some(letter)).collect();
    let role = if role.is_empty() { "role".to_owned() } else { role };
    Diagnostic::error(codes::UNREADABLE, span, format!("expected `as` and a name behind `use {name}`, found none"))
        .label("by which name is it used?")
        .fix("give it a name", Span { start: behind.end, ..behind }, format!(" as {role}"))
}

/// `a == null`.
pub(super) fn compared_with_null(span: Span, meant: &str) -> Diagnostic {
    Diagnostic::error(codes::NULL_OUTSIDE_FIELD, span, format!("expected `{meant}`, found a comparison with `null`"))
        .label("what is not set equals nothing: it is asked for")
        .fix(format!("write `{meant}`"), span, meant)
}

/// `from shop.orders as order:` and lines that are indented below.
pub(super) fn indented(span: Span) -> Diagnostic {
    Diagnostic::error(codes::STRAY_CHARACTER, span, "expected `{`, found `:`")
        .label("what belongs together stands in `{ … }`; indentation means nothing")
        .note("write `{` here and `}` behind the last line that belongs to it")
}

pub(super) fn foreign_operator(span: Span, found: &str, meant: &str, spaced: &str) -> Diagnostic {
    Diagnostic::error(codes::FOREIGN_OPERATOR, span, format!("expected `{meant}`, found `{found}`"))
        .label("an operator of another language")
        .fix(format!("write `{meant}`"), span, spaced)
}

pub(super) fn foreign_comment(span: Span, found: &str) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(codes::FOREIGN_COMMENT, span, format!("expected `#` before a comment, found `{found}`"))
            .label("a comment of another language");
    if found == "/*" {
        diagnostic.note("each line of a comment begins with `#`")
    } else {
        diagnostic.fix("write `#`", span, "#")
    }
}
