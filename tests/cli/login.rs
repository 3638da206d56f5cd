//! `koppel connect` where a person logs in: the key, the log-in, what is kept, what is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use koppel::connect::Tokens;
use koppel::ledger::{Ledger, Seal, Sqlite};
use koppel::run::Vault;
use koppel::sandbox::{Consent, Fault, FaultKind, Options, Sandbox, workspace_toml};
use regex::Regex;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use url::Url;

use super::{Came, command, koppel};
use crate::login::vault::{KEY, clock};
use crate::support::folder::Folder;
use crate::support::room::room;

/// A workspace in which a person logs in to the bookkeeping at these addresses.
fn by_code(more: &str) -> Folder {
    let config = format!(
        "key = \"env:BOOKS_KEY\"\n\n[connections.jortt]\nbase = \"http://127.0.0.1:9\"\n\
         token = \"http://127.0.0.1:9/oauth-provider/oauth/token\"\n\
         authorize = \"http://127.0.0.1:9/oauth-provider/oauth/authorize\"\n\
         grant = \"authorization_code\"\n{more}"
    );
    Folder::with(&[("koppel.toml", &config)])
}

const PLAIN: &str =
    "secret.client_id = \"plain:sandbox-client-id\"\nsecret.client_secret = \"plain:sandbox-client-secret\"\n";

#[test]
fn the_key_is_missing_none_or_another() {
    let _room = room("cli");
    let folder = by_code(PLAIN);
    insta::assert_snapshot!("key_missing", koppel(folder.path(), "connect jortt").failure(78).shown());
    let wrong = koppel(folder.path(), "connect jortt").env("BOOKS_KEY", "hunter2").failure(78);
    insta::assert_snapshot!("key_none", wrong.shown());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ledger: Arc<dyn Ledger> = Arc::new(Sqlite::open(folder.path().join("koppel.db")).unwrap());
        let vault = Vault::new(ledger, "main", Seal::new(KEY).ok_or_else(String::new), clock());
        let kept = r#"{"access":"access-0","refresh":"refresh-0"}"#;
        assert!(vault.store("jortt", SecretString::from(kept), 1).await.unwrap());
    });
    let other = koppel(folder.path(), "connect jortt").env("BOOKS_KEY", &"ab".repeat(32)).failure(78);
    insta::assert_snapshot!("key_other", other.shown());
}

#[test]
fn a_secret_that_the_ledger_does_not_keep() {
    let _room = room("cli");
    let stored = "secret.client_id = \"plain:sandbox-client-id\"\nsecret.client_secret = \"store:books\"\n";
    let folder = by_code(stored);
    let came = koppel(folder.path(), "connect jortt").env("BOOKS_KEY", KEY).failure(78);
    insta::assert_snapshot!("secret_not_stored", came.shown());
}

/// The bookkeeping on this machine, and the clock by which its tokens live.
struct Desk {
    sandbox: Sandbox,
    books: SocketAddr,
    shop: SocketAddr,
    ahead: Arc<AtomicI64>,
    runtime: Runtime,
}

impl Desk {
    fn new(options: Options) -> Desk {
        let ahead: Arc<AtomicI64> = Arc::default();
        let (start, origin) = (Instant::now(), "2026-04-01T10:00:00Z".parse::<Timestamp>().unwrap());
        let off = ahead.clone();
        let now = move || origin + start.elapsed() + SignedDuration::from_secs(off.load(Ordering::Relaxed));
        let sandbox = Sandbox::new(Options { shop_limit: None, books_limit: None, ..options }, Arc::new(now));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let bind = || runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let (shop, books) = (bind(), bind());
        let (at_shop, at_books) = (shop.local_addr().unwrap(), books.local_addr().unwrap());
        let served = sandbox.clone();
        runtime.spawn(async move { served.serve(shop, books, std::future::pending()).await });
        Desk { sandbox, books: at_books, shop: at_shop, ahead, runtime }
    }

