//! The chapters that are made from tables: each must equal its table.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use koppel::builtin;
use koppel::report::codes::all;
use koppel::report::{Part, Row, parts};

use super::writes;
use crate::support::markdown;

/// What stands at the top of each.
const MARK: &str = "<!-- made from the tables by `KOPPEL_BOOK=write cargo test --test suite book::`; do not edit -->";

/// The ranges of numbers, each a chapter: its file, its title, and its first and last number.
const RANGES: &[(&str, &str, u16, u16)] = &[
    ("syntax", "Messages: what cannot be read", 100, 199),
    ("check", "Messages: what makes no sense", 200, 399),
    ("connector", "Messages: connectors", 400, 499),
    ("workspace", "Messages: the workspace", 500, 599),
    ("run", "Messages: runs", 600, 699),
    ("test", "Messages: tests", 700, 799),
    ("command", "Messages: commands", 800, 899),
];

/// The page is made from a table; its examples are tried where the table is.
pub(super) fn is(page: &str) -> bool {
    chapters().iter().any(|(path, _)| path == page)
}

fn chapters() -> Vec<(String, String)> {
    let codes = RANGES.iter().map(|(file, title, first, last)| {
        let rows: Vec<&Row> = all().filter(|row| (*first..=*last).contains(&row.code.0)).collect();
        (format!("docs/reference/messages/{file}.md"), messages(title, &rows))
    });
    [("docs/reference/builtins.md".to_string(), builtins())].into_iter().chain(codes).collect()
}

fn builtins() -> String {
    let mut text = format!(
        "# Functions\n\n{MARK}\n\nThe functions of the language, in flows and in scripts. `koppel builtins NAME` shows one \
         on the terminal.\nBehind each call stands what it gives; `()` is *not set*.\n"
    );
    for (group, rows) in builtin::groups() {
        let _ = write!(text, "\n## {group}\n");
        for row in rows {
            let _ = write!(text, "\n### {}\n\n`{}`\n\n{}\n\n", row.name, row.signature, row.doc);
            for example in row.examples {
                let _ = writeln!(text, "- {} gives {}", code(example.call), code(example.gives));
            }
        }
    }
    text
}

/// A text as code in a line, whatever quotes it holds.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn messages(title: &str, rows: &[&Row]) -> String {
    let mut text =
        format!("# {title}\n\n{MARK}\n\n`koppel explain K{:04}` shows one on the terminal.\n", rows[0].code.0);
    for row in rows {
        let _ = write!(text, "\n## {}: {}\n", row.code, row.title());
        for part in parts(row.page().unwrap_or_default()) {
            let _ = match part {
                Part::Words(words) => write!(text, "\n{words}\n"),
                Part::Example(example) => {
                    let language =
                        if matches!(example.language, "flow" | "connector") { "koppel" } else { example.language };
                    let head = match (example.verdict, example.file) {
                        ("wrong", None) => "Wrong:".to_string(),
                        ("right", None) => "Right:".to_string(),
                        ("wrong", Some(file)) => format!("Wrong, `{file}`:"),
                        ("right", Some(file)) => format!("Right, `{file}`:"),
                        (_, file) => format!("Beside it, `{}`:", file.unwrap_or("a file")),
                    };
                    write!(text, "\n{head}\n\n```{language}\n{}\n```\n", example.text.trim_end())
                }
            };
        }
    }
    text
}

#[test]
fn a_chapter_equals_its_table() {
    let mut wrong = Vec::new();
    for (path, text) in chapters() {
        let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(&path);
        if fs::read_to_string(&full).is_ok_and(|old| old == text) {
            continue;
        }
        wrong.push(path);
        if writes() {
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, text).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{} lag behind: KOPPEL_BOOK=write cargo test --test suite book::", wrong.join(", "));
}

#[test]
fn every_message_is_in_a_chapter() {
    let texts: String =
        RANGES.iter().map(|(file, ..)| markdown::file(&format!("docs/reference/messages/{file}.md"))).collect();
    for row in all() {
        assert!(texts.contains(&format!("\n## {}: ", row.code)), "{} is in no range of RANGES", row.code);
    }
}
