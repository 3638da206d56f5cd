//! Functions on patterns: regular expressions that are read in time that grows with the text alone.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use crate::builtin::text::{part, put, read};
use crate::builtin::{expect, expect_text};
use crate::value::{Builtin, Example, Kind, Typed, Value, WrongArgument};

/// The longest pattern, in characters.
const LONGEST_PATTERN: usize = 1_000;
/// The most memory that a pattern may take once it is compiled, in bytes.
const LARGEST_PROGRAM: usize = 1 << 20;
/// The longest text that is searched, in bytes: with the above it bounds the time.
const LONGEST_TEXT: usize = 1 << 16;
/// How many compiled patterns a thread keeps.
const KEPT: usize = 64;

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "matches",
        signature: "matches(text: text, pattern: text) -> bool",
        doc: "Whether the pattern, a regular expression, is found in the text; `^` and `$` are the text's ends. In a text a `{` is written `\\{`, a `\\` `\\\\`.",
        examples: &[
            Example { call: r#"matches("KOP-MOK-17", "^KOP-[A-Z]+")"#, gives: "true" },
            Example { call: r#"matches("mok", "^KOP")"#, gives: "false" },
            Example { call: r#"matches("Café 12", "(?i)CAFÉ [0-9]\{2}$")"#, gives: "true" },
        ],
        arity: (2, 2),
        kind: |given| {
            expect_text(given, 0)?;
            expect_text(given, 1)?;
            Ok(Typed::sure(Kind::Bool))
        },
        literals: Some(|given| pattern_at(given, 1).map(|_| ())),
        spreads: true,
        call: |arena, given| {
            let pattern = compiled(read(arena, given[1]))?;
            Ok(Value::Bool(pattern.is_match(searched(read(arena, given[0]))?)))
        },
    },
    Builtin {
        name: "capture",
        signature: "capture(text: text, pattern: text, group: int?) -> text?",
        doc: "What the first group `( … )` of the pattern took of the text, or the group of that number; without groups, all that was found. Not set when nothing was.",
        examples: &[
            Example { call: r#"capture("order 2041, paid", "order ([0-9]+)")"#, gives: r#""2041""# },
            Example { call: r#"capture("12 x 34", "([0-9]+) x ([0-9]+)", 2)"#, gives: r#""34""# },
            Example { call: r#"capture("Luchtkasteelweg 100", "[0-9]+")"#, gives: r#""100""# },
            Example { call: r#"capture("none here", "[0-9]+")"#, gives: "none" },
        ],
        arity: (2, 3),
        kind: |given| {
            expect_text(given, 0)?;
            expect_text(given, 1)?;
            expect(given, 2, Kind::is_number, "the number of a group")?;
            Ok(Typed::maybe(Kind::Text))
        },
        literals: Some(|given| pattern_at(given, 1).map(|_| ())),
        spreads: true,
        call: |arena, given| {
            let pattern = compiled(read(arena, given[1]))?;
            let groups = pattern.captures_len();
            let group = match given.get(2) {
                Some(group) => {
                    let number = super::number::of(*group)?;
                    let group =
                        usize::try_from(number).ok().filter(|group| *group < groups && number.fract().is_zero());
                    group.ok_or_else(|| format!("the pattern has {} groups, not one of number {number}", groups - 1))?
                }
                None => usize::from(groups > 1),
            };
            let text = searched(read(arena, given[0]))?;
            let found = pattern.captures(text).and_then(|captures| captures.get(group));
            Ok(match found.map(|found| found.range()) {
                Some(range) => part(arena, given[0], range.start, range.end),
                None => Value::Unset,
            })
        },
    },
    Builtin {
        name: "replace_matches",
        signature: "replace_matches(text: text, pattern: text, new: text) -> text?",
        doc: "The text with all that the pattern finds replaced; in `new`, `$1` is what its first group took (`$\\{1}` before a letter or digit), `$$` a `$`.",
        examples: &[
            Example { call: r#"replace_matches("12 34-56", "[^0-9]", "")"#, gives: r#""123456""# },
            Example {
                call: r#"replace_matches("2026-03-02", "(....)-(..)-(..)", "$3/$2/$1")"#,
                gives: r#""02/03/2026""#,
            },
        ],
        arity: (3, 3),
        kind: |given| {
            expect_text(given, 0)?;
            expect_text(given, 1)?;
            expect_text(given, 2)?;
            Ok(Typed::maybe(Kind::Text))
        },
        literals: Some(|given| {
            let pattern = pattern_at(given, 1)?;
            match (pattern, given.get(2).copied().flatten()) {
                (Some(pattern), Some(new)) => groups_are_there(&pattern, new).map_err(|words| (2, words)),
                _ => Ok(()),
            }
        }),
        spreads: true,
        call: |arena, given| {
            let pattern = compiled(read(arena, given[1]))?;
            let new = read(arena, given[2]);
            groups_are_there(&pattern, new)?;
            let text = searched(read(arena, given[0]))?;
            let mut replaced = String::new();
            let mut end = 0;
            for captures in pattern.captures_iter(text) {
                let found = captures.get_match();
                replaced.push_str(&text[end..found.start()]);
                captures.expand(new, &mut replaced);
                end = found.end();
                super::text::bounded(replaced.len())?;
            }
            replaced.push_str(&text[end..]);
            put(arena, &replaced)
        },
    },
];

/// The pattern that is written as an argument, compiled; none when it is not written there.
fn pattern_at(given: &[Option<&str>], index: usize) -> Result<Option<Regex>, WrongArgument> {
    given.get(index).copied().flatten().map(|pattern| compile(pattern).map_err(|words| (index, words))).transpose()
}

fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.chars().count() > LONGEST_PATTERN {
        return Err(format!("the pattern is longer than {LONGEST_PATTERN} characters"));
    }
    let built = RegexBuilder::new(pattern).size_limit(LARGEST_PROGRAM).dfa_size_limit(LARGEST_PROGRAM).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("the pattern `{pattern}` is too large: repeat less"),
        other => {
            let words = other.to_string();
            let words = words.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("`{pattern}` is no pattern: {words}")
        }
    })
}

/// The pattern, compiled once by each thread.
fn compiled(pattern: &str) -> Result<Regex, String> {
    thread_local! {
        static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(known) = patterns.get(pattern) {
            return Ok(known.clone());
        }
        let made = compile(pattern)?;
        if patterns.len() >= KEPT {
            patterns.clear();
        }
        patterns.insert(pattern.to_owned(), made.clone());
        Ok(made)
    })
}

fn searched(text: &str) -> Result<&str, String> {
    if text.len() > LONGEST_TEXT {
        return Err(format!("a text of {} bytes is too long for a pattern: {LONGEST_TEXT} are allowed", text.len()));
    }
    Ok(text)
}

/// Every `$1` and `${name}` is a group of the pattern.
fn groups_are_there(pattern: &Regex, new: &str) -> Result<(), String> {
    let mut rest = new;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            rest = behind;
            continue;
        }
        let name = match rest.strip_prefix('{') {
            Some(braced) => braced.split('}').next().unwrap_or_default(),
            None => {
                let word = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
                &rest[..rest.find(word).unwrap_or(rest.len())]
            }
        };
        let known = match name.parse::<usize>() {
            Ok(number) => number < pattern.captures_len(),
            Err(_) => pattern.capture_names().flatten().any(|known| known == name),
        };
        if !known {
            return Err(format!("the pattern has no group `{name}`: `$1` is the first, `$$` a `$`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_TEXT, compile};

    /// A search takes a bounded time, whatever the pattern.
    #[test]
    fn the_worst_patterns_are_read_in_bounded_time() {
        let text = "a".repeat(LONGEST_TEXT);
        for pattern in ["(a?){200}a{200}$b", "(a*)*(a*)*b", "(x+x+)+y|(.*)*z", "(?:a|aa|aaa)*b"] {
            assert!(!compile(pattern).expect("it is a pattern").is_match(&text));
        }
        assert!(compile(r"\w{900}\w{900}").is_err_and(|words| words.contains("too large")));
    }
}
