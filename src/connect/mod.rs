//! Speaks to a system as its connector's data says: an operation goes in, records or a fault come out.

mod address;
mod connection;
mod connector;
mod exchange;
mod fault;
mod gate;
mod http;
pub(crate) mod json;
mod keeper;
mod operations;
mod pages;
mod probe;
mod reading;
mod redact;
mod row;
mod said;
mod system;
mod tokens;
mod transport;
mod wait;
mod whole;

pub use connection::Connection;
pub use connector::*;
pub use exchange::{Call, Exchange, Observer};
pub use fault::{FAULTS, Fault};
pub use gate::Pass;
pub use http::{HttpOptions, HttpTransport};
pub use operations::{Fields, Made};
pub use pages::{Begin, ListQuery, Page, TurnedList};
pub use probe::{Finding, Report, probe};
pub use row::Row;
pub use system::System;
pub use tokens::{MemoryTokens, Tokens};
pub use transport::{Answer, Lost, Request, Transport};
pub use whole::merge_whole;
