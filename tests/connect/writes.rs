//! What is made, changed and acted on.

use koppel::connect::{Answer, Call, Class, Exchange, Observer};

use super::world::{World, books_system, invoices, orders, shop_system};

#[tokio::test(start_paused = true)]
async fn the_id_of_what_was_made_is_read() {
    for (body, id) in [(r#"{"data":{"id":"a-1","total":"1.00"}}"#, "a-1"), (r#"{"data":{"id":17}}"#, "17")] {
        let world = World::answers([Answer::new(201, body)]);
        let system = books_system(&world);
        let made = system.create(Call::of(&*world), &invoices(&system), r#"{"total":1}"#.into()).await.unwrap();
        assert_eq!(made.id.as_deref(), Some(id));
        assert!(body.contains(made.row.unwrap().text()));
        let requests = world.requests.lock().unwrap();
        let (_, sent) = requests.last().unwrap();
        assert_eq!(
            (sent.header("content-type"), &sent.body.as_ref().unwrap()[..]),
            (Some("application/json"), &br#"{"total":1}"#[..])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_needs_no_answer() {
    for answer in [Answer::new(204, ""), Answer::new(200, ""), Answer::new(200, "OK"), Answer::new(200, "{}")] {
        let world = World::answers([answer]);
        let system = books_system(&world);
        let made = system.update(Call::of(&()), &invoices(&system), &[("id", "7")], "{}".into()).await.unwrap();
        assert_eq!(made.id, None);
        assert_eq!(world.asked(), ["PUT /v3/invoices/7"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_gives_what_it_makes() {
    let world =
        World::answers([Answer::new(200, ""), Answer::new(201, r#"{"data":{"id":"c-1"}}"#), Answer::new(201, "")]);
    let system = books_system(&world);
    let invoices = invoices(&system);
    let (send, credit) = (invoices.action("send").unwrap(), invoices.action("credit").unwrap());
    let call = || Call::of(&*world);
    let body = Some(r#"{"send_method":"self"}"#.into());
    assert_eq!(system.action(call(), &invoices, send, &[("id", "7")], body).await.unwrap().id, None);
    assert_eq!(
        system.action(call(), &invoices, credit, &[("id", "7")], None).await.unwrap().id.as_deref(),
        Some("c-1")
    );
    let fault = system.action(call(), &invoices, credit, &[("id", "7")], None).await.unwrap_err();
    assert_eq!(fault.class, Class::LostReply, "something was made, and nobody said what");
    assert_eq!(world.asked()[..2], ["POST /v3/invoices/7/send", "POST /v3/invoices/7/credit"]);
}

#[tokio::test(start_paused = true)]
async fn a_hole_is_filled_so_that_exactly_this_record_is_meant() {
    let world = World::answers([Answer::new(200, r#"{"id":1}"#), Answer::new(200, r#"{"id":1}"#)]);
    let system = shop_system(&world);
    let orders = orders(&system);
    for number in ["", ".", ".."] {
        let fault = system.get(Call::of(&()), &orders, &[("number", number)]).await.unwrap_err();
        assert_eq!((fault.class, fault.sent), (Class::Validation, false));
    }
    assert!(system.get(Call::of(&()), &orders, &[]).await.is_err());
    system.get(Call::of(&()), &orders, &[("number", "T-1/../9?a=b#c")]).await.unwrap().unwrap();
    system.create(Call::of(&()), &orders, r#"{"amount":1,"number":"A 7"}"#.into()).await.unwrap();
    let asked = world.asked();
    assert!(asked[0].starts_with("GET /v1/orders/T-1%2F..%2F9%3Fa%3Db%23c?token="), "{}", asked[0]);
    assert!(asked[1].starts_with("POST /v1/orders/A%207/payments?token="), "{}", asked[1]);
}

#[tokio::test(start_paused = true)]
async fn missing_is_not_there_and_every_other_404_is_a_fault() {
    let answers = [
        Answer::new(404, r#"{"error":{"key":"resource.not_found"}}"#),
        Answer::new(200, r#"{"data":null}"#),
        Answer::new(404, r#"{"error":{"key":"endpoint.not_found"}}"#),
    ];
    let world = World::answers(answers);
    let system = books_system(&world);
    let invoices = invoices(&system);
    assert!(system.get(Call::of(&()), &invoices, &[("id", "1")]).await.unwrap().is_none());
    assert!(system.get(Call::of(&()), &invoices, &[("id", "1")]).await.unwrap().is_none());
    assert_eq!(system.get(Call::of(&()), &invoices, &[("id", "1")]).await.unwrap_err().class, Class::Config);
}

struct Never;

impl Observer for Never {
    fn exchanged(&self, exchange: Exchange) {
        assert_eq!(exchange.purpose, "token");
    }

    fn may_send(&self) -> bool {
        false
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_its_time_is_over() {
    let world = World::answers([]);
    let system = books_system(&world);
    let fault = system.create(Call::of(&Never), &invoices(&system), "{}".into()).await.unwrap_err();
    assert!(fault.not_applied() && !fault.sent);
    assert!(world.asked().is_empty());
}
