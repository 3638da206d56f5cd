//! The functions and tables of a file: their borders are known at once, their bodies are checked when they are needed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::notes::Meaning;
use crate::check::scope::{Frame, Name, Place};
use crate::eval::{Function, Table};
use crate::report::{Diagnostic, Span, codes};
use crate::script::Script;
use crate::syntax::ast::{self, FunctionBody};
use crate::value::{Kind, Typed};

/// The border of a function.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) name: Arc<str>,
    /// Where it is given.
    pub(super) given: Span,
    pub(super) parameters: Vec<(Arc<str>, Typed)>,
    pub(super) result: Typed,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<String> = self.parameters.iter().map(|(name, typed)| format!("{name}: {typed}")).collect();
        write!(f, "{}({}) -> {}", self.name, parameters.join(", "), self.result)
    }
}

/// What a call calls.
#[derive(Clone, Debug)]
pub(super) enum Callable {
    Function(Arc<Function>),
    Script(Arc<Script>),
}

/// A table.
#[derive(Clone, Debug)]
pub(super) struct TableEntry {
    pub(super) span: Span,
    pub(super) key: Kind,
    pub(super) value: Typed,
    pub(super) table: Arc<Table>,
}

/// A file that is used under a name.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) span: Span,
    pub(super) functions: BTreeMap<Arc<str>, (Arc<Signature>, Callable)>,
    pub(super) tables: BTreeMap<Arc<str>, TableEntry>,
    pub(super) used: bool,
    pub(super) broken: bool,
    /// Functions of a script file that no typed header offers.
    pub(super) hidden: Vec<Box<str>>,
}

impl Module {
    /// A file of which nothing is known, and nothing more is told.
    pub(super) fn broken() -> Module {
        Module {
            span: Span::default(),
            functions: BTreeMap::new(),
            tables: BTreeMap::new(),
            used: false,
            broken: true,
            hidden: Vec::new(),
        }
    }
}

/// How far a function's check is.
#[derive(Debug)]
enum State<'a> {
    Written(&'a ast::Function),
    Checking,
    Ready(Callable),
    Broken,
}

#[derive(Debug)]
struct FunctionEntry<'a> {
    span: Span,
    signature: Arc<Signature>,
    state: State<'a>,
    used: bool,
}

/// The functions and tables of a file.
#[derive(Debug, Default)]
pub(super) struct Library<'a> {
    functions: BTreeMap<Box<str>, FunctionEntry<'a>>,
    tables: BTreeMap<Box<str>, (TableEntry, bool)>,
    /// Names whose border makes no sense: their calls are not told again.
    broken: BTreeMap<Box<str>, Span>,
}

impl Library<'_> {
    /// The line that gives this name.
    pub(super) fn span(&self, name: &str) -> Option<Span> {
        self.functions
            .get(name)
            .map(|function| function.span)
            .or_else(|| self.tables.get(name).map(|(table, _)| table.span))
            .or_else(|| self.broken.get(name).copied())
    }

    /// The border of a function.
    pub(super) fn signature(&self, name: &str) -> Option<Arc<Signature>> {
        self.functions.get(name).map(|function| function.signature.clone())
    }

    /// Where each function is given, and its border.
    pub(super) fn signatures(&self) -> impl Iterator<Item = (Span, Arc<Signature>)> + '_ {
        self.functions.values().map(|function| (function.span, function.signature.clone()))
    }

    /// A table.
    pub(super) fn table(&mut self, name: &str) -> Option<TableEntry> {
        let (table, used) = self.tables.get_mut(name)?;
        *used = true;
        Some(table.clone())
    }

    /// Whether the name was told to be wrong.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains_key(name)
    }

    /// All names.
    pub(super) fn names(&self) -> Vec<Box<str>> {
        self.functions.keys().chain(self.tables.keys()).cloned().collect()
    }

    /// All functions that are sound.
    pub(super) fn ready(&self) -> impl Iterator<Item = (Arc<Signature>, Callable)> + '_ {
        self.functions.values().filter_map(|function| match &function.state {
            State::Ready(callable) => Some((function.signature.clone(), callable.clone())),
            _ => None,
        })
    }

    /// All tables that are sound.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&str, &TableEntry)> + '_ {
        self.tables.iter().map(|(name, (table, _))| (&**name, table))
    }

    /// What nothing uses: name and line.
    pub(super) fn unused(&self) -> Vec<(Box<str>, Span)> {
        let functions = self.functions.iter().filter(|(_, function)| !function.used);
        let tables = self.tables.iter().filter(|(_, (_, used))| !used);
        functions
            .map(|(name, function)| (name.clone(), function.span))
            .chain(tables.map(|(name, (table, _))| (name.clone(), table.span)))
            .collect()
    }
}

impl<'a> Checker<'a> {
    /// Knows the borders of a file's functions, and its tables.
    pub(super) fn library(&mut self, items: &'a [ast::Spanned<ast::Item>]) {
        for item in items {
            match &item.node {
                ast::Item::Function(function) if self.may_define(&function.name) => {
                    let border = self.border(function);
                    let name = function.name.node.clone();
                    match border {
                        Some(signature) => {
                            let entry = FunctionEntry {
                                span: function.name.span,
                                signature: Arc::new(signature),
                                state: State::Written(function),
                                used: false,
                            };
                            self.library.functions.insert(name, entry);
                        }
                        None => drop(self.library.broken.insert(name, function.name.span)),
                    }
                }
                ast::Item::Table(table) if self.may_define(&table.name) => {
                    let name = table.name.node.clone();
                    match self.written_table(table) {
                        Some(entry) => drop(self.library.tables.insert(name, (entry, false))),
                        None => drop(self.library.broken.insert(name, table.name.span)),
                    }
                }
                _ => {}
            }
        }
    }

