//! One life: a seed draws what goes wrong and when, the engine runs until it dies, runs again, and comes to rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use koppel::connect::{MemoryTokens, Tokens};
use koppel::ledger::Status;
use koppel::run::{Ended, Options, Report};
use koppel::sandbox::{self, Fault, FaultKind};
use koppel::value::Clock;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use secrecy::SecretString;

use crate::sim::careless::{Bug, Careless, Forgetful};
use crate::sim::judge::{self, Verdict};
use crate::sim::wire::Wire;
use crate::support::mortal::{Blow, Mortal};
use crate::support::scene::{Scene, pass, text_of};
use crate::support::trap::{Mishap, Trap};

/// All that a life is made of.
pub struct Life {
    pub scene: Scene,
    pub wire: Arc<Wire>,
    pub deaths: u64,
    /// The engine was told to log in again, and had lost no answer by which it could have lost its token.
    pub locked_out: bool,
    rng: ChaCha8Rng,
    bug: Option<Bug>,
    /// How far the engine's clock is off, in seconds.
    skew: Arc<AtomicI64>,
    by_code: bool,
}

/// Lives one life on a virtual clock.
pub fn live(seed: u64, bug: Option<Bug>) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without IO can always be built");
    runtime.block_on(async {
        let mut life = Life::new(seed, bug).await;
        life.troubles().await;
        let rests = life.comes_to_rest().await;
        judge::judge(&life, rests).await
    })
}

impl Life {
    async fn new(seed: u64, bug: Option<Bug>) -> Life {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let lag = *[0, 0, 1, 5, 30].choose(&mut rng).expect("there are some");
        let options = sandbox::Options {
            seed,
            orders: rng.random_range(2..12),
            samples: false,
            search_lag: SignedDuration::from_secs(lag),
            slow: Duration::from_secs(rng.random_range(1..100)),
            token_lifetime: SignedDuration::from_secs(rng.random_range(70..7200)),
            ..sandbox::Options::default()
        };
        let mut scene = Scene::with(options);
        scene.seed = seed;
        let by_code = bug == Some(Bug::RefreshTokenLost) || rng.random_bool(0.3);
        let mut settings = "[flows.orders]\nsettings.first_date = 2026-01-01\n".to_string();
        if rng.random_bool(0.3) {
            settings.push_str("settings.invoice_state = \"sent\"\n");
        }
        scene.timed(30, by_code, &settings);
        if rng.random_bool(0.5) || bug.is_some() {
            let repeat = "\non lost_reply repeat\nensure books";
            scene.flow("orders", &include_str!("../../flows/orders.flow").replacen("\nensure books", repeat, 1));
        }
        if by_code {
            scene.tokens = Some(tokens(&scene, bug).await);
        }
        if let Some(bug) = bug {
            scene.ledger = Arc::new(Careless { inner: scene.ledger.clone(), bug });
        }
        let (skew, clock) = (Arc::new(AtomicI64::new(0)), scene.clock.clone());
        let off = skew.clone();
        let steady = clock.clone();
        scene.clock = Clock::new(move || clock.now() + SignedDuration::from_secs(off.load(Ordering::Relaxed)))
            .with_steady(move || steady.steady());
        let wire = Wire::new(scene.transport.clone());
        scene.transport = wire.clone();
        Life { scene, wire, deaths: 0, locked_out: false, rng, bug, skew, by_code }
    }

    /// A shop of many orders, whose search lags, and no troubles yet.
    pub fn of_many(seed: u64, orders: u32) -> Life {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let options = sandbox::Options {
            seed,
            orders,
            samples: false,
            search_lag: SignedDuration::from_secs(rng.random_range(0..=30)),
            slow: Duration::from_secs(rng.random_range(1..100)),
            ..sandbox::Options::default()
        };
        let mut scene = Scene::with(options);
        scene.seed = seed;
        scene.timed(30, false, "[flows.orders]\nsettings.first_date = 2026-01-01\n");
        let wire = Wire::new(scene.transport.clone());
        scene.transport = wire.clone();
        let skew = Arc::new(AtomicI64::new(0));
        Life { scene, wire, deaths: 0, locked_out: false, rng, bug: None, skew, by_code: false }
    }

    /// One run, and some time.
    pub async fn runs_once(&mut self) {
        let ended = self.run("orders").await.ended;
        self.wire.note(&format!("orders: {ended}"));
        pass(301).await;
    }

    /// Some runs in which anything may go wrong.
    async fn troubles(&mut self) {
        for _ in 0..self.rng.random_range(1..5) {
            self.world_turns();
            let faults = self.draw_faults();
            self.scene.sandbox.set_faults(faults);
            if self.rng.random_bool(0.1) {
                self.skew.store(self.rng.random_range(-3600..3600), Ordering::Relaxed);
            }
            let flow = if self.rng.random_bool(0.15) { "customers" } else { "orders" };
            self.run_and_perhaps_die(flow).await;
            let wait = *[0, 1, 10, 200, 4000].choose(&mut self.rng).expect("there are some");
            pass(wait).await;
        }
    }

