//! Messages of an editor go in, from its first to its last; answers come out, and mistakes as a person types.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types as lsp;
use serde_json::{Value, json};

use crate::lsp::answer;
use crate::lsp::state::State;

/// What the server may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where texts of the binary are laid for an editor that cannot ask for them.
    pub cache: PathBuf,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The editor said goodbye as agreed.
    Well,
    /// It left without a word, or without `shutdown`.
    Abruptly,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Before,
    Running,
    ShutDown,
}

/// Speaks with an editor until it says goodbye.
pub fn serve(connection: &Connection, options: Options) -> Ended {
    let mut session = Session { connection, state: State::new(options), stage: Stage::Before };
    loop {
        // What is wrong is told when nothing more waits: a person who types fast is not answered late.
        if session.state.is_dirty() && connection.receiver.is_empty() {
            session.publish();
        }
        let Ok(message) = connection.receiver.recv() else { return Ended::Abruptly };
        match message {
            Message::Request(request) => session.request(request),
            Message::Notification(said) if said.method == "exit" => {
                return if session.stage == Stage::ShutDown { Ended::Well } else { Ended::Abruptly };
            }
            Message::Notification(said) => session.notification(said),
            Message::Response(_) => {}
        }
    }
}

struct Session<'c> {
    connection: &'c Connection,
    state: State,
    stage: Stage,
}

impl Session<'_> {
    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let refused = |code: ErrorCode, words: &str| Err((code as i32, words.to_owned()));
        let answer = match (self.stage, method.as_str()) {
            (Stage::Before, "initialize") => match serde_json::from_value::<lsp::InitializeParams>(params.clone()) {
                Ok(known) => {
                    self.stage = Stage::Running;
                    Ok(self.state.initialize(&known, &params))
                }
                Err(error) => refused(ErrorCode::InvalidParams, &error.to_string()),
            },
            (Stage::Before, _) => refused(ErrorCode::ServerNotInitialized, "expected `initialize` first"),
            (Stage::ShutDown, _) => refused(ErrorCode::InvalidRequest, "expected `exit` after `shutdown`"),
            (Stage::Running, "initialize") => refused(ErrorCode::InvalidRequest, "expected one `initialize`"),
            (Stage::Running, "shutdown") => {
                self.stage = Stage::ShutDown;
                Ok(Value::Null)
            }
            (Stage::Running, method) => self.guarded(|state| answer::answer(state, method, params)),
        };
        self.reply(id, answer);
    }

    fn notification(&mut self, said: Notification) {
        if self.stage != Stage::Running {
            return;
        }
        let done = self.guarded(|state| {
            state.heed(&said.method, said.params);
            Ok(Value::Null)
        });
        if let Err((_, words)) = done {
            self.log(&words);
        }
        if said.method == "initialized" && self.state.watches_files {
            self.watch_files();
        }
    }

    fn publish(&mut self) {
        let mut told = Vec::new();
        let done = self.guarded(|state| {
            told = state.publish();
            Ok(Value::Null)
        });
        if let Err((_, words)) = done {
            self.log(&words);
        }
        for params in told {
            self.say("textDocument/publishDiagnostics", json!(params));
        }
    }

    /// Does something for an editor; a fault of ours is told, and costs this one answer alone.
    fn guarded(&mut self, work: impl FnOnce(&mut State) -> answer::Answer) -> answer::Answer {
        catch_unwind(AssertUnwindSafe(|| work(&mut self.state))).unwrap_or_else(|_| {
            self.state.start_afresh();
            Err((ErrorCode::InternalError as i32, "koppel failed at this; the rest goes on".to_owned()))
        })
    }

    /// Asks to be told of files that change on disk.
    fn watch_files(&self) {
        let watchers: Vec<Value> = ["**/*.flow", "**/*.rhai", "**/*.connector", "**/*.csv", "**/koppel.toml"]
            .iter()
            .map(|glob| json!({ "globPattern": glob }))
            .collect();
        let registration = json!({ "registrations": [{
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers }
        }] });
        let request = Request {
            id: RequestId::from("files".to_owned()),
            method: "client/registerCapability".to_owned(),
            params: registration,
        };
        self.send(Message::Request(request));
    }

    fn reply(&self, id: RequestId, answer: answer::Answer) {
        let response = match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, words)) => Response::new_err(id, code, words),
        };
        self.send(Message::Response(response));
    }

    fn log(&self, words: &str) {
        self.say("window/logMessage", json!({ "type": 1, "message": words }));
    }

    fn say(&self, method: &str, params: Value) {
        self.send(Message::Notification(Notification { method: method.to_owned(), params }));
    }

    fn send(&self, message: Message) {
        // An editor that went away hears nothing; the next `recv` says so.
        let _ = self.connection.sender.send(message);
    }
}
