//! Whose records, and who may work on them: scopes, lanes and claims.

use std::sync::Arc;

use jiff::Timestamp;

/// One flow of one tenant: what records, cursors and attempts belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The shop (workspace) it is of.
    pub tenant: Arc<str>,
    /// The flow's name.
    pub flow: Arc<str>,
}

impl Scope {
    /// The flow of that tenant.
    pub fn new(tenant: impl Into<Arc<str>>, flow: impl Into<Arc<str>>) -> Self {
        Self { tenant: tenant.into(), flow: flow.into() }
    }
}

/// A rate-limit domain: a tenant's account at one target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane {
    /// The tenant it is of.
    pub tenant: Arc<str>,
    /// The lane's name, that of the connection.
    pub name: Arc<str>,
}

impl Lane {
    /// The lane of that tenant.
    pub fn new(tenant: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self { tenant: tenant.into(), name: name.into() }
    }
}

/// The right to work in a lane: every put carries it, and one with an older epoch changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The lane that is held.
    pub lane: Lane,
    /// Grows with every change of holder.
    pub epoch: u64,
    /// Until when, if it is not renewed; after that another may take it.
    pub until: Timestamp,
}

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The lane is the caller's.
    Granted(Claim),
    /// Another holds it.
    Taken {
        /// The name it gave.
        holder: String,
        /// Until when, if it does not renew.
        until: Timestamp,
    },
}
