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
}

/// Compiles a file, whose functions can call the `builtins`, and finds its headers.
///
/// # Errors
/// With the place, when it is no rhai.
pub fn parse_file(source: &Source, builtins: &'static [Builtin]) -> Result<ScriptFile, Vec<Diagnostic>> {
    let text = Text { compiled: source.text.to_string(), prefix: 0, source: source.id, start: 0, inserted: Vec::new() };
    let engine = engine::engine(builtins);
    let ast = ast_of(&text, &engine)?;
    let mut headers = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let written = line.trim();
        if let Some(header) = written.strip_prefix("///") {
            let header = header.trim();
            if header.starts_with("fn ") {
                let at = start + line.find(header).unwrap_or(0);
                let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let span = Span { source: source.id, start: number(at), end: number(at + header.len()) };
                headers.push(ScriptHeader { text: header.to_string(), span });
            }
        }
        start += line.len();
    }
    Ok(ScriptFile { headers, engine, ast: Arc::new(ast), text: Arc::new(text) })
}

impl ScriptFile {
    /// The headers in the order of the file.
    #[must_use]
    pub fn headers(&self) -> &[ScriptHeader] {
        &self.headers
    }

    /// The number of parameters of a function of the file, if there is one of that name.
    #[must_use]
    pub fn arity(&self, name: &str) -> Option<usize> {
        self.ast.iter_functions().find(|function| function.name == name).map(|function| function.params.len())
    }

    /// The names of its functions.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.ast.iter_functions().map(|function| function.name.to_string()).collect()
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
