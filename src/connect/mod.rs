//! Speaks to a system as its connector's data says: an operation goes in, records or a fault come out.

mod connector;

pub use connector::*;
