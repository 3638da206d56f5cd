//! What is asked again, when, and how often; and when it is not worth asking.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use jiff::fmt::rfc2822::DateTimePrinter;
use koppel::connect::{Answer, Lost, Request, Transport};
use koppel::ledger::Status;
use koppel::run::Ended;
use koppel::sandbox;
use tokio::time::Instant;

use crate::support::figure::tell;
use crate::support::scene::{Scene, pass, table};

type Says = Box<dyn Fn(&Request, usize) -> Option<Answer> + Send + Sync>;

/// Answers in the place of a system where it has something to say to its n-th request, and notes when it was asked.
struct Instead {
    inner: Arc<dyn Transport>,
    says: Says,
    seen: AtomicUsize,
    asked: Mutex<Vec<Instant>>,
}

impl Instead {
    fn new(
        scene: &mut Scene,
        says: impl Fn(&Request, usize) -> Option<Answer> + Send + Sync + 'static,
    ) -> Arc<Instead> {
        let (inner, seen, asked) = (scene.transport.clone(), AtomicUsize::new(0), Mutex::default());
        let instead = Arc::new(Instead { inner, says: Box::new(says), seen, asked });
        scene.transport = instead.clone();
        instead
    }

    /// The times between the requests it answered, and to the one after.
    fn waits(&self) -> Vec<Duration> {
        self.asked.lock().unwrap().windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

impl Transport for Instead {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, Lost>> {
        async move {
            let (books, path) = (request.url.host_str() == Some("127.0.0.2"), request.url.path());
            if books && !path.starts_with("/oauth-provider") {
                let number = self.seen.fetch_add(1, Ordering::Relaxed);
                let answer = (self.says)(&request, number);
                self.asked.lock().unwrap().push(Instant::now());
                if let Some(answer) = answer {
                    return Ok(answer);
                }
            }
            self.inner.send(request).await
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_by_name_is_not_sent_again() {
    let scene = Scene::with(sandbox::Options {
        orders: 60,
        samples: false,
        closed_year: Some(2026),
        ..sandbox::Options::default()
    });
    let report = scene.run("orders").await;
    let requests = scene.sandbox.requests();
    let posts = requests.iter().filter(|one| one.method == "POST" && one.path == "/v3/invoices");
    let refused = posts.clone().filter(|one| one.status == Some(422)).count();
    let held = report.outcomes.iter().filter(|one| one.reason.contains("operation.year_closed")).count();
    assert!(held > 30, "{}", table(&report));
    assert_eq!((posts.count(), refused), (held, held));
    let again = scene.run("orders").await;
    assert_eq!(again.outcomes, [], "nor with the next run");
    tell("R9", &format!("422: {refused} refusals, {} repeats", refused - held));
}

#[tokio::test(start_paused = true)]
async fn waits_grow_and_are_drawn_from_all_there_is() {
    for status in [503, 429] {
        let mut drawn: Vec<Vec<Duration>> = vec![Vec::new(); 8];
        for seed in 0..60 {
            let mut scene = Scene::new();
            scene.seed = seed * 1000;
            scene.only(&["2041"]);
            let instead =
                Instead::new(&mut scene, move |_, _| Some(Answer::new(status, "{}").with("retry-after", "0")));
            let report = scene.run("orders").await;
            assert_eq!(report.count(Status::Failed), 1, "{}", table(&report));
            for (place, wait) in instead.waits().into_iter().enumerate() {
                drawn[place].push(wait);
            }
        }
        // 8 times over 6 hours: each bound is four times the one before it.
        let first = 6 * 3_600_000 / (0..8).map(|n| 4_u64.pow(n)).sum::<u64>();
        let mut told = Vec::new();
        for (place, waits) in (0..).zip(&drawn).filter(|(_, waits)| waits.len() > 20) {
            let bound = (first + 1) * 4_u64.pow(place);
            let capped = bound.min(60_000);
            let millis: Vec<u64> = waits.iter().map(|wait| u64::try_from(wait.as_millis()).unwrap()).collect();
            let (least, most) = (*millis.iter().min().unwrap(), *millis.iter().max().unwrap());
            let mean = millis.iter().sum::<u64>() / millis.len() as u64;
            assert!(most <= capped, "{place}: {most} of {bound}");
            if place < 3 {
                assert!(least < bound / 10 && most > bound * 9 / 10, "{place}: {least} to {most} of {bound}");
                assert!((bound * 4 / 10..bound * 6 / 10).contains(&mean), "{place}: {mean} of {bound}");
            }
            told.push(format!("{least} to {most} ms (bound {capped}, mean {mean})"));
        }
        assert!(told.len() >= 4, "{told:?}");
        tell("R9", &format!("{status}: the waits of 60 runs one after the other: {}", told.join(", ")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_wait_is_kept_in_every_form() {
    let mut told = Vec::new();
    for status in [429, 503] {
        for (form, least) in [("7", 7), ("a date", 40), ("none", 0), ("soon", 0), ("-5", 0), ("", 0)] {
            let mut scene = Scene::new();
            scene.only(&["2041"]);
            let clock = scene.clock.clone();
            let instead = Instead::new(&mut scene, move |_, number| {
                let answer = Answer::new(status, "{}");
                (number == 0).then(|| match form {
                    "none" => answer,
                    "a date" => {
                        let at = clock.now() + Duration::from_secs(40);
                        answer.with("retry-after", &DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap())
                    }
                    wish => answer.with("retry-after", wish),
                })
            });
            let report = scene.run("orders").await;
            assert_eq!(report.count(Status::Done), 1, "{}", table(&report));
            let wait = instead.waits()[0].as_millis();
            // Who says nothing of it in a 429 is spared for a second; a date is told to the second.
            let least = if status == 429 { least.max(1) } else { least } * 1000;
            let known = if form == "a date" { least - 1000 } else { least };
            assert!((known..least + 2000).contains(&wait), "{status} {form}: {wait}");
            told.push(format!("{status} {form:?}: {wait} ms"));
        }
    }
    tell("R9", &format!("Retry-After: {}", told.join(", ")));
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_than_ten_requests_of_all_flows_together() {
    let mut scene = Scene::limited(sandbox::Options { orders: 150, ..sandbox::Options::default() });
    scene.window = Some(Duration::from_secs(60));
    let text = include_str!("../../flows/orders.flow").replacen("flow orders", "flow again", 1);
    scene.flow("again", &text.replace("\"MWW-\"", "\"AGAIN-\""));
    scene.settings(
        "[flows.orders]\nsettings.first_date = 2026-01-01\n[flows.again]\nsettings.first_date = 2026-01-01\n",
    );
    let reports = scene.run_at_once(&["orders", "customers", "again"]).await;
    for report in &reports {
        assert_eq!(report.ended, Ended::Done, "{}", report.flow);
    }
    let requests = scene.sandbox.requests();
    let at: Vec<jiff::Timestamp> = requests
        .iter()
        .filter(|one| one.system == "books" && !one.path.starts_with("/oauth-provider"))
        .map(|one| one.at)
        .collect();
    let window = jiff::SignedDuration::from_secs(1);
    let most =
        (0..at.len()).map(|from| at[from..].iter().take_while(|one| one.duration_since(at[from]) < window).count());
    let most = most.max().unwrap_or_default();
    let refused = requests.iter().filter(|one| one.status == Some(429)).count();
    assert!(at.len() > 300 && most <= 10 && refused == 0, "{most} of {}, {refused} refused", at.len());
    tell("R9", &format!("3 flows at once: {} requests, at most {most} in any second, {refused} refused", at.len()));
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_politely_when_a_system_is_down_and_the_next_goes_on() {
    let mut scene = Scene::with(sandbox::Options { orders: 60, samples: false, ..sandbox::Options::default() });
    let inner = scene.transport.clone();
    let start = Instant::now();
    let instead = Instead::new(&mut scene, |_, number| (number >= 40).then(|| Answer::new(503, "maintenance")));
    let report = scene.run("orders").await;
    let Ended::Unreachable(why) = &report.ended else { panic!("{}\n{}", report.ended, table(&report)) };
    let waiting = scene.standing("orders", Status::Waiting).await;
    let took = start.elapsed();
    assert!(
        why.contains("gives no sound answer since 2026-04-01T10:") && why.contains("requests in a row failed"),
        "{why}"
    );
    assert!(why.ends_with(&format!("; {waiting} records wait, untouched")), "{why}");
    assert_eq!(report.count(Status::Failed), 0, "{}", table(&report));
    assert!(took < Duration::from_secs(70), "{took:?}");
    let asked = instead.seen.load(Ordering::Relaxed) - 40;
    assert!(asked < 30, "{asked} were sent although nothing came back");
    scene.transport = inner;
    pass(60).await;
    let next = scene.run("orders").await;
    assert_eq!(next.ended, Ended::Done);
    assert_eq!(scene.standing("orders", Status::Waiting).await, 0);
    let mut made = scene.references();
    let all = made.len();
    made.dedup();
    assert_eq!(made.len(), all);
    let doubt = scene.standing("orders", Status::InDoubt).await;
    tell(
        "R9",
        &format!(
            "a system goes down amid a run: {asked} more requests in {} s, {waiting} records wait, 0 failed; the next run \
             makes {} of them, {doubt} in doubt",
            took.as_secs(),
            next.count(Status::Done)
        ),
    );
}
