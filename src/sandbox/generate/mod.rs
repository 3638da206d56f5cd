//! Orders and customers of any number that follow from a seed: in go a seed and a position, out comes JSON.

mod catalogue;
mod order;
mod person;

pub(super) use catalogue::articles;
pub(super) use catalogue::rate_of;
pub(super) use order::Head;
pub(super) use order::head;
pub(super) use order::number;
pub use order::order;
pub(super) use order::persons;
pub(super) use person::customer;
