//! Both simulated systems on loopback in this process, and a workspace in which the real binary runs against them, is
//! killed, frozen or told to stop; not more than two drills are under way at a time.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use koppel::ledger::{Ledger, LedgerError, Resolution, Scope, Sqlite, Status};
use koppel::sandbox::{Fault, FaultKind, Options, Rate, Request, Sandbox, workspace_toml};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::support::folder::Folder;
use crate::support::scene::text_of;

/// Where the simulated systems of all drills live.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("there are threads")
});

/// How long the drill's connections take for a write, in seconds: to leave, to be answered, to be seen.
pub const WINDOW: u64 = 1;
pub const TIMEOUT: u64 = 2;

/// One of the two places for drills.
struct Place;

static TAKEN: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

impl Place {
    fn take() -> Place {
        let mut taken = TAKEN.1.wait_while(TAKEN.0.lock().unwrap(), |taken| *taken == 2).unwrap();
        *taken += 1;
        Place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *TAKEN.0.lock().unwrap() -= 1;
        TAKEN.1.notify_one();
    }
}

/// One drill; a thread that has one does not ask for another.
pub struct Drill {
    pub sandbox: Sandbox,
    folder: Folder,
    orders: Vec<String>,
    stop: CancellationToken,
    _place: Place,
}

/// The shipped flow, and the same that makes anew what it does not find after a lost answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLostReply {
    Doubt,
    Repeat,
}

