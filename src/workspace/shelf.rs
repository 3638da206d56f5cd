//! A connector's name goes in; the connector, read and checked once, comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check;
use crate::connect::Connector;
use crate::report::{Diagnostic, Severity, Source, Span, codes};
use crate::syntax::{self, ast};
use crate::workspace::embedded::embedded;
use crate::workspace::files::{Files, Unread};
use crate::workspace::load::beginning;

/// What became of looking for a connector.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// It is there and sound.
    There(Arc<Connector>),
    /// It is there; its mistakes are noted.
    Broken,
    /// There is none of that name.
    Nowhere,
}

/// The files of a workspace, and the connectors among them that were asked for.
pub(crate) struct Shelf {
    /// The files.
    pub(crate) files: Files,
    /// Mistakes in connectors and in files that cannot be read.
    pub(crate) diagnostics: Vec<Diagnostic>,
    connectors: BTreeMap<String, Option<Arc<Connector>>>,
}

impl Shelf {
    /// Nothing was asked for yet.
    pub(crate) fn new(files: Files) -> Shelf {
        Shelf { files, diagnostics: Vec::new(), connectors: BTreeMap::new() }
    }

    /// The connector of that name as `by` sees it: beside it, in `connectors/`, else among the embedded.
    pub(crate) fn connector(&mut self, by: &str, name: &str) -> Found {
        if let Some(path) = self.connector_file(by, name) {
            return self.checked(&path);
        }
        let path = format!("connectors/{name}.connector");
        match self.files.read_embedded(&path) {
            Some(source) => self.check_source(&format!("koppel:{path}"), &source),
            None => Found::Nowhere,
        }
    }

    /// The file of that connector, where the workspace has one.
    pub(crate) fn connector_file(&self, by: &str, name: &str) -> Option<String> {
        let file = format!("{name}.connector");
        let beside = match by.rfind('/') {
            Some(at) => format!("{}/{file}", &by[..at]),
            None => file.clone(),
        };
        [beside, format!("connectors/{file}")].into_iter().find(|path| self.files.is_there(path))
    }

    /// The text of the connector of that name as `by` sees it.
    pub(crate) fn connector_source(&mut self, by: &str, name: &str) -> Option<Source> {
        match self.connector_file(by, name) {
            Some(path) => self.files.read(&path).ok(),
            None => self.files.read_embedded(&format!("connectors/{name}.connector")),
        }
    }

    /// Checks the connector in that file; its mistakes are noted.
    pub(crate) fn check_connector(&mut self, path: &str) {
        self.checked(path);
    }

    /// Forgets a connector whose file is another now.
    pub(crate) fn forget(&mut self, path: &str) {
        self.connectors.remove(path);
    }

    /// The names of all connectors that a flow of the workspace could use.
    pub(crate) fn connector_names(&self) -> Vec<String> {
        let own = [self.files.list("", ".connector"), self.files.list("connectors", ".connector")].concat();
        let shipped = embedded().iter().map(|file| file.path.to_owned()).filter(|path| path.starts_with("connectors/"));
        let name = |path: String| path.rsplit('/').next()?.strip_suffix(".connector").map(str::to_owned);
        let mut names: Vec<String> = own.into_iter().chain(shipped).filter_map(name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Checks the connectors of the workspace that nothing asked for too.
    pub(crate) fn check_all_connectors(&mut self) {
        for folder in ["", "connectors", "flows"] {
            for path in self.files.list(folder, ".connector") {
                self.checked(&path);
            }
        }
    }

    /// The mistake that a file cannot be read.
    pub(crate) fn unread(&mut self, path: &str, unread: &Unread) -> Diagnostic {
        let source = self.files.stand_in(path, unread.text.as_str());
        let end = u32::try_from(unread.text.len()).expect("a text of a workspace is bounded at 16 MiB");
        let span = Span { source: source.id, start: end, end };
        Diagnostic::error(unread.code, span, format!("`{path}` {}", unread.words))
    }

    fn checked(&mut self, path: &str) -> Found {
        if let Some(known) = self.connectors.get(path) {
            return known.clone().map_or(Found::Broken, Found::There);
        }
        match self.files.read(path) {
            Ok(source) => self.check_source(path, &source),
            Err(unread) => {
                let diagnostic = self.unread(path, &unread);
                self.diagnostics.push(diagnostic);
                self.connectors.insert(path.to_owned(), None);
                Found::Broken
            }
        }
    }

    fn check_source(&mut self, path: &str, source: &Source) -> Found {
        if let Some(known) = self.connectors.get(path) {
            return known.clone().map_or(Found::Broken, Found::There);
        }
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".connector");
        let connector = self.connector_of(stem, source).map(Arc::new);
        self.connectors.insert(path.to_owned(), connector.clone());
        connector.map_or(Found::Broken, Found::There)
    }

    fn connector_of(&mut self, stem: &str, source: &Source) -> Option<Connector> {
        let mut wrong = Vec::new();
        let connector = match syntax::parse(source) {
            Ok(ast::File { body: ast::FileBody::Flow(_), .. }) => {
                let title = "this file holds a flow where a connector is wanted";
                wrong.push(Diagnostic::error(codes::workspace::WRONG_FILE, beginning(source), title));
                None
            }
            Ok(file) => {
                if let ast::FileBody::Connector(connector) = &file.body
                    && *connector.name.node != *stem
                {
                    let name = &connector.name;
                    let title = format!("connector `{}` stands in the file of a connector `{stem}`", name.node);
                    wrong.push(
                        Diagnostic::error(codes::workspace::WRONG_FILE, name.span, title)
                            .note("a connector is found by the name of its file"),
                    );
                }
                check::connector(&file, source).map_err(|mut mistakes| wrong.append(&mut mistakes)).ok()
            }
            Err(mut mistakes) => {
                wrong.append(&mut mistakes);
                None
            }
        };
        // A connector without errors has nothing to say: its warnings are its author's.
        self.diagnostics.extend(wrong.into_iter().filter(|mistake| mistake.severity == Severity::Error));
        connector
    }
}
