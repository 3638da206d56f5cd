//! A value of `koppel.toml` and the kind of the setting go in; the literal that the flow sees, or what is wrong, comes out.

use std::sync::Arc;

use crate::eval::{Entry, Expr, Op, RecordExpr, Table};
use crate::plan::Chosen;
use crate::report::{Diagnostic, Span, codes, nearest};
use crate::value::{Kind, RecordKind, exact};
use crate::workspace::given::{Given, GivenWhat};

/// The value of a setting.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn choose(name: &str, kind: &Kind, given: &Given) -> Result<Chosen, Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let chosen = match (kind, &given.what) {
        (Kind::Table(from, to), GivenWhat::Table(rows)) => {
            let mut table = Table::default();
            for (key, span, value) in rows {
                let value = literal(name, to, value, &mut wrong);
                if key == "_" {
                    table.any = value;
                } else if let (Some(key), Some(value)) = (row_key(name, from, key, *span, &mut wrong), value) {
                    table.rows.insert(key, value);
                }
            }
            Chosen::Table(Arc::new(table))
        }
        (Kind::Datetime, GivenWhat::Datetime(at)) => Chosen::Instant(*at),
        _ => Chosen::Value(literal(name, kind, given, &mut wrong).unwrap_or_else(|| Expr::new(Op::Unset, given.span))),
    };
    if wrong.is_empty() { Ok(chosen) } else { Err(wrong) }
}

