//! The one test binary: each module tests a room from outside.

mod connect;
mod ledger;
mod sandbox;
