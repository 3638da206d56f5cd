//! A session file goes in: files, and what a person does in an editor; what the server answers comes out, for people.
//!
//! `== PATH` and the lines below it are a file of the workspace. `>> STEP` is what is done, its answer stands below it in the
//! snapshot. `¦` is the cursor.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use koppel::lsp::{Connection, Ended, Message, Notification, Options, Request, serve};
use serde_json::{Value, json};
use url::Url;

use crate::support::folder::Folder;

/// The folder that is shown instead of the real one.
const HOME: &str = "file:///home";

/// An editor in front of a server.
pub struct Editor {
    connection: Connection,
    server: thread::JoinHandle<Ended>,
    folder: Folder,
    next: i32,
    texts: BTreeMap<String, (i32, String)>,
    before: Option<(String, String)>,
    cursor: (String, usize),
    utf8: bool,
    completions: Vec<Value>,
    heard: Vec<Notification>,
}

impl Editor {
    /// An editor that has just said hello; what was answered.
    pub fn start(folder: Folder, capabilities: Value, options: Value) -> (Editor, Value) {
        let (ours, theirs) = Connection::memory();
        let cache = folder.path().join("cache");
        let server = thread::spawn(move || serve(&theirs, Options { cache }));
        let utf8 = capabilities.to_string().contains("utf-8");
        let mut editor = Editor {
            connection: ours,
            server,
            folder,
            next: 0,
            texts: BTreeMap::new(),
            before: None,
            cursor: (String::new(), 0),
            utf8,
            completions: Vec::new(),
            heard: Vec::new(),
        };
        let root = editor.uri("");
        let hello = json!({ "processId": null, "rootUri": root, "capabilities": capabilities, "initializationOptions": options });
        let answer = editor.ask("initialize", hello);
        editor.say("initialized", json!({}));
        (editor, answer)
    }

    /// Says goodbye; how the server ended.
    pub fn end(mut self) -> Ended {
        self.ask("shutdown", Value::Null);
        self.say("exit", Value::Null);
        self.server.join().expect("the server ends")
    }

    /// Leaves without `shutdown`.
    pub fn leave(self) -> Ended {
        self.say("exit", Value::Null);
        self.server.join().expect("the server ends")
    }

    pub fn uri(&self, path: &str) -> String {
        let path = self.folder.path().join(path);
        Url::from_file_path(path).expect("an absolute path").to_string().trim_end_matches('/').to_string()
    }

    pub fn say(&self, method: &str, params: Value) {
        let said = Notification { method: method.to_string(), params };
        self.connection.sender.send(Message::Notification(said)).expect("the server listens");
    }

