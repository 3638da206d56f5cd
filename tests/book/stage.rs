//! A page goes in; each of its blocks is tried in the way of its kind, and what is not as the page says comes out.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use koppel::report::{self, Diagnostic, Severity, Sources, Style, codes};
use koppel::syntax;
use koppel::workspace::{self, Depth, Problems, Request};

use super::shell::Shell;
use super::steady;
use super::warehouse::Warehouse;
use crate::support::around;
use crate::support::folder::Folder;
use crate::support::markdown::{self, Block};

/// What trying a page gave.
#[derive(Default)]
pub(super) struct Tried {
    /// What is not as the page says.
    pub(super) wrong: Vec<String>,
    /// Blocks whose text is what a command prints or a message says: the line each opens on, and what it is now.
    pub(super) changed: Vec<(usize, String)>,
}

/// A folder, a terminal in it, and what the last wrong block is told.
struct Stage {
    name: String,
    folder: Folder,
    shell: Shell,
    warehouse: Option<Warehouse>,
    message: Option<String>,
    tried: Tried,
}

/// Tries all blocks of a page.
pub(super) fn try_page(name: &str, page: &str) -> Tried {
    let folder = Folder::with(&[]);
    let shell = Shell::new(&folder.path().canonicalize().expect("the folder is there"));
    let tried = Tried::default();
    let mut stage = Stage { name: name.to_string(), folder, shell, warehouse: None, message: None, tried };
    stage.furnish(page);
    for block in markdown::blocks(page) {
        if block.language != "text" && stage.message.take().is_some_and(|told| !told_by(&block, &told)) {
            stage.wrong(
                &block,
                "the wrong block above is followed neither by a `text` block nor by a command that tell it",
            );
        }
        stage.try_block(&block);
    }
    if stage.message.is_some() {
        stage.tried.wrong.push(format!("{name}: the last wrong block is not followed by a `text` block"));
    }
    stage.close()
}

/// A command shows the message that is owed.
fn told_by(block: &Block, message: &str) -> bool {
    let first = message.lines().next().unwrap_or_default();
    block.language == "console" && block.text.lines().any(|line| line == first)
}

impl Stage {
    fn wrong(&mut self, block: &Block, words: impl AsRef<str>) {
        self.tried.wrong.push(format!("{}:{}: {}", self.name, block.line, words.as_ref()));
    }

    /// Lays out what a page begins with: the samples, and what its comments at the top name.
    fn furnish(&mut self, page: &str) {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        symlink(home.join("samples"), self.folder.path().join("samples")).expect("there is room");
        for line in page.lines() {
            let Some(wish) = line.strip_prefix("<!-- stage: ").and_then(|rest| rest.strip_suffix(" -->")) else {
                continue;
            };
            match wish {
                // The repository, as it is after a clone.
                "repository" => {
                    for path in ["koppel.toml", "flows/orders.flow", "flows/customers.flow", "flows/lib/dutch.rhai"] {
                        self.folder.put(path, markdown::file(path));
                    }
                    for path in ["connectors", "snapshots"] {
                        symlink(home.join(path), self.folder.path().join(path)).expect("there is room");
                    }
                }
                // The warehouse of the guide.
                "warehouse" => {
                    let warehouse = Warehouse::start();
                    self.shell.port(7430, warehouse.port);
                    self.warehouse = Some(warehouse);
                }
                _ => self.tried.wrong.push(format!("{}: nobody knows the stage `{wish}`", self.name)),
            }
        }
    }

    /// What is left to say: in the warehouse no reference stands twice, and something was brought there.
    fn close(mut self) -> Tried {
        let Some(warehouse) = &self.warehouse else { return self.tried };
        let mut kept = warehouse.kept();
        kept.sort();
        let count = kept.len();
        kept.dedup_by_key(|line| line.split(' ').next().map(str::to_string));
        let released = kept.iter().filter(|line| line.ends_with(" released")).count();
        if count != kept.len() || released == 0 {
            self.tried.wrong.push(format!("{}: the warehouse holds {kept:?}, {count} parcels", self.name));
        }
        self.tried
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.shell.folder.join(file);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("there is room");
        fs::write(path, self.shell.moved(text)).expect("there is room");
    }

