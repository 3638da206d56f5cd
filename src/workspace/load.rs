//! A folder and a wish go in; the workspace as far as the wish needs it, or all mistakes on the way, comes out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::report::{Code, Diagnostic, Severity, Source, Sources, Span, codes, nearest};
use crate::workspace::bind;
use crate::workspace::config::{self, Config, listed};
use crate::workspace::connected::Connected;
use crate::workspace::files::{Files, Tree, name_from};
use crate::workspace::flow::{self, Flow};
use crate::workspace::keep;
use crate::workspace::retention::Retention;
use crate::workspace::secret::Reference;
use crate::workspace::shelf::{Found, Shelf};

/// The name of a workspace's file.
pub const CONFIG: &str = "koppel.toml";
/// The variable that holds the key where `koppel.toml` names no other.
const KEY: &str = "KOPPEL_KEY";

/// How much of a workspace is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// `koppel.toml` alone.
    Files,
    /// Connections with their connectors too.
    Connections,
    /// Flows, checked, too.
    Flows,
    /// Their settings, filled in, too.
    Settings,
    /// A connection for each of their roles too: they could run.
    Bound,
    /// All that is there, and the connectors that nothing uses too.
    All,
}

/// What is wanted of which workspace.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where the command stands.
    pub from: &'a Path,
    /// The workspace's folder; without it the nearest upwards with a `koppel.toml`, else the flow's folder.
    pub folder: Option<&'a Path>,
    /// The flows, by name or file; all when there are none.
    pub flows: &'a [String],
    /// How much is needed.
    pub depth: Depth,
}

/// A workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its folder.
    pub folder: PathBuf,
    /// It has a `koppel.toml`.
    pub has_config: bool,
    /// Whose records these are.
    pub tenant: Arc<str>,
    /// Of cron times and of a datetime's day.
    pub zone: TimeZone,
    /// The ledger's file.
    pub ledger: PathBuf,
    /// A file with the certificates of further authorities.
    pub authorities: Option<PathBuf>,
    /// What seals what the ledger keeps secret.
    pub(crate) key: Reference,
    /// Where that stands, if it does.
    pub(crate) key_span: Span,
    /// The connections.
    pub connections: Vec<Connected>,
    /// How long what came in and went out is kept.
    pub retention: Retention,
    /// The flows that were asked for, in that order.
    pub flows: Vec<Flow>,
    /// All texts that were read.
    pub sources: Sources,
    /// What is likely not meant.
    pub warnings: Vec<Diagnostic>,
}

impl Workspace {
    /// The connection of that name.
    #[must_use]
    pub fn connection(&self, name: &str) -> Option<&Connected> {
        self.connections.iter().find(|connected| &*connected.name == name)
    }
}

/// Why there is no workspace.
#[derive(Clone, Debug)]
pub enum Problems {
    /// What was asked for is not there.
    NotThere(Box<Diagnostic>),
    /// Mistakes in files.
    Mistakes {
        /// The mistakes, by place; warnings among them.
        diagnostics: Vec<Diagnostic>,
        /// The texts.
        sources: Sources,
    },
}

/// Loads a workspace from disk.
///
/// # Errors
/// When a flow that is asked for is not there, and with all mistakes in what was read.
pub fn load(request: &Request<'_>) -> Result<Workspace, Problems> {
    let folder = find_folder(request)?;
    let wanted: Vec<Wanted> = request.flows.iter().map(|flow| Wanted::new(flow, request.from, &folder)).collect();
    Loader::new(Tree::Disk(folder.clone()), folder).load(&wanted, request.depth)
}

/// Loads the workspace that the binary holds, with this `koppel.toml`; its ledger lies in `folder`.
///
/// # Errors
/// With all mistakes in `config`.
pub fn load_embedded(folder: &Path, config: String, flows: &[&str]) -> Result<Workspace, Problems> {
    let wanted: Vec<Wanted> = flows.iter().map(|name| Wanted::Name((*name).to_owned())).collect();
    let tree = Tree::Embedded(BTreeMap::from([(CONFIG.to_owned(), config)]));
    Loader::new(tree, folder.to_owned()).load(&wanted, Depth::Bound)
}

