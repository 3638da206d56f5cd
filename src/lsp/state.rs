//! What the server knows between two messages: the texts that are open, the folders they lie in, and what was found out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use lsp_types as lsp;
use serde_json::{Value, json};
use url::Url;

use crate::check::{self, Notes};
use crate::lsp::connector::ConnectorFile;
use crate::lsp::document::Document;
use crate::lsp::place::{Columns, Lines};
use crate::lsp::server::Options;
use crate::lsp::tokens;
use crate::report::{Source, SourceId, Span};
use crate::syntax::{self, ast};
use crate::workspace::{Desk, Study};

/// What the words of a text mean.
pub(super) struct Seen {
    /// The text.
    pub(super) source: Source,
    /// All of it that can be read.
    pub(super) tree: Arc<ast::File>,
    /// All of it can be read.
    pub(super) whole: bool,
    /// What its words mean.
    pub(super) notes: Notes,
}

/// All that the server knows.
pub(super) struct State {
    options: Options,
    /// How columns are counted.
    pub(super) columns: Columns,
    /// The editor fills in snippets.
    pub(super) snippets: bool,
    /// The editor shows further places of a mistake.
    pub(super) related: bool,
    /// The editor tells of files that change on disk when it is asked to.
    pub(super) watches_files: bool,
    /// The editor asks for texts that the binary holds.
    pub(super) asks_for_texts: bool,
    roots: Vec<PathBuf>,
    pub(super) desks: Vec<Desk>,
    pub(super) documents: BTreeMap<String, Rc<Document>>,
    studies: BTreeMap<String, Rc<Study>>,
    seen: BTreeMap<String, Rc<Seen>>,
    /// Connectors as they were written, by desk and text.
    pub(super) connectors: BTreeMap<(usize, SourceId), Rc<ConnectorFile>>,
    /// What was told last of each text.
    pub(super) told: BTreeMap<String, (Option<i32>, Vec<lsp::Diagnostic>)>,
    pub(super) dirty: bool,
}

impl State {
    /// Nothing is known yet.
    pub(super) fn new(options: Options) -> State {
        State {
            options,
            columns: Columns::Utf16,
            snippets: false,
            related: false,
            watches_files: false,
            asks_for_texts: false,
            roots: Vec::new(),
            desks: Vec::new(),
            documents: BTreeMap::new(),
            studies: BTreeMap::new(),
            seen: BTreeMap::new(),
            connectors: BTreeMap::new(),
            told: BTreeMap::new(),
            dirty: false,
        }
    }

    /// Something changed since mistakes were told.
    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Takes note of what an editor can do; what we can do.
    pub(super) fn initialize(&mut self, known: &lsp::InitializeParams, raw: &Value) -> Value {
        let can = |path: &str| raw.pointer(&format!("/capabilities/{path}")).cloned().unwrap_or_default();
        let encodings = can("general/positionEncodings");
        let utf8 = encodings.as_array().is_some_and(|all| all.iter().any(|one| one == "utf-8"));
        self.columns = if utf8 { Columns::Utf8 } else { Columns::Utf16 };
        self.snippets = can("textDocument/completion/completionItem/snippetSupport") == true;
        self.related = can("textDocument/publishDiagnostics/relatedInformation") == true;
        self.watches_files = can("workspace/didChangeWatchedFiles/dynamicRegistration") == true;
        self.asks_for_texts = raw.pointer("/initializationOptions/textDocumentContent") == Some(&json!(true))
            || can("workspace/textDocumentContent").is_object();
        let folders = known.workspace_folders.iter().flatten().map(|folder| folder.uri.as_str());
        let root = raw.get("rootUri").and_then(Value::as_str);
        self.roots = folders.chain(root).filter_map(path_of).collect();
        json!({
            "capabilities": {
                "positionEncoding": if utf8 { "utf-8" } else { "utf-16" },
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "completionProvider": { "triggerCharacters": [".", "\"", " "] },
                "hoverProvider": true,
                "definitionProvider": true,
                "referencesProvider": true,
                "documentHighlightProvider": true,
                "renameProvider": { "prepareProvider": true },
                "documentSymbolProvider": true,
                "documentFormattingProvider": true,
                "codeActionProvider": { "codeActionKinds": ["quickfix"] },
                "semanticTokensProvider": {
                    "legend": { "tokenTypes": tokens::TYPES, "tokenModifiers": tokens::MODIFIERS },
                    "full": true
                },
                "workspace": { "textDocumentContent": { "schemes": ["koppel"] } }
            },
            "serverInfo": { "name": "koppel", "version": env!("CARGO_PKG_VERSION") }
        })
    }

