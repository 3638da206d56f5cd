//! Why a record, or the whole run, does not go on.

use std::sync::Arc;

use crate::ledger::{LedgerError, Status};
use crate::report::{Code, Span};
use crate::run::Ended;
use crate::value::Failure;

/// What ends the work on a record.
#[derive(Debug)]
pub(super) enum Halt {
    /// The record ends here.
    Record(Box<End>),
    /// The whole run ends; the record stays as it is and comes again.
    Run(Box<Ended>),
}

/// How a record ends.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) status: Status,
    pub(super) code: Code,
    pub(super) reason: String,
    pub(super) step: Arc<str>,
    pub(super) span: Span,
    pub(super) field: String,
    pub(super) found: String,
    pub(super) expected: String,
}

impl End {
    pub(super) fn new(status: Status, code: Code, step: &Arc<str>, span: Span, reason: impl Into<String>) -> End {
        End {
            status,
            code,
            reason: reason.into(),
            step: step.clone(),
            span,
            field: String::new(),
            found: String::new(),
            expected: String::new(),
        }
    }

    /// A record that is held because something could not be computed.
    pub(super) fn failed(failure: Failure, code: Code, step: &Arc<str>) -> End {
        let Failure { words, span, field, found, expected } = failure;
        End { status: Status::Held, code, reason: words, step: step.clone(), span, field, found, expected }
    }
}

impl From<End> for Halt {
    fn from(end: End) -> Halt {
        Halt::Record(Box::new(end))
    }
}

impl From<Box<End>> for Halt {
    fn from(end: Box<End>) -> Halt {
        Halt::Record(end)
    }
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Halt {
        Halt::Run(Box::new(Ended::Ledger(error.to_string())))
    }
}

impl From<Ended> for Halt {
    fn from(ended: Ended) -> Halt {
        Halt::Run(Box::new(ended))
    }
}
