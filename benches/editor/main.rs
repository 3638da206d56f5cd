//! How long an editor waits: from a key pressed in a flow of 1,000 lines to its mistakes, and to what could stand there.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "this measures time and prints it"
)]

mod flow;

use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use koppel::lsp::{Connection, Message, Notification, Options, Request, serve};
use serde_json::{Value, json};

const KEYS: usize = 60;

fn main() {
    let folder = env::temp_dir().join(format!("koppel-bench-{}", process::id()));
    fs::create_dir_all(&folder).expect("there is room for a folder");
    let text = flow::flow(1_000);
    let (editor, server) = Connection::memory();
    let cache = folder.clone();
    let server = thread::spawn(move || serve(&server, Options { cache }));
    let uri = format!("file://{}/long.flow", folder.display());
    let mut bench = Bench { editor, uri, version: 1, id: 0 };
    bench.ask("initialize", json!({ "capabilities": {} }));
    bench.say("initialized", json!({}));
    let item = json!({ "uri": bench.uri, "languageId": "koppel", "version": 1, "text": text });
    let first = Instant::now();
    bench.say("textDocument/didOpen", json!({ "textDocument": item }));
    let told = bench.told();
    println!("a flow of {} lines, {} KB", text.lines().count(), text.len() / 1024);
    assert_eq!(told["diagnostics"].as_array().map(Vec::len), Some(0), "the flow is sound: {told}");
    println!("opened: mistakes after {}", milliseconds(first.elapsed()));

    let line = text.lines().position(|line| line.starts_with("let name_12 ")).expect("the flow has this line");
    let at = |character: usize| json!({ "line": line, "character": character });
    let start = text.lines().nth(line).expect("the line is there").find("buyer").expect("the line names it");

    // A letter is typed and taken away again: right, and broken, in turn.
    let mut right = Vec::new();
    let mut broken = Vec::new();
    let mut completed = Vec::new();
    let mut hovered = Vec::new();
    for key in 0..KEYS {
        let typed = if key % 2 == 0 { "(" } else { " " };
        let before = Instant::now();
        bench.change(json!({ "start": at(start), "end": at(start) }), typed);
        let told = bench.told();
        let waited = before.elapsed();
        let wrong = !told["diagnostics"].as_array().expect("a list").is_empty();
        assert_eq!(wrong, key % 2 == 0, "{told}");
        if wrong {
            broken.push(waited)
        } else {
            right.push(waited)
        }
        let place = json!({ "textDocument": { "uri": bench.uri }, "position": at(start + 7) });
        if !wrong {
            let before = Instant::now();
            let answer = bench.ask("textDocument/hover", place.clone());
            hovered.push(before.elapsed());
            assert!(answer["contents"]["value"].is_string(), "{answer}");
        }
        let before = Instant::now();
        let answer = bench.ask("textDocument/completion", place);
        completed.push(before.elapsed());
        assert!(!answer["items"].as_array().expect("a list").is_empty());
        bench.change(json!({ "start": at(start), "end": at(start + 1) }), "");
        bench.told();
    }
    show("a key in a sound flow: mistakes", &mut right);
    show("a key that breaks a statement: mistakes", &mut broken);
    show("completion, sound and broken", &mut completed);
    show("first hover after a key", &mut hovered);
    bench.ask("shutdown", Value::Null);
    bench.say("exit", Value::Null);
    let _ = server.join();
    let _ = fs::remove_dir_all(folder);
}

struct Bench {
    editor: Connection,
    uri: String,
    version: i32,
    id: i32,
}

impl Bench {
    fn say(&self, method: &str, params: Value) {
        let said = Notification { method: method.to_owned(), params };
        self.editor.sender.send(Message::Notification(said)).expect("the server listens");
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let request = Request { id: self.id.into(), method: method.to_owned(), params };
        self.editor.sender.send(Message::Request(request)).expect("the server listens");
        loop {
            if let Message::Response(response) = self.editor.receiver.recv().expect("the server answers") {
                return response.response_result.unwrap_or_default();
            }
        }
    }

    fn change(&mut self, range: Value, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "range": range, "text": text }] });
        self.say("textDocument/didChange", params);
    }

    /// What is told of the last state of the text.
    fn told(&self) -> Value {
        loop {
            if let Message::Notification(said) = self.editor.receiver.recv().expect("the server answers")
                && said.method == "textDocument/publishDiagnostics"
                && said.params["version"] == self.version
            {
                return said.params;
            }
        }
    }
}

fn show(what: &str, all: &mut [Duration]) {
    all.sort_unstable();
    let of = |part: usize| milliseconds(all[(all.len() - 1) * part / 100]);
    println!("{what}: median {}, of 100 keys 95 within {}, at most {}", of(50), of(95), of(100));
}

fn milliseconds(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}
