//! Rows turned over page by page, as a connector says: rows and a request go in, one page comes out.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::connect::{Answer, Connector, Operation, Pages, Request, Resource, Turned, Until};
use crate::eval::{self, Frame, Reader, Shape, Used};
use crate::test::asked::{parameter, scalar_at};
use crate::test::body;
use crate::value::{Arena, Kind, Value};

/// So many rows are on a page of a declared world: enough to hold something, few enough that there is a second page.
const ROWS: u64 = 3;

/// The connector with pages so small that a declared world has several.
pub(super) fn with_small_pages(connector: &Connector) -> Connector {
    let mut small = connector.clone();
    if let Pages::Turned(Turned { size: Some((_, size)), .. }) = &mut small.pages {
        *size = ROWS.min(*size);
    }
    small
}

/// A list being read.
pub(super) struct Reading<'c> {
    pub(super) connector: &'c Connector,
    pub(super) resource: &'c Resource,
    pub(super) operation: &'c Operation,
}

impl Reading<'_> {
    fn turned(&self) -> Option<&Turned> {
        match self.operation.pages.as_ref().unwrap_or(&self.connector.pages) {
            Pages::None => None,
            Pages::Turned(turned) => Some(turned),
        }
    }

    /// The request is for a page behind the first.
    pub(super) fn is_later(&self, request: &Request) -> bool {
        self.turned().is_some_and(|turned| position(turned, request) > 0)
    }

    /// One page; it begins so many rows too early.
    pub(super) fn page(&self, request: &Request, rows: Vec<String>, early: usize) -> Answer {
        let rows = self.filtered(request, rows);
        let Some(turned) = self.turned() else {
            return Answer::new(200, body::nested(&self.operation.within, &listed(&rows)));
        };
        let size = turned.size.as_ref().map_or(ROWS, |(name, size)| {
            parameter(&request.url, name).and_then(|text| text.parse().ok()).unwrap_or(*size)
        });
        let number = position(turned, request);
        let start = if turned.offset { number } else { number.saturating_mul(size) };
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let start = whole(start).saturating_sub(early).min(rows.len());
        let end = start.saturating_add(whole(size)).min(rows.len());
        let within = if self.operation.within.is_empty() { &turned.within } else { &self.operation.within };
        let list = body::nested(within, &listed(&rows[start..end]));
        Answer::new(200, told(turned, list, end < rows.len()))
    }

    fn filtered(&self, request: &Request, mut rows: Vec<String>) -> Vec<String> {
        for filter in self.resource.filters.iter().filter(|filter| filter.kind.is_none()) {
            let Some(wanted) = parameter(&request.url, &filter.parameter) else { continue };
            rows.retain(|row| scalar_at(row, &filter.field).is_none_or(|there| there == wanted));
        }
        rows
    }
}

/// How many pages, or rows, come before what is asked for.
fn position(turned: &Turned, request: &Request) -> u64 {
    let asked = parameter(&request.url, &turned.parameter).and_then(|text| text.parse::<u64>().ok());
    asked.unwrap_or(turned.first).saturating_sub(turned.first)
}

fn listed(rows: &[String]) -> String {
    format!("[{}]", rows.join(","))
}

/// The answer with whatever tells that there is more, or that there is none.
fn told(turned: &Turned, list: String, more: bool) -> String {
    let Until::Holds(shape, ends) = &turned.until else { return list };
    let leaves = leaves(shape, "");
    for value in ["\"more\"", "true", "false", "1", "0", "null"] {
        let tried = leaves.iter().fold(list.clone(), |list, leaf| body::with(&list, leaf, value));
        if is_last(shape, ends, &tried) != more {
            return tried;
        }
    }
    list
}

/// The dotted names of the scalars of a shape.
fn leaves(shape: &Shape, before: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (field, kind) in shape.fields.iter().zip(&shape.kind.fields) {
        let name = format!("{before}{}", field.name);
        match (&kind.typed.kind, &field.shape) {
            (Kind::Record(_), Some(inner)) => all.extend(leaves(inner, &format!("{name}."))),
            (Kind::List(_), _) => {}
            _ => all.push(name),
        }
    }
    all
}

fn is_last(shape: &Arc<Shape>, ends: &eval::Expr, answer: &str) -> bool {
    let mut arena = Arena::new(TimeZone::UTC);
    let value = Reader::new(shape, &Used::all()).read(answer, &mut arena).unwrap_or(Value::Unset);
    eval::holds(ends, &mut Frame::of(&[value]), &mut arena).unwrap_or(true)
}
