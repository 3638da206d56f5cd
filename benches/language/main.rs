//! How fast the language is: a flow of 1,000 lines parsed, checked, planned and formatted, beside a JSON parser on as many
//! bytes. One thread, timed by the processor time it takes, the sides in turn; the best and the median of many rounds.
//!
//! `cargo bench --bench language` prints milliseconds and megabytes a second; `-- N` takes a flow of N lines.
#![expect(clippy::print_stdout, reason = "a bench speaks to the person who runs it")]
#![expect(clippy::float_arithmetic, reason = "ratios are for people")]
#![allow(unreachable_pub, reason = "the flow's generator is shared")]

#[path = "../editor/flow.rs"]
mod flow;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use koppel::check::{self, Catalog};
use koppel::report::{Source, Sources};
use koppel::workspace::{self, Depth, Request};
use koppel::{builtin, plan, syntax};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

/// Each side is timed so often.
const ROUNDS: usize = 60;

/// One thing that is timed.
struct Side<'a> {
    name: &'static str,
    bytes: usize,
    work: Box<dyn Fn() + 'a>,
    taken: Vec<Duration>,
}

fn main() {
    let lines: usize = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(1_000);
    let text = flow::flow(lines);
    let mut sources = Sources::default();
    let catalog = catalog(&mut sources);
    let source = sources.add("flows/long.flow", &*text);
    let tree = syntax::parse(&source).expect("the flow can be read");
    let program = check::check(&tree, &source, &catalog).expect("the flow is sound");
    assert!(program.warnings.is_empty(), "{:?}", program.warnings);
    let json = json(text.len());
    println!("a flow of {} lines, {} bytes; {} bytes of orders as JSON", text.lines().count(), text.len(), json.len());

    let folder = folder(&text);
    let flows = ["long".to_string()];
    let request = Request { from: &folder, folder: Some(&folder), flows: &flows, depth: Depth::Flows };
    let mut sides = vec![
        side("parse", &text, || drop(black_box(syntax::parse(&source).expect("it is sound")))),
        side("check, parsed", &text, || drop(black_box(check::check(&tree, &source, &catalog).expect("it is sound")))),
        side("plan, checked", &text, || drop(black_box(plan::build(&program)))),
        side("parse + check + plan", &text, || whole(&source, &catalog)),
        side("all `koppel check` reads, from disk", &text, || {
            black_box(workspace::load(&request).expect("the workspace is sound"));
        }),
        side("fmt", &text, || drop(black_box(syntax::format(&source).expect("it can be read")))),
        side("serde_json to Value", &json, || drop(black_box(serde_json::from_str::<Value>(&json).expect("JSON")))),
    ];
    for _ in 0..ROUNDS {
        for side in &mut sides {
            let start = processor_time();
            (side.work)();
            side.taken.push(processor_time().saturating_sub(start));
        }
    }
    println!("{:<36} {:>10} {:>10} {:>8} {:>16}", "", "best ms", "median ms", "MB/s", "x serde_json");
    let peer = sides.last_mut().map(Side::best_rate).expect("the peer is a side");
    for side in &mut sides {
        let rate = side.best_rate();
        println!(
            "{:<36} {:>10.3} {:>10.3} {:>8.1} {:>16.2}",
            side.name,
            side.taken[0].as_secs_f64() * 1e3,
            side.taken[ROUNDS / 2].as_secs_f64() * 1e3,
            rate / 1e6,
            rate / peer
        );
    }
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}

fn side<'a>(name: &'static str, text: &str, work: impl Fn() + 'a) -> Side<'a> {
    Side { name, bytes: text.len(), work: Box::new(work), taken: Vec::new() }
}

impl Side<'_> {
    /// Bytes a second in the best round.
    fn best_rate(&mut self) -> f64 {
        self.taken.sort_unstable();
        self.bytes as f64 / self.taken[0].as_secs_f64()
    }
}

/// From text to graph.
fn whole(source: &Source, catalog: &Catalog) {
    let tree = syntax::parse(source).expect("it is sound");
    let program = check::check(&tree, source, catalog).expect("it is sound");
    black_box(plan::build(&program));
}

/// The shipped connectors, read once.
fn catalog(sources: &mut Sources) -> Catalog {
    let mut catalog = Catalog::new(builtin::all());
    for file in workspace::embedded().iter().filter(|file| file.path.ends_with(".connector")) {
        let text = std::str::from_utf8(file.bytes).expect("a connector is text");
        let source = sources.add(file.path, text);
        let tree = syntax::parse(&source).expect("it can be read");
        let connector = check::connector(&tree, &source).expect("it is sound");
        let name = file.path.trim_start_matches("connectors/").trim_end_matches(".connector");
        catalog.connectors.insert(Arc::from(name), Arc::new(connector));
    }
    catalog
}

/// A list of orders of about so many bytes.
fn json(bytes: usize) -> String {
    let order = include_str!("../../samples/orders/03-mixed-9-21.json").trim();
    let mut text = format!("[{order}");
    while text.len() + order.len() + 2 <= bytes {
        text.extend([",", order]);
    }
    text + "]"
}

/// A workspace that holds the flow.
fn folder(text: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("koppel-bench-language-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("flows")).expect("the temporary folder can be written");
    std::fs::write(Path::new(&folder).join("flows/long.flow"), text).expect("the folder can be written");
    folder
}

/// What this thread has used of a processor.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("a part of a second"))
}
