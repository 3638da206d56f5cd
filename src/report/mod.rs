//! A mistake and its place go in; text or JSON that a person or a program reads comes out.

mod code;
mod diagnostic;
mod json;
mod nearest;
mod render;
mod source;

pub mod codes;

pub use code::Code;
pub use diagnostic::{Diagnostic, Fix, Label, Severity};
pub use json::render_json;
pub use nearest::nearest;
pub use render::{Style, render, summary};
pub use source::{Place, Source, SourceId, Sources, Span};
