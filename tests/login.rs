//! A person's log-in: how it is kept, changed, lost and told.

pub mod vault;
