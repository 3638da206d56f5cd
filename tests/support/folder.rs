//! Files by name and text go in; a folder that goes away with its owner comes out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A folder of its own.
pub struct Folder(PathBuf);

impl Folder {
    /// A folder with these files.
    #[must_use]
    pub fn with(files: &[(&str, &str)]) -> Folder {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = Folder(env::temp_dir().join(format!("koppel-test-{}-{number}", process::id())));
        fs::create_dir_all(&folder.0).unwrap();
        for (name, text) in files {
            folder.put(name, text);
        }
        folder
    }

    /// One more file, or another text in it.
    pub fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
