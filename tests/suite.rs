//! All tests: one binary.

mod connect;
mod ledger;
mod sandbox;
