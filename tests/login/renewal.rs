//! A token is changed for a new one: in time, by one for all, by any clock, and never in a loop.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use jiff::SignedDuration;
use koppel::connect::{Class, LoggedIn, System};
use koppel::sandbox::{Fault as Broken, FaultKind, Options, Rate};

use super::office::{Office, Slow, works};
use crate::support::figure::tell;
use crate::support::scene::pass;

/// It reaches the books.
async fn reaches(system: &System) {
    works(system, &()).await.unwrap();
}

async fn fifty(system: &System) -> Vec<Option<Class>> {
    let calls = (0..50).map(|_| {
        let system = system.clone();
        async move { works(&system, &()).await.err().map(|fault| fault.class) }
    });
    join_all(calls).await
}

#[tokio::test(start_paused = true)]
async fn fifty_refusals_at_once_cause_one_change() {
    let mut office = Office::new(Options::default());
    office.log_in().await.unwrap();
    office.transport = Arc::new(Slow(office.transport.clone()));
    let system = office.system();
    reaches(&system).await;
    let before = office.asked();
    office.scene.sandbox.set_faults(vec![Broken { kind: FaultKind::ExpiredToken, rate: Rate::Times(1), on: None }]);
    let classes = fifty(&system).await;
    assert!(classes.iter().all(Option::is_none), "{classes:?}");
    let refused = office.scene.sandbox.requests().iter().filter(|one| one.status == Some(401)).count();
    let changes = office.asked() - before;
    assert_eq!((refused, changes), (50, 1));
    tell("R10", &format!("{refused} refusals at once caused {changes} change of the token"));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_changed_before_it_ends() {
    let office = Office::new(Options { token_lifetime: SignedDuration::from_mins(20), ..Options::default() });
    office.log_in().await.unwrap();
    let system = office.system();
    for _ in 0..200 {
        reaches(&system).await;
        pass(30).await;
    }
    assert_eq!(office.scene.sandbox.requests().iter().filter(|one| one.status == Some(401)).count(), 0);
    // 100 minutes, 19 of each token.
    assert_eq!(office.asked(), 1 + 5);
}

#[tokio::test(start_paused = true)]
async fn a_clock_ten_minutes_off_makes_no_loop() {
    let mut most = 0;
    for life in [300, 7200] {
        for (at_log_in, later) in [(0, 600), (0, -600), (600, 0), (-600, 0), (600, -600), (-600, 600)] {
            let lifetime = SignedDuration::from_secs(life);
            let office = Office::new(Options { token_lifetime: lifetime, ..Options::default() });
            office.off.store(at_log_in, Ordering::Relaxed);
            office.log_in().await.unwrap();
            office.off.store(later, Ordering::Relaxed);
            // A process that goes on for two lives of a token, while the clock is set right and wrong again.
            let system = office.system();
            let before = office.asked();
            for call in 0..40 {
                reaches(&system).await;
                office.off.store(if call % 2 == 0 { 0 } else { later }, Ordering::Relaxed);
                pass(life as u64 / 20).await;
            }
            let changes = office.asked() - before;
            assert!(changes <= 3, "{changes} changes in two lives of a token, {at_log_in} and {later} s off");
            most = most.max(changes);
            // Ten processes one after the other: no more than one change each, and none where the token is new.
            let before = office.asked();
            for _ in 0..10 {
                reaches(&office.system()).await;
            }
            let changes = office.asked() - before;
            assert!(changes <= 1, "{changes} changes by ten processes, {later} s off");
        }
    }
    tell("R10", &format!("a clock 10 minutes off, 12 ways: at most {most} changes in two lives of a token, no loop"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_right_after_a_change_is_a_fault() {
    let office = Office::new(Options::default());
    office.log_in().await.unwrap();
    let system = office.system();
    reaches(&system).await;
    let before = office.asked();
    // Whatever token comes is refused.
    office.scene.sandbox.set_faults(vec![Broken::per_mille(FaultKind::ExpiredToken, 1000)]);
    for _ in 0..20 {
        assert!(fifty(&system).await.iter().all(|class| *class == Some(Class::Auth)));
    }
    assert_eq!(office.asked() - before, 1, "a thousand calls, one change");
    // It is tried again when a minute has passed, and goes on when the trouble is over.
    pass(61).await;
    assert!(fifty(&system).await.iter().all(|class| *class == Some(Class::Auth)));
    assert_eq!(office.asked() - before, 2);
    office.scene.sandbox.set_faults(Vec::new());
    pass(61).await;
    reaches(&system).await;
    assert_eq!(office.asked() - before, 3);
}

#[tokio::test(start_paused = true)]
async fn a_log_in_that_is_taken_back_is_told_once_and_not_asked_for_again() {
    let office = Office::new(Options::default());
    office.log_in().await.unwrap();
    office.scene.sandbox.revoke();
    let fault = works(&office.system(), &()).await.unwrap_err();
    assert_eq!(fault.class, Class::Auth);
    assert!(fault.words.starts_with("the log-in to `jortt` has ended or was taken back ("), "{fault}");
    assert!(fault.words.ends_with("): `koppel connect jortt` logs in again"), "{fault}");
    let asked = office.scene.sandbox.requests().len();
    let fault = works(&office.system(), &()).await.unwrap_err();
    assert_eq!(fault.words, "the log-in to `jortt` has ended or was taken back: `koppel connect jortt` logs in again");
    assert_eq!(office.scene.sandbox.requests().len(), asked, "what is over is over: nothing is sent");
    assert!(LoggedIn::of(&office.vault(), "jortt").await.unwrap().unwrap().over.is_some());
    office.log_in().await.unwrap();
    reaches(&office.system()).await;
}
