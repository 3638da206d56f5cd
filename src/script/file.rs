//! A `.rhai` file: functions with a typed header in the `///` line above them can be used in flows.

use std::sync::Arc;

use rhai::{AST, Engine};

use crate::report::{Diagnostic, Source, Span};
use crate::script::{Script, Text, ast_of, engine};
use crate::value::{Builtin, Typed};

/// A compiled file.
#[derive(Clone, Debug)]
pub struct ScriptFile {
    headers: Vec<ScriptHeader>,
    engine: Arc<Engine>,
    ast: Arc<AST>,
    text: Arc<Text>,
}

/// A header as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptHeader {
    /// `fn postal_code(code: text, country: text?) -> text?`.
    pub text: String,
    /// Where that stands.
    pub span: Span,
    /// The name of the function that begins below it, and where that stands.
    pub below: Option<(String, Span)>,
}

/// Compiles a file, whose functions can call the `builtins`, and finds its headers.
///
/// # Errors
/// With the place, when it is no rhai.
pub fn parse_file(source: &Source, builtins: &'static [Builtin]) -> Result<ScriptFile, Vec<Diagnostic>> {
    let text = Text {
        compiled: source.text.to_string(),
        prefix: 0,
        source: source.id,
        start: 0,
        inserted: Vec::new(),
        file: Some(source.name.clone()),
    };
    let engine = engine::engine(builtins);
    let ast = ast_of(&text, &engine)?;
    let mut headers: Vec<ScriptHeader> = Vec::new();
    // Headers that wait for the function below them.
    let mut waiting = 0;
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let place = |text: &str| {
            let at = start + line.find(text).unwrap_or(0);
            let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Span { source: source.id, start: number(at), end: number(at + text.len()) }
        };
        let written = line.trim();
        if let Some(header) = written.strip_prefix("///") {
            let header = header.trim();
            if header.starts_with("fn ") {
                headers.push(ScriptHeader { text: header.to_string(), span: place(header), below: None });
                waiting += 1;
            }
        } else if !written.is_empty() && !written.starts_with("//") {
            let name = begun(written).map(|name| (name.to_string(), place(name)));
            headers.iter_mut().rev().take(waiting).for_each(|header| header.below = name.clone());
            waiting = 0;
        }
        start += line.len();
    }
    Ok(ScriptFile { headers, engine, ast: Arc::new(ast), text: Arc::new(text) })
}

/// The name of the function that a line begins.
fn begun(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("private ").unwrap_or(line).trim_start().strip_prefix("fn ")?.trim_start();
    let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

impl ScriptFile {
    /// The headers in the order of the file.
    #[must_use]
    pub fn headers(&self) -> &[ScriptHeader] {
        &self.headers
    }

    /// The parameters of the functions of that name: there may be several, each with another number of them.
    #[must_use]
    pub fn parameters(&self, name: &str) -> Vec<Vec<String>> {
        let named = self.ast.iter_functions().filter(|function| function.name == name);
        named.map(|function| function.params.iter().map(ToString::to_string).collect()).collect()
    }

    /// The names of its functions, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.ast.iter_functions().map(|function| function.name.to_string()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// A function of the file with its typed border.
    #[must_use]
    pub fn function(&self, name: &str, parameters: &[(Arc<str>, Typed)], result: &Typed) -> Script {
        Script {
            name: name.into(),
            parameters: parameters.to_vec(),
            result: result.clone(),
            engine: self.engine.clone(),
            ast: self.ast.clone(),
            text: self.text.clone(),
        }
    }
}
