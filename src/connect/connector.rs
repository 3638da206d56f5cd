//! A connector as data: how a system is reached, asked and understood. `check` makes it from a `.connector` file.

use std::sync::Arc;
use std::time::Duration;

use crate::eval::{Expr, Shape};
use crate::value::{Kind, ResourceName};

/// A system, as its `.connector` file says.
#[derive(Clone, Debug)]
pub struct Connector {
    /// Its name.
    pub name: Arc<str>,
    /// What people see.
    pub title: Arc<str>,
    /// Where it lives, without a slash at the end; a connection may say otherwise.
    pub base: Arc<str>,
    /// How long a request may take.
    pub timeout: Duration,
    /// How long after its reservation a write may still be sent.
    pub window: Duration,
    /// How late a search may show what was made.
    pub lag: Duration,
    /// How it knows us.
    pub auth: Auth,
    /// How many requests it takes.
    pub limit: Option<Limit>,
    /// How its lists are turned over, unless an operation says otherwise.
    pub pages: Pages,
    /// How its refusals are understood.
    pub errors: Errors,
    /// Its resources.
    pub resources: Vec<Arc<Resource>>,
    /// A hash of the file it was read from.
    pub hash: Arc<str>,
}

impl Connector {
    /// The resource of that name.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&Arc<Resource>> {
        self.resources.iter().find(|resource| &*resource.name.resource == name)
    }
}

/// How a system knows us.
#[derive(Clone, Debug)]
pub enum Auth {
    /// OAuth 2.
    Oauth2 {
        /// Where a person agrees.
        authorize: Option<Arc<str>>,
        /// Where tokens come from.
        token: Arc<str>,
        /// The grants it knows: `client_credentials`, `authorization_code`.
        grants: Vec<Arc<str>>,
        /// The scopes, separated by spaces.
        scopes: Arc<str>,
        /// A log-in is bound to who began it (RFC 7636, `S256`).
        pkce: bool,
    },
    /// Keys in the query or in headers.
    Keys(Vec<AuthKey>),
}

/// A key in the query or in a header.
#[derive(Clone, Debug)]
pub struct AuthKey {
    /// In a header, else in the query.
    pub header: bool,
    /// The header's or parameter's name.
    pub name: Arc<str>,
    /// What it is made of.
    pub pieces: Vec<AuthPiece>,
    /// It is left out when a secret of it is missing.
    pub maybe: bool,
}

/// A piece of a key.
#[derive(Clone, Debug)]
pub enum AuthPiece {
    /// Characters.
    Text(Arc<str>),
    /// The connection's `secret.NAME`.
    Secret(Arc<str>),
}

/// So many requests in so long, spent steadily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

/// How a list is turned over.
#[derive(Clone, Debug)]
pub enum Pages {
    /// One answer holds all.
    None,
    /// By page or offset.
    Turned(Turned),
}

/// A list turned over by page or by offset.
#[derive(Clone, Debug)]
pub struct Turned {
    /// Rows are counted, else pages.
    pub offset: bool,
    /// The parameter.
    pub parameter: Arc<str>,
    /// The first page's number or row.
    pub first: u64,
    /// The parameter of the size and the size.
    pub size: Option<(Arc<str>, u64)>,
    /// Where the rows are in the answer: names from its root.
    pub within: Vec<Arc<str>>,
    /// When to stop.
    pub until: Until,
}

/// When the last page is reached.
#[derive(Clone, Debug)]
pub enum Until {
    /// A page has fewer rows than the size (without a size: no rows).
    Short,
    /// This holds of the answer (variable 0, read by the shape).
    Holds(Arc<Shape>, Arc<Expr>),
}

/// How refusals are understood.
#[derive(Clone, Debug)]
pub struct Errors {
    /// The shape by which an error body is read, for the three expressions (variable 0 is the body).
    pub shape: Arc<Shape>,
    /// The code in the body.
    pub code: Option<Arc<Expr>>,
    /// The words in the body.
    pub message: Option<Arc<Expr>>,
    /// The details in the body; a list or one value, of any kind.
    pub details: Option<Arc<Expr>>,
    /// The rows; the first that fits counts.
    pub rows: Vec<ErrorRow>,
}

/// A row of `errors`.
#[derive(Clone, Debug)]
pub struct ErrorRow {
    /// The status.
    pub status: u16,
    /// This status and all above.
    pub above: bool,
    /// The code; a `*` is any rest.
    pub code: Option<Arc<str>>,
    /// What it is.
    pub class: Class,
}

/// A class of errors of the world; the engine decides by it what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The system could not be reached, and nothing was sent.
    Network,
    /// Too many requests.
    RateLimit,
    /// The system is in trouble.
    ServerError,
    /// Someone else changes the same thing.
    Conflict,
    /// The system refuses this record.
    Validation,
    /// The thing is not there.
    Missing,
    /// The system does not know us.
    Auth,
    /// The set-up is wrong.
    Config,
    /// The token is no longer good: renewed once, then `auth`.
    Token,
    /// Sent, and no answer that can be understood: it may have happened.
    LostReply,
}

