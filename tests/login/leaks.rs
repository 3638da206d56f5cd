//! Tokens are nowhere but sealed: not in the ledger's file, not in what is logged, not in what is told.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use koppel::connect::Class;
use koppel::ledger::{ActivityFilter, RecordFilter, Sqlite};
use koppel::sandbox::{Fault, FaultKind, Options, Rate};

use super::office::{Eavesdropper, Office, works};
use crate::support::figure::tell;
use crate::support::scene::pass;

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(start_paused = true)]
async fn no_token_stands_in_the_ledger_its_log_or_a_message() {
    let mut office = Office::new(Options { token_lifetime: SignedDuration::from_mins(5), ..Options::default() });
    let folder = crate::support::folder::Folder::with(&[]);
    let path = folder.path().join("koppel.db");
    office.ledger = Arc::new(Sqlite::open_inline(&path).unwrap());
    let ear = Eavesdropper::before(office.scene.transport.clone());
    office.transport = ear.clone();
    office.scene.transport = ear.clone();
    office.log_in().await.unwrap();
    let mut told = String::new();
    office.scene.ledger = office.ledger.clone();
    office.scene.tokens = Some(Arc::new(office.vault()));
    let few = koppel::run::Options { limit: Some(3), ..koppel::run::Options::default() };
    for kind in [FaultKind::ExpiredToken, FaultKind::ServerError, FaultKind::CutBody] {
        office.scene.sandbox.set_faults(vec![Fault { kind, rate: Rate::Times(1), on: Some("GET /v3".to_string()) }]);
        for flow in ["customers", "orders"] {
            let report = office.scene.run_with(flow, &few).await;
            told.push_str(&format!("{report:?}"));
        }
        pass(400).await;
    }
    office.scene.sandbox.set_faults(Vec::new());
    office.scene.sandbox.revoke();
    pass(400).await;
    let fault = works(&office.system(), &()).await.unwrap_err();
    assert_eq!(fault.class, Class::Auth, "{fault}");
    told.push_str(&format!("{fault:?} {fault}"));
    for record in office.ledger.records(RecordFilter::of("shop")).await.unwrap() {
        told.push_str(&format!("{record:?}"));
    }
    let logged = office
        .ledger
        .activity(ActivityFilter { limit: 100_000, bodies: true, ..ActivityFilter::of("shop") })
        .await
        .unwrap();
    let tokens = logged.iter().filter(|logged| logged.activity.url.contains("/oauth/token")).count();
    assert!(tokens >= 3, "the log tells that tokens were asked for: {tokens}");
    for logged in &logged {
        let activity = &logged.activity;
        let texts = [&activity.request, &activity.answer].map(|bytes| String::from_utf8_lossy(bytes).to_string());
        told.push_str(&format!("{} {texts:?}", activity.url));
    }
    let heard = ear.heard.lock().unwrap().clone();
    assert!(heard.len() >= 8, "{} tokens", heard.len());
    let files: Vec<_> = ["", "-wal", "-shm", ".lock"]
        .iter()
        .map(|ending| Path::new(&format!("{}{ending}", path.display())).to_owned())
        .collect();
    let mut looked = told.len();
    for file in &files {
        let bytes = std::fs::read(file).unwrap_or_default();
        looked += bytes.len();
        for token in &heard {
            assert!(!holds(&bytes, token), "a token stands in {}", file.display());
        }
    }
    for token in &heard {
        assert!(!told.contains(token.as_str()), "a token is told");
    }
    assert!(looked > 100_000, "{looked}");
    tell("R10", &format!("{} tokens, none of them in {looked} bytes of ledger, log and messages", heard.len()));
}
