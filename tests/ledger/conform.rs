//! What every body of the ledger answers.

use std::sync::Arc;

use futures_util::future::join_all;
use koppel::ledger::{
    Activity, ActivityFilter, Adoption, Alarm, Answer, Attempt, Claimed, Counts, Delivery, Direction, Finished,
    Incoming, Intake, Ledger, LedgerError, Letter, Link, Mark, Outcome, Page, Pause, Person, RecordFilter, Resend,
    Reservation, Reserved, Resolution, Retention, Revive, Run, Scope, Settled, State, Status, Step, Stored, Swapped,
    Telling, Thing, Trace, Window,
};

use super::{
    TTL, at, bodies, claim, end, hash, made, order, outcome, page, scope, settle, waiting, waiting_keys, write,
};

/// One test on every body.
macro_rules! conform {
    ($($name:ident($ledger:ident) $body:block)*) => {$(
        #[tokio::test]
        async fn $name() {
            for $ledger in bodies(stringify!($name)) {
                $body
            }
        }
    )*};
}

fn unknown(words: &str) -> Answer {
    Answer::Unknown { words: words.to_owned() }
}

fn refused() -> Answer {
    Answer::NotApplied { class: "server_error".to_owned(), words: "try later".to_owned() }
}

fn step(key: &str, round: u32, name: &str, value: &str) -> Step {
    Step { key: key.to_owned(), round, name: name.to_owned(), value: value.into() }
}

fn states(attempts: &[Attempt]) -> Vec<(u32, State)> {
    attempts.iter().map(|attempt| (attempt.n, attempt.state.clone())).collect()
}

fn link(a: &str, b: &str, extra: &str) -> Link {
    let (a, b) = (Thing::new("shop.orders", a), Thing::new("books.invoices", b));
    Link { a, b, extra: extra.to_owned(), flow: "orders".to_owned() }
}

fn call(second: i64, key: Option<&str>, url: &str) -> Activity {
    Activity {
        at: at(second),
        flow: "orders".to_owned(),
        key: key.map(str::to_owned),
        step: Some("invoice".to_owned()),
        direction: Direction::Out,
        system: "books".to_owned(),
        method: "POST".to_owned(),
        url: url.to_owned(),
        status: Some(201),
        request: b"{\"email\":\"Jan@example.nl\"}".to_vec(),
        answer: b"{}".to_vec(),
        millis: 12,
        attempt: Some(0),
    }
}

