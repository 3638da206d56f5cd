//! What a command found goes in; the number it ends with comes out.

use std::process::ExitCode;

use crate::run::{Ended, Report, Status};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// It was asked for in a wrong way.
    Usage = 2,
    /// Done, and some records are held or failed.
    Left = 3,
    /// Nobody knows whether something was written.
    InDoubt = 4,
    /// A system does not know us.
    LogIn = 5,
    /// A service could not be reached after retries.
    Unreachable = 6,
    /// Another process works on the ledger.
    Locked = 11,
    /// The flow or the set-up is wrong.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// How a run ends: of several 4 goes before 5, 6, 3.
pub(super) fn of_report(report: &Report) -> Exit {
    let left = [Status::Held, Status::Failed, Status::Stopped].iter().any(|status| report.count(*status) > 0);
    match &report.ended {
        _ if report.count(Status::InDoubt) > 0 || !report.unanswered.is_empty() => Exit::InDoubt,
        Ended::LogIn(_) => Exit::LogIn,
        Ended::Unreachable(_) => Exit::Unreachable,
        Ended::Config(_) => Exit::Config,
        Ended::Taken(_) => Exit::Locked,
        Ended::Ledger(_) | Ended::Cancelled => Exit::Failed,
        Ended::Paused(_) => Exit::Left,
        Ended::Done if left => Exit::Left,
        Ended::Done => Exit::Done,
    }
}
