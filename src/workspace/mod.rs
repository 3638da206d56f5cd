//! A folder goes in; connections, settings and graphs, or all mistakes in its files, come out.

mod bind;
mod config;
mod connected;
mod desk;
mod embedded;
mod files;
mod flow;
mod given;
mod keep;
mod key;
pub mod keys;
mod load;
mod replace;
mod retention;
mod saves;
mod secret;
mod setting;
mod shelf;
mod texts;

pub use connected::Connected;
pub use desk::{Desk, Study};
pub use embedded::{File, embedded, embedded_file};
pub use flow::Flow;
pub use keep::recall;
pub use keys::Key;
pub use load::{CONFIG, Depth, Problems, Request, Workspace, load, load_embedded};
pub use replace::replace;
pub use retention::Retention;
pub use saves::Saves;
pub use secret::{Places, Reference};
pub use texts::texts;
