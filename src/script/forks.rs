//! Where a script goes one way or the other: its text goes in, the conditions of `if` and `while` come out, each with the
//! function it stands in, and what that function calls.

use crate::script::literals::{behind, behind_quote};

/// A function of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// The names it calls.
    pub(super) calls: Vec<String>,
}

/// A condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// `if` or `while`.
    pub(super) word: &'static str,
    /// Where the condition begins and ends.
    pub(super) from: usize,
    pub(super) to: usize,
    /// The number of the function.
    pub(super) function: usize,
}

/// What is found in a script.
#[derive(Debug, Default)]
pub(super) struct Forks {
    pub(super) functions: Vec<Function>,
    pub(super) conditions: Vec<Condition>,
}

/// Finds the conditions of a script that compiles.
pub(super) fn forks(script: &str) -> Forks {
    let mut found = Forks::default();
    let bytes = script.as_bytes();
    // What is open: `(`, `[` and `{`; a function's body ends where so much is open again.
    let (mut open, mut at, mut last) = (0_usize, 0, b' ');
    let mut condition: Option<(&'static str, usize, usize)> = None;
    let mut is_named = false;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            quote @ (b'"' | b'`' | b'\'') => at = behind_quote(bytes, at, quote),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = behind(bytes, at, b"\n");
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = behind(bytes, at + 2, b"*/");
                continue;
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                let word = &script[start..at];
                let calls = bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'(');
                match word {
                    "fn" => is_named = true,
                    _ if is_named => {
                        found.functions.push(Function { name: word.to_string(), calls: Vec::new() });
                        is_named = false;
                    }
                    "if" if condition.is_none() => condition = Some(("if", at, open)),
                    "while" if condition.is_none() => condition = Some(("while", at, open)),
                    name if calls => {
                        if let Some(function) = found.functions.last_mut() {
                            function.calls.push(name.to_string());
                        }
                    }
                    _ => {}
                }
            }
            b'{' => {
                if let Some((word, from, depth)) = condition
                    && depth == open
                    && last != b'#'
                    && let Some(function) = found.functions.len().checked_sub(1)
                {
                    found.conditions.push(Condition { word, from, to: at, function });
                    condition = None;
                }
                (open, at) = (open + 1, at + 1);
            }
            b'(' | b'[' => (open, at) = (open + 1, at + 1),
            b'}' | b')' | b']' => (open, at) = (open.saturating_sub(1), at + 1),
            _ => at += 1,
        }
        if !bytes[start].is_ascii_whitespace() {
            last = bytes[at - 1];
        }
    }
    found
}

impl Forks {
    /// The numbers of the functions that run when one of these is called.
    pub(super) fn reached(&self, names: impl IntoIterator<Item = String>) -> Vec<usize> {
        let mut open: Vec<String> = names.into_iter().collect();
        let mut reached = Vec::new();
        while let Some(name) = open.pop() {
            let found = self.functions.iter().position(|function| function.name == name);
            if let Some(number) = found.filter(|number| !reached.contains(number)) {
                reached.push(number);
                open.extend(self.functions[number].calls.iter().cloned());
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_found_and_nothing_else() {
        let script = r##"
            // if this { then }
            fn first(a) { if a == "if {" && #{ x: 1 }.x == 1 { second(a) } else if !a { 'x' } else { `if ${a} {` } }
            /* while that { } */
            fn second(a) { while (a < 3) { a += 1; } a }
            fn third(a) { a }
        "##;
        let found = forks(script);
        let texts: Vec<(&str, usize)> =
            found.conditions.iter().map(|one| (script[one.from..one.to].trim(), one.function)).collect();
        assert_eq!(texts, [("a == \"if {\" && #{ x: 1 }.x == 1", 0), ("!a", 0), ("(a < 3)", 1)]);
        assert_eq!(found.reached(["first".to_string()]), [0, 1]);
    }
}