    /// A workspace in which a person logs in here.
    fn workspace(&self, redirect: &str) -> Folder {
        let config = workspace_toml(self.shop, self.books);
        let config =
            config.replace("\"client_credentials\"", &format!("\"authorization_code\"\nredirect = \"{redirect}\""));
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Folder::with(&[("koppel.toml", &config)]);
        for path in ["flows/customers.flow", "flows/lib/dutch.rhai"] {
            folder.put(path, std::fs::read_to_string(home.join(path)).unwrap());
        }
        folder
    }

    /// A person logs in by pasting the address.
    fn log_in(&self, folder: &Path) -> Came {
        let mut running = Running::start(folder, "connect jortt --paste");
        let back = browse(&running.address()).1.expect("the page sends the browser back");
        running.paste(&back);
        running.end()
    }

    fn tokens(&self) -> usize {
        self.sandbox.requests().iter().filter(|one| one.path.ends_with("/oauth/token")).count()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // What is asked of it no more needs no answer.
        std::mem::replace(&mut self.runtime, tokio::runtime::Builder::new_current_thread().build().unwrap())
            .shutdown_background();
    }
}

/// A command that is at work.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: BufReader<ChildStderr>,
    said: String,
}

impl Running {
    fn start(folder: &Path, line: &str) -> Running {
        let mut child = command(folder)
            .args(line.split_whitespace())
            .env("KOPPEL_KEY", KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, lines) = (child.stdin.take(), BufReader::new(child.stderr.take().unwrap()));
        Running { child, stdin, lines, said: String::new() }
    }

    /// Reads what it tells up to a line that begins so.
    fn until(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            let count = self.lines.read_line(&mut line).unwrap();
            assert!(count > 0, "it ended before it told `{beginning}`: {}", self.said);
            self.said.push_str(&line);
            if line.starts_with(beginning) {
                return line.trim().to_owned();
            }
        }
    }

    /// The address that the person is to open, once it waits for them.
    fn address(&mut self) -> String {
        let address = self.until("http://");
        // An empty line, and one that says where it waits.
        self.until("\n");
        self.until("");
        address
    }

    fn paste(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn end(mut self) -> Came {
        drop(self.stdin.take());
        let (mut out, mut err) = (String::new(), self.said);
        self.lines.read_to_string(&mut err).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Came { code, out, err }
    }
}

