//! The canonical form: what changes and what does not, for files of all sorts.

#[path = "format/sentence.rs"]
mod sentence;

use std::fs;
use std::path::{Path, PathBuf};

use koppel::report::{self, Sources, Style};
use koppel::syntax;
use proptest::prelude::*;

use crate::support::room::room;
use sentence::{Dice, file};

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The canonical text, or what is told.
fn canonical(name: &str, text: &str) -> Result<String, String> {
    let mut sources = Sources::default();
    let source = sources.add(name, text);
    syntax::format(&source).map_err(|problems| report::render(&problems, &sources, Style::Plain))
}

fn tree(text: &str) -> String {
    let source = Sources::default().add("a.flow", text.replace("\r\n", "\n"));
    match syntax::parse(&source) {
        Ok(file) => syntax::outline(&file),
        Err(problems) => format!("{problems:?}"),
    }
}

/// All but blanks, line ends and commas.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != ',' && *letter != '\u{FEFF}').collect()
}

/// For each numbered comment, whether it stands behind something on its line.
fn behind(text: &str) -> Vec<bool> {
    text.lines()
        .filter_map(|line| {
            line.split_once("# comment ").map(|(before, _)| !before.trim_matches([' ', '\t', ',']).is_empty())
        })
        .collect()
}

/// What holds of every text that can be read.
fn hold(text: &str) -> Result<String, String> {
    let once = canonical("a.flow", text)?;
    let twice = canonical("a.flow", &once)?;
    let differs =
        |what: &str, a: &str, b: &str| Err(format!("{what}\n--- of\n{text}\n--- before\n{a}\n--- after\n{b}"));
    if twice != once {
        return differs("a second time changes more", &once, &twice);
    }
    if tree(text) != tree(&once) {
        return differs("the tree is another", &tree(text), &tree(&once));
    }
    if squeezed(text) != squeezed(&once) {
        return differs("words or comments changed", text, &once);
    }
    if behind(text) != behind(&once) {
        return differs("a comment stands elsewhere", text, &once);
    }
    let neat = |line: &str| !line.ends_with([' ', '\t', '\r']) || text.contains(line);
    if !once.lines().all(neat) || once.contains("\n\n\n") || !once.ends_with('\n') || once.ends_with("\n\n") {
        return differs("it is not neat", text, &once);
    }
    Ok(once)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_keeps_its_tree_and_its_comments(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        let mut dice = Dice::of(&bytes);
        let words = file(&mut dice);
        let text = words.text(&mut dice);
        if let Err(wrong) = hold(&text) {
            prop_assert!(false, "{}\n---- of\n{}", wrong, text);
        }
    }
}

/// Flows and connectors of a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(home().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "flow" || ending == "connector"))
        .collect();
    found.sort();
    found
}

#[test]
fn what_is_shipped_is_canonical() {
    for path in [files("flows"), files("connectors")].concat() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        assert_eq!(hold(&text).unwrap(), text, "{name}: run `koppel fmt`");
    }
    let readme = fs::read_to_string(home().join("README.md")).unwrap();
    for rest in readme.split("```koppel\n").skip(1) {
        let block = rest.split("```").next().unwrap();
        assert_eq!(hold(block).unwrap(), block, "a block of the README is not canonical");
    }
}

#[test]
fn files_of_all_cases_keep_their_trees() {
    for folder in ["tests/cases/mapping", "tests/cases/syntax/ok"] {
        for path in files(folder) {
            hold(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()));
        }
    }
}

#[test]
fn untidy_files_become_tidy() {
    let _room = room("format");
    for path in files("tests/cases/format") {
        let name = path.file_name().unwrap().to_string_lossy().replace('.', "-");
        insta::assert_snapshot!(name, hold(&fs::read_to_string(&path).unwrap()).unwrap());
    }
}

#[test]
fn a_mark_of_byte_order_tabs_and_windows_line_ends_go() {
    let text = "\u{FEFF}koppel 1\r\nflow a \"A\"\r\n\r\n\r\n\r\nlet\ta =\t1 # one \t\r\nfn f() -> text rhai {\r\n\tlet x = \"a\tb\"; \r\n}\r\n";
    let tidy = "koppel 1\nflow a \"A\"\n\nlet a = 1                                            # one\nfn f() -> text rhai {\n\tlet x = \"a\tb\"; \n}\n";
    assert_eq!(canonical("a.flow", text).unwrap(), tidy);
}