    /// Asks, and gives the answer: `result`, or `{ "error": … }`.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next.into();
        let request = Request { id, method: method.to_string(), params };
        let id = request.id.clone();
        self.connection.sender.send(Message::Request(request)).expect("the server listens");
        loop {
            match self.receive() {
                Message::Response(response) if response.id == id => {
                    return match response.response_result {
                        Ok(result) => result,
                        Err(error) => json!({ "error": error }),
                    };
                }
                Message::Notification(said) => self.heard.push(said),
                other => drop(other),
            }
        }
    }

    fn receive(&self) -> Message {
        self.connection.receiver.recv_timeout(Duration::from_secs(60)).expect("the server answers")
    }

    /// What was told of mistakes since the last time, when that of this state of a text is there; of a text that
    /// was closed it has no version.
    pub fn told(&mut self, path: &str) -> Vec<Value> {
        let (uri, version) = (self.uri(path), self.texts.get(path).map(|(version, _)| *version));
        let is_it = |said: &Notification| {
            said.method == "textDocument/publishDiagnostics"
                && said.params["uri"] == uri
                && said.params["version"].as_i64() == version.map(i64::from)
        };
        while !self.heard.iter().any(is_it) {
            if let Message::Notification(said) = self.receive() {
                self.heard.push(said);
            }
        }
        // Whatever was told together with it stands in front of the next answer.
        self.ask("koppel/nothing", Value::Null);
        let heard = std::mem::take(&mut self.heard);
        heard.into_iter().filter(|said| said.method.ends_with("publishDiagnostics")).map(|said| said.params).collect()
    }

    pub fn open(&mut self, path: &str, text: &str) {
        self.texts.insert(path.to_string(), (1, text.to_string()));
        let item = json!({ "uri": self.uri(path), "languageId": "koppel", "version": 1, "text": text });
        self.say("textDocument/didOpen", json!({ "textDocument": item }));
    }

    /// Replaces a stretch of a text, as typing does.
    pub fn replace(&mut self, path: &str, range: std::ops::Range<usize>, new: &str) {
        let (start, end) = (self.position(path, range.start), self.position(path, range.end));
        let uri = self.uri(path);
        let (version, text) = self.texts.get_mut(path).expect("the text is open");
        *version += 1;
        text.replace_range(range, new);
        let version = *version;
        let change = json!({ "range": { "start": start, "end": end }, "text": new });
        let params = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [change] });
        self.say("textDocument/didChange", params);
    }

    pub fn text(&self, path: &str) -> &str {
        &self.texts[path].1
    }

    fn position(&self, path: &str, at: usize) -> Value {
        let before = &self.texts[path].1[..at];
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default();
        let character = if self.utf8 { column.len() } else { column.encode_utf16().count() };
        json!({ "line": line, "character": character })
    }

    /// What a request at the cursor says.
    pub fn here(&self) -> Value {
        let (path, at) = &self.cursor;
        json!({ "textDocument": { "uri": self.uri(path) }, "position": self.position(path, *at) })
    }

    /// Plays a session.
    pub fn play(&mut self, steps: &[String]) -> String {
        let mut out = String::new();
        for step in steps {
            writeln!(out, ">> {step}").unwrap();
            let said = self.step(step);
            let said = said.replace(&self.uri(""), HOME).replace(&self.folder.path().display().to_string(), "/home");
            for line in said.lines() {
                writeln!(out, "{}", format!("   {line}").trim_end()).unwrap();
            }
            out.push('\n');
        }
        out
    }

    fn step(&mut self, step: &str) -> String {
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        match word {
            "open" => {
                let text = std::fs::read_to_string(self.folder.path().join(rest)).expect("the session has this file");
                self.open(rest, &text);
                self.mistakes(rest)
            }
            "close" => {
                self.texts.remove(rest);
                self.say("textDocument/didClose", json!({ "textDocument": { "uri": self.uri(rest) } }));
                self.ask("koppel/nothing", Value::Null);
                self.mistakes(rest)
            }
            "edit" => self.edit(rest),
            "undo" => {
                let (path, text) = self.before.take().expect("something was edited");
                let length = self.text(&path).len();
                self.replace(&path, 0..length, &text);
                self.mistakes(&path)
            }
            "at" => {
                let (path, found) = rest.split_once(": ").expect("`at PATH: text with ¦`");
                self.cursor = (path.to_string(), self.find(path, found));
                String::new()
            }
            "complete" => self.complete(rest),
            "doc" => self.doc(rest),
            "hover" => {
                let answer = self.ask("textDocument/hover", self.here());
                answer["contents"]["value"].as_str().unwrap_or("nothing").to_string()
            }
            "definition" => {
                let answer = self.ask("textDocument/definition", self.here());
                self.location(&answer)
            }
            "references" => {
                let mut params = self.here();
                params["context"] = json!({ "includeDeclaration": true });
                let answer = self.ask("textDocument/references", params);
                let all = answer.as_array().cloned().unwrap_or_default();
                all.iter().map(|one| self.location(one)).collect::<Vec<_>>().join("\n")
            }
            "highlights" => {
                let answer = self.ask("textDocument/documentHighlight", self.here());
                answer.as_array().into_iter().flatten().map(|one| range(&one["range"])).collect::<Vec<_>>().join("\n")
            }
            "rename" => {
                let mut params = self.here();
                params["newName"] = json!(rest);
                let answer = self.ask("textDocument/rename", params);
                self.changes(&answer)
            }
            "symbols" => {
                let answer =
                    self.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": self.uri(rest) } }));
                let mut out = String::new();
                symbols(&answer, 0, &mut out);
                out
            }
            "actions" => {
                let here = self.here();
                let params = json!({
                    "textDocument": here["textDocument"], "context": { "diagnostics": [] },
                    "range": { "start": here["position"], "end": here["position"] }
                });
                let answer = self.ask("textDocument/codeAction", params);
                let mut out = String::new();
                for action in answer.as_array().into_iter().flatten() {
                    writeln!(out, "{}", action["title"].as_str().unwrap()).unwrap();
                    out += &self.changes(&action["edit"]);
                }
                out
            }
            "format" => {
                let options = json!({ "tabSize": 2, "insertSpaces": true });
                let params = json!({ "textDocument": { "uri": self.uri(rest) }, "options": options });
                let answer = self.ask("textDocument/formatting", params);
                self.edits(&answer)
            }
            "tokens" => self.tokens(rest),
            "write" => {
                let (path, text) = rest.split_once(": ").expect("`write PATH: text`");
                self.folder.put(path, text.replace("\\n", "\n"));
                let change = json!({ "changes": [{ "uri": self.uri(path), "type": 2 }] });
                self.say("workspace/didChangeWatchedFiles", change);
                let open = self.texts.keys().next_back().expect("a file is open").clone();
                self.ask("koppel/nothing", Value::Null);
                self.ask("koppel/nothing", Value::Null);
                self.texts.get_mut(&open).unwrap().0 += 1;
                let length = self.text(&open).len();
                self.texts.get_mut(&open).unwrap().0 -= 1;
                self.replace(&open, length..length, "");
                self.mistakes(&open)
            }
            "ask" => {
                let (method, params) = rest.split_once(' ').unwrap_or((rest, "null"));
                let params = params.replace(HOME, &self.uri(""));
                let answer = self.ask(method, serde_json::from_str(&params).expect("JSON"));
                serde_json::to_string_pretty(&answer).unwrap()
            }
            other => panic!("no step `{other}`"),
        }
    }

    fn find(&self, path: &str, found: &str) -> usize {
        let found = found.replace("\\n", "\n");
        let mark = found.find('¦').expect("a cursor");
        let text = found.replace('¦', "");
        let all: Vec<usize> = self.text(path).match_indices(&text).map(|(at, _)| at).collect();
        assert_eq!(all.len(), 1, "`{text}` is there once in:\n{}", self.text(path));
        all[0] + mark
    }

    /// `PATH: old => new¦`: types that, and sets the cursor.
    fn edit(&mut self, rest: &str) -> String {
        let (path, change) = rest.split_once(": ").expect("`edit PATH: old => new`");
        let (old, new) = change.split_once(" ==> ").expect("`old ==> new`");
        let (old, new) = (old.replace("\\n", "\n"), new.replace("\\n", "\n"));
        let at = self.text(path).find(&old).unwrap_or_else(|| panic!("`{old}` is there"));
        self.before.get_or_insert((path.to_string(), self.text(path).to_string()));
        let mark = new.find('¦').unwrap_or(new.len());
        self.replace(path, at..at + old.len(), &new.replace('¦', ""));
        self.cursor = (path.to_string(), at + mark);
        self.mistakes(path)
    }

    fn mistakes(&mut self, path: &str) -> String {
        let mut out = String::new();
        // Of two states of one text the last counts.
        let mut last: Vec<Value> = Vec::new();
        for told in self.told(path) {
            last.retain(|other| other["uri"] != told["uri"]);
            last.push(told);
        }
        for told in last {
            let uri = told["uri"].as_str().unwrap().to_string();
            for one in told["diagnostics"].as_array().into_iter().flatten() {
                let severity = if one["severity"] == 1 { "error" } else { "warning" };
                // The words are pinned where they are made.
                let tags = if one["tags"].is_array() { " (unused)" } else { "" };
                let fix = if one["message"].as_str().unwrap().contains("\nfix: ") { " with a fix" } else { "" };
                writeln!(out, "{uri} {} {severity}{tags} {}{fix}", range(&one["range"]), one["code"].as_str().unwrap())
                    .unwrap();
                for other in one["relatedInformation"].as_array().into_iter().flatten() {
                    writeln!(out, "    and {}", self.location(&other["location"])).unwrap();
                }
            }
            if told["diagnostics"].as_array().is_some_and(Vec::is_empty) {
                writeln!(out, "{uri} no mistakes").unwrap();
            }
        }
        out
    }

    fn complete(&mut self, filter: &str) -> String {
        let mut params = self.here();
        params["context"] = json!({ "triggerKind": 1 });
        let answer = self.ask("textDocument/completion", params);
        self.completions = answer["items"].as_array().cloned().unwrap_or_default();
        let mut out = String::new();
        let mut functions = 0;
        for item in &self.completions {
            let label = item["label"].as_str().unwrap();
            let builtin = item["kind"] == 3 && item["detail"].as_str().is_some_and(|it| it.starts_with(label));
            if !filter.is_empty() && !label.starts_with(filter) {
                continue;
            }
            if builtin && filter.is_empty() {
                functions += 1;
                continue;
            }
            let detail = item["detail"].as_str().map(|it| format!(": {it}")).unwrap_or_default();
            let new = item["textEdit"]["newText"].as_str().unwrap();
            let new = if new == label { String::new() } else { format!("  <- {}", new.replace('\n', "\\n")) };
            writeln!(out, "{}{detail} ({}){new}", label, kind(&item["kind"])).unwrap();
        }
        if functions > 0 {
            writeln!(out, "and the functions of the language").unwrap();
        }
        if out.is_empty() { "nothing".to_string() } else { out }
    }

    fn doc(&self, label: &str) -> String {
        let Some(item) = self.completions.iter().find(|item| item["label"] == label) else {
            return "not offered".to_string();
        };
        let range = range(&item["textEdit"]["range"]);
        format!("{}\nwritten at {range}", item["documentation"]["value"].as_str().unwrap_or_default())
    }

    fn location(&self, location: &Value) -> String {
        match location["uri"].as_str() {
            // Of what is shipped the line is shown: where it stands is not this session's matter.
            Some(uri) if uri.contains("/cache/") => {
                let path = Url::parse(uri).expect("an address").to_file_path().expect("a file");
                let text = std::fs::read_to_string(path).expect("it was laid there");
                let line = usize::try_from(location["range"]["start"]["line"].as_u64().unwrap()).unwrap();
                format!("{uri}: {}", text.lines().nth(line).unwrap())
            }
            Some(uri) => format!("{uri} {}", range(&location["range"])),
            None => "nowhere".to_string(),
        }
    }

    fn changes(&self, answer: &Value) -> String {
        if let Some(error) = answer["error"]["message"].as_str() {
            // Behind the colon stands the mistake that it would be.
            let clash = error.contains(" clashes in ");
            return format!("refused: {}", if clash { error.split(": ").next().unwrap() } else { error });
        }
        let mut out = String::new();
        for (uri, edits) in answer["changes"].as_object().into_iter().flatten() {
            for line in self.edits(edits).lines() {
                writeln!(out, "{uri} {line}").unwrap();
            }
        }
        out
    }

    fn edits(&self, edits: &Value) -> String {
        let mut out = String::new();
        for edit in edits.as_array().into_iter().flatten() {
            writeln!(out, "{} -> {:?}", range(&edit["range"]), edit["newText"].as_str().unwrap()).unwrap();
        }
        out
    }

    fn tokens(&mut self, path: &str) -> String {
        let answer = self.ask("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": self.uri(path) } }));
        let types = ["namespace", "class", "variable", "property", "function", "method"];
        let lines: Vec<&str> = self.text(path).lines().collect();
        let (mut line, mut start, mut out) = (0, 0, String::new());
        for token in answer["data"].as_array().expect("data").chunks(5) {
            let number = |at: usize| usize::try_from(token[at].as_u64().unwrap()).unwrap();
            start = if number(0) == 0 { start + number(1) } else { number(1) };
            line += number(0);
            let units: Vec<u16> = lines[line].encode_utf16().skip(start).take(number(2)).collect();
            let modifiers = if number(4) & 1 == 1 { " given" } else { "" };
            writeln!(
                out,
                "{}:{} {} {}{modifiers}",
                line + 1,
                start + 1,
                String::from_utf16_lossy(&units),
                types[number(3)]
            )
            .unwrap();
        }
        out
    }
}

