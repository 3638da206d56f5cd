//! A path and a text go in; the file holds that text, or what it held before: never a part of it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// How many names beside the file are tried.
const TRIES: u32 = 100;

/// Writes the text beside the file, syncs it, and puts it in the place of the file, whose permissions it keeps.
///
/// # Errors
/// When the disk refuses; then the file is as it was.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let path = path.canonicalize()?;
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
    let permissions = path.metadata()?.permissions();
    for number in 0..TRIES {
        let beside = folder.join(format!(".{name}.{}-{number}", std::process::id()));
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            opened => opened?,
        };
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.set_permissions(permissions))
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&beside, &path));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written?;
        // The new name lasts too, where a folder can be synced.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        return Ok(());
    }
    Err(ErrorKind::AlreadyExists.into())
}
