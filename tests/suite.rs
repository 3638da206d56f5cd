//! The one test binary: each module tests a room from outside.
#![cfg(test)]
#![allow(unreachable_pub, reason = "nothing outside of this binary reaches it")]

mod book;
mod cli;
mod clocks;
mod codes;
mod connect;
mod drill;
mod eval;
mod floors;
mod flows;
mod format;
mod lang;
mod ledger;
mod login;
mod lsp;
mod mapping;
mod model;
mod money;
mod plan;
mod readme;
mod run;
mod sandbox;
mod serve;
mod sim;
mod suites;
mod support;
mod syntax;
mod verdicts;
mod walk;
mod workspace;