conform! {

a_lane_has_one_holder_and_an_old_epoch_changes_nothing(ledger) {
    let first = claim(&*ledger).await;
    let taken = ledger.claim(&first.lane, "they", at(59), TTL).await.unwrap();
    assert_eq!(taken, Claimed::Taken { holder: "we".to_owned(), until: at(60) });
    let first = ledger.renew(&first, at(59), TTL).await.unwrap();
    assert!(matches!(ledger.claim(&first.lane, "they", at(118), TTL).await, Ok(Claimed::Taken { .. })));
    ledger.intake(&first, &scope(), page([order("1", 1)]), at(1)).await.unwrap();

    // Its time passes, another takes it.
    let Claimed::Granted(second) = ledger.claim(&first.lane, "they", at(119), TTL).await.unwrap() else { panic!() };
    assert!(second.epoch > first.epoch);
    let stale = LedgerError::Stale { lane: first.lane.clone(), epoch: first.epoch };
    assert_eq!(ledger.renew(&first, at(120), TTL).await, Err(stale.clone()));
    let both = Page { records: vec![order("2", 2)], cursor: Some("c".to_owned()) };
    assert_eq!(ledger.intake(&first, &scope(), both, at(120)).await, Err(stale.clone()));
    assert_eq!(ledger.put_step(&first, &scope(), step("1", 1, "s", "v"), at(120)).await, Err(stale.clone()));
    assert_eq!(ledger.reserve(&first, &scope(), write("1", 0), at(120)).await, Err(stale.clone()));
    assert_eq!(ledger.answer(&first, &scope(), settle("1", 0, made("x")), at(120)).await, Err(stale.clone()));
    assert_eq!(ledger.finish(&first, &scope(), end("1", 1, Status::Done), at(120)).await, Err(stale.clone()));
    assert_eq!(ledger.revive(&first, &scope(), Revive::default(), at(120)).await, Err(stale));
    assert_eq!(ledger.cursor(&scope()).await, Ok(None));
    assert_eq!(waiting_keys(&*ledger, 120).await, ["1"]);
    assert_eq!(ledger.attempts(&scope(), "1").await, Ok(Vec::new()));

    // A stale release gives nothing back; a released claim is stale, too.
    ledger.release(&first).await.unwrap();
    assert_eq!(ledger.reserve(&second, &scope(), write("1", 0), at(121)).await, Ok(Reserved::Fresh));
    ledger.release(&second).await.unwrap();
    assert!(matches!(
        ledger.reserve(&second, &scope(), write("2", 0), at(121)).await,
        Err(LedgerError::Stale { .. })
    ));
    assert!(matches!(ledger.claim(&first.lane, "we", at(121), TTL).await, Ok(Claimed::Granted(_))));
}

records_come_in_once_and_again_when_they_changed(ledger) {
    let claim = claim(&*ledger).await;
    let take = async |records: Vec<Incoming>| ledger.intake(&claim, &scope(), page(records), at(1)).await.unwrap();
    let counted = |new, again, unchanged, in_doubt| Intake { new, again, unchanged, in_doubt };

    let keys = ["a", "b", "c", "d", "e", "f", "g"];
    assert_eq!(take(keys.map(|key| order(key, 1)).to_vec()).await, counted(7, 0, 0, 0));
    let ends = [Status::Done, Status::Skipped, Status::Held, Status::Failed, Status::InDoubt, Status::Stopped];
    for (key, status) in keys.into_iter().zip(ends) {
        ledger.put_step(&claim, &scope(), step(key, 1, "read", "v"), at(2)).await.unwrap();
        assert_eq!(ledger.finish(&claim, &scope(), end(key, 1, status), at(2)).await, Ok(Finished::Stored));
    }
    assert_eq!(waiting_keys(&*ledger, 2).await, ["g"]);

    // Unchanged: only what failed goes on, in its round, with what its steps gave.
    assert_eq!(take(keys.map(|key| order(key, 1)).to_vec()).await, counted(0, 1, 6, 0));
    let again = waiting(&*ledger, 2).await;
    assert_eq!(again.iter().map(|record| &*record.summary.key).collect::<Vec<_>>(), ["d", "g"]);
    assert_eq!((again[0].summary.round, again[0].steps.len()), (1, 1));

    // Changed: all begin anew with the new body; what is in doubt stays so.
    assert_eq!(take(keys.map(|key| order(key, 2)).to_vec()).await, counted(0, 6, 0, 1));
    let again = waiting(&*ledger, 2).await;
    assert_eq!(again.iter().map(|record| &*record.summary.key).collect::<Vec<_>>(), ["a", "b", "c", "d", "f", "g"]);
    for record in &again {
        assert_eq!((record.summary.round, &*record.source, record.steps.len()), (2, &[2_u8; 3][..], 0));
    }
    assert_eq!((again[0].summary.completed, again[1].summary.completed), (Some(at(2)), None));
    let doubtful = ledger.record(&scope(), "e").await.unwrap().unwrap();
    assert_eq!((doubtful.summary.status, &*doubtful.source), (Status::InDoubt, &[2_u8; 3][..]));

    // A changed version is a change; of two with one key the later wins.
    let other = Incoming { version: hash(101), ..order("g", 2) };
    assert_eq!(take(vec![other.clone(), other]).await, counted(0, 1, 1, 0));
    assert_eq!(take(vec![order("h", 1), order("h", 2)]).await, counted(1, 1, 0, 0));
    assert_eq!(ledger.record(&scope(), "h").await.unwrap().unwrap().source, [2; 3]);

    // Another flow and another tenant have their own.
    let other = Scope::new("shop", "credits");
    assert_eq!(ledger.intake(&claim, &other, page([order("a", 2)]), at(1)).await, Ok(counted(1, 0, 0, 0)));
    let other = Scope::new("shop 2", "orders");
    assert_eq!(ledger.intake(&claim, &other, page([order("a", 2)]), at(1)).await, Ok(counted(1, 0, 0, 0)));
}

the_cursor_moves_with_its_records(ledger) {
    let claim = claim(&*ledger).await;
    assert_eq!(ledger.cursor(&scope()).await, Ok(None));
    let moved = |cursor: Option<&str>| Page { records: vec![order("1", 1)], cursor: cursor.map(str::to_owned) };
    ledger.intake(&claim, &scope(), moved(Some("c1")), at(1)).await.unwrap();
    assert_eq!(ledger.cursor(&scope()).await, Ok(Some("c1".to_owned())));
    ledger.intake(&claim, &scope(), moved(None), at(1)).await.unwrap();
    assert_eq!(ledger.cursor(&scope()).await, Ok(Some("c1".to_owned())));
    assert_eq!(ledger.flow(&scope()).await.unwrap().cursor.as_deref(), Some("c1"));
    assert_eq!(ledger.cursor(&Scope::new("shop 2", "orders")).await, Ok(None));
}

waiting_records_come_in_order_and_when_they_are_due(ledger) {
    let claim = claim(&*ledger).await;
    let placed = |key: &str, place| Incoming { order: place, ..order(key, 1) };
    let records = [placed("late", u64::MAX), placed("b", 5), placed("a", 5), placed("first", 1)];
    ledger.intake(&claim, &scope(), page(records), at(1)).await.unwrap();
    assert_eq!(waiting_keys(&*ledger, 1).await, ["first", "b", "a", "late"]);

    let mut after: Option<Mark> = None;
    let mut keys = Vec::new();
    loop {
        let window = Window { limit: 1, after, due_by: at(1) };
        let Some(record) = ledger.waiting(&scope(), window).await.unwrap().pop() else { break };
        after = Some(record.mark);
        keys.push(record.summary.key);
    }
    assert_eq!(keys, ["first", "b", "a", "late"]);

    assert_eq!(ledger.next_due(&scope()).await, Ok(None));
    let mut put_back = end("b", 1, Status::Waiting);
    put_back.due = Some(at(100));
    assert_eq!(ledger.finish(&claim, &scope(), put_back, at(2)).await, Ok(Finished::Stored));
    assert_eq!(waiting_keys(&*ledger, 99).await, ["first", "a", "late"]);
    assert_eq!(waiting_keys(&*ledger, 100).await, ["first", "b", "a", "late"]);
    assert_eq!(ledger.next_due(&scope()).await, Ok(Some(at(100))));
    // A person need not wait.
    assert_eq!(ledger.resend(&scope(), Resend::Keys(vec!["b".to_owned()]), None, at(3)).await, Ok(1));
    assert_eq!(waiting_keys(&*ledger, 3).await, ["first", "b", "a", "late"]);
    assert_eq!(ledger.record(&scope(), "b").await.unwrap().unwrap().summary.round, 1);
}

a_step_is_kept_once(ledger) {
    let claim = claim(&*ledger).await;
    ledger.intake(&claim, &scope(), page([order("1", 1)]), at(1)).await.unwrap();
    let put = async |round, value| ledger.put_step(&claim, &scope(), step("1", round, "find", value), at(2)).await;
    assert_eq!(put(1, "x").await, Ok(Stored::Own));
    assert_eq!(put(1, "y").await, Ok(Stored::Other(b"x".to_vec())));
    assert!(matches!(put(2, "z").await, Err(LedgerError::Unknown { .. })));
    let steps = waiting(&*ledger, 1).await.pop().unwrap().steps;
    assert_eq!(steps.iter().map(|memo| (&*memo.name, &*memo.value)).collect::<Vec<_>>(), [("find", &b"x"[..])]);

    // A new body makes it untrue; the old round may end its work, but nothing of it stays.
    ledger.intake(&claim, &scope(), page([order("1", 2)]), at(3)).await.unwrap();
    assert_eq!(put(1, "late").await, Ok(Stored::Own));
    assert_eq!(ledger.finish(&claim, &scope(), end("1", 1, Status::Done), at(4)).await, Ok(Finished::Superseded));
    let record = waiting(&*ledger, 4).await.pop().unwrap();
    assert_eq!((record.summary.round, record.steps, record.summary.completed), (2, Vec::new(), None));
    assert_eq!(put(2, "z").await, Ok(Stored::Own));

    // What has ended has ended.
    assert_eq!(ledger.finish(&claim, &scope(), end("1", 2, Status::Held), at(5)).await, Ok(Finished::Stored));
    assert_eq!(ledger.finish(&claim, &scope(), end("1", 2, Status::Done), at(5)).await, Ok(Finished::Superseded));
    let record = ledger.record(&scope(), "1").await.unwrap().unwrap();
    assert_eq!((record.summary.status, record.steps), (Status::Held, Vec::new()));
    assert!(matches!(
        ledger.finish(&claim, &scope(), end("2", 1, Status::Done), at(5)).await,
        Err(LedgerError::Unknown { .. })
    ));
}

one_of_fifty_may_send(ledger) {
    let claim = claim(&*ledger).await;
    let tries = (0..50).map(|_| {
        let (ledger, claim): (Arc<dyn Ledger>, _) = (ledger.clone(), claim.clone());
        tokio::spawn(async move { ledger.reserve(&claim, &scope(), write("1", 0), at(1)).await })
    });
    let answers: Vec<_> = join_all(tries).await.into_iter().map(|answer| answer.unwrap().unwrap()).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == Reserved::Fresh).count(), 1);
    let attempt = ledger.attempts(&scope(), "1").await.unwrap().pop().unwrap();
    assert_eq!((&*attempt.key_text, attempt.body, attempt.reserved), ("MWW-1", Some(hash(1)), at(1)));
    let others = answers.iter().filter(|answer| **answer == Reserved::Exists(attempt.clone()));
    assert_eq!(others.count(), 49);
}