/// Loads a flow, with its settings, from files that were kept.
pub(crate) fn load_kept(files: BTreeMap<String, String>, flow: &str) -> Result<Workspace, Problems> {
    let wanted = [Wanted::File(flow.to_owned())];
    Loader::new(Tree::Kept(files), PathBuf::new()).load(&wanted, Depth::Settings)
}

/// A flow that is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Name(String),
    /// Its path from the workspace's folder, or a path of its own.
    File(String),
}

impl Wanted {
    fn new(flow: &str, from: &Path, folder: &Path) -> Wanted {
        if is_file(flow) { Wanted::File(name_from(folder, &from.join(flow))) } else { Wanted::Name(flow.to_owned()) }
    }
}

fn is_file(flow: &str) -> bool {
    flow.ends_with(".flow") || flow.contains(['/', '\\'])
}

pub(crate) fn find_folder(request: &Request<'_>) -> Result<PathBuf, Problems> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = request.folder {
        let folder = absolute(&request.from.join(folder));
        if folder.is_dir() {
            return Ok(folder);
        }
        return Err(not_there(codes::command::FILE, format!("there is no folder `{}`", folder.display())));
    }
    let upwards = |start: &Path| start.ancestors().find(|folder| folder.join(CONFIG).is_file()).map(Path::to_owned);
    let here = absolute(request.from);
    let beside = request
        .flows
        .iter()
        .find(|flow| is_file(flow))
        .and_then(|flow| absolute(&request.from.join(flow)).parent().map(Path::to_owned));
    let found = beside.as_deref().and_then(upwards).or_else(|| upwards(&here));
    Ok(found.or(beside).unwrap_or(here))
}

/// A workspace while it is loaded.
pub(crate) struct Loader {
    folder: PathBuf,
    shelf: Shelf,
    diagnostics: Vec<Diagnostic>,
}

impl Loader {
    fn new(tree: Tree, folder: PathBuf) -> Loader {
        Loader::over(Shelf::new(Files::new(tree)), folder)
    }

    /// A workspace of files that are read already, perhaps.
    pub(crate) fn over(shelf: Shelf, folder: PathBuf) -> Loader {
        Loader { folder, shelf, diagnostics: Vec::new() }
    }

    /// The files, and the mistakes that were found.
    pub(crate) fn into_parts(self) -> (Shelf, Vec<Diagnostic>) {
        (self.shelf, self.diagnostics)
    }

    fn load(mut self, wanted: &[Wanted], depth: Depth) -> Result<Workspace, Problems> {
        let workspace = self.gather(wanted, depth)?;
        self.finish(workspace)
    }

