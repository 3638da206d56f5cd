//! Clocks that lie: whatever the time of the machine, the same is made, in the same order, once.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use koppel::ledger::Status;
use koppel::run::{Ended, Options};
use koppel::sandbox;
use koppel::value::Clock;

use crate::support::figure::tell;
use crate::support::scene::{Scene, order, pass, text_of};

/// How the machine's clock lies; a second is one look at it.
#[derive(Clone, Copy, Debug)]
enum Lie {
    None,
    /// An hour ahead from this look on.
    Ahead(i64),
    /// An hour behind from this look on.
    Behind(i64),
    /// It jumps there and back at every look.
    ToAndFro,
    /// It stands still.
    Frozen,
}

impl Lie {
    fn clock(self, true_clock: Clock) -> Clock {
        let (looks, start) = (AtomicI64::new(0), true_clock.now());
        let hour = SignedDuration::from_hours(1);
        Clock::new(move || {
            let (look, now) = (looks.fetch_add(1, Ordering::Relaxed), true_clock.now());
            match self {
                Lie::Ahead(from) if look >= from => now + hour,
                Lie::Behind(from) if look >= from => now - hour,
                Lie::ToAndFro if look % 3 == 1 => now + hour,
                Lie::ToAndFro if look % 3 == 2 => now - hour,
                Lie::Frozen => start,
                _ => now,
            }
        })
    }
}

/// What comes into the books with each of some runs that take four orders: references, days and totals. Between two of them
/// an order comes in.
async fn books(base: &str, lie: Lie) -> Vec<String> {
    let base: Timestamp = base.parse().expect("an instant");
    let options = sandbox::Options { samples: false, orders: 12, seed: 22, ..sandbox::Options::default() };
    let mut scene = Scene::at(base, options);
    scene.clock = lie.clock(scene.clock.clone());
    let (mut made, mut batches) = (Vec::new(), Vec::new());
    for turn in 0..6 {
        let report = scene.run_with("orders", &Options { limit: Some(4), resume: true, ..Options::default() }).await;
        assert_eq!(report.ended, Ended::Done, "{base} {lie:?}");
        let mut batch: Vec<String> =
            scene.sandbox.invoices().iter().map(shown).filter(|invoice| !made.contains(invoice)).collect();
        batch.sort();
        made.extend(batch.iter().cloned());
        batches.push(batch.join(", "));
        pass(301).await;
        if turn == 1 {
            new_order(&scene, base);
        }
    }
    for status in [Status::Waiting, Status::Failed, Status::InDoubt] {
        assert_eq!(scene.standing("orders", status).await, 0, "{base} {lie:?}: {}", status.word());
    }
    batches
}

fn new_order(scene: &Scene, now: Timestamp) {
    let day = now.to_zoned_datetime(TimeZone::get("Europe/Amsterdam").expect("it is known")).datetime();
    let changes = [
        ("/number", 90_001.into()),
        ("/date", day.date().to_string().into()),
        ("/status_changed_date", day.date().to_string().into()),
        ("/status_changed_time", day.time().to_string().into()),
    ];
    scene.sandbox.put_order(&order("orders/15-ten-euro-custom-line.json", &changes)).expect("it is an order");
}

fn shown(invoice: &serde_json::Value) -> String {
    let total = text_of(&invoice["invoice_total_incl_vat"]["amount"]);
    format!("{} of {}: {total}", text_of(&invoice["reference"]), text_of(&invoice["invoice_date"]))
}

#[tokio::test(start_paused = true)]
async fn a_lying_clock_changes_nothing() {
    let lies = [
        Lie::Ahead(0),
        Lie::Ahead(40),
        Lie::Ahead(150),
        Lie::Behind(0),
        Lie::Behind(40),
        Lie::Behind(150),
        Lie::ToAndFro,
        Lie::Frozen,
    ];
    let bases = ["2026-04-01T10:00:00Z", "2028-02-29T22:59:30Z", "2038-01-19T03:14:00Z", "2100-02-28T23:00:00Z"];
    let (mut lived, mut made) = (0, 0);
    for base in bases {
        let truth = books(base, Lie::None).await;
        assert!(truth[0].matches("MWW").count() == 4 && truth.join(" ").contains("MWW-90001"), "{truth:?}");
        for lie in lies {
            assert_eq!(books(base, lie).await, truth, "{base} {lie:?}");
            (lived, made) = (lived + 1, made + truth.join(" ").matches("MWW").count());
        }
    }
    tell(
        "R22",
        &format!("{lived} runs by a clock that lies, {made} invoices: all as by the true clock, in the same turns"),
    );
}
