//! `koppel demo`: both simulated systems on this machine, customers and orders brought across for real, and again to show
//! that nothing is made twice.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::cli::args::DemoArgs;
use crate::cli::hand::Hand;
use crate::cli::open::{self, Opener};
use crate::cli::pretty::outline;
use crate::cli::{Exit, run, summary};
use crate::ledger::{Ledger, Scope};
use crate::report::{Sources, codes};
use crate::run::{Ended, Options, Report, Status};
use crate::sandbox::{self, Sandbox, workspace_toml};
use crate::workspace::{self, Workspace};

/// The flows of the demo, in the order they run.
const FLOWS: [&str; 2] = ["customers", "orders"];
/// What they need to be told.
const SETTINGS: &str = "\n[flows.orders]\nsettings.first_date = 2026-01-01\n";

/// Runs the command.
pub(super) async fn demo(hand: &Hand, args: &DemoArgs) -> Exit {
    let folder = match Folder::new() {
        Ok(folder) => folder,
        Err(error) => return failed(hand, "no folder for the demo's ledger can be made", &error),
    };
    let options = sandbox::Options {
        seed: args.seed,
        orders: args.orders,
        shop_limit: None,
        books_limit: None,
        ..sandbox::Options::default()
    };
    let (shop, books) = match (listen().await, listen().await) {
        (Ok(shop), Ok(books)) => (shop, books),
        (Err(error), _) | (_, Err(error)) => return failed(hand, "the simulated systems find no port", &error),
    };
    let clock = hand.clock.clone();
    let sandbox = Sandbox::new(options, Arc::new(move || clock.now()));
    hand.terminal.say(&format!(
        "The webshop is at http://{} and the bookkeeping at http://{}: both simulated, on this machine.",
        shop.1, books.1
    ));
    let config = format!("{}{SETTINGS}", workspace_toml(shop.1, books.1));
    tokio::select! {
        exit = tour(hand, &folder.0, config, &sandbox) => exit,
        served = sandbox.serve(shop.0, books.0, std::future::pending()) => match served {
            Ok(()) => Exit::Failed,
            Err(error) => failed(hand, "the simulated systems ended", &error),
        },
    }
}

async fn tour(hand: &Hand, folder: &Path, config: String, sandbox: &Sandbox) -> Exit {
    let workspace = match workspace::load_embedded(folder, config, &FLOWS) {
        Ok(workspace) => workspace,
        Err(problems) => return open::refuse(hand, &problems),
    };
    let ledger = match open::ledger(hand, &workspace) {
        Ok(ledger) => ledger,
        Err(exit) => return exit,
    };

    // 1. Everything comes across.
    let first = match round(hand, &workspace, &ledger).await {
        Ok(reports) => reports,
        Err(exit) => return exit,
    };
    for report in &first {
        hand.terminal.say(&format!("\n{}", summary::text(&hand.terminal, report, &workspace.sources)));
    }
    if let Some(exit) = broken_off(hand, &first) {
        return exit;
    }

    // 2. One order beside its invoice.
    if let Some(pair) = pair(hand, &workspace, &*ledger, &first, &sandbox.invoices()).await {
        hand.terminal.say(&pair);
    }

    // 3. Once more.
    let made = (sandbox.customers().len(), sandbox.invoices().len());
    let second = match round(hand, &workspace, &ledger).await {
        Ok(reports) => reports,
        Err(exit) => return exit,
    };
    hand.terminal.say("\nOnce more, with nothing new in the webshop:");
    for report in &second {
        hand.terminal.say(&format!("  {}: {}", report.flow, summary::counts(report)));
    }
    if let Some(exit) = broken_off(hand, &second) {
        return exit;
    }
    let now = (sandbox.customers().len(), sandbox.invoices().len());
    let written: u64 = second.iter().map(|report| report.requests.writes).sum();
    if made != now || written > 0 {
        hand.terminal.wrong(
            codes::command::CANNOT,
            &format!("the second run wrote: {made:?} customers and invoices became {now:?}"),
            None,
        );
        return Exit::Failed;
    }
    hand.terminal.say(&format!("Still {} customers and {} invoices: nothing is made twice.", now.0, now.1));
    let held = first.iter().map(|report| report.count(Status::Held)).sum::<usize>();
    if held > 0 {
        hand.terminal.say(&format!("{held} records wait for a person, on purpose: koppel does not guess about money."));
    }
    hand.terminal.tell("next:  koppel sandbox, then koppel run orders in a workspace of your own");
    Exit::Done
}

async fn round(hand: &Hand, workspace: &Workspace, ledger: &Arc<dyn Ledger>) -> Result<Vec<Report>, Exit> {
    let mut opener = Opener::new(hand, workspace, open::vault(hand, workspace, Arc::clone(ledger)))?;
    opener.unlimited = true;
    let mut reports = Vec::new();
    for flow in &workspace.flows {
        let systems = opener.of_flow(flow).await?;
        let options = Options::default();
        reports.push(run::once(hand, workspace, flow, systems, Arc::clone(ledger), &options).await);
    }
    Ok(reports)
}

/// A demo that did not come to its end, or left something that it should not.
fn broken_off(hand: &Hand, reports: &[Report]) -> Option<Exit> {
    for report in reports {
        if let Some(problem) = summary::ended(report) {
            open::problem(hand, &problem, &Sources::default());
        }
        let left = report.count(Status::Failed) + report.count(Status::InDoubt) + report.count(Status::Stopped);
        if report.ended != Ended::Done || left > 0 {
            return Some(Exit::Failed);
        }
    }
    None
}

/// The shortest order that became an invoice, beside that invoice as it stands in the bookkeeping.
async fn pair(
    hand: &Hand,
    workspace: &Workspace,
    ledger: &dyn Ledger,
    reports: &[Report],
    invoices: &[Value],
) -> Option<String> {
    let report = reports.last()?;
    let scope = Scope { tenant: workspace.tenant.clone(), flow: report.flow.clone() };
    let mut found: Option<(&str, Vec<String>, &Value)> = None;
    for outcome in report.outcomes.iter().filter(|outcome| outcome.status == Status::Done) {
        let is_its = |invoice: &&Value| outcome.made.iter().any(|made| invoice["id"] == *made.id);
        let Some(invoice) = invoices.iter().find(is_its) else { continue };
        let record = ledger.record(&scope, &outcome.key).await.ok()??;
        let source = outline(&record.source);
        if found.as_ref().is_none_or(|(_, shortest, _)| source.len() < shortest.len()) {
            found = Some((&outcome.title, source, invoice));
        }
    }
    let (title, source, invoice) = found?;
    let head = [format!("order {title} as it came"), "its invoice in the bookkeeping".to_owned()];
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let invoice = outline(invoice.to_string().as_bytes()).join("\n");
    Some(format!("\n{}", hand.terminal.table(&head, vec![vec![source.join("\n"), invoice]])))
}

async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn failed(hand: &Hand, words: &str, error: &io::Error) -> Exit {
    hand.terminal.wrong(codes::command::CANNOT, &format!("{words}: {error}"), None);
    Exit::Failed
}

/// A folder that goes away with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Folder> {
        let mut tries = 0;
        loop {
            let path = std::env::temp_dir().join(format!("koppel-demo-{}-{tries}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Folder(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 100 => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind in a folder for temporary things is swept by the system.
        let _ = fs::remove_dir_all(&self.0);
    }
}
