//! Text of a flow or connector file goes in; our own tree with places, or all mistakes of the file, comes out.

pub mod ast;
mod block;
mod build;
mod bytes;
mod cursor;
mod expected;
mod failing;
mod format;
mod grammar;
mod habits;
mod outline;
mod parse;
mod partly;
mod pieces;
mod recover;
mod scan;
mod slips;
mod vocabulary;
mod words;

pub use bytes::{LARGEST_FILE, source_text};
pub use cursor::{Cursor, Expected, STAND_IN, Spot, expected_at, parse_at, word_around};
pub use format::format;
pub use outline::outline;
pub use parse::{parse, parse_header};
pub use partly::parse_partly;
pub use vocabulary::vocabulary;
