//! A flow's file goes in; the flow, checked and planned with all that it imports, comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::{self, Catalog, Import, Imported, Program};
use crate::eval::Settings;
use crate::plan::{self, Graph};
use crate::report::{Diagnostic, Source, Span, codes};
use crate::syntax::{self, ast};
use crate::workspace::load::beginning;
use crate::workspace::shelf::{Found, Shelf};

/// A flow of the workspace.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its file.
    pub path: Arc<str>,
    /// What it is.
    pub program: Arc<Program>,
    /// Its steps.
    pub graph: Arc<Graph>,
    /// The names of the connections by the number of the role, once bound.
    pub connections: Vec<Arc<str>>,
    /// Its settings, once filled in.
    pub settings: Option<Arc<Settings>>,
    /// All that this version is made of, for the ledger; once its settings are filled in.
    pub kept: Arc<[u8]>,
    /// The files that it imports, and those that these import.
    pub(crate) imports: Vec<Arc<str>>,
    /// Where each role is named.
    pub(crate) uses: Vec<(Arc<str>, Span)>,
}

/// A flow's file as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Its path.
    pub(crate) path: String,
    /// Its name; that of the file when it cannot be read.
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) name_span: Option<Span>,
    /// What stands in it.
    read: Result<(Source, ast::File), Vec<Diagnostic>>,
}

/// Reads a flow's file.
pub(crate) fn read(shelf: &mut Shelf, path: &str) -> Text {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".flow").to_owned();
    let read = match shelf.files.read(path) {
        Ok(source) => syntax::parse(&source).map(|file| (source, file)),
        Err(unread) => Err(vec![shelf.unread(path, &unread)]),
    };
    let name = match &read {
        Ok((_, ast::File { body: ast::FileBody::Flow(flow), .. })) => Some(&flow.name),
        _ => None,
    };
    Text {
        path: path.to_owned(),
        name: name.map_or(stem, |name| name.node.to_string()),
        name_span: name.map(|name| name.span),
        read,
    }
}

/// Checks a flow with all that it imports.
pub(crate) fn check(shelf: &mut Shelf, text: Text, wrong: &mut Vec<Diagnostic>) -> Option<Flow> {
    let (source, file) = match text.read {
        Ok(read) => read,
        Err(mut mistakes) => {
            wrong.append(&mut mistakes);
            return None;
        }
    };
    let ast::FileBody::Flow(flow) = &file.body else {
        let title = "this file holds a connector where a flow is wanted";
        wrong.push(Diagnostic::error(codes::workspace::WRONG_FILE, beginning(&source), title));
        return None;
    };
    let catalog = Catalog { connectors: BTreeMap::new(), files: BTreeMap::new(), builtins: crate::builtin::all() };
    let mut importer = Importer { shelf, catalog, told: Vec::new(), paths: Vec::new() };
    importer.gather(&text.path, &file);
    let Importer { catalog, told, paths: imports, .. } = importer;
    let program = match check::check(&file, &source, &catalog) {
        Ok(program) => program,
        Err(mistakes) => {
            // Of what is imported and has mistakes of its own those are told, and not that it is missing.
            wrong.extend(mistakes.into_iter().filter(|mistake| !told.contains(&mistake.span)));
            return None;
        }
    };
    if !told.is_empty() {
        return None;
    }
    wrong.extend(program.warnings.iter().cloned());
    let program = Arc::new(program);
    let graph = Arc::new(plan::build(&program));
    let uses = flow.items.iter().filter_map(|item| match &item.node {
        ast::Item::Use(used) => Some((Arc::from(&*used.name.node), used.name.span)),
        _ => None,
    });
    Some(Flow {
        path: text.path.into(),
        program,
        graph,
        connections: Vec::new(),
        settings: None,
        kept: Arc::new([]),
        imports,
        uses: uses.collect(),
    })
}

/// Gathers what a flow leans on.
struct Importer<'s> {
    shelf: &'s mut Shelf,
    catalog: Catalog,
    /// The places whose import has mistakes of its own, which are told there.
    told: Vec<Span>,
    /// The files that were read.
    paths: Vec<Arc<str>>,
}

impl Importer<'_> {
    /// Adds all that a file imports, and what that imports.
    fn gather(&mut self, path: &str, file: &ast::File) {
        for import in check::imports(file) {
            match import {
                Import::Connector(name, span) => match self.shelf.connector(path, &name) {
                    Found::There(connector) => {
                        self.catalog.connectors.insert(name, connector);
                    }
                    Found::Broken => self.told.push(span),
                    Found::Nowhere => {}
                },
                Import::File(name, span) if !self.catalog.files.contains_key(&name) => {
                    if let Some(found) = self.shelf.files.look(path, &name)
                        && let Err(mistakes) = self.add_file(&found, name, span)
                    {
                        self.shelf.diagnostics.extend(mistakes);
                        self.told.push(span);
                    }
                }
                Import::File(..) => {}
            }
        }
    }

    fn add_file(&mut self, path: &str, name: Arc<str>, span: Span) -> Result<(), Vec<Diagnostic>> {
        let source = self
            .shelf
            .files
            .read(path)
            .map_err(|unread| vec![Diagnostic::error(unread.code, span, format!("`{path}` {}", unread.words))])?;
        self.paths.push(source.name.clone());
        let tree = if path.ends_with(".flow") { Some(Arc::new(syntax::parse(&source)?)) } else { None };
        self.catalog.files.insert(name, Imported { source, tree: tree.clone() });
        if let Some(tree) = tree {
            self.gather(path, &tree);
        }
        Ok(())
    }
}
