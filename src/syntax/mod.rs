//! Text of a flow or connector file goes in; our own tree with places, or all mistakes of the file, comes out.

pub mod ast;
