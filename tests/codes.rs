//! The catalogue of messages: every number has its page, the page's wrong example gives that number and its right one is
//! sound, and the whole text of every message is pinned.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use koppel::report::codes::all;
use koppel::report::{self, Code, Diagnostic, Example, Part, Severity, Sources, Style};
use koppel::run::Options;
use koppel::test::{self, Tests};
use koppel::value::Clock;
use koppel::workspace::{self, Depth, Problems, Request};

use crate::support::around::{config, connector, flow};
use crate::support::folder::Folder;
use crate::support::room::room;
use crate::support::scene::Scene;

const SHOP: &str = include_str!("cases/codes/shop.connector");
const BOOKS: &str = include_str!("cases/codes/books.connector");
const ORDERS: &str = include_str!("cases/codes/orders.flow");

/// What trying an example gave.
struct Told {
    problems: Vec<Diagnostic>,
    sources: Sources,
}

impl Told {
    fn text(&self) -> String {
        let drawn = self.problems.iter().map(|problem| report::draw(problem, &self.sources, Style::Plain));
        drawn.collect::<Vec<_>>().join("\n")
    }

    fn gives(&self, code: Code) -> bool {
        let errors = || self.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let right = |problem: &Diagnostic| problem.code == code;
        self.problems.iter().any(right) && errors().all(right)
    }
}

/// The examples of a page that belong to one verdict.
fn examples<'p>(page: &'p str, verdict: &str) -> Vec<Example<'p>> {
    let examples = report::parts(page).into_iter().filter_map(|part| match part {
        Part::Example(example) => Some(example),
        Part::Words(_) => None,
    });
    examples.filter(|example| example.verdict == verdict || example.verdict == "both").collect()
}

