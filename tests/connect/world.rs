//! Two systems made by hand, one with tokens and pages, one with keys and offsets, and a world that answers for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use koppel::connect::{
    Action, Answer, Auth, AuthKey, AuthPiece, Call, Class, Connection, Connector, ErrorRow, Errors, Exchange, Fault,
    Filter, Limit, Lost, MemoryTokens, Observer, Operation, Pages, PathPart, Request, Resource, Search, Since, System,
    Tokens, Transport, Turned, TurnedList, Until,
};
use koppel::eval::{Expr, Format, Op, Shape, ShapeField, Step};
use koppel::report::Span;
use koppel::value::{Clock, FieldKind, Kind, RecordKind, ResourceName, Typed};
use tokio::time::Instant;

pub const SECRET: &str = "s3cret/of+the=shop";

type Reply = Box<dyn Fn(&Request) -> Result<Answer, Lost> + Send + Sync>;

/// Answers requests and remembers them.
pub struct World {
    pub requests: Mutex<Vec<(Instant, Request)>>,
    pub shown: Mutex<Vec<Exchange>>,
    reply: Reply,
    slow: Duration,
}

impl World {
    pub fn new(reply: impl Fn(&Request) -> Result<Answer, Lost> + Send + Sync + 'static) -> Arc<World> {
        World::slow(Duration::ZERO, reply)
    }

    /// Each answer takes its time.
    pub fn slow(
        slow: Duration,
        reply: impl Fn(&Request) -> Result<Answer, Lost> + Send + Sync + 'static,
    ) -> Arc<World> {
        Arc::new(World { requests: Mutex::default(), shown: Mutex::default(), reply: Box::new(reply), slow })
    }

    /// Gives these answers, one after the other; tokens beside them.
    pub fn answers(answers: impl IntoIterator<Item = Answer>) -> Arc<World> {
        let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
        World::new(move |request| {
            if request.url.path() == "/token" {
                return Ok(token("t-one"));
            }
            Ok(answers.lock().unwrap().pop_front().expect("no more answers are wanted"))
        })
    }

    /// Method, path and query of what was asked, tokens aside.
    pub fn asked(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let line = |request: &Request| {
            let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{} {}{query}", request.method, request.url.path())
        };
        requests.iter().map(|(_, request)| line(request)).filter(|line| !line.ends_with("/token")).collect()
    }

    /// How often a token was asked for.
    pub fn tokens(&self) -> usize {
        self.requests.lock().unwrap().iter().filter(|(_, request)| request.url.path() == "/token").count()
    }
}

impl Transport for World {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        self.requests.lock().unwrap().push((Instant::now(), request.clone()));
        async move {
            tokio::time::sleep(self.slow).await;
            (self.reply)(&request)
        }
        .boxed()
    }
}

impl Observer for World {
    fn exchanged(&self, exchange: Exchange) {
        self.shown.lock().unwrap().push(exchange);
    }
}

