//! The place where the reading of a line ended goes in; what is known to go wrong just there comes out.

use crate::report::{Diagnostic, nearest};

use super::block::Block;
use super::grammar::Rule;
use super::habits;
use super::slips::{Failure, Piece, RESERVED};
use super::words::{self, Found};

/// Marks and words behind which a value stands.
const BEFORE_VALUE: &[&str] = &[
    "=", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "??", "=>", "(", ",", "and", "or", "not", "in", "when",
    "where", "if", "match", "linked", "expect",
];

/// What may stand behind `expect`, besides a condition.
const ENDS: &[&str] = &["skip", "hold", "stop", "fail", "doubt", "create", "update", "call"];

const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "in", "is"];

/// What may stand behind a field of a shape, and behind an operation.
const ATTRIBUTES: &[&str] =
    &["required", "from", "or", "unset", "digits", "within", "as", "default", "read", "write", "personal", "title"];
const ADDITIONS: &[&str] =
    &["in", "min", "sure", "whole", "only", "brief", "newest", "takes", "makes", "done", "pages"];

impl Piece<'_, '_> {
    /// What is known to go wrong at the very place where the reading ended.
    pub(super) fn at_failure(&self, failure: &Failure) -> Option<Diagnostic> {
        let at = self.scan.at(failure.at).min(self.to);
        if at < self.to
            && self.scan.is_word(at)
            && let Some(capital) = habits::capital(self.span(at), self.text(at))
        {
            return Some(capital);
        }
        if let Some(addition) = self.addition(at, failure) {
            return Some(addition);
        }
        let before = at.checked_sub(1).filter(|before| *before >= self.from)?;
        let (behind, here) = (self.text(before), self.text(at));
        let touches = self.scan.tokens.get(at).is_some_and(|token| token.touches);
        let named = self.scan.is_word(before) && !RESERVED.contains(&behind);
        if matches!(here, "(" | "[") && named && !touches {
            let gap = self.scan.span(self.scan.tokens[before].end, self.scan.tokens[at].start);
            if !self.scan.is_first(at) {
                return Some(words::loose_bracket(gap, behind, here));
            }
        }
        if matches!(here, "." | "[" | "..") && touches && matches!(behind, ")" | "]" | "}") {
            return Some(words::path_behind_call(self.span(at)));
        }
        if here == ":" && failure.expected.contains(&Rule::m_open) {
            return Some(habits::indented(self.span(at)));
        }
        if here == "?" {
            return Some(habits::ternary(self.span(at)));
        }
        if here == "(" && touches && before > self.from && self.text(before - 1) == "." {
            return Some(habits::method(self.span(before), behind));
        }
        if at == self.from + 2 && self.text(self.from) == "use" && failure.expected.contains(&Rule::kw_as) {
            let (span, _) = self.found(at);
            return Some(habits::use_without_role(span, self.span(before), behind));
        }
        if at == self.from + 2
            && self.text(self.from) == "expect"
            && let Some(near) = nearest(behind, ENDS.iter().copied()).filter(|near| *near != behind)
        {
            let problem =
                words::unexpected(self.span(before), Some("an effect, an end or a condition"), &Found::Text(behind));
            return Some(words::near(problem, self.span(before), near));
        }
        let takes_value = failure.expected.iter().any(|rule| matches!(rule, Rule::number | Rule::expr | Rule::path));
        if takes_value && BEFORE_VALUE.contains(&behind) {
            let (span, found) = self.found(at);
            if here == "null" {
                return Some(self.null_value(at));
            }
            return Some(words::missing_value(span, behind, &found));
        }
        if COMPARISONS.contains(&here) && !takes_value {
            let compared = (self.from..before).rev().take(8).any(|index| COMPARISONS.contains(&self.text(index)));
            if compared {
                return Some(words::chained_comparison(self.span(at), here));
            }
        }
        None
    }

    /// A word behind a field of a shape, or an operation, that means nothing there.
    fn addition(&self, at: usize, failure: &Failure) -> Option<Diagnostic> {
        // The grammar takes the word for the name of the next field, and misses its `:`.
        let next_field = failure.expected.iter().all(|rule| *rule == Rule::m_colon);
        let (index, noun, known) = match self.block? {
            Block::Shape if next_field && at > self.from + 3 => {
                (at - 1, "what a field of a shape may have", ATTRIBUTES)
            }
            Block::Resource if at > self.from + 2 && failure.expected.contains(&Rule::kw_where) => {
                (at, "what an operation may have", ADDITIONS)
            }
            _ => return None,
        };
        if index >= self.to || !self.scan.is_word(index) {
            return None;
        }
        let word = self.text(index);
        Some(words::unknown_addition(self.span(index), noun, word, nearest(word, known.iter().copied()), known))
    }
}