    /// All that the wish needs; mistakes are noted.
    pub(crate) fn gather(&mut self, wanted: &[Wanted], depth: Depth) -> Result<Workspace, Problems> {
        // 1. What `koppel.toml` says; without one everything is as its default.
        let has_config = self.shelf.files.is_there(CONFIG);
        let read = if has_config { self.read_config() } else { Some(Config::default()) };
        let readable = read.is_some();
        let config = read.unwrap_or_default();

        // 2. The connections and their connectors.
        let connections = if depth >= Depth::Connections { self.connections(&config) } else { Vec::new() };

        // 3. The flows: all are read for their names, those that are wanted are checked.
        let mut flows = Vec::new();
        if depth >= Depth::Flows {
            // To map two versions beside each other is what they are there for; they cannot be told apart by name.
            let beside = depth == Depth::Settings && wanted.iter().all(|wish| matches!(wish, Wanted::File(_)));
            let found = self.find_flows(beside && !wanted.is_empty());
            self.expect_known_flows(&config, &found);
            let chosen = self.choose(wanted, found)?;
            for found in chosen {
                if let Some(flow) = flow::check(&mut self.shelf, found, &mut self.diagnostics) {
                    flows.push(flow);
                }
            }
        }
        let zone = config.zone.clone().unwrap_or(TimeZone::UTC);

        // 4. What binds them: settings and roles. Without a `koppel.toml` only a run needs that; of one that cannot be
        //    read nobody knows what it lacks.
        let binds = readable && (has_config || depth < Depth::All);
        for flow in &mut flows {
            let said = config.flows.iter().find(|said| said.name.node == flow.program.name);
            if depth >= Depth::Settings && binds {
                flow.settings = bind::settings(flow, said, &zone, &mut self.diagnostics);
                let config = keep::config(&zone, &flow.program.name, said);
                flow.kept = keep::keep(flow, config, &self.shelf.files.sources).into();
            }
            if depth >= Depth::Bound && binds {
                flow.connections = bind::roles(flow, said, &connections, &mut self.diagnostics);
            }
        }
        if depth >= Depth::All {
            self.shelf.check_all_connectors();
        }
        self.diagnostics.append(&mut self.shelf.diagnostics);
        Ok(Workspace {
            has_config,
            tenant: "main".into(),
            zone,
            ledger: self.folder.join(config.ledger.as_deref().unwrap_or("koppel.db")),
            authorities: config.ca.as_deref().map(|path| self.folder.join(path)),
            key_span: config.key.as_ref().map_or(Span::NONE, |key| key.span),
            key: config.key.map_or_else(|| Reference::Env(KEY.into()), |key| key.node),
            connections,
            retention: config.retention,
            flows,
            sources: Sources::default(),
            warnings: Vec::new(),
            folder: self.folder.clone(),
        })
    }

