//! The simulated systems, called without a socket: what an independent client would see of them.

#![cfg(test)]

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::Request;
use jiff::SignedDuration;
use jiff::Timestamp;
use koppel::sandbox::Broken;
use koppel::sandbox::Fault;
use koppel::sandbox::FaultKind;
use koppel::sandbox::Options;
use koppel::sandbox::Sandbox;
use koppel::sandbox::generate;
use rust_decimal::Decimal;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;
use std::sync::Mutex;
use tower::ServiceExt;

const SCOPES: &str = "customers:read customers:write invoices:read invoices:write organizations:read";
const KEYS: &str = "token=sandbox-store-token&partner_token=sandbox-partner-token";

/// A sandbox on a clock that stands still until it is moved.
struct World {
    sandbox: Sandbox,
    clock: Arc<Mutex<Timestamp>>,
    token: String,
}

/// What came back.
struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
    broken: Option<Broken>,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|text| text.to_str().unwrap()).unwrap_or_default()
    }
}

impl World {
    async fn new(options: Options) -> World {
        let clock = Arc::new(Mutex::new("2026-03-20T10:00:00Z".parse::<Timestamp>().unwrap()));
        let hands = Arc::clone(&clock);
        let options = Options { shop_limit: None, books_limit: None, ..options };
        let sandbox = Sandbox::new(options, Arc::new(move || *hands.lock().unwrap()));
        let mut world = World { sandbox, clock, token: String::new() };
        world.token = world.login().await;
        world
    }

    async fn login(&self) -> String {
        let got = self.form(&format!("grant_type=client_credentials&scope={}", SCOPES.replace(' ', "+"))).await;
        got.json()["access_token"].as_str().unwrap_or_default().to_owned()
    }

    fn wait(&self, time: SignedDuration) {
        *self.clock.lock().unwrap() += time;
    }

