//! Answers people who come by browser: a question comes in, a page goes out.

mod callback;
pub mod retention;

pub use callback::{Page, Query, callback};
