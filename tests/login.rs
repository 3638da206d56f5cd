//! A person's log-in: how it is kept, changed, lost and told.

mod deaths;
mod flow;
mod leaks;
mod office;
mod renewal;
pub mod vault;
