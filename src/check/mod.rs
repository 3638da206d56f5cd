//! A tree goes in; a program with every name resolved and every kind known, or all mistakes at once, comes out.

mod program;

pub use program::*;