/// What came of a command.
pub struct Came {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Came {
    fn from(output: Output) -> Came {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Came { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Came {
    pub fn shown(&self) -> String {
        format!("exit {:?}\n--- out\n{}\n--- err\n{}", self.code, self.out.trim_end(), self.err.trim_end())
    }
}

impl Drill {
    /// The sample orders of these numbers are to be sent.
    pub fn new(orders: &[&str]) -> Drill {
        Drill::with(orders, Options::default())
    }

    /// The same before systems of these options that take any number of requests.
    pub fn with(orders: &[&str], options: Options) -> Drill {
        let place = Place::take();
        let options =
            Options { shop_limit: None, books_limit: None, number_delay: jiff::SignedDuration::ZERO, ..options };
        let sandbox = Sandbox::new(options, Arc::new(now));
        let stop = CancellationToken::new();
        let (shop, books) = RUNTIME.block_on(async { (listen().await, listen().await) });
        let addresses = (shop.local_addr().unwrap(), books.local_addr().unwrap());
        let (served, until) = (sandbox.clone(), stop.clone());
        RUNTIME.spawn(async move { served.serve(shop, books, until.cancelled_owned()).await });

        let folder = Folder::with(&[]);
        let config = workspace_toml(addresses.0, addresses.1);
        let config = config.lines().map(|line| match line.split(' ').next() {
            Some("base") => format!("{line}\nlimit = \"none\""),
            Some("limit") => String::new(),
            Some("window") => format!("window = \"{WINDOW} s\""),
            Some("timeout") => format!("timeout = \"{TIMEOUT} s\""),
            Some("lag") => "lag = \"0 s\"".to_owned(),
            _ => line.to_owned(),
        });
        let config = config.collect::<Vec<_>>().join("\n");
        let settings = "settings.first_date = 2026-01-01\nsettings.invoice_state = \"sent\"";
        folder.put("koppel.toml", format!("{config}\n\n[flows.orders]\n{settings}\n"));
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in ["flows/orders.flow", "flows/lib/dutch.rhai"] {
            folder.put(path, fs::read(home.join(path)).unwrap());
        }
        let orders = orders.iter().map(|number| (*number).to_owned()).collect();
        let drill = Drill { sandbox, folder, orders, stop, _place: place };
        drill.show_orders();
        drill
    }

    /// What the flow does about an answer that was lost.
    pub fn on_lost_reply(&self, what: OnLostReply) {
        let flow = include_str!("../../flows/orders.flow");
        let flow = match what {
            OnLostReply::Doubt => flow.to_owned(),
            OnLostReply::Repeat => flow.replacen("\nensure books", "\non lost_reply repeat\nensure books", 1),
        };
        self.folder.put("flows/orders.flow", flow);
    }

    /// Another value for a line of both connections, such as `timeout`.
    pub fn set(&self, name: &str, value: &str) {
        let config = fs::read_to_string(self.file("koppel.toml")).unwrap();
        let line = |line: &str| match line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            true => format!("{name} = \"{value}\""),
            false => line.to_owned(),
        };
        let config: Vec<String> = config.lines().map(line).collect();
        self.folder.put("koppel.toml", format!("{}\n", config.join("\n")));
    }

    /// Switches faults on, and all others off.
    pub fn break_with(&self, faults: &[(&str, Rate, &str)]) {
        let fault = |(kind, rate, on): &(&str, Rate, &str)| Fault {
            kind: FaultKind::named(kind).expect("it is in the list"),
            rate: *rate,
            on: (!on.is_empty()).then(|| (*on).to_owned()),
        };
        self.sandbox.set_faults(faults.iter().map(fault).collect());
    }

    /// The requests that may have made something, tokens apart.
    pub fn writes(&self) -> Vec<Request> {
        let mut all = self.sandbox.requests();
        all.retain(|one| one.method != "GET" && !one.path.contains("/oauth-provider/"));
        all
    }

    /// Both systems and the ledger as at the beginning.
    pub fn afresh(&self) {
        self.sandbox.reset();
        self.show_orders();
        self.forget();
    }

    fn show_orders(&self) {
        if self.orders.is_empty() {
            return;
        }
        for order in self.sandbox.orders() {
            let number = text_of(&order["number"]);
            if !self.orders.contains(&number) && text_of(&order["status"]) != "1" {
                assert!(self.sandbox.set_order_status(&number, 1), "{number} is an order");
            }
        }
    }

    /// There is no ledger any more.
    pub fn forget(&self) {
        for ending in ["", "-wal", "-shm", "-journal", ".lock", ".new", ".new-journal"] {
            let _ = fs::remove_file(self.file(&format!("koppel.db{ending}")));
        }
    }

    /// A file of the workspace.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary with these words, in the workspace, behind another program where one is named.
    pub fn command(&self, before: &[&str], line: &str) -> Command {
        let koppel = [env!("CARGO_BIN_EXE_koppel")];
        let mut words = before.iter().copied().chain(koppel).chain(line.split_whitespace());
        let mut command = Command::new(words.next().expect("there is the binary"));
        command.args(words).current_dir(self.folder.path()).env_clear();
        // One worker beside the main thread: the n-th call of a thread is the same in each run.
        command.envs([("HOME", "/nowhere"), ("NO_COLOR", "1"), ("COLUMNS", "100"), ("TOKIO_WORKER_THREADS", "1")]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, line: &str) -> Came {
        self.command(&[], line).output().unwrap().into()
    }

    /// Starts it.
    pub fn start(&self, line: &str) -> Child {
        self.command(&[], line).spawn().unwrap()
    }

    /// The ledger, to look at.
    pub fn ledger(&self) -> Sqlite {
        Sqlite::open_reader(self.file("koppel.db")).unwrap()
    }

    /// How many records stand in that status.
    pub fn standing(&self, status: Status) -> u64 {
        RUNTIME.block_on(self.ledger().counts(&scope())).unwrap().of(status)
    }

    /// What SQLite says of the ledger, on a copy: looking changes nothing.
    pub fn integrity(&self) -> String {
        let copy = Folder::with(&[]);
        for ending in ["", "-wal", "-journal"] {
            let from = self.file(&format!("koppel.db{ending}"));
            if from.exists() {
                fs::copy(from, copy.path().join(format!("copy.db{ending}"))).unwrap();
            }
        }
        let path = copy.path().join("copy.db");
        if path.exists() { integrity_of(&path) } else { "ok".to_owned() }
    }

    /// Runs until nothing is left to do; a person looks into the books and answers what is in doubt. Gives how many
    /// answers that took.
    pub fn finish(&self, what: &str) -> usize {
        let mut answered = 0;
        for _ in 0..4 {
            let came = self.run("run orders");
            assert!(matches!(came.code, Some(0 | 3 | 4)), "{what}\n{}", came.shown());
            let left = self.resolve_all();
            let told = format!("{what}: {left} writes without an answer\n{}", came.shown());
            assert_eq!(left > 0, came.code == Some(4), "{told}");
            answered += left;
            if self.standing(Status::Waiting) + self.standing(Status::Failed) == 0 {
                return answered;
            }
        }
        panic!("{what}: it does not come to an end\n{}", self.run("run orders").shown());
    }

    fn resolve_all(&self) -> usize {
        let ledger = Sqlite::open(self.file("koppel.db")).unwrap();
        let resolved: Result<usize, LedgerError> = RUNTIME.block_on(async {
            let all = ledger.records(koppel::ledger::RecordFilter::of("main")).await?;
            let unsettled = ledger.unsettled(&scope()).await?;
            for attempt in &unsettled {
                let own = all.iter().find(|record| record.key == attempt.key);
                let doubtful = all.iter().find(|record| record.status == Status::InDoubt);
                let found = self.sandbox.invoices().into_iter().find(|one| one["reference"] == *attempt.key_text);
                assert!(found.is_none() || !attempt.step.starts_with("create"), "what is there is found");
                let resolution = Resolution {
                    key: own.or(doubtful).map(|record| record.key.clone()).unwrap_or_default(),
                    identity: own.is_none().then(|| attempt.key.clone()),
                    step: attempt.step.clone(),
                    n: attempt.n,
                    found: None,
                };
                ledger.resolve(&scope(), resolution, now()).await?;
            }
            Ok(unsettled.len())
        });
        resolved.unwrap()
    }

    /// The references of all invoices, sorted.
    pub fn references(&self) -> Vec<String> {
        let mut all: Vec<String> = self.sandbox.invoices().iter().map(|one| text_of(&one["reference"])).collect();
        all.sort();
        all
    }

    /// What stands in the books, without what differs from one making to the next: ids, numbers, times, and what of a
    /// debtor depends on which of two orders came first.
    pub fn books(&self) -> Vec<Value> {
        let mut customers = self.sandbox.customers();
        for customer in &mut customers {
            customer["email"] = text_of(&customer["email"]).to_lowercase().into();
        }
        let mut all: Vec<Value> = self.sandbox.invoices();
        for invoice in &mut all {
            let own = customers.iter().find(|one| one["id"] == invoice["customer_id"]);
            invoice["customer_id"] = own.map_or(Value::Null, |own| own["email"].clone());
            invoice["customer_mail_to"] = text_of(&invoice["customer_mail_to"]).to_lowercase().into();
        }
        all.extend(customers);
        let differs = ["id", "created_at", "updated_at", "invoice_number", "phonenumber"];
        for one in &mut all {
            one.as_object_mut().expect("a record has fields").retain(|name, _| !differs.contains(&name.as_str()));
        }
        all.sort_by_key(Value::to_string);
        all
    }
}

impl Drop for Drill {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What SQLite says of a ledger's file.
pub fn integrity_of(path: &Path) -> String {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap_or_else(|error| error.to_string())
}

/// Sends a signal: `TERM`, `STOP`, …
pub fn signal(child: &Child, name: &str) {
    let line = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
}

/// Waits until it is so; whether it came to that in time.
pub fn until(limit: Duration, mut so: impl FnMut() -> bool) -> bool {
    let began = clock();
    while began.elapsed() < limit {
        if so() {
            return true;
        }
        pause(Duration::from_millis(5));
    }
    so()
}

/// What came of a process that ends by itself, and how long that took.
pub fn ended(mut child: Child, limit: Duration) -> (Came, Duration) {
    let began = clock();
    if !until(limit, || child.try_wait().unwrap().is_some()) {
        child.kill().unwrap();
        panic!("it does not end in {limit:?}: {}", Came::from(child.wait_with_output().unwrap()).shown());
    }
    let took = began.elapsed();
    (child.wait_with_output().unwrap().into(), took)
}

/// A clock that only goes on.
#[expect(clippy::disallowed_methods, reason = "a drill is about real processes in real time")]
pub fn clock() -> Instant {
    Instant::now()
}

/// Waits in real time.
pub fn pause(time: Duration) {
    RUNTIME.block_on(async { tokio::time::sleep(time).await });
}

/// Real time.
#[expect(clippy::disallowed_methods, reason = "a drill is about real processes in real time")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The flow's part of the ledger.
pub fn scope() -> Scope {
    Scope::new("main", "orders")
}

async fn listen() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}