impl Class {
    /// All, in the order of the language's page.
    pub const ALL: [Class; 10] = [
        Class::Network,
        Class::RateLimit,
        Class::ServerError,
        Class::Conflict,
        Class::Validation,
        Class::Missing,
        Class::Auth,
        Class::Config,
        Class::Token,
        Class::LostReply,
    ];

    /// The word in flows and connectors.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Class::Network => "network",
            Class::RateLimit => "rate_limit",
            Class::ServerError => "server_error",
            Class::Conflict => "conflict",
            Class::Validation => "validation",
            Class::Missing => "missing",
            Class::Auth => "auth",
            Class::Config => "config",
            Class::Token => "token",
            Class::LostReply => "lost_reply",
        }
    }
}

/// A resource of a system.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name, with the connector's.
    pub name: ResourceName,
    /// What its records look like.
    pub shape: Arc<Shape>,
    /// Records for which this does not hold (variable 0) are not there.
    pub condition: Option<Arc<Expr>>,
    /// All of them.
    pub list: Option<Operation>,
    /// Searches, by the fields they look at.
    pub searches: Vec<Search>,
    /// One of them.
    pub get: Option<Operation>,
    /// A new one.
    pub create: Option<Operation>,
    /// A change.
    pub update: Option<Operation>,
    /// Further operations.
    pub actions: Vec<Action>,
    /// What a list can be narrowed by.
    pub filters: Vec<Filter>,
    /// By what a list can be begun.
    pub since: Vec<Since>,
    /// What of its bodies is added up for people.
    pub totals: Vec<Total>,
}

impl Resource {
    /// There is one record: a `get` with nothing in braces, and no list.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.list.is_none()
            && self.get.as_ref().is_some_and(|get| get.path.iter().all(|part| matches!(part, PathPart::Text(_))))
    }

    /// Rows of a list or search lack fields.
    #[must_use]
    pub fn is_brief(&self) -> bool {
        self.list.iter().chain(self.searches.iter().map(|search| &search.operation)).any(|operation| operation.brief)
    }

    /// The action of that name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| &*action.name == name)
    }
}

/// One operation: how it is asked.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `GET`, `POST`, …
    pub method: Arc<str>,
    /// The path and query, from the base on.
    pub path: Vec<PathPart>,
    /// Where the record or the list is in the answer: names from its root.
    pub within: Vec<Arc<str>>,
    /// Read, lay the changes over it, write all of it back.
    pub whole: bool,
    /// The only fields it takes, by number.
    pub only: Option<Vec<usize>>,
    /// Its rows lack fields: `get` when one is needed.
    pub brief: bool,
    /// The field by which its list is ordered, newest first.
    pub newest: Option<Vec<Arc<str>>>,
    /// Pages of its own.
    pub pages: Option<Pages>,
}

/// A part of an operation's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPart {
    /// Characters.
    Text(Arc<str>),
    /// `{name}`: a field of the record, or `text` in a search.
    Field(Arc<str>),
}

/// A search.
#[derive(Clone, Debug)]
pub struct Search {
    /// The fields it looks at, as dotted names; empty for one that looks anywhere.
    pub on: Vec<Arc<str>>,
    /// How it is asked; `{text}` in its path is the value looked for.
    pub operation: Operation,
    /// Shorter values are not searched for.
    pub min: usize,
    /// An empty answer proves that there is none.
    pub sure: bool,
}

/// A further operation.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its name.
    pub name: Arc<str>,
    /// How it is asked.
    pub operation: Operation,
    /// What it takes.
    pub takes: Option<Arc<Shape>>,
    /// The resource of what it makes.
    pub makes: Option<ResourceName>,
    /// It was done when this holds of the record (variable 0).
    pub done: Option<Arc<Expr>>,
}

/// What a list can be narrowed by, one value per request.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The field as dotted names, or a name of its own.
    pub field: Arc<str>,
    /// Its own kind: then it is no field, and its answer is trusted.
    pub kind: Option<Kind>,
    /// The parameter.
    pub parameter: Arc<str>,
}

/// What of many bodies is added up, for people to compare: the engine itself knows no rate and no amount.
#[derive(Clone, Debug)]
pub struct Total {
    /// The slots that lead to the list.
    pub list: Vec<u32>,
    /// Its dotted name.
    pub field: Arc<str>,
    /// What one of its records (variable 0) adds; not set adds nothing.
    pub value: Expr,
    /// `value` as it is written.
    pub value_text: Arc<str>,
    /// Apart for each value of this.
    pub by: Expr,
    /// The kind of that value.
    pub by_kind: Kind,
    /// `by` as it is written.
    pub by_text: Arc<str>,
}

/// By what a list can be begun.
#[derive(Clone, Debug)]
pub struct Since {
    /// The field, by dotted names.
    pub field: Arc<str>,
    /// The parameter.
    pub parameter: Arc<str>,
}