    async fn form(&self, body: &str) -> Got {
        // sandbox-client-id:sandbox-client-secret
        let basic = "Basic c2FuZGJveC1jbGllbnQtaWQ6c2FuZGJveC1jbGllbnQtc2VjcmV0";
        let request = Request::post("/oauth-provider/oauth/token").header("authorization", basic);
        send(self.sandbox.books(), request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn books(&self, method: &str, path: &str, body: Value) -> Got {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        send(self.sandbox.books(), request.body(body).unwrap()).await
    }

    async fn shop(&self, method: &str, path: &str, body: Value) -> Got {
        let mark = if path.contains('?') { '&' } else { '?' };
        let request = Request::builder().method(method).uri(format!("{path}{mark}{KEYS}"));
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        send(self.sandbox.shop(), request.body(body).unwrap()).await
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let got = self.shop("GET", path, Value::Null).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.json().as_array().unwrap().clone()
    }

    async fn customer(&self, fields: Value) -> String {
        let mut body =
            json!({"is_private": true, "customer_name": "Sanne Verzonnen", "email": "sanne.verzonnen@example.nl"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let got = self.books("POST", "/v3/customers", body).await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    async fn invoice(&self, body: Value) -> String {
        let got = self.books("POST", "/v3/invoices", body).await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    async fn read(&self, id: &str) -> Value {
        self.books("GET", &format!("/v3/invoices/{id}"), Value::Null).await.json()["data"].clone()
    }

    /// What lines of quantity, amount and rate come to.
    async fn total(&self, includes_vat: bool, lines: &[(&str, &str, &str)]) -> (String, String) {
        let items = lines.iter().map(|(quantity, amount, rate)| line(quantity, amount, rate));
        let id = self.invoice(json!({"net_amounts": includes_vat, "line_items": items.collect::<Vec<_>>()})).await;
        let read = self.read(&id).await;
        let amount = |name: &str| read[name]["amount"].as_str().unwrap().to_owned();
        (amount("invoice_total"), amount("invoice_total_incl_vat"))
    }
}

fn line(quantity: &str, amount: &str, rate: &str) -> Value {
    json!({
        "description": "Mok wit 300 ml",
        "quantity": quantity,
        "amount": {"amount": amount, "currency": "EUR"},
        "vat": {"value": rate, "category": null},
    })
}

async fn send(router: Router, request: Request<Body>) -> Got {
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let text = axum::body::to_bytes(body, usize::MAX).await.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    let broken = head.extensions.get::<Broken>().copied();
    Got { status: head.status.as_u16(), headers: head.headers, text: text.unwrap_or_default(), broken }
}

#[tokio::test]
async fn orders_come_in_pages_as_the_samples_have_them() {
    let world = World::new(Options { orders: 230, ..Options::default() }).await;
    assert_eq!(world.list("/v1/orders").await.len(), 10, "ten are the default");
    let mut seen = Vec::new();
    loop {
        let page = world.list(&format!("/v1/orders?limit=100&offset={}", seen.len())).await;
        let count = page.len();
        seen.extend(page);
        if count < 100 {
            break;
        }
    }
    assert_eq!(seen.len(), 25 + 230);
    let count = world.shop("GET", "/v1/orders/count", Value::Null).await.json();
    assert_eq!(count, json!({"count": 255}));
    assert_eq!(seen[0]["number"], 2041);
    let live = world.shop("GET", "/v1/orders/2061", Value::Null).await;
    assert_eq!(live.json()["number"], "2061", "the deviation of the live system is kept");
    assert!(live.text.contains(r#""credit_order_numbers": []"#), "the text is the sample's own");
    let last = world.list("/v1/orders?ordering=desc&limit=1").await;
    assert_eq!(last[0]["number"].to_string().trim_matches('"'), "10230");
}

#[tokio::test]
async fn test_orders_are_listed_only_when_asked_for() {
    let world = World::new(Options::default()).await;
    let numbers = |list: Vec<Value>| -> Vec<String> {
        list.iter().map(|order| order["number"].to_string().trim_matches('"').to_owned()).collect()
    };
    let plain = numbers(world.list("/v1/orders?limit=100").await);
    assert!(!plain.contains(&"2052".to_owned()) && !plain.contains(&"T-17".to_owned()));
    let all = numbers(world.list("/v1/orders?limit=100&test=true").await);
    assert_eq!(all.len(), plain.len() + 2);
    assert_eq!(all.last().unwrap(), "T-17");
    assert_eq!(world.shop("GET", "/v1/orders/T-17", Value::Null).await.status, 200);
}

#[tokio::test]
async fn orders_are_filtered_by_status_and_time_of_change() {
    let world = World::new(Options::default()).await;
    let credits = world.list("/v1/orders?status_id=10&limit=100").await;
    assert_eq!(credits.len(), 2);
    let late = world.list("/v1/orders?status_id=3&limit=100&status_changed_start_date=2026-03-16%2014:05:11").await;
    assert!(late.iter().all(|order| order["status_changed_date"].as_str().unwrap() >= "2026-03-16"));
    assert!(late.iter().any(|order| order["number"] == "2061"), "the bound is part of it");
    let none = world.list("/v1/orders?status_changed_start_date=2030-01-01%2000:00:00").await;
    assert!(none.is_empty());
    let wrong = world.shop("GET", "/v1/orders?status_changed_start_date=gisteren", Value::Null).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.json()["errors"]["status_changed_start_date"].is_string());
    let either = world.list("/v1/orders?debtor_email=KORT@example.nl&limit=100").await;
    assert_eq!(either.len(), 1);
}

#[tokio::test]
async fn the_shop_refuses_wrong_keys_and_unknown_things() {
    let world = World::new(Options { customers_open: false, ..Options::default() }).await;
    let bare = |path: &str| send(world.sandbox.shop(), Request::get(path).body(Body::empty()).unwrap());
    assert_eq!(bare("/v1/orders").await.status, 401);
    assert_eq!(bare("/v1/orders?token=wrong").await.status, 401);
    assert_eq!(bare("/v1/orders?token=sandbox-store-token").await.status, 200);
    assert_eq!(bare("/v1/orders?token=sandbox-store-token&partner_token=wrong").await.status, 403);
    assert_eq!(bare("/v1/orderstatuses?partner_token=sandbox-partner-token").await.status, 200);
    assert_eq!(world.shop("GET", "/v1/customers", Value::Null).await.status, 403);
    assert_eq!(world.shop("GET", "/v1/orders/999", Value::Null).await.json()["code"], 404);
    assert_eq!(world.shop("GET", "/v2/orders", Value::Null).await.status, 404);
    assert_eq!(world.shop("DELETE", "/v1/orders/2041", Value::Null).await.status, 405);
}

#[tokio::test]
async fn an_order_changes_only_where_it_may() {
    let world = World::new(Options::default()).await;
    let change = json!({"status": 2, "comments": {"internal": "Jortt 202603-1"}});
    let got = world.shop("PATCH", "/v1/orders/2041", change).await.json();
    assert_eq!(got["status"], 2);
    assert_eq!(got["comments"]["customer"], "Graag in papier verpakken.");
    assert_eq!(got["comments"]["internal"], "Jortt 202603-1");
    assert_eq!(got["status_changed_date"], "2026-03-20");
    assert_eq!(got["status_changed_time"], "11:00:00", "the shop's own zone");
    let got = world.shop("PATCH", "/v1/orders/2063", json!({"archived": true})).await;
    assert!(got.text.contains("57.45") && got.text.contains("34.40367"), "what is not changed stays as it was written");
    let wrong = world.shop("PATCH", "/v1/orders/2041", json!({"price": 1, "status": 99, "reference": "x"})).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.json()["errors"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn a_posted_order_gets_its_prices_from_the_shop() {
    let world = World::new(Options::default()).await;
    let order = json!({
        "status": 3,
        "payment": {"gateway_name": "basic", "method_name": "invoice"},
        "comments": {"internal": "Jortt 8b1c"},
        "debtor": {
            "email": "nieuw@example.nl",
            "address": {"invoice": {"name": "Nieuw Verzonnen", "street": "Fantasiestraat", "number": "1", "zipcode": "1234 AB"}},
        },
        "orderlines": [
            {"type": "custom", "quantity": 3, "description": "Uren", "unit_price": {"rate": "21.00", "amount_including_tax": "4.99"}},
            {"type": "custom", "quantity": 1, "description": "Netto", "unit_price": {"rate": "9.00", "amount": "17.201835"}},
            {"type": "article", "quantity": 1, "articles": [{"id": 41001}]},
        ],
    });
    let got = world.shop("POST", "/v1/orders?disable_shipping=true", order.clone()).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let made = got.json();
    assert_eq!(made["price"]["total"], "46.22");
    assert_eq!(made["orderlines"][0]["price"]["amount"], "12.371901");
    assert_eq!(made["orderlines"][1]["price"]["amount_including_tax"], "18.75");
    assert_eq!(world.shop("GET", "/v1/orders/2072", Value::Null).await.json(), made);
    let with_shipping = world.shop("POST", "/v1/orders", order.clone()).await.json();
    assert_eq!(with_shipping["price"]["total"], "53.17");
    let mut abroad = order.clone();
    abroad["debtor"]["address"]["invoice"]["country_code"] = json!("CH");
    let abroad = world.shop("POST", "/v1/orders?disable_shipping=true", abroad).await.json();
    assert_eq!(abroad["tax_strategy"], "zero_percent");
    assert_eq!(abroad["orderlines"][0]["price"]["rate"], "0.00");
    let wrong = world.shop("POST", "/v1/orders", json!({"debtor": {"email": "x"}, "currency": "USD"})).await;
    let errors = wrong.json()["errors"].clone();
    for field in ["currency", "debtor.email", "debtor.address.invoice.name", "orderlines"] {
        assert!(errors[field].is_string(), "{field} in {errors}");
    }
}

#[tokio::test]
async fn a_credit_order_takes_lines_back() {
    let world = World::new(Options::default()).await;
    let credit = json!({
        "credited_order_number": "2041",
        "status": 10,
        "orderlines": [{"type": "article", "quantity": 1, "articles": [{"id": 41006}]}],
    });
    let made = world.shop("POST", "/v1/orders/credit", credit).await.json();
    assert_eq!(made["price"]["total"], "-4.99");
    assert_eq!(made["orderlines"][0]["quantity"], -1);
    assert_eq!(made["credited_order_number"], 2041);
    let original = world.shop("GET", "/v1/orders/2041", Value::Null).await.json();
    assert_eq!(original["credit_order_numbers"], json!([2051, 2072]));
}

#[tokio::test]
async fn customers_articles_and_payments_of_the_shop() {
    let world = World::new(Options { orders: 20, ..Options::default() }).await;
    let all = world.shop("GET", "/v1/customers?embed=address", Value::Null).await.json();
    assert_eq!(all["customers"].as_array().unwrap().len(), 11 + 8);
    let found = world.shop("GET", "/v1/customers?q=SANNE.verzonnen@example.nl", Value::Null).await.json();
    assert_eq!(found["customers"].as_array().unwrap().len(), 2, "in both spellings");
    assert!(found["customers"][0].get("addresses").is_none());
    let made =
        world.shop("POST", "/v1/customers", json!({"email": "nieuw@example.nl", "firstName": "Nieuw"})).await.json();
    let path = format!("/v1/customers/{}/addresses", made["customer"]["id"].as_str().unwrap());
    let wrong = world.shop("POST", &path, json!({"street": "Weg"})).await;
    assert_eq!(wrong.json()["errors"]["streetNumber"], "Waarde ontbreekt.");
    let stock = world.shop("PATCH", "/v1/articles/41001", json!({"stock": 7})).await.json();
    assert_eq!((&stock["stock"], &stock["updated_date"]), (&json!(7), &json!("2026-03-20")));
    let changed = world.list("/v1/articles?changed_start_date=2026-03-20%2000:00:00&limit=100").await;
    assert_eq!(changed.len(), 1);
    let payments = world.shop("GET", "/v1/orders/2045/payments?embed=mutations", Value::Null).await.json();
    assert_eq!(payments["payments"][0]["price"], 5745);
    assert_eq!(payments["payments"][0]["mutations"][0]["type"], "authorize");
    for path in ["/v1/store", "/v1/payment/gateways", "/v1/shipping/methods", "/v1/tax-policy/regions"] {
        assert_eq!(world.shop("GET", path, Value::Null).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn tokens_live_for_a_while_and_open_their_scopes() {
    let world = World::new(Options::default()).await;
    assert_eq!(world.books("GET", "/v3/customers", Value::Null).await.status, 200);
    let few = world.form("grant_type=client_credentials&scope=customers:read").await.json();
    assert_eq!(few["expires_in"], 7200);
    assert!(few.get("refresh_token").is_none());
    let narrow = World { token: few["access_token"].as_str().unwrap().to_owned(), ..world };
    let got = narrow.books("GET", "/v3/invoices", Value::Null).await;
    assert_eq!((got.status, &got.json()["error"]["key"]), (401, &json!("scopes.insufficient")));
    narrow.wait(SignedDuration::from_secs(7200));
    let got = narrow.books("GET", "/v3/customers", Value::Null).await;
    assert_eq!(got.json()["error"]["key"], "access_token.expired");
    let got = narrow.form("grant_type=client_credentials&scope=customers:read+payroll:read").await;
    assert_eq!((got.status, &got.json()["error"]), (400, &json!("invalid_scope")));
    let wrong = Request::post("/oauth-provider/oauth/token").body(Body::from("client_id=a&client_secret=b")).unwrap();
    let wrong = send(narrow.sandbox.books(), wrong).await;
    assert_eq!((wrong.status, &wrong.json()["error"]), (401, &json!("invalid_client")));
    assert!(wrong.header("www-authenticate").contains("invalid_client"));
    // A form as people type it for curl: the blank stands there as it is.
    let typed = narrow.form("grant_type=client_credentials&scope=customers:read invoices:read\n").await;
    assert_eq!((typed.status, &typed.json()["scope"]), (200, &json!("customers:read invoices:read")), "{}", typed.text);
}

#[tokio::test]
async fn a_code_becomes_tokens_and_refresh_tokens_rotate() {
    let world = World::new(Options::default()).await;
    // The challenge of the example in RFC 7636.
    let path = "/oauth-provider/oauth/authorize?response_type=code&client_id=sandbox-client-id&state=a%26b\
                &redirect_uri=http://127.0.0.1:9/back&scope=customers:read\
                &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let got = send(world.sandbox.books(), Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(got.status, 302);
    let back = got.header("location").to_owned();
    assert!(back.ends_with("&state=a%26b"), "{back}");
    let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let first = world.form(&form).await.json();
    assert_eq!(first["scope"], "customers:read", "{first}");
    assert_eq!(world.form(&form).await.json()["error"], "invalid_grant", "a code is good once");
    let refresh = format!("grant_type=refresh_token&refresh_token={}", first["refresh_token"].as_str().unwrap());
    let second = world.form(&refresh).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(world.form(&refresh).await.json()["error"], "invalid_grant");
    let old = World { token: first["access_token"].as_str().unwrap().to_owned(), ..world };
    let got = old.books("GET", "/v3/customers", Value::Null).await;
    assert_eq!(got.json()["error"]["key"], "access_token.revoked");
}

#[tokio::test]
async fn failures_of_the_bookkeeping_have_its_form() {
    let world = World::new(Options { plan: false, ..Options::default() }).await;
    let key = |got: Got| (got.status, got.json()["error"]["key"].as_str().unwrap().to_owned());
    let said = |status: u16, text: &str| (status, text.to_owned());
    assert_eq!(
        key(world.books("GET", "/v3/customers", Value::Null).await),
        said(401, "organization.requires_mkb_plan")
    );
    let world = World::new(Options::default()).await;
    assert_eq!(key(world.books("GET", "/v9/customers", Value::Null).await), said(404, "endpoint.not_found"));
    assert_eq!(key(world.books("GET", "/v3/nothing", Value::Null).await), said(404, "endpoint.not_found"));
    assert_eq!(key(world.books("PATCH", "/v3/invoices", Value::Null).await), said(405, "resource.method_not_allowed"));
    let id = "f8fd3e4e-da1c-43a7-892f-1410ac13e38a";
    let missing = world.books("GET", &format!("/v3/customers/{id}"), Value::Null).await;
    assert_eq!(key(missing), said(404, "resource.not_found"));
    let malformed = world.books("GET", "/v3/customers/1", Value::Null).await;
    assert_eq!(malformed.json()["error"]["details"][0]["param"], "customer_id");
    assert_eq!(key(malformed), said(422, "params.invalid"));
    let unknown = World { token: "nope".to_owned(), ..world };
    assert_eq!(key(unknown.books("GET", "/v3/customers", Value::Null).await), said(401, "access_token.invalid"));
}

#[tokio::test]
async fn customers_are_made_searched_changed_and_archived() {
    let world = World::new(Options::default()).await;
    let sanne = world.customer(json!({"salutation": "madam"})).await;
    let wrong = world.books("POST", "/v3/customers", json!({"is_private": false, "customer_name": "B.V."})).await;
    let details = wrong.json()["error"]["details"].clone();
    assert_eq!(details.as_array().unwrap().len(), 3);
    assert_eq!(details[0], json!({"param": "address_street", "key": "is_missing", "message": "is missing"}));
    world.customer(json!({"customer_name": "Sannes Tweeling", "email": "xsanne.verzonnen@example.nl"})).await;
    let got = world.books("GET", "/v3/customers?query=sanne.verzonnen@example.nl", Value::Null).await.json();
    assert_eq!(got["data"].as_array().unwrap().len(), 2, "a search is no exact match");
    assert_eq!(world.books("GET", "/v3/customers?query=sa", Value::Null).await.status, 422);
    let path = format!("/v3/customers/{sanne}");
    let put = world.books("PUT", &path, json!({"is_private": true, "customer_name": "S. Verzonnen"})).await;
    assert_eq!((put.status, put.text.as_str()), (204, ""));
    let read = world.books("GET", &path, Value::Null).await.json()["data"].clone();
    assert_eq!(read["email"], "sanne.verzonnen@example.nl", "what is not named stays");
    assert!(read.get("salutation").is_none());
    assert_eq!((&read["payment_term"], &read["address_country_code"]), (&json!(30), &json!("NL")));
    assert_eq!(world.books("PUT", &format!("{path}/set_archived"), json!({"archived": true})).await.status, 204);
    let list = world.books("GET", "/v3/customers", Value::Null).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let vats = world.books("GET", &format!("{path}/vat-percentages"), Value::Null).await.json();
    assert_eq!(vats["data"]["vats"][0], json!({"value": "0.21", "category": null}));
    assert_eq!(world.books("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(world.books("GET", &path, Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_draft_shows_its_totals_and_little_else() {
    let world = World::new(Options::default()).await;
    let customer = world.customer(json!({})).await;
    let body = json!({
        "customer_id": customer,
        "invoice_date": "2026-03-02",
        "reference": "MWW-2041",
        "payment_method": "already_paid",
        "net_amounts": true,
        "line_items": [line("1", "12.50", "0.21"), line("3", "4.99", "0.21")],
    });
    let first = world.invoice(body.clone()).await;
    let second = world.invoice(body).await;
    assert_ne!(first, second, "nothing in the bookkeeping prevents a double");
    let read = world.read(&first).await;
    assert_eq!(read["invoice_status"], "draft");
    for name in ["invoice_number", "invoice_due_date", "send_method", "payment_method", "customer_company_name"] {
        assert!(read[name].is_null(), "{name}");
    }
    assert_eq!(read["invoice_total_incl_vat"], json!({"amount": "27.47", "currency": "EUR"}));
    assert_eq!(read["invoice_total"]["amount"], "22.70");
    assert_eq!(read["line_items"][1]["vat"]["value"], "0.21");
    assert_eq!(read["created_at"], "2026-03-20T11:00:00.000+01:00");
    let found = world.books("GET", "/v3/invoices?query=mww-2041", Value::Null).await.json();
    assert_eq!(found["data"][0]["id"], second.as_str(), "newest first");
    assert_eq!(world.books("DELETE", &format!("/v3/invoices/{second}"), Value::Null).await.status, 204);
    assert_eq!(world.sandbox.invoices().len(), 1);
}

#[tokio::test]
async fn totals_of_the_worked_examples() {
    let world = World::new(Options::default()).await;
    let said = |without: &str, with: &str| (without.to_owned(), with.to_owned());
    let one = [("1", "12.50", "0.21"), ("3", "4.99", "0.21")];
    assert_eq!(world.total(true, &one).await, said("22.70", "27.47"));
    assert_eq!(world.total(false, &[("1", "10.33", "0.21"), ("1", "12.37", "0.21")]).await, said("22.70", "27.47"));
    assert_eq!(world.total(false, &[("1", "10.33", "0.21"), ("3", "4.12", "0.21")]).await, said("22.69", "27.45"));
    assert_eq!(world.total(true, &[("1", "10.00", "0.21")]).await, said("8.26", "10.00"));
    assert_eq!(world.total(false, &[("1", "8.26", "0.21")]).await, said("8.26", "9.99"));
    let three = [
        ("1", "12.50", "0.21"),
        ("2", "18.75", "0.09"),
        ("1", "6.95", "0.21"),
        ("1", "0.12", "0.21"),
        ("1", "0.38", "0.09"),
    ];
    assert_eq!(world.total(true, &three).await, said("50.92", "57.45"));
    let four = [("1", "39.00", "0.21"), ("1", "18.75", "0.09"), ("1", "-3.90", "0.21"), ("1", "-1.88", "0.09")];
    assert_eq!(world.total(true, &four).await, said("44.49", "51.97"));
    assert_eq!(world.total(false, &[("3", "1.03", "0.21")]).await, said("3.09", "3.74"));
    assert_eq!(world.total(false, &[("4", "499.00", "0.21")]).await, said("1996.00", "2415.16"));
    let percent = json!({
        "net_amounts": true,
        "line_items": [line("1", "39.00", "0.21"), line("1", "18.75", "0.09")],
        "discounts": [{"description": "Lente", "percentage": 10}],
    });
    let percent = world.invoice(percent).await;
    assert_eq!(world.read(&percent).await["invoice_total_incl_vat"]["amount"], "51.98");
}

#[tokio::test]
async fn reverse_charge_and_a_customers_own_discount_change_totals() {
    let world = World::new(Options::default()).await;
    let address = json!({
        "is_private": false, "customer_name": "Sjabloon Handel BV", "address_street": "Sjabloonlaan 18 bus 4",
        "address_postal_code": "0000", "address_city": "Verzonnendam", "address_country_code": "BE",
        "shift_vat": true, "vat_number": "BE0000000097",
    });
    let shifted = world.customer(address).await;
    let id = world.invoice(json!({"customer_id": shifted, "line_items": [line("1", "206.61", "0.21")]})).await;
    assert_eq!(world.read(&id).await["invoice_total_incl_vat"]["amount"], "206.61");
    let generous = world.customer(json!({"default_discount_percentage": 10})).await;
    let body = json!({"customer_id": generous, "net_amounts": true, "line_items": [line("1", "10.00", "0.21")]});
    let id = world.invoice(body).await;
    assert_eq!(world.read(&id).await["invoice_total_incl_vat"]["amount"], "9.00");
}

#[tokio::test]
async fn wrong_invoices_are_refused_field_by_field() {
    let world = World::new(Options::default()).await;
    let refused = async |body: Value| {
        let got = world.books("POST", "/v3/invoices", body).await;
        assert_eq!(got.status, 422, "{}", got.text);
        let error = got.json()["error"].clone();
        let params = error["details"].as_array().unwrap().iter();
        let params = params.map(|row| row["param"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>();
        (error["key"].as_str().unwrap().to_owned(), params.join(" "))
    };
    let old =
        json!({"description": "x", "number_of_units": 1, "amount_per_unit": {"value": 1}, "vat_percentage": "21.0"});
    let (_, params) = refused(json!({"line_items": [old]})).await;
    for param in
        ["line_items[0][number_of_units]", "line_items[0][quantity]", "line_items[0][amount]", "line_items[0][vat]"]
    {
        assert!(params.contains(param), "{param} in {params}");
    }
    assert_eq!(refused(json!({"line_items": [line("1", "1.00", "21.0")]})).await.1, "line_items[0][vat][value]");
    assert_eq!(refused(json!({"line_items": [line("a", "1.00", "0.21")]})).await.1, "line_items[0][quantity]");
    assert_eq!(refused(json!({"nonsense": 1})).await.1, "nonsense");
    assert_eq!(refused(json!({"invoice_date": "2-3-2026"})).await.1, "invoice_date");
    assert_eq!(refused(json!({"customer_id": "12"})).await.1, "customer_id");
    assert_eq!(refused(json!({"invoice_date": "2024-12-31"})).await.0, "operation.year_closed");
    assert_eq!(
        refused(json!({"payment_method": "direct_debit"})).await,
        ("operation.invalid".to_owned(), "-".to_owned())
    );
    assert_eq!(refused(json!({"send_method": "self"})).await.0, "operation.invalid", "no customer, no lines");
    let gone = json!({"customer_id": "f8fd3e4e-da1c-43a7-892f-1410ac13e38a"});
    assert_eq!(world.books("POST", "/v3/invoices", gone).await.status, 404);
    assert!(world.sandbox.invoices().is_empty());
}

#[tokio::test]
async fn a_number_comes_some_time_after_sending() {
    let world = World::new(Options { number_delay: SignedDuration::from_secs(2), ..Options::default() }).await;
    let customer = world.customer(json!({"payment_term": 14})).await;
    let body =
        json!({"customer_id": customer, "invoice_date": "2026-03-02", "line_items": [line("1", "10.00", "0.21")]});
    let id = world.invoice(body).await;
    let path = format!("/v3/invoices/{id}");
    let next = world.books("GET", &format!("{path}/next_possible_invoice_number"), Value::Null).await.json();
    assert_eq!(next["data"]["next_possible_invoice_number"], "202603-1");
    let sent = world.books("POST", &format!("{path}/send"), json!({"send_method": "self"})).await;
    assert_eq!((sent.status, sent.text.as_str()), (200, ""));
    assert!(world.read(&id).await["invoice_number"].is_null());
    assert_eq!(world.books("DELETE", &path, Value::Null).await.status, 409, "it is on its way");
    world.wait(SignedDuration::from_secs(2));
    let read = world.read(&id).await;
    assert_eq!((&read["invoice_number"], &read["invoice_status"]), (&json!("202603-1"), &json!("sent")));
    assert_eq!(read["invoice_due_date"], "2026-03-16", "the customer's own term");
    assert_eq!(read["invoice_delivery_period"], "2026-03-01");
    assert_eq!(read["customer_company_name"], "Sanne Verzonnen");
    assert_eq!(world.books("PUT", &path, json!({"remarks": "x"})).await.status, 422);
    let late = world.books("GET", "/v3/invoices?invoice_status=late", Value::Null).await.json();
    assert_eq!(late["data"].as_array().unwrap().len(), 1);
    assert!(world.sandbox.pay_invoice(&id));
    let paid = world.books("GET", "/v3/invoices?invoice_status=paid", Value::Null).await.json();
    assert_eq!(paid["data"][0]["invoice_due_amount"]["amount"], "0.00");
}

#[tokio::test]
async fn a_credit_is_the_whole_invoice_turned_round() {
    let world = World::new(Options { number_delay: SignedDuration::ZERO, ..Options::default() }).await;
    let customer = world.customer(json!({})).await;
    let lines = json!([line("1", "12.50", "0.21"), line("3", "4.99", "0.21")]);
    let body = json!({"customer_id": customer, "net_amounts": true, "reference": "MWW-2041", "line_items": lines});
    let draft = world.invoice(body.clone()).await;
    let refused = world.books("POST", &format!("/v3/invoices/{draft}/credit"), json!({})).await;
    assert_eq!(refused.json()["error"]["details"][0]["key"], "Invoice::NotSent");
    let mut body = body;
    body["send_method"] = json!("self");
    let id = world.invoice(body).await;
    let got = world.books("POST", &format!("/v3/invoices/{id}/credit"), json!({})).await;
    assert_eq!(got.status, 201);
    let credit = world.read(got.json()["data"]["id"].as_str().unwrap()).await;
    assert_eq!(credit["invoice_status"], "draft");
    assert_eq!(credit["invoice_total_incl_vat"]["amount"], "-27.47");
    assert_eq!(credit["credited_invoice_id"], id.as_str());
    assert_eq!(world.read(&id).await["credit_invoice_ids"], json!([credit["id"]]));
    let path = format!("/v3/invoices/{}", credit["id"].as_str().unwrap());
    assert_eq!(world.books("PUT", &path, json!({"reference": "MWW-2051"})).await.status, 200);
    assert_eq!(world.read(credit["id"].as_str().unwrap()).await["reference"], "MWW-2051");
}

#[tokio::test]
async fn the_next_link_loses_the_status_filter() {
    let world = World::new(Options::default()).await;
    for number in 0..101 {
        world.invoice(json!({"reference": format!("MWW-{number}")})).await;
    }
    let first = world.books("GET", "/v3/invoices?invoice_status=draft&query=MWW-", Value::Null).await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 100);
    let next = first["_links"]["next"]["href"].as_str().unwrap();
    assert!(next.ends_with("/v3/invoices?query=MWW-&page=2"), "{next}");
    let last = world.books("GET", "/v3/invoices?invoice_status=draft&page=2", Value::Null).await.json();
    assert_eq!(last["data"].as_array().unwrap().len(), 1);
    assert!(last["_links"]["next"].is_null() && last["_links"]["previous"].is_object());
}

#[tokio::test]
async fn faults_hit_where_they_are_told_to() {
    let world = World::new(Options::default()).await;
    let post = async || world.books("POST", "/v3/invoices", json!({"reference": "MWW-1"})).await;
    let on = |kind| world.sandbox.set_faults(vec![Fault::once(kind, "POST /v3/invoices$")]);
    let made = || world.sandbox.invoices().len();
    on(FaultKind::LostReply);
    assert_eq!((post().await.broken, made()), (Some(Broken::NoReply), 1));
    on(FaultKind::Reset);
    assert_eq!((post().await.broken, made()), (Some(Broken::Reset), 1));
    on(FaultKind::CutBody);
    assert_eq!((post().await.broken, made()), (Some(Broken::CutBody), 2));
    on(FaultKind::ServerErrorAfter);
    assert_eq!((post().await.status, made()), (500, 3));
    on(FaultKind::ServerError);
    assert_eq!((post().await.status, made()), (500, 3));
    on(FaultKind::Html502);
    let page = post().await;
    assert_eq!((page.status, page.header("content-type"), made()), (502, "application/html", 3));
    on(FaultKind::TooMany);
    let many = post().await;
    assert_eq!((many.status, many.header("retry-after")), (429, "1"));
    on(FaultKind::ExpiredToken);
    assert_eq!(post().await.json()["error"]["key"], "access_token.expired");
    let again = World { token: world.login().await, ..world };
    assert_eq!(again.books("POST", "/v3/invoices", json!({})).await.status, 201);
    let log = again.sandbox.requests();
    assert!(log.iter().any(|request| request.faults == ["lost_reply"] && request.status.is_none()));
}

#[tokio::test]
async fn lists_shift_and_searches_lag() {
    let world = World::new(Options { orders: 30, ..Options::default() }).await;
    let plain = world.list("/v1/orders?limit=10&offset=10").await;
    world.sandbox.set_faults(vec![Fault::once(FaultKind::PageShift, "/v1/orders")]);
    assert_eq!(world.list("/v1/orders?limit=10").await.len(), 10, "the first page is never shifted");
    assert_eq!(world.list("/v1/orders?limit=10&offset=10").await[1], plain[0]);
    world.invoice(json!({"reference": "MWW-2041"})).await;
    world.sandbox.set_faults(vec![Fault::once(FaultKind::SearchLag, "GET /v3/invoices")]);
    let search = async || world.books("GET", "/v3/invoices?query=MWW-2041", Value::Null).await.json();
    assert_eq!(search().await["data"], json!([]));
    assert_eq!(search().await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn too_many_requests_are_refused() {
    let world = World::new(Options::default()).await;
    let clock = Arc::clone(&world.clock);
    let options = Options { shop_limit: Some(3), ..Options::default() };
    let sandbox = Sandbox::new(options, Arc::new(move || *clock.lock().unwrap()));
    let limited = World { sandbox, ..world };
    let ask = async || limited.shop("GET", "/v1/store", Value::Null).await.status;
    assert_eq!([ask().await, ask().await, ask().await, ask().await], [200, 200, 200, 429]);
    limited.wait(SignedDuration::from_secs(1));
    assert_eq!(ask().await, 200);
}

#[tokio::test]
async fn a_sandbox_can_be_looked_into_and_set_right() {
    let world = World::new(Options::default()).await;
    let state = world.shop("GET", "/_sandbox/state", Value::Null).await.json();
    assert_eq!((&state["shop"]["orders"], &state["books"]["invoices"]), (&json!(27), &json!(0)));
    let faults = json!([{"name": "500", "per_mille": 1000, "on": "/v1/"}]);
    assert_eq!(world.shop("POST", "/_sandbox/faults", faults).await.status, 200);
    assert_eq!(world.shop("GET", "/v1/store", Value::Null).await.status, 500);
    assert_eq!(world.shop("POST", "/_sandbox/faults", json!({"name": "gremlin"})).await.status, 422);
    assert_eq!(world.shop("POST", "/_sandbox/faults", json!([])).await.status, 200);
    let sample = include_str!("../samples/orders/01-person-nl-21.json").replace("2041", "3041");
    world.sandbox.put_order(&sample).unwrap();
    assert_eq!(world.shop("POST", "/_sandbox/orders/3041/status", json!({"status": 6})).await.status, 200);
    assert_eq!(world.list("/v1/orders?status_id=6&ordering=desc").await[0]["number"], 3041);
    let log = world.shop("GET", "/_sandbox/requests", Value::Null).await;
    assert!(log.text.contains("token=***") && !log.text.contains("sandbox-store-token"));
    assert_eq!(log.json()["by_path"]["shop GET /v1/orders"], 1);
    world.sandbox.reset();
    assert_eq!(world.sandbox.orders().len(), 27);
}

/// Every body that comes from a good one by putting something strange in one place.
fn strange(body: &Value) -> Vec<Value> {
    let values = [
        Value::Null,
        json!(""),
        json!("-"),
        json!("é\u{0}😀"),
        json!(-1),
        json!(1e300),
        json!("999999999999999999999999999999"),
        json!(true),
        json!([]),
        json!([[]]),
        json!({}),
        json!("9999-12-31"),
        json!("-9999-01-01"),
        json!(i64::MIN),
    ];
    let mut paths = vec![String::new()];
    let mut made = Vec::new();
    while let Some(path) = paths.pop() {
        match body.pointer(&path) {
            Some(Value::Object(fields)) => paths.extend(fields.keys().map(|name| format!("{path}/{name}"))),
            Some(Value::Array(list)) => paths.extend((0..list.len()).map(|place| format!("{path}/{place}"))),
            _ => {}
        }
        for value in &values {
            let mut other = body.clone();
            *other.pointer_mut(&path).unwrap() = value.clone();
            made.push(other);
        }
    }
    made
}

#[tokio::test]
async fn nothing_that_is_sent_breaks_a_system() {
    let world = World::new(Options { number_delay: SignedDuration::ZERO, ..Options::default() }).await;
    let address = json!({"name": "N", "zipcode": "1234 AB", "company": "B.V.", "country_code": "BE"});
    let unit = json!({"rate": "21.00", "amount": "4.123967"});
    let orders = [
        (
            "POST",
            "/v1/orders",
            json!({
                "payment": {"gateway_name": "mollie", "method_name": "ideal", "status": {"id": 1}},
                "business_model": "B2B", "reference": "x", "status": 3, "comments": {"internal": "x"},
                "debtor": {"email": "kort@example.nl", "address": {"invoice": address}},
                "orderlines": [
                    {"type": "custom", "quantity": 2, "unit_price": unit},
                    {"type": "article", "quantity": 1, "price_override": "1.00", "articles": [{"id": 41001}]},
                ],
            }),
        ),
        (
            "POST",
            "/v1/orders/credit",
            json!({
                "credited_order_number": "2045", "status": 10, "shipping_costs": "1.00", "payment_costs": "0.00",
                "orderlines": [
                    {"type": "article", "quantity": 1, "articles": [{"id": 41001}]},
                    {"type": "custom", "quantity": 2, "unit_price": unit},
                ],
            }),
        ),
        (
            "PATCH",
            "/v1/orders/2042",
            json!({"status": 2, "archived": true, "reference": "x", "comments": {"internal": "x"}}),
        ),
        ("POST", "/v1/customers", json!({"email": "x@example.nl", "firstName": "x"})),
        ("PATCH", "/v1/articles/41002", json!({"stock": 3, "price": {"default": "1.00"}})),
        ("POST", "/v1/orders/2041/payments", json!({"gateway": "mollie", "method": "ideal"})),
        (
            "POST",
            "/_sandbox/orders",
            json!({"number": 9, "date": "2026-01-01", "status": 1, "comments": {}, "debtor": {"email": "x"}}),
        ),
        ("PATCH", "/v1/orders/9", json!({"status": 2, "comments": {"internal": "x"}})),
    ];
    for (method, path, body) in orders {
        for body in strange(&body) {
            let got = world.shop(method, path, body.clone()).await;
            assert!(got.status < 500, "{method} {path} {body}: {}", got.text);
        }
    }
    for path in ["/v1/orders?limit=100&test=true", "/v1/orders/count", "/v1/customers?embed=address", "/v1/articles"] {
        assert_eq!(world.shop("GET", path, Value::Null).await.status, 200, "{path}");
    }
    let customer = world.customer(json!({"default_discount_percentage": 5})).await;
    let invoice = json!({
        "customer_id": customer, "invoice_date": "2026-03-02", "delivery_period": "2026-03-01",
        "delivery_period_end": "2026-03-01", "payment_term": 14, "net_amounts": true, "reference": "x",
        "line_items": [line("3", "4.99", "0.21")], "discounts": [{"description": "x", "percentage": 10}],
        "label_ids": ["x"], "send_method": "self",
    });
    let draft = world.invoice(json!({"customer_id": customer, "line_items": [line("1", "1.00", "0.09")]})).await;
    let person = json!({
        "is_private": true, "customer_name": "x", "email": "x@example.nl", "cc_emails": ["x"], "payment_term": 3,
        "default_discount_percentage": 4, "address_country_code": "NL", "date_of_birth": "2000-01-01",
    });
    let calls = [
        ("POST", "/v3/invoices".to_owned(), invoice.clone()),
        ("PUT", format!("/v3/invoices/{draft}"), invoice),
        ("POST", format!("/v3/invoices/{draft}/send"), json!({"send_method": "email", "email_address_customer": "x"})),
        ("POST", format!("/v3/invoices/{draft}/credit"), json!({"send_method": "self"})),
        ("POST", "/v3/customers".to_owned(), person.clone()),
        ("PUT", format!("/v3/customers/{customer}"), person),
        ("POST", "/v3/labels".to_owned(), json!({"description": "x"})),
        ("PUT", format!("/v3/invoices/{draft}/set_labels"), json!({"label_ids": ["x"]})),
    ];
    for (method, path, body) in calls {
        for body in strange(&body) {
            let got = world.books(method, &path, body.clone()).await;
            assert!(got.status < 500, "{method} {path} {body}: {}", got.text);
        }
    }
    for path in ["/v3/invoices?query=xxx&invoice_status=late", "/v3/customers?query=xxx", "/v3/invoices?page=99"] {
        assert_eq!(world.books("GET", path, Value::Null).await.status, 200, "{path}");
    }
}

#[test]
fn generated_orders_follow_from_the_seed_and_add_up() {
    let decimal = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let (mut bytes, mut rates, mut owners) = (0, std::collections::BTreeSet::new(), std::collections::BTreeMap::new());
    for index in 0..400 {
        let text = generate::order(7, index);
        assert_eq!(text, generate::order(7, index));
        assert_ne!(text, generate::order(8, index));
        bytes += text.len();
        let order: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let mut sum = Decimal::ZERO;
        for line in order["orderlines"].as_array().unwrap() {
            let parts = line["price"].as_array().cloned().unwrap_or_else(|| vec![line["price"].clone()]);
            for part in parts {
                let (net, gross) = (decimal(&part["amount"]), decimal(&part["amount_including_tax"]));
                let rate = decimal(&part["rate"]);
                let off = gross - net * (Decimal::ONE + rate / Decimal::ONE_HUNDRED);
                assert!(off.abs() < Decimal::new(6, 3), "{line}");
                sum += gross;
                rates.insert(rate);
            }
        }
        assert_eq!(sum, decimal(&order["price"]["total"]), "{text}");
        assert!(sum > Decimal::ZERO);
        *owners.entry(order["debtor"]["email"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    assert!((3_000..6_000).contains(&(bytes / 400)), "{} bytes each", bytes / 400);
    assert_eq!(rates.len(), 3);
    assert!((90..=100).contains(&owners.len()), "{} customers", owners.len());
}

#[tokio::test]
async fn on_a_socket_a_lost_reply_is_a_reset() {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    let world = World::new(Options::default()).await;
    let shop = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let books = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = shop.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let sandbox = world.sandbox.clone();
    let server = tokio::spawn(async move {
        let until = async move { stopped.await.unwrap_or_default() };
        sandbox.serve(shop, books, until).await
    });
    let ask = async || {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET /v1/store?{KEYS} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.map(|_| text)
    };
    assert!(ask().await.unwrap().contains("Koppel Proefwinkel"));
    world.sandbox.set_faults(vec![Fault::once(FaultKind::LostReply, "/v1/store")]);
    assert_eq!(ask().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    world.sandbox.set_faults(vec![Fault::once(FaultKind::CutBody, "/v1/store")]);
    let half = ask().await.unwrap();
    assert!(half.contains("200 OK") && !half.contains("region_code"), "{half}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[test]
fn the_workspace_text_is_toml() {
    let address = "127.0.0.1:7420".parse().unwrap();
    let text = koppel::sandbox::workspace_toml(address, "127.0.0.1:7421".parse().unwrap());
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["connections"]["jortt"]["base"].as_str(), Some("http://127.0.0.1:7421"));
    assert_eq!(table["connections"]["mijnwebwinkel"]["secret"]["token"].as_str(), Some("plain:sandbox-store-token"));
}
