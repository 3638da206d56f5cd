//! Lists and searches, turned over.

use koppel::connect::{Answer, Begin, Call, Class, ListQuery};

use super::world::{World, all, books_system, invoices, orders, page, rows, shop_system};

#[tokio::test(start_paused = true)]
async fn numbered_pages_keep_their_filter_and_never_follow_a_link() {
    let world = World::answers([page([1, 2], true), page([2, 3], true), page([4], false)]);
    let system = books_system(&world);
    let query = ListQuery { filters: vec![(0, "draft & sent".to_string())], since: None };
    let list = system.list(&invoices(&system), &query).unwrap();
    let ids = [r#"{"id":"1"}"#, r#"{"id":"2"}"#, r#"{"id":"2"}"#, r#"{"id":"3"}"#, r#"{"id":"4"}"#];
    assert_eq!(all(&world, list).await.unwrap(), ids);
    let line = |page: u32| format!("GET /v3/invoices?invoice_status=draft+%26+sent&page={page}");
    assert_eq!(world.asked(), [line(1), line(2), line(3)]);
    let requests = world.requests.lock().unwrap();
    assert!(requests.iter().all(|(_, request)| request.url.host_str() != Some("elsewhere.example")));
}

#[tokio::test(start_paused = true)]
async fn offsets_count_rows_and_always_say_the_size() {
    let world = World::answers([rows([1, 2, 3]), rows([3, 4, 5]), rows([5, 6, 7]), rows([7])]);
    let system = shop_system(&world);
    let at = "2026-01-05T08:30:00Z".parse().unwrap();
    let query = ListQuery { filters: vec![(0, "2".to_string())], since: Some((0, Begin::At(at))) };
    let found = all(&world, system.list(&orders(&system), &query).unwrap()).await.unwrap();
    assert_eq!(found.len(), 7);
    // The zone of the shop, in its own way of writing; the key goes along but is looked at elsewhere.
    let asked: Vec<String> =
        world.asked().iter().map(|line| line.split("&token").next().unwrap().to_string()).collect();
    let line = |offset: u32| {
        format!("GET /v1/orders?status_id=2&changed_start=2026-01-05+09%3A30%3A00&limit=3&offset={offset}")
    };
    // Each page begins with the row that the one before ended with, so that a list that moves is noticed.
    assert_eq!(asked, [line(0), line(2), line(4), line(6)]);
}

#[tokio::test(start_paused = true)]
async fn a_full_last_page_is_followed_by_its_own_last_row() {
    let world = World::answers([rows([1, 2, 3]), rows([3])]);
    let system = shop_system(&world);
    let found = all(&world, system.list(&orders(&system), &ListQuery::default()).unwrap()).await.unwrap();
    assert_eq!((found.len(), world.asked().len()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_lost_rows_is_read_from_its_start() {
    let world = World::answers([rows([1, 2, 3]), rows([4, 5]), rows([2, 3, 4]), rows([4, 5])]);
    let system = shop_system(&world);
    let found = all(&world, system.list(&orders(&system), &ListQuery::default()).unwrap()).await.unwrap();
    let ids: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(ids.len(), 7, "{ids:?}");
    let world = World::new(move |request| {
        let offset = request.url.query_pairs().any(|(name, value)| name == "offset" && value == "0");
        Ok(if offset { rows([1, 2, 3]) } else { rows([8, 9]) })
    });
    let system = shop_system(&world);
    let fault = all(&world, system.list(&orders(&system), &ListQuery::default()).unwrap()).await.unwrap_err();
    assert_eq!(fault.words, "orders list changed 5 times while it was read");
}

#[tokio::test(start_paused = true)]
async fn null_and_no_content_are_empty_lists() {
    for answer in [Answer::new(200, "null"), Answer::new(204, ""), Answer::new(200, "\u{feff}[]")] {
        let world = World::answers([answer]);
        let system = shop_system(&world);
        let found = all(&world, system.list(&orders(&system), &ListQuery::default()).unwrap()).await.unwrap();
        assert!(found.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_page_for_ever_is_a_fault() {
    let world = World::new(|_| Ok(rows([1, 2, 3])));
    let system = shop_system(&world);
    let fault = all(&world, system.list(&orders(&system), &ListQuery::default()).unwrap()).await.unwrap_err();
    assert_eq!(fault.class, Class::ServerError);
    assert!(fault.words.contains("the same page came twice"), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn after_a_fault_the_same_page_is_asked_again() {
    let world = World::answers([rows([1, 2, 3]), Answer::new(500, "{}"), rows([3, 4])]);
    let system = shop_system(&world);
    let mut list = system.list(&orders(&system), &ListQuery::default()).unwrap();
    assert_eq!(list.next_page(Call::of(&())).await.unwrap().unwrap().rows.len(), 3);
    assert_eq!(list.next_page(Call::of(&())).await.unwrap_err().class, Class::ServerError);
    assert_eq!(list.next_page(Call::of(&())).await.unwrap().unwrap().rows.len(), 1);
    assert!(list.next_page(Call::of(&())).await.unwrap().is_none());
    assert!(world.asked()[2].contains("offset=2"));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_none_loses_no_record_silently() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [(&[u8], &str); 7] = [
        (b"{\"rows\":[]}", "there is no list at `data`"),
        (b"{\"data\":{\"id\":1}}", "there is no list at `data`"),
        (b"{\"data\":[],\"data\":[1]}", "stands there twice"),
        (b"{\"data\":[{\"id\":1},{\"i", "EOF"),
        (b"{\"data\":[]} x", "trailing"),
        (b"{\"data\":[\"\xff\"]}", "not UTF-8 from byte 10 on"),
        (b"", "it is empty"),
    ];
    for (body, words) in bodies {
        let world = World::answers([Answer::new(200, body.to_vec())]);
        let system = books_system(&world);
        let fault = all(&world, system.list(&invoices(&system), &ListQuery::default()).unwrap()).await.unwrap_err();
        assert_eq!(fault.class, Class::ServerError, "{fault}");
        assert!(fault.words.contains(words), "{fault}");
    }
    let body = format!(r#"{{"unread":{deep},"data":[{{"id":1,"deep":{deep}}}],"_links":{{"next":null}}}}"#);
    let world = World::answers([Answer::new(200, body)]);
    let system = books_system(&world);
    assert_eq!(all(&world, system.list(&invoices(&system), &ListQuery::default()).unwrap()).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_search_writes_its_text_into_the_address() {
    let world = World::answers([page([1], true), page([2], false)]);
    let system = books_system(&world);
    let list = system.search(&invoices(&system), 0, "a b&c=d/é?").unwrap();
    assert_eq!(all(&world, list).await.unwrap().len(), 2);
    let line = |page: u32| format!("GET /v3/invoices?query=a%20b%26c%3Dd%2F%C3%A9%3F&page={page}");
    assert_eq!(world.asked(), [line(1), line(2)]);
}
