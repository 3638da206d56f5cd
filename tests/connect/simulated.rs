//! The simulated systems, reached as any other: pages, tokens and limits as they are there, and every fault by its name.

use std::sync::Arc;
use std::time::Duration;

use koppel::connect::{
    Auth, AuthKey, AuthPiece, Call, Class, Connection, FAULTS, Fault as Refusal, Limit, ListQuery, MemoryTokens,
    PathPart, Resource, System,
};
use koppel::sandbox::{CLIENT_ID, CLIENT_SECRET, Fault, FaultKind, Options, PARTNER_TOKEN, SHOP_TOKEN, Sandbox};

use super::world::{books, clock, invoices, shop};
use crate::support::router::RouterTransport;

const BODY: &str = r#"{"is_private":true,"customer_name":"Joris Bedacht"}"#;

fn sandbox(options: Options) -> (Sandbox, RouterTransport) {
    let time = clock();
    let sandbox = Sandbox::new(options, Arc::new(move || time.now()));
    let transport = RouterTransport::default().with("books", sandbox.books()).with("shop", sandbox.shop());
    (sandbox, transport)
}

fn books_of(transport: &RouterTransport, limit: Option<Limit>) -> System {
    let mut connector = books();
    if let Auth::Oauth2 { scopes, .. } = &mut connector.auth {
        *scopes = "customers:read customers:write".into();
    }
    let connector = Arc::new(connector);
    let mut connection =
        Connection::new("office", &connector).secret("client_id", CLIENT_ID).secret("client_secret", CLIENT_SECRET);
    connection.base = "http://books".into();
    connection.token = Some("http://books/oauth-provider/oauth/token".into());
    connection.limit = limit;
    System::new(connector, connection, Arc::new(transport.clone()), Arc::new(MemoryTokens::default()), clock()).unwrap()
}

/// The customers, asked as invoices are.
fn customers(system: &System) -> Resource {
    let mut customers = (*invoices(system)).clone();
    let path = vec![PathPart::Text("/v3/customers".into())];
    for operation in [&mut customers.list, &mut customers.create] {
        operation.as_mut().unwrap().path = path.clone();
    }
    customers
}

async fn count(system: &System, resource: &Resource) -> usize {
    let mut list = system.list(resource, &ListQuery::default()).unwrap();
    let mut count = 0;
    while let Some(page) = list.next_page(Call::of(&())).await.unwrap() {
        count += page.rows.len();
    }
    count
}

#[tokio::test(start_paused = true)]
async fn three_hundred_orders_come_over_in_pages() {
    let (sandbox, transport) =
        sandbox(Options { orders: 300, samples: false, shop_limit: Some(20), ..Options::default() });
    let connector = Arc::new(shop());
    let mut connection =
        Connection::new("webshop", &connector).secret("token", SHOP_TOKEN).secret("partner", PARTNER_TOKEN);
    connection.base = "http://shop".into();
    connection.limit = Some(Limit { count: 20, per: Duration::from_secs(1) });
    let mut connector = shop();
    let keys = Auth::Keys(
        [("token", "token"), ("partner_token", "partner")]
            .map(|(name, secret)| AuthKey {
                header: false,
                name: name.into(),
                pieces: vec![AuthPiece::Secret(secret.into())],
                maybe: false,
            })
            .into(),
    );
    connector.auth = keys;
    let tokens = Arc::new(MemoryTokens::default());
    let system = System::new(Arc::new(connector), connection, Arc::new(transport), tokens, clock()).unwrap();
    let orders = system.connector().resource("orders").unwrap().clone();
    assert_eq!((count(&system, &orders).await, sandbox.orders().len()), (300, 300));
}

#[tokio::test(start_paused = true)]
async fn the_steady_budget_is_never_too_much_for_the_real_limit() {
    let (sandbox, transport) = sandbox(Options { books_limit: Some(10), ..Options::default() });
    let system = books_of(&transport, Some(Limit { count: 10, per: Duration::from_secs(1) }));
    let customers = customers(&system);
    let calls = (0..60).map(|_| system.create(Call::of(&()), &customers, BODY.into()));
    let made = futures_util::future::join_all(calls).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    assert!(sandbox.requests().iter().all(|request| request.status != Some(429)));
}

async fn broken(kind: FaultKind) -> (Result<Option<String>, Refusal>, bool) {
    let (sandbox, transport) = sandbox(Options { books_limit: None, ..Options::default() });
    let system = books_of(&transport, None);
    let customers = customers(&system);
    let before = sandbox.customers().len();
    sandbox.set_faults(vec![Fault::once(kind, "POST /v3/customers")]);
    let made = system.create(Call::of(&()), &customers, BODY.into()).await.map(|made| made.id);
    (made, sandbox.customers().len() > before)
}

#[tokio::test(start_paused = true)]
async fn each_fault_of_a_write_is_what_it_is_called() {
    let cases = [
        ("lost_reply", Class::LostReply, true),
        ("429", Class::RateLimit, false),
        ("500", Class::ServerError, false),
        ("500_after", Class::ServerError, true),
        ("409", Class::Conflict, false),
        ("html_502", Class::ServerError, false),
        ("slow", Class::LostReply, true),
        ("reset", Class::LostReply, false),
        ("cut_body", Class::LostReply, true),
    ];
    for (name, class, happened) in cases {
        let (made, there) = broken(FaultKind::named(name).unwrap()).await;
        let fault = made.unwrap_err();
        assert_eq!((fault.class, there), (class, happened), "{name}: {fault}");
        assert!(!(fault.not_applied() && there), "{name}: it happened, so nobody may say that it did not");
    }
    let (made, there) = broken(FaultKind::ExpiredToken).await;
    assert!(made.unwrap().is_some() && there, "a token at its end is renewed, and the write is carried out once");
}

#[test]
fn the_names_of_faults_are_those_of_the_simulated_systems() {
    for name in FAULTS {
        assert!(FaultKind::named(name).is_some(), "{name}");
    }
}