pub fn token(access: &str) -> Answer {
    Answer::new(200, format!(r#"{{"access_token":"{access}","token_type":"bearer","expires_in":7200,"created_at":1}}"#))
}

pub fn page(rows: impl IntoIterator<Item = u32>, next: bool) -> Answer {
    let rows = rows.into_iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect::<Vec<_>>().join(",");
    let next = if next { r#"{"href":"https://elsewhere.example/steal?page=99","type":"json"}"# } else { "null" };
    Answer::new(200, format!(r#"{{"data":[{rows}],"_links":{{"next":{next}}}}}"#))
}

pub fn rows(list: impl IntoIterator<Item = u32>) -> Answer {
    let rows = list.into_iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect::<Vec<_>>().join(",");
    Answer::new(200, format!("[{rows}]"))
}

/// A clock that goes with the runtime's.
pub fn clock() -> Clock {
    let (start, origin) = (Instant::now(), "2026-03-01T10:00:00Z".parse::<Timestamp>().unwrap());
    Clock::new(move || origin + start.elapsed())
}

pub fn books_system(world: &Arc<World>) -> System {
    books_kept(world, Arc::new(MemoryTokens::default()), "client_credentials", None)
}

pub fn books_kept(world: &Arc<World>, tokens: Arc<dyn Tokens>, grant: &str, limit: Option<Limit>) -> System {
    let connector = Arc::new(books());
    let mut connection =
        Connection::new("office", &connector).secret("client_id", "the-client").secret("client_secret", SECRET);
    connection.grant = Some(grant.into());
    connection.limit = limit;
    System::new(connector, connection, world.clone(), tokens, clock()).unwrap()
}

pub fn shop_system(world: &Arc<World>) -> System {
    let connector = Arc::new(shop());
    let connection = Connection::new("webshop", &connector).secret("token", SECRET);
    System::new(connector, connection, world.clone(), Arc::new(MemoryTokens::default()), clock()).unwrap()
}

/// All rows of a list, as texts.
pub async fn all(world: &Arc<World>, mut list: TurnedList) -> Result<Vec<String>, Fault> {
    let mut rows = Vec::new();
    while let Some(page) = list.next_page(Call::of(&**world)).await? {
        rows.extend(page.rows.iter().map(|row| row.text().to_string()));
    }
    Ok(rows)
}

pub fn invoices(system: &System) -> Arc<Resource> {
    system.connector().resource("invoices").unwrap().clone()
}

pub fn orders(system: &System) -> Arc<Resource> {
    system.connector().resource("orders").unwrap().clone()
}

pub fn row(status: u16, code: Option<&str>, class: Class) -> ErrorRow {
    ErrorRow { status, above: status == 500, code: code.map(Into::into), class }
}

/// A system with tokens and numbered pages.
pub fn books() -> Connector {
    let links = shape("links", vec![field("next", Kind::Any, None)]);
    let answer = shape("answer", vec![record("_links", &links)]);
    let detail = Kind::List(Arc::new(Kind::Any));
    let error = shape(
        "error",
        vec![field("key", Kind::Text, None), field("message", Kind::Text, None), field("details", detail, None)],
    );
    let body = shape("body", vec![record("error", &error)]);
    let last = expr(Op::Not(Box::new(expr(Op::IsSet(Box::new(path(&[0, 0])))))));
    let invoice = shape("invoice", vec![field("id", Kind::Id(None), None), field("total", Kind::Decimal, None)]);
    let name = |resource: &str| ResourceName { connector: "books".into(), resource: resource.into() };
    let mut invoices = resource(name("invoices"), &invoice);
    invoices.list = Some(operation("GET", vec![text("/v3/invoices")], &[]));
    invoices.searches = vec![Search {
        on: vec!["reference".into()],
        operation: operation("GET", vec![text("/v3/invoices?query="), hole("text")], &[]),
        min: 3,
        sure: false,
    }];
    invoices.get = Some(operation("GET", vec![text("/v3/invoices/"), hole("id")], &["data"]));
    invoices.create = Some(operation("POST", vec![text("/v3/invoices")], &["data"]));
    invoices.update = Some(operation("PUT", vec![text("/v3/invoices/"), hole("id")], &[]));
    let send = operation("POST", vec![text("/v3/invoices/"), hole("id"), text("/send")], &[]);
    let credit = operation("POST", vec![text("/v3/invoices/"), hole("id"), text("/credit")], &["data"]);
    invoices.actions = vec![
        Action { name: "send".into(), operation: send, takes: None, makes: None, done: None },
        Action { name: "credit".into(), operation: credit, takes: None, makes: Some(name("invoices")), done: None },
    ];
    invoices.filters =
        vec![Filter { field: "state".into(), kind: Some(Kind::Text), parameter: "invoice_status".into() }];
    let mut me = resource(name("organization"), &invoice);
    me.get = Some(operation("GET", vec![text("/v3/organizations/me")], &["data"]));
    Connector {
        name: "books".into(),
        title: "The books".into(),
        base: "https://books.example".into(),
        timeout: Duration::from_secs(30),
        window: Duration::from_secs(60),
        lag: Duration::from_secs(120),
        auth: Auth::Oauth2 {
            authorize: None,
            token: "https://login.example/token".into(),
            grants: vec!["client_credentials".into(), "authorization_code".into()],
            scopes: "invoices:read invoices:write".into(),
            pkce: false,
        },
        limit: None,
        pages: Pages::Turned(Turned {
            offset: false,
            parameter: "page".into(),
            first: 1,
            size: None,
            within: vec!["data".into()],
            until: Until::Holds(answer, Arc::new(last)),
        }),
        errors: Errors {
            shape: body,
            code: Some(Arc::new(path(&[0, 0]))),
            message: Some(Arc::new(path(&[0, 1]))),
            details: Some(Arc::new(path(&[0, 2]))),
            rows: vec![
                row(401, Some("access_token.*"), Class::Token),
                row(401, Some("scopes.*"), Class::Config),
                row(401, None, Class::Auth),
                row(404, Some("resource.not_found"), Class::Missing),
                row(404, None, Class::Config),
                row(409, None, Class::Conflict),
                row(429, None, Class::RateLimit),
                row(500, None, Class::ServerError),
            ],
        },
        resources: vec![Arc::new(invoices), Arc::new(me)],
        hash: "".into(),
    }
}

/// A system with keys in the query and in a header, and rows counted by offset.
pub fn shop() -> Connector {
    let order = shape("order", vec![field("id", Kind::Id(None), None)]);
    let mut orders = resource(ResourceName { connector: "shop".into(), resource: "orders".into() }, &order);
    orders.list = Some(operation("GET", vec![text("/v1/orders")], &[]));
    orders.get = Some(operation("GET", vec![text("/v1/orders/"), hole("number")], &[]));
    orders.create = Some(operation("POST", vec![text("/v1/orders/"), hole("number"), text("/payments")], &[]));
    orders.update = Some(operation("PATCH", vec![text("/v1/orders/"), hole("number")], &[]));
    orders.filters = vec![Filter { field: "status".into(), kind: None, parameter: "status_id".into() }];
    orders.since = vec![Since { field: "changed".into(), parameter: "changed_start".into() }];
    let key = |header: bool, name: &str, pieces: Vec<AuthPiece>, maybe: bool| AuthKey {
        header,
        name: name.into(),
        pieces,
        maybe,
    };
    Connector {
        name: "shop".into(),
        title: "The shop".into(),
        base: "https://shop.example".into(),
        auth: Auth::Keys(vec![
            key(false, "token", vec![AuthPiece::Secret("token".into())], false),
            key(false, "partner", vec![AuthPiece::Secret("partner".into())], true),
            key(true, "X-Key", vec![AuthPiece::Text("Key ".into()), AuthPiece::Secret("token".into())], false),
        ]),
        pages: Pages::Turned(Turned {
            offset: true,
            parameter: "offset".into(),
            first: 0,
            size: Some(("limit".into(), 3)),
            within: Vec::new(),
            until: Until::Short,
        }),
        errors: Errors {
            shape: shape("problem", Vec::new()),
            code: None,
            message: None,
            details: None,
            rows: Vec::new(),
        },
        resources: vec![Arc::new(orders)],
        ..books()
    }
}

pub fn shape(name: &str, fields: Vec<(FieldKind, ShapeField)>) -> Arc<Shape> {
    let (kinds, fields): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let id = kinds.iter().position(|field: &FieldKind| matches!(field.typed.kind, Kind::Id(None)));
    let zone = TimeZone::get("Europe/Amsterdam").unwrap();
    Arc::new(Shape {
        name: name.into(),
        kind: Arc::new(RecordKind { name: name.into(), fields: kinds }),
        fields,
        id,
        format: Arc::new(Format { zone, datetime: Some("%Y-%m-%d %H:%M:%S".into()) }),
        raw: None,
    })
}

pub fn field(name: &str, kind: Kind, shape: Option<Arc<Shape>>) -> (FieldKind, ShapeField) {
    let field = ShapeField {
        name: name.into(),
        shape,
        required: false,
        required_when: None,
        from: None,
        or_one: false,
        unset: None,
        digits: None,
        within: None,
        as_text: false,
        or_null: false,
        default: None,
        read_only: false,
        write_only: false,
        personal: false,
        title: false,
    };
    (FieldKind { name: name.into(), typed: Typed::maybe(kind) }, field)
}

pub fn record(name: &str, shape: &Arc<Shape>) -> (FieldKind, ShapeField) {
    field(name, Kind::Record(shape.kind.clone()), Some(shape.clone()))
}

pub fn read_only(field: (FieldKind, ShapeField)) -> (FieldKind, ShapeField) {
    (field.0, ShapeField { read_only: true, ..field.1 })
}

pub fn operation(method: &str, path: Vec<PathPart>, within: &[&str]) -> Operation {
    Operation {
        method: method.into(),
        path,
        within: within.iter().map(|name| (*name).into()).collect(),
        whole: false,
        only: None,
        brief: false,
        newest: None,
        pages: None,
    }
}

fn resource(name: ResourceName, shape: &Arc<Shape>) -> Resource {
    Resource {
        name,
        shape: shape.clone(),
        condition: None,
        list: None,
        searches: Vec::new(),
        get: None,
        create: None,
        update: None,
        actions: Vec::new(),
        filters: Vec::new(),
        since: Vec::new(),
        totals: Vec::new(),
    }
}

fn text(text: &str) -> PathPart {
    PathPart::Text(text.into())
}

fn hole(name: &str) -> PathPart {
    PathPart::Field(name.into())
}

fn expr(op: Op) -> Expr {
    Expr::new(op, Span::default())
}

fn path(slots: &[u32]) -> Expr {
    expr(Op::Path(Box::new(expr(Op::Var(0))), slots.iter().map(|slot| Step::Field(*slot)).collect()))
}
