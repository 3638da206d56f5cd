//! 0601 to 0699: a record, or a run, that could not go on. 0613 and 0616 are not given any more.

catalogue! {
/// A stop of the flow ended the record.
pub const STOPPED_BY_FLOW: Code = Code(601);
/// A value could not be computed.
pub const NOT_COMPUTED: Code = Code(602);
/// The record that came cannot be read.
pub const UNREADABLE_RECORD: Code = Code(603);
/// The record that came has no key.
pub const NO_KEY: Code = Code(604);
/// More than one thing fits.
pub const SEVERAL: Code = Code(605);
/// Nothing to recognise the thing by.
pub const NOBODY: Code = Code(606);
/// The thing exists already.
pub const EXISTS: Code = Code(607);
/// The system refuses the record.
pub const REFUSED: Code = Code(608);
/// The thing is not there.
pub const GONE: Code = Code(609);
/// The system could not be reached, or answered with trouble, until the patience ran out.
pub const GAVE_UP: Code = Code(610);
/// A write was sent, and nobody knows whether it happened.
pub const IN_DOUBT: Code = Code(611);
/// What a system answered cannot be read or compared.
pub const UNREADABLE_ANSWER: Code = Code(612);
/// The run was told to stop.
pub const CANCELLED: Code = Code(614);
/// A policy of the flow holds or stops this class of error.
pub const POLICY: Code = Code(615);
/// The flow waits for a person.
pub const PAUSED: Code = Code(621);
/// A system does not know us any more.
pub const LOG_IN: Code = Code(622);
/// A system refuses us as it is set up.
pub const SET_UP: Code = Code(623);
/// A system cannot be reached.
pub const UNREACHABLE: Code = Code(624);
/// Another process works on the same.
pub const TAKEN: Code = Code(625);
/// The ledger refuses.
pub const LEDGER: Code = Code(626);
/// The record is not in doubt.
pub const NOT_IN_DOUBT: Code = Code(631);
/// More than one write of the record is in doubt.
pub const SEVERAL_DOUBTS: Code = Code(632);
/// The thing that was named is not what was to be written.
pub const NOT_THE_ONE: Code = Code(633);
/// What is said not to be there is there.
pub const IS_THERE: Code = Code(634);
/// What was sent may still arrive.
pub const MAY_STILL_LAND: Code = Code(635);
/// A log-in came to nothing.
pub const NO_LOG_IN: Code = Code(641);
}
