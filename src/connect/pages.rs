//! A list or search turned over page by page, as the connector says.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::connect::{Call, Fault, Resource, Row, System};

/// What of a list is asked for.
#[derive(Clone, Debug, Default)]
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

/// The records of one answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// The records in the order they came; the same one may come on two pages.
    pub rows: Vec<Row>,
}

/// A list or search being turned over.
pub struct Pages {
    pub(super) system: System,
    pub(super) resource: Arc<Resource>,
}

impl Pages {
    /// The next page, or `None` after the last. After a fault the same page is asked for again.
    ///
    /// # Errors
    /// When the system cannot be asked or its answer is no page.
    pub async fn next_page(&mut self, call: Call<'_>) -> Result<Option<Page>, Fault> {
        let _ = (call, &self.system, &self.resource);
        todo!()
    }
}
