//! Files of a workspace that change while they are looked at go in, with the texts that a person has not saved yet; what is
//! wrong with one of them, and what it leans on, comes out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{self, Catalog};
use crate::report::{Diagnostic, Source, SourceId, codes};
use crate::syntax::{self, ast};
use crate::workspace::embedded::embedded_file;
use crate::workspace::files::{Files, Tree, name_from};
use crate::workspace::flow::Importer;
use crate::workspace::load::{CONFIG, Depth, Loader};
use crate::workspace::shelf::Shelf;

/// The files of a workspace while they are edited.
pub struct Desk {
    folder: PathBuf,
    shelf: Shelf,
    /// The mistakes of connectors.
    broken: BTreeMap<SourceId, Vec<Diagnostic>>,
    /// What is wrong with `koppel.toml`, and the texts that was found with.
    config: Option<(Vec<Arc<str>>, Vec<Diagnostic>)>,
}

/// What was found out about one file.
#[derive(Clone, Debug)]
pub struct Study {
    /// Its text.
    pub source: Source,
    /// Its tree; none when it cannot be read as it is.
    pub tree: Option<Arc<ast::File>>,
    /// What it may lean on.
    pub catalog: Arc<Catalog>,
    /// All mistakes, those in files that it leans on too.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that this was found with.
    leans_on: Vec<(SourceId, Arc<str>)>,
    /// Something it names is not there, and may come.
    lacks: bool,
}

impl Desk {
    /// The desk for a folder.
    #[must_use]
    pub fn new(folder: &Path) -> Desk {
        let shelf = Shelf::new(Files::new(Tree::Disk(folder.to_owned())));
        Desk { folder: folder.to_owned(), shelf, broken: BTreeMap::new(), config: None }
    }

    /// The folder of the workspace that a file belongs to: the nearest upwards with a `koppel.toml`.
    #[must_use]
    pub fn folder_of(path: &Path) -> Option<PathBuf> {
        path.ancestors().skip(1).find(|folder| folder.join(CONFIG).is_file()).map(Path::to_owned)
    }

    /// The workspace's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of a file as it is shown: from the workspace's folder.
    #[must_use]
    pub fn name(&self, path: &Path) -> String {
        name_from(&self.folder, path)
    }

    /// A person edits that file: its text is this, whatever the disk says.
    pub fn open(&mut self, name: &str, text: Arc<str>) {
        self.shelf.files.open(name, text);
        self.forget(name);
    }

    /// The disk counts again for that file.
    pub fn close(&mut self, name: &str) {
        self.shelf.files.close(name);
        self.forget(name);
    }

    /// Forgets what was read of files that are another on disk now.
    pub fn refresh(&mut self) {
        for name in self.shelf.files.changed() {
            self.forget(&name);
        }
    }

    fn forget(&mut self, name: &str) {
        if let Some(id) = self.shelf.files.forget(name) {
            self.broken.remove(&id);
        }
        self.shelf.forget(name);
    }

    /// Takes over what was told while files were read; what is no connector's comes out.
    fn told(&mut self) -> Vec<Diagnostic> {
        let (connectors, others): (Vec<Diagnostic>, Vec<Diagnostic>) =
            std::mem::take(&mut self.shelf.diagnostics).into_iter().partition(|mistake| {
                self.shelf.files.sources.get(mistake.span.source).is_some_and(|it| it.name.ends_with(".connector"))
            });
        for mistake in connectors {
            self.broken.entry(mistake.span.source).or_default().push(mistake);
        }
        others
    }