an_attempt_follows_only_one_that_made_nothing(ledger) {
    let claim = claim(&*ledger).await;
    let reserve = async |n| ledger.reserve(&claim, &scope(), write("1", n), at(1)).await;
    let answer = async |n, answer| ledger.answer(&claim, &scope(), settle("1", n, answer), at(2)).await.unwrap();
    let blocked = |reserved: Result<Reserved, LedgerError>| match reserved {
        Ok(Reserved::Exists(attempt)) => (attempt.n, attempt.state),
        other => panic!("{other:?}"),
    };
    let answered = State::Answered;

    assert!(matches!(reserve(1).await, Err(LedgerError::Unknown { .. })));
    assert_eq!(reserve(0).await, Ok(Reserved::Fresh));
    assert_eq!(blocked(reserve(0).await), (0, State::Open));
    assert_eq!(blocked(reserve(1).await), (0, State::Open));
    assert_eq!(answer(0, refused()).await, Settled::Stored);
    assert!(matches!(answer(0, made("late")).await, Settled::Kept(_)));
    assert_eq!(blocked(reserve(0).await), (0, answered(refused())));
    assert!(matches!(reserve(2).await, Err(LedgerError::Unknown { .. })));

    assert_eq!(reserve(1).await, Ok(Reserved::Fresh));
    assert_eq!(answer(1, unknown("timeout")).await, Settled::Stored);
    assert!(matches!(answer(1, refused()).await, Settled::Kept(_)));
    assert_eq!(answer(1, unknown("reset")).await, Settled::Stored);
    assert_eq!(blocked(reserve(2).await), (1, answered(unknown("reset"))));
    assert_eq!(states(&ledger.unsettled(&scope()).await.unwrap()), [(1, answered(unknown("reset")))]);
    assert_eq!(answer(1, Answer::Absent).await, Settled::Stored);
    assert!(matches!(answer(1, made("late")).await, Settled::Kept(_)));

    assert_eq!(reserve(2).await, Ok(Reserved::Fresh));
    assert_eq!(answer(2, made("inv-1")).await, Settled::Stored);
    for n in 0..5 {
        assert_eq!(blocked(reserve(n).await), (2, answered(made("inv-1"))));
    }
    assert_eq!(
        states(&ledger.attempts(&scope(), "1").await.unwrap()),
        [(0, answered(refused())), (1, answered(Answer::Absent)), (2, answered(made("inv-1")))]
    );
    assert_eq!(ledger.unsettled(&scope()).await, Ok(Vec::new()));
    let missing = ledger.answer(&claim, &scope(), settle("1", 9, made("x")), at(3)).await;
    assert!(matches!(missing, Err(LedgerError::Unknown { .. })));

    // Another step, flow or tenant has numbers of its own.
    let mut other = write("1", 0);
    other.step = "payment".to_owned();
    assert_eq!(ledger.reserve(&claim, &scope(), other, at(1)).await, Ok(Reserved::Fresh));
    let credits = Scope::new("shop", "credits");
    assert_eq!(ledger.reserve(&claim, &credits, write("1", 0), at(1)).await, Ok(Reserved::Fresh));
}

an_answer_is_kept_with_its_links_and_steps_or_not_at_all(ledger) {
    let claim = claim(&*ledger).await;
    ledger.intake(&claim, &scope(), page([order("1", 1)]), at(1)).await.unwrap();
    ledger.reserve(&claim, &scope(), write("1", 0), at(1)).await.unwrap();
    let a = Thing::new("shop.orders", "1");

    let mut wrong = settle("1", 0, made("inv-1"));
    wrong.links = vec![link("1", "inv-1", "")];
    wrong.steps = vec![step("1", 1, "invoice", "inv-1"), step("nobody", 1, "invoice", "inv-1")];
    let answer = ledger.answer(&claim, &scope(), wrong.clone(), at(2)).await;
    assert!(matches!(answer, Err(LedgerError::Unknown { .. })));
    assert_eq!(ledger.linked("shop", &a, None).await, Ok(Vec::new()));
    let record = waiting(&*ledger, 2).await.pop().unwrap();
    assert_eq!((states(&record.attempts), record.steps), (vec![(0, State::Open)], Vec::new()));

    wrong.steps.pop();
    assert_eq!(ledger.answer(&claim, &scope(), wrong.clone(), at(3)).await, Ok(Settled::Stored));
    let record = waiting(&*ledger, 3).await.pop().unwrap();
    assert_eq!(record.attempts[0].answered, Some(at(3)));
    assert_eq!(record.steps[0].value, b"inv-1");
    assert_eq!(ledger.linked("shop", &a, None).await.unwrap().len(), 1);

    // What is not kept brings nothing along.
    wrong.links = vec![link("1", "inv-2", "")];
    assert!(matches!(ledger.answer(&claim, &scope(), wrong, at(4)).await, Ok(Settled::Kept(_))));
    assert_eq!(ledger.linked("shop", &a, None).await.unwrap().len(), 1);
}

