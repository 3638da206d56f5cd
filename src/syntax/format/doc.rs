//! A text before its lines are broken: pieces that stand on one line where they fit, and break where they may when not.

use std::borrow::Cow;

use super::block::Block;

/// What is laid out, and how wide it is on one line; none when it cannot stand on one.
#[derive(Debug)]
pub(super) struct Doc<'s> {
    pub(super) kind: Kind<'s>,
    pub(super) width: Option<usize>,
}

/// The pieces.
#[derive(Debug)]
pub(super) enum Kind<'s> {
    /// Characters; a script may hold line ends.
    Text(Cow<'s, str>),
    /// One blank.
    Blank,
    /// A text where its group stands on one line, else a line end.
    Line(&'static str),
    /// `# …`, and the end of its line.
    Comment(Comment<'s>),
    /// One behind the other.
    All(Vec<Doc<'s>>),
    /// Its further lines stand so much further in.
    Nest(usize, Box<Doc<'s>>),
    /// On one line when it fits, else each of its lines breaks.
    Group(Box<Doc<'s>>),
    /// As many on a line as fit, with this text between them.
    Fill(Vec<Doc<'s>>, &'static str),
    /// A part with a clause behind it, which goes to a line of its own when they do not fit on one.
    Clause(Box<Clause<'s>>),
    /// `{ … }`.
    Block(Box<Block<'s>>),
}

/// A comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'s> {
    pub(super) text: &'s str,
    /// It begins its line.
    pub(super) own: bool,
    /// A blank line stands before it.
    pub(super) blank: bool,
}

/// `body because "…"`, `body when c`, `body "label"`.
#[derive(Debug)]
pub(super) struct Clause<'s> {
    pub(super) body: Doc<'s>,
    pub(super) separator: &'static str,
    pub(super) clause: Doc<'s>,
    /// The author began a line with it.
    pub(super) own_line: bool,
    /// Neighbouring lines have it in one column.
    pub(super) aligned: Option<Alignment>,
}

/// Which clauses stand in one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alignment {
    /// `because` of neighbouring stops.
    Because,
    /// Labels of settings.
    Label,
}

impl<'s> Doc<'s> {
    pub(super) fn nothing() -> Doc<'s> {
        Doc::all(Vec::new())
    }

    pub(super) fn text(text: impl Into<Cow<'s, str>>) -> Doc<'s> {
        let text = text.into();
        let width = (!text.contains('\n')).then(|| wide(&text));
        Doc { kind: Kind::Text(text), width }
    }

    pub(super) fn blank() -> Doc<'s> {
        Doc { kind: Kind::Blank, width: Some(1) }
    }

    pub(super) fn line(flat: &'static str) -> Doc<'s> {
        Doc { kind: Kind::Line(flat), width: Some(flat.len()) }
    }

    pub(super) fn comment(comment: Comment<'s>) -> Doc<'s> {
        Doc { kind: Kind::Comment(comment), width: None }
    }

    pub(super) fn all(mut parts: Vec<Doc<'s>>) -> Doc<'s> {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let width = parts.iter().map(|part| part.width).sum();
        Doc { kind: Kind::All(parts), width }
    }

    pub(super) fn nest(by: usize, doc: Doc<'s>) -> Doc<'s> {
        let width = doc.width;
        Doc { kind: Kind::Nest(by, Box::new(doc)), width }
    }

    pub(super) fn group(doc: Doc<'s>) -> Doc<'s> {
        let width = doc.width;
        Doc { kind: Kind::Group(Box::new(doc)), width }
    }

    pub(super) fn fill(mut parts: Vec<Doc<'s>>, separator: &'static str) -> Doc<'s> {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let between = separator.len() * parts.len().saturating_sub(1);
        let width = parts.iter().map(|part| part.width).sum::<Option<usize>>().map(|width| width + between);
        Doc { kind: Kind::Fill(parts, separator), width }
    }

    pub(super) fn clause(clause: Clause<'s>) -> Doc<'s> {
        let parts = [clause.body.width, Some(clause.separator.len()), clause.clause.width];
        let width = if clause.own_line { None } else { parts.into_iter().sum() };
        Doc { kind: Kind::Clause(Box::new(clause)), width }
    }

    pub(super) fn block(block: Block<'s>) -> Doc<'s> {
        let width = block.width();
        Doc { kind: Kind::Block(Box::new(block)), width }
    }

    /// How much stands at its start before a line may end, and whether one may.
    pub(super) fn lead(&self) -> (usize, bool) {
        match &self.kind {
            Kind::Text(text) => match text.find('\n') {
                Some(end) => (wide(&text[..end]), true),
                None => (self.width.unwrap_or(0), false),
            },
            Kind::Blank => (1, false),
            Kind::Line(_) | Kind::Comment(_) => (0, true),
            Kind::All(parts) => {
                let mut width = 0;
                for part in parts {
                    let (more, ends) = part.lead();
                    width += more;
                    if ends {
                        return (width, true);
                    }
                }
                (width, false)
            }
            Kind::Nest(_, doc) | Kind::Group(doc) => doc.lead(),
            Kind::Fill(parts, _) => parts.first().map_or((0, false), |first| (first.lead().0, true)),
            Kind::Clause(clause) => (clause.body.lead().0, true),
            Kind::Block(block) => (if block.is_empty() { 2 } else { 1 }, !block.is_empty()),
        }
    }

    /// All of it on one line, if it can stand on one.
    pub(super) fn flat(&self) -> Option<String> {
        self.width?;
        let mut out = String::new();
        self.write_flat(&mut out);
        Some(out)
    }

    pub(super) fn write_flat(&self, out: &mut String) {
        match &self.kind {
            Kind::Text(text) => out.push_str(text),
            Kind::Blank => out.push(' '),
            Kind::Line(flat) => out.push_str(flat),
            Kind::Comment(_) => {}
            Kind::All(parts) => parts.iter().for_each(|part| part.write_flat(out)),
            Kind::Nest(_, doc) | Kind::Group(doc) => doc.write_flat(out),
            Kind::Fill(parts, separator) => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        out.push_str(separator);
                    }
                    part.write_flat(out);
                }
            }
            Kind::Clause(clause) => {
                clause.body.write_flat(out);
                out.push_str(clause.separator);
                clause.clause.write_flat(out);
            }
            Kind::Block(block) => block.write_flat(out),
        }
    }
}

/// How many columns a text takes.
pub(super) fn wide(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}
