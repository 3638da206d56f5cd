//! The language: flows with mistakes and the whole message that each gives, and flows that are sound and what they mean.

use std::fs;
use std::path::{Path, PathBuf};

use koppel::check;
use koppel::report::{self, Style};
use koppel::workspace::{self, Depth, Problems, Request, Workspace};

use crate::support::folder::Folder;
use crate::support::room::room;

/// The cases of a folder: a flow, or a folder with a flow of its name and what it uses.
fn cases(folder: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lang").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> =
        paths.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path)).collect();
    cases.sort();
    cases
}

fn put_all(folder: &Folder, from: &Path, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = format!("{to}/{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            put_all(folder, &path, &to);
        } else {
            folder.put(&to, fs::read(&path).unwrap());
        }
    }
}

/// A case alone in a workspace, its files in `flows/`.
fn loaded(name: &str, path: &Path) -> Result<Workspace, Problems> {
    let folder = Folder::with(&[]);
    if path.is_dir() {
        put_all(&folder, path, "flows");
    } else {
        folder.put(&format!("flows/{name}.flow"), fs::read(path).unwrap());
    }
    workspace::load(&Request { from: folder.path(), folder: Some(folder.path()), flows: &[], depth: Depth::Flows })
}

/// What a person is told of it.
fn told(loaded: &Result<Workspace, Problems>) -> String {
    match loaded {
        Ok(workspace) => report::render(&workspace.warnings, &workspace.sources, Style::Plain),
        Err(Problems::Mistakes { diagnostics, sources }) => report::render(diagnostics, sources, Style::Plain),
        Err(Problems::NotThere(words, _)) => words.clone(),
    }
}

#[test]
fn every_mistake_is_told_with_its_place_and_its_mend() {
    let _room = room("lang");
    let mut seen = 0;
    for (name, path) in cases("bad") {
        let said = told(&loaded(&name, &path));
        assert!(said.contains("[K0"), "{name} has a mistake, but nothing is told");
        insta::assert_snapshot!(name, said);
        seen += 1;
    }
    assert!(seen >= 40, "{seen} cases");
}

/// Nothing is told of what is right: a false alarm teaches people to read past the true ones.
#[test]
fn sound_flows_are_told_nothing() {
    let _room = room("lang/ok");
    let mut alarms = String::new();
    let mut seen = 0;
    for (name, path) in cases("ok") {
        let loaded = loaded(&name, &path);
        alarms.push_str(&told(&loaded));
        if let Ok(workspace) = loaded {
            let outlines = workspace.flows.iter().map(|flow| check::outline(&flow.program)).collect::<Vec<_>>();
            insta::assert_snapshot!(name, outlines.join("\n"));
        }
        seen += 1;
    }
    assert!(alarms.is_empty(), "of sound flows is told:\n{alarms}");
    assert!(seen >= 8, "{seen} cases");
}
