//! What a refusal says of itself: an answer goes in, its class and words come out; a web page is never read as data.

use std::sync::Arc;

use jiff::Timestamp;

use crate::connect::{Answer, Class, ErrorRow, Errors, Fault, Lost, json, reading, wait};
use crate::eval::Expr;

/// The longest text of theirs that is passed on.
const LONGEST: usize = 500;

/// What a body says.
#[derive(Default)]
struct Said {
    code: Option<String>,
    message: Option<String>,
    details: Vec<String>,
}

/// How an answer is understood.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    /// What the system is called.
    pub(super) title: &'a str,
    /// How its refusals are understood.
    pub(super) errors: &'a Errors,
    /// Something is changed by the request.
    pub(super) write: bool,
    /// The time.
    pub(super) now: Timestamp,
}

impl Judge<'_> {
    /// What is wrong with an answer; `None` for a success.
    pub(super) fn judge(self, answer: &Result<Answer, Lost>) -> Option<Fault> {
        match answer {
            Err(lost) => Some(self.lost(lost)),
            Ok(answer) if (200..300).contains(&answer.status) => {
                answer.broken.as_ref().map(|why| self.unreadable(answer.status, why))
            }
            Ok(answer) if (300..400).contains(&answer.status) => Some(self.elsewhere(answer)),
            Ok(answer) => Some(self.refusal(answer)),
        }
    }

    /// A success whose body cannot be understood: for a write, the reply is lost.
    pub(super) fn unreadable(self, status: u16, why: &str) -> Fault {
        let class = if self.write { Class::LostReply } else { Class::ServerError };
        let words = format!("{} gave an answer that cannot be read: {}", self.title, short(why));
        Fault { sent: true, status: Some(status), ..Fault::unsent(class, words) }
    }

    fn lost(self, lost: &Lost) -> Fault {
        let class = if self.write && lost.sent { Class::LostReply } else { Class::Network };
        let what = if lost.sent { "gave no answer" } else { "could not be reached" };
        let words = format!("{} {what}: {}", self.title, short(&lost.words));
        Fault { sent: lost.sent, ..Fault::unsent(class, words) }
    }

    fn elsewhere(self, answer: &Answer) -> Fault {
        // 302 and 303 are also how a form says that it is done: a write may have happened.
        let done = self.write && !matches!(answer.status, 301 | 307 | 308);
        let class = if done { Class::LostReply } else { Class::Config };
        let host = answer.header("location").and_then(|location| url::Url::parse(location).ok());
        let host = host.and_then(|url| url.host_str().map(|host| format!(", to {host}"))).unwrap_or_default();
        let words = format!("{} points elsewhere{host} (status {}); that is not followed", self.title, answer.status);
        Fault { sent: true, status: Some(answer.status), ..Fault::unsent(class, words) }
    }

    fn refusal(self, answer: &Answer) -> Fault {
        let page = is_page(answer);
        let said = if page { Said::default() } else { self.said(answer) };
        let class = class(&self.errors.rows, answer.status, said.code.as_deref());
        let mut words = format!("{} {} (status {}", self.title, verb(class), answer.status);
        if let Some(code) = &said.code {
            words.push(' ');
            words.push_str(code);
        }
        words.push(')');
        if page {
            words.push_str(": a web page came instead of data");
        }
        for (index, part) in said.message.iter().chain(&said.details).enumerate() {
            words.push_str(if index == 0 { ": " } else { "; " });
            words.push_str(part);
        }
        Fault {
            class,
            sent: true,
            status: Some(answer.status),
            retry_after: wait::retry_after(answer, self.now),
            shut: false,
            words: short(&words),
            code: said.code,
            message: said.message,
            details: said.details,
        }
    }

    /// What the body says, in the connector's words for it, else in those of OAuth.
    fn said(self, answer: &Answer) -> Said {
        let Ok(text) = json::text(&answer.body) else { return Said::default() };
        if json::locate(text, &[]).is_err() {
            return Said::default();
        }
        let read = |expression: &Option<Arc<Expr>>| match expression {
            Some(expression) => reading::texts(&self.errors.shape, expression, text),
            None => Vec::new(),
        };
        let said = Said {
            code: read(&self.errors.code).into_iter().next().map(|code| short(&code)),
            message: read(&self.errors.message).into_iter().next().map(|message| short(&message)),
            details: read(&self.errors.details).iter().map(|detail| short(&plain(detail))).collect(),
        };
        match oauth(text.as_bytes()) {
            Some((code, message)) if said.code.is_none() => Said { code, message: said.message.or(message), ..said },
            _ => said,
        }
    }
}

/// The code and words of a body as OAuth has it: `{"error": "…", "error_description": "…"}`.
pub(super) fn oauth(body: &[u8]) -> Option<(Option<String>, Option<String>)> {
    let text = json::text(body).ok()?.trim();
    let part = |name| Some(short(&serde_json::from_str::<String>(json::member(text, name).ok()??.get()).ok()?));
    let code = part("error")?;
    Some((Some(code), part("error_description")))
}

fn class(rows: &[ErrorRow], status: u16, code: Option<&str>) -> Class {
    let fits = |row: &&ErrorRow| {
        (row.status == status || row.above && status > row.status)
            && row.code.as_deref().is_none_or(|pattern| code.is_some_and(|code| matches(pattern, code)))
    };
    match rows.iter().find(fits) {
        Some(row) => row.class,
        None if status < 500 => Class::Validation,
        None => Class::ServerError,
    }
}

fn matches(pattern: &str, code: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => code.len() >= start.len() + end.len() && code.starts_with(start) && code.ends_with(end),
        None => pattern == code,
    }
}

/// A gateway answers with a page of its own, whatever it calls it.
pub(super) fn is_page(answer: &Answer) -> bool {
    let declared = answer.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    declared || answer.body.trim_ascii_start().starts_with(b"<")
}

/// A detail for people: a record becomes `name value, name value`.
fn plain(detail: &str) -> String {
    let Ok(Some(fields)) = json::fields(detail.trim()) else { return detail.to_string() };
    let part = |(name, value): (String, &str)| Some(format!("{name} {}", json::scalar(value)?));
    fields.into_iter().filter_map(part).collect::<Vec<_>>().join(", ")
}

fn short(text: &str) -> String {
    let mut clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST + 1).collect();
    if clean.chars().count() > LONGEST {
        clean.pop();
        clean.push('…');
    }
    clean
}

fn verb(class: Class) -> &'static str {
    match class {
        Class::Network => "cannot be reached",
        Class::RateLimit => "asks for a pause",
        Class::ServerError => "is in trouble",
        Class::Conflict => "says that someone else changes the same thing",
        Class::Validation => "refuses it",
        Class::Missing => "does not have it",
        Class::Auth => "does not let us in",
        Class::Config => "refuses the request as it is set up",
        Class::Token => "no longer takes the token",
        Class::LostReply => "gave no answer that can be understood",
    }
}
