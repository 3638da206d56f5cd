//! A flow and its statements.

use super::super::ast::{
    Call, Create, Cursor, Ensure, Every, Find, Flow, From, Function, FunctionBody, Item, Parameter, Policy,
    PolicyAction, Require, Row, Rung, RungBy, Setting, SettingDefault, Spanned, Table, TableRows, Update, Use, UseWhat,
};
use super::super::grammar::{Node, Parts, Rule};
use super::Builder;

impl Builder {
    pub(super) fn flow(&mut self, node: Node<'_>) -> Flow {
        let mut parts = Parts::of(node);
        let mut head = Parts::of(parts.presume());
        let name = self.next_word(&mut head);
        let title = self.next_plain(&mut head);
        Flow { name, title, items: parts.map(|item| self.item(item)).collect() }
    }

    /// One statement.
    pub(in crate::syntax) fn item(&mut self, node: Node<'_>) -> Spanned<Item> {
        let node = Parts::of(node).presume();
        self.spanned(node, |builder, node| match node.as_rule() {
            Rule::use_line => Item::Use(builder.use_line(node)),
            Rule::settings => Item::Settings(Parts::of(node).map(|line| builder.setting(line)).collect()),
            Rule::from => Item::From(builder.from(node)),
            Rule::let_line => Item::Let(builder.let_line(node)),
            Rule::stop => Item::Stop(builder.stop(node)),
            Rule::find => Item::Find(builder.find(node)),
            Rule::require => Item::Require(builder.require(node)),
            Rule::ensure => Item::Ensure(builder.ensure(node)),
            Rule::create => Item::Create(builder.create(node)),
            Rule::update => Item::Update(builder.update(node)),
            Rule::call => Item::Call(builder.call(node)),
            Rule::policy => Item::Policy(builder.policy(node)),
            Rule::function => Item::Function(builder.function(node)),
            Rule::table => Item::Table(builder.table(node)),
            Rule::given => Item::Given(builder.given(node)),
            _ => Item::Test(builder.test(node)),
        })
    }

    fn use_line(&mut self, node: Node<'_>) -> Use {
        let mut parts = Parts::of(node);
        let what = parts.presume();
        let what = if what.as_rule() == Rule::plain {
            UseWhat::File(self.plain(&what))
        } else {
            UseWhat::Connector(self.word(&what))
        };
        Use { what, name: self.next_word(&mut parts) }
    }

    fn setting(&mut self, node: Node<'_>) -> Setting {
        let mut parts = Parts::of(node);
        let name = self.next_word(&mut parts);
        let kind = self.kind(parts.presume());
        let default = if let Some(rows) = parts.pick(Rule::rows) {
            Some(SettingDefault::Rows(self.rows(rows)))
        } else {
            parts.pick(Rule::expr).map(|value| SettingDefault::Value(self.expr(value)))
        };
        let label = parts.pick(Rule::plain).map(|label| self.plain(&label));
        Setting { name, kind, default, label, guard: self.guard(&mut parts) }
    }

    fn rows(&mut self, node: Node<'_>) -> Vec<Row> {
        Parts::of(node)
            .map(|row| {
                let span = self.span(&row);
                let mut parts = Parts::of(row);
                let key = parts.pick(Rule::literal).map(|key| self.literal(key));
                parts.pick(Rule::any);
                Row { key, value: self.literal(parts.presume()), span }
            })
            .collect()
    }

    fn from(&mut self, node: Node<'_>) -> From {
        let mut parts = Parts::of(node);
        let mut from = From {
            resource: self.next_resource(&mut parts),
            name: self.next_word(&mut parts),
            keys: Vec::new(),
            by: Vec::new(),
            cursors: Vec::new(),
            every: Vec::new(),
            webhook: None,
        };
        for part in parts {
            match part.as_rule() {
                Rule::from_key => from.keys.push(self.path(Parts::of(part).presume())),
                Rule::by => from.by.push(self.by(part)),
                Rule::cursor => from.cursors.push(self.spanned(part, Builder::cursor)),
                Rule::every => from.every.push(self.spanned(part, Builder::every)),
                _ => from.webhook = Some(self.span(&part)),
            }
        }
        from
    }

    fn cursor(&mut self, node: Node<'_>) -> Cursor {
        let mut parts = Parts::of(node);
        let path = self.path(parts.presume());
        let from = parts.pick(Rule::expr).map(|from| self.expr(from));
        let overlap = parts.pick(Rule::time).map(|time| self.spanned(time, Builder::time));
        Cursor { path, from, overlap }
    }

    fn every(&mut self, node: Node<'_>) -> Every {
        let what = Parts::of(node).presume();
        if what.as_rule() == Rule::time { Every::Time(self.time(what)) } else { Every::Cron(self.plain(&what).node) }
    }

    fn find(&mut self, node: Node<'_>) -> Find {
        let mut parts = Parts::of(node);
        let resource = self.next_resource(&mut parts);
        let name = self.next_word(&mut parts);
        let by = parts.pick(Rule::by).map(|by| self.by(by)).unwrap_or_default();
        Find { resource, name, by, several: parts.pick(Rule::end).map(|end| self.stop(end)) }
    }

