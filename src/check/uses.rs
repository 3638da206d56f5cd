//! `use` lines go in; roles with their connectors, and the functions and tables of other files, come out.

use std::sync::Arc;

use crate::check::catalog::Imported;
use crate::check::checker::{Checker, RoleName};
use crate::check::library::Module;
use crate::check::notes::Meaning;
use crate::check::problems::suggest;
use crate::check::program::At;
use crate::check::scope::Place;
use crate::report::{Diagnostic, SourceId, Span, codes};
use crate::syntax::ast::{self, FileBody, Item, UseWhat};

/// A file on the way to the one that is looked at.
struct Above {
    source: SourceId,
    name: Arc<str>,
    /// Where the file above names it; none for the flow itself.
    line: Option<Span>,
}

impl<'a> Checker<'a> {
    /// Knows the roles and files that a flow uses.
    pub(super) fn uses(&mut self, items: &[ast::Spanned<Item>]) {
        let mut above = vec![Above { source: self.source.id, name: self.source.name.clone(), line: None }];
        self.uses_below(items, &mut above);
    }

    fn uses_below(&mut self, items: &[ast::Spanned<Item>], above: &mut Vec<Above>) {
        for item in items {
            let Item::Use(wanted) = &item.node else { continue };
            let fresh = self.may_declare(&wanted.name.node, wanted.name.span);
            match &wanted.what {
                UseWhat::Connector(connector) => self.use_connector(connector, &wanted.name, fresh),
                UseWhat::File(path) => {
                    let module = self.use_file(path, above);
                    if fresh {
                        self.modules.insert(wanted.name.node.clone(), Module { span: wanted.name.span, ..module });
                    }
                }
            }
        }
    }

    fn use_connector(&mut self, connector: &ast::Name, name: &ast::Name, fresh: bool) {
        let catalog = self.catalog;
        let Some(found) = catalog.connectors.get(&*connector.node) else {
            let title = format!("expected a connector, found `{}`", connector.node);
            let problem = Diagnostic::error(codes::check::UNKNOWN_CONNECTOR, connector.span, title)
                .label("no connector of that name");
            let known = catalog.connector_names.iter().map(String::as_str);
            self.problems.push(suggest(problem, connector.span, &connector.node, "the connectors are", known));
            self.broken_roles.push(name.node.clone());
            return;
        };
        for resource in &found.resources {
            self.know_shape(&resource.shape);
            for action in &resource.actions {
                if let Some(takes) = &action.takes {
                    self.know_shape(takes);
                }
            }
        }
        if fresh {
            let name_text = name.node.clone().into();
            self.roles.push(RoleName { name: name_text, span: name.span, connector: found.clone(), used: false });
        }
    }

    /// What can be used of a file; each file is checked once, by whatever ways it is reached.
    fn use_file(&mut self, path: &ast::Name, above: &mut Vec<Above>) -> Module {
        let catalog = self.catalog;
        let Some(file) = catalog.file(self.source.id, &path.node) else {
            self.no_file(path);
            return Module::broken();
        };
        let id = file.source.id;
        if let Some(begin) = above.iter().position(|above| above.source == id) {
            self.circle(path, file, &above[begin..]);
            return Module::broken();
        }
        if let Some(known) = self.done.get(&id) {
            return known.clone();
        }
        let mut module = Module::broken();
        if path.node.ends_with(".rhai") {
            self.script_file(file, &mut module);
        } else if let Some(tree) = &file.tree {
            above.push(Above { source: id, name: file.source.name.clone(), line: Some(path.span) });
            self.flow_file(file, tree, &mut module, path, above);
            above.pop();
        } else if !path.node.ends_with(".flow") {
            self.wrong_file(path);
            return module;
        }
        self.done.insert(id, module.clone());
        module
    }

