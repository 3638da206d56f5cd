//! One record as it came: bytes of an answer, checked to be JSON in UTF-8 and otherwise untouched.

use std::fmt;

use bytes::Bytes;

/// The raw JSON of one record; cheap to clone, it shares the answer's bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Row(Bytes);

impl Row {
    /// The part of an answer in which a record lies.
    pub(super) fn within(answer: &Bytes, record: &str) -> Row {
        Row(answer.slice_ref(record.as_bytes()))
    }

    /// A record that no answer held.
    pub(super) fn of(record: Bytes) -> Row {
        Row(record)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an answer is checked to be UTF-8 before rows are cut out of it")
    }
}

/// Shows how long it is, for a record is personal.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({} bytes)", self.0.len())
    }
}
