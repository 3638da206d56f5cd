//! A workspace, the two simulated systems behind it without a socket, a ledger, and a clock that a test pauses.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64::Engine as _;
use jiff::Timestamp;
use koppel::connect::{self, MemoryTokens, System, Tokens, Transport};
use koppel::ledger::{Ledger, Memory, Resolution, Scope, Sqlite, Status};
use koppel::plan::Graph;
use koppel::report::{self, Style};
use koppel::run::{self, Options, Outcome, Plan, Reconciled, Refusal, Report, Resolved, Watch, Word, World};
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
    pub clock: Clock,
    /// Where tokens are kept from run to run; none is in memory, for one run.
    pub tokens: Option<Arc<dyn Tokens>>,
    /// Where the randomness of waits begins.
    pub seed: u64,
    /// How long a write may take to leave, unless the settings' word counts.
    pub window: Option<Duration>,
    folder: Folder,
    files: Mutex<BTreeMap<String, String>>,
    limited: bool,
}

/// Workspaces that were loaded before, by all their texts: most tests run the shipped flows.
static LOADED: LazyLock<Mutex<HashMap<String, Workspace>>> = LazyLock::new(Mutex::default);

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

    /// The shipped flows before systems of these options, at another time than the usual.
    pub fn at(base: Timestamp, options: sandbox::Options) -> Scene {
        let options = sandbox::Options { shop_limit: None, books_limit: None, ..options };
        Scene::begun(base, options, false)
    }

    fn of(options: sandbox::Options, limited: bool) -> Scene {
        Scene::begun("2026-04-01T10:00:00Z".parse().unwrap(), options, limited)
    }

    fn begun(base: Timestamp, options: sandbox::Options, limited: bool) -> Scene {
        let start = tokio::time::Instant::now();
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
            tokens: None,
            seed: 7,
            window: None,
            folder: Folder::with(&[]),
            files: Mutex::default(),
            limited,
        };
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in ["flows/orders.flow", "flows/customers.flow", "flows/lib/dutch.rhai"] {
            scene.put(path, std::fs::read_to_string(home.join(path)).unwrap());
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
        self.put("koppel.toml", format!("{config}\n{text}"));
    }

    /// The same with a search of the books that lags so many seconds, and a log-in by code.
    pub fn timed(&self, lag: i64, by_code: bool, text: &str) {
        self.settings(text);
        self.change_settings(|line| match line {
            line if line.starts_with("lag ") => format!("lag = \"{lag} s\""),
            line if line.starts_with("grant") && by_code => "grant = \"authorization_code\"".to_string(),
            line => line.to_string(),
        });
    }

    /// Systems that may take so many seconds for an answer.
    pub fn patient(&self, seconds: u64) {
        self.change_settings(|line| match line {
            line if line.starts_with("timeout ") => format!("timeout = \"{seconds} s\""),
            line => line.to_string(),
        });
    }

    fn change_settings(&self, change: impl Fn(&str) -> String) {
        let config = self.files.lock().unwrap()["koppel.toml"].clone();
        self.put("koppel.toml", config.lines().map(change).collect::<Vec<_>>().join("\n"));
    }

    /// A person logs in to the books; the access and the refresh token.
    pub async fn logged_in(&self) -> (String, String) {
        let back = "http://127.0.0.1/back";
        let page = format!(
            "/oauth-provider/oauth/authorize?response_type=code&client_id={}&redirect_uri={back}&scope={}&state=x",
            sandbox::CLIENT_ID,
            sandbox::SCOPES.join("+"),
        );
        let request = connect::Request {
            method: "GET".to_string(),
            url: format!("http://{BOOKS}{page}").parse().unwrap(),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(9),
        };
        let answer = self.transport.send(request).await.unwrap();
        let place = answer.headers.iter().find(|(name, _)| name == "location").expect("the page sends back").1.clone();
        let place: url::Url = place.parse().unwrap();
        let code = place.query_pairs().find(|(name, _)| name == "code").expect("a code comes back").1.to_string();
        let client = format!("{}:{}", sandbox::CLIENT_ID, sandbox::CLIENT_SECRET);
        let basic = base64::engine::general_purpose::STANDARD.encode(client);
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={back}");
        let token = self.ask("POST", "/oauth-provider/oauth/token", &format!("Basic {basic}"), form).await;
        (text_of(&token["access_token"]), text_of(&token["refresh_token"]))
    }

    /// One more file of the workspace, or another text in it.
    pub fn put(&self, path: &str, text: String) {
        self.folder.put(path, &text);
        self.files.lock().unwrap().insert(path.to_string(), text);
    }

    /// One more flow, or another text of one.
    pub fn flow(&self, name: &str, text: &str) {
        self.put(&format!("flows/{name}.flow"), text.to_string());
    }

    /// One of the flows in `tests/cases/run`.
    pub fn case(&self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/run").join(name).with_extension("flow");
        self.flow(name, &std::fs::read_to_string(path).unwrap());
    }

    /// The owner of the books does something there by hand; the answer's `data`.
    pub async fn by_hand(&self, method: &str, path: &str, body: serde_json::Value) -> serde_json::Value {
        let client = format!("{}:{}", sandbox::CLIENT_ID, sandbox::CLIENT_SECRET);
        let basic = base64::engine::general_purpose::STANDARD.encode(client);
        let form = format!("grant_type=client_credentials&scope={}", sandbox::SCOPES.join("+"));
        let token = self.ask("POST", "/oauth-provider/oauth/token", &format!("Basic {basic}"), form).await;
        let bearer = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
        self.ask(method, path, &bearer, body.to_string()).await["data"].take()
    }

    async fn ask(&self, method: &str, path: &str, authorization: &str, body: String) -> serde_json::Value {
        let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = connect::Request {
            method: method.to_string(),
            url: format!("http://{BOOKS}{path}").parse().unwrap(),
            headers: vec![
                ("authorization".into(), authorization.to_string()),
                ("content-type".into(), kind.to_string()),
            ],
            body: Some(body.into()),
            timeout: Duration::from_secs(9),
        };
        let answer = self.transport.send(request).await.unwrap();
        let said = String::from_utf8_lossy(&answer.body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {said}", answer.status);
        serde_json::from_str(&said).unwrap_or_default()
    }

    /// A debtor made by hand; its id.
    pub async fn debtor(&self, name: &str, email: &str) -> String {
        let body = serde_json::json!({ "is_private": true, "customer_name": name, "email": email });
        text_of(&self.by_hand("POST", "/v3/customers", body).await["id"])
    }

    /// The workspace as it stands, its flow ready to run.
    pub fn workspace(&self, flow: &str) -> Workspace {
        self.loaded(flow, Depth::Bound)
    }

    /// The workspace as far as it is needed.
    pub fn loaded(&self, flow: &str, depth: Depth) -> Workspace {
        let texts = format!("{flow} {depth:?} {:?}", self.files.lock().unwrap());
        if let Some(workspace) = LOADED.lock().unwrap().get(&texts) {
            return workspace.clone();
        }
        let flows = [flow.to_string()];
        let folder = self.folder.path();
        let request = Request { from: folder, folder: Some(folder), flows: &flows, depth };
        match workspace::load(&request) {
            Ok(workspace) => {
                LOADED.lock().unwrap().insert(texts, workspace.clone());
                workspace
            }
            Err(Problems::Mistakes { diagnostics, sources }) => {
                panic!("{}", report::render(&diagnostics, &sources, Style::Plain))
            }
            Err(Problems::NotThere(problem)) => panic!("{}", problem.title),
        }
    }

    /// Runs a flow once.
    pub async fn run(&self, flow: &str) -> Report {
        self.run_with(flow, &Options::default()).await
    }

    /// Runs a flow once, as it is wished.
    pub async fn run_with(&self, flow: &str, options: &Options) -> Report {
        let (graph, world) = self.world(flow);
        run::run(&graph, &world, options).await
    }

    /// Runs flows at the same time, each for a tenant of its own; they share their connections.
    pub async fn run_at_once(&self, flows: &[&str]) -> Vec<Report> {
        let mut open: Vec<System> = Vec::new();
        let mut worlds = Vec::new();
        for flow in flows {
            let (graph, mut world) = self.world(flow);
            world.tenant = (*flow).into();
            for system in &mut world.systems {
                let there = open.iter().find(|there| there.connection().name == system.connection().name);
                match there {
                    Some(there) => *system = there.clone(),
                    None => open.push(system.clone()),
                }
            }
            worlds.push((graph, world));
        }
        let options = Options::default();
        let runs = worlds.iter().map(|(graph, world)| run::run(graph, world, &options));
        futures_util::future::join_all(runs).await
    }

    /// What a run would do.
    pub async fn plan_with(&self, flow: &str, options: &Options) -> Plan {
        let (graph, world) = self.world(flow);
        run::plan(&graph, &world, options).await
    }

    /// Both sides counted.
    pub async fn reconcile(&self, flow: &str) -> Reconciled {
        let (graph, world) = self.world(flow);
        run::reconcile(&graph, &world, &Options::default()).await.unwrap_or_else(|ended| panic!("{ended}"))
    }

    /// A person says what became of a write of a record that is in doubt.
    pub async fn says(&self, flow: &str, key: &str, word: &Word) -> Result<Resolved, Refusal> {
        let (graph, world) = self.world(flow);
        run::resolve(&graph, &world, key, None, word).await
    }

    /// All that a flow stands in.
    pub fn world(&self, flow: &str) -> (Arc<Graph>, World) {
        let workspace = self.workspace(flow);
        let flow = &workspace.flows[0];
        let systems = flow
            .connections
            .iter()
            .map(|name| {
                let connected = workspace.connection(name).unwrap();
                let mut connection = connected.open(self.folder.path(), &|_| None).unwrap();
                connection.window = self.window.unwrap_or(connection.window);
                if !self.limited {
                    connection.limit = None;
                }
                let tokens = self.tokens.clone().unwrap_or_else(|| Arc::new(MemoryTokens::default()));
                System::new(connected.connector.clone(), connection, self.transport.clone(), tokens, self.clock.clone())
                    .unwrap()
            })
            .collect();
        let world = World {
            tenant: "shop".into(),
            systems,
            settings: flow.settings.clone().unwrap(),
            kept: flow.kept.clone(),
            ledger: self.ledger.clone(),
            sources: Arc::new(workspace.sources.clone()),
            clock: self.clock.clone(),
            zone: workspace.zone.clone(),
            seed: self.seed,
            holder: "a test".into(),
            cancel: self.cancel.clone(),
            at_once: CancellationToken::new(),
            watch: Arc::new(Nobody),
        };
        (flow.graph.clone(), world)
    }

    /// Leaves only these orders among those that are sent; the others become new ones, which no flow asks for.
    pub fn only(&self, numbers: &[&str]) {
        for order in self.sandbox.orders() {
            let number = text_of(&order["number"]);
            if !numbers.contains(&number.as_str()) && text_of(&order["status"]) != "1" {
                assert!(self.sandbox.set_order_status(&number, 1), "{number} is an order");
            }
        }
    }

    /// Keeps the ledger in a file from now on; said again, it is closed and opened as a new process would.
    pub fn ledger_in_file(&mut self) {
        self.ledger = Arc::new(Memory::new());
        self.ledger = Arc::new(Sqlite::open_inline(self.folder.path().join("koppel.db")).unwrap());
    }

    /// How many records of a flow stand in that status.
    pub async fn standing(&self, flow: &str, status: Status) -> u64 {
        self.ledger.counts(&Scope::new("shop", flow)).await.unwrap().of(status)
    }

    /// A person looks for everything that is in doubt in the flow, and says what is there.
    pub async fn resolve_all(&self, flow: &str) {
        let scope = Scope::new("shop", flow);
        for attempt in self.ledger.unsettled(&scope).await.unwrap() {
            let mut invoices = self.sandbox.invoices().into_iter();
            let mut customers = self.sandbox.customers().into_iter();
            let things = if attempt.step.starts_with("ensure") {
                let wanted = attempt.key_text.to_lowercase();
                customers.rfind(|one| wanted.contains(&text_of(&one["email"]).to_lowercase()))
            } else {
                invoices.rfind(|one| one["reference"] == *attempt.key_text)
            };
            let keys = self.ledger.records(koppel::ledger::RecordFilter::of("shop")).await.unwrap();
            let own = keys.iter().any(|record| record.key == attempt.key);
            let in_doubt = keys.iter().find(|record| record.status == Status::InDoubt);
            let key = if own { Some(attempt.key.clone()) } else { in_doubt.map(|record| record.key.clone()) };
            let resolution = Resolution {
                key: key.unwrap_or_default(),
                identity: (!own).then(|| attempt.key.clone()),
                step: attempt.step.clone(),
                n: attempt.n,
                found: things.map(|thing| text_of(&thing["id"])),
            };
            self.ledger.resolve(&scope, resolution, self.clock.now()).await.unwrap();
        }
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

/// A value as a text, whether it came as one or as a number.
pub fn text_of(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A sample order with other fields; each change is a JSON pointer and a value.
pub fn order(name: &str, changes: &[(&str, serde_json::Value)]) -> String {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut order: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(home.join("samples").join(name)).unwrap()).unwrap();
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        order.pointer_mut(parent).expect("it is there")[field] = value.clone();
    }
    order.to_string()
}

/// Lets time pass.
pub async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

/// The whole messages of a run: of each record, and of the run itself where it broke off.
pub fn drawn(report: &Report, sources: &report::Sources) -> String {
    let problems = report.outcomes.iter().filter_map(Outcome::problem).chain(report.ended.problem());
    let drawn: Vec<String> = problems.map(|problem| report::draw(&problem, sources, Style::Plain)).collect();
    drawn.join("\n")
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
