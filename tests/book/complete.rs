//! Nothing is forgotten: every page is reached, every word of the language, command, exit code and key is told.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use koppel::connect::{CRASHES, Class, FAULTS};
use koppel::workspace::keys;
use regex::Regex;

use super::pages;
use crate::support::markdown;

const COMMANDS: &str = "docs/reference/commands.md";
const WORKSPACE: &str = "docs/reference/workspace.md";

/// The targets of links in a page, without those to the web and within it.
fn links(page: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)#]+)(#[^)]*)?\)").unwrap();
    let targets = link.captures_iter(page).map(|found| found[1].to_string());
    targets.filter(|target| !target.contains("://")).collect()
}

/// A path from a page, without its dots.
fn resolved(page: &str, target: &str) -> String {
    let mut path = PathBuf::new();
    for part in Path::new(page).parent().unwrap().join(target).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.display().to_string()
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
    let summary = markdown::file("docs/SUMMARY.md");
    let listed: BTreeSet<String> = links(&summary).iter().map(|link| resolved("docs/SUMMARY.md", link)).collect();
    for page in pages() {
        assert!(page == "docs/SUMMARY.md" || listed.contains(&page), "{page} is not in docs/SUMMARY.md");
        // A block of code has no links.
        let blocks = markdown::blocks(&markdown::file(&page));
        let text = blocks.iter().fold(markdown::file(&page), |text, block| text.replace(&block.text, ""));
        for target in links(&text) {
            let path = resolved(&page, &target);
            assert!(
                Path::new(env!("CARGO_MANIFEST_DIR")).join(&path).exists(),
                "{page} links to {path}, which is not there"
            );
        }
    }
    assert!(markdown::file("README.md").contains("](docs/"), "the README leads to the book");
}

#[test]
fn every_word_of_the_language_stands_in_a_block_of_the_reference() {
    let grammar = markdown::file("grammar/koppel.pest");
    let keyword = Regex::new(r#"(?m)^kw_\w+ += @\{ "(\w+)""#).unwrap();
    let operator = Regex::new(r#"(?m)^(?:op|m)_\w+ += @?\{ "([^"]+)""#).unwrap();
    let pages = pages().into_iter().filter(|page| page.starts_with("docs/reference/") && !super::generated::is(page));
    let blocks: Vec<String> = pages
        .flat_map(|page| markdown::blocks(&markdown::file(&page)))
        .filter(|block| block.language == "koppel" && !block.has("wrong"))
        .map(|block| block.text)
        .collect();
    // A word that only comments or texts hold is not shown.
    let dress = Regex::new(r#"#.*|"(?:\\.|[^"\\\n])*""#).unwrap();
    let shown: String = blocks.iter().map(|block| dress.replace_all(block, "\"\"").into_owned() + "\n").collect();
    let word = |word: &str| Regex::new(&format!(r"\b{word}\b")).unwrap().is_match(&shown);
    let forgotten: Vec<String> = keyword
        .captures_iter(&grammar)
        .map(|found| found[1].to_string())
        .filter(|name| !word(name))
        .chain(operator.captures_iter(&grammar).map(|found| found[1].to_string()).filter(|mark| !shown.contains(mark)))
        .collect();
    assert!(forgotten.is_empty(), "no block of docs/reference/ shows {}", forgotten.join(", "));
}

#[test]
fn every_class_and_every_fault_is_told() {
    let pages = ["docs/reference/language/policies.md", "docs/reference/connectors.md"];
    let text = pages.map(markdown::file).concat();
    for class in Class::ALL {
        assert!(text.contains(&format!("`{}`", class.word())), "the class {} is told nowhere", class.word());
    }
    let text = markdown::file("docs/reference/language/tests.md");
    for fault in FAULTS.iter().chain(CRASHES) {
        assert!(text.contains(&format!("`{fault}`")), "the fault {fault} is told nowhere");
    }
}

fn help(words: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_koppel")).args(words).arg("--help").output().unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

/// The names that stand first on the lines of a part of a help.
fn commands() -> Vec<String> {
    let text = help(&[]);
    let part = text.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A line that goes on begins further to the right.
    let lines = part.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

#[test]
fn every_command_is_told_with_its_help() {
    let page = markdown::file(COMMANDS);
    let blocks = markdown::blocks(&page);
    let names = commands();
    assert!(names.len() >= 16, "{names:?}");
    for name in names {
        let asked = format!("$ koppel {name} --help\n");
        let shown = blocks.iter().any(|block| block.language == "console" && block.text.starts_with(&asked));
        assert!(
            shown && page.contains(&format!("\n## koppel {name}\n")),
            "`koppel {name}` is not in {COMMANDS}; add\n\n## koppel {name}\n\n```console\n{asked}```\n\nwith a line on \
             what it is for, and let `KOPPEL_BOOK=write cargo test --test suite book::` fill the block"
        );
    }
}

#[test]
fn every_exit_code_is_told() {
    let page = markdown::file(COMMANDS);
    let code = Regex::new(r"(?m)^    \w+ = (\d+),$").unwrap();
    let source = markdown::file("src/cli/exit.rs");
    let codes: Vec<&str> = code.captures_iter(&source).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(codes.len() >= 9, "{codes:?}");
    for code in codes {
        assert!(page.contains(&format!("\n| {code} | ")), "{COMMANDS} does not tell what {code} means: add a row");
    }
}

#[test]
fn every_key_of_the_workspace_is_told() {
    let page = markdown::file(WORKSPACE);
    let keys = [keys::TOP, keys::CONNECTION, keys::FLOW].concat();
    for key in keys.iter().map(|key| key.name) {
        let told = ["`", "[", ".", "\n"].iter().any(|before| page.contains(&format!("{before}{key}")));
        assert!(told, "{WORKSPACE} does not tell of `{key}`");
    }
}
