//! A shop of many orders before systems of which three in ten answers are broken, in every way there is, until it rests.

use koppel::sandbox::{Fault, FaultKind};

use crate::sim::judge::{self, Verdict};
use crate::sim::life::Life;
use crate::support::figure::{scale, tell};

/// So many of a thousand requests meet a fault; some kinds spare some requests, so more are drawn.
const PER_MILLE: usize = 700;

/// One storm over so many orders: what came of it, and how many of a thousand requests met a fault in it.
fn storm(seed: u64, orders: u32) -> (Verdict, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without IO can always be built");
    runtime.block_on(async {
        let mut life = Life::of_many(seed, orders);
        let kinds: Vec<FaultKind> = FaultKind::names().filter_map(FaultKind::named).collect();
        let each = u16::try_from(PER_MILLE / kinds.len()).expect("a part of a thousand");
        let faults: Vec<Fault> = kinds.into_iter().map(|kind| Fault::per_mille(kind, each)).collect();
        for _ in 0..8 {
            life.scene.sandbox.set_faults(faults.clone());
            life.runs_once().await;
        }
        let requests = life.scene.sandbox.requests();
        let broken = requests.iter().filter(|request| !request.faults.is_empty()).count();
        let rests = life.comes_to_rest().await;
        (judge::judge(&life, rests).await, broken * 1000 / requests.len())
    })
}

#[test]
fn in_a_storm_nothing_is_made_twice_and_nothing_lost() {
    let (seeds, orders) = (scale("KOPPEL_STORMS", 2), scale("KOPPEL_STORM_ORDERS", 60));
    let orders = u32::try_from(orders).expect("so many orders are not generated");
    let (mut sum, mut least) = (Verdict::default(), 1000);
    for seed in 0..seeds {
        let (verdict, broken) = storm(seed, orders);
        assert!(verdict.wrong.is_empty(), "seed {seed}: {}", verdict.wrong.join("\n"));
        sum.add(verdict);
        least = least.min(broken);
    }
    assert!(least >= 300, "only {least} of 1,000 requests met a fault: {}", sum.figure());
    let storms = format!("{seeds} storms over {orders} orders, at least {} % of the requests broken", least / 10);
    tell("R1, R2", &format!("{storms}: {}; 0 blind repeats, 0 bodies that differ", sum.figure()));
}
