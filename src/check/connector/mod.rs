//! A connector's tree goes in; the system as data, or all mistakes of the file, comes out.

mod answer;
mod auth;
mod errors;
mod operation;
mod pages;
mod resource;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::check::catalog::Catalog;
use crate::check::checker::Checker;
use crate::check::scope::{Frame, Place};
use crate::connect::{Auth, Connector, Errors, Limit, Pages};
use crate::eval::{Format, Shape};
use crate::report::{Diagnostic, Source, Span, codes};
use crate::syntax::ast::{self, FileBody, Part};
use crate::value::{Digest, RecordKind};

/// Checks a connector.
///
/// # Errors
/// With all mistakes of the file, sorted by place.
pub fn connector(tree: &ast::File, source: &Source) -> Result<Connector, Vec<Diagnostic>> {
    let FileBody::Connector(written) = &tree.body else {
        let span = Span { source: source.id, start: 0, end: 0 };
        let title = "expected a connector, found a flow";
        return Err(vec![Diagnostic::error(codes::check::WRONG_FILE, span, title)]);
    };
    let catalog = Catalog::new(crate::builtin::all());
    let empty = Arc::new(RecordKind { name: Arc::from(""), fields: Vec::new() });
    let checker = Checker::new(source, &catalog, Place::Record(empty), 1);
    let mut build = Build {
        checker,
        name: written.name.node.clone().into(),
        shapes: BTreeMap::new(),
        resources: BTreeMap::new(),
        built: BTreeMap::new(),
        building: Vec::new(),
        broken_paths: Vec::new(),
        format: Arc::new(Format { zone: TimeZone::UTC, datetime: None }),
    };
    let connector = build.connector(written);
    build.checker.problems.finish()?;
    connector.ok_or_else(Vec::new)
}

/// A connector being checked.
struct Build<'a> {
    checker: Checker<'a>,
    name: Arc<str>,
    shapes: BTreeMap<&'a str, &'a ast::Shape>,
    resources: BTreeMap<&'a str, &'a ast::ResourceDefinition>,
    /// Shapes that are done; none for one that makes no sense, which was told.
    built: BTreeMap<Box<str>, Option<Arc<Shape>>>,
    /// Shapes that are being built, the outer first.
    building: Vec<Box<str>>,
    format: Arc<Format>,
    /// Paths that cannot be followed, which was told.
    broken_paths: Vec<Span>,
}

/// The parts of a connector that stand once.
#[derive(Default)]
struct Parts<'a> {
    base: Option<&'a ast::Name>,
    zone: Option<&'a ast::Name>,
    datetime: Option<&'a ast::Name>,
    timeout: Option<Duration>,
    window: Option<Duration>,
    lag: Option<Duration>,
    auth: Option<&'a ast::Auth>,
    limit: Option<Limit>,
    pages: Option<&'a ast::Pages>,
    errors: Option<&'a ast::Errors>,
}

impl<'a> Build<'a> {
    fn connector(&mut self, written: &'a ast::Connector) -> Option<Connector> {
        let parts = self.parts(written);
        self.format = Arc::new(self.format(&parts));
        for part in &written.parts {
            match &part.node {
                Part::Shape(shape) => self.know(shape),
                Part::Resource(resource) => self.know_resource(resource),
                _ => {}
            }
        }
        for part in &written.parts {
            if let Part::Shape(shape) = &part.node {
                self.shape(&shape.name.node, shape.name.span);
            }
        }
        let base = self.base(parts.base, written);
        let auth = parts.auth.map_or_else(|| Some(Auth::Keys(Vec::new())), |auth| self.auth(auth, written.name.span));
        let pages = parts.pages.map_or(Some(Pages::None), |pages| self.pages(pages));
        let errors = match parts.errors {
            Some(errors) => self.errors(errors),
            None => {
                Errors { shape: self.answer_shape(&[]), code: None, message: None, details: None, rows: Vec::new() }
            }
        };
        let mut resources = Vec::new();
        for part in &written.parts {
            if let Part::Resource(resource) = &part.node
                && let Some(made) = self.resource(resource)
            {
                resources.push(Arc::new(made));
            }
        }
        let mut digest = Digest::default();
        digest.part(&*self.checker.source.text);
        Some(Connector {
            name: self.name.clone(),
            title: written.title.node.clone().into(),
            base: base?,
            timeout: parts.timeout.unwrap_or(Duration::from_secs(30)),
            window: parts.window.unwrap_or(Duration::from_secs(60)),
            lag: parts.lag.unwrap_or(Duration::from_secs(120)),
            auth: auth?,
            limit: parts.limit,
            pages: pages?,
            errors,
            resources,
            hash: digest.hex().into(),
        })
    }

