//! Text of a flow or connector file goes in; our own tree with places, or all mistakes of the file, comes out.

pub mod ast;
mod block;
mod build;
mod bytes;
mod expected;
mod failing;
mod format;
mod grammar;
mod habits;
mod outline;
mod parse;
mod pieces;
mod recover;
mod scan;
mod slips;
mod words;

pub use bytes::{LARGEST_FILE, source_text};
pub use format::format;
pub use outline::outline;
pub use parse::{parse, parse_header};
