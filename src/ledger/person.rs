//! A person goes in; what is kept about them, and the marks by which it is told, come out.

use std::collections::BTreeMap;

use regex::bytes::{NoExpand, Regex, RegexBuilder};

use crate::report::MASK;

/// A person to be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Their e-mail address: what holds it is about them, whatever its case.
    pub mail: String,
    /// What else of their records is personal. What stands in the record of another, too, tells of nobody.
    pub others: Vec<String>,
}

/// Where something about a person lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// A record: its bytes, its title and the words it ended with.
    Record,
    /// A call that went out or came in.
    Call,
    /// The words or the identity of a write; that it was made stays.
    Attempt,
    /// What tells a pair of things apart; the pair stays.
    Link,
    /// The words of a flow that waits, or of a run that broke off.
    Words,
    /// A message that waits to be sent, or a cause that was told.
    Message,
}

impl Trace {
    /// The word for several.
    pub fn word(self) -> &'static str {
        match self {
            Self::Record => "records",
            Self::Call => "calls",
            Self::Attempt => "writes",
            Self::Link => "pairs",
            Self::Words => "reasons",
            Self::Message => "messages",
        }
    }
}

/// What is kept about a person, or was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// How many rows, by flow (empty: of none) and place.
    pub rows: BTreeMap<(String, Trace), u64>,
    /// Records (flow, key) that are not at their end, and are left as they are.
    pub unfinished: Vec<(String, String)>,
    /// Records (flow, key) whose key itself holds the address; it stays, else what they made would be made again.
    pub keyed: Vec<(String, String)>,
}

impl Forgotten {
    /// How many rows of that kind, in all flows.
    pub fn count(&self, of: Trace) -> u64 {
        self.rows.iter().filter(|((_, trace), _)| *trace == of).map(|(_, count)| count).sum()
    }

    /// How many rows there are.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }

    pub(super) fn add(&mut self, flow: &str, trace: Trace) {
        *self.rows.entry((flow.to_owned(), trace)).or_default() += 1;
    }

    pub(super) fn sort(&mut self) {
        self.unfinished.sort();
        self.keyed.sort();
    }
}

/// Texts as they may stand in bytes: as they are, escaped in JSON, or in an address; whatever their case.
#[derive(Clone, Debug)]
pub(super) struct Marks(Option<Regex>);

impl Marks {
    /// Of these texts; of none it finds nothing.
    pub(super) fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut forms: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).flat_map(forms).collect();
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        forms.dedup();
        if forms.is_empty() {
            return Self(None);
        }
        let pattern: Vec<String> = forms.iter().map(|form| regex::escape(form)).collect();
        let built = RegexBuilder::new(&pattern.join("|")).case_insensitive(true).size_limit(1 << 28).build();
        Self(Some(built.expect("escaped texts are a pattern, and those of a person are short")))
    }

    /// Of all that tells of a person.
    pub(super) fn of_person(person: &Person) -> Self {
        Self::of(std::iter::once(&person.mail).chain(&person.others).map(String::as_str))
    }

    /// The bytes hold one of them.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|pattern| pattern.is_match(bytes))
    }

    /// The text without them.
    pub(super) fn masked(&self, text: &str) -> String {
        let Some(pattern) = &self.0 else { return text.to_owned() };
        String::from_utf8_lossy(&pattern.replace_all(text.as_bytes(), NoExpand(MASK.as_bytes()))).into_owned()
    }
}

/// What of a person's values is theirs alone: it stands in the bytes of no other record.
pub(super) struct Alone(Vec<(String, Marks)>);

impl Alone {
    /// All that may be.
    pub(super) fn of(values: &[String]) -> Self {
        Self(values.iter().map(|value| (value.clone(), Marks::of([value.as_str()]))).collect())
    }

    /// These are the bytes of another's record.
    pub(super) fn other(&mut self, bytes: &[u8]) {
        self.0.retain(|(_, marks)| !marks.are_in(bytes));
    }

    /// What is left.
    pub(super) fn person(self, mail: &str) -> Person {
        Person { mail: mail.to_owned(), others: self.0.into_iter().map(|(value, _)| value).collect() }
    }
}

/// A text as it is, as JSON may write it, and as an address may.
fn forms(text: &str) -> Vec<String> {
    let address: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let mut forms = vec![text.to_owned(), address.replace('+', "%20"), address];
    for (ascii, slash) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut form = String::new();
        for letter in text.chars() {
            match letter {
                '"' => form.push_str("\\\""),
                '\\' => form.push_str("\\\\"),
                '/' if slash => form.push_str("\\/"),
                letter if ascii && !letter.is_ascii() => {
                    letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| form.push_str(&format!("\\u{unit:04x}")));
                }
                letter => form.push(letter),
            }
        }
        forms.push(form);
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn a_text_is_found_however_it_is_written() {
        let marks = Marks::of(["Zoë/Jan@example.nl"]);
        for text in [
            "zoë/jan@EXAMPLE.nl",
            r"Zo\u00eb\/Jan@example.nl",
            r"Zo\u00EB/Jan@example.nl",
            r"Zoë\/Jan@example.nl",
            "?q=Zo%C3%AB%2FJan%40example.nl",
        ] {
            assert!(marks.are_in(text.as_bytes()), "{text}");
        }
        assert!(!marks.are_in(b"Jan@example.nl") && !Marks::of([""]).are_in(b"x"));
        assert_eq!(Marks::of(["jan", "jan jansen"]).masked("of Jan Jansen, JAN"), "of ***, ***");
    }
}