/// What a browser sees: the status, where it is sent, the page.
fn browse(address: &str) -> (u16, Option<String>, String) {
    let url: Url = address.parse().unwrap();
    let port = url.port().unwrap();
    let mut stream = TcpStream::connect((url.host_str().unwrap(), port)).unwrap();
    let path = &url[url::Position::BeforePath..];
    write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let place = text.lines().find_map(|line| line.strip_prefix("location: ")).map(str::to_owned);
    (status, place, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

const FREE: &str = "http://127.0.0.1:0/callback";

/// What came, without what differs from run to run.
fn steady(came: &Came) -> String {
    let mut text = came.shown();
    for (name, pattern) in [("PORT", r"127\.0\.0\.1(:|%3A)\d+"), ("RANDOM", r"(state|code|code_challenge)=[\w-]+")] {
        let pattern = Regex::new(pattern).unwrap();
        text = match name {
            "PORT" => pattern.replace_all(&text, "127.0.0.1${1}PORT").into_owned(),
            _ => pattern.replace_all(&text, "${1}=RANDOM").into_owned(),
        };
    }
    text
}

#[test]
fn a_person_logs_in_by_browser() {
    let _room = room("cli");
    let desk = Desk::new(Options::default());
    let folder = desk.workspace(FREE);
    insta::assert_snapshot!(
        "show_nobody",
        koppel(folder.path(), "connect jortt --show").env("KOPPEL_KEY", KEY).failure(5).shown()
    );
    let mut running = Running::start(folder.path(), "connect jortt");
    let address = running.address();
    let back = browse(&address).1.unwrap();
    let (place, state) = back.split_once('?').unwrap();
    // Others come by: a picture that browsers ask for, a log-in of somebody else, a question without a state.
    assert_eq!(browse(&place.replace("/callback", "/favicon.ico")).0, 404);
    for foreign in ["?code=x&state=y", "?code=x", ""] {
        let (status, _, page) = browse(&format!("{place}{foreign}"));
        assert!(status == 400 && page.contains("This is not the log-in that koppel waits for"), "{page}");
    }
    let (status, _, page) = browse(&format!("{place}?{state}"));
    assert!(status == 200 && page.contains("<h1>You are logged in</h1>"), "{page}");
    let came = running.end();
    assert_eq!(came.code, 0, "{}", came.shown());
    insta::assert_snapshot!("log_in", steady(&came));
    // From now on the credentials are there.
    let asked = desk.tokens();
    let again = koppel(folder.path(), "connect jortt").env("KOPPEL_KEY", KEY).success();
    assert!(again.out.contains("customers") && !again.err.contains("browser"), "{}", again.shown());
    assert_eq!(desk.tokens(), asked);
    let shown = koppel(folder.path(), "connect jortt --show").env("KOPPEL_KEY", KEY).success();
    assert!(shown.out.contains("customers:write") && shown.out.contains("renewed by itself"), "{}", shown.shown());
    let json = koppel(folder.path(), "connect jortt --show --json").env("KOPPEL_KEY", KEY).success().out;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["log_in"]["scopes"].as_array().unwrap().len(), 5);
    assert!(value["log_in"]["over"].is_null() && value["log_in"]["ends"].is_string(), "{json}");
    // No password of this machine opens another.
    let key = "ab".repeat(32);
    koppel(folder.path(), "connect jortt --show").env("KOPPEL_KEY", &key).failure(78);
    koppel(folder.path(), "run customers").env("KOPPEL_KEY", &key).failure(78);
}

#[test]
fn a_person_logs_in_by_pasting_the_address() {
    let desk = Desk::new(Options::default());
    let folder = desk.workspace("http://127.0.0.1:7425/callback");
    let mut running = Running::start(folder.path(), "connect jortt --paste");
    let back = browse(&running.address()).1.unwrap();
    running.paste("http://127.0.0.1:7425/callback?code=x&state=y");
    running.paste("hello");
    running.paste(&format!("  {back}#"));
    let came = running.end();
    assert_eq!(came.code, 0, "{}", came.shown());
    assert_eq!(came.err.matches("this is not the address of this log-in").count(), 2, "{}", came.shown());
    let came = koppel(folder.path(), "connect jortt --again --paste").env("KOPPEL_KEY", KEY).failure(5);
    assert!(came.err.contains("no address was pasted"), "{}", came.shown());
}

#[test]
fn a_log_in_that_comes_to_nothing() {
    let _room = room("cli");
    let desk = Desk::new(Options { consent: Consent::Refused, ..Options::default() });
    let folder = desk.workspace(FREE);
    let mut running = Running::start(folder.path(), "connect jortt");
    let back = browse(&running.address()).1.unwrap();
    let (status, _, page) = browse(&back);
    assert!(status == 400 && page.contains("Nobody is logged in") && page.contains("did not agree"), "{page}");
    let came = running.end();
    assert_eq!(came.code, 5, "{}", came.shown());
    insta::assert_snapshot!("log_in_denied", steady(&came));

    let desk = Desk::new(Options { scopes: vec!["customers:read".to_owned()], ..Options::default() });
    let folder = desk.workspace(FREE);
    insta::assert_snapshot!("log_in_scopes", steady(&desk.log_in(folder.path())));
    let desk = Desk::new(Options::default());
    let folder = desk.workspace(FREE);
    let config = std::fs::read_to_string(folder.path().join("koppel.toml")).unwrap();
    folder.put("koppel.toml", config.replace("sandbox-client-secret", "another-secret"));
    insta::assert_snapshot!("log_in_client", steady(&desk.log_in(folder.path())));

    // Somebody else listens where the browser is to come back to.
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let folder = desk.workspace(&format!("http://127.0.0.1:{}/callback", taken.local_addr().unwrap().port()));
    let came = koppel(folder.path(), "connect jortt").env("KOPPEL_KEY", KEY).failure(1);
    insta::assert_snapshot!("log_in_port", steady(&came));

    // Ctrl-C.
    let folder = desk.workspace(FREE);
    let mut running = Running::start(folder.path(), "connect jortt");
    running.address();
    running.signal("-INT");
    let came = running.end();
    assert_eq!(came.code, 1, "{}", came.shown());
    assert!(came.err.ends_with("nobody logged in, and nothing was changed\n"), "{}", came.shown());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process of its own is waited for")]
fn killed_while_the_token_is_changed() {
    for (hours, code) in [(0, 5), (1, 0)] {
        let options = Options { refresh_grace: SignedDuration::from_hours(hours), ..Options::default() };
        let desk = Desk::new(Options { slow: Duration::from_secs(30), ..options });
        let folder = desk.workspace(FREE);
        assert_eq!(desk.log_in(folder.path()).code, 0);
        // The token ends, and the answer to the question for a new one does not come: there the process is killed.
        desk.ahead.fetch_add(7300, Ordering::Relaxed);
        desk.sandbox.set_faults(vec![Fault::once(FaultKind::Slow, "POST /oauth-provider/oauth/token")]);
        let running = Running::start(folder.path(), "run customers");
        let asked = || desk.sandbox.requests().iter().any(|one| one.faults.contains(&"slow"));
        let until = Instant::now() + Duration::from_secs(60);
        while !asked() {
            assert!(Instant::now() < until, "a new token is asked for");
            std::thread::sleep(Duration::from_millis(5));
        }
        running.signal("-KILL");
        assert_eq!(running.end().code, -1);
        let shown = koppel(folder.path(), "connect jortt --show").env("KOPPEL_KEY", KEY).success();
        assert!(shown.out.contains("change of token"), "{}", shown.shown());
        let run = || koppel(folder.path(), "run customers").env("KOPPEL_KEY", KEY);
        let came = run().failure(code);
        if code == 5 {
            assert!(
                came.err.contains("error[K0622]") && came.err.contains("was lost: of a change"),
                "{}",
                came.shown()
            );
            let tokens = desk.tokens();
            let came = run().failure(5);
            assert!(came.err.contains("`koppel connect jortt` logs in again"), "{}", came.shown());
            assert_eq!(desk.tokens(), tokens, "what is over is not asked for again");
            koppel(folder.path(), "connect jortt --show").env("KOPPEL_KEY", KEY).failure(5);
            assert_eq!(desk.log_in(folder.path()).code, 0);
            run().success();
        }
    }
}

#[test]
fn a_secret_is_kept_in_the_ledger() {
    let _room = room("cli");
    let desk = Desk::new(Options::default());
    let config = workspace_toml(desk.shop, desk.books);
    let config = config.replace("\"plain:sandbox-client-secret\"", "\"store:books\"");
    let folder = Folder::with(&[("koppel.toml", &config)]);
    let set = |secret: &str| koppel(folder.path(), &format!("connect jortt --set {secret}")).env("KOPPEL_KEY", KEY);
    koppel(folder.path(), "connect jortt").env("KOPPEL_KEY", KEY).failure(78);
    insta::assert_snapshot!(
        "set_without_key",
        koppel(folder.path(), "connect jortt --set client_secret").failure(78).shown()
    );
    insta::assert_snapshot!("set_unknown", set("secret.client_secrt").failure(2).shown());
    insta::assert_snapshot!("set_elsewhere", set("secret.client_id").failure(2).shown());
    for (given, code) in
        [("", 1), ("\n", 1), ("two\nlines\n", 1), ("wrong-secret\n", 0), ("sandbox-client-secret\n", 0)]
    {
        let came = set("secret.client_secret").input(given).failure(code);
        assert!(!came.shown().contains("sandbox-client-secret"), "{}", came.shown());
    }
    koppel(folder.path(), "connect jortt").env("KOPPEL_KEY", KEY).success();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let secret = b"sandbox-client-secret";
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}
