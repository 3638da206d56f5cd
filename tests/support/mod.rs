//! What tests of several rooms stand on.

pub mod around;
pub mod figure;
pub mod folder;
pub mod markdown;
pub mod mortal;
pub mod room;
pub mod router;
pub mod scene;
pub mod trap;