    fn add(&self, file: &str, text: &str) {
        let path = self.shell.folder.join(file);
        let old = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}: no block makes {file}", self.name));
        fs::write(path, format!("{old}\n{}", self.shell.moved(text))).expect("there is room");
    }

    fn try_block(&mut self, block: &Block) {
        if let Some(file) = block.value("file").or(block.value("add")) {
            let named = file.rsplit('/').next().unwrap_or(file);
            if !block.before.contains(named) {
                self.wrong(block, format!("the words above do not say that this is {file}"));
            }
        }
        match block.language.as_str() {
            "koppel" => self.try_koppel(block),
            "toml" => self.try_toml(block),
            "rhai" => self.try_rhai(block),
            "json" => self.try_json(block),
            "csv" => match block.value("file") {
                Some(file) => self.put(file, &block.text),
                None => self.wrong(block, "a table has a `file=`"),
            },
            "console" => self.try_console(block),
            "text" => self.try_text(block),
            other => self.wrong(block, format!("nobody executes a block of `{other}`")),
        }
    }

    /// A flow or a connector, whole or some lines of it: sound and canonical, or wrong in the way that is shown.
    fn try_koppel(&mut self, block: &Block) {
        let connector = block.has("connector");
        let example = if connector { "connectors/example.connector" } else { "flows/example.flow" };
        let around = if connector { around::connector } else { around::flow };
        let file = block.value("file").or(block.value("add")).unwrap_or(example);
        let whole = match block.value("add") {
            Some(file) => {
                let old = fs::read_to_string(self.shell.folder.join(file)).unwrap_or_default();
                format!("{old}\n{}", block.text)
            }
            None => around(&block.text),
        };
        if !block.has("wrong") {
            self.try_form(block, &whole);
        }
        // Some lines alone stay until others come: the settings below them are theirs.
        let _ = fs::remove_file(self.shell.folder.join("flows/example.flow"));
        self.put(file, &whole);
        let told = self.told(if connector { Depth::All } else { Depth::Flows });
        if connector && file == example {
            let _ = fs::remove_file(self.shell.folder.join(file));
        }
        self.judge(block, told, file == example);
        // Tests in some lines alone are run here; those of a file by the commands of its page.
        if file == example && !block.has("wrong") && format!("\n{}", block.text).contains("\ntest \"") {
            let printed = self.shell.run(&format!("koppel test {file} --workspace . --accept")).unwrap_or_default();
            if self.shell.ended() != 0 {
                self.wrong(block, format!("its tests fail:\n{printed}"));
            }
        }
    }

    /// Its form is the canonical one.
    fn try_form(&mut self, block: &Block, whole: &str) {
        let canonical = |text: &str| syntax::format(&Sources::default().add("a.flow", text)).ok();
        let Some(formed) = canonical(whole) else { return };
        if formed.contains(&block.text) {
            return;
        }
        self.wrong(block, format!("its canonical form is\n{formed}"));
        let head = whole.strip_suffix(&block.text).and_then(canonical);
        if let Some(text) = head.and_then(|head| formed.strip_prefix(&head).map(str::to_string)) {
            self.tried.changed.push((block.line, text.trim_start_matches('\n').to_string()));
        } else if *whole == *block.text {
            self.tried.changed.push((block.line, formed));
        }
    }

    /// What `koppel check` says of what lies there.
    fn told(&self, depth: Depth) -> (Vec<Diagnostic>, Sources) {
        let folder = &self.shell.folder;
        match workspace::load(&Request { from: folder, folder: Some(folder), flows: &[], depth }) {
            Ok(workspace) => (workspace.warnings, workspace.sources),
            Err(Problems::Mistakes { diagnostics, sources }) => (diagnostics, sources),
            Err(Problems::NotThere(problem)) => panic!("{}: {}", self.name, problem.title),
        }
    }

    fn judge(&mut self, block: &Block, (mut told, sources): (Vec<Diagnostic>, Sources), piece: bool) {
        // What some lines alone name is often read by lines that are not shown.
        let unread = codes::check::UNUSED_SETTING..=codes::check::UNUSED_FIND;
        told.retain(|problem| !piece || problem.severity == Severity::Error || !unread.contains(&problem.code));
        let words = report::render(&told, &sources, Style::Plain);
        match (block.has("wrong"), told.is_empty()) {
            (true, true) => self.wrong(block, "it is sound, and should be wrong"),
            (true, false) => self.message = Some(words),
            (false, false) => self.wrong(block, format!("it is wrong:\n{words}")),
            (false, true) => {}
        }
    }

    /// Settings of a workspace: read beside the flows of the page, or beside the shipped ones.
    fn try_toml(&mut self, block: &Block) {
        if let Some(file) = block.value("file").or(block.value("add")) {
            match block.has(&format!("add={file}")) {
                true => self.add(file, &block.text),
                false => self.put(file, &block.text),
            }
            let told = self.told(Depth::All);
            self.judge(block, told, false);
            return;
        }
        let mut text = block.text.clone();
        if !text.contains("first_date") {
            text = match text.contains("[flows.orders]") {
                true => text.replace("[flows.orders]\n", "[flows.orders]\nsettings.first_date = 2026-01-01\n"),
                false => format!("{text}\n[flows.orders]\nsettings.first_date = 2026-01-01\n"),
            };
        }
        for (name, secrets) in [
            ("mijnwebwinkel", "secret.token = \"env:A\"\n"),
            ("jortt", "secret.client_id = \"env:A\"\nsecret.client_secret = \"env:B\"\n"),
        ] {
            if !text.contains(&format!("[connections.{name}")) {
                text = format!("{text}\n[connections.{name}]\n{secrets}");
            }
        }
        let folder = Folder::with(&[("koppel.toml", &text)]);
        for path in ["flows/orders.flow", "flows/customers.flow", "flows/lib/dutch.rhai"] {
            folder.put(path, markdown::file(path));
        }
        let there = std::mem::replace(&mut self.shell.folder, folder.path().to_path_buf());
        let told = self.told(Depth::All);
        self.shell.folder = there;
        self.judge(block, told, false);
    }

    /// A file of functions, compiled by a flow that uses it.
    fn try_rhai(&mut self, block: &Block) {
        let file = block.value("file").unwrap_or("flows/lib/example.rhai");
        self.put(file, &block.text);
        let name = file.rsplit('/').next().unwrap_or(file);
        let from = file.strip_prefix("flows/").unwrap_or(file);
        let lines = format!("use \"{from}\" as {}\n", name.trim_end_matches(".rhai"));
        self.put("flows/example.flow", &around::flow(&lines));
        let told = self.told(Depth::Flows);
        let _ = fs::remove_file(self.shell.folder.join("flows/example.flow"));
        self.judge(block, told, true);
    }

    fn try_json(&mut self, block: &Block) {
        if let Err(error) = serde_json::from_str::<serde_json::Value>(&block.text) {
            self.wrong(block, format!("it is no JSON: {error}"));
        }
        if let Some(file) = block.value("file") {
            self.put(file, &block.text);
        }
    }

    /// Commands, each behind `$ `, and what each prints.
    fn try_console(&mut self, block: &Block) {
        let mut now = String::new();
        let mut as_shown = true;
        let mut report = String::new();
        for part in format!("\n{}", block.text).split("\n$ ").skip(1) {
            let (line, shown) = part.split_once('\n').unwrap_or((part, ""));
            let printed = self.shell.run(line).unwrap_or_default();
            now.push_str(&format!("$ {line}\n"));
            if steady::shows(shown, &printed) {
                now.push_str(&if shown.trim().is_empty() { String::new() } else { format!("{}\n", shown.trim_end()) });
                continue;
            }
            as_shown = false;
            report.push_str(&format!("`{line}` prints\n{printed}\ninstead of\n{shown}\n"));
            now.push_str(&steady::anew(shown, &printed));
        }
        if !block.text.starts_with("$ ") {
            self.wrong(block, "a console block begins with `$ `");
        }
        if !as_shown {
            self.wrong(block, report);
            self.tried.changed.push((block.line, now));
        }
    }

    /// What is told of the wrong block above.
    fn try_text(&mut self, block: &Block) {
        match self.message.take() {
            None => self.wrong(block, "a `text` block is the message of the wrong block above it; there is none"),
            Some(message) if steady::shows(&block.text, &message) => {}
            Some(message) => {
                self.wrong(block, format!("the message is\n{message}"));
                self.tried.changed.push((block.line, format!("{}\n", message.trim_end())));
            }
        }
    }
}
