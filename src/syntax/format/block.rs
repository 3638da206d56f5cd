//! Lines that stand side by side: in braces, or at the top of a file.

use super::doc::{Comment, Doc, wide};

/// `{ … }`.
#[derive(Debug)]
pub(super) struct Block<'s> {
    pub(super) lines: Lines<'s>,
    pub(super) sharing: Sharing,
    /// It is written over several lines, or must be.
    pub(super) open: bool,
    /// When what it belongs to does not fit on a line, it opens, even if it would fit itself.
    pub(super) together: bool,
}

/// What stands between two braces, or in a file.
#[derive(Debug, Default)]
pub(super) struct Lines<'s> {
    /// Behind the opening brace.
    pub(super) comment: Option<Comment<'s>>,
    pub(super) items: Vec<Item<'s>>,
    /// Before the closing brace.
    pub(super) closing: Vec<Comment<'s>>,
}

/// Whether lines of a block may share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Statements: one alone may stand between the braces of its line.
    Never,
    /// All on one, with commas, or each on its own.
    AllOrNone,
    /// As their author wrote them.
    AsWritten,
}

/// One line: columns that are aligned with those of its neighbours, and the rest.
#[derive(Debug)]
pub(super) struct Item<'s> {
    /// A blank line stands before it (behind its comments).
    pub(super) blank: bool,
    /// The comments above it.
    pub(super) above: Vec<Comment<'s>>,
    /// Its author began a line with it.
    pub(super) own_line: bool,
    pub(super) cells: Vec<Cell>,
    pub(super) rest: Doc<'s>,
    /// Behind it on its line.
    pub(super) comment: Option<Comment<'s>>,
    /// A field with a plain value: it may share a line when its block is opened.
    pub(super) plain: bool,
    /// Without a comma before it, it would go on with the line above.
    pub(super) needs_comma: bool,
}

/// A column of a line.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) width: usize,
    pub(super) column: Column,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// A name before `=`.
    Assigned,
    /// A word that begins a line of `from`, `ensure`, `auth`, `errors`, or a part of a connector.
    Word,
    /// A name before its kind.
    Name,
    /// The kind of a field that has more behind it.
    Kind,
    /// What a `given` of the whole file is about.
    Given,
    /// A key of a table, before `=`.
    Key,
    /// What an arm takes, before `=>`.
    Pattern,
    /// A status with its code, before `=>`.
    Status,
    /// The word of an operation.
    Operation,
    /// The method of an operation of one word.
    Method,
    /// The path of an operation of one word.
    Path,
    /// The name of an action.
    Action,
    /// The method of an action.
    ActionMethod,
    /// The path of an action.
    ActionPath,
    /// The field of a filter.
    Filter,
    /// The field of a `since`.
    Since,
}

/// The widest kind that others are aligned with.
const WIDEST_KIND: usize = 10;
/// The widest path that others are aligned with.
const WIDEST_PATH: usize = 32;
/// What a kind takes at least, where not all are aligned.
const LEAST_KIND: usize = 4;

impl Column {
    /// Lines of another sort between two of these do not part them.
    fn spans(self) -> bool {
        matches!(self, Column::Operation | Column::Method | Column::Kind)
    }

    fn widest(self) -> usize {
        match self {
            Column::Kind => WIDEST_KIND,
            Column::Path | Column::ActionPath => WIDEST_PATH,
            _ => usize::MAX,
        }
    }

    /// The blanks behind it.
    pub(super) fn gap(self) -> usize {
        if self == Column::Kind { 2 } else { 1 }
    }

    /// How wide the column is, from the widths of those in it.
    fn width(self, widths: impl Iterator<Item = usize> + Clone) -> usize {
        let widest = self.widest();
        if self == Column::Kind && widths.clone().any(|width| width > widest) {
            return LEAST_KIND;
        }
        widths.filter(|width| *width <= widest).max().unwrap_or(0)
    }
}

