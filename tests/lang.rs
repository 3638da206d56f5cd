//! The language: flows with mistakes and the whole message that each gives.

use std::fs;
use std::path::Path;

use koppel::report::{self, Style};
use koppel::workspace::{self, Depth, Problems, Request};

use crate::support::folder::Folder;
use crate::support::room::room;

/// What a person is told of a flow alone in a workspace.
fn told(name: &str, text: &str) -> String {
    let folder = Folder::with(&[]);
    folder.put(&format!("flows/{name}.flow"), text);
    let request = Request { from: folder.path(), folder: Some(folder.path()), flows: &[], depth: Depth::Flows };
    match workspace::load(&request) {
        Ok(workspace) => report::render(&workspace.warnings, &workspace.sources, Style::Plain),
        Err(Problems::Mistakes { diagnostics, sources }) => report::render(&diagnostics, &sources, Style::Plain),
        Err(Problems::NotThere(words, _)) => words,
    }
}

#[test]
fn every_mistake_is_told_with_its_place_and_its_mend() {
    assert!(pinned("lang", "bad") >= 40);
}

#[test]
fn a_slip_is_told_as_the_slip_that_it_is() {
    assert!(pinned("slips", "slips") >= 18);
}

#[test]
fn what_follows_from_a_mistake_is_not_told() {
    assert!(pinned("follow", "follow") >= 8);
}

/// Pins what is told of each case of a folder; how many there are.
fn pinned(into: &str, cases: &str) -> usize {
    let _room = room(into);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lang").join(cases);
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let said = told(&name, &fs::read_to_string(&path).unwrap());
        assert!(said.contains("[K0"), "{name} has a mistake, but nothing is told");
        insta::assert_snapshot!(name, said);
        seen += 1;
    }
    seen
}

/// A flow with a mistake in its ninth line.
const MISTAKEN: &str = "koppel 1
flow orders \"Orders\"
use mijnwebwinkel as shop
from shop.orders as order {
  key order.uuid
}
test \"é\" {
  given order { uuid = \"é\", number = \"1\" }
  expect skp \"é\"
}
skip when order.price.total is not set because \"é\"
";

/// Other ways in which editors write the same file.
fn rewritten(text: &str) -> [(&'static str, String); 4] {
    [
        ("tabs", text.replace("  ", "\t")),
        ("line ends of Windows", text.replace('\n', "\r\n")),
        ("a byte-order mark", format!("\u{FEFF}{text}")),
        ("all of them", format!("\u{FEFF}{}", text.replace("  ", "\t").replace('\n', "\r\n"))),
    ]
}

#[test]
fn tabs_line_ends_and_a_byte_order_mark_are_harmless() {
    let sound = MISTAKEN.replace("skp", "skip");
    assert_eq!(told("orders", &sound), "");
    for (what, text) in rewritten(&sound) {
        assert_eq!(told("orders", &text), "", "{what}");
    }
    let _room = room("slips");
    insta::assert_snapshot!("as-it-is", told("orders", MISTAKEN));
    for (what, text) in rewritten(MISTAKEN) {
        insta::assert_snapshot!(what.replace(' ', "-"), told("orders", &text));
    }
}