what_is_found_is_taken_for_made(ledger) {
    let claim = claim(&*ledger).await;
    let adopt = async |key: &str, id: &str| {
        let adoption = Adoption {
            key: key.to_owned(),
            step: "invoice".to_owned(),
            key_text: format!("MWW-{key}"),
            id: id.to_owned(),
            links: vec![link(key, id, "")],
            steps: Vec::new(),
        };
        ledger.adopt(&claim, &scope(), adoption, at(5)).await.unwrap()
    };
    // Never sent.
    assert_eq!(adopt("1", "inv-1").await, Settled::Stored);
    let attempt = ledger.attempts(&scope(), "1").await.unwrap().pop().unwrap();
    assert_eq!((attempt.n, attempt.body, attempt.answered), (0, None, Some(at(5))));
    assert!(matches!(ledger.reserve(&claim, &scope(), write("1", 0), at(6)).await, Ok(Reserved::Exists(_))));
    assert_eq!(adopt("1", "inv-2").await, Settled::Kept(attempt));
    assert_eq!(ledger.linked("shop", &Thing::new("books.invoices", "inv-2"), None).await, Ok(Vec::new()));
    // Sent and not answered.
    ledger.reserve(&claim, &scope(), write("2", 0), at(1)).await.unwrap();
    assert_eq!(adopt("2", "inv-3").await, Settled::Stored);
    let attempts = ledger.attempts(&scope(), "2").await.unwrap();
    assert_eq!(states(&attempts), [(0, State::Answered(made("inv-3")))]);
    assert_eq!(attempts[0].body, Some(hash(1)));
    // Refused before.
    ledger.reserve(&claim, &scope(), write("3", 0), at(1)).await.unwrap();
    ledger.answer(&claim, &scope(), settle("3", 0, refused()), at(1)).await.unwrap();
    assert_eq!(adopt("3", "inv-4").await, Settled::Stored);
    let after = states(&ledger.attempts(&scope(), "3").await.unwrap());
    assert_eq!(after, [(0, State::Answered(refused())), (1, State::Answered(made("inv-4")))]);
}

a_person_settles_a_doubt(ledger) {
    let claim = claim(&*ledger).await;
    ledger.intake(&claim, &scope(), page([order("1", 1), order("2", 1)]), at(1)).await.unwrap();
    for key in ["1", "2"] {
        ledger.put_step(&claim, &scope(), step(key, 1, "read", "v"), at(1)).await.unwrap();
        ledger.reserve(&claim, &scope(), write(key, 0), at(1)).await.unwrap();
        ledger.answer(&claim, &scope(), settle(key, 0, unknown("timeout")), at(2)).await.unwrap();
        ledger.finish(&claim, &scope(), end(key, 1, Status::InDoubt), at(3)).await.unwrap();
    }
    let all = Resend::Keys(vec!["1".to_owned(), "2".to_owned()]);
    assert_eq!(ledger.resend(&scope(), all, None, at(4)).await, Ok(0));
    let resolve = async |key: &str, found: Option<&str>| {
        let (key, step, found) = (key.to_owned(), "invoice".to_owned(), found.map(str::to_owned));
        ledger.resolve(&scope(), Resolution { key, identity: None, step, n: 0, found }, at(5)).await
    };
    assert_eq!(resolve("1", Some("inv-1")).await, Ok(Settled::Stored));
    assert_eq!(resolve("2", None).await, Ok(Settled::Stored));
    assert!(matches!(resolve("3", None).await, Err(LedgerError::Unknown { .. })));
    assert!(matches!(resolve("1", None).await, Ok(Settled::Kept(_))));
    let records = waiting(&*ledger, 5).await;
    let stands: Vec<_> = records.iter().map(|record| (record.summary.round, record.steps.len())).collect();
    assert_eq!(stands, [(1, 1), (1, 1)]);
    assert_eq!(states(&records[0].attempts), [(0, State::Answered(made("inv-1")))]);
    assert!(matches!(ledger.reserve(&claim, &scope(), write("1", 1), at(6)).await, Ok(Reserved::Exists(_))));
    assert_eq!(ledger.reserve(&claim, &scope(), write("2", 1), at(6)).await, Ok(Reserved::Fresh));
}

links_go_both_ways(ledger) {
    for (a, b, extra) in [("1", "x", "is_private=true"), ("1", "y", "is_private=false"), ("2", "z", "")] {
        ledger.put_link("shop", link(a, b, extra), at(1)).await.unwrap();
    }
    let (one, x) = (Thing::new("shop.orders", "1"), Thing::new("books.invoices", "x"));
    let found = ledger.linked("shop", &one, Some("books.invoices")).await.unwrap();
    let ids: Vec<_> = found.iter().map(|linked| (&*linked.thing.id, &*linked.extra)).collect();
    assert_eq!(ids, [("x", "is_private=true"), ("y", "is_private=false")]);
    assert_eq!(ledger.linked("shop", &x, None).await.unwrap()[0].thing, one);
    assert_eq!(ledger.linked("shop", &one, Some("books.customers")).await, Ok(Vec::new()));
    assert_eq!(ledger.linked("shop 2", &one, None).await, Ok(Vec::new()));
    // The later word is the true one.
    ledger.put_link("shop", link("1", "x", "is_private=no"), at(2)).await.unwrap();
    let back = ledger.linked("shop", &x, None).await.unwrap();
    assert_eq!((back.len(), &*back[0].extra, back[0].at), (1, "is_private=no", at(2)));
    ledger.drop_link("shop", &x, &one).await.unwrap();
    assert_eq!(ledger.linked("shop", &x, None).await, Ok(Vec::new()));
    assert_eq!(ledger.linked("shop", &one, None).await.unwrap().len(), 1);
}

