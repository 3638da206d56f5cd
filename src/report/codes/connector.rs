//! 0401 to 0499: a connector that makes no sense.

catalogue! {
/// A part of a connector that is missing.
pub const MISSING_PART: Code = Code(401);
/// A part of a connector that is written twice.
pub const PART_TWICE: Code = Code(402);
/// An address that cannot be one.
pub const ADDRESS: Code = Code(403);
/// A zone that is not known.
pub const ZONE: Code = Code(404);
/// A way of writing times that cannot be followed.
pub const DATETIME: Code = Code(405);
/// A limit, time or size that cannot be.
pub const AMOUNT: Code = Code(406);
/// A log-in that lacks something or has something strange.
pub const AUTH: Code = Code(407);
/// Something else than the connection's `secret.…` in a key.
pub const SECRET: Code = Code(408);
/// A class of errors that is not known.
pub const UNKNOWN_CLASS: Code = Code(409);
/// A row of `errors` that is never reached.
pub const ERROR_ROW: Code = Code(410);
/// A place in an answer that cannot be followed.
pub const PLACE: Code = Code(411);

/// A shape that is not known.
pub const UNKNOWN_SHAPE: Code = Code(421);
/// A shape in itself.
pub const SHAPE_CIRCLE: Code = Code(422);
/// A name that is given twice.
pub const NAME_TWICE: Code = Code(423);
/// A resource that is not known.
pub const UNKNOWN_RESOURCE: Code = Code(424);
/// A field that is not known.
pub const UNKNOWN_FIELD: Code = Code(425);
/// A kind that a field cannot have.
pub const FIELD_KIND: Code = Code(426);
/// Words behind a field that do not go with its kind or with each other.
pub const FIELD_WORD: Code = Code(427);
/// A resource whose records have no id, or more than one.
pub const ID: Code = Code(428);
/// What a field comes from cannot be computed.
pub const FROM: Code = Code(429);

/// An operation that is written twice.
pub const OPERATION_TWICE: Code = Code(441);
/// A method that is none.
pub const METHOD: Code = Code(442);
/// A path that cannot be asked for.
pub const PATH: Code = Code(443);
/// Words behind an operation that do not go with it.
pub const OPERATION_WORD: Code = Code(444);
/// An operation that another one needs.
pub const NEEDED_OPERATION: Code = Code(445);
/// A filter or `since` that makes no sense.
pub const FILTER: Code = Code(446);
/// A `total` that adds up no numbers of a list.
pub const TOTAL: Code = Code(447);
}
