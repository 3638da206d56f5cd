//! `koppel map`: source records in, what each would make out, without any system.

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::MapArgs;
use crate::cli::hand::Hand;
use crate::cli::open;
use crate::cli::records::{Record, Records, Unreadable};
use crate::report::{self, Diagnostic, Sources, codes};
use crate::run::{MapWorker, Mapper, Status, in_order};
use crate::workspace::Depth;

/// Records of one input that were read together.
struct Batch {
    input: Arc<str>,
    records: Vec<Result<Record, Unreadable>>,
}

/// What a batch gave.
#[derive(Default)]
struct Gave {
    out: Vec<u8>,
    err: Vec<Diagnostic>,
    count: Count,
}

/// How many records ended how.
#[derive(Clone, Copy, Default)]
struct Count {
    mapped: u64,
    passed: u64,
    held: u64,
    unreadable: u64,
}

/// Runs the command.
pub(super) fn map(hand: &Hand, args: &MapArgs) -> Exit {
    let workspace = match open::workspace(hand, std::slice::from_ref(&args.flow), Depth::Settings) {
        Ok(workspace) => workspace,
        Err(exit) => return exit,
    };
    let flow = open::only_flow(&workspace);
    let settings = flow.settings.clone().expect("a workspace with settings has those of its flows");
    let mapper = Mapper::new(Arc::clone(&flow.graph), settings);
    let inputs = match inputs(hand, &args.files) {
        Ok(inputs) => inputs,
        Err(exit) => return exit,
    };
    let jobs = match args.jobs {
        Some(jobs) => NonZeroUsize::new(usize::from(jobs)),
        None => std::thread::available_parallelism().ok(),
    };
    let mut batches = inputs.into_iter().flat_map(|(input, reader)| {
        let mut records = Records::new(reader);
        std::iter::from_fn(move || {
            let records = records.next_batch()?;
            Some(Batch { input: Arc::clone(&input), records })
        })
    });
    let mut total = Count::default();
    let mut out = hand.terminal.stream();
    let mut broken: Option<io::Error> = None;
    in_order(
        jobs.unwrap_or(NonZeroUsize::MIN),
        &mut batches,
        || mapper.worker(),
        |worker, batch| {
            if args.bodies { bodies(worker, &batch) } else { lines(worker, &batch, &workspace.sources) }
        },
        |result| {
            total.add(result.count);
            hand.terminal.refuse(&result.err, &workspace.sources);
            broken = out.write_all(&result.out).and_then(|()| out.flush()).err();
            broken.is_none()
        },
    );
    if let Some(error) = broken {
        // A reader that went away (`| head`) has all that it wanted.
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Exit::Done;
        }
        hand.terminal.wrong(codes::command::CANNOT, &format!("the output cannot be written: {error}"), None);
        return Exit::Failed;
    }
    hand.terminal.tell(&total.words(args.bodies));
    match total {
        Count { unreadable: 1.., .. } => Exit::Failed,
        Count { held: 1.., .. } => Exit::Left,
        _ => Exit::Done,
    }
}

type Input = (Arc<str>, Box<dyn Read + Send>);

fn inputs(hand: &Hand, files: &[std::path::PathBuf]) -> Result<Vec<Input>, Exit> {
    let standard: Input = ("standard input".into(), Box::new(io::stdin()));
    if files.is_empty() {
        return Ok(vec![standard]);
    }
    let mut inputs: Vec<Input> = Vec::new();
    for path in files {
        if path == Path::new("-") {
            inputs.push((Arc::clone(&standard.0), Box::new(io::stdin())));
            continue;
        }
        match File::open(path) {
            Ok(file) if !path.is_dir() => inputs.push((path.to_string_lossy().into(), Box::new(file))),
            Ok(_) => {
                hand.terminal.wrong(codes::command::FILE, &format!("`{}` is a folder", path.display()), None);
                return Err(Exit::Usage);
            }
            Err(error) => {
                hand.terminal.wrong(
                    codes::command::FILE,
                    &format!("`{}` cannot be read: {error}", path.display()),
                    None,
                );
                return Err(Exit::Usage);
            }
        }
    }
    Ok(inputs)
}

/// A line of JSON for each record: what it would make, or why it makes nothing.
fn lines(worker: &mut MapWorker<'_>, batch: &Batch, sources: &Sources) -> Gave {
    let mut result = Gave::default();
    for record in &batch.records {
        let line = match record {
            Ok(record) => {
                let mapped = worker.map(&record.text);
                match mapped.end.as_ref().map(|end| end.status) {
                    None => result.count.mapped += 1,
                    Some(Status::Skipped) => result.count.passed += 1,
                    Some(_) => result.count.held += 1,
                }
                mapped.line(sources)
            }
            Err(unreadable) => {
                result.count.unreadable += 1;
                let problem = report::json(&unreadable.problem(&batch.input), sources);
                json!({ "outcome": "unreadable", "problem": problem }).to_string()
            }
        };
        result.out.extend_from_slice(line.as_bytes());
        result.out.push(b'\n');
    }
    result
}

/// The bodies alone, a line each.
fn bodies(worker: &mut MapWorker<'_>, batch: &Batch) -> Gave {
    let mut result = Gave::default();
    for record in &batch.records {
        match record {
            Ok(record) => {
                let before = result.out.len();
                match worker.bodies(&record.text, &mut result.out) {
                    Ok(true) => result.count.mapped += 1,
                    Ok(false) => result.count.passed += 1,
                    Err(end) => {
                        // A record that fails midway gives nothing rather than a part.
                        result.out.truncate(before);
                        result.count.held += 1;
                        result.err.push(end.problem(&format!("{}:{}", batch.input, record.line)));
                    }
                }
            }
            Err(unreadable) => {
                result.count.unreadable += 1;
                result.err.push(unreadable.problem(&batch.input));
            }
        }
    }
    result
}

impl Count {
    fn add(&mut self, other: Count) {
        self.mapped += other.mapped;
        self.passed += other.passed;
        self.held += other.held;
        self.unreadable += other.unreadable;
    }

    fn words(self, bodies: bool) -> String {
        let mut parts = vec![format!("{} mapped", self.mapped)];
        let passed = if bodies { "skipped or held" } else { "skipped" };
        for (count, word) in [(self.passed, passed), (self.held, "held"), (self.unreadable, "unreadable")] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        parts.join(", ")
    }
}
