//! `[retention]` goes in; how long what came in and went out is kept comes out.

use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use crate::workspace::config::Reader;
use crate::workspace::keys;

/// How long what is recorded is kept. What keeps things from being made twice is kept for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The records and bodies that came in and went out.
    pub payloads: Duration,
    /// That there was a call or a run.
    pub activity: Duration,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for Retention {
    fn default() -> Retention {
        Retention { payloads: DAY * 30, activity: DAY * 180 }
    }
}

impl Reader<'_> {
    pub(super) fn retention(&mut self, value: &Spanned<DeValue<'_>>) -> Retention {
        let mut retention = Retention::default();
        for (key, value) in self.table("`payloads` and `activity`", value) {
            let place = match key.node {
                "payloads" => &mut retention.payloads,
                "activity" => &mut retention.activity,
                _ => {
                    self.unknown(&key, "`[retention]`", &keys::names(keys::RETENTION));
                    continue;
                }
            };
            let span = self.span(value.span());
            match self.time(value) {
                Some(time) if time < DAY => self.wrong(span, "a day or more, such as `\"30 days\"`", "less"),
                Some(time) => *place = time,
                None => {}
            }
        }
        retention
    }
}
