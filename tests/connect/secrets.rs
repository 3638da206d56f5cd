//! Secrets stay where they are.

use koppel::connect::{Answer, Call, ListQuery, Lost, MemoryTokens, System};

use super::world::{SECRET, World, all, books, books_system, clock, invoices, orders, shop_system, token};

/// Every form in which the secret may not be seen.
fn expect_none(shown: &str) {
    let forms = [
        SECRET,
        "s3cret%2Fof%2Bthe%3Dshop",
        "s3cret/of%2Bthe%3Dshop",
        "czNjcmV0",
        "access-of-all",
        "dGhlLWNsaWVudDpzM2",
    ];
    for form in forms {
        assert!(!shown.contains(form), "{form} in {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_sent_and_never_shown() {
    let echo = |request: &koppel::connect::Request| {
        Ok(Answer::new(422, format!(r#"{{"error":"{}","error_description":"no {SECRET}"}}"#, request.url)))
    };
    let world = World::new(echo);
    let system = shop_system(&world);
    let fault = system.get(Call::of(&*world), &orders(&system), &[("number", "7")]).await.unwrap_err();
    {
        let requests = world.requests.lock().unwrap();
        let sent = &requests[0].1;
        assert_eq!(sent.url.query(), Some("token=s3cret%2Fof%2Bthe%3Dshop"), "a key that may be absent is left out");
        assert_eq!(sent.header("x-key"), Some("Key s3cret/of+the=shop"));
        expect_none(&format!("{sent:?}"));
    }
    let shown = world.shown.lock().unwrap();
    assert_eq!(shown[0].url, "https://shop.example/v1/orders/7?token=***");
    assert!(String::from_utf8_lossy(&shown[0].answer).contains("no ***"));
    expect_none(&format!("{shown:?} {fault:?} {fault} {:?}", system.connection()));
    expect_none(&String::from_utf8_lossy(&shown[0].answer));
}

#[tokio::test(start_paused = true)]
async fn tokens_are_sent_and_never_shown() {
    let world = World::new(|request| match request.url.path() {
        "/token" => Ok(token("access-of-all")),
        _ => Ok(Answer::new(
            422,
            format!("{{\"error\":{{\"key\":\"k\",\"message\":\"{}\"}}}}", request.header("authorization").unwrap()),
        )),
    });
    let system = books_system(&world);
    let list = system.list(&invoices(&system), &ListQuery::default()).unwrap();
    let fault = all(&world, list).await.unwrap_err();
    assert!(fault.words.contains("Bearer ***"), "{fault}");
    let shown = world.shown.lock().unwrap();
    assert_eq!(shown.iter().map(|exchange| exchange.purpose.as_str()).collect::<Vec<_>>(), ["token", "invoices list"]);
    assert_eq!((&shown[0].body.as_ref().unwrap()[..], &shown[0].answer[..]), (&b"***"[..], &b"***"[..]));
    expect_none(&format!("{shown:?} {fault:?} {fault}"));
    expect_none(&String::from_utf8_lossy(&shown[1].answer));
}

#[tokio::test(start_paused = true)]
async fn words_of_the_network_are_cleaned_too() {
    let world = World::new(|request| Err(Lost { sent: true, words: format!("reset while reading {}", request.url) }));
    let system = shop_system(&world);
    let fault = system.get(Call::of(&*world), &orders(&system), &[("number", "7")]).await.unwrap_err();
    expect_none(&format!("{fault:?} {fault} {:?}", world.shown.lock().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_connection_is_refused_by_name() {
    let connector = std::sync::Arc::new(books());
    let make = |change: &dyn Fn(&mut koppel::connect::Connection)| {
        let mut connection = koppel::connect::Connection::new("office", &connector).secret("client_id", "the-client");
        change(&mut connection);
        let world = World::answers([]);
        let tokens = std::sync::Arc::new(MemoryTokens::default());
        match System::new(connector.clone(), connection, world, tokens, clock()) {
            Ok(_) => panic!("it is not complete"),
            Err(fault) => fault.words,
        }
    };
    assert_eq!(make(&|_| ()), "the connection `office` lacks `secret.client_secret`");
    assert!(make(&|connection| connection.base = "ftp://x".into()).contains("neither `http://` nor"));
    assert!(make(&|connection| connection.base = "https://me:pw@x".into()).contains("does not belong"));
    assert!(make(&|connection| connection.base = "books".into()).contains("the base address is wrong"));
    assert!(
        make(&|connection| {
            connection.secrets.insert("client_secret".into(), SECRET.to_string().into());
            connection.grant = Some("password".into());
        })
        .contains("the grant `password` is not known")
    );
}
