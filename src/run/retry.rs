//! What to do about a fault, by its class: wait and try again, end the record, or end the run.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::check::PolicyAction;
use crate::connect::{Class, Fault, System};
use crate::ledger::Status;
use crate::report::{Span, codes};
use crate::run::context::{Context, Witness};
use crate::run::halt::{End, Halt};
use crate::run::{Ended, Way};

/// How often and over how long a passing trouble is retried, unless the flow says otherwise.
const RETRIES: u32 = 8;
const RETRIES_OVER: Duration = Duration::from_secs(6 * 3600);
/// Each wait is so many times the one before it.
const GROWTH: u32 = 4;

/// Where in the flow something is asked, for the words about a fault.
#[derive(Clone)]
pub(super) struct Spot {
    pub(super) step: Arc<str>,
    pub(super) span: Span,
}

/// What the flow does about a class of errors.
pub(super) fn action(cx: &Context, class: Class) -> PolicyAction {
    for (number, policy) in cx.program().policies.iter().enumerate() {
        if let Some(at) = policy.classes.iter().position(|known| *known == class) {
            cx.world.watch.passed(&Arc::from(""), Way::Policy(number, at));
            return policy.action;
        }
    }
    match class {
        Class::Network | Class::RateLimit | Class::ServerError | Class::Conflict | Class::LostReply => {
            PolicyAction::Retry(RETRIES, RETRIES_OVER)
        }
        Class::Validation | Class::Missing => PolicyAction::Hold,
        Class::Auth | Class::Config | Class::Token => PolicyAction::Stop,
    }
}

/// The waits of one request: growing, each drawn from nothing to its bound, within the record's patience.
pub(super) struct Patience {
    bounds: Option<backon::ExponentialBackoff>,
    spent: Duration,
    rng: ChaCha8Rng,
}

impl Patience {
    pub(super) fn new(cx: &Context) -> Patience {
        Patience { bounds: None, spent: Duration::ZERO, rng: ChaCha8Rng::seed_from_u64(cx.next_seed()) }
    }

    /// Waits, or says how the record or the run ends.
    pub(super) async fn wait(&mut self, cx: &Context, system: &System, fault: &Fault, spot: &Spot) -> Result<(), Halt> {
        cx.pass()?;
        if fault.shut {
            // It is not this record's trouble: all wait as they are, for the next run.
            return Err(Ended::Unreachable(refusal(&system.connection().name, fault)).into());
        }
        match action(cx, fault.class) {
            action @ (PolicyAction::Retry(..) | PolicyAction::Repeat) => {
                let (times, over) = match action {
                    PolicyAction::Retry(times, over) => (times, over),
                    _ => (RETRIES, RETRIES_OVER),
                };
                let bounds = self.bounds.get_or_insert_with(|| schedule(times, over));
                let Some(bound) = bounds.next() else { return Err(gave_up(system, fault, spot)) };
                let drawn = self.rng.random_range(Duration::ZERO..=bound);
                let wait = fault.retry_after.map_or(drawn, |asked| asked.max(drawn));
                self.spent += wait;
                if self.spent > cx.options.patience {
                    return Err(gave_up(system, fault, spot));
                }
                cx.sleep(wait).await
            }
            action => Err(ending(action, system, fault, spot)),
        }
    }
}

fn schedule(times: u32, over: Duration) -> backon::ExponentialBackoff {
    let parts = (0..times).map(|n| u64::from(GROWTH).saturating_pow(n)).fold(0_u64, u64::saturating_add).max(1);
    let millis = u64::try_from(over.as_millis()).unwrap_or(u64::MAX);
    let first = Duration::from_millis((millis / parts).max(1));
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(over.max(first))
        .with_factor(GROWTH as f32)
        .with_max_times(times as usize)
        .build()
}

/// How a record or the run ends by a fault that is not retried.
pub(super) fn ending(action: PolicyAction, system: &System, fault: &Fault, spot: &Spot) -> Halt {
    let connection = &system.connection().name;
    match (action, fault.class) {
        (PolicyAction::Stop, Class::Auth | Class::Token) => Ended::LogIn(format!("`{connection}`: {fault}")).into(),
        (PolicyAction::Stop, Class::Config) => Ended::Config(format!("`{connection}`: {fault}")).into(),
        (PolicyAction::Stop, _) => {
            End::new(Status::Stopped, codes::run::POLICY, &spot.step, spot.span, refusal(connection, fault)).into()
        }
        (_, Class::Missing) => {
            End::new(Status::Held, codes::run::GONE, &spot.step, spot.span, refusal(connection, fault)).into()
        }
        _ => End::new(Status::Held, codes::run::REFUSED, &spot.step, spot.span, refusal(connection, fault)).into(),
    }
}

fn refusal(connection: &str, fault: &Fault) -> String {
    format!("`{connection}`: {fault}")
}

/// How it ends when a question cannot even be asked.
pub(super) fn refused(cx: &Context, system: &System, fault: &Fault, spot: &Spot) -> Halt {
    ending(action(cx, fault.class), system, fault, spot)
}

fn gave_up(system: &System, fault: &Fault, spot: &Spot) -> Halt {
    let words = format!("`{}`: {fault}; it was tried again and again", system.connection().name);
    let mut end = End::new(Status::Failed, codes::run::GAVE_UP, &spot.step, spot.span, words);
    if fault.class == Class::Network {
        // Nothing at all could be sent: the next record would fare no better.
        return Ended::Unreachable(end.reason).into();
    }
    end.found = fault.status.map_or_else(String::new, |status| status.to_string());
    end.into()
}

/// Asks for something that may be asked again, until it is answered or the patience ends.
pub(super) async fn retrying<T, F>(
    witness: &Witness<'_>,
    system: &System,
    spot: &Spot,
    mut ask: impl FnMut() -> F,
) -> Result<T, Halt>
where
    F: Future<Output = Result<T, Fault>>,
{
    let cx = witness.cx;
    let mut patience = Patience::new(cx);
    loop {
        let asked = {
            let _sending = witness.sending();
            ask().await
        };
        match asked {
            Ok(answer) => return Ok(answer),
            Err(fault) => patience.wait(cx, system, &fault, spot).await?,
        }
    }
}
