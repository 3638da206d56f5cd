//! A shadow answers as the ledger behind it would, and leaves that as it is.

use std::sync::Arc;

use koppel::ledger::{Ledger, Mark, Memory, RecordFilter, Shadow, Thing};
use proptest::test_runner::{Config, TestRunner};

use super::agree::{all, ask, calls};
use super::{claim, scope, waiting};

/// What a run reads, but for the numbers that a ledger gives by itself.
async fn read(ledger: &dyn Ledger) -> String {
    let scope = scope();
    let mut seen = String::new();
    for key in ["0", "1", "2"] {
        let mut record = ledger.record(&scope, key).await.unwrap();
        record.iter_mut().for_each(|record| record.mark = Mark::default());
        seen += &format!("{record:#?}");
        seen += &format!("{:?}", ledger.attempts(&scope, key).await.unwrap());
        seen += &format!("{:?}", ledger.linked("shop", &Thing::new("shop.orders", key), None).await.unwrap());
    }
    let mut keys: Vec<String> = waiting(ledger, 20).await.into_iter().map(|record| record.summary.key).collect();
    keys.sort();
    let mut listed: Vec<String> =
        ledger.records(RecordFilter::of("shop")).await.unwrap().into_iter().map(|summary| summary.key).collect();
    listed.sort();
    seen += &format!("{keys:?} {listed:?} {:?}", ledger.counts(&scope).await.unwrap());
    seen += &format!("{:?} {:?}", ledger.cursor(&scope).await.unwrap(), ledger.flow(&scope).await.unwrap().paused);
    seen
}

#[test]
fn a_shadow_answers_alike_and_changes_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&(calls(), calls()), |(before, then)| {
        let (plain, behind) = (Memory::new(), Arc::new(Memory::new()));
        runtime.block_on(async {
            let (own, other) = (claim(&plain).await, claim(&*behind).await);
            for (now, call) in (1..).zip(&before) {
                ask(&plain, &own, call, now).await;
                ask(&*behind, &other, call, now).await;
            }
            let stood = all(&*behind).await;
            let shadow = Shadow::new(behind.clone());
            let fenced = claim(&shadow).await;
            // A token goes through, and is no memory of a record.
            for (now, call) in (100..).zip(then.iter().filter(|call| call.verb < 13)) {
                let answers = (ask(&plain, &own, call, now).await, ask(&shadow, &fenced, call, now).await);
                proptest::prop_assert_eq!(answers.0, answers.1, "{:?}", call);
            }
            proptest::prop_assert_eq!(read(&plain).await, read(&shadow).await);
            proptest::prop_assert_eq!(stood, all(&*behind).await, "what is behind is as it was");
            Ok(())
        })
    });
    checked.unwrap();
}
