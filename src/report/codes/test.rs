//! 0701 to 0799: tests of flows.

catalogue! {
/// Something that a test expects did not happen so.
pub const NOT_AS_EXPECTED: Code = Code(701);
/// A file that a test names cannot be read.
pub const NO_FILE: Code = Code(702);
/// A setting that the flow needs is not given.
pub const NO_SETTING: Code = Code(703);
/// What a test made differs from what was pinned.
pub const CHANGED: Code = Code(704);
/// Nothing is pinned yet.
pub const NOT_PINNED: Code = Code(705);
/// A test cannot be run as it is written.
pub const CANNOT_RUN: Code = Code(706);
/// The tests of a flow touch less of it than is demanded.
pub const COVERAGE: Code = Code(707);
}
