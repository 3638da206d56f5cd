//! A place that outlives its text: the name, the line and the column, with the line as it was.

use std::fmt;

use crate::report::{Place, Source, SourceId, Sources, Span};

/// A place and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The name of the text.
    pub file: String,
    /// Where it begins.
    pub place: Place,
    /// How many characters it takes on that line, at least one.
    pub width: usize,
    /// The line as it was; empty where only the place is known.
    pub line: String,
}

impl Excerpt {
    /// The one that [`fmt::Display`] wrote, or a bare `file:line:column`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Excerpt> {
        let (head, line) = text.split_once('\n').unwrap_or((text, ""));
        let (place, width) = match head.rsplit_once('+').map(|(place, width)| (place, width.parse::<usize>())) {
            Some((place, Ok(width))) => (place, width),
            _ => (head, 1),
        };
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let number = parts.next()?.parse().ok()?;
        let file = parts.next()?.to_owned();
        Some(Excerpt { file, place: Place { line: number, column }, width: width.max(1), line: line.to_owned() })
    }

    /// `file:line:column`.
    #[must_use]
    pub fn locate(&self) -> String {
        format!("{}:{}:{}", self.file, self.place.line, self.place.column)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.locate(), self.width)?;
        if self.line.is_empty() { Ok(()) } else { write!(f, "\n{}", self.line) }
    }
}

impl Source {
    /// The first line of a stretch, to be kept.
    #[must_use]
    pub fn excerpt(&self, span: Span) -> Excerpt {
        let place = self.place(span.start);
        let line = self.line(place.line).to_owned();
        let end = self.place(span.end);
        let until = if end.line == place.line { end.column } else { line.trim_end().chars().count() + 1 };
        Excerpt { file: self.name.to_string(), place, width: until.saturating_sub(place.column).max(1), line }
    }
}

impl Sources {
    /// The first line of a stretch, to be kept; none for an unknown text.
    #[must_use]
    pub fn excerpt(&self, span: Span) -> Option<Excerpt> {
        self.get(span.source).map(|source| source.excerpt(span))
    }

    /// Adds a kept line as a text of its own, so that it is drawn as it would have been then.
    pub fn add_excerpt(&mut self, excerpt: &Excerpt) -> Span {
        let at = |characters: usize| {
            let byte = excerpt.line.char_indices().nth(characters).map_or(excerpt.line.len(), |(byte, _)| byte);
            u32::try_from(byte).unwrap_or(u32::MAX)
        };
        let start = excerpt.place.column.saturating_sub(1);
        let (start, end) = (at(start), at(start + excerpt.width));
        let source: SourceId = self.add_from_line(&*excerpt.file, &*excerpt.line, excerpt.place.line).id;
        Span { source, start, end }
    }
}
