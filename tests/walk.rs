//! Orders that come, change and are put away while the source is being read: whatever the schedule, none is passed by.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use koppel::connect::{Answer, Lost, Request, Transport};
use koppel::ledger::RecordFilter;
use koppel::run::Options;
use koppel::sandbox::{self, Sandbox};
use koppel::value::Clock;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::support::figure::{scale, tell};
use crate::support::scene::{Scene, order, pass, text_of};

/// Reads orders and makes nothing of them.
const FLOW: &str = r#"koppel 1
flow walk "Orders are seen"

use mijnwebwinkel as shop

from shop.orders as order {
  key    order.uuid
  by     status in [2, 3, 6]
  cursor order.status_changed_at from 2026-01-01 overlap 15 min
}

skip when (order.price.total ?? 0) >= 0 because "seen"
"#;

/// When a schedule begins: on a day like others, in the night without an hour, in the night with an hour twice.
const NIGHTS: [&str; 3] = ["2026-04-01T10:00:00Z", "2026-03-29T00:10:00Z", "2026-10-24T23:40:00Z"];

/// The shop goes on at every request for a page.
struct Busy {
    inner: Arc<dyn Transport>,
    shop: Mutex<Shop>,
}

struct Shop {
    sandbox: Sandbox,
    rng: ChaCha8Rng,
    now: Clock,
    zone: TimeZone,
    number: u32,
    /// The last moment at which something happened, which may be used again.
    last: DateTime,
    open: bool,
    happened: usize,
}

impl Shop {
    fn turns(&mut self) {
        let orders = self.sandbox.orders();
        for _ in 0..self.rng.random_range(0..3) {
            self.happened += 1;
            let now = self.now.now().to_zoned_datetime(self.zone.clone()).datetime();
            let at = if self.rng.random_bool(0.3) && self.last > now - SignedDuration::from_secs(1) {
                self.last
            } else {
                now
            };
            self.last = at;
            let status = *[1, 2, 3, 3, 6].choose(&mut self.rng).expect("there are some");
            let one = orders.choose(&mut self.rng);
            match (self.rng.random_range(0..10), one) {
                (0..5, Some(one)) => {
                    self.sandbox.set_order_status(&text_of(&one["number"]), status);
                }
                (5..7, Some(one)) => {
                    let mut put_away = one.clone();
                    put_away["archived"] = true.into();
                    self.sandbox.put_order(&put_away.to_string()).expect("it is an order");
                }
                _ => self.new_order(at, status),
            }
        }
    }

    fn new_order(&mut self, at: DateTime, status: i64) {
        self.number += 1;
        let text = order(
            "orders/01-person-nl-21.json",
            &[
                ("/number", self.number.into()),
                ("/uuid", format!("00000000-0000-4000-8000-{:012}", self.number).into()),
                ("/status", status.into()),
                ("/date", at.date().to_string().into()),
                ("/time", at.time().strftime("%H:%M:%S").to_string().into()),
                ("/status_changed_date", at.date().to_string().into()),
                ("/status_changed_time", at.time().strftime("%H:%M:%S").to_string().into()),
            ],
        );
        self.sandbox.put_order(&text).expect("it is an order");
    }
}

impl Transport for Busy {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        async move {
            let (wait, open) = {
                let mut shop = self.shop.lock().expect("nobody panics");
                (*[0, 1, 30, 700].choose(&mut shop.rng).expect("there are some"), shop.open)
            };
            if open {
                tokio::time::sleep(Duration::from_secs(wait)).await;
                self.shop.lock().expect("nobody panics").turns();
            }
            self.inner.send(request).await
        }
        .boxed()
    }
}

/// What a schedule came to: orders that count, what happened to them, and those that nobody saw.
struct Walked {
    counted: usize,
    happened: usize,
    missed: Vec<String>,
}

async fn schedule(seed: u64) -> Walked {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let night = NIGHTS.choose(&mut rng).expect("there are some");
    let base: Timestamp = night.parse().expect("an instant");
    let options =
        sandbox::Options { samples: false, seed, orders: rng.random_range(0..40), ..sandbox::Options::default() };
    let mut scene = Scene::at(base, options);
    scene.settings("");
    scene.patient(900);
    scene.flow("walk", FLOW);
    let connector =
        include_str!("../connectors/mijnwebwinkel.connector").replace("size \"limit\" 100", "size \"limit\" 4");
    scene.put("connectors/mijnwebwinkel.connector", connector);
    let now = scene.clock.clone();
    let skew = SignedDuration::from_secs(rng.random_range(-300..=300));
    let shops = now.clone();
    scene.clock = Clock::new(move || now.now() + skew);
    let shop = Shop {
        sandbox: scene.sandbox.clone(),
        rng: ChaCha8Rng::seed_from_u64(seed ^ 0xbeef),
        now: shops,
        zone: TimeZone::get("Europe/Amsterdam").expect("it is known"),
        number: 20_000,
        last: DateTime::MIN,
        open: true,
        happened: 0,
    };
    let busy = Arc::new(Busy { inner: scene.transport.clone(), shop: Mutex::new(shop) });
    scene.transport = busy.clone();
    for _ in 0..rng.random_range(2..6) {
        scene.run_with("walk", &Options { resume: true, ..Options::default() }).await;
        pass(rng.random_range(1..600)).await;
    }
    busy.shop.lock().expect("nobody panics").open = false;
    scene.run_with("walk", &Options { resume: true, ..Options::default() }).await;

    let mut filter = RecordFilter::of("shop");
    filter.flow = Some("walk".to_string());
    let seen: Vec<String> =
        scene.ledger.records(filter).await.expect("memory answers").into_iter().map(|record| record.key).collect();
    let mut walked =
        Walked { counted: 0, happened: busy.shop.lock().expect("nobody panics").happened, missed: Vec::new() };
    for order in scene.sandbox.orders() {
        if ![2, 3, 6].contains(&order["status"].as_i64().expect("a number")) {
            continue;
        }
        walked.counted += 1;
        if !seen.contains(&text_of(&order["uuid"])) {
            let at = format!("{} {}", text_of(&order["status_changed_date"]), text_of(&order["status_changed_time"]));
            walked.missed.push(format!("order {} of {at}, from {night}, seed {seed}", text_of(&order["number"])));
        }
    }
    walked
}

#[test]
fn an_order_is_never_passed_by() {
    let schedules = scale("KOPPEL_SCHEDULES", 1_000);
    let (mut counted, mut happened, mut missed) = (0, 0, Vec::new());
    let seeds: Vec<u64> = (0..schedules).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parts: Vec<_> = seeds
            .chunks(seeds.len().div_ceil(threads))
            .map(|part| {
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_time()
                        .start_paused(true)
                        .build()
                        .expect("a runtime without IO can always be built");
                    part.iter().map(|seed| runtime.block_on(schedule(*seed))).collect::<Vec<_>>()
                })
            })
            .collect();
        for part in parts {
            for walked in part.join().expect("no schedule panics") {
                counted += walked.counted;
                happened += walked.happened;
                missed.extend(walked.missed);
            }
        }
    });
    assert!(missed.is_empty(), "{} of {counted} orders were passed by:\n{}", missed.len(), missed.join("\n"));
    assert!(happened as u64 > schedules * 5, "the schedules are busy enough");
    tell(
        "R7",
        &format!("{schedules} schedules, {counted} orders that count, {happened} changes during the walks: 0 missed"),
    );
}
