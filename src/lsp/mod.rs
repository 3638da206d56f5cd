//! Editors: messages of the language server protocol go in; mistakes, completions, places and changes come out.

mod actions;
mod answer;
mod complete;
mod config;
mod connector;
mod define;
mod document;
mod format;
mod hover;
mod place;
mod publish;
mod refer;
mod rename;
mod script;
mod server;
mod state;
mod symbols;
mod tokens;
mod wire;
mod words;

pub use lsp_server::{Connection, Message, Notification, Request, Response};
pub use server::{Ended, Options, serve};
pub use wire::speak;
