//! Lists whose rows lack fields: what is needed of a record is got, and no more.

use koppel::ledger::Status;

use crate::support::scene::{Scene, table, text_of};

/// The shipped connector with some of its words said otherwise.
fn connector(scene: &Scene, name: &str, changes: &[(&str, &str)]) {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = format!("connectors/{name}.connector");
    let mut text = std::fs::read_to_string(home.join(&file)).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    scene.put(&file, text);
}

#[tokio::test(start_paused = true)]
async fn what_the_rows_of_the_source_lack_is_got() {
    let whole = Scene::new();
    let wanted = table(&whole.run("customers").await);
    let scene = Scene::new();
    // Without being asked for, the addresses of customers are not in the list.
    connector(
        &scene,
        "mijnwebwinkel",
        &[(
            r#""/v1/customers?embed=address" in customers pages none "#,
            r#""/v1/customers" in customers pages none brief "#,
        )],
    );
    let report = scene.run("customers").await;
    assert_eq!(table(&report), wanted);
    assert_eq!(scene.sandbox.customers().len(), whole.sandbox.customers().len());
    let writes = scene.writes();
    let again = scene.run("customers").await;
    assert_eq!((again.outcomes.len(), scene.writes()), (0, writes), "{}", table(&again));
}

#[tokio::test(start_paused = true)]
async fn who_is_looked_for_by_a_field_that_rows_lack_is_found() {
    let mut counts = Vec::new();
    for brief in ["", " brief"] {
        let scene = Scene::new();
        let list = (r#"list   GET  "/v3/customers" "#, format!(r#"list   GET  "/v3/customers"{brief} "#));
        let search = (r#"query={text}" min 3"#, format!(r#"query={{text}}" min 3{brief}"#));
        connector(&scene, "jortt", &[(list.0, &list.1), (search.0, &search.1)]);
        scene.only(&["2041"]);
        let id = scene.debtor("Sanne", "Sanne.Verzonnen@example.nl").await;
        let report = scene.run("orders").await;
        assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
        assert_eq!(scene.sandbox.customers().len(), 1);
        let debtor = &scene.sandbox.customers()[0];
        assert_eq!(text_of(&debtor["address_street"]), "Fantasiestraat 12", "what was found is compared whole");
        counts.push(scene.asked("GET", &format!("/v3/customers/{id}")));
    }
    assert!(counts[1] > counts[0], "{counts:?}");
}
