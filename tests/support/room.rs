//! Where the snapshots of a room lie.

use std::path::Path;

/// Snapshots of this test lie in `snapshots/<name>/` until the guard is dropped.
pub fn room(name: &str) -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}
