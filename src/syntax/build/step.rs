//! Steps of a path: what RFC 9535 allows between brackets is told apart here.

use std::str::Chars;

use super::super::ast::Step;
use super::super::grammar::{Node, Rule};
use super::super::words;
use super::Builder;

impl Builder {
    pub(super) fn step(&mut self, node: Node<'_>) -> Step {
        let text = node.as_str();
        match node.as_rule() {
            Rule::step_name => Step::Name(text[1..].into()),
            Rule::step_descend => Step::Descend(text[2..].into()),
            Rule::step_all => Step::All,
            Rule::step_query => Step::Query(text.into()),
            _ => self.bracket(&node),
        }
    }

    fn bracket(&mut self, node: &Node<'_>) -> Step {
        let text = node.as_str();
        let inner = text[1..text.len() - 1].trim();
        let digits = inner.strip_prefix('-').unwrap_or(inner);
        if inner == "*" {
            Step::All
        } else if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            match inner.parse() {
                Ok(index) if (digits.len() == 1 || !digits.starts_with('0')) && inner != "-0" => Step::Index(index),
                _ => {
                    let span = self.span(node);
                    self.problems.push(words::bad_index(span, inner));
                    Step::Index(0)
                }
            }
        } else if inner.is_empty() {
            let span = self.span(node);
            self.problems.push(words::bad_index(span, inner));
            Step::All
        } else {
            quoted(inner).map_or_else(|| Step::Query(inner.into()), |name| Step::Name(name.into()))
        }
    }
}

/// The name in one pair of quotes, by the RFC's escapes; none when there is more than that, or an escape that it lacks.
fn quoted(inner: &str) -> Option<String> {
    let quote = inner.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let mut letters = inner[1..].chars();
    let mut name = String::new();
    loop {
        match letters.next()? {
            '\\' => match letters.next()? {
                letter @ ('\\' | '/') => name.push(letter),
                letter if letter == quote => name.push(letter),
                'b' => name.push('\u{8}'),
                'f' => name.push('\u{c}'),
                'n' => name.push('\n'),
                'r' => name.push('\r'),
                't' => name.push('\t'),
                'u' => name.push(by_number(&mut letters)?),
                _ => return None,
            },
            letter if letter == quote => return letters.next().is_none().then_some(name),
            letter => name.push(letter),
        }
    }
}

/// The letter behind `\u`: four digits, or two halves of it with `\u` between them.
fn by_number(letters: &mut Chars<'_>) -> Option<char> {
    let first = half(letters)?;
    if !(0xD800..0xDC00).contains(&first) {
        return char::from_u32(first.into());
    }
    *letters = letters.as_str().strip_prefix("\\u")?.chars();
    char::decode_utf16([first, half(letters)?]).next()?.ok()
}

fn half(letters: &mut Chars<'_>) -> Option<u16> {
    let (digits, rest) = letters.as_str().split_at_checked(4)?;
    *letters = rest.chars();
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}