a_token_is_swapped_by_one(ledger) {
    assert_eq!(ledger.token("shop", "books").await, Ok(None));
    let put = async |version, bytes: &str| {
        ledger.put_token("shop", "books", version, bytes.into(), at(1)).await.unwrap()
    };
    assert_eq!(put(3, "x").await, Swapped::Lost(None));
    assert_eq!(put(0, "one").await, Swapped::Stored(1));
    let Swapped::Lost(Some(token)) = put(0, "other").await else { panic!() };
    assert_eq!((token.version, &*token.bytes), (1, &b"one"[..]));
    assert!(!format!("{token:?}").contains("111"));
    assert_eq!(put(1, "two").await, Swapped::Stored(2));
    ledger.drop_token("shop", "books").await.unwrap();
    assert_eq!(ledger.token("shop", "books").await, Ok(None));
    assert_eq!(put(2, "late").await, Swapped::Lost(None));
    // No version is given twice.
    assert_eq!(put(0, "three").await, Swapped::Stored(3));
    assert_eq!(ledger.token("shop 2", "books").await, Ok(None));
}

ended_records_come_again_as_they_may(ledger) {
    let claim = claim(&*ledger).await;
    let ends = [Status::Done, Status::Skipped, Status::Held, Status::Failed, Status::InDoubt, Status::InDoubt];
    let keys = ["done", "skipped", "held", "failed", "doubt", "doubt of another"];
    ledger.reserve(&claim, &scope(), write("doubt", 0), at(1)).await.unwrap();
    ledger.intake(&claim, &scope(), page(keys.map(|key| order(key, 1))), at(1)).await.unwrap();
    for (key, status) in keys.into_iter().zip(ends) {
        let mut end = end(key, 1, status);
        end.outcome.reason = Some(format!("because {key}"));
        ledger.finish(&claim, &scope(), end, at(2)).await.unwrap();
    }
    let revive = async |failed, version| {
        ledger.revive(&claim, &scope(), Revive { failed, version }, at(3)).await.unwrap()
    };
    assert_eq!(revive(false, Some(hash(100))).await, 0);
    assert_eq!(revive(true, Some(hash(100))).await, 2);
    assert_eq!(waiting(&*ledger, 3).await[0].summary.round, 1);
    assert_eq!(waiting(&*ledger, 3).await[1].summary.key, "doubt of another");
    ledger.finish(&claim, &scope(), end("doubt of another", 1, Status::Done), at(4)).await.unwrap();
    ledger.finish(&claim, &scope(), end("failed", 1, Status::Failed), at(4)).await.unwrap();
    assert_eq!(revive(true, Some(hash(101))).await, 3);
    let again = waiting(&*ledger, 3).await;
    let keys: Vec<_> = again.iter().map(|record| &*record.summary.key).collect();
    assert_eq!(keys, ["skipped", "held", "failed"]);
    assert!(again.iter().all(|record| record.summary.round == 2 && record.summary.version == hash(101)));

    let mut held = end("held", 2, Status::Held);
    held.outcome.reason = Some("no SKU".to_owned());
    ledger.finish(&claim, &scope(), held, at(5)).await.unwrap();
    let groups = ledger.groups("shop", Status::Held).await.unwrap();
    assert_eq!((groups.len(), groups[0].reason.as_deref(), groups[0].count, groups[0].since), (1, Some("no SKU"), 1, at(5)));
    assert_eq!(ledger.resend(&scope(), Resend::Held("other".to_owned()), None, at(6)).await, Ok(0));
    assert_eq!(ledger.resend(&scope(), Resend::Held("no SKU".to_owned()), Some(hash(102)), at(6)).await, Ok(1));
    let twice = Resend::Keys(vec!["done".to_owned(), "done".to_owned(), "nobody".to_owned()]);
    assert_eq!(ledger.resend(&scope(), twice, None, at(6)).await, Ok(1));
    let held = ledger.record(&scope(), "held").await.unwrap().unwrap().summary;
    assert_eq!((held.status, held.round, held.version), (Status::Waiting, 3, hash(102)));
    assert_eq!(held.outcome.unwrap().reason.as_deref(), Some("no SKU"));
}

a_stopped_record_pauses_its_flow(ledger) {
    let claim = claim(&*ledger).await;
    ledger.intake(&claim, &scope(), page([order("1", 1)]), at(1)).await.unwrap();
    let mut stop = end("1", 1, Status::Stopped);
    stop.outcome.reason = Some("log in again".to_owned());
    ledger.finish(&claim, &scope(), stop, at(2)).await.unwrap();
    let pause = |reason: &str, second| Pause { reason: reason.to_owned(), since: at(second) };
    ledger.pause(&scope(), pause("later", 3)).await.unwrap();
    assert_eq!(ledger.flow(&scope()).await.unwrap().paused, Some(pause("log in again", 2)));
    assert_eq!(waiting_keys(&*ledger, 3).await, [""; 0]);
    assert_eq!(ledger.resume(&scope(), None, at(4)).await, Ok(1));
    assert_eq!(ledger.flow(&scope()).await.unwrap().paused, None);
    assert_eq!(waiting_keys(&*ledger, 4).await, ["1"]);
    ledger.pause(&Scope::new("shop", "credits"), pause("by hand", 5)).await.unwrap();
    let flows = ledger.flows("shop").await.unwrap();
    let names: Vec<_> = flows.iter().map(|flow| (&*flow.flow, flow.paused.is_some())).collect();
    assert_eq!(names, [("credits", true), ("orders", false)]);
}

versions_and_runs_are_kept(ledger) {
    for (version, second) in [(1, 1), (2, 2), (1, 3)] {
        ledger.put_version(&scope(), hash(version), vec![version], at(second)).await.unwrap();
    }
    let versions = ledger.versions(&scope()).await.unwrap();
    let short: Vec<_> = versions.iter().map(|it| (it.files[0], it.first, it.last)).collect();
    assert_eq!(short, [(1, at(1), at(3)), (2, at(2), at(2))]);
    let mut counts = Counts::default();
    counts.add(Status::Done, 3);
    counts.add(Status::InDoubt, 1);
    let run = |second| Run { started: at(second), ended: at(second + 1), new: 4, counts, requests: 9, fault: None };
    let broken = Run { fault: Some("no network".to_owned()), ..run(20) };
    for run in [run(10), broken.clone()] {
        ledger.put_run(&scope(), run).await.unwrap();
    }
    assert_eq!(ledger.runs(&scope(), 9).await, Ok(vec![broken.clone(), run(10)]));
    let flow = ledger.flow(&scope()).await.unwrap();
    assert_eq!((flow.version, flow.last_run), (Some(hash(1)), Some(broken)));
}