/// The files of a session and its steps.
pub fn read(path: &Path) -> (Vec<(String, String)>, Vec<String>) {
    let (mut files, mut steps): (Vec<(String, String)>, Vec<String>) = (Vec::new(), Vec::new());
    for line in std::fs::read_to_string(path).expect("the session is there").lines() {
        if let Some(path) = line.strip_prefix("== ") {
            files.push((path.to_string(), String::new()));
        } else if let Some(step) = line.strip_prefix(">> ") {
            steps.push(step.to_string());
        } else if let (Some((_, text)), true) = (files.last_mut(), steps.is_empty()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    (files, steps)
}

/// Lines and columns, counted from 1.
fn range(range: &Value) -> String {
    let place = |at: &Value| format!("{}:{}", at["line"].as_u64().unwrap() + 1, at["character"].as_u64().unwrap() + 1);
    format!("{}-{}", place(&range["start"]), place(&range["end"]))
}

fn kind(kind: &Value) -> &'static str {
    match kind.as_u64() {
        Some(2) => "method",
        Some(3) => "function",
        Some(5) => "field",
        Some(6) => "variable",
        Some(7) => "class",
        Some(9) => "module",
        Some(14) => "keyword",
        Some(15) => "snippet",
        Some(17) => "file",
        Some(20) => "member",
        Some(22) => "struct",
        Some(25) => "kind",
        _ => "?",
    }
}

fn symbols(all: &Value, depth: usize, out: &mut String) {
    for symbol in all.as_array().into_iter().flatten() {
        let detail = symbol["detail"].as_str().map(|it| format!(" · {it}")).unwrap_or_default();
        let name = symbol["name"].as_str().unwrap();
        writeln!(out, "{}{name}{detail}  {}", "  ".repeat(depth), range(&symbol["range"])).unwrap();
        symbols(&symbol["children"], depth + 1, out);
    }
}
