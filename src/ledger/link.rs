//! Pairs of things that belong together, shared by the flows of a workspace.

use jiff::Timestamp;

/// A thing in a system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thing {
    /// The connection and the resource: `books.customers`.
    pub resource: String,
    /// Its id there.
    pub id: String,
}

impl Thing {
    /// The thing with that id.
    pub fn new(resource: impl Into<String>, id: impl Into<String>) -> Self {
        Self { resource: resource.into(), id: id.into() }
    }
}

/// A pair to remember, for both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// One side.
    pub a: Thing,
    /// The other side.
    pub b: Thing,
    /// What else tells such pairs apart: `is_private=true`. A later word replaces it.
    pub extra: String,
    /// The flow that found it.
    pub flow: String,
}

/// A partner of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The partner.
    pub thing: Thing,
    /// What else was remembered with the pair.
    pub extra: String,
    /// The flow that found it.
    pub flow: String,
    /// When.
    pub at: Timestamp,
}
