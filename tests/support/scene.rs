//! A workspace, the two simulated systems behind it without a socket, a ledger, and a clock that a test pauses.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use koppel::connect::{MemoryTokens, System, Transport};
use koppel::ledger::{Ledger, Memory};
use koppel::report::{self, Style};
use koppel::run::{self, Options, Outcome, Report, Watch, World};
use koppel::sandbox::{self, Sandbox, workspace_toml};
use koppel::value::Clock;
use koppel::workspace::{self, Depth, Problems, Request, Workspace};
use tokio_util::sync::CancellationToken;

use crate::support::folder::Folder;
use crate::support::router::RouterTransport;

/// All that a run needs.
pub struct Scene {
    pub sandbox: Sandbox,
    pub ledger: Arc<dyn Ledger>,
    pub cancel: CancellationToken,
    pub transport: Arc<dyn Transport>,
    clock: Clock,
    folder: Folder,
    limited: bool,
}

const SHOP: &str = "127.0.0.1:7420";
const BOOKS: &str = "127.0.0.2:7421";

/// The shipped flows, and what they need to be told.
pub const SETTINGS: &str = "\n[flows.orders]\nsettings.first_date = 2026-01-01\n";

impl Scene {
    /// The shipped flows before the sample orders.
    pub fn new() -> Scene {
        Scene::with(sandbox::Options::default())
    }

    /// The shipped flows before systems of these options that take any number of requests.
    pub fn with(options: sandbox::Options) -> Scene {
        Scene::of(sandbox::Options { shop_limit: None, books_limit: None, ..options }, false)
    }

    /// The same with the rate limits of both sides.
    pub fn limited(options: sandbox::Options) -> Scene {
        Scene::of(options, true)
    }

    fn of(options: sandbox::Options, limited: bool) -> Scene {
        let start = tokio::time::Instant::now();
        let base: Timestamp = "2026-04-01T10:00:00Z".parse().unwrap();
        let clock = Clock::new(move || base + start.elapsed());
        let now = clock.clone();
        let sandbox = Sandbox::new(options, Arc::new(move || now.now()));
        let transport = RouterTransport::default().with("127.0.0.1", sandbox.shop()).with("127.0.0.2", sandbox.books());
        let scene = Scene {
            sandbox,
            ledger: Arc::new(Memory::new()),
            cancel: CancellationToken::new(),
            transport: Arc::new(transport),
            clock,
            folder: Folder::with(&[]),
            limited,
        };
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in ["flows/orders.flow", "flows/customers.flow", "flows/lib/dutch.rhai"] {
            scene.folder.put(path, std::fs::read_to_string(home.join(path)).unwrap());
        }
        scene.settings(SETTINGS);
        scene
    }

    /// What `koppel.toml` says behind the connections.
    pub fn settings(&self, text: &str) {
        let shop: SocketAddr = SHOP.parse().unwrap();
        let books: SocketAddr = BOOKS.parse().unwrap();
        let mut config = workspace_toml(shop, books);
        if self.limited {
            config = config.lines().filter(|line| !line.starts_with("limit")).collect::<Vec<_>>().join("\n");
        }
        self.folder.put("koppel.toml", format!("{config}\n{text}"));
    }

    /// One more flow, or another text of one.
    pub fn flow(&self, name: &str, text: &str) {
        self.folder.put(&format!("flows/{name}.flow"), text);
    }

    /// The workspace as it stands, its flow ready to run.
    pub fn workspace(&self, flow: &str) -> Workspace {
        self.loaded(flow, Depth::Bound)
    }

    /// The workspace as far as it is needed.
    pub fn loaded(&self, flow: &str, depth: Depth) -> Workspace {
        let flows = [flow.to_string()];
        let folder = self.folder.path();
        let request = Request { from: folder, folder: Some(folder), flows: &flows, depth };
        match workspace::load(&request) {
            Ok(workspace) => workspace,
            Err(Problems::Mistakes { diagnostics, sources }) => {
                panic!("{}", report::render(&diagnostics, &sources, Style::Plain))
            }
            Err(Problems::NotThere(words, _)) => panic!("{words}"),
        }
    }

    /// Runs a flow once.
    pub async fn run(&self, flow: &str) -> Report {
        self.run_with(flow, &Options::default()).await
    }

    /// Runs a flow once, as it is wished.
    pub async fn run_with(&self, flow: &str, options: &Options) -> Report {
        let workspace = self.workspace(flow);
        let flow = &workspace.flows[0];
        let systems = flow
            .connections
            .iter()
            .map(|name| {
                let connected = workspace.connection(name).unwrap();
                let mut connection = connected.open(self.folder.path(), &|_| None).unwrap();
                if !self.limited {
                    connection.limit = None;
                }
                let tokens = Arc::new(MemoryTokens::default());
                System::new(connected.connector.clone(), connection, self.transport.clone(), tokens, self.clock.clone())
                    .unwrap()
            })
            .collect();
        let world = World {
            tenant: "shop".into(),
            systems,
            settings: flow.settings.clone().unwrap(),
            ledger: self.ledger.clone(),
            sources: Arc::new(workspace.sources.clone()),
            clock: self.clock.clone(),
            zone: workspace.zone.clone(),
            seed: 7,
            holder: "a test".into(),
            cancel: self.cancel.clone(),
            watch: Arc::new(Nobody),
        };
        run::run(&flow.graph, &world, options).await
    }

    /// How many requests of a method and path prefix reached a system.
    pub fn asked(&self, method: &str, path: &str) -> usize {
        self.sandbox.requests().iter().filter(|one| one.method == method && one.path.starts_with(path)).count()
    }

    /// How many requests may have changed something.
    pub fn writes(&self) -> usize {
        self.sandbox
            .requests()
            .iter()
            .filter(|one| one.method != "GET" && !one.path.contains("/oauth-provider/"))
            .count()
    }

    /// The references of all invoices, sorted.
    pub fn references(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .sandbox
            .invoices()
            .iter()
            .map(|invoice| invoice["reference"].as_str().unwrap_or("none").to_string())
            .collect();
        all.sort();
        all
    }
}

/// A table of what became of records: title, status, reason.
pub fn table(report: &Report) -> String {
    let mut lines: Vec<String> = report
        .outcomes
        .iter()
        .map(|outcome| format!("{} {} {}", outcome.title, outcome.status.word(), outcome.reason).trim_end().to_string())
        .collect();
    lines.sort();
    lines.push(format!("-- {} listed, {} unchanged, {}", report.listed, report.unchanged, report.ended));
    lines.join("\n")
}

struct Nobody;

impl Watch for Nobody {
    fn found(&self, _: usize) {}
    fn ended(&self, _: &Outcome) {}
}
