//! Flows and their statements.

use crate::syntax::ast::{
    Body, By, Every, Expr, Function, FunctionBody, Item, PolicyAction, Resource, Row, Rung, RungBy, Setting,
    SettingDefault, Spanned, Stop, TableRows, UseWhat,
};

use super::expr::{expr, kind, literal, when};
use super::{Outline, listed, names, quoted, time};

impl Outline {
    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Use(line) => {
                let what = match &line.what {
                    UseWhat::Connector(name) => name.node.to_string(),
                    UseWhat::File(path) => quoted(path),
                };
                self.line(format_args!("use {what} as {}", line.name.node));
            }
            Item::Settings(settings) => {
                self.line("settings");
                self.below(|out| settings.iter().for_each(|setting| out.setting(setting)));
            }
            Item::From(from) => {
                self.line(format_args!("from {} as {}", resource(&from.resource), from.name.node));
                self.below(|out| {
                    from.keys.iter().for_each(|key| out.line(format_args!("key {}", expr(key))));
                    from.by.iter().for_each(|line| out.line(by(line)));
                    for cursor in &from.cursors {
                        let from =
                            cursor.node.from.as_ref().map_or_else(String::new, |from| format!(" from {}", expr(from)));
                        let again =
                            cursor.node.overlap.as_ref().map(|overlap| format!(" overlap {}", time(overlap.node)));
                        out.line(format_args!("cursor {}{from}{}", expr(&cursor.node.path), again.unwrap_or_default()));
                    }
                    for every in &from.every {
                        match &every.node {
                            Every::Time(length) => out.line(format_args!("every {}", time(*length))),
                            Every::Cron(text) => out.line(format_args!("every {text:?}")),
                        }
                    }
                    if from.webhook.is_some() {
                        out.line("webhook");
                    }
                });
            }
            Item::Let(line) => {
                let guard = when(line.guard.as_ref());
                self.line(format_args!("let {} = {}{guard}", line.name.node, expr(&line.value)));
            }
            Item::Stop(line) => self.line(stop(line)),
            Item::Find(find) => {
                self.line(format_args!("find {} as {}", resource(&find.resource), find.name.node));
                self.below(|out| {
                    if !find.by.is_empty() {
                        out.line(by(&find.by));
                    }
                    if let Some(several) = &find.several {
                        out.line(format_args!("several {}", stop(several)));
                    }
                });
            }
            Item::Require(require) => {
                let otherwise = stop(&require.otherwise);
                self.line(format_args!("require {} {} else {otherwise}", resource(&require.resource), by(&require.by)));
            }
            Item::Ensure(ensure) => {
                let head = format!("ensure {} as {}", resource(&ensure.resource), ensure.name.node);
                self.line(format_args!("{head}{}", when(ensure.guard.as_ref())));
                self.below(|out| {
                    ensure.rungs.iter().for_each(|rung| out.line(self::rung(&rung.node)));
                    out.entries(&ensure.entries);
                });
            }
            Item::Create(create) => {
                let head = format!("create {} as {}", resource(&create.resource), create.name.node);
                self.line(format_args!("{head}{}", when(create.guard.as_ref())));
                self.body(&create.body);
            }
            Item::Update(update) => {
                let head = format!("update {}({})", resource(&update.resource), expr(&update.id));
                self.line(format_args!("{head}{}", when(update.guard.as_ref())));
                self.below(|out| out.entries(&update.entries));
            }
            Item::Call(call) => {
                let name = call.name.as_ref().map_or_else(String::new, |name| format!(" as {}", name.node));
                let head = format!("call {}.{}({})", resource(&call.resource), call.action.node, expr(&call.id));
                self.line(format_args!("{head}{name}{}", when(call.guard.as_ref())));
                call.body.iter().for_each(|body| self.body(body));
            }
            Item::Policy(policy) => {
                let action = match policy.action {
                    PolicyAction::Retry { times, over } => {
                        let over = over.map_or_else(String::new, |over| format!(" over {}", time(over)));
                        format!("retry {times} times{over}")
                    }
                    PolicyAction::Hold => "hold".to_owned(),
                    PolicyAction::Stop => "stop".to_owned(),
                    PolicyAction::Repeat => "repeat".to_owned(),
                };
                self.line(format_args!("on {} {action}", names(&policy.classes)));
            }
            Item::Function(function) => self.function(function),
            Item::Table(table) => {
                let head = format!("table {}: ({}) to ({})", table.name.node, kind(&table.key), kind(&table.value));
                match &table.rows {
                    TableRows::Rows(rows) => self.line(format_args!("{head} = {}", self::rows(rows))),
                    TableRows::File(path) => self.line(format_args!("{head} = {}", quoted(path))),
                }
            }
            Item::Given(line) => self.given(line),
            Item::Test(test) => self.test(test),
        }
    }

    fn setting(&mut self, setting: &Setting) {
        let default = match &setting.default {
            Some(SettingDefault::Value(value)) => format!(" = {}", expr(value)),
            Some(SettingDefault::Rows(rows)) => format!(" = {}", self::rows(rows)),
            None => String::new(),
        };
        let label = setting.label.as_ref().map_or_else(String::new, |label| format!(" {}", quoted(label)));
        let guard = when(setting.guard.as_ref());
        self.line(format_args!("{}: {}{default}{label}{guard}", setting.name.node, kind(&setting.kind)));
    }

    fn body(&mut self, body: &Body) {
        self.below(|out| {
            body.keys.iter().for_each(|key| out.line(format_args!("key {} = {}", key.field.text(), expr(&key.value))));
            out.entries(&body.entries);
        });
    }

    fn function(&mut self, function: &Function) {
        let parameters = listed(&function.parameters, |one| format!("{}: {}", one.name.node, kind(&one.kind)));
        let head = format!("fn {}({parameters}) -> {}", function.name.node, kind(&function.result));
        match &function.body {
            FunctionBody::Expr(value) => self.line(format_args!("{head} = {}", expr(value))),
            FunctionBody::Script(script) => self.line(format_args!("{head} rhai {}", quoted(script))),
        }
    }
}