    fn parts(&mut self, written: &'a ast::Connector) -> Parts<'a> {
        let mut parts = Parts::default();
        for part in &written.parts {
            let (word, twice) = match &part.node {
                Part::Base(base) => ("base", parts.base.replace(base).is_some()),
                Part::Zone(zone) => ("zone", parts.zone.replace(zone).is_some()),
                Part::Datetime(datetime) => ("datetime", parts.datetime.replace(datetime).is_some()),
                Part::Timeout(time) => {
                    let time = self.time(*time, "timeout", part.span);
                    ("timeout", parts.timeout.replace(time).is_some())
                }
                Part::Window(time) => {
                    let time = self.time(*time, "window", part.span);
                    ("window", parts.window.replace(time).is_some())
                }
                Part::Lag(time) => ("lag", parts.lag.replace(Duration::from_secs(time.seconds())).is_some()),
                Part::Auth(auth) => ("auth", parts.auth.replace(auth).is_some()),
                Part::Limit { count, per } => {
                    let per = self.time(*per, "limit", part.span);
                    if *count == 0 {
                        let title = "expected at least one request in a time, found none";
                        self.error(codes::connector::AMOUNT, part.span, title, "nothing could ever be sent");
                    }
                    ("limit", parts.limit.replace(Limit { count: (*count).max(1), per }).is_some())
                }
                Part::Pages(pages) => ("pages", parts.pages.replace(pages).is_some()),
                Part::Errors(errors) => ("errors", parts.errors.replace(errors).is_some()),
                Part::Shape(_) | Part::Resource(_) => continue,
            };
            if twice {
                let at = Span { end: part.span.start + u32::try_from(word.len()).unwrap_or(1), ..part.span };
                let title = format!("expected one `{word}` in a connector, found two");
                self.error(codes::connector::PART_TWICE, at, title, "it stands above already");
            }
        }
        parts
    }

    fn time(&mut self, time: ast::Time, word: &str, span: Span) -> Duration {
        if time.seconds() == 0 {
            let title = format!("expected a time longer than nothing for `{word}`, found none");
            self.error(codes::connector::AMOUNT, span, title, "how long?");
        }
        Duration::from_secs(time.seconds().max(1))
    }

    fn base(&mut self, base: Option<&ast::Name>, written: &ast::Connector) -> Option<Arc<str>> {
        let Some(base) = base else {
            let title = "expected `base \"https://…\"` in a connector, found none";
            self.error(codes::connector::MISSING_PART, written.name.span, title, "where does it live?");
            return None;
        };
        let text = base.node.trim_end_matches('/');
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        if rest
            .is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace) || rest.contains(['?', '#', '@']))
        {
            let title = format!("expected an address such as `https://api.example.com`, found `{}`", base.node);
            self.error(codes::connector::ADDRESS, base.span, title, "not an address");
            return None;
        }
        Some(text.into())
    }

    fn format(&mut self, parts: &Parts<'_>) -> Format {
        let zone = match parts.zone {
            None => TimeZone::UTC,
            Some(zone) => TimeZone::get(&zone.node).unwrap_or_else(|_| {
                let title = format!("expected a zone such as `Europe/Amsterdam`, found `{}`", zone.node);
                self.error(codes::connector::ZONE, zone.span, title, "no zone of that name");
                TimeZone::UTC
            }),
        };
        let datetime = parts.datetime.and_then(|pattern| match strftime(&pattern.node) {
            Ok(pattern) => Some(pattern.into()),
            Err(found) => {
                let title = format!("expected `yyyy mm dd hh mm ss` and signs between them, found `{found}`");
                self.error(codes::connector::DATETIME, pattern.span, title, "how are times written?");
                None
            }
        });
        Format { zone, datetime }
    }

    fn error(&mut self, code: crate::report::Code, span: Span, title: impl Into<String>, label: impl Into<String>) {
        self.checker.problems.error(code, span, title, label);
    }

    /// Whether a path in it cannot be followed, which was told.
    fn is_broken(&self, span: Span) -> bool {
        self.broken_paths.iter().any(|path| {
            path.source == span.source && (span.start..=span.end).contains(&path.start) && path.end <= span.end
        })
    }

    /// Runs `work` where the first word of a path is a field of this record.
    fn over<T>(&mut self, kind: &Arc<RecordKind>, work: impl FnOnce(&mut Checker<'a>) -> T) -> T {
        self.checker.frame = Frame::new(Place::Record(kind.clone()), 1);
        work(&mut self.checker)
    }
}

/// `yyyy-mm-dd hh:mm:ss` in the words of strftime, or what cannot be read. The first `mm` behind `hh` is the minutes.
fn strftime(pattern: &str) -> Result<String, String> {
    let mut made = String::new();
    let mut rest = pattern;
    let mut hours = false;
    while let Some(sign) = rest.chars().next() {
        let run: String = rest.chars().take_while(|next| *next == sign).collect();
        match run.as_str() {
            "yyyy" => made.push_str("%Y"),
            "mm" if hours => {
                made.push_str("%M");
                hours = false;
            }
            "mm" => made.push_str("%m"),
            "dd" => made.push_str("%d"),
            "hh" => {
                made.push_str("%H");
                hours = true;
            }
            "ss" => made.push_str("%S"),
            "T" | "Z" => made.push(sign),
            _ if sign.is_alphanumeric() || sign == '%' => return Err(run),
            _ => made.push_str(&run),
        }
        rest = &rest[run.len()..];
    }
    Ok(made)
}