    /// The shop goes on: orders change while nobody looks.
    fn world_turns(&mut self) {
        let orders = self.scene.sandbox.orders();
        for _ in 0..self.rng.random_range(0..3) {
            let Some(order) = orders.choose(&mut self.rng) else { return };
            let status = *[1, 2, 3, 6].choose(&mut self.rng).expect("there are some");
            self.scene.sandbox.set_order_status(&text_of(&order["number"]), status);
        }
    }

    fn draw_faults(&mut self) -> Vec<Fault> {
        let kinds: Vec<FaultKind> = FaultKind::names().filter_map(FaultKind::named).collect();
        let mut faults = Vec::new();
        for _ in 0..self.rng.random_range(0..4) {
            let kind = *kinds.choose(&mut self.rng).expect("there are some");
            faults.push(Fault::per_mille(kind, self.rng.random_range(20..300)));
        }
        faults
    }

    async fn run_and_perhaps_die(&mut self, flow: &str) {
        let (transport, ledger) = (self.scene.transport.clone(), self.scene.ledger.clone());
        let at = self.rng.random_range(0..60);
        let blow = *[Blow::DiesBefore, Blow::DiesAfter, Blow::Refused].choose(&mut self.rng).expect("there are some");
        let mishap = *[Mishap::DiesBefore, Mishap::DiesAfter].choose(&mut self.rng).expect("there are some");
        let trap = Trap::new(transport.clone(), self.scene.sandbox.clone(), at, mishap);
        let mortal = Mortal::new(ledger.clone(), at * 3, blow);
        match self.rng.random_range(0..3) {
            0 => self.scene.transport = trap.clone(),
            1 => self.scene.ledger = mortal.clone(),
            _ => {}
        }
        let ended = tokio::select! {
            biased;
            () = trap.died() => None,
            () = mortal.died() => None,
            report = self.run(flow) => Some(report.ended),
        };
        (self.scene.transport, self.scene.ledger) = (transport, ledger);
        self.wire.note(&format!("{flow}: {}", ended.as_ref().map_or("it died".to_string(), Ended::to_string)));
        if ended.is_none() {
            self.deaths += 1;
            // The claim of who died ends by itself.
            pass(61).await;
        }
        self.logs_in_again(ended).await;
    }

    /// A person logs in where the engine cannot go on by itself; that is no fault of it when an answer or its life was lost
    /// while its token changed.
    async fn logs_in_again(&mut self, ended: Option<Ended>) {
        if !self.by_code || !matches!(ended, Some(Ended::LogIn(_))) {
            return;
        }
        let passed = self.wire.passed();
        let mut asked = passed.iter().filter(|passed| passed.path.contains("/oauth/token"));
        let refused = asked.clone().any(|passed| passed.status == Some(400));
        let lost = asked.any(|passed| passed.status.is_none_or(|status| status >= 500));
        self.locked_out |= self.deaths == 0 && refused && !lost;
        self.scene.sandbox.set_faults(Vec::new());
        self.scene.tokens = Some(tokens(&self.scene, self.bug).await);
    }

    async fn run(&self, flow: &str) -> Report {
        let protocol = Bug::protocol(self.bug);
        self.scene.run_with(flow, &Options { resume: true, protocol, ..Options::default() }).await
    }

    /// Nothing goes wrong any more; answers whether all that could be done is done in the end.
    pub async fn comes_to_rest(&mut self) -> bool {
        self.scene.sandbox.set_faults(Vec::new());
        self.skew.store(0, Ordering::Relaxed);
        for _ in 0..8 {
            pass(4000).await;
            let report = self.run("orders").await;
            self.wire.note(&format!("orders: {}", report.ended));
            let ended = report.ended.clone();
            self.logs_in_again(Some(report.ended)).await;
            let waiting = self.scene.standing("orders", Status::Waiting).await;
            let failed = self.scene.standing("orders", Status::Failed).await;
            let stopped = self.scene.standing("orders", Status::Stopped).await;
            if ended == Ended::Done && waiting + failed + stopped == 0 {
                return true;
            }
        }
        false
    }
}

/// The tokens that a person's log-in gave.
async fn tokens(scene: &Scene, bug: Option<Bug>) -> Arc<dyn Tokens> {
    let (access, refresh) = scene.logged_in().await;
    let kept = serde_json::json!({ "access": access, "refresh": refresh }).to_string();
    let tokens: Arc<dyn Tokens> = Arc::new(MemoryTokens::default());
    tokens.store("jortt", SecretString::from(kept), 1).await.expect("memory keeps it");
    if bug == Some(Bug::RefreshTokenLost) { Arc::new(Forgetful(tokens)) } else { tokens }
}
