//! A flow's file goes in; the flow, checked and planned with all that it imports, comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::{self, Catalog, Import, Imported, Program};
use crate::eval::Settings;
use crate::plan::{self, Graph};
use crate::report::{Diagnostic, Source, SourceId, Span, codes};
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
    /// The files of the workspace that it is made of: its own, what it imports, its connectors.
    pub files: BTreeSet<Arc<str>>,
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
    let file = Arc::new(file);
    let ast::FileBody::Flow(flow) = &file.body else {
        let title = "this file holds a connector where a flow is wanted";
        wrong.push(Diagnostic::error(codes::workspace::WRONG_FILE, beginning(&source), title));
        return None;
    };
    let mut importer = Importer::new(shelf, &source, file.clone());
    importer.gather(&text.path, &source, &file);
    let Importer { catalog, files, told, reached, .. } = importer;
    let program = match check::check(&file, &source, &catalog) {
        Ok(program) => program,
        Err(mistakes) => {
            // Of what is imported and has mistakes of its own those are told, and not that it is missing.
            let mistakes = mistakes.into_iter().filter(|mistake| !told.contains(&mistake.span));
            wrong.extend(mistakes.map(|mistake| reached.told(mistake)));
            return None;
        }
    };
    if !told.is_empty() {
        return None;
    }
    wrong.extend(program.warnings.iter().cloned().map(|warning| reached.told(warning)));
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
        files,
        uses: uses.collect(),
    })
}

/// The ways by which imported files were reached: the lines that name them, the flow's own first.
#[derive(Debug, Default)]
pub(crate) struct Reached(BTreeMap<SourceId, Vec<Arc<str>>>);

impl Reached {
    /// The same mistake; in an imported file with the way that leads there.
    pub(crate) fn told(&self, mistake: Diagnostic) -> Diagnostic {
        match self.0.get(&mistake.span.source) {
            Some(way) => mistake.note(format!("reached by {}", way.join(" → "))),
            None => mistake,
        }
    }
}

/// Gathers what a flow leans on.
pub(crate) struct Importer<'s> {
    shelf: &'s mut Shelf,
    /// What was gathered.
    pub(crate) catalog: Catalog,
    /// The files of the workspace among it.
    files: BTreeSet<Arc<str>>,
    /// The places whose import has mistakes of its own, which are told there.
    pub(crate) told: Vec<Span>,
    /// The files that were read, with their trees; none for one that cannot be used.
    read: BTreeMap<SourceId, Option<Imported>>,
    /// By which ways.
    pub(crate) reached: Reached,
}

impl Importer<'_> {
    /// Nothing is gathered yet.
    pub(crate) fn new<'s>(shelf: &'s mut Shelf, flow: &Source, tree: Arc<ast::File>) -> Importer<'s> {
        let connector_names = shelf.connector_names();
        let own = Imported { source: flow.clone(), tree: Some(tree) };
        Importer {
            shelf,
            catalog: Catalog { connector_names, ..Catalog::new(crate::builtin::all()) },
            files: BTreeSet::from([Arc::clone(&flow.name)]),
            told: Vec::new(),
            read: BTreeMap::from([(flow.id, Some(own))]),
            reached: Reached::default(),
        }
    }

    /// Adds all that a file imports, and what that imports.
    pub(crate) fn gather(&mut self, path: &str, source: &Source, file: &ast::File) {
        for import in check::imports(file) {
            match import {
                Import::Connector(name, span) => match self.connector(path, &name) {
                    Found::There(connector) => {
                        self.catalog.connectors.insert(name, connector);
                    }
                    Found::Broken => self.told.push(span),
                    Found::Nowhere => {}
                },
                Import::File(name, span) => {
                    let Some(found) = self.shelf.files.look(path, &name) else { continue };
                    match self.file(&found, source, span) {
                        Some(file) => drop(self.catalog.files.insert((source.id, name), file)),
                        None => self.told.push(span),
                    }
                }
            }
        }
    }

    fn connector(&mut self, path: &str, name: &str) -> Found {
        self.files.extend(self.shelf.connector_file(path, name).map(Arc::from));
        self.shelf.connector(path, name)
    }

    /// The file of that path, which the line at `span` of `by` names; none when it cannot be used, which was told.
    fn file(&mut self, path: &str, by: &Source, span: Span) -> Option<Imported> {
        let source = match self.shelf.files.read(path) {
            Ok(source) => source,
            Err(unread) => {
                let mistake = Diagnostic::error(unread.code, span, format!("`{path}` {}", unread.words));
                let mistake = self.reached.told(mistake);
                self.shelf.diagnostics.push(mistake);
                return None;
            }
        };
        self.files.insert(Arc::clone(&source.name));
        if let Some(known) = self.read.get(&source.id) {
            return known.clone();
        }
        let mut way = self.reached.0.get(&by.id).cloned().unwrap_or_default();
        way.pop();
        way.push(format!("{}:{}", by.name, by.place(span.start).line).into());
        way.push(source.name.clone());
        self.reached.0.insert(source.id, way);
        let tree = match path.ends_with(".flow").then(|| syntax::parse(&source)) {
            None => None,
            Some(Ok(tree)) => Some(Arc::new(tree)),
            Some(Err(mistakes)) => {
                let mistakes = mistakes.into_iter().map(|mistake| self.reached.told(mistake));
                self.shelf.diagnostics.extend(mistakes);
                self.read.insert(source.id, None);
                return None;
            }
        };
        let file = Imported { source: source.clone(), tree };
        self.read.insert(source.id, Some(file.clone()));
        if let Some(tree) = &file.tree {
            self.gather(path, &source, tree);
        }
        Some(file)
    }
}
