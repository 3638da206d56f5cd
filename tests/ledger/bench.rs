//! Ten thousand records come in, a thousand of them with ten writes each go through, in seconds.

use futures_util::future::join_all;
use koppel::ledger::{Ledger, Memory, Reservation, Settlement, Sqlite, Status, Window};

use super::{at, claim, end, folder, made, order, page, scope, settle, write};

const RECORDS: u64 = 10_000;
const WORKED: u64 = 1_000;
const STEPS: u32 = 10;

async fn go_through(ledger: &dyn Ledger) {
    let claim = claim(ledger).await;
    let records = (0..RECORDS).map(|number| {
        let mut record = order(&number.to_string(), 1);
        (record.order, record.source) = (number, vec![b'x'; 2_000]);
        record
    });
    let intake = ledger.intake(&claim, &scope(), page(records), at(1)).await.expect("it is recorded");
    assert_eq!(intake.new, RECORDS);
    let mut after = None;
    for _ in 0..2 {
        let waiting =
            ledger.waiting(&scope(), Window { limit: 500, after, due_by: at(1) }).await.expect("it is recorded");
        after = waiting.last().map(|last| last.mark);
        let work = waiting.iter().map(async |record| {
            let key = &*record.summary.key;
            for step in 0..STEPS {
                let step = step.to_string();
                let reservation = Reservation { step: step.clone(), ..write(key, 0) };
                ledger.reserve(&claim, &scope(), reservation, at(2)).await.expect("it is recorded");
                let settlement = Settlement { step, ..settle(key, 0, made(key)) };
                ledger.answer(&claim, &scope(), settlement, at(3)).await.expect("it is recorded");
            }
            ledger.finish(&claim, &scope(), end(key, 1, Status::Done), at(4)).await.expect("it is recorded");
        });
        join_all(work).await;
    }
    assert_eq!(ledger.counts(&scope()).await.expect("it is recorded").of(Status::Done), WORKED);
}

#[tokio::test]
async fn ten_thousand_records_are_no_burden() {
    let file = Sqlite::open(folder("many").join("koppel.db")).unwrap();
    go_through(&file).await;
    // All of them together, not one by one: 21,000 puts in about 50 groups.
    assert!(file.commits() < 1_000, "{} commits", file.commits());
    go_through(&Memory::new()).await;
}
