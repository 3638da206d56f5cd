//! koppel: small `.flow` files say how records of one system become records of another; this library parses, checks,
//! compiles and runs them.

pub mod builtin;
pub mod check;
pub mod cli;
pub mod connect;
pub mod eval;
pub mod ledger;
pub mod lsp;
pub mod plan;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod script;
pub mod serve;
pub mod syntax;
pub mod test;
pub mod value;
pub mod workspace;
