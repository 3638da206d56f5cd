//! The rows of a CSV file go in; a table by key, or the mistakes with line and column in that file, comes out.

use std::collections::HashMap;
use std::ops::Range;

use crate::check::checker::Checker;
use crate::check::kinds;
use crate::check::table::{TableKinds, key_text};
use crate::eval::{Expr, Op, Table};
use crate::report::{Code, Diagnostic, Source, Span, codes};
use crate::value::{Kind, exact};

/// So many rows of one file are told to be wrong; of the others only how many there are.
const MOST: usize = 20;

/// The signs that may stand between a key and its value.
const SIGNS: [u8; 3] = *b";\t,";

/// A file that is being read.
struct Rows<'s> {
    source: &'s Source,
    sign: u8,
    table: Table,
    /// Where each key was given.
    keys: HashMap<Box<str>, Span>,
    any: Option<Span>,
    wrong: Vec<Diagnostic>,
}

/// A cell as it stands in the file.
struct Cell {
    range: Range<usize>,
    flaw: Option<Flaw>,
}

/// What is wrong with the quotes of a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// It begins with one and never ends.
    Open,
    /// Something stands behind the closing one.
    Behind,
}

impl Checker<'_> {
    /// The rows of a CSV file: a line of headings, then a key and a value in each line, `_` being every other key.
    pub(super) fn csv(&mut self, source: &Source, kinds: &TableKinds, table: Span) -> Table {
        let sign = sign(&source.text);
        let mut rows =
            Rows { source, sign, table: Table::default(), keys: HashMap::new(), any: None, wrong: Vec::new() };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(sign)
            .flexible(true)
            .has_headers(false)
            .from_reader(source.text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut headings = true;
        let mut count = 0_usize;
        // The text is sound UTF-8 and lies in memory, so that reading it cannot fail.
        while matches!(reader.read_record(&mut record), Ok(true)) {
            let begin = record.position().map_or(0, |place| usize::try_from(place.byte()).unwrap_or(usize::MAX));
            let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let cells = cells(&source.text, begin, end, sign);
            if headings {
                headings = false;
                if !rows.headings(&record, &cells, kinds) {
                    count += 1;
                    break;
                }
            } else if !record.iter().all(|cell| cell.trim().is_empty()) {
                count += 1;
                rows.row(&record, &cells, kinds);
            }
        }
        if count == 0 {
            self.no_rows(source, headings, table);
        }
        let more = rows.wrong.len().saturating_sub(MOST);
        rows.wrong.truncate(MOST);
        if let (Some(last), true) = (rows.wrong.last_mut(), more > 0) {
            last.notes.push(format!("{more} further rows of this file are wrong too"));
        }
        rows.wrong.into_iter().for_each(|problem| self.problems.push(problem));
        rows.table
    }

    fn no_rows(&mut self, source: &Source, nothing: bool, table: Span) {
        let begin = Span { source: source.id, start: 0, end: 0 };
        let problem = if nothing {
            let title = "expected a line of headings and rows of a key and a value, found an empty file";
            Diagnostic::error(codes::check::TABLE_FILE, begin, title).label("nothing stands here")
        } else {
            let title = "expected rows below the headings, found none";
            Diagnostic::warning(codes::check::TABLE_EMPTY, begin, title).label("whatever is looked up is not set")
        };
        self.problems.push(problem.other(table, "the table that wants them"));
    }
}

