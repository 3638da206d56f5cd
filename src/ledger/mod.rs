//! What happened to every record goes in and stays; what is recorded comes out: the memory that lets nothing be made
//! twice and nothing be lost.
//!
//! The [`Ledger`] trait is the door. It knows no flow language: keys, steps, cursors and versions are texts and hashes
//! to it. What may follow what stands once, in `rules`; the bodies only keep it.

mod activity;
mod attempt;
mod door;
mod error;
mod flow;
mod hash;
mod lane;
mod letter;
mod link;
mod memory;
mod people;
mod person;
mod record;
mod rules;
mod seal;
mod shadow;
mod sqlite;
mod token;

pub use activity::{Activity, ActivityFilter, Direction, Logged};
pub use attempt::{Adoption, Answer, Attempt, Reservation, Reserved, Resolution, Settled, Settlement, State};
pub use door::{Ledger, Reply};
pub use error::LedgerError;
pub use flow::{FlowState, Pause, Run, Version};
pub use hash::Hash;
pub use lane::{Claim, Claimed, Lane, Scope};
pub use letter::{Alarm, Delivery, Letter, Telling};
pub use link::{Link, Linked, Thing};
pub use memory::Memory;
pub use people::{Counts, Erased, Group, RecordFilter, Retention};
pub use person::{Forgotten, Person, Trace};
pub use record::{
    Decision, End, Finished, Incoming, Intake, Mark, Memo, Outcome, Page, Record, Resend, Revive, Status, Step, Stored,
    Summary, Window,
};
pub use seal::{Seal, Unopened};
pub use shadow::Shadow;
pub use sqlite::Sqlite;
pub use token::{Swapped, Token};
