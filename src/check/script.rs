//! stub
use crate::check::catalog::Imported;
use crate::check::checker::Checker;
use crate::check::library::{Callable, Module, Signature};
use crate::syntax::ast;
use std::sync::Arc;
impl Checker<'_> {
    pub(super) fn script(&mut self, signature: &Signature, body: &ast::Name) -> Option<Callable> {
        match crate::script::compile(&signature.name, &signature.parameters, &signature.result, &body.node, body.span) {
            Ok(s) => Some(Callable::Script(Arc::new(s))),
            Err(p) => {
                for d in p {
                    self.problems.push(d);
                }
                None
            }
        }
    }
    pub(super) fn script_file(&mut self, file: &Imported, module: &mut Module) {
        let _ = (file, module);
    }
}
