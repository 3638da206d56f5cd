//! Tools of the machine that a drill needs: there, or told to be missing.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// `.ci/run` sets it when it has installed the tools: then one that is missing is a failure.
const PROMISED: &str = "KOPPEL_TOOLS";

/// The `strace` that can trace here; without one the test says so and passes.
pub fn strace(test: &str) -> Option<PathBuf> {
    let strace = found(test, &["/usr/bin/strace", "/usr/local/bin/strace", "/bin/strace"])?;
    let tried = Command::new(&strace).args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(strace);
    }
    // A container may forbid it to everyone: no tool that is installed helps against that.
    super::figure::tell(test, "NOT TRIED: this machine forbids strace to trace another process (ptrace)");
    None
}

/// The library that lies about the time.
pub fn faketime(test: &str) -> Option<PathBuf> {
    let name = "faketime/libfaketimeMT.so.1";
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let places: Vec<String> = places.iter().map(|place| format!("{place}/{name}")).collect();
    found(test, &places.iter().map(String::as_str).collect::<Vec<_>>())
}

fn found(test: &str, places: &[&str]) -> Option<PathBuf> {
    let there = places.iter().map(PathBuf::from).find(|path| path.exists());
    if there.is_none() {
        let name = places[0].rsplit('/').next().unwrap_or_default();
        assert!(std::env::var_os(PROMISED).is_none(), "{PROMISED} is set, and there is no {name} on this machine");
        super::figure::tell(test, &format!("not tried: there is no {name} on this machine"));
    }
    there
}
