//! 0501 to 0599: settings, files and connections.

catalogue! {
/// `koppel.toml` is no TOML.
pub const TOML: Code = Code(501);
/// A key of `koppel.toml` that means nothing.
pub const UNKNOWN_KEY: Code = Code(502);
/// A value of `koppel.toml` is not of the kind that is wanted.
pub const WRONG_VALUE: Code = Code(503);
/// A secret that is no reference.
pub const SECRET_NOT_A_REFERENCE: Code = Code(504);
/// A secret in plain text for a system that is not on this machine.
pub const SECRET_IN_PLAIN: Code = Code(505);
/// A key that is to lie in the ledger that it opens.
pub const SECRET_STORE: Code = Code(506);
/// A secret that is not where its reference points.
pub const SECRET_MISSING: Code = Code(507);
/// A connection lacks a secret that its connector needs, or names one that it does not know.
pub const SECRET_NAMES: Code = Code(508);
/// An address that cannot be used.
pub const ADDRESS: Code = Code(509);
/// A connector that is nowhere.
pub const NO_CONNECTOR: Code = Code(510);
/// A role without a connection.
pub const NO_CONNECTION: Code = Code(511);
/// A role bound to a connection of another connector.
pub const WRONG_CONNECTION: Code = Code(512);
/// A role that the flow does not have.
pub const UNKNOWN_ROLE: Code = Code(513);
/// A flow that the workspace does not have.
pub const UNKNOWN_FLOW: Code = Code(514);
/// A setting that the flow does not have.
pub const UNKNOWN_SETTING: Code = Code(515);
/// A setting that must be filled in.
pub const MISSING_SETTING: Code = Code(516);
/// A setting of a wrong kind.
pub const WRONG_SETTING: Code = Code(517);
/// A file that is not there or cannot be read.
pub const UNREADABLE: Code = Code(518);
/// A file that is too large.
pub const TOO_LARGE: Code = Code(519);
/// A file that is no UTF-8 text.
pub const NOT_UTF8: Code = Code(520);
/// Two flows of one name.
pub const SAME_NAME: Code = Code(521);
/// A flow where a connector is wanted, or the other way round.
pub const WRONG_FILE: Code = Code(522);
/// The key that seals the ledger's secrets is missing, or is none.
pub const KEY: Code = Code(523);
/// What the ledger keeps secret was sealed with another key.
pub const OTHER_KEY: Code = Code(524);
}
