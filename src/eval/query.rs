//! A path that cannot be compiled: parsed once at check time, asked of one subtree.

/// A parsed JSONPath.
#[derive(Debug)]
pub struct Query;
