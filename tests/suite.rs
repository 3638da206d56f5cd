//! tests.

mod sandbox;