/// How a value of that kind is written in `koppel.toml`.
pub(crate) fn example(kind: &Kind) -> String {
    match kind {
        Kind::Text | Kind::Any | Kind::Nothing => "\"…\"".to_owned(),
        Kind::Int => "14".to_owned(),
        Kind::Decimal => "12.50".to_owned(),
        Kind::Bool => "true".to_owned(),
        Kind::Date => "2026-01-01".to_owned(),
        Kind::Datetime => "2026-01-01T00:00:00Z".to_owned(),
        Kind::Email => "\"name@example.com\"".to_owned(),
        Kind::Id(_) => "\"an id\"".to_owned(),
        Kind::List(of) => format!("[{}]", example(of)),
        Kind::Table(from, to) => {
            let key = example(from);
            format!("{{ {key} = {}, _ = {} }}", example(to), example(to))
        }
        Kind::Record(record) => {
            let fields: Vec<_> =
                record.fields.iter().map(|field| format!("{} = {}", field.name, example(&field.typed.kind))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Kind::Choice(texts) => format!("\"{}\"", texts.first().map_or("", |text| text)),
    }
}

fn literal(name: &str, kind: &Kind, given: &Given, wrong: &mut Vec<Diagnostic>) -> Option<Expr> {
    let op = match (kind, &given.what) {
        (Kind::Text | Kind::Email | Kind::Id(_) | Kind::Any | Kind::Choice(_), GivenWhat::Text(text))
            if text.trim().is_empty() =>
        {
            Op::Unset
        }
        (Kind::Choice(texts), GivenWhat::Text(text)) => {
            if !texts.iter().any(|known| **known == **text) {
                wrong.push(no_choice(name, texts, text, given.span));
                return None;
            }
            Op::Text(text.as_str().into())
        }
        (Kind::Text | Kind::Email | Kind::Id(_) | Kind::Any, GivenWhat::Text(text)) => Op::Text(text.as_str().into()),
        (Kind::Id(_), GivenWhat::Int(digits)) => Op::Text(digits.as_str().into()),
        (Kind::Int | Kind::Decimal | Kind::Any, GivenWhat::Int(digits)) => number(name, digits, given.span, wrong)?,
        (Kind::Decimal | Kind::Any, GivenWhat::Decimal(digits)) => number(name, digits, given.span, wrong)?,
        (Kind::Bool | Kind::Any, GivenWhat::Bool(truth)) => Op::Bool(*truth),
        (Kind::Date, GivenWhat::Date(date)) => Op::Date(*date),
        (Kind::List(of), GivenWhat::List(values)) => {
            Op::List(values.iter().filter_map(|value| literal(name, of, value, wrong)).collect())
        }
        (Kind::Record(record), GivenWhat::Table(entries)) => record_of(name, record, entries, given.span, wrong),
        (kind, what) => {
            wrong.push(wrong_kind(name, kind, what, given.span));
            return None;
        }
    };
    Some(Expr::new(op, given.span))
}

fn number(name: &str, digits: &str, span: Span, wrong: &mut Vec<Diagnostic>) -> Option<Op> {
    match exact::parse(digits) {
        Ok(number) => Some(Op::Number(number)),
        Err(error) => {
            let title = format!("setting `{name}`: {}", error.words());
            wrong.push(Diagnostic::error(codes::workspace::WRONG_SETTING, span, title));
            None
        }
    }
}

fn record_of(
    name: &str,
    record: &RecordKind,
    given: &[(String, Span, Given)],
    span: Span,
    wrong: &mut Vec<Diagnostic>,
) -> Op {
    let mut entries = Vec::new();
    for (field, place, value) in given {
        let Some(slot) = record.position(field) else {
            let names: Vec<&str> = record.fields.iter().map(|field| &*field.name).collect();
            wrong.push(unknown(&format!("setting `{name}` has no field `{field}`"), field, &names, *place));
            continue;
        };
        if let Some(value) = literal(name, &record.fields[slot].typed.kind, value, wrong) {
            entries.push(Entry::Field(u32::try_from(slot).expect("a kind has few fields"), value));
        }
    }
    for field in &record.fields {
        if !field.typed.maybe && !given.iter().any(|(name, _, _)| **name == *field.name) {
            let title = format!("setting `{name}` lacks its field `{}`", field.name);
            wrong.push(Diagnostic::error(codes::workspace::WRONG_SETTING, span, title));
        }
    }
    let width = u32::try_from(record.fields.len()).expect("a kind has few fields");
    Op::Record(Box::new(RecordExpr { width, lets: Vec::new(), entries }))
}

/// The key of a row, as [`eval`](crate::eval) writes it when it looks one up.
fn row_key(name: &str, kind: &Kind, key: &str, span: Span, wrong: &mut Vec<Diagnostic>) -> Option<Box<str>> {
    let found = match kind {
        Kind::Text | Kind::Id(_) => Some(key.to_owned()),
        Kind::Email => Some(key.to_lowercase()),
        Kind::Choice(texts) => {
            if !texts.iter().any(|text| &**text == key) {
                wrong.push(no_choice(name, texts, key, span));
                return None;
            }
            Some(key.to_owned())
        }
        Kind::Int | Kind::Decimal => exact::parse(key).ok().map(|number| exact::plain(number).to_string()),
        Kind::Bool => key.parse::<bool>().ok().map(|truth| truth.to_string()),
        Kind::Date => key.parse::<jiff::civil::Date>().ok().map(|date| date.to_string()),
        _ => None,
    };
    if found.is_none() {
        let title = format!("setting `{name}`: expected {} as the key of a row, found `{key}`", article(kind));
        wrong.push(Diagnostic::error(codes::workspace::WRONG_SETTING, span, title));
    }
    found.map(String::into_boxed_str)
}

fn wrong_kind(name: &str, kind: &Kind, what: &GivenWhat, span: Span) -> Diagnostic {
    let title = format!("setting `{name}`: expected {}, found {}", article(kind), what.word());
    let diagnostic = Diagnostic::error(codes::workspace::WRONG_SETTING, span, title);
    match (kind, what) {
        (Kind::Decimal | Kind::Int, GivenWhat::Text(text)) if exact::parse(text).is_ok() => {
            diagnostic.fix("write it without quotes", span, text)
        }
        (Kind::Date, GivenWhat::Text(text)) if text.parse::<jiff::civil::Date>().is_ok() => {
            diagnostic.fix("write it without quotes", span, text)
        }
        (Kind::Text, GivenWhat::Int(digits) | GivenWhat::Decimal(digits)) => {
            diagnostic.fix("write it in quotes", span, format!("\"{digits}\""))
        }
        _ => diagnostic.note(format!("for example `settings.{name} = {}`", example(kind))),
    }
}

fn no_choice(name: &str, texts: &[Arc<str>], found: &str, span: Span) -> Diagnostic {
    let title = format!("setting `{name}`: expected {}, found \"{found}\"", Kind::Choice(texts.into()));
    let diagnostic = Diagnostic::error(codes::workspace::WRONG_SETTING, span, title);
    match nearest(found, texts.iter().map(|text| &**text)) {
        Some(meant) => diagnostic.fix(format!("did you mean \"{meant}\"?"), span, format!("\"{meant}\"")),
        None => diagnostic,
    }
}

/// A name that is not known, with the one that was likely meant, or all that there are.
pub(crate) fn unknown(title: &str, found: &str, known: &[&str], span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::workspace::UNKNOWN_SETTING, span, title);
    match nearest(found, known.iter().copied()) {
        Some(meant) => diagnostic.fix(format!("did you mean `{meant}`?"), span, meant),
        None if known.is_empty() => diagnostic.note("there is none"),
        None => diagnostic.note(format!("there is {}", crate::workspace::config::listed(known))),
    }
}

fn article(kind: &Kind) -> String {
    match kind {
        Kind::Choice(_) => kind.to_string(),
        Kind::Int => "a whole number".to_owned(),
        Kind::Decimal => "a number".to_owned(),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Email => "an e-mail address in quotes".to_owned(),
        Kind::Id(of) => of.as_ref().map_or("an id".to_owned(), |of| format!("an id of {of}")),
        Kind::Text => "a text".to_owned(),
        Kind::Date => "a date".to_owned(),
        Kind::Datetime => "a date with a time and an offset".to_owned(),
        Kind::List(of) => format!("a list of {of}"),
        Kind::Table(from, to) => format!("a table of {from} to {to}"),
        Kind::Record(_) | Kind::Nothing | Kind::Any => format!("a record {kind}"),
    }
}
