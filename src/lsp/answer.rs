//! A request's method and what it says go in; the answer, or why there is none, comes out.

use lsp_server::ErrorCode;
use lsp_types as lsp;
use lsp_types::request::{self, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::lsp::state::State;
use crate::lsp::{actions, complete, define, format, hover, refer, rename, symbols, tokens};
use crate::report::{Code, codes};
use crate::workspace::Desk;

/// An answer, or a number of the protocol and words.
pub(super) type Answer = Result<Value, (i32, String)>;

/// What a rename and its like cannot do, in words.
pub(super) type Refused = String;

/// Answers a request.
pub(super) fn answer(state: &mut State, method: &str, params: Value) -> Answer {
    match method {
        request::Completion::METHOD => with(params, |asked| complete::complete(state, &asked)),
        request::HoverRequest::METHOD => with(params, |asked| hover::hover(state, &asked)),
        request::GotoDefinition::METHOD => with(params, |asked| define::definition(state, &asked)),
        request::References::METHOD => with(params, |asked| refer::references(state, &asked)),
        request::DocumentHighlightRequest::METHOD => with(params, |asked| refer::highlights(state, &asked)),
        request::PrepareRenameRequest::METHOD => refusable(params, |asked| rename::prepare(state, &asked)),
        request::Rename::METHOD => refusable(params, |asked| rename::rename(state, &asked)),
        request::DocumentSymbolRequest::METHOD => with(params, |asked| symbols::symbols(state, &asked)),
        request::Formatting::METHOD => with(params, |asked| format::format(state, &asked)),
        request::CodeActionRequest::METHOD => with(params, |asked| actions::actions(state, &asked)),
        request::SemanticTokensFullRequest::METHOD => with(params, |asked| tokens::tokens(state, &asked)),
        "workspace/textDocumentContent" => with(params, |asked: Content| content(&asked)),
        _ => Err((ErrorCode::MethodNotFound as i32, format!("`{method}` is not answered here"))),
    }
}

fn parsed<P: DeserializeOwned>(params: Value) -> Result<P, (i32, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams as i32, error.to_string()))
}

fn with<P: DeserializeOwned, R: Serialize>(params: Value, work: impl FnOnce(P) -> R) -> Answer {
    Ok(json!(work(parsed(params)?)))
}

fn refusable<P: DeserializeOwned, R: Serialize>(params: Value, work: impl FnOnce(P) -> Result<R, Refused>) -> Answer {
    let done = work(parsed(params)?);
    done.map(|done| json!(done)).map_err(|words| (ErrorCode::RequestFailed as i32, words))
}

#[derive(serde::Deserialize)]
struct Content {
    uri: lsp::Uri,
}

/// A text that the program holds: a connector, or the page of a mistake's number.
fn content(asked: &Content) -> Option<Value> {
    let name = asked.uri.as_str().strip_prefix("koppel:/")?;
    if let Some(number) = name.strip_prefix("explain/").and_then(|page| page.strip_suffix(".md")) {
        let row = codes::row(Code::parse(number)?)?;
        let text = format!("# {}: {}\n\n{}", row.code, row.title(), row.page().unwrap_or_default());
        return Some(json!({ "text": text }));
    }
    Desk::held(&format!("koppel:{name}")).map(|text| json!({ "text": text }))
}
