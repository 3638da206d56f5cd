//! rhai: a typed header and a body go in; a function over values comes out.

/// A compiled function.
#[derive(Debug)]
pub struct Script;