impl Rows<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source.id, start: byte(range.start), end: byte(range.end) }
    }

    fn wrong(&mut self, code: Code, span: Span, title: String, label: &str) {
        self.wrong.push(Diagnostic::error(code, span, title).label(label));
    }

    /// Whether the first line names the two columns.
    fn headings(&mut self, record: &csv::StringRecord, cells: &[Cell], kinds: &TableKinds) -> bool {
        let line = self.span(&whole(cells));
        if record.len() != 2 {
            let found = count(record.len());
            let title = format!("expected the headings of a key and a value, found {found}");
            let sign = match self.sign {
                _ if record.len() < 2 => "here by none of them".to_owned(),
                b'\t' => "here by a tab".to_owned(),
                sign => format!("here by `{}`", char::from(sign)),
            };
            let problem =
                Diagnostic::error(codes::check::TABLE_FILE, line, title).label("the first line has the headings");
            self.wrong.push(problem.note(format!("cells are parted by `;`, `,` or a tab, {sign}")));
            return false;
        }
        let (key, value) = (record[0].trim(), record[1].trim());
        let fits = |text: &str, kind: &Kind| {
            let open = matches!(kind, Kind::Text | Kind::Id(_));
            !open && !text.is_empty() && cell(text, kind).is_some()
        };
        if key == "_" || fits(key, &kinds.key) || fits(value, &kinds.value.kind) {
            let title = format!("expected a line of headings first, found the row `{key}`, `{value}`");
            let problem =
                Diagnostic::error(codes::check::TABLE_FILE, line, title).label("taken for headings, it would be lost");
            let at = Span { end: line.start, ..line };
            let line = format!("key{}value\n", char::from(self.sign));
            self.wrong.push(problem.fix("name the two columns", at, line));
            return false;
        }
        true
    }

    fn row(&mut self, record: &csv::StringRecord, cells: &[Cell], kinds: &TableKinds) {
        for cell in cells {
            let (title, label) = match cell.flaw {
                Some(Flaw::Open) => {
                    ("expected a `\"` at the end of this cell, found none", "opened here and never closed")
                }
                Some(Flaw::Behind) => (
                    "expected a cell that ends with its `\"`, found more behind it",
                    "a `\"` in a cell is written twice",
                ),
                None => continue,
            };
            let span = self.span(&first_line(&self.source.text, &cell.range));
            return self.wrong(codes::check::TABLE_FILE, span, title.to_owned(), label);
        }
        if record.len() != 2 {
            let line = self.span(&first_line(&self.source.text, &whole(cells)));
            let title = format!("expected a key and a value in each line, found {}", count(record.len()));
            return self.wrong(codes::check::TABLE_ROW, line, title, "not a row of this table");
        }
        let (key, value) = (record[0].trim(), record[1].trim());
        let places = [0, 1].map(|at| self.span(&first_line(&self.source.text, &cells[at].range)));
        let made = match cell(value, &kinds.value.kind) {
            Some(op) if kinds.value.maybe || !matches!(op, Op::Unset) => Some(Expr::new(op, places[1])),
            _ => {
                self.misfit("value", value, &kinds.value.kind, places[1]);
                None
            }
        };
        if key == "_" {
            if let Some(above) = self.any.replace(places[0]) {
                self.same_key("_", places[0], above);
            }
            self.table.any = made.or(self.table.any.take());
            return;
        }
        let text = cell(key, &kinds.key).as_ref().and_then(|op| key_text(op, &kinds.key));
        let Some(text) = text else { return self.misfit("key", key, &kinds.key, places[0]) };
        match self.keys.get(&text).copied() {
            Some(above) => self.same_key(&text, places[0], above),
            None => drop(self.keys.insert(text.clone(), places[0])),
        }
        if let Some(made) = made {
            self.table.rows.insert(text, made);
        }
    }

    fn misfit(&mut self, what: &str, text: &str, kind: &Kind, span: Span) {
        let wanted = kinds::words(kind);
        let title = if text.is_empty() {
            format!("expected {wanted} as the {what}, found an empty cell")
        } else {
            format!("expected {wanted} as the {what}, found `{text}`")
        };
        let mut problem = Diagnostic::error(codes::check::TABLE_ROW, span, title).label("not a cell of this table");
        let number = matches!(kind, Kind::Int | Kind::Decimal);
        if number && text.contains(',') && exact::parse(&text.replace('.', "").replace(',', ".")).is_ok() {
            problem =
                problem.note("a number is written with a point before its decimals, and nothing between thousands");
        }
        if text.is_empty() && what == "value" {
            problem = problem.note("without its row a key is not set, or takes the row `_`");
        }
        self.wrong.push(problem);
    }

    fn same_key(&mut self, key: &str, span: Span, above: Span) {
        let key = key.split_whitespace().collect::<Vec<_>>().join(" ");
        let title = format!("expected each key of a table once, found `{key}` again");
        let problem = Diagnostic::error(codes::check::TABLE_KEY_TWICE, span, title).label("a second row");
        self.wrong.push(problem.other(above, "the first"));
    }
}

