//! A folder goes in; connections, settings and graphs, or all mistakes in its files, come out.

mod config;
mod embedded;
mod files;
mod given;
mod secret;

pub use embedded::{File, embedded, embedded_file};
pub use secret::Reference;
