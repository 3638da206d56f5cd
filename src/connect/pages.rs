//! A list or search turned over page by page, as the connector says.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::strtime;
use url::Url;

use crate::connect::system::Asking;
use crate::connect::{
    Call, Class, Fault, Operation, Pages as Style, Resource, Row, System, Turned, Until, address, json, reading,
};
use crate::eval::{Format, Shape};

/// So many empty pages in a row that are said not to be the last are a mistake of the system.
const EMPTY: usize = 100;

/// What of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Filters of the resource, by number, and their values as plain texts.
    pub filters: Vec<(usize, String)>,
    /// Where to begin: the number of the resource's `since`, and its value.
    pub since: Option<(usize, Begin)>,
}

/// Where a list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At an instant, written as the connector writes instants.
    At(Timestamp),
    /// On a day.
    On(Date),
}

impl Begin {
    fn text(self, format: &Format) -> Result<String, Fault> {
        match (self, &format.datetime) {
            (Begin::On(date), _) => Ok(date.to_string()),
            (Begin::At(at), None) => Ok(at.to_string()),
            (Begin::At(at), Some(pattern)) => strtime::format(&**pattern, &at.to_zoned_datetime(format.zone.clone()))
                .map_err(|error| Fault::unsent(Class::Config, format!("an instant cannot be written: {error}"))),
        }
    }
}

/// The records of one answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// The records in the order they came; the same one may come on two pages.
    pub rows: Vec<Row>,
}

/// A list or search being turned over.
pub struct TurnedList {
    system: System,
    purpose: String,
    operation: Operation,
    style: Style,
    url: Url,
    /// The page's number, or how many rows came before it.
    position: u64,
    last: Option<Bytes>,
    empty: usize,
    done: bool,
    /// By offset, pages overlap by one row: the last one of the page before, by which a list that moved is noticed.
    overlap: Option<Row>,
    restarts: u32,
    shape: Arc<Shape>,
    resource: Arc<str>,
    /// What a rehearsal would have made is put before the first page: all of it, or what holds this text.
    sought: Option<Option<String>>,
    made: Vec<Row>,
}

/// So many things that a rehearsal would have made fill a page.
const ROWS: usize = 100;
/// How often a list that moves under our hands is begun anew.
const RESTARTS: u32 = 5;

impl TurnedList {
    /// The next page, or `None` after the last. After a fault the same page is asked for again.
    ///
    /// # Errors
    /// When the system cannot be asked or its answer is no page.
    pub async fn next_page(&mut self, mut call: Call<'_>) -> Result<Option<Page>, Fault> {
        if self.done {
            return Ok(None);
        }
        self.gather_made();
        let asking = Asking {
            purpose: self.purpose.clone(),
            write: false,
            method: &self.operation.method,
            url: self.address(),
            body: None,
        };
        if self.made.len() >= ROWS && matches!(self.style, Style::Turned(_)) {
            // Such a page would hold nothing else.
            self.system.withhold(&call, &asking)?;
            return Ok(Some(Page { rows: self.made.drain(..ROWS).collect() }));
        }
        let answer = self.system.ask(&mut call, &asking).await?;
        if answer.status == 204 {
            self.done = true;
            return Ok(Some(Page { rows: self.rehearsed(Vec::new()) }));
        }
        let unreadable = |why: String| self.system.judge(false).unreadable(answer.status, &why);
        let text = json::text(&answer.body).map_err(unreadable)?;
        let list = json::locate(text, self.within()).map_err(unreadable)?;
        let elements = match list {
            Some("null") => Vec::new(),
            Some(list) => {
                json::elements(list).map_err(unreadable)?.ok_or_else(|| unreadable(no_list(self.within())))?
            }
            None => return Err(unreadable(no_list(self.within()))),
        };
        let count = elements.len();
        let done = match &self.style {
            Style::None => true,
            Style::Turned(Turned { until: Until::Short, size, .. }) => {
                size.as_ref().map_or(count == 0, |(_, size)| (count as u64) < *size)
            }
            Style::Turned(Turned { until: Until::Holds(shape, expression), .. }) => {
                reading::holds(shape, expression, text).map_err(unreadable)?
            }
        };
        let empty = if count == 0 { self.empty + 1 } else { 0 };
        // A system that does not turn pages would be asked for ever.
        if !done && (self.last.as_ref() == Some(&answer.body) || empty >= EMPTY) {
            return Err(unreadable("the same page came twice, so the list has no end".to_string()));
        }
        if let Some(before) = &self.overlap
            && !elements.first().is_some_and(|first| self.is_same(before, first))
        {
            return self.begin_anew();
        }
        let known = usize::from(self.overlap.is_some());
        let rows: Vec<Row> = elements
            .iter()
            .skip(known)
            .filter(|row| **row != "null")
            .map(|row| Row::within(&answer.body, row))
            .collect();
        if let Style::Turned(turned) = &self.style {
            self.position += match (turned.offset, count as u64) {
                (true, count) if count > 1 => {
                    self.overlap = elements.last().map(|row| Row::within(&answer.body, row));
                    count - 1
                }
                (true, count) => count,
                (false, _) => 1,
            };
        }
        (self.done, self.empty, self.last) = (done, empty, Some(answer.body.clone()));
        Ok(Some(Page { rows: self.rehearsed(rows) }))
    }

