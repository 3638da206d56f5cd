//! All tests: one binary.

mod connect;
mod sandbox;
