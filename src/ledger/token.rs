//! A connection's token, opaque to the ledger.

use jiff::Timestamp;

/// A kept token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Counts its changes from 1; a swap names the one it replaces.
    pub version: u64,
    /// The caller's bytes, sealed or not.
    pub bytes: Vec<u8>,
    /// When it was stored.
    pub at: Timestamp,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token {{ version: {}, bytes: ***, at: {} }}", self.version, self.at)
    }
}

/// Whether a token was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swapped {
    /// It is the connection's token now, with this version.
    Stored(u64),
    /// Another was there: this one (`None`: there is none any more).
    Lost(Option<Token>),
}
