//! Figures that a test found out, told to whoever runs the tests.

use std::io::Write as _;

/// Prints a promise of `docs/reliability.md` with the figure that was found, past the test runner's capture.
pub fn tell(promise: &str, figure: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{promise}: {figure}");
}

/// How much of something is tried: what the environment asks for, else the little that a quick run tries.
pub fn scale(variable: &str, quick: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(quick)
}