    fn require(&mut self, node: Node<'_>) -> Require {
        let mut parts = Parts::of(node);
        let resource = self.next_resource(&mut parts);
        let by = self.by(parts.presume());
        Require { resource, by, otherwise: self.stop(parts.presume()) }
    }

    fn ensure(&mut self, node: Node<'_>) -> Ensure {
        let mut parts = Parts::of(node);
        let resource = self.next_resource(&mut parts);
        let name = self.next_word(&mut parts);
        let guard = self.guard(&mut parts);
        let (mut rungs, mut entries) = (Vec::new(), Vec::new());
        for part in parts {
            if part.as_rule() == Rule::rung {
                rungs.push(self.spanned(part, Builder::rung));
            } else {
                entries.push(self.entry(part));
            }
        }
        Ensure { resource, name, guard, rungs, entries }
    }

    fn rung(&mut self, node: Node<'_>) -> Rung {
        let node = Parts::of(node).presume();
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        match rule {
            Rule::rung_use => Rung::Use(self.expr(parts.presume())),
            Rule::rung_by => Rung::By(parts.map(|item| self.spanned(item, Builder::rung_item)).collect()),
            Rule::rung_several => Rung::Several(self.stop(parts.presume())),
            Rule::found_keep => Rung::FoundKeep,
            Rule::found_update => Rung::FoundUpdate(
                parts
                    .map(|field| {
                        let field = Parts::of(field).presume();
                        self.word(&field)
                    })
                    .collect(),
            ),
            Rule::missing_create => Rung::MissingCreate,
            _ => Rung::MissingStop(self.stop(parts.presume())),
        }
    }

    fn rung_item(&mut self, node: Node<'_>) -> RungBy {
        let part = Parts::of(node).presume();
        if part.as_rule() == Rule::expr {
            return RungBy::Linked(self.expr(part));
        }
        let field = Parts::of(part).presume();
        RungBy::Field(self.word(&field))
    }

    fn create(&mut self, node: Node<'_>) -> Create {
        let mut parts = Parts::of(node);
        let resource = self.next_resource(&mut parts);
        let name = self.next_word(&mut parts);
        let guard = self.guard(&mut parts);
        Create { resource, name, guard, body: self.body(parts.presume()) }
    }

    fn update(&mut self, node: Node<'_>) -> Update {
        let mut parts = Parts::of(node);
        let resource = self.next_resource(&mut parts);
        let id = self.expr(parts.presume());
        let guard = self.guard(&mut parts);
        Update { resource, id, guard, entries: self.record(parts.presume()) }
    }

    fn call(&mut self, node: Node<'_>) -> Call {
        let mut parts = Parts::of(node);
        let mut action = Parts::of(parts.presume());
        let resource = self.next_resource(&mut action);
        let action = self.next_word(&mut action);
        let id = self.expr(parts.presume());
        let name = parts.pick(Rule::name).map(|name| self.word(&name));
        let guard = self.guard(&mut parts);
        Call { resource, action, id, name, guard, body: parts.pick(Rule::body).map(|body| self.body(body)) }
    }

    fn policy(&mut self, node: Node<'_>) -> Policy {
        let end = node.clone().into_inner().next_back().expect("a policy has an action");
        let action = match end.as_rule() {
            Rule::kw_hold => PolicyAction::Hold,
            Rule::kw_stop => PolicyAction::Stop,
            Rule::kw_repeat => PolicyAction::Repeat,
            _ => {
                let mut parts = Parts::of(end);
                let times = self.small_count(&parts.presume());
                PolicyAction::Retry { times, over: parts.next().map(|over| self.time(over)) }
            }
        };
        let classes =
            Parts::of(node).filter(|part| part.as_rule() == Rule::word).map(|word| self.word(&word)).collect();
        Policy { classes, action }
    }

    pub(in crate::syntax) fn function(&mut self, node: Node<'_>) -> Function {
        let mut parts = Parts::of(node);
        let name = self.next_word(&mut parts);
        let mut parameters = Vec::new();
        while let Some(parameter) = parts.pick(Rule::parameter) {
            let mut parts = Parts::of(parameter);
            parameters.push(Parameter { name: self.next_word(&mut parts), kind: self.kind(parts.presume()) });
        }
        let result = self.kind(parts.presume());
        let body = parts.presume();
        let body = if body.as_rule() == Rule::script {
            let script = Parts::of(body).presume();
            FunctionBody::Script(self.word(&script))
        } else {
            FunctionBody::Expr(self.expr(body))
        };
        Function { name, parameters, result, body }
    }

    fn table(&mut self, node: Node<'_>) -> Table {
        let mut parts = Parts::of(node);
        let name = self.next_word(&mut parts);
        let key = self.kind(parts.presume());
        let value = self.kind(parts.presume());
        let rows = parts.presume();
        let rows = if rows.as_rule() == Rule::rows {
            TableRows::Rows(self.rows(rows))
        } else {
            TableRows::File(self.plain(&rows))
        };
        Table { name, key, value, rows }
    }
}
