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
    let _room = room("lang");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lang/bad");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let said = told(&name, &fs::read_to_string(&path).unwrap());
        assert!(said.contains("[K0"), "{name} has a mistake, but nothing is told");
        insta::assert_snapshot!(name, said);
        seen += 1;
    }
    assert!(seen >= 40, "{seen} cases");
}
