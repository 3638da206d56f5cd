//! Updates that write the whole record.

use koppel::connect::{Answer, Call, Operation, Row, merge_whole};
use koppel::value::Kind;

use super::world::{World, books_system, field, invoices, operation, read_only, record, shape};

async fn row(body: &str) -> Row {
    let world = World::answers([Answer::new(200, format!(r#"{{"data":{body}}}"#))]);
    let system = books_system(&world);
    system.get(Call::of(&()), &invoices(&system), &[("id", "1")]).await.unwrap().unwrap()
}

fn customer() -> std::sync::Arc<koppel::eval::Shape> {
    let address =
        shape("address", vec![field("street", Kind::Text, None), read_only(field("country_name", Kind::Text, None))]);
    let list = Kind::List(std::sync::Arc::new(Kind::Record(address.kind.clone())));
    shape(
        "customer",
        vec![
            read_only(field("id", Kind::Id(None), None)),
            field("name", Kind::Text, None),
            record("address", &address),
            field("others", list, Some(address.clone())),
            field("phone", Kind::Text, None),
        ],
    )
}

async fn merged(existing: &str, changes: &str, operation: &Operation) -> String {
    let body = merge_whole(&row(existing).await, changes.as_bytes(), &customer(), operation).unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn changes_lie_over_the_record_and_the_rest_stays_as_it_came() {
    let put = operation("PUT", Vec::new(), &[]);
    let existing = r#"{"id":"7", "unknown": {"b":12.340, "a":[1 ,2]}, "name":"A","phone":null,
        "address":{"street":"Oude 1","country_name":"Nederland","extra":"x"},
        "others":[{"street":"C","country_name":"B"}]}"#;
    assert_eq!(
        merged(existing, r#"{"name":"B \"b\"","address":{"street":"Nieuwe 2"},"new":true}"#, &put).await,
        r#"{"unknown":{"b":12.340, "a":[1 ,2]},"name":"B \"b\"","phone":null,"address":{"street":"Nieuwe 2","extra":"x"},"others":[{"street":"C"}],"new":true}"#
    );
    assert_eq!(merged(r#"{"id":"7","name":"A"}"#, "{}", &put).await, r#"{"name":"A"}"#);
    assert_eq!(
        merged(r#"{"address":[]}"#, r#"{"address":{"street":"S"}}"#, &put).await,
        r#"{"address":{"street":"S"}}"#
    );
    assert_eq!(merged(r#"{"others":[]}"#, r#"{"name":null}"#, &put).await, r#"{"others":[],"name":null}"#);
}

#[tokio::test(start_paused = true)]
async fn only_what_the_operation_takes_is_sent() {
    let put = Operation { only: Some(vec![1, 4]), ..operation("PUT", Vec::new(), &[]) };
    assert_eq!(
        merged(r#"{"id":"7","x":1,"name":"A","phone":"1"}"#, r#"{"phone":"2"}"#, &put).await,
        r#"{"name":"A","phone":"2"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_record_is_refused() {
    let put = operation("PUT", Vec::new(), &[]);
    let existing = row(r#"{"name":"A"}"#).await;
    for changes in [&b"[]"[..], b"{", b"\xff", b"{\"a\":1,\"a\":2}", b""] {
        assert!(merge_whole(&existing, changes, &customer(), &put).is_err());
    }
    let twice = row(r#"{"name":"A","name":"B"}"#).await;
    assert!(merge_whole(&twice, b"{}", &customer(), &put).is_err());
}
