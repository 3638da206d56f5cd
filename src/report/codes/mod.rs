//! The numbers of all kinds of mistakes, a file for each range.

pub mod check;
pub mod connector;
pub mod run;
pub mod syntax;
pub mod test;
pub mod workspace;
