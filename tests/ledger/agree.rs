//! Both bodies are asked the same at random, and must answer the same.

use koppel::ledger::{
    Adoption, Answer, Decision, Ledger, LedgerError, Link, Memory, RecordFilter, Resend, Resolution, Revive, Sqlite,
    Status, Step, Thing,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{at, claim, end, folder, hash, made, order, page, scope, settle, waiting, write};

/// One call, with small numbers for what it is about.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) verb: u8,
    key: u8,
    n: u8,
    pick: u8,
}

pub(super) fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = (0..14_u8, 0..3_u8, 0..3_u8, 0..7_u8);
    prop::collection::vec(call.prop_map(|(verb, key, n, pick)| Call { verb, key, n, pick }), 1..60)
}

/// Makes the call and prints its answer.
pub(super) async fn ask(ledger: &dyn Ledger, claim: &koppel::ledger::Claim, call: &Call, now: i64) -> String {
    let (scope, now, key) = (scope(), at(now), call.key.to_string());
    let (n, round) = (u32::from(call.n), u32::from(call.n) + 1);
    let version = (call.pick.is_multiple_of(2)).then_some(hash(call.pick));
    let (step, id) = ("invoice".to_owned(), format!("inv-{}", call.pick));
    let name = format!("step {}", call.pick);
    let value = vec![call.pick];
    let put = Step { key: key.clone(), round, name: name.clone(), value };
    let link = Link {
        a: Thing::new("shop.orders", &*key),
        b: Thing::new("books.invoices", &*id),
        extra: call.pick.to_string(),
        flow: "orders".to_owned(),
    };
    let answer = match call.pick {
        0 | 1 => made(&id),
        2 | 3 => Answer::NotApplied { class: "conflict".to_owned(), words: String::new() },
        4 | 5 => Answer::Unknown { words: "reset".to_owned() },
        _ => Answer::Absent,
    };
    match call.verb {
        0 => {
            let mut incoming = order(&key, call.n);
            incoming.order = u64::from(call.pick);
            incoming.version = hash(call.pick % 2);
            text(ledger.intake(claim, &scope, page([incoming]), now).await)
        }
        1 => text(ledger.put_step(claim, &scope, put, now).await),
        2 | 3 => {
            let mut end = end(&key, round, Status::ALL[usize::from(call.pick)]);
            end.outcome.reason = version.map(|version| version.to_string());
            end.outcome.made = vec![Thing::new("books.invoices", &*id)];
            let thing = version.map(|_| Thing::new("books.invoices", id));
            end.outcome.decided = vec![Decision { round, step: name, what: "created".to_owned(), by: None, thing }];
            end.due = version.map(|_| at(30));
            text(ledger.finish(claim, &scope, end, now).await)
        }
        4 | 5 => text(ledger.reserve(claim, &scope, write(&key, n), now).await),
        6 | 7 => {
            let mut settlement = settle(&key, n, answer);
            settlement.links = vec![link];
            settlement.steps = if call.pick.is_multiple_of(2) { vec![put] } else { Vec::new() };
            text(ledger.answer(claim, &scope, settlement, now).await)
        }
        8 => {
            let (key_text, links, steps) = (String::new(), vec![link], Vec::new());
            text(ledger.adopt(claim, &scope, Adoption { key, step, key_text, id, links, steps }, now).await)
        }
        9 => {
            let found = version.map(|_| id);
            text(ledger.resolve(&scope, Resolution { key, identity: None, step, n, found }, now).await)
        }
        10 => {
            let which = Revive { failed: call.n == 0, version };
            text(ledger.revive(claim, &scope, which, now).await)
        }
        11 => text(ledger.resend(&scope, Resend::Keys(vec![key]), version, now).await),
        12 => text(ledger.resume(&scope, version, now).await),
        _ => text(ledger.put_token("shop", "books", u64::from(call.n), vec![call.pick], now).await),
    }
}

fn text<T: std::fmt::Debug>(answer: Result<T, LedgerError>) -> String {
    format!("{answer:?}")
}

/// Everything that can be read.
pub(super) async fn all(ledger: &dyn Ledger) -> String {
    let scope = scope();
    let mut all = format!("{:#?}", waiting(ledger, 20).await);
    for key in ["0", "1", "2"] {
        all += &format!("{:#?}", ledger.record(&scope, key).await);
        all += &text(ledger.linked("shop", &Thing::new("shop.orders", key), None).await);
    }
    for status in Status::ALL {
        all += &text(ledger.groups("shop", status).await);
    }
    all += &text(ledger.records(RecordFilter::of("shop")).await);
    all += &text(ledger.counts(&scope).await);
    all += &text(ledger.flows("shop").await);
    all += &text(ledger.unsettled(&scope).await);
    all += &text(ledger.next_due(&scope).await);
    all + text(ledger.token("shop", "books").await).as_str()
}

#[test]
fn memory_and_file_answer_alike() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let folder = folder("agree");
    let case = std::cell::Cell::new(0);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&calls(), |calls| {
        case.set(case.get() + 1);
        let file = Sqlite::open_inline(folder.join(format!("{}.db", case.get()))).unwrap();
        let memory = Memory::new();
        runtime.block_on(async {
            let claims = (claim(&file).await, claim(&memory).await);
            for (now, call) in (1..).zip(&calls) {
                let answers = (ask(&file, &claims.0, call, now).await, ask(&memory, &claims.1, call, now).await);
                prop_assert_eq!(answers.0, answers.1, "{:?}", call);
            }
            prop_assert_eq!(all(&file).await, all(&memory).await);
            Ok(())
        })
    });
    checked.unwrap();
}
