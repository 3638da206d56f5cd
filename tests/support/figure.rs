//! Figures that a test found out, told to whoever runs the tests.

use std::io::Write as _;

/// Prints a promise of `docs/reliability.md` with the figure that was found, past the test runner's capture.
pub fn tell(promise: &str, figure: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{promise}: {figure}");
}
