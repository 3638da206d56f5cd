//! tests.

mod connect;
mod sandbox;
mod support;
