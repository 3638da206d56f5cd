//! The grammar goes in; all words of the language come out, for editors that colour and offer them.

use std::sync::LazyLock;

use super::grammar::Rule;

/// A word of the language.
pub(super) struct Keyword {
    pub(super) rule: Rule,
    pub(super) text: &'static str,
}

static WORDS: LazyLock<Vec<Keyword>> = LazyLock::new(|| {
    let named = |rule: &Rule| {
        let name = format!("{rule:?}");
        let operators = ["op_and", "op_or", "op_not", "op_in"];
        let word = name.strip_prefix("kw_").or_else(|| {
            operators
                .contains(&name.as_str())
                .then(|| name.trim_start_matches("op_"))
                .or_else(|| matches!(rule, Rule::none).then_some("none"))
        })?;
        // A handful of words for as long as the program runs.
        let text: &'static str = Box::leak(word.to_owned().into_boxed_str());
        Some(Keyword { rule: *rule, text })
    };
    Rule::all_rules().iter().filter_map(named).collect()
});

pub(super) fn keywords() -> &'static [Keyword] {
    &WORDS
}

/// All words of the language, each once, in order.
#[must_use]
pub fn vocabulary() -> Vec<&'static str> {
    let mut words: Vec<&'static str> = WORDS.iter().map(|word| word.text).chain(["true", "false"]).collect();
    words.sort_unstable();
    words.dedup();
    words
}
