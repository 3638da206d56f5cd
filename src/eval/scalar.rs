//! One value of a body: the characters that stand in the JSON and what its field is go in, a value comes out.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::eval::place::Place;
use crate::eval::plan::{Form, Leaf};
use crate::eval::shape::Format;
use crate::value::{Arena, Bad, Kind, Value, exact};

/// A text of the JSON, without its quotes and escapes, read as what its field is.
pub(super) fn quoted(text: &str, leaf: &Leaf, arena: &mut Arena, place: &Place<'_>) -> Value {
    if is_blank(text) || leaf.unset.as_deref() == Some(text) {
        return Value::Unset;
    }
    match &leaf.form {
        Form::Text | Form::Any => Value::Text(arena.put_text(text)),
        Form::Choice(texts) => {
            if texts.iter().any(|allowed| **allowed == *text) {
                Value::Text(arena.put_text(text))
            } else {
                let expected = format!("one of {}", Kind::Choice(texts.clone()));
                bad(arena, place, &expected, &format!("{text:?}"))
            }
        }
        Form::Number | Form::Int => number(text.trim(), leaf, arena, place, &format_args!("{text:?}")),
        Form::Bool => match text.trim() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => bad(arena, place, leaf.form.words(), &format!("{text:?}")),
        },
        Form::Date(zone) => match day(text.trim(), zone) {
            Some(date) => Value::Date(date),
            None => bad(arena, place, leaf.form.words(), &format!("{text:?}")),
        },
        Form::Datetime(format) => match instant(text.trim(), format) {
            Some(at) => Value::Datetime(at),
            None => bad(arena, place, leaf.form.words(), &format!("{text:?}")),
        },
        Form::Record(_) | Form::List(..) => bad(arena, place, leaf.form.words(), &format!("{text:?}")),
    }
}

/// A number, `true` or `false` of the JSON, read as what its field is.
pub(super) fn bare(text: &str, leaf: &Leaf, arena: &mut Arena, place: &Place<'_>) -> Value {
    let is_truth = matches!(text, "true" | "false");
    match &leaf.form {
        Form::Number | Form::Int => number(text, leaf, arena, place, &text),
        Form::Bool => match text {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => bad(arena, place, leaf.form.words(), text),
        },
        Form::Any if is_truth => Value::Bool(text == "true"),
        Form::Any => match exact::parse(text) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(arena.put_text(text)),
        },
        Form::Text if !is_truth => {
            if leaf.unset.as_deref() == Some(text) {
                Value::Unset
            } else {
                Value::Text(arena.put_text(text))
            }
        }
        Form::Choice(_) => quoted(text, leaf, arena, place),
        _ => bad(arena, place, leaf.form.words(), text),
    }
}

fn number(text: &str, leaf: &Leaf, arena: &mut Arena, place: &Place<'_>, found: &dyn std::fmt::Display) -> Value {
    match exact::parse(text) {
        Ok(number) if leaf.unset_number == Some(number) => Value::Unset,
        Ok(number) if matches!(leaf.form, Form::Int) && !number.fract().is_zero() => {
            bad(arena, place, leaf.form.words(), &found.to_string())
        }
        Ok(number) => Value::Number(number),
        Err(exact::NumberError::TooLong) => bad(arena, place, "a number of at most 28 digits", &found.to_string()),
        Err(_) => bad(arena, place, leaf.form.words(), &found.to_string()),
    }
}

/// Nothing but blanks.
pub(super) fn is_blank(text: &str) -> bool {
    // Nearly every text begins with a letter or digit.
    text.as_bytes().first().is_none_or(|first| !first.is_ascii_graphic()) && text.trim().is_empty()
}

/// A day, or that of an instant.
fn day(text: &str, zone: &TimeZone) -> Option<Date> {
    if let Some(date) = iso_day(text) {
        return Some(date);
    }
    if text.len() == 10 {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned_datetime(zone.clone()).date());
    }
    text.parse::<DateTime>().ok().map(DateTime::date)
}

/// `2026-03-02`, without the parser of all of ISO 8601.
fn iso_day(text: &str) -> Option<Date> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    let digits = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .try_fold(0_i16, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0')))
    };
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let small = |number: i16| i8::try_from(number).ok();
    Date::new(digits(0, 4)?, small(digits(5, 7)?)?, small(digits(8, 10)?)?).ok()
}

/// An instant; one without a zone is in the system's, and in an hour that comes twice it is the first.
fn instant(text: &str, format: &Format) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil = text.parse::<DateTime>().ok().or_else(|| {
        format.datetime.as_deref().and_then(|pattern| jiff::fmt::strtime::parse(pattern, text).ok()?.to_datetime().ok())
    })?;
    format.zone.to_ambiguous_timestamp(civil).compatible().ok()
}

/// Notes what was found where something else is wanted.
pub(super) fn bad(arena: &mut Arena, place: &Place<'_>, expected: &str, found: &str) -> Value {
    const MOST: usize = 60;
    let found = match found.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.to_string(),
    };
    arena.put_bad(Bad { path: place.path(), expected: expected.to_string(), found })
}