    /// Heeds what an editor says without wanting an answer; what it says in a wrong way is passed by.
    pub(super) fn heed(&mut self, method: &str, params: Value) {
        match method {
            "textDocument/didOpen" => {
                if let Ok(said) = serde_json::from_value::<lsp::DidOpenTextDocumentParams>(params) {
                    self.open(said.text_document);
                }
            }
            "textDocument/didChange" => {
                if let Ok(said) = serde_json::from_value::<lsp::DidChangeTextDocumentParams>(params) {
                    self.change(said);
                }
            }
            "textDocument/didClose" => {
                if let Ok(said) = serde_json::from_value::<lsp::DidCloseTextDocumentParams>(params) {
                    self.close(said.text_document.uri.as_str());
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" | "workspace/didChangeConfiguration" => {
                self.dirty = true;
            }
            _ => {}
        }
    }

    fn open(&mut self, item: lsp::TextDocumentItem) {
        let (desk, name) = self.lie(item.uri.as_str());
        let text: Arc<str> = item.text.into();
        self.desks[desk].open(&name, text.clone());
        let lines = Lines::of(&text, self.columns);
        let key = item.uri.as_str().to_owned();
        self.forget(&key);
        self.documents.insert(key, Rc::new(Document { uri: item.uri, desk, name, version: item.version, text, lines }));
    }

    fn change(&mut self, said: lsp::DidChangeTextDocumentParams) {
        let key = said.text_document.uri.as_str().to_owned();
        let Some(document) = self.documents.get_mut(&key) else { return };
        let document = Rc::make_mut(document);
        document.change(said.content_changes, self.columns);
        document.version = said.text_document.version;
        self.desks[document.desk].open(&document.name, document.text.clone());
        self.forget(&key);
    }

    fn close(&mut self, key: &str) {
        if let Some(document) = self.documents.remove(key) {
            self.desks[document.desk].close(&document.name);
            self.forget(key);
        }
    }

    fn forget(&mut self, key: &str) {
        self.studies.remove(key);
        self.seen.remove(key);
        self.dirty = true;
    }

    /// Forgets all that was found out, after a fault of ours.
    pub(super) fn start_afresh(&mut self) {
        self.studies.clear();
        self.seen.clear();
        self.connectors.clear();
        self.desks = self.desks.iter().map(|desk| Desk::new(desk.folder())).collect();
        for document in self.documents.values() {
            self.desks[document.desk].open(&document.name, document.text.clone());
        }
        self.dirty = false;
    }

    /// The desk on which a text lies, and its name there.
    fn lie(&mut self, uri: &str) -> (usize, String) {
        let Some(path) = path_of(uri) else {
            // A text that was never saved lies in no folder; it is taken for a flow.
            let folder = self.roots.first().cloned().unwrap_or_default();
            let name: String = uri.chars().map(|sign| if sign.is_alphanumeric() { sign } else { '-' }).collect();
            return (self.desk(&folder), format!("{name}.flow"));
        };
        let root = self.roots.iter().find(|root| path.starts_with(root)).cloned();
        let beside = path.parent().map(Path::to_owned);
        let folder = Desk::folder_of(&path).or(root).or(beside).unwrap_or_default();
        let desk = self.desk(&folder);
        let name = self.desks[desk].name(&path);
        (desk, name)
    }

    fn desk(&mut self, folder: &Path) -> usize {
        match self.desks.iter().position(|desk| desk.folder() == folder) {
            Some(at) => at,
            None => {
                self.desks.push(Desk::new(folder));
                self.desks.len() - 1
            }
        }
    }

    /// The text that an editor speaks of.
    pub(super) fn document(&self, uri: &lsp::Uri) -> Option<Rc<Document>> {
        self.documents.get(uri.as_str()).cloned()
    }

    /// What is to be known of an open text.
    pub(super) fn study(&mut self, document: &Document) -> Option<Rc<Study>> {
        let key = document.uri.as_str();
        let desk = &mut self.desks[document.desk];
        if let Some(known) = self.studies.get(key)
            && desk.is_current(known)
        {
            return Some(known.clone());
        }
        let study = match document.name.rsplit('.').next() {
            Some("rhai") => desk.study_script(&document.name),
            Some("flow" | "connector") => desk.study(&document.name),
            _ => None,
        };
        let study = Rc::new(study?);
        self.studies.insert(key.to_owned(), study.clone());
        self.seen.remove(key);
        Some(study)
    }

    /// What the words of an open flow mean.
    pub(super) fn seen(&mut self, document: &Document) -> Option<Rc<Seen>> {
        let study = self.study(document)?;
        let key = document.uri.as_str();
        if let Some(known) = self.seen.get(key) {
            return Some(known.clone());
        }
        let seen = Rc::new(look(&study));
        self.seen.insert(key.to_owned(), seen.clone());
        Some(seen)
    }

    /// A place in a text of a desk, as an editor finds it.
    pub(super) fn locate(&mut self, desk: usize, span: Span) -> Option<lsp::Location> {
        let source = self.desks[desk].source(span.source)?.clone();
        let range = Lines::of(&source.text, self.columns).span(&source.text, span);
        Some(lsp::Location { uri: self.uri_of(desk, &source)?, range })
    }

    /// What an editor calls a text.
    pub(super) fn uri_of(&self, desk: usize, source: &Source) -> Option<lsp::Uri> {
        let open = self.documents.values().find(|document| document.desk == desk && document.name == *source.name);
        if let Some(document) = open {
            return Some(document.uri.clone());
        }
        match self.desks[desk].place(source) {
            Some(path) => Url::from_file_path(path).ok()?.as_str().parse().ok(),
            None => self.held_uri(source),
        }
    }

    /// A text of the binary: asked for by its name, or laid into a file that nobody writes.
    fn held_uri(&self, source: &Source) -> Option<lsp::Uri> {
        let name = source.name.strip_prefix("koppel:")?;
        if self.asks_for_texts {
            return format!("koppel:/{name}").parse().ok();
        }
        let path = self.options.cache.join(name);
        if fs::read(&path).ok().as_deref() != Some(source.text.as_bytes()) {
            fs::create_dir_all(path.parent()?).ok()?;
            let _ = fs::remove_file(&path);
            fs::write(&path, source.text.as_bytes()).ok()?;
            let mut rights = fs::metadata(&path).ok()?.permissions();
            rights.set_readonly(true);
            let _ = fs::set_permissions(&path, rights);
        }
        Url::from_file_path(path).ok()?.as_str().parse().ok()
    }

    /// The number of a text by its name on a desk.
    pub(super) fn source_named(&mut self, desk: usize, name: &str) -> Option<SourceId> {
        self.desks[desk].read(name).map(|source| source.id)
    }
}

/// What the words of a flow mean, as far as it can be read.
pub(super) fn look(study: &Study) -> Seen {
    let whole = study.tree.is_some();
    let tree = study.tree.clone().unwrap_or_else(|| Arc::new(syntax::parse_partly(&study.source)));
    let notes = check::look(&tree, &study.source, &study.catalog, None).notes;
    Seen { source: study.source.clone(), tree, whole, notes }
}

/// The path that a file's address names.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    Url::parse(uri).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}