people_find_records(ledger) {
    let claim = claim(&*ledger).await;
    ledger.intake(&claim, &scope(), page(["1", "2", "3"].map(|key| order(key, 1))), at(1)).await.unwrap();
    ledger.reserve(&claim, &scope(), write("2", 0), at(1)).await.unwrap();
    let thing = |id: &str| Thing::new("books.invoices", id);
    let full = Outcome {
        code: Some(koppel::report::Code(601)),
        reason: Some("no SKU".to_owned()),
        step: Some("invoice".to_owned()),
        place: Some("orders.flow:12:3".to_owned()),
        field: Some("sku".to_owned()),
        value: Some("x".to_owned()),
        made: vec![thing("i"), thing("j")],
        personal: vec!["x".to_owned(), "y z".to_owned()],
        requests: 7,
        ..outcome(Status::Held)
    };
    let mut held = end("2", 1, Status::Held);
    held.outcome = full.clone();
    ledger.finish(&claim, &scope(), held, at(2)).await.unwrap();

    let list = async |filter: RecordFilter| {
        let found = ledger.records(filter).await.unwrap();
        found.into_iter().map(|summary| summary.key).collect::<Vec<_>>()
    };
    let all = || RecordFilter::of("shop");
    assert_eq!(list(all()).await, ["2", "3", "1"]);
    assert_eq!(list(RecordFilter { skip: 1, limit: 1, ..all() }).await, ["3"]);
    assert_eq!(list(RecordFilter { status: Some(Status::Held), ..all() }).await, ["2"]);
    assert_eq!(list(RecordFilter { since: Some(at(2)), ..all() }).await, ["2"]);
    assert_eq!(list(RecordFilter { named: Some("T-3".to_owned()), ..all() }).await, ["3"]);
    assert_eq!(list(RecordFilter { named: Some("3".to_owned()), ..all() }).await, ["3"]);
    assert_eq!(list(RecordFilter { reason: Some("no SKU".to_owned()), ..all() }).await, ["2"]);
    assert_eq!(list(RecordFilter { flow: Some("credits".to_owned()), ..all() }).await, [""; 0]);
    assert_eq!(list(RecordFilter::of("shop 2")).await, [""; 0]);

    let record = ledger.record(&scope(), "2").await.unwrap().unwrap();
    assert_eq!((record.summary.outcome, record.attempts.len()), (Some(full), 1));
    assert_eq!(ledger.record(&scope(), "9").await, Ok(None));
    let counts = ledger.counts(&scope()).await.unwrap();
    assert_eq!((counts.of(Status::Waiting), counts.of(Status::Held), counts.total()), (2, 1, 3));

    // What it ever made stays named.
    ledger.resend(&scope(), Resend::Keys(vec!["2".to_owned()]), None, at(3)).await.unwrap();
    let mut done = end("2", 2, Status::Done);
    done.outcome.made = vec![thing("j"), thing("k")];
    ledger.finish(&claim, &scope(), done, at(4)).await.unwrap();
    let outcome = ledger.record(&scope(), "2").await.unwrap().unwrap().summary.outcome.unwrap();
    assert_eq!(outcome.made, ["i", "j", "k"].map(thing));
}

calls_are_listed(ledger) {
    let calls = vec![call(1, Some("1"), "/a"), call(2, None, "/b"), call(3, Some("1"), "/c")];
    ledger.put_activity("shop", calls.clone()).await.unwrap();
    let all = || ActivityFilter { bodies: true, ..ActivityFilter::of("shop") };
    let list = async |filter: ActivityFilter| {
        let found = ledger.activity(filter).await.unwrap();
        found.into_iter().map(|logged| logged.activity.url).collect::<Vec<_>>()
    };
    assert_eq!(list(all()).await, ["/c", "/b", "/a"]);
    assert_eq!(list(ActivityFilter { newest_first: false, limit: 2, ..all() }).await, ["/a", "/b"]);
    assert_eq!(list(ActivityFilter { key: Some("1".to_owned()), ..all() }).await, ["/c", "/a"]);
    assert_eq!(list(ActivityFilter { since: Some(at(2)), until: Some(at(3)), ..all() }).await, ["/b"]);
    let last = ledger.activity(ActivityFilter { limit: 1, ..all() }).await.unwrap();
    assert_eq!(last[0].activity, calls[2]);
    assert_eq!(list(ActivityFilter { after: Some(last[0].id), ..all() }).await, ["/b", "/a"]);
    let short = ledger.activity(ActivityFilter::of("shop")).await.unwrap();
    assert!(short.iter().all(|logged| logged.activity.request.is_empty()));
    assert_eq!(list(ActivityFilter::of("shop 2")).await, [""; 0]);
}

old_and_personal_data_go(ledger) {
    let claim = claim(&*ledger).await;
    let body = |text: &str| text.as_bytes().to_vec();
    let jan = |key| Incoming { source: body("{\"email\":\"JAN@example.nl\"}"), ..order(key, 1) };
    let piet = |key| Incoming { source: body("{\"email\":\"piet@example.nl\"}"), ..order(key, 1) };
    ledger.intake(&claim, &scope(), page([jan("1"), jan("2"), piet("3"), jan("4")]), at(1)).await.unwrap();
    for (key, status) in [("1", Status::Done), ("3", Status::Done), ("4", Status::Held)] {
        ledger.finish(&claim, &scope(), end(key, 1, status), at(2)).await.unwrap();
    }
    ledger.reserve(&claim, &scope(), write("1", 0), at(2)).await.unwrap();
    ledger.answer(&claim, &scope(), settle("1", 0, unknown("jan@example.nl is odd")), at(2)).await.unwrap();
    ledger.put_activity("shop", vec![call(1, Some("3"), "/jan"), call(2, Some("3"), "/x")]).await.unwrap();
    let mut other = call(3, Some("1"), "/y");
    other.request.clear();
    let mut piets = call(3, Some("3"), "/y");
    piets.request.clear();
    ledger.put_activity("shop", vec![other, piets]).await.unwrap();

    let person = Person { mail: "Jan@Example.nl".to_owned(), others: Vec::new() };
    let traces = ledger.traces("shop", &person).await.unwrap();
    assert_eq!(ledger.record(&scope(), "1").await.unwrap().unwrap().source, jan("1").source, "a look changes nothing");
    let forgotten = ledger.forget("shop", &person).await.unwrap();
    assert_eq!(forgotten, traces);
    assert_eq!((forgotten.count(Trace::Record), forgotten.count(Trace::Call)), (2, 3));
    assert_eq!(ledger.traces("shop", &person).await.unwrap().total(), 0);
    assert_eq!(forgotten.unfinished, [("orders".to_owned(), "2".to_owned())]);
    let one = ledger.record(&scope(), "1").await.unwrap().unwrap();
    assert_eq!((one.summary.status, &*one.summary.title, one.source.len()), (Status::Done, "", 0));
    assert_eq!(states(&one.attempts), [(0, State::Answered(unknown("")))]);
    let four = ledger.record(&scope(), "4").await.unwrap().unwrap();
    assert_eq!(four.summary.status, Status::Skipped);
    // It stays known, and is not sent again without its bytes.
    let keys = Resend::Keys(vec!["1".to_owned()]);
    assert_eq!(ledger.resend(&scope(), keys, None, at(3)).await, Ok(0));
    assert_eq!(ledger.intake(&claim, &scope(), page([jan("1")]), at(3)).await.unwrap().unchanged, 1);

    let terms = Retention { payloads: at(4), activity: at(4) };
    let erased = ledger.retain("shop", terms, 100).await.unwrap();
    assert_eq!((erased.sources, erased.bodies, erased.activity, erased.runs, erased.more), (1, 1, 1, 0, false));
    assert_eq!(ledger.record(&scope(), "2").await.unwrap().unwrap().source, jan("2").source);
}

