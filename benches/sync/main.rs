//! A whole sync: `koppel run orders` against both simulated systems over HTTP, without a rate limit, each a process of its
//! own. Orders a second, processor time, peak memory and what the ledger takes, for each number of orders asked for.
//!
//! `cargo bench --bench sync` runs 10,000 orders; `-- 10000 100000` both, and how much memory the larger takes more.
#![expect(clippy::print_stdout, reason = "a bench speaks to the person who runs it")]
#![allow(clippy::float_arithmetic, clippy::disallowed_methods, reason = "this measures time, for people")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use koppel::sandbox::workspace_toml;

/// The binary that is measured.
const KOPPEL: &str = env!("CARGO_BIN_EXE_koppel");

/// What one run took.
struct Taken {
    wall: Duration,
    processor: Duration,
    /// Peak of resident memory, in KiB.
    peak: u64,
}

fn main() {
    let asked: Vec<u32> = env::args().filter_map(|word| word.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![10_000] } else { asked };
    println!(
        "{:>8} {:>9} {:>10} {:>16} {:>9} {:>13} {:>18}",
        "orders", "records", "orders/s", "CPU s per 1,000", "peak MB", "ledger B each", "again, nothing new"
    );
    let mut peaks = Vec::new();
    for orders in sizes {
        peaks.push(measured(orders));
    }
    if let (Some(first), Some(last), true) = (peaks.first(), peaks.last(), peaks.len() > 1) {
        let more = *last as f64 / *first as f64 - 1.0;
        println!("peak memory of the last against the first: {:+.1} %", more * 100.0);
    }
}

/// Runs so many orders and prints a line; answers the peak in KiB.
fn measured(orders: u32) -> u64 {
    let folder = env::temp_dir().join(format!("koppel-bench-sync-{}-{orders}", process::id()));
    let mut systems = Systems::start(orders, &folder);
    let first = run(&folder);
    let records = records(&folder);
    let ledger: u64 = ["koppel.db", "koppel.db-wal"]
        .iter()
        .filter_map(|name| fs::metadata(folder.join(name)).ok())
        .map(|file| file.len())
        .sum();
    let again = run(&folder);
    systems.stop();
    fs::remove_dir_all(&folder).expect("the folder is ours");
    println!(
        "{orders:>8} {records:>9} {:>10.0} {:>16.2} {:>9.1} {:>13.0} {:>16.1} s",
        records as f64 / first.wall.as_secs_f64(),
        first.processor.as_secs_f64() * 1000.0 / records as f64,
        first.peak as f64 / 1024.0,
        ledger as f64 / records as f64,
        again.wall.as_secs_f64(),
    );
    first.peak
}

/// Both systems in a process beside a workspace that is bound to them.
struct Systems(Child);

impl Systems {
    fn start(orders: u32, folder: &Path) -> Systems {
        let mut child = Command::new(KOPPEL)
            .args(["sandbox", "--shop-port", "0", "--books-port", "0", "--no-limits", "--orders", &orders.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let mut told = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let addresses: Vec<_> = told
            .by_ref()
            .flat_map(|line| {
                let words = line.split("http://").skip(1).map(|rest| rest.to_string()).collect::<Vec<_>>();
                words.into_iter().filter_map(|rest| {
                    let end = rest.find(|letter: char| letter != '.' && letter != ':' && !letter.is_ascii_digit());
                    rest[..end.unwrap_or(rest.len())].parse().ok()
                })
            })
            .take(2)
            .collect();
        // What else it says is read away, so that it never waits for a reader.
        thread::spawn(move || told.for_each(drop));
        let [shop, books] = addresses[..] else { panic!("the sandbox says where both systems are") };
        let patient = |line: &str| match line.split(" = ").next() {
            Some("limit") => String::new(),
            Some("window") => "limit = \"100000 per 1 s\"\nwindow = \"60 s\"".to_string(),
            Some("timeout") => "timeout = \"30 s\"".to_string(),
            _ => line.to_string(),
        };
        let bound: Vec<String> = workspace_toml(shop, books).lines().map(patient).collect();
        let settings = format!("{}\n[flows.orders]\nsettings.first_date = 2026-01-01\n", bound.join("\n"));
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("flows"), &folder.join("flows"));
        fs::write(folder.join("koppel.toml"), settings).expect("the folder takes files");
        Systems(child)
    }

    fn stop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room for a folder");
    for entry in fs::read_dir(from).expect("the flows are there") {
        let path = entry.expect("a folder can be listed").path();
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("the folder takes files");
        }
    }
}

/// Runs the flow to its end, looking at the process meanwhile.
fn run(folder: &Path) -> Taken {
    let begun = Instant::now();
    let mut child = Command::new(KOPPEL)
        .args(["run", "orders"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("koppel starts");
    let (mut peak, mut processor) = (0, Duration::ZERO);
    let ended = loop {
        let proc = PathBuf::from(format!("/proc/{}", child.id()));
        peak = peak.max(peak_of(&proc).unwrap_or(0));
        processor = processor.max(processor_of(&proc).unwrap_or_default());
        match child.try_wait().expect("it can be waited for") {
            Some(ended) => break ended,
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    // 3: some of the generated orders are held, as they should be.
    assert!([Some(0), Some(3)].contains(&ended.code()), "the run ends as {ended}");
    Taken { wall: begun.elapsed(), processor, peak }
}

fn peak_of(proc: &Path) -> Option<u64> {
    let status = fs::read_to_string(proc.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// Time in user and system mode, in ticks of a hundredth of a second.
fn processor_of(proc: &Path) -> Option<Duration> {
    let stat = fs::read_to_string(proc.join("stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// How many records the ledger has.
fn records(folder: &Path) -> u64 {
    let said = Command::new(KOPPEL)
        .args(["log", "--json", "--limit", "1000000000"])
        .current_dir(folder)
        .output()
        .expect("koppel starts");
    said.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64
}
