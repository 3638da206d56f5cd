//! Texts that were read and places in them.

use std::sync::Arc;

/// Which text of a [`Sources`] a place lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(pub u16);

impl SourceId {
    /// No text at all: what has no place lies in it.
    pub const NONE: SourceId = SourceId(u16::MAX);
}

/// A stretch of bytes in a text, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The text it lies in.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

impl Span {
    /// No place at all.
    pub const NONE: Span = Span { source: SourceId::NONE, start: 0, end: 0 };

    /// The stretch from the start of `self` to the end of `other`, both of one text.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A text and the name that people know it by (a path from the workspace's folder).
#[derive(Clone, Debug)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// The name shown in messages.
    pub name: Arc<str>,
    /// The text itself.
    pub text: Arc<str>,
    /// The number of its first line: 1, unless it is a part that was kept.
    pub first_line: usize,
}

impl Source {
    /// The line and column, both from 1, of a byte; the column counts characters.
    #[must_use]
    pub fn place(&self, byte: u32) -> Place {
        let mut byte = (byte as usize).min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place { line: before.matches('\n').count() + self.first_line, column: before[line_start..].chars().count() + 1 }
    }

    /// The text of a line, without its end.
    #[must_use]
    pub fn line(&self, number: usize) -> &str {
        number.checked_sub(self.first_line).and_then(|index| self.text.lines().nth(index)).unwrap_or_default()
    }
}

/// A line and a column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// All texts that were read together.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Adds a text and gives it its number.
    ///
    /// # Panics
    /// With more than 65,535 texts, which no workspace holds.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        self.add_from_line(name, text, 1)
    }

    /// Adds a part of a text that begins at this line of it.
    ///
    /// # Panics
    /// As [`Sources::add`].
    pub fn add_from_line(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>, first_line: usize) -> Source {
        let id = SourceId(u16::try_from(self.all.len()).expect("a workspace holds fewer than 65,535 files"));
        let source = Source { id, name: name.into(), text: text.into(), first_line };
        self.all.push(source.clone());
        source
    }

    /// Puts another text under a number that was given.
    ///
    /// # Panics
    /// When the number was never given.
    pub fn replace(&mut self, id: SourceId, text: impl Into<Arc<str>>) -> Source {
        let source = self.all.get_mut(id.0 as usize).expect("a number is given by `add`");
        source.text = text.into();
        source.clone()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.all.iter()
    }

    /// The text of that number, if there is one.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.all.get(id.0 as usize)
    }

    /// `name:line:column` of where a stretch begins; empty for an unknown text.
    #[must_use]
    pub fn locate(&self, span: Span) -> String {
        self.get(span.source).map_or_else(String::new, |source| {
            let place = source.place(span.start);
            format!("{}:{}:{}", source.name, place.line, place.column)
        })
    }
}
