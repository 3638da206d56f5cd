//! Whether the daemon moves and takes work: its own word goes in, an answer for whoever watches it comes out.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::value::Clock;

/// Without a sign for so long it does not live.
pub const SILENT: Duration = Duration::from_secs(60);

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    Ready,
    /// It lives, and cannot do its work: why.
    Ailing(String),
    Stopping,
}

/// The daemon's word on itself.
#[derive(Debug)]
pub struct Health {
    clock: Clock,
    state: Mutex<(Stage, Duration)>,
}

impl Health {
    /// It starts now.
    #[must_use]
    pub fn new(clock: Clock) -> Health {
        let now = clock.steady();
        Health { clock, state: Mutex::new((Stage::Starting, now)) }
    }

    /// It moves: called by the loop that everything waits for.
    pub fn beat(&self) {
        self.with(|(_, beat)| *beat = self.clock.steady());
    }

    /// It takes work.
    pub fn is_ready(&self) {
        self.stage(Stage::Ready);
    }

    /// It cannot do its work for now.
    pub fn ails(&self, why: &str) {
        self.stage(Stage::Ailing(why.to_owned()));
    }

    /// It ends.
    pub fn stops(&self) {
        self.stage(Stage::Stopping);
    }

    /// Whether it moves.
    ///
    /// # Errors
    /// The words for why not.
    pub fn live(&self) -> Result<(), String> {
        let silent = self.clock.steady().saturating_sub(self.with(|(_, beat)| *beat));
        if silent > SILENT { Err(format!("nothing moved for {} s", silent.as_secs())) } else { Ok(()) }
    }

    /// Whether it takes work.
    ///
    /// # Errors
    /// The words for why not.
    pub fn ready(&self) -> Result<(), String> {
        self.live()?;
        self.with(|(stage, _)| match stage {
            Stage::Ready => Ok(()),
            Stage::Starting => Err("it starts".to_owned()),
            Stage::Ailing(why) => Err(why.clone()),
            Stage::Stopping => Err("it ends".to_owned()),
        })
    }

    fn stage(&self, next: Stage) {
        // Whoever ends does not come back.
        self.with(|(stage, _)| {
            if *stage != Stage::Stopping {
                *stage = next;
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut (Stage, Duration)) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