    /// Checks the bodies that no call has asked for yet.
    pub(super) fn bodies(&mut self) {
        for name in self.library.functions.keys().cloned().collect::<Vec<_>>() {
            let used = self.library.functions.get(&name).is_some_and(|function| function.used);
            let span = self.library.span(&name).unwrap_or_default();
            self.function(&name, span);
            if let Some(function) = self.library.functions.get_mut(&name) {
                function.used = used;
            }
        }
    }

    fn may_define(&mut self, name: &ast::Name) -> bool {
        if self.catalog.builtins.iter().any(|builtin| builtin.name == &*name.node) {
            let title = format!("expected a new name, found `{}`, which is a function of the language", name.node);
            self.problems.error(codes::check::RESERVED_NAME, name.span, title, "another name is wanted here");
            return false;
        }
        self.may_declare(&name.node, name.span)
    }

    /// The border of a function; none when it makes no sense, which was told.
    pub(super) fn border(&mut self, function: &ast::Function) -> Option<Signature> {
        let mut parameters: Vec<(Arc<str>, Typed)> = Vec::new();
        let mut sound = true;
        for parameter in &function.parameters {
            if parameters.iter().any(|(name, _)| **name == *parameter.name.node) {
                let title = format!("the name `{}` is given twice", parameter.name.node);
                self.problems.error(codes::check::NAME_TWICE, parameter.name.span, title, "given again here");
            }
            match self.crossing(&parameter.kind) {
                Some(typed) => parameters.push((parameter.name.node.clone().into(), typed)),
                None => sound = false,
            }
        }
        let result = self.crossing(&function.result);
        let name = function.name.node.clone().into();
        sound.then_some(Signature { name, given: function.name.span, parameters, result: result? })
    }

    /// A kind that may cross a function's border.
    fn crossing(&mut self, kind: &ast::Spanned<ast::Kind>) -> Option<Typed> {
        let typed = self.kind(kind)?;
        if let Kind::Table(..) = typed.kind {
            let title = format!("expected a kind of value, found `{}`", typed.kind);
            let label = "a function takes no table: look the row up where the function is called";
            self.problems.error(codes::check::FUNCTION_KIND, kind.span, title, label);
            return None;
        }
        Some(typed)
    }

    /// A function, its body checked. None when it makes no sense, which was told.
    pub(super) fn function(&mut self, name: &str, caller: Span) -> Option<Callable> {
        let entry = self.library.functions.get_mut(name)?;
        entry.used = true;
        match &entry.state {
            State::Ready(callable) => return Some(callable.clone()),
            State::Broken => return None,
            State::Checking => {
                let span = entry.span;
                let title = format!("expected a function that ends, found `{name}`, which calls itself");
                let problem = Diagnostic::error(codes::check::RECURSION, caller, title).label("called here again");
                self.problems.push(problem.other(span, "begun here"));
                return None;
            }
            State::Written(_) => {}
        }
        let State::Written(function) = std::mem::replace(&mut entry.state, State::Checking) else { return None };
        let signature = entry.signature.clone();
        let callable = match &function.body {
            FunctionBody::Expr(body) => self.function_body(&signature, function, body),
            FunctionBody::Script(body) => self.script(&signature, body),
        };
        let entry = self.library.functions.get_mut(name)?;
        entry.state = callable.clone().map_or(State::Broken, State::Ready);
        callable
    }

    fn function_body(&mut self, signature: &Signature, function: &ast::Function, body: &ast::Expr) -> Option<Callable> {
        let outer = std::mem::replace(&mut self.frame, Frame::new(Place::Function, 0));
        let rounded = std::mem::take(&mut self.rounded);
        for (parameter, (name, typed)) in function.parameters.iter().zip(&signature.parameters) {
            let variable = self.frame.variable();
            self.note(parameter.name.span, Some(typed), || Meaning::Name(parameter.name.span));
            self.frame.names.push(Name::filled(name.clone(), parameter.name.span, variable, typed.clone()));
        }
        let value = self.expr(body);
        let broken = self.told(&value);
        let what = format!("`{}`", signature.name);
        let expr = if signature.result.maybe || is_list(&signature.result) {
            self.assign(value, &signature.result.kind, &what)
        } else {
            self.assign_sure(value, &signature.result.kind, &what)
        };
        let frame = std::mem::replace(&mut self.frame, outer);
        self.rounded = rounded;
        if broken {
            return None;
        }
        Some(Callable::Function(Arc::new(Function {
            name: Box::from(&*signature.name),
            variables: frame.width(),
            maybe: signature.parameters.iter().map(|(_, typed)| typed.maybe || is_list(typed)).collect(),
            body: expr,
        })))
    }
}

/// A list is never not set: over nothing it is empty.
fn is_list(typed: &Typed) -> bool {
    matches!(typed.kind, Kind::List(_))
}
