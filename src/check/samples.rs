//! Written values go in; the few values that could make a difference beside them, and whether two are equal, come out.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::eval::Compared;

/// A value that a spot could have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sample {
    Unset,
    Bool(bool),
    Number(Decimal),
    Text(Box<str>),
    Date(Date),
    /// Set, and none of those that are written anywhere here; each spot has its own.
    Other(usize),
    /// Nobody knows.
    Unknown,
}

/// Whether two are equal, where that is known.
pub(super) fn equal(compared: Compared, a: &Sample, b: &Sample) -> Option<bool> {
    Some(match (a, b) {
        (Sample::Unset, _) | (_, Sample::Unset) => false,
        (Sample::Unknown, _) | (_, Sample::Unknown) => return None,
        (Sample::Text(a), Sample::Text(b)) if compared == Compared::NoCase => a.to_lowercase() == b.to_lowercase(),
        (Sample::Other(a), Sample::Other(b)) if a != b => return None,
        (a, b) => a == b,
    })
}

/// Each number, and one in each gap around them.
pub(super) fn points(numbers: &[Decimal], whole: bool) -> Option<Vec<Decimal>> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let mut all: BTreeMap<Decimal, ()> = sorted.iter().map(|number| (*number, ())).collect();
    let first = sorted.first().copied().unwrap_or_default().floor().checked_sub(Decimal::ONE)?;
    let last = sorted.last().copied().unwrap_or_default().ceil().checked_add(Decimal::ONE)?;
    all.extend([(first, ()), (last, ())]);
    for pair in sorted.windows(2) {
        let between = if whole {
            Some(pair[0].floor().checked_add(Decimal::ONE)?).filter(|next| *next < pair[1])
        } else {
            Some(pair[0].checked_add(pair[1])?.checked_div(Decimal::TWO)?)
                .filter(|next| pair[0] < *next && *next < pair[1])
        };
        all.extend(between.map(|next| (next, ())));
    }
    Some(all.into_keys().filter(|number| !whole || number.fract().is_zero()).collect())
}

/// Each day, the one before and the one behind it.
pub(super) fn days(dates: &[Date]) -> Option<Vec<Date>> {
    let mut all: BTreeMap<Date, ()> = BTreeMap::new();
    for date in dates {
        all.extend([(date.yesterday().ok()?, ()), (*date, ()), (date.tomorrow().ok()?, ())]);
    }
    if all.is_empty() {
        all.insert(jiff::civil::date(2000, 1, 1), ());
    }
    Some(all.into_keys().collect())
}
