//! The `settings` block goes in; each setting with its kind and default comes out.

use std::sync::Arc;

use crate::check::catalog::rows_file;
use crate::check::checker::Checker;
use crate::check::fit::record;
use crate::check::kinds;
use crate::check::notes::Meaning;
use crate::check::program::Setting;
use crate::check::scope::{Frame, Place};
use crate::eval::{Expr, Table};
use crate::report::{Diagnostic, codes};
use crate::syntax::ast::{self, SettingDefault};
use crate::value::{FieldKind, Kind, Typed};

impl Checker<'_> {
    /// Knows the names and kinds of all settings.
    pub(super) fn know_settings(&mut self, settings: &[&ast::Setting]) {
        let mut fields: Vec<FieldKind> = Vec::new();
        for setting in settings {
            let name = &setting.name;
            if let Some(first) = settings.iter().map(|other| &other.name).find(|other| other.node == name.node)
                && first.span != name.span
            {
                let title = format!("the setting `{}` is given twice", name.node);
                let problem = Diagnostic::error(codes::check::NAME_TWICE, name.span, title).label("given again here");
                self.problems.push(problem.other(first.span, "first given here"));
            }
            let typed = self.kind(&setting.kind).filter(|typed| self.setting_kind(typed, setting));
            let typed = typed.unwrap_or(Typed::sure(kinds::BROKEN));
            self.note(name.span, Some(&typed), || Meaning::Setting(name.span));
            fields.push(FieldKind { name: name.node.clone().into(), typed });
            self.setting_places.push(name.span);
        }
        self.settings_read = vec![false; fields.len()];
        self.settings = record("settings", fields);
    }

    fn setting_kind(&mut self, typed: &Typed, setting: &ast::Setting) -> bool {
        let plain = |kind: &Kind| !matches!(kind, Kind::List(_) | Kind::Record(_) | Kind::Table(..));
        let good = match &typed.kind {
            Kind::List(of) => plain(of),
            Kind::Table(..) => true,
            kind => plain(kind),
        };
        if !good {
            let found = kinds::words(&typed.kind);
            let title = format!("expected a kind that a form can ask for, found {found}");
            let label = "a setting is one value, a list of values or a table";
            self.problems.error(codes::check::SETTING_KIND, setting.kind.span, title, label);
        }
        good
    }

    /// Checks defaults and guards.
    pub(super) fn check_settings(&mut self, settings: &[&ast::Setting]) -> Vec<Setting> {
        let kinds = self.settings.clone();
        let mut all = Vec::new();
        for (setting, field) in settings.iter().zip(&kinds.fields) {
            let (default, table) = self.default(setting, &field.typed);
            let guard = setting.guard.as_ref().map(|guard| {
                let why = "a setting is shown by what other settings say";
                let outer = std::mem::replace(&mut self.frame, Frame::new(Place::Settings(why), 1));
                let read = self.settings_read.clone();
                let guard = self.condition(guard, "`when`");
                self.settings_read = read;
                self.frame = outer;
                guard.expr
            });
            all.push(Setting {
                name: field.name.clone(),
                typed: field.typed.clone(),
                default,
                table,
                label: setting.label.as_ref().map_or_else(|| field.name.clone(), |label| label.node.clone().into()),
                guard,
                span: setting.name.span,
            });
        }
        all
    }

    fn default(&mut self, setting: &ast::Setting, typed: &Typed) -> (Option<Expr>, Option<Arc<Table>>) {
        let Some(default) = &setting.default else { return (None, None) };
        if typed.kind == kinds::BROKEN {
            return (None, None);
        }
        match (default, &typed.kind) {
            (SettingDefault::Rows(rows), Kind::Table(key, value)) => {
                let span = setting.kind.span;
                let value = Typed::sure((**value).clone());
                let table = self.table_kinds((**key).clone(), span, value, span).map(|kinds| self.rows(rows, &kinds));
                (None, table.map(Arc::new))
            }
            (SettingDefault::Rows(rows), kind) => {
                let span = rows.first().map_or(setting.name.span, |row| row.span);
                let title = format!("expected a default of the kind {}, found rows", kinds::words(kind));
                self.problems.error(codes::check::SETTING_DEFAULT, span, title, "rows are for a `table K to K`");
                (None, None)
            }
            (SettingDefault::Value(_), Kind::Table(key, value)) if rows_file(setting).is_some() => {
                let span = setting.kind.span;
                let value = Typed::sure((**value).clone());
                let kinds = self.table_kinds((**key).clone(), span, value, span);
                let path = rows_file(setting);
                let rows = kinds.zip(path).map(|(kinds, path)| self.file_rows(&path, &kinds, setting.name.span));
                (None, rows.map(Arc::new))
            }
            (SettingDefault::Value(value), Kind::Table(..)) => {
                let title = "expected the rows of a table, found a value";
                let label = "written as `{ \"key\" = value, _ = value }`, or the name of a CSV file";
                self.problems.error(codes::check::SETTING_DEFAULT, value.span, title, label);
                (None, None)
            }
            (SettingDefault::Value(value), kind) => {
                let what = format!("the setting `{}`", setting.name.node);
                let why = "a default is a written value";
                let outer = std::mem::replace(&mut self.frame, Frame::new(Place::Settings(why), 1));
                let checked = self.expr(value);
                let literal = checked.literal || matches!(checked.expr.op, crate::eval::Op::Negate(_));
                if !literal && !self.told(&checked) {
                    let title = "expected a written value as a default, found one that is computed";
                    self.problems.error(codes::check::SETTING_DEFAULT, value.span, title, "write the value itself");
                }
                let default = if typed.maybe {
                    self.assign(checked, kind, &what)
                } else {
                    self.assign_sure(checked, kind, &what)
                };
                self.frame = outer;
                (Some(default), None)
            }
        }
    }
}
