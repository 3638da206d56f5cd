//! A table and the rows that are written in a flow go in; its rows by key come out.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::expr::literal_value;
use crate::check::kinds;
use crate::check::library::TableEntry;
use crate::eval::{Op, Table};
use crate::report::{Diagnostic, Span, codes};
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
        if table.key.node.maybe {
            let title = format!(
                "expected a key that is always set, found `{}?`",
                key.as_ref().map_or("K".to_owned(), |key| key.kind.to_string())
            );
            self.problems.error(codes::check::TABLE_KIND, table.key.span, title, "what is not set takes the row `_`");
        }
        let kinds = self.table_kinds(key?.kind, table.key.span, value?, table.value.span)?;
        let rows = match &table.rows {
            TableRows::Rows(rows) => self.rows(rows, &kinds),
            TableRows::File(path) => self.file_rows(path, &kinds, table.name.span),
        };
        Some(TableEntry { span: table.name.span, key: kinds.key, value: kinds.value, table: Arc::new(rows) })
    }

    /// The rows of a file that is named in this one.
    pub(super) fn file_rows(&mut self, path: &ast::Name, kinds: &TableKinds, table: Span) -> Table {
        let catalog = self.catalog;
        match catalog.file(self.source.id, &path.node) {
            Some(file) => self.csv(&file.source, kinds, table),
            None => {
                self.no_file(path);
                Table::default()
            }
        }
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

    pub(super) fn same_key(&mut self, key: &str, span: Span, above: Span) {
        let title = format!("expected each key of a table once, found `{key}` again");
        let problem = Diagnostic::error(codes::check::TABLE_KEY_TWICE, span, title).label("a second row");
        self.problems.push(problem.other(above, "the first"));
    }

    /// Says that a file is not there, and where it was looked for.
    pub(super) fn no_file(&mut self, path: &ast::Name) {
        let title = format!("expected a file, found nothing at `{}`", path.node);
        let problem = Diagnostic::error(codes::check::NO_FILE, path.span, title).label("no such file");
        if let Some(name) = self.catalog.connector_names.iter().find(|name| **name == *path.node) {
            let words = "a connector is used by its name, without quotes";
            return self.problems.push(problem.fix(words, path.span, name.clone()));
        }
        let beside = self.source.name.rsplit_once('/').map(|(folder, _)| format!("{folder}/{}", path.node));
        self.problems.push(problem.note(match beside {
            Some(beside) => format!("looked for at `{beside}`, and at `{}` in the workspace's folder", path.node),
            None => "looked for beside this file".to_owned(),
        }));
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
