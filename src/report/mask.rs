//! A text goes in, with what is personal of its record; the text that anyone may read comes out.

/// What stands where something personal stood.
pub const MASK: &str = "***";

/// The text without what is personal, whatever its case. Whole words only, and nothing that tells of nobody: a house number
/// or two letters stay, else they would take parts of other words and amounts along.
#[must_use]
pub fn mask(text: &str, personal: &[String]) -> String {
    let mut hidden: Vec<&str> = personal.iter().map(|value| value.trim()).filter(|value| tells(value)).collect();
    hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let begins = !text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let hit = hidden.iter().find(|value| {
            let there = text[at..].get(..value.len()).is_some_and(|there| there.eq_ignore_ascii_case(value));
            there && !text[at + value.len()..].chars().next().is_some_and(char::is_alphanumeric)
        });
        match hit.filter(|_| begins) {
            Some(value) => {
                masked.push_str(MASK);
                at += value.len();
            }
            None => {
                masked.push(letter);
                at += letter.len_utf8();
            }
        }
    }
    masked
}

/// The value tells of somebody: a word, or a number as long as a telephone's.
fn tells(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    digits >= 6 || value.chars().any(char::is_alphabetic) && value.chars().count() >= 3
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn what_is_personal_goes_and_nothing_else() {
        let personal = ["Jan", "Jan Jansen", "jan@example.nl", "12", "0612345678"].map(str::to_owned);
        assert_eq!(mask("Jan Jansen (JAN@example.nl) of 12.50, Januari", &personal), "*** (***) of 12.50, Januari");
        assert_eq!(mask("call 0612345678, not 06123456789", &personal), "call ***, not 06123456789");
        assert_eq!(mask("", &personal), "");
    }
}
