//! What is laid out goes in; lines of at most 120 columns, where that can be, come out.

use super::block::{Block, Item, Lines, Sharing, align, alone};
use super::doc::{Alignment, Clause, Comment, Doc, Kind, wide};

/// Where lines are broken.
const WIDTH: usize = 120;
/// How much further in the lines of a block stand, and what a broken line goes on with.
const INDENT: usize = 2;
/// The column of comments behind a line.
const COMMENTS: usize = 53;
/// The blanks before a comment behind a longer line.
const COMMENT_GAP: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Pending {
    Nothing,
    Blanks(usize),
    /// A new line, indented so far.
    Line(usize),
}

pub(super) struct Printer {
    out: String,
    column: usize,
    pending: Pending,
    /// A comment ended the line: what comes next stands on another.
    commented: bool,
}

/// The lines of a whole file.
pub(super) fn print(lines: &Lines<'_>, size: usize) -> String {
    let mut printer =
        Printer { out: String::with_capacity(size + size / 8), column: 0, pending: Pending::Nothing, commented: false };
    printer.lines(lines, 0, Sharing::Never, false);
    let mut out = printer.out;
    out.push('\n');
    out
}

impl Printer {
    /// Where the next character would stand.
    fn here(&self, indent: usize) -> usize {
        match self.pending {
            Pending::Line(at) => at,
            _ if self.commented => indent + INDENT,
            Pending::Blanks(blanks) => self.column + blanks,
            Pending::Nothing => self.column,
        }
    }

    fn blanks(&mut self, count: usize) {
        match self.pending {
            Pending::Line(_) => {}
            Pending::Blanks(there) => self.pending = Pending::Blanks(there.max(count)),
            Pending::Nothing => self.pending = Pending::Blanks(count),
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.commented = false;
        self.pending = Pending::Line(indent);
    }

    fn flush(&mut self) {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Blanks(count) => self.pad(count),
            Pending::Line(indent) => {
                if !self.out.is_empty() {
                    self.out.push('\n');
                }
                self.column = 0;
                self.pad(indent);
            }
        }
    }

    fn pad(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
        self.column += count;
    }

    fn text(&mut self, text: &str, indent: usize) {
        if self.commented && !matches!(self.pending, Pending::Line(_)) {
            self.new_line(indent + INDENT);
        }
        self.commented = false;
        self.flush();
        self.out.push_str(text);
        match text.rfind('\n') {
            Some(end) => {
                self.column = wide(&text[end + 1..]);
            }
            None => self.column += wide(text),
        }
    }

    /// A comment among the pieces of a line.
    fn comment(&mut self, comment: Comment<'_>, indent: usize) {
        if comment.own || self.commented {
            if !matches!(self.pending, Pending::Line(_)) {
                self.new_line(indent + INDENT);
            }
            self.own_comment(comment);
        } else {
            self.comment_behind(comment);
        }
    }

    fn own_comment(&mut self, comment: Comment<'_>) {
        let line = self.pending;
        self.flush();
        self.write_comment(comment, line);
    }

    /// What was to stand on a new line still does.
    fn comment_behind(&mut self, comment: Comment<'_>) {
        let line = std::mem::replace(&mut self.pending, Pending::Nothing);
        let near = self.column + 2 > COMMENTS;
        self.pad(if near { COMMENT_GAP } else { COMMENTS - self.column });
        self.write_comment(comment, line);
    }

    fn write_comment(&mut self, comment: Comment<'_>, line: Pending) {
        self.out.push_str(comment.text);
        self.commented = true;
        self.pending = if let Pending::Line(_) = line { line } else { Pending::Nothing };
    }

    /// `after` is what must stand behind it on its last line.
    fn doc(&mut self, doc: &Doc<'_>, indent: usize, flat: bool, after: usize) {
        match &doc.kind {
            Kind::Text(text) => self.text(text, indent),
            Kind::Blank => self.blanks(1),
            Kind::Line(text) if flat => {
                if !text.is_empty() {
                    self.blanks(text.len());
                }
            }
            Kind::Line(_) => self.new_line(indent),
            Kind::Comment(comment) => self.comment(*comment, indent),
            Kind::All(parts) if flat => parts.iter().for_each(|part| self.doc(part, indent, true, 0)),
            Kind::All(parts) => self.all(parts, indent, after),
            Kind::Nest(by, doc) => self.doc(doc, indent + by, flat, after),
            Kind::Group(doc) => {
                let flat = flat || self.fits(doc, indent, after);
                self.doc(doc, indent, flat, after);
            }
            Kind::Fill(parts, separator) => self.fill(parts, separator, indent, flat, after),
            Kind::Clause(clause) => self.clause(clause, doc, indent, flat, after),
            Kind::Block(block) => {
                let flat = flat || (!block.together && self.fits(doc, indent, after));
                self.block(block, indent, flat);
            }
        }
    }