/// A folder with what a page shows.
fn folder(examples: &[Example<'_>]) -> Folder {
    let folder = Folder::with(&[]);
    if examples.iter().any(|example| example.language == "toml") {
        folder.put("connectors/shop.connector", SHOP);
        folder.put("connectors/books.connector", BOOKS);
        folder.put("flows/orders.flow", ORDERS);
    }
    // Pages name no system: what they call so are the shipped connectors.
    for (called, shipped) in [("webshop", "mijnwebwinkel"), ("bookkeeping", "jortt")] {
        let path = format!("connectors/{shipped}.connector");
        if examples.iter().any(|example| example.text.contains(&format!("use {called} as"))) {
            let file = workspace::embedded().iter().find(|file| file.path == path).unwrap();
            let text = String::from_utf8(file.bytes.to_vec()).unwrap();
            let text = text.replace(&format!("connector {shipped} "), &format!("connector {called} "));
            folder.put(&format!("connectors/{called}.connector"), text);
        }
    }
    for example in examples {
        let (file, text) = match (example.language, example.file) {
            ("flow", None) => ("flows/example.flow", flow(example.text)),
            ("connector", None) => ("connectors/example.connector", connector(example.text)),
            ("toml", None) => ("koppel.toml", config(example.text)),
            (_, Some(file)) => (file, example.text.to_string()),
            (language, None) => panic!("`{language}` needs the name of a file"),
        };
        // Bytes that no page can show stand as \xFF.
        let mut bytes = Vec::new();
        for (nth, part) in text.split("\\xFF").enumerate() {
            if nth > 0 {
                bytes.push(0xFF);
            }
            bytes.extend_from_slice(part.as_bytes());
        }
        folder.put(file, bytes);
    }
    folder
}

/// All that `koppel check` finds in it, and what is missing when its connections are opened.
fn checked(folder: &Folder) -> (Told, Option<workspace::Workspace>) {
    let request = Request { from: folder.path(), folder: Some(folder.path()), flows: &[], depth: Depth::All };
    let has_config = folder.path().join("koppel.toml").exists();
    // Without a `koppel.toml` there is nothing that a flow could be bound to.
    let depth = if has_config { Depth::All } else { Depth::Flows };
    let bare = folder.path().join("connectors/example.connector").exists();
    let depth = if bare && !has_config { Depth::All } else { depth };
    match workspace::load(&Request { depth, ..request }) {
        Err(Problems::Mistakes { diagnostics, sources }) => (Told { problems: diagnostics, sources }, None),
        Err(Problems::NotThere(problem)) => panic!("{}", problem.title),
        Ok(workspace) => {
            let mut problems = workspace.warnings.clone();
            let known = |name: &str| ["SHOP_TOKEN", "BOOKS_ID", "BOOKS_SECRET"].contains(&name);
            for connection in workspace.connections.iter().filter(|_| has_config) {
                let opened = connection.open(folder.path(), &|name| known(name).then(|| "secret".to_string()));
                problems.extend(opened.err().unwrap_or_default());
            }
            (Told { problems, sources: workspace.sources.clone() }, Some(workspace))
        }
    }
}

/// What its tests find.
async fn tested(folder: &Folder) -> Told {
    let (told, workspace) = checked(folder);
    let Some(workspace) = workspace else { return told };
    let sources = Arc::new(workspace.sources.clone());
    let mut problems = told.problems;
    for flow in &workspace.flows {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &str| {
            fs::read_to_string(folder.path().join(path))
                .or_else(|_| fs::read_to_string(home.join(path)))
                .map_err(|_| "there is no such file".to_string())
        };
        let tests = Tests {
            graph: flow.graph.clone(),
            sources: sources.clone(),
            read: &read,
            snapshots: folder.path().join("snapshots/flows").join(&*flow.program.name),
            accept: false,
            zone: TimeZone::get("Europe/Amsterdam").unwrap(),
            clock: Clock::fixed("2026-04-01T10:00:00Z".parse().unwrap()),
            coverage: None,
        };
        problems.extend(test::run(&tests, None).await.into_iter().flat_map(|verdict| verdict.problems));
    }
    Told { problems, sources: workspace.sources.clone() }
}

/// What a run of it tells of one sample order, before the simulated systems.
async fn ran(text: &str) -> Told {
    let scene = Scene::new();
    scene.only(&["2041"]);
    scene.flow("example", &flow(text));
    let options = Options { only: Some("2041".into()), ..Options::default() };
    let report = scene.run_with("example", &options).await;
    let problems = report.outcomes.iter().filter_map(koppel::run::Outcome::problem).collect();
    Told { problems, sources: scene.workspace("example").sources }
}

/// Tries the examples of a page in the way that fits its number.
async fn tried(code: Code, examples: &[Example<'_>]) -> Told {
    match code.0 {
        600..700 => ran(examples[0].text).await,
        700..800 => tested(&folder(examples)).await,
        _ => checked(&folder(examples)).0,
    }
}

/// All texts that are pinned anywhere.
fn pinned() -> Vec<String> {
    fn gather(folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, texts);
            } else if path.extension().is_some_and(|ending| ending == "snap") {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut texts = Vec::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots"), &mut texts);
    texts
}

#[test]
fn a_number_is_given_once_and_a_page_has_a_number() {
    let numbers: Vec<Code> = all().map(|row| row.code).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(numbers.len(), sorted.len(), "a number is given twice");
    assert!(numbers.len() >= 150, "{} numbers", numbers.len());
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/pages")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let code = name.strip_suffix(".md").and_then(Code::parse);
        let row = code.and_then(report::codes::row).unwrap_or_else(|| panic!("`{name}` is the page of no number"));
        assert!(row.page().is_some(), "the binary lacks `{name}`");
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_keeps_its_word() {
    let _room = room("codes");
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/pages");
    let mut wrong = Vec::new();
    let pinned = pinned();
    for row in all() {
        // Read from the folder, so that a page can be tried without building anew.
        let page = fs::read_to_string(pages.join(format!("{}.md", row.code))).unwrap_or_default();
        let (bad, good) = (examples(&page, "wrong"), examples(&page, "right"));
        if page.trim().is_empty() {
            wrong.push(format!("{} has no page: write `src/report/pages/{}.md`", row.code, row.code));
            continue;
        }
        if bad.is_empty() {
            // What needs a world that no page can hold has its case where that world is.
            if !pinned.iter().any(|text| text.contains(&format!("[{}]", row.code))) {
                wrong.push(format!("the page of {} has no example, and no snapshot pins its message", row.code));
            }
            continue;
        }
        let told = tried(row.code, &bad).await;
        if !told.gives(row.code) {
            wrong.push(format!("the wrong example of {} gives something else:\n{}", row.code, told.text()));
            continue;
        }
        let told_well = tried(row.code, &good).await;
        if good.is_empty() || !told_well.problems.is_empty() {
            wrong.push(format!("the right example of {} is wrong:\n{}", row.code, told_well.text()));
            continue;
        }
        insta::assert_snapshot!(row.code.to_string(), told.text());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
