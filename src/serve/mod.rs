//! What stays up and is asked from outside: questions and pushed records come in, pages and answers go out.

mod callback;
mod classic;
mod health;
mod hooks;
mod manager;
mod metrics;
mod port;
pub mod retention;

pub use callback::{Page, Query, callback};
pub use health::{Health, SILENT};
pub use hooks::{Hook, HookKey, Hooks, Refused, WINDOW, signed, verify};
pub use manager::Manager;
pub use metrics::{Form, Metrics};
pub use port::{Desk, LISTEN, answer, bind, router};
