//! Where a script goes one way or the other: its text goes in, the conditions of `if` and `while`, the bodies of `for`, the arms
//! of `switch` and what stands right of `&&` and `||` come out, each with the function it stands in, and what that calls.

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

/// What may be passed by or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// The body of a `for`.
    Body,
    /// An arm of a `switch`.
    Arm,
    /// What stands right of `&&`.
    And,
    /// What stands right of `||`.
    Or,
}

/// A place that is passed by or not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) passage: Passage,
    /// What shows it: the `for`, the pattern of the arm, the sign.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where it begins.
    pub(super) at: usize,
    /// Where an arm ends that is no block.
    pub(super) end: Option<usize>,
    /// The number of the function.
    pub(super) function: usize,
}

/// What is found in a script.
#[derive(Debug, Default)]
pub(super) struct Forks {
    pub(super) functions: Vec<Function>,
    pub(super) conditions: Vec<Condition>,
    pub(super) places: Vec<Place>,
}

/// The braces of a `switch` that is open.
struct Switch {
    /// So much is open in it.
    open: usize,
    /// Where the pattern of the arm that is next begins.
    pattern: Option<usize>,
    /// The number of the place whose arm is open and no block.
    arm: Option<usize>,
}

/// Finds the conditions and places of a script that compiles.
pub(super) fn forks(script: &str) -> Forks {
    let mut found = Forks::default();
    let bytes = script.as_bytes();
    // What is open: `(`, `[` and `{`; a function's body ends where so much is open again.
    let (mut open, mut at, mut last) = (0_usize, 0, b' ');
    let mut head: Option<(&'static str, usize, usize)> = None;
    let mut switches: Vec<Switch> = Vec::new();
    let mut is_named = false;
    while at < bytes.len() {
        let start = at;
        let function = found.functions.len().checked_sub(1);
        if let Some(switch) = switches.last_mut().filter(|switch| switch.open == open && switch.arm.is_none())
            && !bytes[at].is_ascii_whitespace()
            && !matches!(bytes[at], b',' | b'}' | b'/')
        {
            switch.pattern.get_or_insert(at);
        }
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
                    "if" if head.is_none() && !guards(&switches, open) => head = Some(("if", at, open)),
                    "while" if head.is_none() => head = Some(("while", at, open)),
                    "for" if head.is_none() => head = Some(("for", start, open)),
                    "switch" if head.is_none() => head = Some(("switch", start, open)),
                    name if calls => {
                        if let Some(function) = found.functions.last_mut() {
                            function.calls.push(name.to_string());
                        }
                    }
                    _ => {}
                }
            }
            b'{' => {
                if let Some((word, from, depth)) = head
                    && depth == open
                    && last != b'#'
                    && let Some(function) = function
                {
                    match word {
                        "switch" => switches.push(Switch { open: open + 1, pattern: None, arm: None }),
                        "for" => {
                            let place = Place { passage: Passage::Body, from, to: at, at: at + 1, end: None, function };
                            found.places.push(place);
                        }
                        word => found.conditions.push(Condition { word, from, to: at, function }),
                    }
                    head = None;
                }
                (open, at) = (open + 1, at + 1);
            }
            b'(' | b'[' => (open, at) = (open + 1, at + 1),
            byte @ (b'}' | b')' | b']') => {
                if byte == b'}'
                    && let Some(switch) = switches.pop_if(|switch| switch.open == open)
                    && let Some(arm) = switch.arm
                {
                    found.places[arm].end = Some(at);
                }
                (open, at) = (open.saturating_sub(1), at + 1);
                if let Some(switch) = switches.last_mut().filter(|switch| switch.open == open && switch.arm.is_none()) {
                    // The block of an arm ended, or a bracket in a pattern.
                    switch.pattern = switch.pattern.filter(|_| byte != b'}');
                }
            }
            b'=' if bytes.get(at + 1) == Some(&b'>') => {
                let open_here = switches.last_mut().filter(|switch| switch.open == open);
                if let (Some(switch), Some(function)) = (open_here, function) {
                    let begun = behind_blanks(bytes, at + 2);
                    let is_block = bytes.get(begun) == Some(&b'{');
                    let (from, to) = (switch.pattern.take().unwrap_or(at), at);
                    let begins = if is_block { begun + 1 } else { at + 2 };
                    switch.arm = (!is_block).then_some(found.places.len());
                    found.places.push(Place { passage: Passage::Arm, from, to, at: begins, end: None, function });
                }
                at += 2;
            }
            b',' => {
                if let Some(switch) = switches.last_mut().filter(|switch| switch.open == open)
                    && let Some(arm) = switch.arm.take()
                {
                    found.places[arm].end = Some(at);
                }
                at += 1;
            }
            sign @ (b'&' | b'|') if bytes.get(at + 1) == Some(&sign) => {
                // `||` behind no value begins a closure.
                let is_between = sign == b'&' || last.is_ascii_alphanumeric() || b"_)]}\"'`".contains(&last);
                if let (true, Some(function)) = (is_between, function) {
                    let passage = if sign == b'&' { Passage::And } else { Passage::Or };
                    found.places.push(Place { passage, from: at, to: at + 2, at: at + 2, end: None, function });
                }
                at += 2;
            }
            _ => at += 1,
        }
        if !bytes[start].is_ascii_whitespace() {
            last = bytes[at - 1];
        }
    }
    found
}

/// Whether an `if` here stands behind the pattern of an arm.
fn guards(switches: &[Switch], open: usize) -> bool {
    switches.last().is_some_and(|switch| switch.open == open && switch.arm.is_none() && switch.pattern.is_some())
}

/// Behind blanks and comments.
fn behind_blanks(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match bytes.get(at..at + 2) {
            Some(b"//") => at = behind(bytes, at, b"\n"),
            Some(b"/*") => at = behind(bytes, at + 2, b"*/"),
            _ => return at,
        }
    }
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

    #[test]
    fn places_are_found_and_nothing_else() {
        let script = r##"
            fn first(a) {
                let none = || 1;
                for c in [#{ x: 1 }] { if c.x > 0 && a { continue; } }
                switch a {
                    // a => b
                    "x" | "y" if a == 1 || a == 2 => { none.call() }
                    [1, 2] => first(a, 2),
                    _ => switch a { 1 => 2, _ => "=> {" }
                }
            }
        "##;
        let found = forks(script);
        let shown: Vec<(Passage, &str, Option<&str>)> = found
            .places
            .iter()
            .map(|place| {
                let body = place.end.map(|end| script[place.at..end].trim());
                (place.passage, script[place.from..place.to].trim(), body)
            })
            .collect();
        assert_eq!(
            shown,
            [
                (Passage::Body, "for c in [#{ x: 1 }]", None),
                (Passage::And, "&&", None),
                (Passage::Or, "||", None),
                (Passage::Arm, "\"x\" | \"y\" if a == 1 || a == 2", None),
                (Passage::Arm, "[1, 2]", Some("first(a, 2)")),
                (Passage::Arm, "_", Some("switch a { 1 => 2, _ => \"=> {\" }")),
                (Passage::Arm, "1", Some("2")),
                (Passage::Arm, "_", Some("\"=> {\"")),
            ]
        );
    }
}
