//! rhai: a typed header and a body go in; a function over values comes out, with no network, clock or files, and limits
//! on steps, depth and size.

mod calls;
mod counted;
mod cross;
mod engine;
mod file;
mod forks;
mod literals;

use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, Engine, Scope};

use crate::report::{Diagnostic, SourceId, Span, codes};
use crate::value::{Arena, Builtin, Failure, Kind, Typed, Value};

pub use counted::{CountedScripts, Fork, Ways};
pub use file::{ScriptFile, ScriptHeader, parse_file};
pub use forks::Passage;

/// A compiled function with its typed border.
#[derive(Clone, Debug)]
pub struct Script {
    name: Box<str>,
    parameters: Vec<(Arc<str>, Typed)>,
    result: Typed,
    engine: Arc<Engine>,
    ast: Arc<AST>,
    text: Arc<Text>,
}

/// The text that rhai compiled, and where it stands in a file.
#[derive(Debug)]
struct Text {
    /// As compiled; what the author wrote begins behind `prefix` bytes.
    compiled: String,
    prefix: usize,
    source: SourceId,
    start: u32,
    /// What the author did not write: where it begins as compiled, and how long it is.
    inserted: Vec<(usize, usize)>,
    /// The name of a file of its own.
    file: Option<Arc<str>>,
}

impl Text {
    /// Where a position of rhai's stands, in words, when that is another file than the flow.
    fn words(&self, position: rhai::Position) -> String {
        match (&self.file, position.line(), position.position()) {
            (Some(file), Some(line), column) => format!(" at {file}:{line}:{}", column.unwrap_or(1)),
            (Some(file), None, _) => format!(" in {file}"),
            (None, ..) => String::new(),
        }
    }

    /// Where a position of rhai's stands in the author's file.
    fn span(&self, position: rhai::Position) -> Span {
        let line = position.line().unwrap_or(1);
        let column = position.position().unwrap_or(1);
        let line_start: usize = self.compiled.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let in_line: usize =
            self.compiled[line_start..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
        let at = line_start + in_line;
        let ours: usize = self.inserted.iter().map(|(begin, length)| at.saturating_sub(*begin).min(*length)).sum();
        let start = self.stretch(at - ours, at - ours).start;
        let len =
            self.compiled[(line_start + in_line).min(self.compiled.len())..].chars().next().map_or(0, char::len_utf8);
        Span { source: self.source, start, end: start + u32::try_from(len).unwrap_or(0) }
    }
}

impl Text {
    /// Where bytes of the text as compiled, without what was inserted, stand in the author's file.
    fn stretch(&self, from: usize, to: usize) -> Span {
        let place =
            |at: usize| self.start.saturating_add(u32::try_from(at.saturating_sub(self.prefix)).unwrap_or(u32::MAX));
        Span { source: self.source, start: place(from), end: place(to) }
    }
}

/// Compiles the body of a `fn … rhai { … }`, which can call the `builtins` under their names.
///
/// # Errors
/// With the place in the flow, when the body is no rhai, or uses what scripts do not have.
pub fn compile(
    name: &str,
    parameters: &[(Arc<str>, Typed)],
    result: &Typed,
    (body, body_span): (&str, Span),
    builtins: &'static [Builtin],
) -> Result<Script, Vec<Diagnostic>> {
    let names: Vec<&str> = parameters.iter().map(|(name, _)| &**name).collect();
    let head = format!("fn {name}({}) {{", names.join(", "));
    let text = Text {
        compiled: format!("{head}{body}\n}}"),
        prefix: head.len(),
        source: body_span.source,
        start: body_span.start,
        inserted: Vec::new(),
        file: None,
    };
    let engine = engine::engine(builtins);
    let ast = ast_of(&text, &engine)?;
    Ok(Script {
        name: name.into(),
        parameters: parameters.to_vec(),
        result: result.clone(),
        engine,
        ast: Arc::new(ast),
        text: Arc::new(text),
    })
}

fn ast_of(text: &Text, engine: &Engine) -> Result<AST, Vec<Diagnostic>> {
    if let Some((from, to)) = literals::too_long(&text.compiled) {
        let place =
            |at: usize| text.start.saturating_add(u32::try_from(at.saturating_sub(text.prefix)).unwrap_or(u32::MAX));
        let span = Span { source: text.source, start: place(from), end: place(to) };
        let title = "this script cannot be read: a number with more than 28 digits";
        return Err(vec![Diagnostic::error(codes::check::SCRIPT, span, title)]);
    }
    let ast = engine.compile(&text.compiled).map_err(|error| {
        let words = engine::lower(&error.err_type().to_string());
        vec![Diagnostic::error(
            codes::check::SCRIPT,
            text.span(error.position()),
            format!("this script cannot be read: {words}"),
        )]
    })?;
    let mistakes = calls::mistakes(&ast, text, engine);
    if mistakes.is_empty() { Ok(ast) } else { Err(mistakes) }
}

impl Script {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which parameters may be not set; a list that is not set is an empty one.
    fn takes_unset(&self, index: usize) -> bool {
        self.parameters.get(index).is_none_or(|(_, typed)| typed.maybe || matches!(typed.kind, Kind::List(_)))
    }

    /// Calls it; not set in a parameter that is always set gives not set without a call.
    ///
    /// # Errors
    /// When the script fails, passes a limit, or gives something of another kind.
    pub fn call(&self, arguments: &[Value], arena: &mut Arena) -> Result<Value, Box<Failure>> {
        if arguments.iter().enumerate().any(|(index, value)| !value.is_set() && !self.takes_unset(index)) {
            return Ok(Value::Unset);
        }
        let arguments: Vec<Dynamic> = arguments
            .iter()
            .zip(&self.parameters)
            .map(|(value, (_, typed))| cross::into_script(*value, &typed.kind, arena))
            .collect();
        let options = CallFnOptions::new().with_tag(arena.zone().clone());
        let given = self
            .engine
            .call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &self.ast, &*self.name, arguments)
            .map_err(|error| {
                let (words, position) = engine::words(&error);
                let place = self.text.words(position);
                Failure::new(self.text.span(position), format!("the script `{}` fails{place}: {words}", self.name))
            })?;
        cross::out_of_script(given, &self.result, "", arena).map_err(|words| {
            let start = self.text.start;
            let span = Span { source: self.text.source, start, end: start };
            Failure::new(span, format!("the script `{}` {words}", self.name))
        })
    }
}
