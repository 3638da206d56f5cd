//! Speaks to a system as its connector's data says: an operation goes in, records or a fault come out.

mod connection;
mod connector;
mod exchange;
mod fault;
mod gate;
mod pages;
mod row;
mod system;
mod tokens;
mod transport;

pub use connection::Connection;
pub use connector::*;
pub use exchange::{Call, Exchange, Observer};
pub use fault::{FAULTS, Fault};
pub use gate::Pass;
pub use pages::{Begin, ListQuery, Page, Pages};
pub use row::Row;
pub use system::{Fields, Made, System};
pub use tokens::{MemoryTokens, Tokens};
pub use transport::{Answer, Lost, Request, Transport};
