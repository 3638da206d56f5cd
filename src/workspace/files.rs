//! A path goes in; the text of that file, on disk or among the embedded, or why there is none, comes out.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::report::{Code, Source, SourceId, Sources, codes};
use crate::workspace::embedded;

/// No text of a workspace may be larger.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Where the files of a workspace lie.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// In a folder on disk.
    Disk(PathBuf),
    /// In the binary, beside these files (by path).
    Embedded(BTreeMap<String, String>),
    /// These files (by path), and no others.
    Kept(BTreeMap<String, String>),
}

/// Why a file gave no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    /// The number of the mistake.
    pub(crate) code: Code,
    /// What is wrong, said of the file: `is not there`.
    pub(crate) words: String,
    /// What of it could be read: its text up to there.
    pub(crate) text: String,
}

/// The files that were read so far, each once.
#[derive(Debug)]
pub(crate) struct Files {
    tree: Tree,
    /// All texts with their names.
    pub(crate) sources: Sources,
    read: BTreeMap<String, Result<Source, Unread>>,
    /// Texts that count whatever the disk says.
    open: BTreeMap<String, Arc<str>>,
    /// The numbers of texts that were read before.
    numbers: BTreeMap<String, SourceId>,
    /// When a file was written last, as it was read.
    written: BTreeMap<String, Option<SystemTime>>,
}

impl Files {
    /// The files of a tree, none read yet.
    pub(crate) fn new(tree: Tree) -> Files {
        Files { tree, ..Files::empty() }
    }

    fn empty() -> Files {
        Files {
            tree: Tree::Embedded(BTreeMap::new()),
            sources: Sources::default(),
            read: BTreeMap::new(),
            open: BTreeMap::new(),
            numbers: BTreeMap::new(),
            written: BTreeMap::new(),
        }
    }

    /// From now on this text counts for that file.
    pub(crate) fn open(&mut self, path: &str, text: Arc<str>) {
        self.open.insert(tidy(path), text);
    }

    /// The disk counts again for that file.
    pub(crate) fn close(&mut self, path: &str) {
        self.open.remove(&tidy(path));
    }

    /// Forgets what was read of a file; the number that its text has.
    pub(crate) fn forget(&mut self, path: &str) -> Option<SourceId> {
        let path = tidy(path);
        self.read.remove(&path);
        self.numbers.get(&path).copied()
    }

    /// The files that were read and are another on disk now.
    pub(crate) fn changed(&self) -> Vec<String> {
        let Tree::Disk(folder) = &self.tree else { return Vec::new() };
        let read = self.read.keys().filter(|path| !self.open.contains_key(*path) && !path.starts_with("koppel:"));
        read.filter(|path| self.written.get(*path).is_some_and(|then| *then != written(&folder.join(path))))
            .cloned()
            .collect()
    }

    fn keep(&mut self, path: &str, text: impl Into<Arc<str>>) -> Source {
        match self.numbers.get(path).copied() {
            Some(id) => self.sources.replace(id, text),
            None => {
                let source = self.sources.add(path, text);
                self.numbers.insert(path.to_owned(), source.id);
                source
            }
        }
    }

    /// A text that stands for a file which cannot be read.
    pub(crate) fn stand_in(&mut self, path: &str, text: &str) -> Source {
        self.keep(path, text)
    }

    /// The text of a file by its path from the workspace's folder (or a path of its own).
    pub(crate) fn read(&mut self, path: &str) -> Result<Source, Unread> {
        let path = tidy(path);
        if let Some(known) = self.read.get(&path) {
            return known.clone();
        }
        if let Tree::Disk(folder) = &self.tree {
            self.written.insert(path.clone(), written(&folder.join(&path)));
        }
        let answer = match self.open.get(&path).cloned() {
            Some(text) => Ok(self.keep(&path, text)),
            None => self.text(&path).map(|text| self.keep(&path, text)),
        };
        self.read.insert(path, answer.clone());
        answer
    }

    /// The path under which a file named in `by` is there: beside `by`, else from the workspace's folder.
    pub(crate) fn look(&self, by: &str, name: &str) -> Option<String> {
        let beside = tidy(&match by.rfind('/') {
            Some(at) => format!("{}/{name}", &by[..at]),
            None => name.to_owned(),
        });
        [beside, tidy(name)].into_iter().find(|path| self.is_there(path))
    }

