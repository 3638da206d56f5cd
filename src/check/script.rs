//! Scripts as written go in; functions with a typed border, or what is wrong in them at its place, come out.

use std::sync::Arc;

use crate::check::catalog::{Catalog, Imported};
use crate::check::checker::Checker;
use crate::check::library::{Callable, Module, Signature};
use crate::check::problems::suggest;
use crate::check::program::SOURCE;
use crate::check::scope::Place;
use crate::report::{Diagnostic, Source, codes};
use crate::script::{ScriptFile, ScriptHeader, compile, parse_file};
use crate::syntax::{self, ast};
use crate::value::Builtin;

/// What is wrong with a file of scripts, whoever uses it. Which systems its headers may speak of is known only there.
#[must_use]
pub fn script(source: &Source, builtins: &'static [Builtin]) -> Vec<Diagnostic> {
    let catalog = Catalog::new(builtins);
    let mut checker = Checker::new(source, &catalog, Place::Flow, SOURCE + 1);
    checker.script_file(&Imported { source: source.clone(), tree: None }, &mut Module::broken());
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
                Ok(function) => self.script_function(&compiled, header, &function, module),
                Err(problems) => {
                    module.broken = true;
                    problems.into_iter().for_each(|problem| self.problems.push(problem));
                }
            }
        }
        let hidden = compiled.names().into_iter().filter(|name| !module.functions.contains_key(name.as_str()));
        module.hidden = hidden.map(String::into_boxed_str).collect();
    }

    fn script_function(
        &mut self,
        file: &ScriptFile,
        header: &ScriptHeader,
        function: &ast::Function,
        module: &mut Module,
    ) {
        let name = &function.name;
        let signature = self.border(function);
        let fits = self.header_fits(file, header, function);
        let Some(signature) = signature.filter(|_| fits) else {
            module.broken = true;
            return;
        };
        let script = file.function(&name.node, &signature.parameters, &signature.result);
        if module.functions.contains_key(&signature.name) {
            let title = format!("the name `{}` is given twice", name.node);
            self.problems.error(codes::check::NAME_TWICE, name.span, title, "given again here");
            return;
        }
        module.functions.insert(signature.name.clone(), (Arc::new(signature), Callable::Script(Arc::new(script))));
    }

    /// Whether a header says what the function below it is; if not, that is told.
    fn header_fits(&mut self, file: &ScriptFile, header: &ScriptHeader, function: &ast::Function) -> bool {
        let name = &function.name;
        let there = file.parameters(&name.node);
        if there.is_empty() {
            let title = format!("expected the header of a function of this file, found `{}`", name.node);
            let mut problem = Diagnostic::error(codes::check::HEADER, name.span, title).label("no such function");
            problem = match &header.below {
                Some((below, span)) => problem.other(*span, "the function below it").fix(
                    format!("did you mean `{below}`?"),
                    name.span,
                    below,
                ),
                None => {
                    let known = file.names();
                    suggest(problem, name.span, &name.node, "its functions are", known.iter().map(String::as_str))
                }
            };
            self.problems.push(problem);
            return false;
        }
        match &header.below {
            Some((below, _)) if **below == *name.node => {}
            Some((below, span)) => {
                let title = format!("expected the header of `{below}`, found that of `{}`", name.node);
                let problem = Diagnostic::error(codes::check::HEADER, name.span, title);
                let problem = problem.label("a header stands in the line above its function");
                self.problems.push(problem.other(*span, "the function below it"));
                return false;
            }
            None => {
                let title = format!("expected the header right above `{}`, found it elsewhere", name.node);
                let label = "no function begins below it";
                self.problems.error(codes::check::HEADER, name.span, title, label);
                return false;
            }
        }
        let wanted: Vec<&str> = function.parameters.iter().map(|parameter| &*parameter.name.node).collect();
        let Some(found) = there.iter().find(|there| there.len() == wanted.len()) else {
            let counts: Vec<String> = there.iter().map(|there| there.len().to_string()).collect();
            let title = format!(
                "expected as many parameters as the function has, {}, found {}",
                counts.join(" or "),
                wanted.len()
            );
            let mut problem =
                Diagnostic::error(codes::check::HEADER, name.span, title).label("the header of another function");
            if let Some((_, span)) = &header.below {
                problem = problem.other(*span, format!("`{}({})`", name.node, there[0].join(", ")));
            }
            self.problems.push(problem);
            return false;
        };
        for (parameter, found_name) in function.parameters.iter().zip(found) {
            if *parameter.name.node != **found_name && found.iter().any(|other| **other == *parameter.name.node) {
                let title =
                    format!("expected `{found_name}` here, as in the function, found `{}`", parameter.name.node);
                let problem = Diagnostic::error(codes::check::HEADER, parameter.name.span, title);
                let problem = problem.label("arguments go by their place: these two would be swapped");
                let signature = format!("`{}({})`", name.node, found.join(", "));
                self.problems.push(match &header.below {
                    Some((_, span)) => problem.other(*span, signature),
                    None => problem,
                });
                return false;
            }
        }
        true
    }
}
