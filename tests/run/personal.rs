//! What a connector calls personal is masked in every message, and whole for the owner who asks for that record.

use koppel::ledger::{RecordFilter, Status};
use koppel::report::{self, Style};

use crate::support::scene::{Scene, drawn, table};

#[tokio::test(start_paused = true)]
async fn a_message_shows_nobodys_address() {
    let mail = "sanne.verzonnen@example.nl";
    let scene = Scene::new();
    scene.only(&["2041"]);
    scene.debtor("One", mail).await;
    scene.debtor("Two", mail).await;
    let report = scene.run("orders").await;
    assert_eq!(report.count(Status::Held), 1, "{}", table(&report));
    assert_eq!(report.outcomes[0].reason, format!("more than one Jortt customer has {mail}"), "what is kept is whole");
    let sources = scene.workspace("orders").sources;
    let told = drawn(&report, &sources);
    assert!(told.contains("more than one Jortt customer has ***") && !told.contains("sanne"), "{told}");
    let json = report::json(&report.outcomes[0].problem().unwrap(), &sources).to_string();
    assert!(!json.contains("sanne"), "{json}");
    let summary = scene.ledger.records(RecordFilter::of("shop")).await.unwrap().remove(0);
    assert_eq!(summary.masked(&report.outcomes[0].reason), "more than one Jortt customer has ***");
    let (whole, sources) = summary.problem().unwrap();
    assert!(report::draw(&whole, &sources, Style::Plain).contains(mail), "the owner who asks for it sees it");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_called_by_something_personal_is_called_by_its_key() {
    let scene = Scene::new();
    let report = scene.run("customers").await;
    for outcome in &report.outcomes {
        assert!(outcome.title.contains('@'), "{}", outcome.title);
        assert_eq!(outcome.called(), *outcome.key, "{}", outcome.title);
        let told = outcome.problem().map(|problem| report::draw(&problem, &Default::default(), Style::Plain));
        assert!(!told.unwrap_or_default().contains('@'), "{}", outcome.title);
    }
}
