//! stub
use std::sync::Arc;
use crate::check::catalog::Imported;
use crate::check::checker::Checker;
use crate::check::library::{Callable, Module, Signature};
use crate::syntax::ast;
impl Checker<'_> {
    pub(super) fn script(&mut self, signature: &Signature, body: &ast::Name) -> Option<Callable> { let _ = (signature, body); Some(Callable::Script(Arc::new(crate::script::Script))) }
    pub(super) fn script_file(&mut self, file: &Imported, module: &mut Module) { let _ = (file, module); }
}
