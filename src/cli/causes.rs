//! Ends of records go in; the few causes that they share come out, each with the next step.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::log::shell;
use crate::cli::summary::in_doubt;
use crate::ledger::{Status, Summary};
use crate::report::{Code, Excerpt};

/// So many records are named for each cause.
const NAMED: usize = 3;

/// How one record ended.
pub(super) struct Ended<'r> {
    pub(super) flow: &'r str,
    pub(super) status: Status,
    pub(super) code: Option<Code>,
    pub(super) step: &'r str,
    /// `file:line:column`; empty where it is not known.
    pub(super) place: String,
    /// Masked.
    pub(super) reason: String,
    /// Masked.
    pub(super) title: String,
    /// Since when; a run that tells of itself knows none.
    pub(super) since: Option<Timestamp>,
}

impl<'r> Ended<'r> {
    /// What the ledger says of it; none where it did not end.
    pub(super) fn of(summary: &'r Summary) -> Option<Ended<'r>> {
        let outcome = summary.outcome.as_ref()?;
        let place = outcome.place.as_deref().and_then(Excerpt::parse);
        Some(Ended {
            flow: &summary.flow,
            status: summary.status,
            code: outcome.code,
            step: outcome.step.as_deref().unwrap_or_default(),
            place: place.map_or_else(String::new, |place| format!("{}:{}", place.file, place.place.line)),
            reason: summary.masked(outcome.reason.as_deref().unwrap_or_default()),
            title: summary.called(),
            since: Some(summary.changed),
        })
    }
}

/// Records that ended at the same place in the same way.
pub(super) struct Cause {
    pub(super) flow: String,
    pub(super) status: Status,
    pub(super) code: Option<Code>,
    pub(super) step: String,
    pub(super) place: String,
    /// Their reason; `…` stands for what differs from record to record.
    pub(super) reason: String,
    pub(super) records: usize,
    /// Some of them, as people know them.
    pub(super) titles: Vec<String>,
    /// Since when the first of them stands so.
    pub(super) since: Option<Timestamp>,
}

impl Cause {
    /// Some of them.
    pub(super) fn examples(&self) -> String {
        let titles = self.titles.join(", ");
        if self.records > self.titles.len() { format!("{titles}, …") } else { titles }
    }

    /// What a person does about all of them.
    pub(super) fn next(&self) -> Option<String> {
        let flow = shell(&self.flow);
        let code = || self.code.map_or_else(String::new, |code| format!(" --code {code}"));
        match self.status {
            Status::Held if self.reason.trim_matches([' ', '…']).chars().count() < 3 => {
                Some(format!("koppel resend --held{} --flow {flow}", code()))
            }
            Status::Held => Some(format!("koppel resend --held {} --flow {flow}", shell(&self.reason))),
            Status::Failed => Some(format!("koppel run {flow} tries again, or koppel resend{} --flow {flow}", code())),
            Status::InDoubt => Some(in_doubt(&self.titles.first().map_or_else(String::new, |title| shell(title)))),
            Status::Stopped => Some(format!("mend it, then koppel run {flow} --resume")),
            Status::Waiting | Status::Done | Status::Skipped => None,
        }
    }
}

/// What records came to, by cause; the largest first within a status.
pub(super) fn causes<'r>(ends: impl Iterator<Item = Ended<'r>>) -> Vec<Cause> {
    let mut by_cause: BTreeMap<_, Vec<Ended<'r>>> = BTreeMap::new();
    for end in ends {
        let cause = (end.status, end.flow, end.code, end.step, end.place.clone());
        by_cause.entry(cause).or_default().push(end);
    }
    let cause = |ends: Vec<Ended<'r>>| Cause {
        flow: ends[0].flow.to_owned(),
        status: ends[0].status,
        code: ends[0].code,
        step: ends[0].step.to_owned(),
        place: ends[0].place.clone(),
        reason: alike(ends.iter().map(|end| end.reason.as_str())),
        records: ends.len(),
        titles: ends.iter().take(NAMED).map(|end| end.title.clone()).collect(),
        since: ends.iter().filter_map(|end| end.since).min(),
    };
    let mut all: Vec<Cause> = by_cause.into_values().map(cause).collect();
    all.sort_by_key(|cause| (cause.status, usize::MAX - cause.records));
    all
}

/// What reasons have in common: whole words at their beginning and end, and `…` where they differ.
fn alike<'r>(mut reasons: impl Iterator<Item = &'r str>) -> String {
    let Some(first) = reasons.next() else { return String::new() };
    let words = |text: &'r str| text.split(' ').collect::<Vec<_>>();
    let first_words = words(first);
    let (mut head, mut tail, mut same) = (first_words.len(), first_words.len(), true);
    for reason in reasons.filter(|reason| *reason != first) {
        same = false;
        let other = words(reason);
        head = head.min(first_words.iter().zip(&other).take_while(|(one, two)| one == two).count());
        let ends = first_words.iter().rev().zip(other.iter().rev());
        tail = tail.min(ends.take_while(|(one, two)| one == two).count());
        tail = tail.min(first_words.len().min(other.len()) - head);
    }
    if same {
        return first.to_owned();
    }
    let (head, tail) = (first_words[..head].join(" "), first_words[first_words.len() - tail..].join(" "));
    format!("{head} … {tail}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn what_reasons_share_stays_and_what_differs_goes() {
        let alike = |reasons: &[&str]| alike(reasons.iter().copied());
        assert_eq!(alike(&["no name", "no name"]), "no name");
        assert_eq!(
            alike(&["the lines add up to 1.00, the order says 2.00", "the lines add up to 3.00, the order says 2.50"]),
            "the lines add up to …"
        );
        assert_eq!(
            alike(&["only euro is booked, this is in USD", "only euro is booked, this is in GBP"]),
            "only euro is booked, this is in …"
        );
        assert_eq!(alike(&["a b c", "a c"]), "a … c");
        assert_eq!(alike(&["a", "b"]), "…");
        assert_eq!(alike(&["a a", "a"]), "a …");
    }
}
