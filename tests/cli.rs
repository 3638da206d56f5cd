//! Commands run as processes: what a person types, and all that comes back.

mod login;
mod look;
mod operate;
mod privacy;
mod repair;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::folder::Folder;
use crate::support::room::room;

const TINY: &str = include_str!("cases/workspace/tiny.connector");
const COPIES: &str = include_str!("cases/workspace/copies.flow");

/// A command line.
struct Koppel {
    folder: PathBuf,
    args: Vec<String>,
    input: Vec<u8>,
    envs: Vec<(String, String)>,
}

/// What came back.
struct Came {
    code: i32,
    out: String,
    err: String,
}

/// `koppel` with these words.
fn koppel(folder: &Path, line: &str) -> Koppel {
    let args = line.split_whitespace().map(str::to_owned).collect();
    Koppel { folder: folder.to_owned(), args, input: Vec::new(), envs: Vec::new() }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_koppel"));
    command.current_dir(folder).env_clear();
    command.envs([("HOME", "/nowhere"), ("NO_COLOR", "1"), ("COLUMNS", "100"), ("TZ", "UTC")]);
    command
}

impl Koppel {
    /// With this on standard input.
    fn input(mut self, input: impl AsRef<[u8]>) -> Koppel {
        self.input = input.as_ref().to_vec();
        self
    }

    /// With one more variable of the environment.
    fn env(mut self, name: &str, value: &str) -> Koppel {
        self.envs.push((name.to_owned(), value.to_owned()));
        self
    }

