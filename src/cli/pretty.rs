//! JSON goes in and comes out indented, its numbers and texts as they were; anything else comes out as it is.

use std::fmt::Write;

/// The JSON in `bytes` for people, each line behind `margin`.
pub(super) fn pretty(bytes: &[u8], margin: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    let out = if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() { indent(text) } else { text.to_owned() };
    let mut lines = String::new();
    for line in out.lines() {
        writeln!(lines, "{margin}{}", super::terminal::clean(line)).expect("writing to a text cannot fail");
    }
    lines.truncate(lines.trim_end().len());
    lines
}

/// The JSON in `bytes` as short lines `name: value`, without what is not set.
pub(super) fn outline(bytes: &[u8]) -> Vec<String> {
    pretty(bytes, "")
        .lines()
        .map(|line| line.trim_end_matches(','))
        .filter(|line| !matches!(line.trim(), "{" | "}" | "[" | "]" | "{}" | "[]" | "null" | "\"\""))
        .filter(|line| ![": null", ": \"\"", ": []", ": {}"].iter().any(|unset| line.ends_with(unset)))
        .map(|line| {
            let line = line.strip_prefix("  ").unwrap_or(line);
            let line = line.trim_end_matches(['{', '[']).trim_end().trim_end_matches(':');
            match line.split_once("\": ") {
                Some((name, value)) => format!("{}: {}", name.replacen('"', "", 1), value.trim_matches('"')),
                None => line.replace('"', ""),
            }
        })
        .collect()
}

fn indent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        (0..depth).for_each(|_| out.push_str("  "));
    };
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                out.push('"');
                while let Some(inner) = letters.next() {
                    out.push(inner);
                    match inner {
                        '\\' => out.extend(letters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if letters.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    out.extend(letters.next());
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter if letter.is_ascii_whitespace() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_stay_as_they_were() {
        let text = br#"{"a":[1.50,{}], "b" : "x,\"y"}"#;
        assert_eq!(super::pretty(text, " "), " {\n   \"a\": [\n     1.50,\n     {}\n   ],\n   \"b\": \"x,\\\"y\"\n }");
    }
}
