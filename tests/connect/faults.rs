//! How refusals are understood.

use std::time::Duration;

use koppel::connect::{Answer, Call, Class, Fault, Lost};

use super::world::{World, books_system, invoices, orders, shop_system};

async fn reading(answer: Answer) -> Fault {
    let world = World::answers([answer.clone(), answer]);
    let system = books_system(&world);
    system.get(Call::of(&*world), &invoices(&system), &[("id", "7")]).await.unwrap_err()
}

async fn writing(answer: Answer) -> Fault {
    let world = World::answers([answer.clone(), answer]);
    let system = books_system(&world);
    system.create(Call::of(&*world), &invoices(&system), "{}".into()).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn the_connectors_rows_say_what_it_is() {
    let key = |key: &str| format!(r#"{{"error":{{"code":1,"key":"{key}","message":"No.","details":[]}}}}"#);
    let cases = [
        (401, key("scopes.insufficient"), Class::Config),
        (401, key("user.non_existing"), Class::Auth),
        (401, key("access_token.expired"), Class::Auth),
        (404, key("endpoint.not_found"), Class::Config),
        (409, key("resource.conflict"), Class::Conflict),
        (418, key("teapot"), Class::Validation),
        (422, key("params.invalid"), Class::Validation),
        (429, key("request.throttled"), Class::RateLimit),
        (500, key("server.internal_error"), Class::ServerError),
        (503, key("server.maintenance"), Class::ServerError),
        (422, String::new(), Class::Validation),
        (404, "[1, 2]".to_string(), Class::Config),
        (500, "{\"error\"".to_string(), Class::ServerError),
    ];
    for (status, body, class) in cases {
        let fault = reading(Answer::new(status, body.clone())).await;
        assert_eq!((fault.class, fault.status), (class, Some(status)), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn words_hold_the_message_and_all_details() {
    let body = r#"{"error":{"code":422,"key":"params.invalid","message":"The parameters are invalid",
        "details":[{"key":"is_missing","message":"must be there","param":"vat"},{"key":"X::Y"}]}}"#;
    let fault = writing(Answer::new(422, body)).await;
    assert_eq!(
        fault.words,
        "The books refuses it (status 422 params.invalid): The parameters are invalid; key is_missing, message must be \
         there, param vat; key X::Y"
    );
    assert_eq!(fault.code.as_deref(), Some("params.invalid"));
    assert_eq!(fault.details.len(), 2);
    assert!(fault.not_applied());
}

#[tokio::test(start_paused = true)]
async fn a_web_page_is_never_read_as_data() {
    for answer in [
        Answer::new(502, "<html><body>{\"error\":{\"key\":\"access_token.x\"}}</body></html>"),
        Answer::new(502, "{\"error\":{\"key\":\"x\"}}").with("Content-Type", "application/html; charset=utf-8"),
    ] {
        let fault = writing(answer).await;
        assert_eq!((fault.class, &fault.code, fault.not_applied()), (Class::ServerError, &None, false));
        assert!(fault.words.ends_with("(status 502): a web page came instead of data"), "{fault}");
    }
    for (body, words) in
        [("\n<!doctype html><title>Onderhoud</title>", "a web page came instead of data"), (" ", "it is empty")]
    {
        let fault = reading(Answer::new(200, body)).await;
        assert!(fault.words.ends_with(&format!("an answer that cannot be read: {words}")), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn oauths_own_shape_is_understood() {
    let body = r#"{"error":"invalid_token","error_description":"De sleutel is verlopen"}"#;
    let fault = reading(Answer::new(403, body)).await;
    assert_eq!(fault.code.as_deref(), Some("invalid_token"));
    assert_eq!(fault.message.as_deref(), Some("De sleutel is verlopen"));
}

#[tokio::test(start_paused = true)]
async fn a_system_without_rows_is_judged_by_the_status() {
    for (status, class) in
        [(400, Class::Validation), (499, Class::Validation), (500, Class::ServerError), (599, Class::ServerError)]
    {
        let world = World::answers([Answer::new(status, "no")]);
        let system = shop_system(&world);
        let fault = system.get(Call::of(&()), &orders(&system), &[("number", "7")]).await.unwrap_err();
        assert_eq!(fault.class, class);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_write_everything_unreadable_is_a_lost_reply() {
    let cut =
        Answer { broken: Some("the answer was cut off".to_string()), ..Answer::new(201, "{\"data\":{\"id\":\"1") };
    let answers = [
        cut,
        Answer::new(201, "{\"data\":{\"id\":\"1"),
        Answer::new(201, ""),
        Answer::new(201, "{\"data\":{}}"),
        Answer::new(201, "{\"data\":{\"id\":null}}"),
        Answer::new(201, "[]"),
        Answer::new(200, "<html>maintenance</html>"),
        Answer::new(201, b"{\"data\":{\"id\":\"\xff\"}}".to_vec()),
        Answer::new(201, "{\"data\":{\"id\":1,\"id\":2}}"),
        Answer::new(303, "").with("Location", "https://login.example/?token=x"),
    ];
    for answer in answers {
        let fault = writing(answer.clone()).await;
        assert_eq!((fault.class, fault.not_applied()), (Class::LostReply, false), "{:?}: {fault}", answer.body);
    }
    let fault = reading(Answer::new(200, "{\"data\":{\"id\":\"1")).await;
    assert_eq!(fault.class, Class::ServerError);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    for write in [false, true] {
        let answer = Answer::new(308, "").with("Location", "https://evil.example/x?token=abc");
        let fault = if write { writing(answer).await } else { reading(answer).await };
        assert_eq!(fault.class, Class::Config);
        assert!(fault.not_applied());
        assert_eq!(fault.words, "The books points elsewhere, to evil.example (status 308); that is not followed");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_certainly_not_sent_is_told_from_what_may_have_been() {
    for (sent, write, class, not_applied) in [
        (false, true, Class::Network, true),
        (true, true, Class::LostReply, false),
        (false, false, Class::Network, true),
        (true, false, Class::Network, false),
    ] {
        let world = World::new(move |request| match request.url.path() {
            "/token" => Ok(super::world::token("t")),
            _ => Err(Lost { sent, words: "connection reset".to_string() }),
        });
        let system = books_system(&world);
        let fault = match write {
            true => system.create(Call::of(&()), &invoices(&system), "{}".into()).await.unwrap_err(),
            false => system.get(Call::of(&()), &invoices(&system), &[("id", "7")]).await.unwrap_err(),
        };
        assert_eq!((fault.class, fault.sent, fault.not_applied()), (class, sent, not_applied));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_ends_with_its_time() {
    let world = World::slow(Duration::from_secs(3600), |_| Ok(Answer::new(200, "{}")));
    let system = shop_system(&world);
    let start = tokio::time::Instant::now();
    let fault = system.update(Call::of(&()), &orders(&system), &[("number", "7")], "{}".into()).await.unwrap_err();
    assert_eq!((fault.class, start.elapsed().as_secs()), (Class::LostReply, 30));
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_wait_is_understood_or_ignored() {
    let wish = |value: &str| Answer::new(429, "{}").with("Retry-After", value);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (value, expected) in [
        ("7", seconds(7)),
        (" 120 ", seconds(120)),
        ("99999999999999999999999", None),
        ("999999999", seconds(86400)),
        ("-3", None),
        ("soon", None),
        ("1.5", None),
        ("", None),
        ("Sun, 01 Mar 2026 10:00:30 GMT", seconds(30)),
        ("Sun, 01 Mar 2026 09:00:00 GMT", seconds(0)),
    ] {
        assert_eq!(reading(wish(value)).await.retry_after, expected, "{value}");
    }
    // Where its own clock is wrong, its own clock counts.
    let fault = reading(wish("Sat, 01 Jan 2000 00:01:00 GMT").with("Date", "Sat, 01 Jan 2000 00:00:00 GMT")).await;
    assert_eq!(fault.retry_after, seconds(60));
}

#[tokio::test(start_paused = true)]
async fn theirs_is_cut_to_a_bearable_length() {
    let body = format!(r#"{{"error":{{"key":"k","message":"{}"}}}}"#, "é\\u0007".repeat(100_000));
    let fault = reading(Answer::new(422, body)).await;
    assert!(fault.words.chars().count() <= 501 && !fault.words.contains('\u{7}'));
}