what_is_kept_for_a_time_goes_a_little_at_a_time(ledger) {
    let claim = claim(&*ledger).await;
    let keys: Vec<String> = (1..=7).map(|number| number.to_string()).collect();
    for (number, key) in (1..).zip(&keys) {
        ledger.intake(&claim, &scope(), page([order(key, 1)]), at(number)).await.unwrap();
        ledger.reserve(&claim, &scope(), write(key, 0), at(number)).await.unwrap();
        ledger.answer(&claim, &scope(), settle(key, 0, made(key)), at(number)).await.unwrap();
        let status = if number == 6 { Status::Held } else { Status::Done };
        let mut ended = end(key, 1, status);
        ended.outcome.reason = Some(format!("T-{key}xx is odd"));
        ended.outcome.personal = vec![format!("T-{key}xx"), format!("T-{key}")];
        ledger.finish(&claim, &scope(), ended, at(number)).await.unwrap();
        ledger.put_activity("shop", vec![call(number, Some(key), "/find?mail=jan%40example.nl")]).await.unwrap();
        let (started, ended) = (at(number), at(number));
        let run = Run { started, ended, new: 1, counts: Counts::default(), requests: 0, fault: None };
        ledger.put_run(&scope(), run).await.unwrap();
        ledger.put_version(&scope(), hash(100 + u8::try_from(number).unwrap()), vec![1], at(number)).await.unwrap();
    }
    // Payloads of the seconds 1 to 5, two at a time; nothing else is as old.
    let terms = Retention { payloads: at(6), activity: at(0) };
    let mut all = Vec::new();
    loop {
        let erased = ledger.retain("shop", terms, 2).await.unwrap();
        all.push((erased.sources, erased.bodies));
        if !erased.more {
            break;
        }
    }
    assert_eq!(all, [(2, 2), (2, 2), (1, 1)]);
    assert_eq!(ledger.retain("shop", terms, 2).await.unwrap().total(), 0);
    let five = ledger.record(&scope(), "5").await.unwrap().unwrap();
    assert_eq!((five.source.len(), &*five.summary.title), (0, "5"), "a personal title becomes the key");
    let outcome = five.summary.outcome.unwrap();
    assert_eq!((outcome.reason.as_deref(), outcome.personal.len()), (Some("*** is odd"), 0));
    let six = ledger.record(&scope(), "6").await.unwrap().unwrap();
    assert_eq!((six.source.len(), &*six.summary.title), (3, "T-6"));
    let calls = ledger.activity(ActivityFilter { bodies: true, ..ActivityFilter::of("shop") }).await.unwrap();
    let shown: Vec<_> = calls.iter().map(|call| (call.activity.url.len(), call.activity.request.len())).collect();
    let (whole, bare) = ((27, 26), (5, 0));
    assert_eq!(shown, [whole, whole, bare, bare, bare, bare, bare]);

    // Then all: one that needs a person keeps its bytes and its version, and the last run stays.
    let erased = ledger.retain("shop", Retention { payloads: at(60), activity: at(60) }, 100).await.unwrap();
    assert_eq!((erased.sources, erased.bodies, erased.activity, erased.runs), (1, 2, 7, 6));
    assert_eq!(erased.versions, 6, "the flow's own stays");
    assert_eq!(ledger.record(&scope(), "6").await.unwrap().unwrap().source.len(), 3);
    assert_eq!(ledger.flow(&scope()).await.unwrap().last_run.unwrap().ended, at(7));
    // What keeps things from being made twice is all there.
    for key in &keys {
        assert_eq!(states(&ledger.attempts(&scope(), key).await.unwrap()), [(0, State::Answered(made(key)))]);
        let before = Reserved::Exists(ledger.attempts(&scope(), key).await.unwrap().remove(0));
        assert_eq!(ledger.reserve(&claim, &scope(), write(key, 1), at(61)).await, Ok(before));
    }
    let again = keys.iter().map(|key| order(key, 1));
    assert_eq!(ledger.intake(&claim, &scope(), page(again), at(61)).await.unwrap().unchanged, 7);

    // A clock that ran ahead does not keep the rest for good.
    ledger.intake(&claim, &scope(), page([order("8", 1)]), at(62)).await.unwrap();
    ledger.finish(&claim, &scope(), end("8", 1, Status::Done), at(62)).await.unwrap();
    let early = Retention { payloads: at(10), activity: at(10) };
    assert_eq!(ledger.retain("shop", early, 100).await.unwrap().total(), 0);
    let terms = Retention { payloads: at(70), activity: at(70) };
    assert_eq!(ledger.retain("shop", terms, 100).await.unwrap().sources, 1);
}

