//! A compiled script goes in; its calls that no function answers come out, each at its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};

use crate::report::{Diagnostic, Span, codes, nearest};
use crate::script::Text;

/// What rhai answers itself, for any arguments.
const OWN: [&str; 7] = ["Fn", "call", "curry", "type_of", "is_shared", "is_def_var", "is_def_fn"];

/// Functions by name, each with the numbers of arguments that it takes.
type Known = BTreeMap<String, BTreeSet<usize>>;

/// What is wrong with the calls of a script.
pub(super) fn mistakes(ast: &AST, text: &Text, engine: &Engine) -> Vec<Diagnostic> {
    static OFFERED: OnceLock<Known> = OnceLock::new();
    let offered = OFFERED.get_or_init(|| offered(engine));
    let mut own = Known::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for function in ast.iter_functions() {
        own.entry(function.name.to_owned()).or_default().insert(function.params.len());
        names.extend(function.params.iter().map(ToString::to_string));
    }
    let mut calls: Vec<Call> = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(what, ..))) => names.extend([what.0.name.to_string()]),
            Some(ASTNode::Stmt(Stmt::For(what, ..))) => {
                names.extend([what.0.name.to_string()]);
                names.extend(what.1.iter().map(|name| name.name.to_string()));
            }
            // A function may lie in a part of a record, and in a variable.
            Some(ASTNode::Expr(Expr::Map(what, ..))) => {
                names.extend(what.0.iter().map(|(name, _)| name.name.to_string()))
            }
            Some(ASTNode::Expr(Expr::Property(what, ..))) => names.extend([what.2.to_string()]),
            Some(ASTNode::Stmt(Stmt::FnCall(call, at)) | ASTNode::Expr(Expr::FnCall(call, at))) => {
                calls.extend(Call::of(call, *at, false));
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, at))) => calls.extend(Call::of(call, *at, true)),
            _ => {}
        }
        true
    });
    let known = Functions { own, offered };
    calls.iter().filter(|call| !names.contains(&call.name)).filter_map(|call| known.judge(call, text)).collect()
}

/// What the engine offers.
fn offered(engine: &Engine) -> Known {
    let mut known = Known::new();
    let all = engine.collect_fn_metadata(
        None,
        |function| Some((function.metadata.name.to_string(), function.metadata.num_params)),
        true,
    );
    for (name, arguments) in all {
        known.entry(name).or_default().insert(arguments);
    }
    known
}

/// A call as written.
struct Call {
    name: String,
    arguments: usize,
    /// What stands in front of its dot is an argument too.
    is_method: bool,
    at: Position,
}

impl Call {
    fn of(call: &FnCallExpr, at: Position, is_method: bool) -> Option<Call> {
        let name = call.name.as_str();
        let is_operator =
            call.op_token.is_some() || !name.starts_with(|sign: char| sign.is_alphabetic() || sign == '_');
        if is_operator || !call.namespace.is_empty() || OWN.contains(&name) {
            return None;
        }
        Some(Call { name: name.to_owned(), arguments: call.args.len(), is_method, at })
    }
}

/// What can be called.
struct Functions<'a> {
    own: Known,
    offered: &'a Known,
}

impl Functions<'_> {
    fn judge(&self, call: &Call, text: &Text) -> Option<Diagnostic> {
        let given = call.arguments + usize::from(call.is_method);
        let taken: Vec<&BTreeSet<usize>> =
            [self.own.get(&call.name), self.offered.get(&call.name)].into_iter().flatten().collect();
        let begun = text.span(call.at);
        let length = u32::try_from(call.name.len()).unwrap_or_default();
        let span = Span { end: begun.start.saturating_add(length), ..begun };
        if taken.is_empty() {
            let title = format!("expected a function that scripts have, found `{}`", call.name);
            let problem = Diagnostic::error(codes::check::UNKNOWN_FUNCTION, span, title).label("not a function");
            let known = self.own.keys().chain(self.offered.keys()).map(String::as_str);
            let known =
                known.filter(|name| name.starts_with(|sign: char| sign.is_ascii_lowercase()) && !name.contains('$'));
            return Some(match nearest(&call.name, known) {
                Some(near) => problem.fix(format!("did you mean `{near}`?"), span, near).expected(format!("`{near}`")),
                None => problem.note("scripts have the functions of the language, rhai's own, and those of their file"),
            });
        }
        // A function of the file that is called behind a dot sees what stands there as `this`.
        let own = call.is_method && self.own.get(&call.name).is_some_and(|taken| taken.contains(&call.arguments));
        if own || taken.iter().any(|taken| taken.contains(&given)) {
            return None;
        }
        let mut wanted: Vec<usize> = taken.into_iter().flatten().copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let last = wanted.last().copied().unwrap_or_default();
        let words: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let plural = if last == 1 { "argument" } else { "arguments" };
        let title = format!("expected {} {plural} for `{}`, found {given}", words.join(" or "), call.name);
        let problem = Diagnostic::error(codes::check::ARGUMENT_COUNT, span, title).label("too few or too many");
        Some(if call.is_method {
            problem.note("what stands in front of the dot is the first argument")
        } else {
            problem
        })
    }
}
