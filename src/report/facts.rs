//! What is known of a problem besides its place and its words; what does not apply is absent.

/// What a run, a test or a check knows besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How it ended, where it is no mistake of an author: `held`, `failed`, `in doubt`.
    pub status: Option<&'static str>,
    /// The record it is about, as people know it.
    pub record: Option<String>,
    /// Where in the data, at the source or the target: `order.debtor.email`.
    pub path: Option<String>,
    /// The value, or the kind of value, that was found there.
    pub found: Option<String>,
    /// What was expected instead.
    pub expected: Option<String>,
    /// Whether anything was written.
    pub written: Option<Written>,
    /// The next step, as a command where there is one.
    pub next: Option<String>,
}

impl Facts {
    /// What the title of an author's mistake says of it: `expected …, found …` is its form.
    #[must_use]
    pub(super) fn of_title(title: &str) -> Facts {
        let mut facts = Facts::default();
        let Some(start) = outside_quotes(title, "expected ") else { return facts };
        let rest = &title[start + "expected ".len()..];
        match outside_quotes(rest, ", found ") {
            Some(at) => {
                facts.expected = Some(rest[..at].to_owned());
                facts.found = Some(rest[at + ", found ".len()..].to_owned());
            }
            None => facts.expected = Some(rest.to_owned()),
        }
        facts
    }
}

/// Where these words stand in a title and not in what it quotes.
fn outside_quotes(title: &str, words: &str) -> Option<usize> {
    let mut quoted = None;
    for (at, letter) in title.char_indices() {
        match quoted {
            Some(quote) if letter == quote => quoted = None,
            Some(_) => {}
            None if title[at..].starts_with(words) => return Some(at),
            None if letter == '`' || letter == '"' => quoted = Some(letter),
            None => {}
        }
    }
    None
}

/// Whether anything was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing was.
    Nothing,
    /// These were: `created books.customers 17`.
    These(Vec<String>),
    /// Nobody knows of the last write; these were for certain.
    Unknown(Vec<String>),
}

impl Written {
    /// One word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Written::Nothing => "nothing",
            Written::These(_) => "these",
            Written::Unknown(_) => "unknown",
        }
    }

    /// What was written for certain.
    #[must_use]
    pub fn things(&self) -> &[String] {
        match self {
            Written::Nothing => &[],
            Written::These(things) | Written::Unknown(things) => things,
        }
    }

    /// In words for people.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Written::Nothing => "nothing".to_owned(),
            Written::These(things) => things.join(", "),
            Written::Unknown(things) if things.is_empty() => "perhaps: nobody knows".to_owned(),
            Written::Unknown(things) => format!("{}; whether more, nobody knows", things.join(", ")),
        }
    }
}
