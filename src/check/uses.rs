//! `use` lines go in; roles with their connectors, and the functions and tables of other files, come out.

use std::sync::Arc;

use crate::check::catalog::Imported;
use crate::check::checker::{Checker, RoleName};
use crate::check::library::Module;
use crate::check::notes::Meaning;
use crate::check::problems::suggest;
use crate::check::program::At;
use crate::check::scope::Place;
use crate::report::{Diagnostic, codes};
use crate::syntax::ast::{self, FileBody, Item, UseWhat};

impl<'a> Checker<'a> {
    /// Knows the roles and files that a flow uses.
    pub(super) fn uses(&mut self, items: &[ast::Spanned<Item>]) {
        for item in items {
            let Item::Use(wanted) = &item.node else { continue };
            let fresh = self.may_declare(&wanted.name.node, wanted.name.span);
            match &wanted.what {
                UseWhat::Connector(connector) => self.use_connector(connector, &wanted.name, fresh),
                UseWhat::File(path) => self.use_file(path, &wanted.name, fresh, &mut Vec::new()),
            }
        }
    }

    fn use_connector(&mut self, connector: &ast::Name, name: &ast::Name, fresh: bool) {
        let catalog = self.catalog;
        let Some(found) = catalog.connectors.get(&*connector.node) else {
            let title = format!("expected a connector, found `{}`", connector.node);
            let problem = Diagnostic::error(codes::check::UNKNOWN_CONNECTOR, connector.span, title)
                .label("no connector of that name");
            let known = catalog.connectors.keys().map(|name| &**name);
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

    fn use_file(&mut self, path: &ast::Name, name: &ast::Name, fresh: bool, above: &mut Vec<Arc<str>>) {
        let mut module = Module {
            span: name.span,
            functions: Default::default(),
            tables: Default::default(),
            used: false,
            broken: true,
        };
        let catalog = self.catalog;
        match catalog.files.get(&*path.node) {
            None => self.no_file(path),
            Some(file) => {
                if above.iter().any(|above| **above == *path.node) {
                    let circle = above.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" uses ");
                    let title = format!(
                        "expected files that do not use each other in a circle, found {circle} uses `{}`",
                        path.node
                    );
                    self.problems.error(codes::check::FILE_CIRCLE, path.span, title, "used here again");
                } else if path.node.ends_with(".rhai") {
                    self.script_file(file, &mut module);
                } else if let Some(tree) = &file.tree {
                    above.push(path.node.clone().into());
                    self.flow_file(file, tree, &mut module, path, above);
                    above.pop();
                } else if !path.node.ends_with(".flow") {
                    let title = format!("expected a `.rhai` or `.flow` file, found `{}`", path.node);
                    self.problems.error(codes::check::WRONG_FILE, path.span, title, "nothing can be used of it");
                }
            }
        }
        if fresh {
            self.modules.insert(name.node.clone(), module);
        }
    }

    /// The functions and tables of another flow.
    fn flow_file(
        &mut self,
        file: &'a Imported,
        tree: &'a ast::File,
        module: &mut Module,
        path: &ast::Name,
        above: &mut Vec<Arc<str>>,
    ) {
        let FileBody::Flow(flow) = &tree.body else {
            let title = format!("expected functions and tables in `{}`, found a connector", path.node);
            self.problems.error(codes::check::WRONG_FILE, path.span, title, "nothing can be used of it");
            return;
        };
        let mut inner = Checker::new(&file.source, self.catalog, Place::Flow, 2);
        for item in &flow.items {
            let Item::Use(wanted) = &item.node else { continue };
            let fresh = inner.may_declare(&wanted.name.node, wanted.name.span);
            match &wanted.what {
                UseWhat::Connector(connector) => inner.use_connector(connector, &wanted.name, fresh),
                UseWhat::File(path) => inner.use_file(path, &wanted.name, fresh, above),
            }
        }
        inner.library(&flow.items);
        inner.bodies();
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
        if self.broken_roles.contains(&named.role.node) {
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
