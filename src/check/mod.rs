//! A tree goes in; a program with every name resolved and every kind known, or all mistakes at once, comes out.

mod call;
mod catalog;
mod checker;
mod connector;
mod expr;
mod fields;
mod fit;
mod flow;
mod kind;
mod kinds;
mod library;
mod matching;
mod notes;
mod noting;
mod outline;
mod path;
mod problems;
mod program;
mod record;
mod rows;
mod scope;
mod script;
mod settings;
mod source;
mod steps;
mod table;
mod test;
mod used;
mod uses;

pub use catalog::{Catalog, Import, Imported, imports};
pub use connector::connector;
pub use flow::{Look, check, look};
pub use notes::{Callable, Mark, Meaning, Notes, RoleNote, Seen, ShapeNote, Sight, Target};
pub use outline::outline;
pub use program::*;
