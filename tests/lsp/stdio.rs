//! One real process: framed messages on its input, its answers, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::support::folder::Folder;

struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(folder: &Folder) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_koppel"))
            .arg("lsp")
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Process { child, input, output }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("it is open");
        input.write_all(bytes).expect("it reads");
        input.flush().expect("it reads");
    }

    fn say(&mut self, message: &Value) {
        let text = message.to_string();
        self.bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    fn hear(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).expect("it writes") > 0, "it went away");
            match line.trim_end().strip_prefix("Content-Length: ") {
                Some(count) => length = count.parse().expect("a number"),
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).expect("a whole message");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    fn hello(&mut self) {
        self.say(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {} } }));
        assert_eq!(self.hear()["result"]["serverInfo"]["name"], "koppel");
        self.say(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
    }

    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().expect("it ends").code()
    }
}

#[test]
fn a_process_answers_on_its_output_and_ends_well() {
    let folder = Folder::with(&[]);
    let mut process = Process::start(&folder);
    process.hello();
    let uri = url::Url::from_file_path(folder.path().join("one.flow")).unwrap().to_string();
    let item =
        json!({ "uri": uri, "languageId": "koppel", "version": 1, "text": "koppel 1\nflow one \"One\"\nlet = 1\n" });
    process.say(&json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": item } }));
    let told = process.hear();
    assert_eq!(told["method"], "textDocument/publishDiagnostics");
    assert!(!told["params"]["diagnostics"].as_array().unwrap().is_empty(), "{told}");
    process.say(&json!({ "jsonrpc": "2.0", "id": 2, "method": "shutdown" }));
    assert_eq!(process.hear()["id"], 2);
    process.say(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(process.end(), Some(0));
}

#[test]
fn what_is_no_message_is_answered_and_passed_by() {
    let folder = Folder::with(&[]);
    let mut process = Process::start(&folder);
    process.say(&json!({ "jsonrpc": "2.0", "id": 9, "method": "textDocument/hover", "params": {} }));
    assert_eq!(process.hear()["error"]["code"], -32002);
    process.bytes(b"Content-Length: 5\r\n\r\n{{{{{");
    assert_eq!(process.hear()["error"]["code"], -32700);
    process.bytes(b"Content-Length: 2\r\n\r\n\xff\xfe");
    assert_eq!(process.hear()["error"]["code"], -32700);
    process.bytes(b"Content-Length: 4\r\n\r\n[12]");
    assert_eq!(process.hear()["error"]["code"], -32700);
    process.bytes(b"Content-Length: 99999999999999999999\r\n");
    assert_eq!(process.hear()["error"]["code"], -32700);
    process.bytes(b"\r\n");
    assert_eq!(process.hear()["error"]["code"], -32700);
    process.bytes(b"hello\r\n");
    assert_eq!(process.hear()["error"]["code"], -32700);
    process.hello();
    assert_eq!(process.end(), Some(1));
}
