//! Editors: what the language server is asked and answers.

mod colours;
mod marks;
mod session;
mod stdio;

use std::fs;
use std::path::Path;

use koppel::lsp::Ended;
use serde_json::json;

use crate::support::folder::Folder;
use crate::support::room::room;
use session::Editor;

#[test]
fn each_session_goes_as_it_is_recorded() {
    let _room = room("lsp");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lsp");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "session") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (files, steps) = session::read(&path);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let capabilities = json!({ "textDocument": {
            "completion": { "completionItem": { "snippetSupport": true } },
            "publishDiagnostics": { "relatedInformation": true }
        } });
        let (mut editor, _) = Editor::start(Folder::with(&files), capabilities, json!({}));
        insta::assert_snapshot!(name, editor.play(&steps));
        assert_eq!(editor.end(), Ended::Well);
        seen += 1;
    }
    assert!(seen >= 4, "{seen} sessions");
}

/// A flow that is right but for one line.
const FLOW: &str = "koppel 1\nflow one \"One\"\n\nuse mijnwebwinkel as shop\n\nfrom shop.orders as order {\n  key order.uuid\n}\n\nskip when order.number == \"é𝄞\" and order.nope == 1 because \"é𝄞 {order.date}\"\n";

fn start(capabilities: serde_json::Value) -> (Editor, serde_json::Value) {
    Editor::start(Folder::with(&[("flows/one.flow", FLOW)]), capabilities, json!({}))
}

#[test]
fn columns_are_counted_as_was_agreed() {
    for (encoding, character) in [("utf-16", 46), ("utf-8", 49), ("utf-32", 46)] {
        let (mut editor, hello) = start(json!({ "general": { "positionEncodings": [encoding] } }));
        let wanted = if encoding == "utf-8" { "utf-8" } else { "utf-16" };
        assert_eq!(hello["capabilities"]["positionEncoding"], wanted);
        editor.open("flows/one.flow", FLOW);
        let told = editor.told("flows/one.flow");
        let range = &told[0]["diagnostics"][0]["range"];
        assert_eq!(range["end"], json!({ "line": 9, "character": character }), "{encoding}: {told:?}");
        // Typing behind those letters changes the right bytes.
        let at = FLOW.find("nope").unwrap();
        editor.replace("flows/one.flow", at..at + 4, "uuid");
        let told = editor.told("flows/one.flow");
        assert_eq!(told[0]["diagnostics"][0]["code"], "K0222", "{told:?}");
        let at = editor.text("flows/one.flow").find(" == 1").unwrap();
        editor.replace("flows/one.flow", at..at + 5, " is set");
        assert_eq!(editor.told("flows/one.flow")[0]["diagnostics"], json!([]));
        assert_eq!(editor.end(), Ended::Well);
    }
}

#[test]
fn a_mistake_is_told_with_all_its_words() {
    let text = "koppel 1\nflow one \"One\"\nuse mijnwebwinkel as shop\nfrom shop.orders as order { key order.uid }\nlet a = 1\nlet a = 2\n";
    for related in [true, false] {
        let (mut editor, _) =
            start(json!({ "textDocument": { "publishDiagnostics": { "relatedInformation": related } } }));
        editor.open("flows/one.flow", text);
        let told = editor.told("flows/one.flow");
        let [field, twice, ..] = told[0]["diagnostics"].as_array().unwrap().as_slice() else { panic!("{told:?}") };
        let words: Vec<&str> = field["message"].as_str().unwrap().lines().collect();
        assert_eq!(words[0], "expected a field of `order`, found `uid`");
        assert_eq!(words.last(), Some(&"fix: did you mean `uuid`?"));
        assert_eq!(
            (&field["code"], &field["source"], &field["severity"]),
            (&json!("K0208"), &json!("koppel"), &json!(1))
        );
        // The other place is told apart where an editor shows it so, else in words.
        let other = &twice["relatedInformation"][0];
        assert_eq!(other["location"]["range"]["start"]["line"].as_i64(), related.then_some(4), "{twice}");
        assert_eq!(twice["message"].as_str().unwrap().contains("\nline 5: "), !related, "{twice}");
        assert_eq!(editor.end(), Ended::Well);
    }
}

#[test]
fn a_session_ends_as_the_protocol_says() {
    let (editor, _) = start(json!({}));
    assert_eq!(editor.leave(), Ended::Abruptly);
    let (mut editor, _) = start(json!({}));
    editor.ask("shutdown", serde_json::Value::Null);
    let refused = editor.ask("textDocument/hover", json!({}));
    assert_eq!(refused["error"]["code"], -32600);
    assert_eq!(editor.leave(), Ended::Well);
}

#[test]
fn a_text_of_fifty_megabytes_is_told_to_be_too_large() {
    let (mut editor, _) = start(json!({}));
    let line = "let x = order.price.total # é𝄞\n";
    let text = format!("{FLOW}{}", line.repeat(50 * 1024 * 1024 / line.len()));
    editor.open("flows/one.flow", &text);
    let told = editor.told("flows/one.flow");
    assert_eq!(told[0]["diagnostics"].as_array().unwrap().len(), 1);
    assert!(told[0]["diagnostics"][0]["message"].as_str().unwrap().contains("4 MiB"), "{told:?}");
    let place =
        json!({ "textDocument": { "uri": editor.uri("flows/one.flow") }, "position": { "line": 9, "character": 12 } });
    for method in ["completion", "hover", "definition", "documentSymbol"] {
        let answer = editor.ask(&format!("textDocument/{method}"), place.clone());
        assert!(answer["error"].is_null(), "{method}: {answer}");
    }
    let end = text.len();
    editor.replace("flows/one.flow", FLOW.len()..end, "");
    let told = editor.told("flows/one.flow");
    assert_eq!(told[0]["diagnostics"][0]["code"], "K0208", "{told:?}");
    assert_eq!(editor.end(), Ended::Well);
}

#[test]
fn an_editor_may_ask_for_a_connector_that_the_program_holds() {
    let folder = Folder::with(&[("flows/one.flow", FLOW)]);
    let (mut editor, _) = Editor::start(folder, json!({}), json!({ "textDocumentContent": true }));
    editor.open("flows/one.flow", FLOW);
    let place =
        json!({ "textDocument": { "uri": editor.uri("flows/one.flow") }, "position": { "line": 5, "character": 13 } });
    let found = editor.ask("textDocument/definition", place);
    assert_eq!(found["uri"], "koppel:/connectors/mijnwebwinkel.connector");
    let text = editor.ask("workspace/textDocumentContent", json!({ "uri": found["uri"] }));
    let line = usize::try_from(found["range"]["start"]["line"].as_u64().unwrap()).unwrap();
    assert!(text["text"].as_str().unwrap().lines().nth(line).unwrap().starts_with("resource orders of order"));
    let mistake = editor.told("flows/one.flow")[0]["diagnostics"][0].clone();
    assert_eq!(mistake["codeDescription"]["href"], "koppel:/explain/K0208.md");
    let page = editor.ask("workspace/textDocumentContent", json!({ "uri": mistake["codeDescription"]["href"] }));
    assert!(page["text"].as_str().unwrap().starts_with("# K0208: "), "{page}");
    let none = editor.ask("workspace/textDocumentContent", json!({ "uri": "koppel:/src/main.rs" }));
    assert_eq!(none, serde_json::Value::Null);
    assert_eq!(editor.end(), Ended::Well);
}