    fn fits(&self, doc: &Doc<'_>, indent: usize, after: usize) -> bool {
        doc.width.is_some_and(|width| self.here(indent) + width + after <= WIDTH)
    }

    fn all(&mut self, parts: &[Doc<'_>], indent: usize, after: usize) {
        let mut behind = vec![after; parts.len()];
        for index in (1..parts.len()).rev() {
            let (width, ends) = parts[index].lead();
            behind[index - 1] = if ends { width } else { width + behind[index] };
        }
        for (part, after) in parts.iter().zip(behind) {
            self.doc(part, indent, false, after);
        }
    }

    fn fill(&mut self, parts: &[Doc<'_>], separator: &str, indent: usize, flat: bool, after: usize) {
        for (index, part) in parts.iter().enumerate() {
            let after = if index + 1 == parts.len() { after } else { 0 };
            if index > 0 {
                let width = part.width.map(|width| self.here(indent) + separator.len() + width + after);
                if flat || (!self.commented && width.is_some_and(|width| width <= WIDTH)) {
                    self.blanks(separator.len());
                } else {
                    self.new_line(indent);
                }
            }
            let flat = flat || self.fits(part, indent, after);
            self.doc(part, indent, flat, after);
        }
    }

    fn clause(&mut self, clause: &Clause<'_>, doc: &Doc<'_>, indent: usize, flat: bool, after: usize) {
        let Clause { body, separator, clause, own_line, .. } = clause;
        if flat || self.fits(doc, indent, after) {
            self.doc(body, indent, true, 0);
            self.blanks(separator.len());
            return self.doc(clause, indent, true, after);
        }
        self.doc(body, indent, false, 0);
        if !own_line && self.ends_a_block() && !self.commented {
            self.blanks(separator.len());
        } else {
            self.new_line(indent + INDENT);
        }
        self.doc(clause, indent + INDENT, false, after);
    }

    /// The line begins with what closes lines above it.
    fn ends_a_block(&self) -> bool {
        let start = self.out.rfind('\n').map_or(0, |end| end + 1);
        self.out[start..].trim_start().starts_with(['}', ']', ')'])
    }

    fn block(&mut self, block: &Block<'_>, indent: usize, flat: bool) {
        if block.is_empty() {
            return self.text("{}", indent);
        }
        if flat {
            let mut text = String::new();
            block.write_flat(&mut text);
            return self.text(&text, indent);
        }
        self.text("{", indent);
        self.lines(&block.lines, indent + INDENT, block.sharing, block.open);
        self.new_line(indent);
        self.text("}", indent);
    }

    fn lines(&mut self, lines: &Lines<'_>, indent: usize, sharing: Sharing, as_written: bool) {
        if let Some(comment) = lines.comment {
            self.comment_behind(comment);
        }
        let rows = rows(&lines.items, indent, sharing, as_written);
        let widths = align(&rows);
        let places = clause_places(&rows, &widths, indent);
        for (at, row) in rows.iter().enumerate() {
            for (index, comment) in row[0].above.iter().enumerate() {
                self.begin_line(indent, comment.blank && (at > 0 || index > 0));
                self.own_comment(*comment);
            }
            self.begin_line(indent, row[0].blank && (at > 0 || !row[0].above.is_empty()));
            self.row(row, &widths[at], places[at], indent);
            if rows.get(at + 1).is_some_and(|next| next[0].needs_comma) {
                self.text(",", indent);
            }
            if let Some(comment) = row.last().and_then(|item| item.comment) {
                self.comment(comment, indent);
            }
        }
        for (index, comment) in lines.closing.iter().enumerate() {
            self.begin_line(indent, comment.blank && (index > 0 || !lines.items.is_empty()));
            self.own_comment(*comment);
        }
    }

    fn begin_line(&mut self, indent: usize, blank: bool) {
        self.new_line(indent);
        if blank {
            self.out.push('\n');
        }
    }

    fn row(&mut self, row: &[Item<'_>], widths: &[usize], place: Option<Place>, indent: usize) {
        let Some(item) = alone(row) else {
            for (index, item) in row.iter().enumerate() {
                let mut text = String::from(if index > 0 { ", " } else { "" });
                item.write_flat(&mut text);
                self.text(&text, indent);
            }
            return;
        };
        for (cell, width) in item.cells.iter().zip(widths) {
            if !cell.text.is_empty() {
                self.text(&cell.text, indent);
                self.blanks(width.saturating_sub(cell.width) + cell.column.gap());
            }
        }
        match (&item.rest.kind, place) {
            (Kind::Clause(clause), Some(Place::Column(column))) => {
                self.doc(&clause.body, indent, true, 0);
                self.blanks(column.saturating_sub(self.column));
                self.doc(&clause.clause, indent, true, 0);
            }
            (Kind::Clause(clause), Some(Place::Below)) => {
                self.doc(&clause.body, indent, false, 0);
                self.new_line(indent + INDENT);
                self.doc(&clause.clause, indent + INDENT, false, 0);
            }
            _ => self.doc(&item.rest, indent, false, 0),
        }
    }
}

/// Which items share a line.
fn rows<'a, 's>(items: &'a [Item<'s>], indent: usize, sharing: Sharing, as_written: bool) -> Vec<&'a [Item<'s>]> {
    let shares = sharing == Sharing::AsWritten && (as_written || items.iter().all(|item| item.plain));
    let mut rows = Vec::new();
    let (mut start, mut width) = (0, 0);
    for (index, item) in items.iter().enumerate() {
        let own = item.flat_width();
        let before = index.checked_sub(1).map(|before| &items[before]);
        let joins = shares
            && index > start
            && !(as_written && item.own_line)
            && item.above.is_empty()
            && before.is_some_and(|before| before.comment.is_none() && before.flat_width().is_some())
            && own.is_some_and(|own| indent + width + 2 + own <= WIDTH);
        if joins {
            width += 2 + own.unwrap_or(0);
        } else {
            if index > start {
                rows.push(&items[start..index]);
            }
            start = index;
            width = own.unwrap_or(WIDTH);
        }
    }
    if start < items.len() {
        rows.push(&items[start..]);
    }
    rows
}

/// Where a clause stands that its neighbours have in one column.
#[derive(Clone, Copy, Debug)]
enum Place {
    Column(usize),
    /// It would be too long there.
    Below,
}

/// The place of the clause of each row that has one beside its neighbours'.
fn clause_places(rows: &[&[Item<'_>]], widths: &[Vec<usize>], indent: usize) -> Vec<Option<Place>> {
    let mut places = vec![None; rows.len()];
    let mut run: Vec<(usize, Part)> = Vec::new();
    let mut last: Option<Alignment> = None;
    for (at, row) in rows.iter().enumerate() {
        let part = alone(row).and_then(|item| Part::of(item, &widths[at], indent));
        let alignment = part.as_ref().map(|part| part.alignment);
        if row[0].is_parted() || alignment != last {
            settle_clauses(&mut places, &mut run);
        }
        last = alignment;
        run.extend(part.filter(|part| part.may_align).map(|part| (at, part)));
    }
    settle_clauses(&mut places, &mut run);
    places
}

/// A line with a clause that may stand in a column.
struct Part {
    alignment: Alignment,
    may_align: bool,
    /// Where the clause would stand, and what it takes.
    column: usize,
    clause: usize,
}

impl Part {
    fn of(item: &Item<'_>, widths: &[usize], indent: usize) -> Option<Part> {
        let Kind::Clause(clause) = &item.rest.kind else { return None };
        let alignment = clause.aligned?;
        let cells: usize = item.cells.iter().zip(widths).map(|(cell, width)| width + cell.column.gap()).sum();
        let (Some(body), Some(width)) = (clause.body.width, clause.clause.width) else {
            return Some(Part { alignment, may_align: false, column: 0, clause: 0 });
        };
        let column = indent + cells + body + clause.separator.len();
        let farthest = match alignment {
            Alignment::Because => 56,
            Alignment::Label => 72,
        };
        let may_align = !clause.own_line && column <= farthest && column + width <= WIDTH;
        Some(Part { alignment, may_align, column, clause: width })
    }
}

fn settle_clauses(places: &mut [Option<Place>], run: &mut Vec<(usize, Part)>) {
    loop {
        let column = run.iter().map(|(_, part)| part.column).max().unwrap_or(0);
        let before = run.len();
        run.retain(|(at, part)| {
            let fits = column + part.clause <= WIDTH;
            places[*at] = Some(if fits { Place::Column(column) } else { Place::Below });
            fits
        });
        if run.len() == before {
            run.clear();
            return;
        }
    }
}
