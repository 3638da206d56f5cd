//! Days as people write them.

use jiff::civil::{Date, DateTime};

use crate::builtin::calendar::{expect_day, moment};
use crate::builtin::text::{put, read};
use crate::builtin::{expect, expect_text};
use crate::value::{Builtin, Example, Kind, Typed, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "format_date",
        signature: "format_date(day: date, form: text, language: text?) -> text",
        doc: "The day, or instant in the workspace's zone, in a form: `yyyy`, `yy`, `mm` or `m`, `mmmm` (the month's name), `dd` or `d`, `dddd` (the weekday's name), and behind a `hh` `mm` and `ss`; letters that stand for themselves are in `'…'`. Names are Dutch, or of the language: `nl`, `en`, `de` or `fr`.",
        examples: &[
            Example { call: r#"format_date(2026-03-02, "dd-mm-yyyy")"#, gives: r#""02-03-2026""# },
            Example { call: r#"format_date(2026-03-02, "dddd d mmmm yyyy")"#, gives: r#""maandag 2 maart 2026""# },
            Example { call: r#"format_date(2026-03-02, "d. mmmm", "de")"#, gives: r#""2. März""# },
            Example { call: r#"format_date(datetime("2026-03-02", "14:05"), "hh:mm 'uur'")"#, gives: r#""14:05 uur""# },
        ],
        arity: (2, 3),
        kind: |given| {
            expect_day(given, 0)?;
            expect_text(given, 1)?;
            expect(given, 2, Kind::is_textual, "a language")?;
            Ok(Typed::sure(Kind::Text))
        },
        literals: Some(|given| {
            if let Some(form) = written(given, 1) {
                parts(form).map_err(|words| (1, words))?;
            }
            match written(given, 2) {
                Some(language) => names(language).map(|_| ()).map_err(|words| (2, words)),
                None => Ok(()),
            }
        }),
        spreads: true,
        call: |arena, given| {
            let at = moment(arena, given[0])?;
            let language = given.get(2).map_or("nl", |language| read(arena, *language));
            let text = formatted(at, &parts(read(arena, given[1]))?, names(language)?);
            put(arena, &text)
        },
    },
    Builtin {
        name: "parse_date",
        signature: "parse_date(text: text, form: text) -> date?",
        doc: "The day that a text holds in a form as of `format_date`, with four digits of the year; months may be named in Dutch, English, German or French. Not set when the text has another form or there is no such day.",
        examples: &[
            Example { call: r#"parse_date("02-03-2026", "dd-mm-yyyy")"#, gives: "2026-03-02" },
            Example { call: r#"parse_date("2 maart 2026", "d mmmm yyyy")"#, gives: "2026-03-02" },
            Example { call: r#"parse_date("30-02-2026", "dd-mm-yyyy")"#, gives: "none" },
        ],
        arity: (2, 2),
        kind: |given| {
            expect_text(given, 0)?;
            expect_text(given, 1)?;
            Ok(Typed::maybe(Kind::Date))
        },
        literals: Some(|given| match written(given, 1) {
            Some(form) => parts(form).and_then(|parts| tells_a_day(&parts)).map_err(|words| (1, words)),
            None => Ok(()),
        }),
        spreads: true,
        call: |arena, given| {
            let parts = parts(read(arena, given[1]))?;
            tells_a_day(&parts)?;
            Ok(parsed(read(arena, given[0]).trim(), &parts).map_or(Value::Unset, Value::Date))
        },
    },
];

fn written<'a>(given: &[Option<&'a str>], index: usize) -> Option<&'a str> {
    given.get(index).copied().flatten()
}

/// A part of a form.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
    Year,
    ShortYear,
    /// With so many digits at least.
    Month(usize),
    MonthName,
    Day(usize),
    WeekdayName,
    Hour,
    Minute,
    Second,
    Sign(&'a str),
}

/// The parts of a form; the first `mm` behind `hh` is the minutes.
fn parts(form: &str) -> Result<Vec<Part<'_>>, String> {
    const LONGEST: usize = 100;
    if form.len() > LONGEST {
        return Err(format!("the form of a date is longer than {LONGEST} characters"));
    }
    let mut parts = Vec::new();
    let mut hours = false;
    let mut rest = form;
    while let Some(letter) = rest.chars().next() {
        if letter == '\'' {
            let inner = &rest[1..];
            let end = inner.find('\'').ok_or_else(|| format!("a `'` is not closed in the form `{form}`"))?;
            parts.push(Part::Sign(if end == 0 { "'" } else { &inner[..end] }));
            rest = &inner[end + 1..];
            continue;
        }
        let same = rest.find(|other| other != letter).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(same);
        parts.push(match word {
            "yyyy" => Part::Year,
            "yy" => Part::ShortYear,
            "mm" if hours => {
                hours = false;
                Part::Minute
            }
            "m" | "mm" => Part::Month(word.len()),
            "mmmm" => Part::MonthName,
            "d" | "dd" => Part::Day(word.len()),
            "dddd" => Part::WeekdayName,
            "hh" => {
                hours = true;
                Part::Hour
            }
            "ss" => Part::Second,
            _ if letter.is_alphanumeric() => {
                return Err(format!(
                    "expected yyyy, mm, dd, hh, ss and signs in the form of a date, found `{word}`: letters stand in `'…'`"
                ));
            }
            _ => Part::Sign(word),
        });
        rest = behind;
    }
    Ok(parts)
}

fn formatted(at: DateTime, parts: &[Part<'_>], names: &Names) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let year = i32::from(at.year());
    for part in parts {
        let _ = match part {
            Part::Year if year < 0 => write!(text, "-{:04}", -year),
            Part::Year => write!(text, "{year:04}"),
            Part::ShortYear => write!(text, "{:02}", year.rem_euclid(100)),
            Part::Month(digits) => write!(text, "{:0digits$}", at.month(), digits = *digits),
            Part::MonthName => write!(text, "{}", names.months[usize::from(at.month().unsigned_abs()) - 1]),
            Part::Day(digits) => write!(text, "{:0digits$}", at.day(), digits = *digits),
            Part::WeekdayName => {
                let day = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs());
                write!(text, "{}", names.weekdays[day])
            }
            Part::Hour => write!(text, "{:02}", at.hour()),
            Part::Minute => write!(text, "{:02}", at.minute()),
            Part::Second => write!(text, "{:02}", at.second()),
            Part::Sign(sign) => write!(text, "{sign}"),
        };
    }
    text
}

/// A form that holds year, month and day once, and nothing that a day does not have.
fn tells_a_day(parts: &[Part<'_>]) -> Result<(), String> {
    let count = |wanted: fn(&Part<'_>) -> bool| parts.iter().filter(|part| wanted(part)).count();
    let whole = count(|part| matches!(part, Part::Year)) == 1
        && count(|part| matches!(part, Part::Month(_) | Part::MonthName)) == 1
        && count(|part| matches!(part, Part::Day(_))) == 1;
    let other = |part: &Part<'_>| {
        matches!(part, Part::ShortYear | Part::WeekdayName | Part::Hour | Part::Minute | Part::Second)
    };
    if whole && count(other) == 0 {
        return Ok(());
    }
    Err("expected one yyyy, one month and one day in the form of a date that is read".to_string())
}

fn parsed(text: &str, parts: &[Part<'_>]) -> Option<Date> {
    let (mut year, mut month, mut day) = (None, None, None);
    let mut rest = text;
    for part in parts {
        match part {
            Part::Year => year = Some(i16::try_from(digits(&mut rest, 4, 4)?).ok()?),
            Part::Month(least) => month = Some(i8::try_from(digits(&mut rest, *least, 2)?).ok()?),
            Part::Day(least) => day = Some(i8::try_from(digits(&mut rest, *least, 2)?).ok()?),
            Part::MonthName => {
                let end = rest.find(|letter: char| !letter.is_alphabetic()).unwrap_or(rest.len());
                let name = rest[..end].to_lowercase();
                let known = |names: &Names| names.months.iter().position(|month| month.to_lowercase() == name);
                let at = LANGUAGES.iter().find_map(|(_, names)| known(names))?;
                month = Some(i8::try_from(at + 1).ok()?);
                rest = &rest[end..];
            }
            Part::Sign(sign) => rest = rest.strip_prefix(sign)?,
            _ => return None,
        }
    }
    if rest.is_empty() { Date::new(year?, month?, day?).ok() } else { None }
}

fn digits(rest: &mut &str, least: usize, most: usize) -> Option<u16> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (digits, behind) = rest.split_at(count);
    *rest = behind;
    digits.parse().ok()
}

/// The names of months and of weekdays, Monday first.
struct Names {
    months: [&'static str; 12],
    weekdays: [&'static str; 7],
}

fn names(language: &str) -> Result<&'static Names, String> {
    let found = LANGUAGES.iter().find(|(known, _)| *known == language);
    found.map(|(_, names)| names).ok_or_else(|| {
        let known: Vec<&str> = LANGUAGES.iter().map(|(known, _)| *known).collect();
        format!("expected one of the languages {}, found {language:?}", known.join(", "))
    })
}

/// As in Unicode CLDR.
static LANGUAGES: &[(&str, Names)] = &[
    (
        "nl",
        Names {
            months: [
                "januari",
                "februari",
                "maart",
                "april",
                "mei",
                "juni",
                "juli",
                "augustus",
                "september",
                "oktober",
                "november",
                "december",
            ],
            weekdays: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
        },
    ),
    (
        "en",
        Names {
            months: [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        },
    ),
    (
        "de",
        Names {
            months: [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            weekdays: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        },
    ),
    (
        "fr",
        Names {
            months: [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            weekdays: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        },
    ),
];
