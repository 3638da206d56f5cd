//! A mistake and its place go in; text or JSON that a person or a program reads comes out.

mod code;
mod diagnostic;
mod excerpt;
mod facts;
mod json;
mod mask;
mod nearest;
mod page;
mod render;
mod source;

pub mod codes;

pub use code::{Code, Row};
pub use diagnostic::{Diagnostic, Fix, Label, Severity};
pub use excerpt::Excerpt;
pub use facts::{Facts, Written};
pub use json::{json, render_json};
pub use mask::{MASK, mask};
pub use nearest::nearest;
pub use page::{Example, Part, parts};
pub use render::{Style, draw, render, summary};
pub use source::{Place, Source, SourceId, Sources, Span};
