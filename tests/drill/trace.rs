//! What strace wrote goes in; the calls of the process in their order come out.

use std::collections::HashMap;
use std::path::Path;

/// What is traced: what leaves the process, and what makes it last.
pub const CALLS: &str = "trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg";

/// One call of the system.
#[derive(Clone, Debug)]
pub struct Call {
    pub thread: String,
    pub name: String,
    pub words: String,
    /// The line at which it began, and that at which it came back.
    pub began: usize,
    pub ended: usize,
    pub went_well: bool,
}

impl Call {
    /// Makes something last in the ledger's files.
    pub fn is_sync(&self) -> bool {
        self.name.ends_with("sync") && self.went_well && self.words.contains("koppel.db")
    }

    /// Asks a system to make something.
    pub fn is_post(&self) -> bool {
        self.words.contains("\"POST /") && !self.words.contains("POST /oauth-provider/")
    }
}

/// The calls in the order in which they began.
pub fn read(path: &Path) -> Vec<Call> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let mut open: HashMap<&str, Call> = HashMap::new();
    let mut all = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let went_well = |text: &str| text.rsplit_once(" = ").is_some_and(|(_, result)| !result.starts_with(['-', '?']));
        if let Some(resumed) = rest.strip_prefix("<... ") {
            if let Some(mut call) = open.remove(thread) {
                (call.ended, call.went_well) = (at, went_well(resumed));
                call.words.push_str(resumed);
                all.push(call);
            }
        } else if let Some((name, words)) = rest.split_once('(') {
            let (name, words) = (name.to_owned(), words.to_owned());
            let call =
                Call { thread: thread.to_owned(), name, went_well: went_well(&words), words, began: at, ended: at };
            if rest.ends_with("<unfinished ...>") { drop(open.insert(thread, call)) } else { all.push(call) }
        }
    }
    all.extend(open.into_values().map(|call| Call { ended: usize::MAX, went_well: false, ..call }));
    all.sort_by_key(|call| call.began);
    all
}
