//! Nothing is sent for a while after too many failures in a row.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use koppel::connect::{Answer, Call, Class, Fault, Lost, Row, System};
use tokio::time::Instant;

use super::world::{World, books_system, invoices, token};
use crate::support::figure::tell;

/// A system that is down until it is told to be up, and says when it was asked.
struct Down {
    up: Arc<AtomicBool>,
    world: Arc<World>,
    system: System,
}

impl Down {
    fn new(answer: impl Fn() -> Result<Answer, Lost> + Send + Sync + 'static) -> Down {
        let up = Arc::new(AtomicBool::new(false));
        let is_up = up.clone();
        let world = World::new(move |request| match request.url.path() {
            "/token" => Ok(token("t")),
            _ if is_up.load(Ordering::Relaxed) => Ok(Answer::new(200, r#"{"data":{"id":"7"}}"#)),
            _ => answer(),
        });
        let system = books_system(&world);
        Down { up, world, system }
    }

    async fn ask(&self) -> Result<Option<Row>, Fault> {
        self.system.get(Call::of(&*self.world), &invoices(&self.system), &[("id", "7")]).await
    }

    fn asked(&self) -> usize {
        self.world.asked().len()
    }
}

#[tokio::test(start_paused = true)]
async fn after_ten_failures_in_a_row_one_a_minute_tries() {
    let down = Down::new(|| Ok(Answer::new(503, "{}")));
    for _ in 0..10 {
        assert!(!down.ask().await.unwrap_err().shut);
    }
    let opened = Instant::now();
    let tries = Arc::new(Mutex::new(Vec::new()));
    for turn in 1..=3_u64 {
        let answers = join_all((0..20).map(|_| down.ask())).await;
        let real: Vec<&Fault> =
            answers.iter().filter_map(|answer| answer.as_ref().err()).filter(|one| !one.shut).collect();
        assert_eq!((answers.len(), real.len()), (20, 1), "one tries, the others hear of it");
        assert_eq!(down.asked() as u64, 10 + turn);
        tries.lock().unwrap().push(opened.elapsed().as_secs());
    }
    let tries = tries.lock().unwrap().clone();
    assert_eq!(tries, [60, 120, 180]);
    let fault = join_all((0..2).map(|_| down.ask())).await.into_iter().find_map(|one| one.err().filter(|one| one.shut));
    assert_eq!(
        fault.expect("one was not sent").words,
        "The books gives no sound answer since 2026-03-01T10:00:00Z: 14 requests in a row failed, the last: The books \
         is in trouble (status 503)"
    );
    down.up.store(true, Ordering::Relaxed);
    let answers = join_all((0..20).map(|_| down.ask())).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(opened.elapsed().as_secs(), 300);
    tell("R9", &format!("10 failures in a row: then one try a minute (after {tries:?} s, of 20 who asked each time)"));
}

#[tokio::test(start_paused = true)]
async fn a_sound_answer_in_between_begins_the_count_anew() {
    for sound in [Answer::new(422, "{}"), Answer::new(404, r#"{"error":{"key":"resource.not_found"}}"#)] {
        let count = Mutex::new(0);
        let down = Down::new(move || {
            let mut count = count.lock().unwrap();
            *count += 1;
            if *count % 10 == 0 { Ok(sound.clone()) } else { Err(Lost { sent: true, words: "reset".to_string() }) }
        });
        let start = Instant::now();
        for _ in 0..60 {
            let _ = down.ask().await;
        }
        assert_eq!((down.asked(), start.elapsed()), (60, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_be_spared_is_no_failure() {
    let down = Down::new(|| Ok(Answer::new(429, "{}").with("retry-after", "0")));
    for _ in 0..30 {
        assert_eq!(down.ask().await.unwrap_err().class, Class::RateLimit);
    }
    assert_eq!(down.asked(), 30);
}

#[tokio::test(start_paused = true)]
async fn who_tries_and_goes_away_does_not_stand_in_the_way() {
    let world = World::slow(Duration::from_secs(3600), |request| match request.url.path() {
        "/token" => Ok(token("t")),
        _ => Ok(Answer::new(200, "{}")),
    });
    let system = super::world::shop_system(&world);
    let orders = super::world::orders(&system);
    let ask = || async { system.get(Call::of(&()), &orders, &[("number", "7")]).await };
    join_all((0..10).map(|_| ask())).await;
    let start = Instant::now();
    let gone = tokio::time::timeout(Duration::from_secs(70), ask()).await;
    assert!(gone.is_err(), "it waited a minute, tried, and was dropped");
    let fault = ask().await.unwrap_err();
    assert!(!fault.shut, "the next one tries");
    assert!(start.elapsed() < Duration::from_secs(140), "{:?}", start.elapsed());
}
