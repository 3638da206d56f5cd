//! One connection at work: operations go in, records or faults come out.

use std::sync::Arc;

use bytes::Bytes;

use crate::connect::{
    Action, Call, Connection, Connector, Fault, ListQuery, Observer, Pages, Pass, Resource, Row, Tokens, Transport,
};
use crate::value::Clock;

/// A connection; clones share its rate budget and its token.
#[derive(Clone)]
pub struct System(Arc<Inner>);

struct Inner {
    connector: Arc<Connector>,
    connection: Connection,
}

/// The values of the `{holes}` in an operation's path, by field.
pub type Fields<'a> = &'a [(&'a str, &'a str)];

/// What a write made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The id of the made thing; always there after a `create`.
    pub id: Option<String>,
    /// The record in the answer, when there was one.
    pub row: Option<Row>,
}

impl System {
    /// A connection to a system.
    ///
    /// # Errors
    /// When the connection is not complete: an address that is none, a secret that is missing.
    pub fn new(
        connector: Arc<Connector>,
        connection: Connection,
        transport: Arc<dyn Transport>,
        tokens: Arc<dyn Tokens>,
        clock: Clock,
    ) -> Result<System, Fault> {
        let _ = (transport, tokens, clock);
        Ok(System(Arc::new(Inner { connector, connection })))
    }

    /// What the system is.
    #[must_use]
    pub fn connector(&self) -> &Arc<Connector> {
        &self.0.connector
    }

    /// How it is reached; `window`, `timeout` and `lag` are those in force.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// Sees to it that a good token is at hand, then takes a share of the rate budget: the last thing before a write is
    /// reserved.
    ///
    /// # Errors
    /// When no token can be had.
    pub async fn pass(&self, observer: &dyn Observer) -> Result<Pass, Fault> {
        let _ = observer;
        todo!()
    }

    /// All records of a resource, or those that the query asks for.
    ///
    /// # Errors
    /// When the resource has no list.
    pub fn list(&self, resource: &Arc<Resource>, query: &ListQuery) -> Result<Pages, Fault> {
        let _ = (resource, query);
        todo!()
    }

    /// What the resource's search of that number finds; hits are compared exactly by the caller.
    ///
    /// # Errors
    /// When the resource has no such search.
    pub fn search(&self, resource: &Arc<Resource>, search: usize, text: &str) -> Result<Pages, Fault> {
        let _ = (resource, search, text);
        todo!()
    }

    /// One record, or `None` when it is not there.
    ///
    /// # Errors
    /// When the system cannot be asked or refuses.
    pub async fn get(&self, call: Call<'_>, resource: &Resource, fields: Fields<'_>) -> Result<Option<Row>, Fault> {
        let _ = (call, resource, fields);
        todo!()
    }

    /// Makes a record; holes of the path are filled from the body.
    ///
    /// # Errors
    /// When it was refused or its outcome is unknown: see [`Fault::not_applied`].
    pub async fn create(&self, call: Call<'_>, resource: &Resource, body: Bytes) -> Result<Made, Fault> {
        let _ = (call, resource, body);
        todo!()
    }

    /// Changes a record.
    ///
    /// # Errors
    /// When it was refused or its outcome is unknown: see [`Fault::not_applied`].
    pub async fn update(
        &self,
        call: Call<'_>,
        resource: &Resource,
        fields: Fields<'_>,
        body: Bytes,
    ) -> Result<Made, Fault> {
        let _ = (call, resource, fields, body);
        todo!()
    }

    /// Does a further operation on a record.
    ///
    /// # Errors
    /// When it was refused or its outcome is unknown: see [`Fault::not_applied`].
    pub async fn action(
        &self,
        call: Call<'_>,
        action: &Action,
        fields: Fields<'_>,
        body: Option<Bytes>,
    ) -> Result<Made, Fault> {
        let _ = (call, action, fields, body);
        todo!()
    }
}
