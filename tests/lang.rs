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
    in_folder(&folder)
}

fn in_folder(folder: &Folder) -> Result<Workspace, Problems> {
    workspace::load(&Request { from: folder.path(), folder: Some(folder.path()), flows: &[], depth: Depth::Flows })
}

/// What a person is told of it.
fn told(loaded: &Result<Workspace, Problems>) -> String {
    match loaded {
        Ok(workspace) => report::render(&workspace.warnings, &workspace.sources, Style::Plain),
        Err(Problems::Mistakes { diagnostics, sources }) => report::render(diagnostics, sources, Style::Plain),
        Err(Problems::NotThere(problem)) => problem.title.clone(),
    }
}

#[test]
fn every_mistake_is_told_with_its_place_and_its_mend() {
    assert!(pinned("lang", "bad") >= 40);
}

/// What a person reads of a mistake, a program finds by its name.
#[test]
fn programs_read_what_was_expected_and_found() {
    let _room = room("lang");
    let mut seen = 0;
    for (name, path) in cases("bad").into_iter().chain(cases("slips")) {
        let Err(Problems::Mistakes { diagnostics, sources }) = loaded(&name, &path) else { continue };
        for mistake in &diagnostics {
            let json = report::json(mistake, &sources);
            let told = |fact: &str| json[fact].as_str().is_some_and(|words| !words.is_empty());
            assert!(told("next"), "{name}: {json}");
            if mistake.title.contains("expected ") && mistake.title.contains(", found ") {
                assert!(told("expected") && told("found"), "{name}: {json}");
                seen += 1;
            }
        }
        if name == "kinds-that-do-not-fit" || name == "wrong-field" {
            insta::assert_snapshot!(format!("{name}-json"), report::render_json(&diagnostics, &sources));
        }
    }
    assert!(seen > 150, "{seen} mistakes");
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
fn pinned(into: &str, folder: &str) -> usize {
    let _room = room(into);
    let mut seen = 0;
    for (name, path) in cases(folder) {
        let said = told(&loaded(&name, &path));
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
    let told = |text: &str| {
        let folder = Folder::with(&[("flows/orders.flow", text)]);
        told(&in_folder(&folder))
    };
    let sound = MISTAKEN.replace("skp", "skip");
    assert_eq!(told(&sound), "");
    for (what, text) in rewritten(&sound) {
        assert_eq!(told(&text), "", "{what}");
    }
    let _room = room("slips");
    insta::assert_snapshot!("as-it-is", told(MISTAKEN));
    for (what, text) in rewritten(MISTAKEN) {
        insta::assert_snapshot!(what.replace(' ', "-"), told(&text));
    }
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