    /// The text of that number.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.shelf.files.sources.get(id)
    }

    /// The text of a file by its path from the workspace's folder.
    pub fn read(&mut self, name: &str) -> Option<Source> {
        self.shelf.files.read(name).ok()
    }

    /// The connector's file, as a flow at `by` sees it.
    pub fn connector_source(&mut self, by: &str, name: &str) -> Option<Source> {
        self.shelf.connector_source(by, name)
    }

    /// Where a text lies on disk; none for one that the binary holds.
    #[must_use]
    pub fn place(&self, source: &Source) -> Option<PathBuf> {
        (!source.name.starts_with("koppel:")).then(|| self.folder.join(&*source.name))
    }

    /// A text of the binary by the name it has here.
    #[must_use]
    pub fn held(name: &str) -> Option<&'static str> {
        std::str::from_utf8(embedded_file(name.strip_prefix("koppel:")?)?.bytes).ok()
    }

    /// Where a file lies that is named in the file `by`.
    #[must_use]
    pub fn find(&self, by: &str, name: &str) -> Option<PathBuf> {
        self.shelf.files.look(by, name).map(|path| self.folder.join(path))
    }

    /// The names of all connectors that a flow could use.
    #[must_use]
    pub fn connector_names(&self) -> Vec<String> {
        self.shelf.connector_names()
    }

    /// All flows and the flows they may share functions with.
    #[must_use]
    pub fn flows(&self) -> Vec<String> {
        ["", "flows", "flows/lib", "lib"].iter().flat_map(|folder| self.shelf.files.list(folder, ".flow")).collect()
    }

    /// Files that could be used in a flow at `by`, as it would write them.
    #[must_use]
    pub fn usable(&self, by: &str) -> Vec<String> {
        let folder = by.rfind('/').map_or("", |at| &by[..at]);
        let join = |inner: &str| if folder.is_empty() { inner.to_owned() } else { format!("{folder}/{inner}") };
        let mut all = Vec::new();
        for place in [folder.to_owned(), join("lib")] {
            for ending in [".rhai", ".flow"] {
                all.extend(self.shelf.files.list(place.trim_end_matches('/'), ending));
            }
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut names: Vec<String> =
            all.iter().filter(|path| *path != by).map(|path| path.trim_start_matches(&prefix).to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether all that a study was found with is still so.
    pub fn is_current(&mut self, study: &Study) -> bool {
        !study.lacks
            && study.leans_on.iter().all(|(id, text)| {
                let name = self.source(*id).map(|source| source.name.clone());
                let now = name.and_then(|name| self.shelf.files.read(&name).ok());
                now.is_some_and(|now| Arc::ptr_eq(&now.text, text))
            })
    }

    /// Finds out about a flow or a connector; none when it is not there.
    pub fn study(&mut self, name: &str) -> Option<Study> {
        let source = self.read(name)?;
        let catalog = Catalog::new(crate::builtin::all());
        let mut study = Study {
            leans_on: vec![(source.id, source.text.clone())],
            source: source.clone(),
            tree: None,
            catalog: Arc::new(catalog.clone()),
            diagnostics: Vec::new(),
            lacks: false,
        };
        if let Err(too_large) = syntax::source_text(source.id, source.text.as_bytes()) {
            study.diagnostics.push(*too_large);
            return Some(study);
        }
        if name.ends_with(".connector") {
            study.tree = syntax::parse(&source).ok().map(Arc::new);
            self.shelf.check_connector(name);
            self.told();
            study.diagnostics = self.broken.get(&source.id).cloned().unwrap_or_default();
            return Some(study);
        }
        let (partial, read) = match syntax::parse(&source) {
            Ok(tree) => (tree, true),
            Err(mistakes) => {
                study.diagnostics = mistakes;
                (syntax::parse_partly(&source), false)
            }
        };
        let partial = Arc::new(partial);
        let mut importer = Importer::new(&mut self.shelf, &source, partial.clone());
        importer.gather(name, &source, &partial);
        let Importer { catalog, told, reached, .. } = importer;
        study.lacks = check::imports(&partial).iter().any(|import| match import {
            check::Import::Connector(wanted, _) => self.shelf.connector_source(name, wanted).is_none(),
            check::Import::File(path, _) => catalog.file(source.id, path).is_none(),
        });
        study.leans_on.extend(catalog.files.values().map(|file| (file.source.id, file.source.text.clone())));
        for import in check::imports(&partial) {
            if let check::Import::Connector(connector, _) = import
                && let Some(source) = self.shelf.connector_source(name, &connector)
            {
                study.leans_on.push((source.id, source.text));
            }
        }
        if read {
            study.diagnostics = check_flow(name, &partial, &source, &catalog, &told);
            study.diagnostics = study.diagnostics.into_iter().map(|mistake| reached.told(mistake)).collect();
        }
        // What is imported and has mistakes of its own tells them itself.
        study.diagnostics.extend(self.told());
        for (id, _) in &study.leans_on[1..] {
            study.diagnostics.extend(self.broken.get(id).into_iter().flatten().cloned());
        }
        study.catalog = Arc::new(catalog);
        study.tree = read.then_some(partial);
        Some(study)
    }

    /// What is wrong with a script that nothing of the workspace need use.
    pub fn study_script(&mut self, name: &str) -> Option<Study> {
        let source = self.read(name)?;
        let catalog = Catalog::new(crate::builtin::all());
        let diagnostics = check::script(&source, catalog.builtins);
        Some(Study {
            leans_on: vec![(source.id, source.text.clone())],
            source,
            tree: None,
            catalog: Arc::new(catalog),
            diagnostics,
            lacks: false,
        })
    }

    /// What is wrong with `koppel.toml`, measured against all flows of the workspace.
    pub fn study_config(&mut self) -> Vec<Diagnostic> {
        let Some(config) = self.read(CONFIG) else { return Vec::new() };
        let mut texts = vec![config.text.clone()];
        for flow in self.flows() {
            texts.extend(self.read(&flow).map(|source| source.text));
        }
        if let Some((known, diagnostics)) = &self.config
            && known.len() == texts.len()
            && known.iter().zip(&texts).all(|(known, text)| Arc::ptr_eq(known, text))
        {
            return diagnostics.clone();
        }
        let empty = Shelf::new(Files::new(Tree::Disk(self.folder.clone())));
        let shelf = std::mem::replace(&mut self.shelf, empty);
        let mut loader = Loader::over(shelf, self.folder.clone());
        let _ = loader.gather(&[], Depth::All);
        let (shelf, mut diagnostics) = loader.into_parts();
        self.shelf = shelf;
        diagnostics.retain(|mistake| mistake.span.source == config.id);
        self.config = Some((texts, diagnostics.clone()));
        diagnostics
    }
}

/// What is wrong with a flow, or with functions and tables for other flows.
fn check_flow(
    name: &str,
    tree: &ast::File,
    source: &Source,
    catalog: &Catalog,
    told: &[crate::report::Span],
) -> Vec<Diagnostic> {
    let mut diagnostics = match check::check(tree, source, catalog) {
        Ok(program) => program.warnings,
        Err(mistakes) => mistakes,
    };
    diagnostics.retain(|mistake| !told.contains(&mistake.span));
    // A file of functions and tables for other flows has no source, and does not use what is in it.
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    if !matches!(folder, "" | "flows") && !has_source(tree) {
        let quiet = [codes::check::SOURCE_COUNT, codes::check::UNUSED_FUNCTION];
        diagnostics.retain(|mistake| !quiet.contains(&mistake.code));
    }
    diagnostics
}

fn has_source(tree: &ast::File) -> bool {
    match &tree.body {
        ast::FileBody::Flow(flow) => flow.items.iter().any(|item| matches!(item.node, ast::Item::From(_))),
        ast::FileBody::Connector(_) => false,
    }
}