    /// There is a file of that path.
    pub(crate) fn is_there(&self, path: &str) -> bool {
        match &self.tree {
            Tree::Disk(folder) => self.open.contains_key(&tidy(path)) || folder.join(path).is_file(),
            Tree::Embedded(beside) => beside.contains_key(path) || embedded::embedded_file(path).is_some(),
            Tree::Kept(files) => files.contains_key(path),
        }
    }

    /// The paths of the files right in a folder (the workspace's own is empty) whose names end so, in order.
    pub(crate) fn list(&self, folder: &str, ending: &str) -> Vec<String> {
        let mut names: Vec<String> = match &self.tree {
            Tree::Disk(root) => std::fs::read_dir(root.join(folder))
                .into_iter()
                .flatten()
                .filter_map(Result::ok)
                .filter(|entry| entry.path().is_file())
                .filter_map(|entry| entry.file_name().into_string().ok())
                .filter(|name| !name.starts_with('.'))
                .collect(),
            Tree::Embedded(_) => right_in(folder, embedded::embedded().iter().map(|file| file.path)),
            Tree::Kept(files) => right_in(folder, files.keys().map(String::as_str)),
        };
        names.retain(|name| name.ends_with(ending));
        names.sort();
        names.into_iter().map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") }).collect()
    }

    /// A text of the binary, under a name that says so.
    pub(crate) fn read_embedded(&mut self, path: &str) -> Option<Source> {
        match self.tree {
            Tree::Embedded(_) => return self.read(path).ok(),
            Tree::Kept(_) => return None,
            Tree::Disk(_) => {}
        }
        let name = format!("koppel:{path}");
        if let Some(Ok(known)) = self.read.get(&name) {
            return Some(known.clone());
        }
        let text = std::str::from_utf8(embedded::embedded_file(path)?.bytes).ok()?;
        let source = self.keep(&name, text);
        self.read.insert(name, Ok(source.clone()));
        Some(source)
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        let unread = |code, words: &str| Unread { code, words: words.to_owned(), text: String::new() };
        let bytes = match &self.tree {
            Tree::Disk(folder) => {
                let words = |error: &std::io::Error| match error.kind() {
                    ErrorKind::NotFound => "is not there".to_owned(),
                    ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
                    ErrorKind::IsADirectory => "is a folder".to_owned(),
                    _ => format!("cannot be read: {error}"),
                };
                let failed = |error: std::io::Error| unread(codes::workspace::UNREADABLE, &words(&error));
                let mut bytes = Vec::new();
                std::fs::File::open(folder.join(path))
                    .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
                    .map_err(failed)?;
                bytes
            }
            Tree::Embedded(beside) => match (beside.get(path), embedded::embedded_file(path)) {
                (Some(text), _) => text.clone().into_bytes(),
                (None, Some(file)) => file.bytes.to_vec(),
                (None, None) => return Err(unread(codes::workspace::UNREADABLE, "is not there")),
            },
            Tree::Kept(files) => match files.get(path) {
                Some(text) => text.clone().into_bytes(),
                None => return Err(unread(codes::workspace::UNREADABLE, "is not there")),
            },
        };
        if bytes.len() as u64 > LARGEST {
            return Err(unread(codes::workspace::TOO_LARGE, "is larger than 16 MiB"));
        }
        // Some editors put a mark before the text that says how it is written; it is no part of it.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map(<[u8]>::to_vec).unwrap_or(bytes);
        String::from_utf8(bytes).map_err(|error| {
            let sound = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&error.as_bytes()[..sound]).into_owned();
            Unread { text, ..unread(codes::workspace::NOT_UTF8, "is no UTF-8 text: it holds other bytes from here on") }
        })
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|about| about.modified()).ok()
}

/// The names of the files right in a folder.
fn right_in<'p>(folder: &str, paths: impl Iterator<Item = &'p str>) -> Vec<String> {
    let name = |path: &'p str| match folder {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    };
    paths.filter_map(name).filter(|name| !name.contains('/')).map(str::to_owned).collect()
}

/// A path as it is shown: from the workspace's folder where it lies in it.
pub(crate) fn name_from(folder: &Path, path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = absolute.strip_prefix(folder).unwrap_or(&absolute);
    tidy(&shown.to_string_lossy().replace('\\', "/"))
}

/// The path without `.` and without `x/..`.
fn tidy(path: &str) -> String {
    let mut parts = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.components().next_back(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.to_string_lossy().replace('\\', "/")
}
