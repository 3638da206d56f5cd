//! koppel: small `.flow` files say how records of one system become records of another; this library parses, checks,
//! compiles and runs them.

pub mod ledger;
pub mod report;
pub mod sandbox;
pub mod syntax;
