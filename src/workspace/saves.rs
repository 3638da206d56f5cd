//! Files that are followed go in; the names of those that were saved with another content come out, as they are saved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How long a save may take: editors write a file in several goes.
const SETTLED: Duration = Duration::from_millis(50);

/// Follows the files of a workspace. Folders are watched, for an editor saves by putting another file in place.
pub struct Saves {
    folder: PathBuf,
    debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
    events: UnboundedReceiver<BTreeSet<PathBuf>>,
    watched: BTreeSet<PathBuf>,
    contents: BTreeMap<String, Option<Vec<u8>>>,
}

impl Saves {
    /// Follows the flows and connectors of a workspace.
    ///
    /// # Errors
    /// When the system cannot watch files.
    pub fn new(folder: &Path) -> Result<Saves, String> {
        let (sender, events) = unbounded_channel();
        let tell = move |result: DebounceEventResult| {
            let paths = result.unwrap_or_default().into_iter().flat_map(|event| event.event.paths).collect();
            // Nobody may be listening any more: then there is nothing to do.
            let _ = sender.send(paths);
        };
        let debouncer = new_debouncer(SETTLED, Some(SETTLED / 5), tell).map_err(|error| error.to_string())?;
        let (watched, contents) = (BTreeSet::new(), BTreeMap::new());
        let mut saves = Saves { folder: folder.to_owned(), debouncer, events, watched, contents };
        for place in ["", "flows", "connectors"] {
            saves.watch(&folder.join(place));
        }
        Ok(saves)
    }

    /// Follows these files too, by their paths from the workspace's folder.
    pub fn follow<'f>(&mut self, files: impl IntoIterator<Item = &'f str>) {
        for file in files {
            if let Some(place) = self.folder.join(file).parent() {
                self.watch(place);
            }
            if !self.contents.contains_key(file) {
                let content = std::fs::read(self.folder.join(file)).ok();
                self.contents.insert(file.to_owned(), content);
            }
        }
    }

    fn watch(&mut self, place: &Path) {
        // A joined empty path ends in a slash, and events would come under another name.
        let place: PathBuf = place.components().collect();
        if place.is_dir() && self.watched.insert(place.clone()) {
            // A folder that cannot be watched is one whose saves are not seen.
            let _ = self.debouncer.watch(&place, RecursiveMode::NonRecursive);
        }
    }

    /// Waits for the next save; the names of the files that are not as they were.
    pub async fn next(&mut self) -> BTreeSet<String> {
        loop {
            let Some(mut paths) = self.events.recv().await else { return std::future::pending().await };
            // A file that is empty is in the middle of being written, as a rule.
            if paths.iter().any(|path| std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0)) {
                tokio::time::sleep(SETTLED).await;
            }
            while let Ok(more) = self.events.try_recv() {
                paths.extend(more);
            }
            let changed: BTreeSet<String> = paths.iter().filter_map(|path| self.changed(path)).collect();
            if !changed.is_empty() {
                return changed;
            }
        }
    }

    /// The file's name, when it is followed and not as it was.
    fn changed(&mut self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let counts = self.contents.contains_key(&name) || name.ends_with(".flow") || name.ends_with(".connector");
        if !counts {
            return None;
        }
        let now = std::fs::read(path).ok();
        let before = self.contents.insert(name.clone(), now.clone()).flatten();
        (before != now).then_some(name)
    }
}
