//! The one test binary: each module tests a room from outside.

mod cli;
mod connect;
mod eval;
mod ledger;
mod readme;
mod sandbox;
mod support;
mod workspace;
