//! Scripts as written go in; functions with a typed border, or what is wrong in them at its place, come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::catalog::{Catalog, Imported};
use crate::check::checker::Checker;
use crate::check::library::{Callable, Module, Signature};
use crate::check::problems::suggest;
use crate::check::program::SOURCE;
use crate::check::scope::Place;
use crate::report::{Diagnostic, Source, Span, codes};
use crate::script::{ScriptFile, compile, parse_file};
use crate::syntax::{self, ast};
use crate::value::Builtin;

/// What is wrong with a file of scripts, whoever uses it. Which systems its headers may speak of is known only there.
#[must_use]
pub fn script(source: &Source, builtins: &'static [Builtin]) -> Vec<Diagnostic> {
    let catalog = Catalog { connectors: BTreeMap::new(), files: BTreeMap::new(), builtins };
    let mut checker = Checker::new(source, &catalog, Place::Flow, SOURCE + 1);
    let mut module = Module {
        span: Span::default(),
        functions: BTreeMap::new(),
        tables: BTreeMap::new(),
        used: true,
        broken: false,
    };
    checker.script_file(&Imported { source: source.clone(), tree: None }, &mut module);
    let mut mistakes = std::mem::take(&mut checker.problems).finish().err().unwrap_or_default();
    mistakes.retain(|mistake| mistake.code != codes::check::UNKNOWN_ROLE);
    mistakes
}

impl Checker<'_> {
    /// The body of a `fn … rhai { … }`.
    pub(super) fn script(&mut self, signature: &Signature, body: &ast::Name) -> Option<Callable> {
        let text = (&*body.node, body.span);
        let builtins = self.catalog.builtins;
        match compile(&signature.name, &signature.parameters, &signature.result, text, builtins) {
            Ok(script) => Some(Callable::Script(Arc::new(script))),
            Err(problems) => {
                problems.into_iter().for_each(|problem| self.problems.push(problem));
                None
            }
        }
    }

    /// The functions of a `.rhai` file that have a typed header.
    pub(super) fn script_file(&mut self, file: &Imported, module: &mut Module) {
        let compiled = match parse_file(&file.source, self.catalog.builtins) {
            Ok(compiled) => compiled,
            Err(problems) => return problems.into_iter().for_each(|problem| self.problems.push(problem)),
        };
        module.broken = false;
        for header in compiled.headers() {
            match syntax::parse_header(&file.source, header.span) {
                Ok(function) => self.script_function(&compiled, &function, module),
                Err(problems) => {
                    module.broken = true;
                    problems.into_iter().for_each(|problem| self.problems.push(problem));
                }
            }
        }
    }

    fn script_function(&mut self, file: &ScriptFile, function: &ast::Function, module: &mut Module) {
        let name = &function.name;
        let Some(signature) = self.border(function) else {
            module.broken = true;
            return;
        };
        let wanted = signature.parameters.len();
        match file.arity(&name.node) {
            Some(there) if there == wanted => {}
            Some(there) => {
                let title = format!("expected a header with {there} parameters, found {wanted}");
                let label = "the function below has another number of them";
                self.problems.error(codes::check::SCRIPT, name.span, title, label);
                module.broken = true;
                return;
            }
            None => {
                let title = format!("expected the header of a function of this file, found `{}`", name.node);
                let problem = Diagnostic::error(codes::check::SCRIPT, name.span, title).label("no such function");
                let known = file.names();
                let known = known.iter().map(String::as_str);
                self.problems.push(suggest(problem, name.span, &name.node, "its functions are", known));
                module.broken = true;
                return;
            }
        }
        let script = file.function(&name.node, &signature.parameters, &signature.result);
        if module.functions.contains_key(&signature.name) {
            let title = format!("the name `{}` is given twice", name.node);
            self.problems.error(codes::check::NAME_TWICE, name.span, title, "given again here");
            return;
        }
        module.functions.insert(signature.name.clone(), (Arc::new(signature), Callable::Script(Arc::new(script))));
    }
}
