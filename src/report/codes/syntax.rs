//! 0101 to 0199: text that cannot be read.

catalogue! {
/// A file is larger than 4 MiB.
pub const FILE_TOO_LARGE: Code = Code(101);
/// A file is not UTF-8 text.
pub const NOT_UTF8: Code = Code(102);
/// Brackets, or the operators of one value, are nested too deep.
pub const TOO_DEEP: Code = Code(103);
/// A file does not begin with `koppel 1` and its `flow` or `connector` line.
pub const BAD_HEAD: Code = Code(104);
/// The version of the language is not 1.
pub const UNKNOWN_VERSION: Code = Code(105);
/// A statement cannot be read.
pub const UNREADABLE: Code = Code(106);
/// A line begins with a word that begins no statement.
pub const UNKNOWN_STATEMENT: Code = Code(107);
/// A text has no closing quote on its line.
pub const UNCLOSED_TEXT: Code = Code(108);
/// A brace or bracket is not closed.
pub const UNCLOSED_BRACKET: Code = Code(109);
/// A brace or bracket closes nothing.
pub const STRAY_BRACKET: Code = Code(110);
/// A script's brace is not closed.
pub const UNCLOSED_SCRIPT: Code = Code(111);
/// A text stands in curly or single quotes.
pub const WRONG_QUOTES: Code = Code(112);
/// A character that has no meaning here.
pub const STRAY_CHARACTER: Code = Code(113);
/// `:` stands where `=` is meant.
pub const COLON_FOR_EQUALS: Code = Code(114);
/// `=` stands where `:` is meant.
pub const EQUALS_FOR_COLON: Code = Code(115);
/// `=` stands where `==` is meant.
pub const EQUALS_FOR_COMPARE: Code = Code(116);
/// `==` stands where `=` is meant.
pub const COMPARE_FOR_EQUALS: Code = Code(117);
/// An operator of another language.
pub const FOREIGN_OPERATOR: Code = Code(118);
/// A comment of another language.
pub const FOREIGN_COMMENT: Code = Code(119);
/// A number that is not written as numbers are, or has more than 28 digits.
pub const BAD_NUMBER: Code = Code(120);
/// A date that does not exist or is not written as year-month-day.
pub const BAD_DATE: Code = Code(121);
/// A word of the language is used as a name.
pub const RESERVED_NAME: Code = Code(122);
/// A stop has no `because`.
pub const MISSING_BECAUSE: Code = Code(123);
/// `null` stands elsewhere than right of a field's `=`.
pub const NULL_OUTSIDE_FIELD: Code = Code(124);
/// A text holds an unknown `\` pair.
pub const BAD_ESCAPE: Code = Code(125);
/// A hole of a text cannot be read.
pub const BAD_HOLE: Code = Code(126);
/// A hole stands in a text that has none.
pub const HOLE_NOT_ALLOWED: Code = Code(127);
/// A bracket does not touch the name before it.
pub const LOOSE_BRACKET: Code = Code(128);
/// A path goes on behind a bracket.
pub const PATH_BEHIND_CALL: Code = Code(129);
/// Two comparisons stand side by side.
pub const CHAINED_COMPARISON: Code = Code(130);
/// A value is missing.
pub const MISSING_VALUE: Code = Code(131);
/// `retry`, `times` and their kin want a count that is smaller, or larger than zero.
pub const BAD_COUNT: Code = Code(132);
/// A line that may stand once stands twice.
pub const TWICE: Code = Code(133);
/// A part of a path's bracket cannot be read.
pub const BAD_INDEX: Code = Code(134);
}
