//! What a flow may lean on: connectors and the texts of other files; a file's tree goes in, the names it wants come out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::connect::Connector;
use crate::report::{Source, SourceId, Span};
use crate::syntax::ast::{self, ExprKind, FileBody, Item, KindBase, Literal, SettingDefault, TableRows, UseWhat};
use crate::value::Builtin;

/// What a flow may lean on.
#[derive(Clone)]
pub struct Catalog {
    /// The connectors that are named, by name.
    pub connectors: BTreeMap<Arc<str>, Arc<Connector>>,
    /// The names of all connectors there are, for what is offered when one is not there.
    pub connector_names: Vec<String>,
    /// The files that `use` and tables name: the text that names one and the path as written there. The same words mean
    /// another file in another folder.
    pub files: BTreeMap<(SourceId, Arc<str>), Imported>,
    /// The functions of the language.
    pub builtins: &'static [Builtin],
}

impl Catalog {
    /// Nothing but the functions of the language.
    #[must_use]
    pub fn new(builtins: &'static [Builtin]) -> Catalog {
        Catalog { connectors: BTreeMap::new(), connector_names: Vec::new(), files: BTreeMap::new(), builtins }
    }

    /// The file that is meant by these words in that text.
    #[must_use]
    pub fn file(&self, by: SourceId, path: &str) -> Option<&Imported> {
        self.files.get(&(by, Arc::from(path)))
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog")
            .field("connectors", &self.connectors.keys())
            .field("files", &self.files.keys())
            .finish_non_exhaustive()
    }
}

/// A file that another one uses.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its text.
    pub source: Source,
    /// Its tree, of a `.flow` file.
    pub tree: Option<Arc<ast::File>>,
}

/// What a file wants to be read beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Import {
    /// A connector, by name.
    Connector(Arc<str>, Span),
    /// A `.flow` or `.rhai` file, or a table's rows, by its path as written.
    File(Arc<str>, Span),
}

/// All that a file wants to be read beside it, in the order of the file.
#[must_use]
pub fn imports(file: &ast::File) -> Vec<Import> {
    let FileBody::Flow(flow) = &file.body else { return Vec::new() };
    let mut all = Vec::new();
    for item in &flow.items {
        match &item.node {
            Item::Use(wanted) => match &wanted.what {
                UseWhat::Connector(name) => all.push(Import::Connector(name.node.clone().into(), name.span)),
                UseWhat::File(path) => all.push(Import::File(path.node.clone().into(), path.span)),
            },
            Item::Table(table) => {
                if let TableRows::File(path) = &table.rows {
                    all.push(Import::File(path.node.clone().into(), path.span));
                }
            }
            Item::Settings(settings) => {
                let files = settings.iter().filter_map(rows_file);
                all.extend(files.map(|path| Import::File(path.node.into(), path.span)));
            }
            _ => {}
        }
    }
    all
}

/// The file that a setting's table takes its rows from.
pub(super) fn rows_file(setting: &ast::Setting) -> Option<ast::Name> {
    let Some(SettingDefault::Value(value)) = &setting.default else { return None };
    match (&setting.kind.node.base, &value.node) {
        (KindBase::Table(..), ExprKind::Literal(Literal::Text(path))) => {
            Some(ast::Spanned { node: path.clone(), span: value.span })
        }
        _ => None,
    }
}
