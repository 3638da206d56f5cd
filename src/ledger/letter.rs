//! What people are told about goes in; what is still to be told, and what was told before, come out.

use jiff::Timestamp;

/// A cause that people were told about, while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What tells causes apart.
    pub cause: String,
    /// The flow it is of; empty where it is of none.
    pub flow: String,
    /// What it is in a few words, for the message that it is over.
    pub subject: String,
    /// How many records it concerns.
    pub count: u64,
    /// Since when it stands.
    pub since: Timestamp,
    /// When the newest of it came.
    pub newest: Timestamp,
    /// When people were last told.
    pub told: Timestamp,
}

/// A message to be sent by one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its number, given by the ledger.
    pub id: u64,
    /// The way: `mail` or `webhook`.
    pub way: String,
    /// What it is about, in a line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub at: Timestamp,
    /// Not to be sent before.
    pub due: Timestamp,
    /// How often it was tried in vain.
    pub tries: u32,
    /// Why the last try was in vain.
    pub words: String,
}

/// What a look at a flow found out, kept in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// Causes that stand, as people were told of them.
    pub alarms: Vec<Alarm>,
    /// Causes that are over.
    pub over: Vec<String>,
    /// What is to be sent; the ledger gives the numbers.
    pub letters: Vec<Letter>,
}

/// What became of a try to send a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken: it is kept no longer.
    Sent,
    /// It was not: it is tried again.
    Again {
        /// When.
        due: Timestamp,
        /// Why it was not.
        words: String,
    },
}
