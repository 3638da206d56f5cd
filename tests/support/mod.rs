//! What tests of several rooms stand on.

pub mod around;
pub mod drill;
pub mod figure;
pub mod folder;
pub mod markdown;
pub mod mortal;
pub mod room;
pub mod router;
pub mod scene;
pub mod tools;
pub mod trap;
