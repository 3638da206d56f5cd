//! The grammar by which editors colour knows the words of the language, all of them and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use koppel::syntax;
use serde_json::Value;

/// The words of a rule such as `…(?:when|where)\b…`.
fn words(rule: &Value) -> BTreeSet<String> {
    let pattern = rule["match"].as_str().expect("a rule of words is a match");
    let list = pattern.split("(?:").nth(1).and_then(|rest| rest.split(')').next()).expect("it lists its words");
    list.split('|').map(str::to_string).collect()
}

#[test]
fn the_words_of_the_language_are_those_that_editors_colour() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode/syntaxes/koppel.tmLanguage.json");
    let grammar: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let rules = grammar["repository"].as_object().unwrap();
    let mut coloured: BTreeSet<String> = BTreeSet::new();
    for (_, rule) in rules.iter().filter(|(name, _)| name.starts_with("words-")) {
        coloured.extend(words(rule));
    }
    // These are coloured by the rule of the place where alone they stand.
    let at_their_place = ["koppel", "flow", "connector", "s", "h", "day", "days"];
    coloured.extend(at_their_place.map(str::to_string));
    let kinds = ["int", "decimal", "bool", "date", "email"];
    let language: BTreeSet<String> = syntax::vocabulary().into_iter().chain(kinds).map(str::to_string).collect();
    let missing: Vec<_> = language.difference(&coloured).collect();
    let foreign: Vec<_> = coloured.difference(&language).collect();
    assert!(missing.is_empty() && foreign.is_empty(), "not coloured: {missing:?}; coloured, and no words: {foreign:?}");
    let all = grammar.to_string();
    for word in at_their_place {
        assert!(all.contains(&format!("{word})")) || all.contains(&format!("{word}|")), "{word} is coloured nowhere");
    }
}
