//! A folder goes in; the paths of the flows and connectors that are written in it come out.

use std::path::{Path, PathBuf};

use crate::workspace::load::{Problems, Request, find_folder};

/// Where flows and connectors lie, besides the workspace's folder itself.
const FOLDERS: &[&str] = &["flows", "connectors"];
/// How deep folders are looked into.
const DEEPEST: usize = 8;

/// All flows and connectors of a workspace on disk, by path.
///
/// # Errors
/// When there is no such folder.
pub fn texts(request: &Request<'_>) -> Result<Vec<PathBuf>, Problems> {
    let folder = find_folder(request)?;
    let mut found = Vec::new();
    gather(&folder, 0, &mut found);
    for name in FOLDERS {
        gather(&folder.join(name), DEEPEST, &mut found);
    }
    found.sort();
    Ok(found)
}

fn gather(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let ending = path.extension().and_then(|ending| ending.to_str());
        match entry.file_type() {
            _ if hidden => {}
            Ok(kind) if kind.is_dir() && deep > 0 => gather(&path, deep - 1, found),
            Ok(kind) if !kind.is_dir() && matches!(ending, Some("flow" | "connector")) => found.push(path),
            _ => {}
        }
    }
}
