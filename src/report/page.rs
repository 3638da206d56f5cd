//! A page of the catalogue, in Markdown, goes in; its words and its examples come out.

/// A part of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'p> {
    /// Lines of words.
    Words(&'p str),
    /// A text to look at and to try.
    Example(Example<'p>),
}

/// A text to look at and to try: a fence whose first line says `language verdict [file]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'p> {
    /// What it is: `flow`, `connector`, `toml`, `csv`.
    pub language: &'p str,
    /// `wrong`, `right`, or `both` for what stands beside either.
    pub verdict: &'p str,
    /// The file that it is, where that matters.
    pub file: Option<&'p str>,
    /// The text.
    pub text: &'p str,
}

/// The parts of a page, in order.
#[must_use]
pub fn parts(page: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = page;
    loop {
        let (words, fence) = rest.split_once("```").unwrap_or((rest, ""));
        if !words.trim().is_empty() {
            parts.push(Part::Words(words.trim()));
        }
        let Some((info, body)) = fence.split_once('\n') else { return parts };
        let (text, after) = body.split_once("```").unwrap_or((body, ""));
        let mut info = info.split_whitespace();
        let mut word = || info.next();
        let (language, verdict) = (word().unwrap_or_default(), word().unwrap_or_default());
        parts.push(Part::Example(Example { language, verdict, file: word(), text }));
        rest = after;
    }
}
