//! Does the work, in time: a graph and a world go in; what became of every record comes out, and lies in the ledger.

mod outcome;
mod world;

pub use outcome::{Ended, Made, Outcome, Report, Requests, Status};
pub use world::{Options, Watch, World};
