//! koppel.
fn main() {}