impl Cell {
    pub(super) fn new(text: String, column: Column) -> Cell {
        Cell { width: wide(&text), text, column }
    }

    /// Stands for a kind that is too wide to be a cell, so that no other is aligned.
    pub(super) fn too_wide() -> Cell {
        Cell { text: String::new(), width: usize::MAX, column: Column::Kind }
    }
}

impl<'s> Item<'s> {
    /// How wide it is on a line, its columns not aligned.
    pub(super) fn width(&self) -> Option<usize> {
        if self.comment.is_some() || !self.above.is_empty() {
            return None;
        }
        self.flat_width()
    }

    /// The same without its comments.
    pub(super) fn flat_width(&self) -> Option<usize> {
        let cells: usize =
            self.cells.iter().filter(|cell| !cell.text.is_empty()).map(|cell| cell.width + cell.column.gap()).sum();
        Some(cells + self.rest.width?)
    }

    pub(super) fn write_flat(&self, out: &mut String) {
        for cell in self.cells.iter().filter(|cell| !cell.text.is_empty()) {
            out.push_str(&cell.text);
            out.extend(std::iter::repeat_n(' ', cell.column.gap()));
        }
        self.rest.write_flat(out);
    }

    /// A blank line parts it from what stands above.
    pub(super) fn is_parted(&self) -> bool {
        self.blank || self.above.iter().any(|comment| comment.blank)
    }
}

impl<'s> Block<'s> {
    pub(super) fn is_empty(&self) -> bool {
        let Lines { comment, items, closing } = &self.lines;
        comment.is_none() && items.is_empty() && closing.is_empty()
    }

    pub(super) fn width(&self) -> Option<usize> {
        if self.is_empty() {
            return Some(2);
        }
        let items = &self.lines.items;
        if self.open || (self.sharing == Sharing::Never && items.len() > 1) {
            return None;
        }
        let widths: Option<usize> = items.iter().map(Item::width).sum();
        Some(widths? + 2 * (items.len() - 1) + 4)
    }

    pub(super) fn write_flat(&self, out: &mut String) {
        if self.is_empty() {
            return out.push_str("{}");
        }
        out.push('{');
        for (index, item) in self.lines.items.iter().enumerate() {
            out.push_str(if index == 0 { " " } else { ", " });
            item.write_flat(out);
        }
        out.push_str(" }");
    }
}

/// The width of each cell of each line, from its neighbours.
pub(super) fn align(rows: &[&[Item<'_>]]) -> Vec<Vec<usize>> {
    let cells = |row: &'_ &[Item<'_>]| alone(row).map_or(0, |item| item.cells.len());
    let mut widths: Vec<Vec<usize>> = rows.iter().map(|row| vec![0; cells(row)]).collect();
    let mut columns: Vec<Column> = Vec::new();
    for cell in rows.iter().filter_map(|row| alone(row)).flat_map(|item| &item.cells) {
        if !columns.contains(&cell.column) {
            columns.push(cell.column);
        }
    }
    for column in columns {
        let mut run: Vec<(usize, usize, &Cell)> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let item = alone(row);
            let index = item.and_then(|item| item.cells.iter().position(|cell| cell.column == column));
            if row[0].is_parted() || (index.is_none() && !column.spans()) {
                settle(&mut widths, &mut run);
            }
            if let (Some(item), Some(index)) = (item, index) {
                run.push((at, index, &item.cells[index]));
            }
        }
        settle(&mut widths, &mut run);
    }
    widths
}

fn settle(widths: &mut [Vec<usize>], run: &mut Vec<(usize, usize, &Cell)>) {
    if let Some((_, _, first)) = run.first() {
        let width = first.column.width(run.iter().map(|(_, _, cell)| cell.width));
        for (at, index, _) in run.iter() {
            widths[*at][*index] = width;
        }
    }
    run.clear();
}

/// The only item of a row.
pub(super) fn alone<'a, 's>(row: &'a [Item<'s>]) -> Option<&'a Item<'s>> {
    if let [item] = row { Some(item) } else { None }
}
