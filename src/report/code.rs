//! The number of a mistake, which stays the same for ever, and what is said of it besides.

use std::fmt;

/// The number of a kind of mistake: printed as `K0217`, given once and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "K{:04}", self.0)
    }
}

impl Code {
    /// The number in a text: `K0217`, `k217`, `217`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Code> {
        let digits = text.strip_prefix(['K', 'k']).unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok().map(Code)).flatten()
    }
}

/// The row of a number in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number.
    pub code: Code,
    /// What the code calls it.
    pub name: &'static str,
    /// The sentence above its constant.
    pub(super) title: &'static str,
}

/// The pages of the numbers, from `src/report/pages/`.
static PAGES: &[(u16, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

impl Row {
    /// In a few words: lower case, no full stop.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.title.trim().trim_end_matches('.');
        let mut letters = title.chars();
        letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()))
    }

    /// Its page, in Markdown: what it means, a wrong example, the right one.
    #[must_use]
    pub fn page(&self) -> Option<&'static str> {
        PAGES.iter().find(|(number, _)| *number == self.code.0).map(|(_, page)| *page)
    }
}
