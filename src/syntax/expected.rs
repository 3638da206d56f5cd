//! Rules of the grammar go in; what they are called comes out. pest never speaks to a person.

use super::grammar::Rule;

/// What could have stood there, in words; empty when it is too much to say.
pub(super) fn in_words(rules: &[Rule]) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    // Behind a value all operators may stand: that is nothing to tell.
    let behind_value = rules.iter().any(|rule| matches!(rule, Rule::kw_is | Rule::is_set | Rule::is_not_set));
    for rule in rules {
        if behind_value && matches!(rule, Rule::op_in | Rule::kw_is | Rule::kw_not | Rule::guard | Rule::kw_when) {
            continue;
        }
        if let Some(word) = named(*rule)
            && !words.contains(&word)
        {
            words.push(word);
        }
    }
    // Where a value may stand, the ways to begin one are not told apart.
    if words.iter().any(|word| word == VALUE) {
        words.retain(|word| word == VALUE || word.starts_with('`'));
        words.retain(|word| !BEGIN_VALUES.contains(&word.as_str()));
    }
    let last = words.pop()?;
    match words.len() {
        0 => Some(last),
        1..=6 => Some(format!("{} or {last}", words.join(", "))),
        _ => None,
    }
}

const VALUE: &str = "a value";

const BEGIN_VALUES: &[&str] = &["`(`", "`[`", "`{`", "`each`", "`match`", "`not`", "`-`", "`none`"];

/// The words of the language among these.
pub(super) fn keywords(rules: &[Rule]) -> Vec<String> {
    let names = rules.iter().map(|rule| format!("{rule:?}"));
    names.filter_map(|name| name.strip_prefix("kw_").map(str::to_owned)).collect()
}

/// The word of the language that a rule is.
pub(super) fn keyword(rule: Rule) -> Option<&'static str> {
    super::vocabulary::keywords().iter().find(|word| word.rule == rule).map(|word| word.text)
}

/// What a rule is called; none for those that may stand nearly everywhere.
fn named(rule: Rule) -> Option<String> {
    let word = match rule {
        Rule::EOI | Rule::item | Rule::part | Rule::guard => return None,
        Rule::expr
        | Rule::plain_expr
        | Rule::number
        | Rule::text
        | Rule::path
        | Rule::invoke
        | Rule::invoke_name
        | Rule::boolean
        | Rule::date
        | Rule::none
        | Rule::record
        | Rule::list
        | Rule::group
        | Rule::each
        | Rule::match_block
        | Rule::op_not => VALUE,
        Rule::name | Rule::each_range | Rule::test_range | Rule::parameter => "a name",
        Rule::word => "a word",
        Rule::field | Rule::rung_word | Rule::rung_item | Rule::by_item | Rule::change => "a field",
        Rule::resource | Rule::action | Rule::effect => "a resource like `shop.orders`",
        Rule::plain => "a text in quotes",
        Rule::kind
        | Rule::kind_word
        | Rule::kind_choice
        | Rule::kind_record
        | Rule::kind_list
        | Rule::kind_table
        | Rule::kind_id => "a kind",
        Rule::kind_field | Rule::shape_field => "a field with its kind",
        Rule::setting => "a setting",
        Rule::literal | Rule::number_signed | Rule::pattern => "a fixed value",
        Rule::row => "a row",
        Rule::any => "`_`",
        Rule::arm => "an arm",
        Rule::int | Rule::whole | Rule::between => "a whole number",
        Rule::time => "a time like `15 min`",
        Rule::unit => "`s`, `min`, `h` or `days`",
        Rule::method => "a method like `GET`",
        Rule::script => "a script in braces",
        Rule::rows => "rows in braces",
        Rule::body | Rule::arguments => "`{`",
        Rule::end_word => "`fail` or `doubt`",
        Rule::stop_word | Rule::end | Rule::stop => "`skip`, `hold` or `stop`",
        Rule::by => "`by`",
        Rule::assigned => "a field with `=`",
        Rule::let_line => "`let`",
        Rule::if_block => "`if`",
        Rule::key_line | Rule::from_key => "`key`",
        Rule::header | Rule::kw_koppel => "`koppel 1`",
        Rule::flow_head | Rule::flow => "`flow`",
        Rule::connector_head | Rule::connector => "`connector`",
        Rule::is_set | Rule::is_not_set | Rule::op_not_in => return None,
        _ => return mark_or_word(rule),
    };
    Some(word.to_owned())
}

/// `kw_when` is `when`, `m_open` is `{`; operators and steps of paths may stand behind every value and are not told.
fn mark_or_word(rule: Rule) -> Option<String> {
    let name = format!("{rule:?}");
    if let Some(word) = name.strip_prefix("kw_") {
        return Some(format!("`{word}`"));
    }
    let mark = match rule {
        Rule::m_open | Rule::m_hole => "{",
        Rule::m_close => "}",
        Rule::m_bracket => "(",
        Rule::m_unbracket => ")",
        Rule::m_square => "[",
        Rule::m_unsquare => "]",
        Rule::m_colon => ":",
        Rule::m_assign => "=",
        Rule::m_arrow => "=>",
        Rule::m_gives => "->",
        Rule::m_to => "..",
        Rule::op_in => "in",
        _ => return None,
    };
    Some(format!("`{mark}`"))
}
