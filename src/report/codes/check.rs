//! 0201 to 0399: a flow that can be read and makes no sense.

catalogue! {
/// A name that is not known.
pub const UNKNOWN_NAME: Code = Code(201);
/// A name that is given twice where it can be seen.
pub const NAME_TWICE: Code = Code(202);
/// A name that is used above the line that gives it.
pub const NAME_BELOW: Code = Code(203);
/// A name that the language keeps for itself.
pub const RESERVED_NAME: Code = Code(204);
/// A connector that is not there.
pub const UNKNOWN_CONNECTOR: Code = Code(205);
/// A role that no `use` gives.
pub const UNKNOWN_ROLE: Code = Code(206);
/// A resource that the connector does not have.
pub const UNKNOWN_RESOURCE: Code = Code(207);
/// A field that the record does not have.
pub const UNKNOWN_FIELD: Code = Code(208);
/// A function that is not known.
pub const UNKNOWN_FUNCTION: Code = Code(209);
/// A setting that is not known.
pub const UNKNOWN_SETTING: Code = Code(210);
/// A kind that is not known.
pub const UNKNOWN_KIND: Code = Code(211);
/// A name that stands for no value.
pub const NOT_A_VALUE: Code = Code(212);
/// An action that the resource does not have.
pub const UNKNOWN_ACTION: Code = Code(213);
/// A class of errors that is not known.
pub const UNKNOWN_CLASS: Code = Code(214);
/// A fault that is not known.
pub const UNKNOWN_FAULT: Code = Code(215);
/// A name that cannot be seen here: a function sees its arguments only, a test its own names.
pub const NOT_SEEN_HERE: Code = Code(216);
/// A required field that is given nothing: an empty list or an empty text.
pub const ALWAYS_EMPTY: Code = Code(217);

/// A value of another kind than is wanted.
pub const WRONG_KIND: Code = Code(221);
/// Two values that cannot be compared.
pub const NOT_COMPARABLE: Code = Code(222);
/// Sums are for numbers.
pub const NOT_NUMBERS: Code = Code(223);
/// A text outside of a closed list.
pub const NOT_IN_LIST: Code = Code(224);
/// A value that cannot stand in a text.
pub const NOT_PRINTABLE: Code = Code(225);
/// Values of different kinds where one kind is wanted.
pub const MIXED_KINDS: Code = Code(226);
/// A value that may be not set where it must be sure.
pub const MAY_BE_NOT_SET: Code = Code(227);
/// `null` where nothing is cleared.
pub const NULL_PLACE: Code = Code(228);
/// A division whose result is not rounded.
pub const DIVISION: Code = Code(229);
/// A number that would have too many digits.
pub const NUMBER: Code = Code(230);
/// Too few or too many arguments.
pub const ARGUMENT_COUNT: Code = Code(231);
/// An argument that a function does not take.
pub const WRONG_ARGUMENT: Code = Code(232);
/// A `match` that does not take every value.
pub const MATCH_NOT_EXHAUSTIVE: Code = Code(233);
/// An arm of a `match` that is never taken.
pub const MATCH_ARM: Code = Code(234);
/// A list in a path, and no word which of its elements.
pub const LIST_IN_PATH: Code = Code(235);
/// A step of a path behind something that has no parts.
pub const NO_PARTS: Code = Code(236);
/// A path that cannot be followed.
pub const BAD_PATH: Code = Code(237);
/// A value that is no list where a list is wanted.
pub const NOT_A_LIST: Code = Code(238);
/// A condition that is always the same.
pub const ALWAYS: Code = Code(239);

/// A comparison with what is not set, which equals nothing.
pub const EQUALS_NOTHING: Code = Code(240);

/// Required fields that are not written.
pub const MISSING_FIELDS: Code = Code(251);
/// A field that cannot be written.
pub const READ_ONLY: Code = Code(252);
/// A field that cannot be read.
pub const WRITE_ONLY: Code = Code(253);
/// A field that this operation does not take.
pub const NOT_TAKEN: Code = Code(254);
/// Two writes to one field.
pub const FIELD_TWICE: Code = Code(255);
/// An operation that the resource does not have.
pub const NOT_OFFERED: Code = Code(256);
/// A value outside of what a field takes.
pub const OUT_OF_BOUNDS: Code = Code(257);

/// A flow without a source, or with more than one.
pub const SOURCE_COUNT: Code = Code(271);
/// A source without a key, with more than one, or with one that tells nothing apart.
pub const SOURCE_KEY: Code = Code(272);
/// A cursor that does not grow, or more than one.
pub const CURSOR: Code = Code(273);
/// A condition that cannot be asked for.
pub const BY: Code = Code(274);
/// A `create`, or a `call` that makes a thing, without a key: it could make the same thing twice.
pub const NO_KEY: Code = Code(275);
/// A key that is the same for every record.
pub const KEY_OF_NOTHING: Code = Code(276);
/// A key that is made of something the flow makes.
pub const KEY_OF_MADE: Code = Code(277);
/// An `ensure` without a `by` that names fields.
pub const ENSURE_WITHOUT_BY: Code = Code(278);
/// A line of an `ensure` that makes no sense.
pub const RUNG: Code = Code(279);
/// `linked` with something that is no `id of …`.
pub const LINKED: Code = Code(280);
/// A `require` that asks for none or for more than one field.
pub const REQUIRE: Code = Code(281);
/// A `call` with or without something its action wants.
pub const CALL: Code = Code(282);
/// A policy that does not go together with its class.
pub const POLICY: Code = Code(283);
/// A step above the `from`.
pub const STEP_ORDER: Code = Code(284);
/// How often a flow runs is not said well.
pub const EVERY: Code = Code(285);
/// A record is wanted where there is none yet.
pub const NO_RECORD_YET: Code = Code(286);
/// A stop that lacks a part, or has one too many.
pub const STOP: Code = Code(287);
/// A key that is told twice or looks nowhere.
pub const KEY_FIELD: Code = Code(288);
/// An `update` that changes nothing.
pub const EMPTY_UPDATE: Code = Code(289);

/// A stop that ends every record.
pub const STOP_ALWAYS: Code = Code(290);
/// A stop that ends no record.
pub const STOP_NEVER: Code = Code(291);

/// A kind that a setting cannot have.
pub const SETTING_KIND: Code = Code(301);
/// A default that does not fit its setting.
pub const SETTING_DEFAULT: Code = Code(302);
/// `settings` written twice.
pub const SETTINGS_TWICE: Code = Code(303);
/// A kind that a table cannot have.
pub const TABLE_KIND: Code = Code(311);
/// A row of a table that does not fit.
pub const TABLE_ROW: Code = Code(312);
/// Two rows of a table with one key.
pub const TABLE_KEY_TWICE: Code = Code(313);
/// A file of rows that cannot be used.
pub const TABLE_FILE: Code = Code(314);
/// A file of rows that has none.
pub const TABLE_EMPTY: Code = Code(315);
/// A function that calls itself.
pub const RECURSION: Code = Code(321);
/// A script that cannot be read.
pub const SCRIPT: Code = Code(322);
/// A kind that cannot cross a function's border.
pub const FUNCTION_KIND: Code = Code(323);
/// A header of a script file that fits no function.
pub const HEADER: Code = Code(324);
/// A file that is not there.
pub const NO_FILE: Code = Code(331);
/// Files that use each other in a circle.
pub const FILE_CIRCLE: Code = Code(332);
/// A file of which nothing can be used.
pub const WRONG_FILE: Code = Code(333);
/// A name of one file that the other does not have.
pub const NOT_IN_FILE: Code = Code(334);

/// A `given` that fits nothing of the flow.
pub const GIVEN: Code = Code(351);
/// An expectation that can never hold.
pub const EXPECT: Code = Code(352);
/// A `fault` that can never happen.
pub const FAULT: Code = Code(353);
/// Values of a `for` that cannot be gone through.
pub const TEST_RANGE: Code = Code(354);
/// Two tests of one name.
pub const TEST_TWICE: Code = Code(355);

/// A setting that nothing reads.
pub const UNUSED_SETTING: Code = Code(371);
/// A value that nothing reads.
pub const UNUSED_LET: Code = Code(372);
/// A file or connector that nothing uses.
pub const UNUSED_USE: Code = Code(373);
/// A function or table that nothing uses.
pub const UNUSED_FUNCTION: Code = Code(374);
/// A record that is asked for and that nothing reads.
pub const UNUSED_FIND: Code = Code(375);
}
