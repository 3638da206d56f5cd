//! The book in `docs/` is true: every block of code is executed, what is generated equals its table, nothing is forgotten.
//!
//! `KOPPEL_BOOK=write cargo test --test suite book::` writes what commands print, what messages say and the generated
//! chapters anew; read the difference as you would read code.

#[path = "book/complete.rs"]
mod complete;
#[path = "book/generated.rs"]
mod generated;
#[path = "book/shell.rs"]
mod shell;
#[path = "book/stage.rs"]
mod stage;
#[path = "book/steady.rs"]
mod steady;
#[path = "book/warehouse.rs"]
mod warehouse;

use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use crate::support::markdown;

/// All pages of the book, as paths from the repository.
fn pages() -> Vec<String> {
    fn gather(folder: &Path, pages: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, pages);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path);
            }
        }
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    gather(&home.join("docs"), &mut paths);
    let mut names: Vec<String> =
        paths.iter().map(|path| path.strip_prefix(home).unwrap().display().to_string()).collect();
    names.sort();
    names
}

/// What a page shows is to be written anew.
fn writes() -> bool {
    env::var("KOPPEL_BOOK").is_ok_and(|wish| wish == "write")
}

#[test]
fn every_block_is_as_the_page_says() {
    let pages: Vec<String> = pages().into_iter().filter(|page| !generated::is(page)).collect();
    let pages: Vec<String> = match env::var("KOPPEL_PAGE") {
        Ok(only) => pages.into_iter().filter(|page| page.contains(&only)).collect(),
        Err(_) => pages,
    };
    // Most of the time is waiting for the simulated systems.
    let tried: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = pages
            .iter()
            .map(|page| scope.spawn(move || (page, stage::try_page(page, &markdown::file(page)))))
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a page can be tried")).collect()
    });
    let mut wrong = Vec::new();
    for (page, tried) in tried {
        wrong.extend(tried.wrong);
        if writes() && !tried.changed.is_empty() {
            let text = markdown::with_texts(&markdown::file(page), &tried.changed);
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(page), text).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}\n`KOPPEL_BOOK=write` shows what is printed now", wrong.join("\n\n"));
}
