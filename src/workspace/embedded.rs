//! The connectors, flows and samples that the binary holds.

/// A file that the binary holds.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path from the repository's root, with `/`.
    pub path: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// All files that the binary holds, by path.
#[must_use]
pub fn embedded() -> &'static [File] {
    FILES
}

/// The file of that path, if the binary holds it.
#[must_use]
pub fn embedded_file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}