pub(super) fn resource(resource: &Resource) -> String {
    format!("{}.{}", resource.role.node, resource.name.node)
}

fn by(conditions: &[Spanned<By>]) -> String {
    let linked = |value: &Expr| format!("linked {}", expr(value));
    let conditions = listed(conditions, |condition| match &condition.node {
        By::Linked(value) => linked(value),
        By::Equals(field, value) => format!("{} = {}", field.text(), expr(value)),
        By::In(field, values) => format!("{} in {}", field.text(), expr(values)),
    });
    format!("by {conditions}")
}

fn stop(stop: &Stop) -> String {
    format!("{}{} because {}", stop.word.node.word(), when(stop.guard.as_ref()), expr(&stop.because))
}

fn rung(rung: &Rung) -> String {
    match rung {
        Rung::Use(value) => format!("use {}", expr(value)),
        Rung::By(parts) => {
            let parts = listed(parts, |part| match &part.node {
                RungBy::Linked(value) => format!("linked {}", expr(value)),
                RungBy::Field(name) => name.node.to_string(),
            });
            format!("by {parts}")
        }
        Rung::Several(end) => format!("several {}", stop(end)),
        Rung::FoundKeep => "found keep".to_owned(),
        Rung::FoundUpdate(fields) => format!("found update {}", names(fields)),
        Rung::MissingCreate => "missing create".to_owned(),
        Rung::MissingStop(end) => format!("missing {}", stop(end)),
    }
}

fn rows(rows: &[Row]) -> String {
    let rows = listed(rows, |row| {
        let key = row.key.as_ref().map_or_else(|| "_".to_owned(), |key| literal(&key.node));
        format!("{key} = {}", literal(&row.value.node))
    });
    format!("rows {{{rows}}}")
}
