//! What tests of several rooms stand on.

pub mod router;
