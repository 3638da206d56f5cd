//! How long a system asks us to wait: the header of an answer goes in, a time comes out; what cannot be read is no wish.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::connect::Answer;

/// No longer wish is taken seriously.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The wish of an answer: seconds, or a date, compared with the answer's own `Date` where it has one.
pub(super) fn retry_after(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let wish = answer.header("retry-after")?.trim();
    if !wish.is_empty() && wish.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(wish.parse().ok()?).min(LONGEST));
    }
    let until = date(wish)?;
    let from = answer.header("date").and_then(date).unwrap_or(now);
    Some(Duration::try_from(until.duration_since(from)).unwrap_or(Duration::ZERO).min(LONGEST))
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}