    /// The rows as a rehearsal would have left them.
    fn rehearsed(&mut self, rows: Vec<Row>) -> Vec<Row> {
        let Some(rehearsal) = self.system.rehearsal() else { return rows };
        let there = rows.into_iter().map(|row| rehearsal.changed(&self.resource, &self.shape, row));
        self.made.drain(..).chain(there).collect()
    }

    /// What would be there, before anything that is.
    fn gather_made(&mut self) {
        if let (Some(rehearsal), Some(text)) = (self.system.rehearsal(), self.sought.take()) {
            self.made = rehearsal.things(&self.resource, text.as_deref());
        }
    }

    /// The row is the one that the page before ended with.
    fn is_same(&self, before: &Row, first: &str) -> bool {
        let id = |row: &str| reading::id(&self.shape, row).ok().flatten();
        before.text() == first || id(before.text()).is_some_and(|before| id(first) == Some(before))
    }

    /// Rows before this page left the list while it was read: others would be passed by, so it is read from the start.
    fn begin_anew(&mut self) -> Result<Option<Page>, Fault> {
        self.restarts += 1;
        if self.restarts > RESTARTS {
            let words = format!("{} changed {RESTARTS} times while it was read", self.purpose);
            return Err(Fault { sent: true, ..Fault::unsent(Class::Conflict, words) });
        }
        if let Style::Turned(turned) = &self.style {
            self.position = turned.first;
        }
        (self.overlap, self.last, self.empty) = (None, None, 0);
        Ok(Some(Page { rows: Vec::new() }))
    }

    fn address(&self) -> Url {
        let Style::Turned(turned) = &self.style else { return self.url.clone() };
        let size = turned.size.as_ref().map(|(name, size)| (&**name, size.to_string()));
        let position = self.position.to_string();
        let size = size.iter().map(|(name, size)| (*name, size.as_str()));
        address::with(&self.url, size.chain([(&*turned.parameter, position.as_str())]))
    }

    fn within(&self) -> &[Arc<str>] {
        match &self.style {
            Style::Turned(turned) if self.operation.within.is_empty() => &turned.within,
            _ => &self.operation.within,
        }
    }
}

impl System {
    /// All records of a resource, or those that the query asks for.
    ///
    /// # Errors
    /// When the resource has no list, or lacks what the query names.
    pub fn list(&self, resource: &Resource, query: &ListQuery) -> Result<TurnedList, Fault> {
        self.list_by(resource, query, None)
    }

    /// The same, with a page size of its own.
    pub(super) fn list_by(
        &self,
        resource: &Resource,
        query: &ListQuery,
        size: Option<u64>,
    ) -> Result<TurnedList, Fault> {
        let lacks = |what: &str| Fault::unsent(Class::Config, format!("{} has no such {what}", resource.name));
        let operation = resource.list.as_ref().ok_or_else(|| lacks("operation: list"))?;
        let mut parameters = Vec::new();
        for (number, value) in &query.filters {
            let filter = resource.filters.get(*number).ok_or_else(|| lacks("filter"))?;
            parameters.push((&*filter.parameter, value.clone()));
        }
        if let Some((number, begin)) = query.since {
            let since = resource.since.get(number).ok_or_else(|| lacks("`since`"))?;
            parameters.push((&*since.parameter, begin.text(&resource.shape.format)?));
        }
        let url = address::fill(self.base(), &operation.path, |_| None)?;
        let url = address::with(&url, parameters.iter().map(|(name, value)| (*name, value.as_str())));
        let mut list = self.turned(resource, format!("{} list", resource.name.resource), operation, url, size);
        // Whether a filter that is no field would let it through, only the system knows.
        let known = |(number, _): &(usize, String)| resource.filters[*number].kind.is_none();
        list.sought = query.filters.iter().all(known).then_some(None);
        Ok(list)
    }

    /// What the resource's search of that number finds; hits are compared exactly by the caller.
    ///
    /// # Errors
    /// When the resource has no such search.
    pub fn search(&self, resource: &Resource, search: usize, text: &str) -> Result<TurnedList, Fault> {
        let lacks = || Fault::unsent(Class::Config, format!("{} has no such search", resource.name));
        let search = resource.searches.get(search).ok_or_else(lacks)?;
        let hole = |name: &str| (name == "text").then(|| text.to_string());
        let url = address::fill(self.base(), &search.operation.path, hole)?;
        let purpose = format!("{} search", resource.name.resource);
        let mut list = self.turned(resource, purpose, &search.operation, url, None);
        list.sought = Some(Some(text.to_string()));
        Ok(list)
    }

    fn turned(
        &self,
        resource: &Resource,
        purpose: String,
        operation: &Operation,
        url: Url,
        size: Option<u64>,
    ) -> TurnedList {
        let mut style = operation.pages.clone().unwrap_or_else(|| self.connector().pages.clone());
        if let (Style::Turned(Turned { size: Some((_, there)), .. }), Some(size)) = (&mut style, size) {
            *there = size;
        }
        let position = match &style {
            Style::Turned(turned) => turned.first,
            Style::None => 0,
        };
        let (system, operation) = (self.clone(), operation.clone());
        TurnedList {
            system,
            purpose,
            operation,
            style,
            url,
            position,
            last: None,
            empty: 0,
            done: false,
            overlap: None,
            restarts: 0,
            shape: resource.shape.clone(),
            resource: resource.name.resource.clone(),
            sought: None,
            made: Vec::new(),
        }
    }
}

fn no_list(within: &[Arc<str>]) -> String {
    match within {
        [] => "it is no list".to_string(),
        names => format!("there is no list at `{}`", names.join(".")),
    }
}