a_person_leaves_no_trace_but_what_was_made(ledger) {
    let claim = claim(&*ledger).await;
    let source = |text: &str| text.as_bytes().to_vec();
    let jan = Incoming {
        source: source(r#"{"mail":"jan@example.nl","name":"Zo\u00eb Jansen","city":"Delft"}"#),
        title: "Jan@example.nl".to_owned(),
        ..order("1", 1)
    };
    let piet = Incoming { source: source(r#"{"mail":"piet@example.nl","city":"delft"}"#), ..order("2", 1) };
    ledger.intake(&claim, &scope(), page([jan, piet.clone()]), at(1)).await.unwrap();
    ledger.finish(&claim, &scope(), end("1", 1, Status::Done), at(2)).await.unwrap();
    ledger.finish(&claim, &scope(), end("2", 1, Status::Done), at(2)).await.unwrap();
    let identity = Reservation { key_text: "email=jan@example.nl".to_owned(), ..write("some hash", 0) };
    ledger.reserve(&claim, &scope(), identity, at(2)).await.unwrap();
    let mut answer = settle("some hash", 0, made("c1"));
    answer.links = vec![link("1", "c1", "email=jan@example.nl")];
    ledger.answer(&claim, &scope(), answer, at(2)).await.unwrap();
    let bare = |key: Option<&str>, url: &str, answer: &str| {
        let mut call = call(3, key, url);
        (call.request, call.answer) = (Vec::new(), answer.as_bytes().to_vec());
        call
    };
    let calls = vec![
        bare(None, "/customers?query=jan%40example.nl", "[]"),
        bare(None, "/customers", "[{\"name\":\"ZOË JANSEN\"}]"),
        bare(Some("1"), "/orders/1", "{}"),
        bare(Some("2"), "/orders/2", "{\"city\":\"Delft\"}"),
    ];
    ledger.put_activity("shop", calls).await.unwrap();
    ledger.pause(&scope(), Pause { reason: "jan@example.nl is odd".to_owned(), since: at(3) }).await.unwrap();
    let alarm = Alarm {
        cause: "held".to_owned(),
        flow: "orders".to_owned(),
        subject: "1 held".to_owned(),
        count: 1,
        since: at(3),
        newest: at(3),
        told: at(3),
    };
    let letter = Letter {
        id: 0,
        way: "mail".to_owned(),
        subject: "1 held".to_owned(),
        text: "Zoë Jansen is odd".to_owned(),
        at: at(3),
        due: at(3),
        tries: 0,
        words: String::new(),
    };
    let telling = Telling { alarms: vec![alarm.clone()], over: Vec::new(), letters: vec![letter] };
    ledger.tell("shop", telling).await.unwrap();

    assert_eq!(ledger.about("shop", "JAN@example.nl").await.unwrap(), [("orders".to_owned(), "1".to_owned())]);
    let others = ["Zoë Jansen", "Delft"].map(str::to_owned).to_vec();
    let forgotten = ledger.forget("shop", &Person { mail: "jan@example.nl".to_owned(), others }).await.unwrap();
    let counts = [Trace::Record, Trace::Call, Trace::Attempt, Trace::Link, Trace::Words, Trace::Message];
    // A pair is kept from both sides.
    assert_eq!(counts.map(|trace| forgotten.count(trace)), [1, 3, 1, 2, 1, 1], "Delft is piet's too");
    assert_eq!(ledger.flow(&scope()).await.unwrap().paused.unwrap().reason, "*** is odd");
    assert_eq!(ledger.letters("shop", at(9), 10).await.unwrap(), []);
    assert_eq!(ledger.alarms("shop").await.unwrap(), [alarm]);
    assert_eq!(ledger.record(&scope(), "2").await.unwrap().unwrap().source, piet.source);
    let attempts = ledger.attempts(&scope(), "some hash").await.unwrap();
    assert_eq!((&*attempts[0].key_text, &attempts[0].state), ("", &State::Answered(made("c1"))));
    let linked = ledger.linked("shop", &Thing::new("shop.orders", "1"), None).await.unwrap();
    assert_eq!((&*linked[0].thing.id, &*linked[0].extra), ("c1", ""));
}

messages_wait_until_they_are_sent(ledger) {
    let letter = |subject: &str, due| Letter {
        id: 0,
        way: "mail".to_owned(),
        subject: subject.to_owned(),
        text: "text".to_owned(),
        at: at(1),
        due: at(due),
        tries: 0,
        words: String::new(),
    };
    let telling = |letters: Vec<Letter>| Telling { letters, ..Telling::default() };
    ledger.tell("shop", telling(vec![letter("b", 2), letter("a", 1)])).await.unwrap();
    ledger.tell("shop", telling(vec![letter("c", 3)])).await.unwrap();
    let due = async |second| ledger.letters("shop", at(second), 10).await.unwrap();
    let subjects = |letters: &[Letter]| letters.iter().map(|letter| letter.subject.clone()).collect::<String>();
    assert_eq!(subjects(&due(2).await), "ab");
    assert_eq!(ledger.letters("shop 2", at(9), 10).await.unwrap(), []);
    let first = due(1).await.remove(0);
    let again = Delivery::Again { due: at(9), words: "nobody answers".to_owned() };
    ledger.delivered("shop", first.id, again).await.unwrap();
    ledger.delivered("shop", due(2).await[0].id, Delivery::Sent).await.unwrap();
    let left = due(9).await;
    assert_eq!(subjects(&left), "ca");
    assert_eq!((left[1].tries, &*left[1].words), (1, "nobody answers"));
    // One that nobody took goes with what came in and went out.
    let erased = ledger.retain("shop", Retention { payloads: at(5), activity: at(0) }, 100).await.unwrap();
    assert_eq!((erased.letters, due(9).await.len()), (2, 0));

    let alarm = |cause: &str, count| Alarm {
        cause: cause.to_owned(),
        flow: "orders".to_owned(),
        subject: "s".to_owned(),
        count,
        since: at(1),
        newest: at(2),
        told: at(3),
    };
    let told = Telling { alarms: vec![alarm("a", 1), alarm("b", 1)], ..Telling::default() };
    ledger.tell("shop", told).await.unwrap();
    let told = Telling { alarms: vec![alarm("b", 5)], over: vec!["a".to_owned()], ..Telling::default() };
    ledger.tell("shop", told).await.unwrap();
    assert_eq!(ledger.alarms("shop").await.unwrap(), [alarm("b", 5)]);
}

}
