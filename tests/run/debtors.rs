//! Who becomes a debtor: recognised, linked, changed only where it differs, made once.

use koppel::ledger::Status;
use koppel::run::{Ended, Options};
use koppel::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::scene::{Scene, order, pass, table, text_of};

const ONE: &str = "orders/01-person-nl-21.json";

/// Hands orders in behind `from`.
async fn hand_in(scene: &Scene, orders: &[String]) -> koppel::run::Report {
    let records = orders.iter().map(|order| order.clone().into()).collect();
    scene.run_with("orders", &Options { records: Some(records), ..Options::default() }).await
}

/// An order of the person of sample 01, with another number and changes.
fn again(number: u32, changes: &[(&str, Value)]) -> String {
    let own = [("/number", json!(number)), ("/uuid", json!(format!("order-{number}")))];
    order(ONE, &own.iter().chain(changes).cloned().collect::<Vec<_>>())
}

fn names(scene: &Scene) -> Vec<String> {
    scene.sandbox.customers().iter().map(|one| text_of(&one["customer_name"])).collect()
}

#[tokio::test(start_paused = true)]
async fn twenty_orders_of_one_person_at_the_same_time_make_one_debtor() {
    let mails = ["sanne@example.nl", "Sanne@Example.NL", "SANNE@EXAMPLE.NL", " sanne@example.nl "];
    for guests in [false, true] {
        let scene = Scene::new();
        let orders: Vec<String> = (0..20)
            .map(|number| {
                let mail = ("/debtor/email", json!(mails[number as usize % 4]));
                let id = ("/debtor/id", if guests { Value::Null } else { json!("account-1") });
                again(3000 + number, &[mail, id])
            })
            .collect();
        let report = hand_in(&scene, &orders).await;
        assert_eq!(report.count(Status::Done), 20, "{}", table(&report));
        assert_eq!(scene.asked("POST", "/v3/customers"), 1);
        assert_eq!(scene.references().len(), 20);
        assert_eq!(scene.asked("PUT", "/v3/customers"), 0, "nothing about it differs");
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_who_also_buys_for_work_is_two_debtors() {
    let scene = Scene::new();
    let company = ("/debtor/address/invoice/company", json!("Verzonnen B.V."));
    let report =
        hand_in(&scene, &[again(3001, &[]), again(3002, std::slice::from_ref(&company)), again(3003, &[company])])
            .await;
    assert_eq!(report.count(Status::Done), 3, "{}", table(&report));
    assert_eq!(names(&scene), ["Sanne Verzonnen", "Verzonnen B.V."]);
    let company = &scene.sandbox.customers()[1];
    assert_eq!((&company["is_private"], &company["attn"]), (&json!(false), &json!("Sanne Verzonnen")));
}

#[tokio::test(start_paused = true)]
async fn a_debtor_is_changed_only_where_it_differs() {
    let scene = Scene::new();
    let moved = ("/debtor/address/invoice/street", json!("Nieuwestraat"));
    hand_in(&scene, &[again(3001, &[])]).await;
    let id = text_of(&scene.sandbox.customers()[0]["id"]);
    let mut mine = scene.sandbox.customers().remove(0);
    mine["phonenumber"] = json!("+31 6 typed by hand");
    mine["payment_term"] = json!(60);
    scene.by_hand("PUT", &format!("/v3/customers/{id}"), mine).await;
    hand_in(&scene, &[again(3002, &[])]).await;
    assert_eq!(scene.asked("PUT", "/v3/customers"), 1, "only that by hand");
    hand_in(&scene, &[again(3003, std::slice::from_ref(&moved))]).await;
    hand_in(&scene, &[again(3004, &[moved])]).await;
    assert_eq!(scene.asked("PUT", "/v3/customers"), 2);
    let debtor = scene.sandbox.customers().remove(0);
    assert_eq!(debtor["address_street"], "Nieuwestraat 12");
    assert_eq!(debtor["phonenumber"], "+31 6 typed by hand");
    assert_eq!(debtor["payment_term"], 60);
    assert_eq!(debtor["customer_name"], "Sanne Verzonnen");
}

#[tokio::test(start_paused = true)]
async fn a_debtor_made_by_hand_is_recognised_by_its_address() {
    let scene = Scene::new();
    let id = scene.debtor("S. Verzonnen", "SANNE.verzonnen@example.nl").await;
    let report = hand_in(&scene, &[again(3001, &[])]).await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    assert_eq!(names(&scene), ["S. Verzonnen"]);
    assert_eq!(scene.sandbox.invoices()[0]["customer_id"], *id);
    assert_eq!(scene.sandbox.customers()[0]["address_city"], "Nergenshuizen", "its address is kept up to date");
    // From now on it is linked: another address for mail is the same person.
    let mail = ("/debtor/email", json!("sanne@new.example"));
    hand_in(&scene, &[again(3002, &[mail])]).await;
    assert_eq!(names(&scene), ["S. Verzonnen"]);
}

#[tokio::test(start_paused = true)]
async fn two_debtors_with_one_address_are_for_a_person() {
    let scene = Scene::new();
    scene.debtor("One", "sanne.verzonnen@example.nl").await;
    scene.debtor("Two", "sanne.verzonnen@example.nl").await;
    let report = hand_in(&scene, &[again(3001, &[])]).await;
    let said = table(&report);
    assert!(said.starts_with("3001 held more than one Jortt customer has sanne.verzonnen@example.nl\n"), "{said}");
    assert_eq!(scene.references(), [] as [&str; 0]);
    // One of them is archived, which is how the books delete; the order is sent again.
    let id = text_of(&scene.sandbox.customers()[0]["id"]);
    scene.by_hand("PUT", &format!("/v3/customers/{id}/set_archived"), json!({ "archived": true })).await;
    let only = Options { only: Some("3001".into()), records: Some(Vec::new()), ..Options::default() };
    let report = scene.run_with("orders", &only).await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    assert_eq!(names(&scene).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_debtor_that_was_thrown_away_is_made_again_once() {
    for archived in [true, false] {
        let scene = Scene::new();
        hand_in(&scene, &[again(3001, &[])]).await;
        let id = text_of(&scene.sandbox.customers()[0]["id"]);
        if archived {
            scene.by_hand("PUT", &format!("/v3/customers/{id}/set_archived"), json!({ "archived": true })).await;
        } else {
            scene.by_hand("DELETE", &format!("/v3/customers/{id}"), json!({})).await;
        }
        let before = names(&scene).len();
        let report = hand_in(&scene, &[again(3002, &[]), again(3003, &[]), again(3004, &[])]).await;
        assert_eq!(report.count(Status::Done), 3, "{}", table(&report));
        assert_eq!(names(&scene).len(), before + 1, "one is made anew for all three");
        let report = hand_in(&scene, &[again(3005, &[])]).await;
        assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
        assert_eq!(names(&scene).len(), before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn all_on_one_debtor_who_is_left_alone() {
    let scene = Scene::new();
    let all = scene.debtor("All Consumers", "all@example.nl").await;
    scene.settings(&format!("[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.default_debtor = \"{all}\"\n"));
    let report = scene.run("orders").await;
    assert_eq!(report.ended, Ended::Done);
    assert_eq!(names(&scene), ["All Consumers"]);
    assert!(scene.sandbox.invoices().iter().all(|invoice| invoice["customer_id"] == *all));
    assert_eq!(scene.asked("PUT", "/v3/customers"), 0);
    assert_eq!(scene.sandbox.requests().iter().filter(|one| one.path.contains("/v3/customers?")).count(), 0);
    // One that is not there: the books refuse the invoice, nothing is lost.
    let scene = Scene::new();
    scene
        .settings("[flows.orders]\nsettings.first_date = 2026-01-01\nsettings.default_debtor = \"nobody-like-that\"\n");
    let report = hand_in(&scene, &[again(3001, &[])]).await;
    assert_eq!(report.count(Status::Held), 1, "{}", table(&report));
    assert_eq!(scene.references(), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn debtors_that_came_as_customers_are_linked_and_not_looked_for() {
    let scene = Scene::new();
    scene.run("customers").await;
    let (debtors, posts) = (names(&scene).len(), scene.asked("POST", "/v3/customers"));
    assert_eq!((debtors, posts), (9, 9));
    // The order knows another address for mail: the link is what counts.
    let mail = ("/debtor/email", json!("elsewhere@example.nl"));
    let report = hand_in(&scene, &[again(3001, &[mail])]).await;
    assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
    assert_eq!(names(&scene).len(), 9);
    assert_eq!(text_of(&scene.sandbox.invoices()[0]["customer_id"]), {
        let sanne = scene.sandbox.customers().into_iter().find(|one| one["email"] == "sanne.verzonnen@example.nl");
        text_of(&sanne.expect("she is there")["id"])
    });
    // The other way round: what came with an order is known to the flow of customers.
    let scene = Scene::new();
    scene.run("orders").await;
    let before = names(&scene).len();
    let report = scene.run("customers").await;
    assert_eq!(report.ended, Ended::Done);
    let mut mails: Vec<String> =
        scene.sandbox.customers().iter().map(|one| format!("{} {}", one["email"], one["is_private"])).collect();
    mails.iter_mut().for_each(|mail| *mail = mail.to_lowercase());
    mails.sort();
    mails.dedup();
    assert_eq!(mails.len(), names(&scene).len(), "nobody stands there twice; {before} came with orders");
}

#[tokio::test(start_paused = true)]
async fn a_debtor_whose_making_was_not_answered_is_found_by_all_who_need_it() {
    for name in ["lost_reply", "cut_body", "500_after", "html_502", "reset"] {
        let scene = Scene::new();
        let kind = FaultKind::named(name).expect("a fault of the sandbox");
        scene.sandbox.set_faults(vec![Fault::once(kind, "POST /v3/customers$")]);
        let orders: Vec<String> = (3000..3006).map(|number| again(number, &[])).collect();
        let report = hand_in(&scene, &orders).await;
        let made = ["lost_reply", "cut_body", "500_after"].contains(&name);
        assert_eq!(names(&scene).len(), usize::from(made), "{name}");
        let wanted = if made { Status::Done } else { Status::InDoubt };
        assert_eq!(report.count(wanted), 6, "{name}\n{}", table(&report));
        if !made {
            // The owner says once that there is none, and all six go on.
            let before = scene.writes();
            pass(60).await;
            assert_eq!(hand_in(&scene, &[]).await.count(Status::InDoubt), 6, "{name}: it is looked for again");
            assert_eq!(scene.writes(), before, "{name}: and nothing is sent");
            scene.resolve_all("orders").await;
            let report = hand_in(&scene, &[]).await;
            assert_eq!(report.count(Status::Done), 6, "{name}\n{}", table(&report));
        }
        assert_eq!((names(&scene).len(), scene.references().len()), (1, 6), "{name}");
    }
}
