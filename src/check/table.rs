//! The rows of a table, written in a flow or in a CSV file, go in; a table by key comes out.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::expr::literal_value;
use crate::check::kinds;
use crate::check::library::TableEntry;
use crate::eval::{Expr, Op, Table};
use crate::report::{Diagnostic, Source, Span, codes};
use crate::syntax::ast::{self, TableRows};
use crate::value::{Kind, Typed, exact};

/// The kinds of a table.
pub(super) struct TableKinds {
    pub(super) key: Kind,
    pub(super) value: Typed,
}

impl Checker<'_> {
    /// A `table` of the flow; none when its kinds make no sense, which was told.
    pub(super) fn written_table(&mut self, table: &ast::Table) -> Option<TableEntry> {
        let (key, value) = (self.kind(&table.key), self.kind(&table.value));
        let kinds = self.table_kinds(key?.kind, table.key.span, value?, table.value.span)?;
        let rows = match &table.rows {
            TableRows::Rows(rows) => self.rows(rows, &kinds),
            TableRows::File(path) => {
                let catalog = self.catalog;
                match catalog.files.get(&*path.node) {
                    Some(file) => self.csv(&file.source, &kinds),
                    None => {
                        self.no_file(path);
                        Table::default()
                    }
                }
            }
        };
        Some(TableEntry { span: table.name.span, key: kinds.key, value: kinds.value, table: Arc::new(rows) })
    }

    /// Kinds that a table can have.
    pub(super) fn table_kinds(
        &mut self,
        key: Kind,
        key_span: Span,
        value: Typed,
        value_span: Span,
    ) -> Option<TableKinds> {
        let mut sound = true;
        for (kind, span, what) in [(&key, key_span, "key"), (&value.kind, value_span, "value")] {
            if matches!(kind, Kind::List(_) | Kind::Table(..) | Kind::Record(_) | Kind::Datetime) {
                let title = format!("expected a kind with literals for a table's {what}, found {}", kinds::words(kind));
                self.problems.error(codes::check::TABLE_KIND, span, title, "no row can be written for it");
                sound = false;
            }
        }
        sound.then_some(TableKinds { key, value })
    }

    /// The rows that are written between braces.
    pub(super) fn rows(&mut self, rows: &[ast::Row], kinds: &TableKinds) -> Table {
        let mut table = Table::default();
        let mut spans: HashMap<Box<str>, Span> = HashMap::new();
        let mut any_span = None;
        for row in rows {
            let value = literal_value(&row.value.node, row.value.span);
            if value.typed.maybe && !kinds.value.maybe {
                let title = "expected a value, found a blank text, which is not set";
                self.problems.error(codes::check::TABLE_ROW, row.value.span, title, "leave the row out");
            }
            let value = self.assign(value, &kinds.value.kind, "the table");
            let Some(key) = &row.key else {
                if let Some(above) = any_span.replace(row.span) {
                    self.same_key("_", row.span, above);
                }
                table.any = Some(value);
                continue;
            };
            let literal = literal_value(&key.node, key.span);
            if literal.typed.maybe {
                let title = "expected a key, found a blank text, which is not set";
                self.problems.error(codes::check::TABLE_ROW, key.span, title, "what is not set takes the row `_`");
                continue;
            }
            let literal = self.assign(literal, &kinds.key, "the key of the table");
            let Some(text) = key_text(&literal.op, &kinds.key) else { continue };
            if let Some(above) = spans.insert(text.clone(), key.span) {
                self.same_key(&text, key.span, above);
            }
            table.rows.insert(text, value);
        }
        table
    }

    fn same_key(&mut self, key: &str, span: Span, above: Span) {
        let title = format!("expected each key of a table once, found `{key}` again");
        let problem = Diagnostic::error(codes::check::TABLE_KEY_TWICE, span, title).label("a second row");
        self.problems.push(problem.other(above, "the first"));
    }

    /// The rows of a CSV file: a line of headings, then a key and a value in each line, `_` being every other key.
    fn csv(&mut self, source: &Source, kinds: &TableKinds) -> Table {
        let heading = source.text.lines().next().unwrap_or_default();
        let delimiter = [b';', b'\t', b',']
            .into_iter()
            .max_by_key(|sign| heading.bytes().filter(|byte| byte == sign).count())
            .unwrap_or(b',');
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(source.text.as_bytes());
        let mut table = Table::default();
        let mut spans: HashMap<Box<str>, Span> = HashMap::new();
        let mut record = csv::StringRecord::new();
        loop {
            let start = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let more = reader.read_record(&mut record);
            if !more.expect("the text is UTF-8, and a row may have any length") {
                break;
            }
            let start = record.position().map_or(start, |place| usize::try_from(place.byte()).unwrap_or(start));
            let span = line_span(source, start);
            self.csv_row(&record, span, kinds, &mut table, &mut spans);
        }
        table
    }

    fn csv_row(
        &mut self,
        record: &csv::StringRecord,
        span: Span,
        kinds: &TableKinds,
        table: &mut Table,
        spans: &mut HashMap<Box<str>, Span>,
    ) {
        if record.len() != 2 {
            let title = format!("expected a key and a value in each line, found {} fields", record.len());
            self.problems.error(codes::check::TABLE_ROW, span, title, "not a row of this table");
            return;
        }
        let (key, value) = (record[0].trim(), record[1].trim());
        let made = match cell(value, &kinds.value.kind) {
            Some(op) if kinds.value.maybe || !matches!(op, Op::Unset) => Expr::new(op, span),
            _ => {
                let title = format!("expected {} as the value, found `{value}`", kinds::words(&kinds.value.kind));
                self.problems.error(codes::check::TABLE_ROW, span, title, "not a row of this table");
                return;
            }
        };
        if key == "_" {
            if table.any.is_some() {
                self.same_key("_", span, span);
            }
            table.any = Some(made);
            return;
        }
        let text = cell(key, &kinds.key).as_ref().and_then(|op| key_text(op, &kinds.key));
        let Some(text) = text else {
            let title = format!("expected {} as the key, found `{key}`", kinds::words(&kinds.key));
            self.problems.error(codes::check::TABLE_ROW, span, title, "not a row of this table");
            return;
        };
        if let Some(above) = spans.insert(text.clone(), span) {
            self.same_key(&text, span, above);
        }
        table.rows.insert(text, made);
    }

    /// Says that a file is not there.
    pub(super) fn no_file(&mut self, path: &ast::Name) {
        let title = format!("expected a file, found nothing at `{}`", path.node);
        let problem = Diagnostic::error(codes::check::NO_FILE, path.span, title).label("no such file");
        self.problems.push(problem.note("it is looked for beside this file, then from the workspace's folder"));
    }
}

/// The plain text of a literal, by which a row is found.
pub(super) fn key_text(op: &Op, kind: &Kind) -> Option<Box<str>> {
    Some(match op {
        Op::Text(text) if *kind == Kind::Email => text.to_lowercase().into(),
        Op::Text(text) => text.clone(),
        Op::Number(number) => exact::plain(*number).to_string().into(),
        Op::Date(date) => date.to_string().into(),
        Op::Bool(truth) => truth.to_string().into(),
        _ => return None,
    })
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

fn line_span(source: &Source, start: usize) -> Span {
    let start = start.min(source.text.len());
    let rest = &source.text[start..];
    let skipped = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let length = rest[skipped..].lines().next().map_or(0, str::len);
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { source: source.id, start: byte(start + skipped), end: byte(start + skipped + length) }
}
