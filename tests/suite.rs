//! tests.

mod connect;
