//! What happens inside goes to standard error: words on a terminal, one JSON object a line otherwise, and only when asked for.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::cli::Exit;
use crate::cli::hand::Hand;
use crate::report::codes;

/// The variable that says how much is told.
const LEVEL: &str = "KOPPEL_LOG";

/// Begins to tell what the variable asks for.
pub(super) fn begin(hand: &Hand) -> Result<(), Exit> {
    let Some(wish) = (hand.lookup)(LEVEL).filter(|wish| !wish.is_empty()) else { return Ok(()) };
    let Some(level) = level(&wish) else {
        let words = format!("{LEVEL} is `{wish}`, which is no level");
        hand.terminal.wrong(codes::command::NOT_KNOWN, &words, Some("KOPPEL_LOG=info; or error, warn, debug, off"));
        return Err(Exit::Usage);
    };
    // Ours alone: what libraries tell of requests is not ours to answer for.
    let ours = Targets::new().with_target("koppel", level);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = if std::io::stderr().is_terminal() {
        lines.with_ansi(hand.terminal.color).with_filter(ours).boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).with_filter(ours).boxed()
    };
    // One that is there already, in a test, stays.
    let _ = registry().with(lines).try_init();
    Ok(())
}

fn level(wish: &str) -> Option<LevelFilter> {
    Some(match wish {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        _ => return None,
    })
}