/// The text of a cell as a literal of that kind.
fn cell(text: &str, kind: &Kind) -> Option<Op> {
    if text.is_empty() {
        return Some(Op::Unset);
    }
    Some(match kind {
        Kind::Int => Op::Number(exact::parse(text).ok().filter(|number| number.fract().is_zero())?),
        Kind::Decimal => Op::Number(exact::parse(text).ok()?),
        Kind::Bool => Op::Bool(text.parse().ok()?),
        Kind::Date => Op::Date(text.parse().ok()?),
        Kind::Email => Op::Text(text.contains('@').then(|| text.into())?),
        Kind::Choice(known) => Op::Text(known.iter().any(|known| **known == *text).then(|| text.into())?),
        Kind::Text | Kind::Id(_) => Op::Text(text.into()),
        _ => return None,
    })
}

fn count(cells: usize) -> String {
    format!("{cells} {}", if cells == 1 { "cell" } else { "cells" })
}

/// The sign that parts the first line in two, else the one that it has most of.
fn sign(text: &str) -> u8 {
    let heading = text.lines().next().unwrap_or_default();
    let count = |sign: u8| cells(heading, 0, heading.len(), sign).len();
    let two = SIGNS.into_iter().find(|sign| count(*sign) == 2);
    two.or_else(|| SIGNS.into_iter().rev().max_by_key(|sign| count(*sign))).unwrap_or(b',')
}

/// Where the cells of a row stand, with their quotes.
fn cells(text: &str, begin: usize, end: usize, sign: u8) -> Vec<Cell> {
    let bytes = text.as_bytes();
    let (mut at, end) = (begin.min(bytes.len()), end.min(bytes.len()));
    if text[at..end].starts_with('\u{feff}') {
        at += '\u{feff}'.len_utf8();
    }
    while at < end && matches!(bytes[at], b'\r' | b'\n') {
        at += 1;
    }
    let mut all = Vec::new();
    loop {
        let start = at;
        let mut flaw = None;
        if bytes.get(at) == Some(&b'"') && at < end {
            at += 1;
            flaw = Some(Flaw::Open);
            while at < end {
                let quote = bytes[at] == b'"';
                at += 1;
                if quote && at < end && bytes[at] == b'"' {
                    at += 1;
                } else if quote {
                    flaw = None;
                    break;
                }
            }
        }
        let closed = at;
        while at < end && bytes[at] != sign && !matches!(bytes[at], b'\r' | b'\n') {
            at += 1;
        }
        if at > closed && start < closed {
            flaw = flaw.or(Some(Flaw::Behind));
        }
        all.push(Cell { range: start..at, flaw });
        if at < end && bytes[at] == sign {
            at += 1;
        } else {
            return all;
        }
    }
}

/// From the first cell to the end of the last.
fn whole(cells: &[Cell]) -> Range<usize> {
    let start = cells.first().map_or(0, |cell| cell.range.start);
    start..cells.last().map_or(start, |cell| cell.range.end)
}

/// The part of it that stands on its first line.
fn first_line(text: &str, range: &Range<usize>) -> Range<usize> {
    let length = text[range.clone()].lines().next().map_or(0, str::len);
    range.start..range.start + length
}
