//! The type of a builtin function's row; the checker, the runner, the reference and its test read the same row.

use crate::value::{Arena, Typed, Value};

/// The number of an argument, from 0, and what is wrong with it, in words.
pub type WrongArgument = (usize, String);

/// Judges the arguments that are written as texts; the others are none.
pub type Literals = fn(&[Option<&str>]) -> Result<(), WrongArgument>;

/// One function of the language.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// Its name in flows and scripts.
    pub name: &'static str,
    /// Its shape for people: `join(separator, part, …) -> text?`.
    pub signature: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Expressions and what they give; they are its tests.
    pub examples: &'static [Example],
    /// How many arguments it takes: the least and the most.
    pub arity: (usize, usize),
    /// The kind of the result from those of the arguments, or what is wrong with argument `n` (from 0) in words.
    pub kind: fn(&[Typed]) -> Result<Typed, WrongArgument>,
    /// What is wrong with arguments that are written as texts, such as a pattern: told when the flow is checked.
    pub literals: Option<Literals>,
    /// Not set in any argument gives not set without a call; otherwise the function sees what is not set.
    pub spreads: bool,
    /// The work itself; an error in words holds the record.
    pub call: fn(&mut Arena, &[Value]) -> Result<Value, String>,
}

/// An expression and what it gives, both as written in a flow.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The call.
    pub call: &'static str,
    /// What it gives; `none` for not set.
    pub gives: &'static str,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
