//! How fast `orders.flow` maps: generated orders in memory through decode, filters and mapping to the bytes of the invoice,
//! beside the same mapping written by hand on `serde_json::Value` and on typed structs. One thread, timed by the processor
//! time it takes, the sides in turn every few orders: what else the machine does falls on all of them alike.
//!
//! `cargo bench --bench mapping` prints orders a second, the ratios, allocations an order and the peak memory;
//! `-- N` takes N orders instead of 50,000.
#![expect(clippy::print_stdout, reason = "a bench speaks to the person who runs it")]
#![expect(clippy::float_arithmetic, reason = "ratios are for people")]

mod by_typed;
mod by_value;
mod hand;

use std::alloc::System;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use koppel::run::Mapper;
use koppel::sandbox::generate;
use koppel::workspace::{self, Depth, Request};
use rustix::time::{ClockId, clock_gettime};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Each side is timed so often; the best counts.
const ROUNDS: usize = 5;
/// So many orders are mapped by one side before the next has its turn.
const TURN: usize = 500;
/// An order is full-size from so many bytes on.
const FULL: usize = 4_500;

fn main() {
    let count: usize = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(50_000);
    let orders = orders(count);
    let bytes: usize = orders.iter().map(|order| order.len()).sum();
    let lines: usize = orders.iter().map(|order| order.matches("\"quantity\"").count()).sum();
    println!(
        "{count} orders of {} bytes and {}.{} lines on average",
        bytes / count,
        lines / count,
        lines * 10 / count % 10
    );

    let shipped = mapper(|text| text);
    let scripted = mapper(|text| {
        let script = "let method    = way(order.payment.method_name)";
        let way = "\nfn way(method: text) -> text? rhai { before(method, \":\") }\n";
        let changed = text.replace("let method    = before(order.payment.method_name, \":\")", script);
        assert_ne!(changed, text, "the flow has the line that becomes a script");
        changed + way
    });
    let mut with_script = scripted.worker();
    let mut without_script = shipped.worker();
    let mut out = Vec::new();

    // The sides must agree before they are compared, but for spelling: `1.50` beside `1.5` in a JSON number.
    for order in orders.iter().take(2_000) {
        let ours = {
            out.clear();
            with_script.bodies(order, &mut out).expect("a generated order can be mapped");
            hand::canonical(&out)
        };
        assert_eq!(ours, hand::canonical(&by_value::map(order)), "by hand on Value: {order}");
        assert_eq!(ours, hand::canonical(&by_typed::map(order)), "by hand on structs: {order}");
    }

    let mut best = [Duration::MAX; 4];
    let mut allocations = [0_usize; 4];
    for _ in 0..ROUNDS {
        let mut taken = [Duration::ZERO; 4];
        let mut made = [0_usize; 4];
        for turn in orders.chunks(TURN) {
            for side in 0..4 {
                let region = Region::new(MEMORY);
                let start = processor_time();
                for order in turn {
                    match side {
                        0 | 1 => {
                            out.clear();
                            let worker = if side == 0 { &mut without_script } else { &mut with_script };
                            let _ = black_box(worker.bodies(order, &mut out));
                            black_box(&out);
                        }
                        2 => drop(black_box(by_value::map(order))),
                        _ => drop(black_box(by_typed::map(order))),
                    }
                }
                taken[side] += processor_time().saturating_sub(start);
                made[side] += region.change().allocations;
            }
        }
        for side in 0..4 {
            best[side] = best[side].min(taken[side]);
        }
        allocations = made;
    }
    let names = ["koppel", "koppel, a script call an order", "by hand on Value", "by hand on structs"];
    println!("{:<32} {:>10} {:>10} {:>14}", "", "orders/s", "us/order", "allocs/order");
    for side in 0..4 {
        let seconds = best[side].as_secs_f64();
        println!(
            "{:<32} {:>10.0} {:>10.2} {:>14.1}",
            names[side],
            count as f64 / seconds,
            seconds * 1e6 / count as f64,
            allocations[side] as f64 / count as f64
        );
    }
    let ratio = |ours: usize, hand: usize| best[hand].as_secs_f64() / best[ours].as_secs_f64();
    println!("without a script: {:.2} x Value by hand, {:.2} x structs by hand", ratio(0, 2), ratio(0, 3));
    println!("with a script:    {:.2} x Value by hand, {:.2} x structs by hand", ratio(1, 2), ratio(1, 3));
    if let Some(peak) = peak() {
        println!("peak memory {peak}, of which the orders themselves {} MB", bytes / 1_000_000);
    }
}

/// What this thread has used of a processor.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("a part of a second"))
}

/// Full-size orders, seeded.
fn orders(count: usize) -> Vec<Box<str>> {
    let all = (0..u32::MAX).map(|index| generate::order(1, index)).filter(|order| order.len() >= FULL);
    all.take(count).map(String::into_boxed_str).collect()
}

/// The shipped flow, with a change of its text.
fn mapper(change: impl Fn(String) -> String) -> Mapper {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::temp_dir().join(format!("koppel-bench-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("flows/lib")).expect("the temporary folder can be written");
    let text = |path: &str| std::fs::read_to_string(home.join(path)).expect("the repository holds it");
    let write = |path: &str, text: String| std::fs::write(folder.join(path), text).expect("the folder can be written");
    write("flows/orders.flow", change(text("flows/orders.flow")));
    write("flows/lib/dutch.rhai", text("flows/lib/dutch.rhai"));
    write("koppel.toml", text("koppel.toml"));
    let request =
        Request { from: &folder, folder: Some(&folder), flows: &["orders".to_string()], depth: Depth::Settings };
    let Ok(workspace) = workspace::load(&request) else { panic!("the shipped flow is sound") };
    let flow = &workspace.flows[0];
    let mapper = Mapper::new(Arc::clone(&flow.graph), flow.settings.clone().expect("its settings are filled in"));
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
    mapper
}

/// The most memory the process ever had, as the system counts it.
fn peak() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|line| line.trim().to_string())
}