    fn finish(mut self, mut workspace: Workspace) -> Result<Workspace, Problems> {
        self.diagnostics.sort_by_key(|problem| (problem.span.source, problem.span.start, problem.code));
        // A mistake in a file that several flows use is one mistake, with the ways that lead to it.
        self.diagnostics.dedup_by(|next, first| {
            let same = (next.code, next.span, &next.title) == (first.code, first.span, &first.title);
            if same {
                let more: Vec<String> = next.notes.drain(..).filter(|note| !first.notes.contains(note)).collect();
                first.notes.extend(more);
            }
            same
        });
        let sources = std::mem::take(&mut self.shelf.files.sources);
        if self.diagnostics.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(Problems::Mistakes { diagnostics: self.diagnostics, sources });
        }
        workspace.sources = sources;
        workspace.warnings = self.diagnostics;
        Ok(workspace)
    }

    /// What `koppel.toml` says; nothing when it cannot be read or is no TOML.
    fn read_config(&mut self) -> Option<Config> {
        match self.shelf.files.read(CONFIG) {
            Ok(source) => {
                let (config, mut wrong) = config::read(&source);
                let readable = wrong.iter().all(|mistake| mistake.code != codes::workspace::TOML);
                self.diagnostics.append(&mut wrong);
                readable.then_some(config)
            }
            Err(unread) => {
                let unread = self.shelf.unread(CONFIG, &unread);
                self.diagnostics.push(unread);
                None
            }
        }
    }

    fn connections(&mut self, config: &Config) -> Vec<Connected> {
        let mut connections = Vec::new();
        for said in &config.connections {
            let named = said.connector.as_ref().unwrap_or(&said.name);
            match self.shelf.connector(CONFIG, &named.node) {
                Found::There(connector) => {
                    connections.push(Connected::new(said, connector, &mut self.diagnostics));
                }
                Found::Broken => {}
                Found::Nowhere => {
                    let title = format!("there is no connector `{}`", named.node);
                    let names = self.shelf.connector_names();
                    let diagnostic = Diagnostic::error(codes::workspace::NO_CONNECTOR, named.span, title);
                    self.diagnostics.push(match nearest(&named.node, names.iter().map(String::as_str)) {
                        Some(meant) if said.connector.is_some() => {
                            diagnostic.fix(format!("did you mean `{meant}`?"), named.span, format!("\"{meant}\""))
                        }
                        Some(meant) => diagnostic.note(format!("did you mean `connector = \"{meant}\"`?")),
                        None => diagnostic.note(format!("there are {}", listed(&names))),
                    });
                }
            }
        }
        connections
    }

    /// All flows of the workspace by name; of two of one name the first.
    fn find_flows(&mut self, twins: bool) -> Vec<flow::Text> {
        let mut found: Vec<flow::Text> = Vec::new();
        let paths = [self.shelf.files.list("", ".flow"), self.shelf.files.list("flows", ".flow")].concat();
        for path in paths {
            let text = flow::read(&mut self.shelf, &path);
            let twin = found.iter().find(|other| other.name == text.name && text.name_span.is_some());
            if let (Some(twin), Some(span), false) = (twin, text.name_span, twins) {
                let title = format!("two flows have the name `{}`", text.name);
                let mut diagnostic = Diagnostic::error(codes::workspace::SAME_NAME, span, title);
                if let Some(other) = twin.name_span {
                    diagnostic = diagnostic.other(other, "this is the other one");
                }
                self.diagnostics.push(diagnostic);
            }
            found.push(text);
        }
        found
    }

    fn expect_known_flows(&mut self, config: &Config, found: &[flow::Text]) {
        let names: Vec<&str> = found.iter().map(|text| &*text.name).collect();
        for said in &config.flows {
            if !names.contains(&&*said.name.node) {
                let title = format!("this workspace has no flow `{}`", said.name.node);
                let diagnostic = Diagnostic::error(codes::workspace::UNKNOWN_FLOW, said.name.span, title);
                self.diagnostics.push(match nearest(&said.name.node, names.iter().copied()) {
                    Some(meant) => diagnostic.fix(format!("did you mean `{meant}`?"), said.name.span, meant),
                    None => diagnostic.note(format!("there are {}", listed(&names))),
                });
            }
        }
    }

    fn choose(&mut self, wanted: &[Wanted], found: Vec<flow::Text>) -> Result<Vec<flow::Text>, Problems> {
        if wanted.is_empty() {
            return Ok(found);
        }
        let mut chosen = Vec::new();
        for wish in wanted {
            let text = match wish {
                Wanted::Name(name) => {
                    found.iter().find(|text| *text.name == **name).cloned().ok_or_else(|| no_flow(name, &found))?
                }
                Wanted::File(path) => match found.iter().find(|text| text.path == *path) {
                    Some(text) => text.clone(),
                    None if self.shelf.files.is_there(path) => flow::read(&mut self.shelf, path),
                    None => return Err(not_there(codes::command::FILE, format!("there is no file `{path}`"))),
                },
            };
            chosen.push(text);
        }
        Ok(chosen)
    }
}

fn no_flow(name: &str, found: &[flow::Text]) -> Problems {
    let names: Vec<&str> = found.iter().map(|text| &*text.name).collect();
    let problem = Diagnostic::error(codes::command::NOT_KNOWN, Span::NONE, format!("there is no flow `{name}`"));
    let problem = problem.found(name).expected(names.join(", "));
    Problems::NotThere(Box::new(match nearest(name, names.iter().copied()) {
        Some(meant) => problem.fix(format!("did you mean `{meant}`?"), Span::NONE, meant),
        None if names.is_empty() => problem.note("the workspace has no flows: a flow is a file `flows/NAME.flow`"),
        None => problem.note(format!("there {} {}", if names.len() == 1 { "is" } else { "are" }, listed(&names))),
    }))
}

/// What was asked for is not there, in words.
pub(crate) fn not_there(code: Code, words: impl Into<String>) -> Problems {
    Problems::NotThere(Box::new(Diagnostic::error(code, Span::NONE, words)))
}

/// A place at the beginning of a text.
pub(crate) fn beginning(source: &Source) -> Span {
    Span { source: source.id, start: 0, end: 0 }
}
