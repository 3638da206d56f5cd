//! The process dies at every point of a change of tokens: the log-in goes on, or a person is told to log in again.

use std::sync::Arc;

use koppel::connect::{Class, LoggedIn};
use koppel::ledger::Sqlite;
use koppel::sandbox::Options;

use super::office::{Office, works};
use crate::support::figure::tell;
use crate::support::folder::Folder;
use crate::support::mortal::{Blow, Mortal};
use crate::support::scene::pass;
use crate::support::trap::{Mishap, Trap};

/// What the next process found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoesOn,
    IsTold,
}

/// A log-in whose token has to be changed.
async fn old(hours: i64, folder: &Folder) -> Office {
    let refresh_grace = jiff::SignedDuration::from_hours(hours);
    let mut office = Office::new(Options { refresh_grace, ..Options::default() });
    office.ledger = Arc::new(Sqlite::open_inline(folder.path().join("koppel.db")).unwrap());
    office.log_in().await.unwrap();
    pass(7200).await;
    office
}

/// What a new process comes to, and that it comes to rest.
async fn next(office: &mut Office, folder: &Folder) -> Next {
    // The file is closed and opened, as a new process does.
    office.ledger = Arc::new(koppel::ledger::Memory::new());
    office.ledger = Arc::new(Sqlite::open_inline(folder.path().join("koppel.db")).unwrap());
    let Err(fault) = works(&office.system(), &()).await else { return Next::GoesOn };
    assert_eq!(fault.class, Class::Auth, "{fault}");
    assert!(fault.words.contains("was lost: of a change of its token at "), "{fault}");
    assert!(fault.words.ends_with(": `koppel connect jortt` logs in again"), "{fault}");
    // No loop: what is over is kept as over, and the next process asks for nothing.
    let asked = office.asked();
    assert_eq!(works(&office.system(), &()).await.unwrap_err().class, Class::Auth);
    assert_eq!(office.asked(), asked);
    assert!(LoggedIn::of(&office.vault(), "jortt").await.unwrap().unwrap().over.is_some());
    // A person logs in, and all goes on.
    office.log_in().await.unwrap();
    works(&office.system(), &()).await.unwrap();
    Next::IsTold
}

/// A death at a call of the ledger's door; none when there are not so many calls.
async fn at_the_ledger(at: usize, blow: Blow, hours: i64) -> Option<Next> {
    let folder = Folder::with(&[]);
    let mut office = old(hours, &folder).await;
    let inner = office.ledger.clone();
    let mortal = Mortal::new(inner.clone(), at, blow);
    office.ledger = mortal.clone();
    let system = office.system();
    let died = tokio::select! {
        biased;
        () = mortal.died() => true,
        came = works(&system, &()) => {
            assert!(came.is_ok() || mortal.calls() > at, "{came:?}");
            false
        }
    };
    office.ledger = inner;
    if mortal.calls() <= at {
        return None;
    }
    if !died && blow == Blow::Refused {
        // The disk refused, and the process lives: it goes on with the token that it holds.
        works(&system, &()).await.unwrap();
    }
    drop(system);
    drop(mortal);
    Some(next(&mut office, &folder).await)
}

/// A death at the question for a new token.
async fn at_the_wire(mishap: Mishap, hours: i64) -> Next {
    let folder = Folder::with(&[]);
    let mut office = old(hours, &folder).await;
    let inner = office.transport.clone();
    let trap = Trap::new(inner.clone(), office.scene.sandbox.clone(), 0, mishap);
    office.transport = trap.clone();
    let system = office.system();
    tokio::select! {
        biased;
        () = trap.died() => {}
        came = works(&system, &()) => panic!("{came:?}"),
    }
    office.transport = inner;
    drop(system);
    next(&mut office, &folder).await
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_point_of_a_change_no_log_in_is_lost_in_silence() {
    let mut told = Vec::new();
    let mut points = 0;
    for hours in [0, 1] {
        for blow in [Blow::DiesBefore, Blow::DiesAfter, Blow::Refused] {
            for at in 0.. {
                let Some(next) = at_the_ledger(at, blow, hours).await else { break };
                points += 1;
                if next == Next::IsTold {
                    told.push(format!("{hours} h of grace, {blow:?} at call {at} of the ledger"));
                }
            }
        }
        for mishap in [Mishap::DiesBefore, Mishap::DiesAfter] {
            points += 1;
            if at_the_wire(mishap, hours).await == Next::IsTold {
                told.push(format!("{hours} h of grace, {mishap:?} at the question"));
            }
        }
    }
    // Only between the system's change and our commit, and only where the old token dies at once.
    assert_eq!(told, ["0 h of grace, DiesBefore at call 2 of the ledger", "0 h of grace, DiesAfter at the question"]);
    assert!(points >= 22, "{points}");
    let words = "log-ins lost in silence; told to log in again at the two points between the system's change and ours, \
                 and at none where the old token lives on for a moment";
    tell("R10", &format!("killed at {points} points of a change of tokens: 0 {words}"));
}
