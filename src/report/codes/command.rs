//! 0801 to 0899: a command that was called wrongly, or that cannot do its work here.

catalogue! {
/// A command line that cannot be read.
pub const ARGUMENTS: Code = Code(801);
/// A name on the command line that is not known.
pub const NOT_KNOWN: Code = Code(802);
/// A file or folder of the command line that cannot be used.
pub const FILE: Code = Code(803);
/// A record that was never seen.
pub const NO_RECORD: Code = Code(804);
/// A date on the command line that is none.
pub const DATE: Code = Code(805);
/// Nothing there to work on.
pub const NOTHING: Code = Code(806);
/// Something that could not be done here.
pub const CANNOT: Code = Code(807);
/// An e-mail address that is none.
pub const NO_ADDRESS: Code = Code(821);
/// Something about a person that must stay for now.
pub const NOT_FORGOTTEN: Code = Code(822);
}