    fn circle(&mut self, path: &ast::Name, file: &Imported, above: &[Above]) {
        let names = above.iter().map(|above| &above.name).chain([&file.source.name]);
        let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
        let title = format!("expected files that do not use each other in a circle, found {names}");
        let mut problem =
            Diagnostic::error(codes::check::FILE_CIRCLE, path.span, title).label("this closes the circle");
        for line in above.iter().skip(1).filter_map(|above| above.line) {
            problem = problem.other(line, "and this is a part of it");
        }
        self.problems.push(problem);
    }

    fn wrong_file(&mut self, path: &ast::Name) {
        let title = format!("expected a `.rhai` or `.flow` file, found `{}`", path.node);
        let mut problem =
            Diagnostic::error(codes::check::WRONG_FILE, path.span, title).label("nothing can be used of it");
        let file = path.node.rsplit('/').next().unwrap_or(&path.node);
        if file.ends_with(".csv") {
            problem = problem.note(format!("rows come in by a table: `table t: text to text = \"{}\"`", path.node));
        } else if let Some(name) = file.strip_suffix(".connector") {
            problem = problem.note(format!("a connector is used by its name, without quotes: `use {name} as …`"));
        }
        self.problems.push(problem);
    }

    /// The functions and tables of another flow.
    fn flow_file(
        &mut self,
        file: &'a Imported,
        tree: &'a ast::File,
        module: &mut Module,
        path: &ast::Name,
        above: &mut Vec<Above>,
    ) {
        let FileBody::Flow(flow) = &tree.body else {
            let title = format!("expected functions and tables in `{}`, found a connector", path.node);
            self.problems.error(codes::check::WRONG_FILE, path.span, title, "nothing can be used of it");
            return;
        };
        let mut inner = Checker::new(&file.source, self.catalog, Place::Flow, 2);
        inner.done = std::mem::take(&mut self.done);
        inner.uses_below(&flow.items, above);
        inner.library(&flow.items);
        inner.bodies();
        self.done = std::mem::take(&mut inner.done);
        module.broken = inner.problems.any();
        for (signature, callable) in inner.library.ready() {
            module.functions.insert(signature.name.clone(), (signature, callable));
        }
        for (name, table) in inner.library.tables() {
            module.tables.insert(Arc::from(name), table.clone());
        }
        self.problems.take(inner.problems);
    }

    /// The resource that is named, or none, which was told.
    pub(super) fn resource(&mut self, named: &ast::Resource) -> Option<At> {
        let broken_file = self.modules.get(&named.role.node).is_some_and(|module| module.broken);
        if broken_file || self.broken_roles.contains(&named.role.node) {
            return None;
        }
        let Some(role) = self.roles.iter().position(|role| *role.name == *named.role.node) else {
            let title = format!("expected a role that a `use` gives, found `{}`", named.role.node);
            let problem =
                Diagnostic::error(codes::check::UNKNOWN_ROLE, named.role.span, title).label("no role of that name");
            let known = self.roles.iter().map(|role| &*role.name);
            let problem = suggest(problem, named.role.span, &named.role.node, "the roles are", known);
            self.problems.push(problem);
            return None;
        };
        self.roles[role].used = true;
        let given = self.roles[role].span;
        self.note(named.role.span, None, || Meaning::Role(given));
        let connector = self.roles[role].connector.clone();
        let Some(resource) = connector.resource(&named.name.node) else {
            let title = format!("expected a resource of `{}`, found `{}`", named.role.node, named.name.node);
            let known = connector.resources.iter().map(|resource| &*resource.name.resource);
            let what = "its resources are";
            self.unknown(codes::check::UNKNOWN_RESOURCE, named.name.span, &named.name.node, title, what, known);
            return None;
        };
        self.note(named.name.span, None, || Meaning::Resource(resource.clone()));
        Some(At { role, resource: resource.clone() })
    }

    /// A resource's name as the flow says it.
    pub(super) fn resource_words(&self, at: &At) -> String {
        let role = self.roles.get(at.role).map_or("", |role| &*role.name);
        format!("{role}.{}", at.resource.name.resource)
    }
}
