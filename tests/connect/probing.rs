//! What `koppel connect` finds out.

use koppel::connect::{Answer, probe};

use super::world::{World, books_system, page, rows, shop_system, token};

#[tokio::test(start_paused = true)]
async fn each_resource_is_tried_once_and_cheaply() {
    let world = World::answers([rows([1])]);
    let report = probe(&shop_system(&world), &*world).await;
    assert!(report.is_good());
    assert!(world.asked()[0].starts_with("GET /v1/orders?limit=1&offset=0&"));
    let world = World::answers([page([1], true), Answer::new(200, r#"{"data":{"id":"1"}}"#)]);
    let report = probe(&books_system(&world), &*world).await;
    assert_eq!(report.to_string(), "credentials: works\ninvoices: works\norganization: works\n");
    assert_eq!(world.asked(), ["GET /v3/invoices?page=1", "GET /v3/organizations/me"]);
}

#[tokio::test(start_paused = true)]
async fn missing_scopes_are_named() {
    let world = World::new(|request| {
        let body = String::from_utf8_lossy(request.body.as_ref().unwrap()).into_owned();
        match body.contains("invoices%3Awrite") {
            true => Ok(Answer::new(400, r#"{"error":"invalid_scope","error_description":"De scope is ongeldig"}"#)),
            false => Ok(token("t")),
        }
    });
    let report = probe(&books_system(&world), &*world).await;
    assert_eq!(
        report.to_string(),
        "credentials: no token was given for `office` (status 400): invalid_scope: De scope is ongeldig\n  these scopes \
         are not given to this application: invoices:write\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_access_is_named() {
    let body = r#"{"error":{"key":"organization.requires_mkb_plan","message":"Upgrade"}}"#;
    let world = World::answers([Answer::new(401, body), page([1], false)]);
    let report = probe(&books_system(&world), &*world).await;
    assert!(!report.is_good());
    assert!(report.to_string().contains("the account's plan has no access"), "{report}");
}
