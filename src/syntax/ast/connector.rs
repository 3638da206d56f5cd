//! A connector file.

use super::*;

/// `connector name "title"` and its parts in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Connector {
    /// Its name.
    pub name: Name,
    /// What people see.
    pub title: Name,
    /// The parts in the order of the file.
    pub parts: Vec<Spanned<Part>>,
}

/// One part of a connector.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// `base "…"`.
    Base(Name),
    /// `zone "…"`.
    Zone(Name),
    /// `datetime "…"`.
    Datetime(Name),
    /// `timeout 30 s`.
    Timeout(Time),
    /// `window 60 s`.
    Window(Time),
    /// `lag 2 min`.
    Lag(Time),
    /// `auth …`.
    Auth(Auth),
    /// `limit 10 per 1 s`.
    Limit {
        /// How many.
        count: u32,
        /// In how long.
        per: Time,
    },
    /// `pages …`.
    Pages(Pages),
    /// `errors { … }`.
    Errors(Errors),
    /// `shape name { … }`.
    Shape(Shape),
    /// `resource name of shape { … }`.
    Resource(ResourceDefinition),
}

/// How a system knows us.
#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    /// `oauth2 { … }`.
    Oauth2(Vec<Oauth2Part>),
    /// `keys { … }`.
    Keys(Vec<AuthKey>),
}

/// One line of `oauth2`.
#[derive(Clone, Debug, PartialEq)]
pub enum Oauth2Part {
    /// `authorize "…"`.
    Authorize(Name),
    /// `token "…"`.
    Token(Name),
    /// `scopes "…"`.
    Scopes(Name),
    /// `grants a, b`.
    Grants(Vec<Name>),
    /// `pkce S256`.
    Pkce(Name),
}

/// `query "token" = secret.token?`.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthKey {
    /// In the query or a header.
    pub place: Spanned<AuthPlace>,
    /// The parameter's or header's name.
    pub name: Name,
    /// A path `secret.x` or a text with such holes.
    pub value: Expr,
    /// It may be absent.
    pub maybe: bool,
}

/// Where a key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthPlace {
    /// The query.
    Query,
    /// A header.
    Header,
}

/// How a list is turned over.
#[derive(Clone, Debug, PartialEq)]
pub enum Pages {
    /// One answer holds all.
    None,
    /// By page number or by offset.
    Turned {
        /// `page` or `offset`.
        by: PagesBy,
        /// The parameter.
        parameter: Name,
        /// The first number.
        from: Option<Spanned<i64>>,
        /// The parameter of the size, and the size.
        size: Option<(Name, Spanned<i64>)>,
        /// Where the rows are in the answer.
        within: Option<Expr>,
        /// When to stop.
        until: PagesUntil,
    },
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagesBy {
    /// Pages.
    Page,
    /// Rows.
    Offset,
}

/// When the last page is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum PagesUntil {
    /// A page with fewer rows than the size.
    Short,
    /// This holds of the answer.
    Expr(Expr),
}

/// `errors { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// Where the code is.
    pub code: Option<Expr>,
    /// Where the words are.
    pub message: Option<Expr>,
    /// Where the details are.
    pub details: Option<Expr>,
    /// The rows in order.
    pub rows: Vec<ErrorRow>,
}

/// `401 "access_token.*" => token`.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRow {
    /// The status.
    pub status: Spanned<u16>,
    /// `500..`: this status and all above.
    pub above: bool,
    /// The code, `*` being any rest.
    pub code: Option<Name>,
    /// The class.
    pub class: Name,
}

/// `shape name { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its name.
    pub name: Name,
    /// Its fields.
    pub fields: Vec<ShapeField>,
}

/// One field of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeField {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Spanned<Kind>,
    /// What stands behind the kind.
    pub attributes: Vec<Spanned<FieldAttribute>>,
}

/// What stands behind a field's kind.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldAttribute {
    /// `required`, `required when c`.
    Required(Option<Expr>),
    /// `from e`.
    From(Expr),
    /// `or one`.
    OrOne,
    /// `unset 0`.
    Unset(Literal),
    /// `digits 2`.
    Digits(u32),
    /// `within 0..365`, `within 0..`.
    Within(Option<Spanned<i64>>, Option<Spanned<i64>>),
    /// `as text`.
    AsText,
    /// `or null`.
    OrNull,
    /// `default v`.
    Default(Expr),
    /// `read only`.
    ReadOnly,
    /// `write only`.
    WriteOnly,
    /// `personal`.
    Personal,
    /// `title`.
    Title,
}

/// `resource name of shape { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceDefinition {
    /// Its name.
    pub name: Name,
    /// Its shape.
    pub shape: Name,
    /// Its lines in order.
    pub parts: Vec<Spanned<ResourcePart>>,
}

/// One line of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourcePart {
    /// `list GET "/…" …` and its kin.
    Operation(Operation),
    /// `filter f: K as "p"`.
    Filter {
        /// The field, or a name of its own when it has a kind.
        field: Field,
        /// Its own kind.
        kind: Option<Spanned<Kind>>,
        /// The parameter.
        parameter: Name,
    },
    /// `since f as "p"`.
    Since {
        /// The field.
        field: Field,
        /// The parameter.
        parameter: Name,
    },
    /// `where e`.
    Where(Expr),
    /// `total f = e by g`.
    Total {
        /// The list of records that is added up.
        list: Field,
        /// What each of them adds.
        value: Expr,
        /// Apart for each value of this.
        by: Expr,
    },
    /// `example "file.json"`.
    Example(Name),
}

/// One operation of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Which.
    pub what: OperationWhat,
    /// `GET`, `POST`, …
    pub method: Name,
    /// The path, with `{name}` holes left as written.
    pub path: Name,
    /// What stands behind.
    pub attributes: Vec<Spanned<OperationAttribute>>,
}

/// Which operation.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationWhat {
    /// `list`.
    List,
    /// `search on a, b`.
    Search(Vec<Field>),
    /// `get`.
    Get,
    /// `create`.
    Create,
    /// `update`.
    Update,
    /// `action name`.
    Action(Name),
}

/// What stands behind an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationAttribute {
    /// `in p`.
    In(Expr),
    /// `min 3`.
    Min(u32),
    /// `sure`.
    Sure,
    /// `whole`.
    Whole,
    /// `only a, b`.
    Only(Vec<Name>),
    /// `brief`.
    Brief,
    /// `newest f`.
    Newest(Field),
    /// `takes s`.
    Takes(Name),
    /// `makes r`.
    Makes(Name),
    /// `done when e`.
    DoneWhen(Expr),
    /// `pages …`.
    Pages(Pages),
}