    fn run(self) -> Came {
        let mut child = command(&self.folder)
            .args(&self.args)
            .envs(self.envs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        let feeding = std::thread::spawn(move || {
            // A command that needs no input does not wait for it.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Came { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Expects that all is done.
    fn success(self) -> Came {
        self.failure(0)
    }

    /// Expects this exit code.
    fn failure(self, code: i32) -> Came {
        let line = self.args.join(" ");
        let came = self.run();
        assert_eq!(came.code, code, "koppel {line}\n{}", came.shown());
        came
    }
}

impl Came {
    fn shown(&self) -> String {
        format!("exit {}\n--- out\n{}\n--- err\n{}", self.code, self.out.trim_end(), self.err.trim_end())
    }
}

/// A sound workspace with the flow `copies`.
fn workspace() -> Folder {
    let config = "[connections.tiny]\nbase = \"http://127.0.0.1:9\"\nsecret.key = \"plain:key\"\n\n\
                  [flows.copies]\nsettings.first = 2026-01-31\n";
    Folder::with(&[("koppel.toml", config), ("connectors/tiny.connector", TINY), ("flows/copies.flow", COPIES)])
}

#[test]
fn words_that_mean_nothing() {
    let _room = room("cli");
    let folder = workspace();
    insta::assert_snapshot!("no_words", koppel(folder.path(), "").failure(2).shown());
    insta::assert_snapshot!("misspelt_command", koppel(folder.path(), "chekc").failure(2).shown());
    insta::assert_snapshot!("misspelt_flow", koppel(folder.path(), "run copis").failure(2).shown());
    insta::assert_snapshot!("no_date", koppel(folder.path(), "run copies --since soon").failure(2).shown());
    insta::assert_snapshot!("misspelt_connection", koppel(folder.path(), "connect tinny").failure(2).shown());
    insta::assert_snapshot!(
        "misspelt_fault",
        koppel(folder.path(), "sandbox --fault lost_repli=5%").failure(2).shown()
    );
    for (name, line) in [
        ("unknown_option", "run copies --sinse 2026-01-31"),
        ("missing_argument", "run"),
        ("no_number", "run copies --limit many"),
        ("no_format", "test --format xml"),
        ("not_together", "sandbox --limit 5 --no-limits"),
        ("no_folder", "--workspace nowhere check"),
        ("no_title", "test --only nothing"),
        ("no_input", "map copies nowhere.json"),
    ] {
        let shown = koppel(folder.path(), line).failure(2).shown();
        insta::assert_snapshot!(name, shown.replace(&folder.path().display().to_string(), "FOLDER"));
    }
}

#[test]
fn programs_read_one_shape_of_what_was_called_wrongly() {
    let _room = room("cli");
    let folder = workspace();
    let lines = [
        "check copis --json",
        "run copies --since soon --json",
        "connect tinny --json",
        "run --json",
        "chekc --json",
        "run copies --limit many --json",
        "test --format json --only nothing",
        "builtins postalcode --json",
        "diff copies copis --json",
    ];
    let mut all = String::new();
    for line in lines {
        let came = koppel(folder.path(), line).failure(2);
        let values: Vec<serde_json::Value> =
            serde_json::from_str(&came.out).unwrap_or_else(|_| panic!("{}", came.shown()));
        assert!(came.err.is_empty() && values.len() == 1, "{}", came.shown());
        assert!(values[0]["code"].as_str().is_some_and(|code| code.starts_with("K08")), "{}", came.shown());
        all.push_str(&format!("$ koppel {line}\n{}", came.out));
    }
    insta::assert_snapshot!("called_wrongly_json", all);
    // A record that nobody has seen, and a ledger without any.
    insta::assert_snapshot!("why_nothing", koppel(folder.path(), "why 17").failure(1).shown());
}

#[test]
fn a_port_that_another_process_has() {
    let _room = room("cli");
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let shown = koppel(Folder::with(&[]).path(), &format!("sandbox --shop-port {port}")).failure(1).shown();
    insta::assert_snapshot!("port_taken", shown.replace(&port.to_string(), "PORT"));
}

#[test]
fn check_tells_all_mistakes() {
    let _room = room("cli");
    let folder = workspace();
    assert_eq!(koppel(folder.path(), "check").success().out, "copies: no mistakes, 3 warnings\n");
    assert!(koppel(folder.path(), "check --json").success().out.contains("nothing reads the setting"));
    let denied = koppel(folder.path(), "check --deny-warnings").failure(78).out;
    assert_eq!(denied, "copies: no mistakes, 3 warnings, and none is allowed\n");
    koppel(folder.path(), "check --deny-warnings --json").failure(78);
    folder.put(
        "flows/copies.flow",
        COPIES.replace("thing.amount <", "thing.amuont <").replace("create there", "create their"),
    );
    insta::assert_snapshot!("check", koppel(folder.path(), "check copies").failure(78).shown());
    let json = koppel(folder.path(), "check --json").failure(78).out;
    let values: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert!(values.len() >= 2, "{json}");
    for value in values {
        assert!(value["code"].as_str().is_some_and(|code| code.starts_with('K')), "{value}");
    }
}

#[test]
fn explain_prints_the_page_of_a_number() {
    let _room = room("cli");
    let folder = Folder::with(&[]);
    insta::assert_snapshot!("explain", koppel(folder.path(), "explain K0201").success().shown());
    assert_eq!(
        koppel(folder.path(), "explain 201").success().out,
        koppel(folder.path(), "explain k0201").success().out
    );
    insta::assert_snapshot!("explain_unknown", koppel(folder.path(), "explain K9201").failure(2).shown());
    let list = koppel(folder.path(), "explain").success().out;
    assert!(list.lines().count() > 150 && list.contains("K0201  a name that is not known\n"), "{list}");
}

#[test]
fn fmt_writes_the_canonical_form() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let _room = room("cli");
    let folder = workspace();
    let untidy = COPIES.replace(" = ", "=").replace("\n\n", "\n\n\n\n");
    folder.put("flows/copies.flow", &untidy);
    folder.put("flows/lib/more.flow", "koppel 1 flow more \"More\"");
    folder.put("flows/broken.flow", "koppel 1\nflow broken \"Broken\"\nlet  a = = 1\n");
    folder.put("koppel-notes.txt", "let a=1");
    let path = folder.path().join("flows/copies.flow");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let before = fs::metadata(&path).unwrap();

    // `--check` shows and writes nothing; a file with mistakes is told and left alone, the others are looked at all the same.
    insta::assert_snapshot!("fmt_check", koppel(folder.path(), "fmt --check").failure(78).shown());
    insta::assert_snapshot!(
        "fmt_check_one",
        koppel(folder.path(), "fmt --check flows/lib/more.flow").failure(1).shown()
    );
    assert_eq!(read("flows/copies.flow"), untidy);
    assert_eq!(fs::metadata(&path).unwrap().ino(), before.ino());

    let came = koppel(folder.path(), "fmt").failure(78);
    assert!(
        came.err.contains("flows/copies.flow: written") && came.err.contains("more.flow: written"),
        "{}",
        came.shown()
    );
    assert_eq!(read("flows/lib/more.flow"), "koppel 1\nflow more \"More\"\n");
    assert_eq!(read("flows/broken.flow"), "koppel 1\nflow broken \"Broken\"\nlet  a = = 1\n");
    let after = fs::metadata(&path).unwrap();
    assert_ne!(after.ino(), before.ino(), "it was written in place");
    assert_eq!(after.mode(), before.mode());
    let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");

    fs::remove_file(folder.path().join("flows/broken.flow")).unwrap();
    assert_eq!(koppel(folder.path(), "fmt --check").success().shown(), "exit 0\n--- out\n\n--- err\n");
    assert_eq!(koppel(folder.path(), "fmt").success().err, "");

    // A link stays one, and what it leads to is written.
    std::os::unix::fs::symlink("lib/more.flow", folder.path().join("flows/linked.flow")).unwrap();
    folder.put("flows/lib/more.flow", "koppel   1 flow more \"More\"");
    koppel(folder.path(), "fmt flows/linked.flow").success();
    assert!(fs::symlink_metadata(folder.path().join("flows/linked.flow")).unwrap().is_symlink());
    assert_eq!(read("flows/lib/more.flow"), "koppel 1\nflow more \"More\"\n");
}

#[test]
fn fmt_is_a_filter_too() {
    let _room = room("cli");
    let folder = Folder::with(&[]);
    let filter = |line: &str, input: &[u8]| koppel(folder.path(), line).input(input);
    let tidy = "koppel 1\nflow a \"A\"\nlet x = 1\n";
    assert_eq!(filter("fmt -", b"\xEF\xBB\xBFkoppel 1\r\nflow a \"A\"\r\nlet x=1").success().out, tidy);
    assert_eq!(filter("fmt - --check", tidy.as_bytes()).success().out, "");
    insta::assert_snapshot!("fmt_filter_check", filter("fmt - --check", b"koppel 1 flow a \"A\"").failure(1).shown());
    insta::assert_snapshot!(
        "fmt_filter_broken",
        filter("fmt -", b"koppel 1\nflow a \"A\"\nlet = 1\n").failure(78).shown()
    );
    insta::assert_snapshot!("fmt_filter_bytes", filter("fmt -", b"koppel 1\nflow a \"\xFF\"\n").failure(78).shown());
    insta::assert_snapshot!("fmt_filter_large", filter("fmt -", &vec![b'#'; 5 << 20]).failure(78).shown());
    insta::assert_snapshot!("fmt_nothing", filter("fmt", b"").failure(2).shown());
    insta::assert_snapshot!("fmt_nowhere", filter("fmt there.flow", b"").failure(2).shown());
    insta::assert_snapshot!("fmt_dash_and_more", filter("fmt - a.flow", b"").failure(2).shown());
}

#[test]
fn builtins_are_listed_and_told_one_by_one() {
    let _room = room("cli");
    let folder = Folder::with(&[]);
    insta::assert_snapshot!("builtins", koppel(folder.path(), "builtins").success().shown());
    insta::assert_snapshot!("builtins_one", koppel(folder.path(), "builtins capture").success().shown());
    insta::assert_snapshot!("builtins_unknown", koppel(folder.path(), "builtins postalcode").failure(2).shown());
    let all: serde_json::Value = serde_json::from_str(&koppel(folder.path(), "builtins --json").success().out).unwrap();
    assert_eq!(all.as_array().unwrap().len(), koppel::builtin::all().len());
    let one: serde_json::Value =
        serde_json::from_str(&koppel(folder.path(), "builtins round --json").success().out).unwrap();
    assert_eq!(one["arguments"], serde_json::json!({ "least": 1, "most": 3 }));
    assert_eq!(one["group"], "Numbers");
    assert_eq!(one["examples"][0], serde_json::json!({ "call": "round(0.125, 2)", "gives": "0.13" }));
}

const RECORDS: &str = r#"{"id": "1", "name": "one", "amount": 12.50, "mail": "a@example.com"}
{"id": "2", "name": " "}
{"id": "3", "name": "three"}
{"id": "4", "name": "four"
{"id": "5", "name": "five", "amount": "0.25"}
not a record
{"id": "6", "name": "six", "amount": 100000000000000000000.25}
"#;

#[test]
fn map_is_a_filter() {
    let _room = room("cli");
    let folder = workspace();
    insta::assert_snapshot!("map", koppel(folder.path(), "map copies").input(RECORDS).failure(1).shown());
    insta::assert_snapshot!(
        "map_bodies",
        koppel(folder.path(), "map copies --bodies").input(RECORDS).failure(1).shown()
    );
    // A list, and a record over several lines, are records too.
    let whole = r#"[{"id": "1", "name": "one", "amount": 2},
        {"id": "2",
         "name": "two", "amount": 3}]"#;
    let bodies = "{\"name\":\"C-one\",\"amount\":2.00}\n{\"name\":\"C-two\",\"amount\":3.00}\n";
    assert_eq!(koppel(folder.path(), "map copies --bodies").input(whole).success().out, bodies);
    folder.put("things.json", whole);
    assert_eq!(koppel(folder.path(), "map copies things.json --bodies").success().out, bodies);
}

#[test]
fn a_script_that_fails_is_told_by_the_way_that_leads_to_it() {
    let folder = workspace();
    folder.put(
        "flows/lib/names.rhai",
        "/// fn tidy(a: text) -> text\nfn tidy(a) {\n  deeper(a)\n}\nfn deeper(a) {\n  throw \"no \" + a\n}\n",
    );
    folder.put(
        "flows/lib/a.flow",
        "koppel 1\nflow a \"A\"\nuse \"names.rhai\" as names\nfn name(a: text) -> text = names.tidy(a)\n",
    );
    let flow = COPIES
        .replace("\"C-{thing.name}\"", "a.name(thing.name)")
        .replace("use tiny as there", "use tiny as there\nuse \"lib/a.flow\" as a");
    folder.put("flows/copies.flow", &flow);
    let line = 1 + flow.lines().position(|line| line.contains("a.name(")).unwrap();
    let out =
        koppel(folder.path(), "map copies").input("{\"id\": \"1\", \"name\": \"one\", \"amount\": 2}").failure(3).out;
    assert!(out.contains("the script `tidy` fails at flows/lib/names.rhai:6:3: no one, in `name`"), "{out}");
    assert!(out.contains(&format!("\"file\":\"flows/copies.flow\",\"line\":{line},")), "{out}");
}

#[test]
fn map_keeps_the_order_on_all_cores() {
    let folder = workspace();
    let mut input = String::new();
    for number in 0..20_000 {
        input.push_str(&format!("{{\"id\": \"{number}\", \"name\": \"thing {number}\", \"amount\": {number}.5}}\n"));
    }
    let one = koppel(folder.path(), "map copies --bodies --jobs 1").input(&input).success().out;
    let many = koppel(folder.path(), "map copies --bodies --jobs 5").input(&input).success().out;
    assert_eq!(one.lines().count(), 20_000);
    assert!(one == many, "the order changed");
}

#[test]
fn graph_draws_the_steps() {
    let _room = room("cli");
    let folder = workspace();
    insta::assert_snapshot!("graph", koppel(folder.path(), "graph copies").success().shown());
    insta::assert_snapshot!("graph_mermaid", koppel(folder.path(), "graph copies --mermaid").success().shown());
}

#[test]
fn a_system_that_is_not_there() {
    let _room = room("cli");
    let folder = workspace();
    insta::assert_snapshot!("log_of_nothing", koppel(folder.path(), "log").success().shown());
    insta::assert_snapshot!("connect_nowhere", koppel(folder.path(), "connect tiny").failure(6).shown());
}

/// Both simulated systems as a process of their own, and a workspace that is bound to them.
struct Simulated {
    child: Child,
    folder: Folder,
}

impl Simulated {
    fn new() -> Simulated {
        Simulated::with(&[])
    }

    /// With more words for `koppel sandbox`, such as faults.
    fn with(words: &[&str]) -> Simulated {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Folder::with(&[]);
        for file in koppel::workspace::embedded() {
            folder.put(file.path, file.bytes);
        }
        let mut child = command(root)
            .args(["sandbox", "--shop-port", "0", "--books-port", "0", "--no-limits"])
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut config = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.starts_with("limit") {
                continue;
            }
            let last = line.starts_with("secret.client_secret");
            config.push_str(&line);
            config.push('\n');
            if line.starts_with("base") {
                config.push_str("limit = \"none\"\n");
            }
            if last {
                break;
            }
        }
        folder.put("koppel.toml", format!("{config}\n[flows.orders]\nsettings.first_date = 2026-01-01\n"));
        Simulated { child, folder }
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_run_makes_each_invoice_once() {
    let simulated = Simulated::new();
    let folder = simulated.folder.path();
    let connect = koppel(folder, "connect jortt").success();
    assert!(connect.out.contains("works"), "{}", connect.out);
    let json = |line: &str, codes: &[i32]| -> serde_json::Value {
        let came = koppel(folder, line).run();
        assert!(codes.contains(&came.code), "koppel {line}\n{}", came.shown());
        serde_json::from_str(&came.out).unwrap_or_else(|_| panic!("{}", came.shown()))
    };
    let first = json("run orders --json", &[3]);
    assert_eq!(first["ended"], "done");
    assert!(first["counts"]["done"].as_u64().unwrap() > 5, "{first}");
    assert!(first["requests"]["writes"].as_u64().unwrap() > 5, "{first}");
    let held = first["records"].as_array().unwrap().iter().find(|record| record["status"] == "held").unwrap();
    let problem = &held["problem"];
    for (name, part) in
        [("file", "flows/orders.flow"), ("code", "K06"), ("source", " "), ("carets", "^"), ("next", "koppel log")]
    {
        assert!(problem[name].as_str().is_some_and(|text| text.contains(part)), "{name}: {problem}");
    }
    assert_eq!(problem["written"]["what"], "nothing", "{problem}");
    let title = held["title"].as_str().unwrap();
    let log = koppel(folder, &format!("log {title}")).success().out;
    for part in [problem["source"].as_str().unwrap(), "--> flows/orders.flow:", "^^^", "= written: nothing"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    let logged = json(&format!("log {title} --json"), &[0]);
    for name in ["code", "file", "line", "column", "source", "carets", "title", "status", "record", "written"] {
        assert_eq!(logged["problem"][name], problem[name], "{name}: {logged}");
    }
    let second = json("run orders --json", &[0]);
    assert_eq!(second["requests"]["writes"], 0, "{second}");
    let since = json("run orders --json --since 2026-01-01", &[0, 3]);
    assert_eq!(since["requests"]["writes"], 0, "{since}");

    let title = first["records"].as_array().unwrap().iter().find(|record| record["status"] == "done").unwrap()["title"]
        .as_str()
        .unwrap()
        .to_owned();
    let log = koppel(folder, &format!("log {title}")).success().out;
    for part in ["the record as it came", "POST", "201", "made"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    let again = koppel(folder, &format!("run orders --only {title}")).success();
    assert!(again.err.contains(&format!("`{title}` is done already")), "{}", again.shown());
    let nobody = koppel(folder, "run orders --only 4711").failure(1);
    assert!(nobody.err.contains("no record has the key or number `4711`"), "{}", nobody.shown());
    let list = koppel(folder, "log --json --limit 3").success().out;
    assert_eq!(list.lines().count(), 3, "{list}");
}

#[test]
fn what_the_readme_says_to_try_works() {
    let readme = include_str!("../README.md");
    let (_, block) = readme.split_once("koppel sandbox &\n").expect("the README starts the systems");
    let (lines, _) = block.split_once("```").expect("the block is closed");
    let simulated = Simulated::new();
    for line in lines.lines() {
        let came = koppel(simulated.folder.path(), line.strip_prefix("koppel ").expect("a command")).run();
        assert!([0, 3].contains(&came.code) && !came.out.is_empty(), "{line}\n{}", came.shown());
    }
    assert!(lines.lines().count() >= 4, "{lines}");
}

#[test]
fn the_demo_shows_it_all() {
    let folder = Folder::with(&[]);
    let came = koppel(folder.path(), "demo").success();
    for part in [
        "customers:",
        "created 9 books.customers",
        "orders:",
        "created 18 books.invoices",
        "skipped",
        "held",
        "as it came",
        "invoice_total_incl_vat",
        "nothing is made twice",
    ] {
        assert!(came.out.contains(part), "{part}: {}", came.shown());
    }
}

/// A flow with a test that passes or not.
fn tested(total: &str) -> String {
    let test = "test \"it is copied\" {\n  given settings.first = 2026-01-31\n  \
                given thing { id = \"1\", name = \"one\", amount = AMOUNT }\n  \
                expect create there.things { name = \"C-one\", amount = 2 }\n}\n";
    format!("{COPIES}\n{}", test.replace("AMOUNT", total))
}

#[test]
fn tests_are_run_and_told() {
    let _room = room("cli");
    let folder = workspace();
    folder.put("flows/copies.flow", tested("2.00"));
    insta::assert_snapshot!("test", koppel(folder.path(), "test").success().shown());
    insta::assert_snapshot!("test_coverage", koppel(folder.path(), "test --coverage").success().shown());
    let least = koppel(folder.path(), "test --format tap --coverage-min 100").failure(1);
    insta::assert_snapshot!("test_coverage_min", least.shown());
    koppel(folder.path(), "test --coverage-min 10").success();
    insta::assert_snapshot!("test_only_nothing", koppel(folder.path(), "test --only coppied").failure(2).shown());
    assert_eq!(
        koppel(folder.path(), "test copies --only copied").success().out,
        "ok     copies: it is copied\n1 passed, 0 failed\n"
    );
    folder.put("flows/copies.flow", tested("3"));
    insta::assert_snapshot!("test_failed", koppel(folder.path(), "test").failure(1).shown());
    assert!(koppel(folder.path(), "test --format junit").failure(1).out.contains("<failure message="));
    assert!(koppel(folder.path(), "test --format json").failure(1).out.starts_with("{\"passed\":0,\"failed\":1"));
}

#[test]
fn a_save_runs_the_tests_that_it_concerns() {
    let folder = workspace();
    folder.put("flows/copies.flow", tested("2.00"));
    folder.put("flows/others.flow", tested("2").replace("flow copies", "flow others"));
    let mut child =
        command(folder.path()).args(["test", "--watch"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    let pipes: [Box<dyn std::io::Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    for pipe in pipes {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    // All that is said until it waits for the next save.
    let told = || -> Vec<String> {
        let mut told = Vec::new();
        loop {
            let line = lines.recv_timeout(std::time::Duration::from_secs(60)).expect("it says that it waits");
            if line.starts_with("watching") {
                // The two pipes are two: what was said on the other before is there, or comes at once.
                told.extend(lines.recv_timeout(std::time::Duration::from_millis(100)));
                told.extend(lines.try_iter());
                return told;
            }
            told.push(line);
        }
    };
    let has = |told: &[String], words: &str| told.iter().any(|line| line.contains(words));
    let first = told();
    assert!(has(&first, "ok     copies") && has(&first, "ok     others"), "{first:?}");
    folder.put("flows/copies.flow", tested("3"));
    // A machine that is slow may show a save half done: what follows tells the whole.
    let until = |words: &str| -> Vec<String> {
        let mut all = told();
        while !has(&all, words) {
            all.extend(told());
        }
        all
    };
    let second = until("failed copies");
    assert!(!has(&second, "others:"), "{second:?}");
    folder.put("flows/copies.flow", tested("3").replace("skip when", "skip wenn"));
    let third = until("wenn");
    assert!(has(&third, "error[K") && !has(&third, "copies: it"), "{third:?}");
    folder.put("connectors/tiny.connector", format!("{TINY}\n# a remark\n"));
    folder.put("flows/copies.flow", tested("2"));
    let fourth = until("ok     others");
    assert!(has(&fourth, "ok     copies"), "{fourth:?}");
    let _ = child.kill();
    let _ = child.wait();
}
