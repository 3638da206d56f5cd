//! Folders with a mistake in them, and the whole message that the owner reads.

use std::fmt::Write;

use koppel::report;
use koppel::workspace::{Depth, Problems, Request, Workspace, load};

use crate::support::folder::Folder;
use crate::support::room::room;

const TINY: &str = include_str!("cases/workspace/tiny.connector");
const COPIES: &str = include_str!("cases/workspace/copies.flow");

/// A sound `koppel.toml` for the flow `copies`.
const SOUND: &str = r#"[connections.tiny]
secret.key = "env:TINY_KEY"

[flows.copies]
settings.first = 2026-01-31
"#;

/// A folder with the connector, the flow and this `koppel.toml`.
fn folder(config: &str) -> Folder {
    Folder::with(&[("koppel.toml", config), ("connectors/tiny.connector", TINY), ("flows/copies.flow", COPIES)])
}

fn loaded(folder: &Folder, flows: &[&str], depth: Depth) -> Result<Workspace, Problems> {
    let flows: Vec<String> = flows.iter().map(|flow| (*flow).to_owned()).collect();
    load(&Request { from: folder.path(), folder: None, flows: &flows, depth })
}

/// All that the owner reads about a folder.
fn message(folder: &Folder) -> String {
    match loaded(folder, &[], Depth::All) {
        Ok(workspace) => {
            format!("sound\n{}", report::render(&workspace.warnings, &workspace.sources, report::Style::Plain))
        }
        Err(Problems::NotThere(problem)) => report::draw(&problem, &report::Sources::default(), report::Style::Plain),
        Err(Problems::Mistakes { diagnostics, sources }) => {
            report::render(&diagnostics, &sources, report::Style::Plain)
        }
    }
}

/// The message for this `koppel.toml`.
fn mistake(config: &str) -> String {
    message(&folder(config))
}

#[test]
fn a_sound_workspace_says_nothing() {
    let said = mistake(SOUND);
    assert!(said.starts_with("sound\n") && !said.contains("error"), "{said}");
}

#[test]
fn mistakes_in_koppel_toml() {
    let _room = room("workspace");
    let cases = [
        ("no toml", "[connections.tiny\nsecret.key = env:TINY_KEY\n"),
        ("misspelt keys", "zoned = 1\n[conections.tiny]\nkey = 3\n[flow.copies]\n"),
        (
            "misspelt key of a connection",
            "[connections.tiny]\ntime_out = \"3 s\"\nsecret.key = \"env:A\"\n[flows.copies]\nsetting.first = 2026-01-31\n",
        ),
        (
            "wrong values",
            "zone = \"Amsterdam\"\nledger = 3\n[connections.tiny]\ntimeout = \"soon\"\nlimit = \"10 a second\"\nsecret.key = \"env:A\"\n[flows.copies]\nsettings.first = 2026-01-31\n",
        ),
    ];
    insta::assert_snapshot!("koppel_toml", all(&cases));
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place_and_nothing_that_follows_from_them() {
    let _room = room("workspace");
    let folder = folder("");
    std::fs::write(folder.path().join("koppel.toml"), b"zone = \"Europe/Amsterdam\"\nledger = \"caf\xE9.db\"\n")
        .unwrap();
    insta::assert_snapshot!("no_text", message(&folder));
}

#[test]
fn mistakes_in_secrets() {
    let _room = room("workspace");
    let flow = "[flows.copies]\nsettings.first = 2026-01-31\n";
    let connection = |lines: &str| format!("[connections.tiny]\n{lines}\n{flow}");
    let cases = [
        ("a value", connection("secret.key = \"hunter2\"")),
        ("a store", connection("secret.key = \"store:tiny\"")),
        ("a key in the store", format!("key = \"store:key\"\n{}", connection("secret.key = \"env:A\""))),
        ("a key in plain", format!("key = \"plain:key\"\n{}", connection("secret.key = \"env:A\""))),
        ("plain far away", connection("secret.key = \"plain:hunter2\"")),
        ("missing", connection("secret.partner = \"env:PARTNER\"")),
        ("misspelt", connection("secret.key = \"env:A\"\nsecret.partnr = \"env:PARTNER\"")),
        ("plain on this machine is fine", connection("base = \"http://127.0.0.1:9\"\nsecret.key = \"plain:hunter2\"")),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, config)| (*name, config.as_str())).collect();
    insta::assert_snapshot!("secrets", all(&cases));
}

#[test]
fn mistakes_in_addresses_and_connectors() {
    let _room = room("workspace");
    let flow = "[flows.copies]\nsettings.first = 2026-01-31\n";
    let connection = |lines: &str| format!("[connections.tiny]\n{lines}\nsecret.key = \"env:A\"\n{flow}");
    let cases = [
        ("no address", connection("base = \"tiny.example\"")),
        ("in the open", connection("base = \"http://tiny.example\"")),
        ("a key in it", connection("base = \"https://me:secret@tiny.example\"")),
        ("a grant where keys are taken", connection("grant = \"client_credentials\"")),
        ("a connector that is nowhere", connection("connector = \"tinny\"")),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, config)| (*name, config.as_str())).collect();
    insta::assert_snapshot!("addresses", all(&cases));
}

#[test]
fn what_is_kept_of_a_flow_is_the_flow() {
    let config = "zone = \"Europe/Amsterdam\"\n[connections.tiny]\nsecret.key = \"plain:hunter2\"\n\
                  base = \"http://127.0.0.1:9\"\n[flows.copies.settings]\nfirst = 2026-01-31\nleast = 0.750\nhooks = [1, 2]\n\
                  owner = \"o'\\\"\\\\\\u00e9\\n\"\n[flows.copies.settings.places]\n\"a b\" = 3\n_ = 4\n";
    let folder = folder(config);
    let workspace = loaded(&folder, &["copies"], Depth::Settings).unwrap_or_else(|_| panic!("{}", message(&folder)));
    let flow = &workspace.flows[0];
    let text = String::from_utf8(flow.kept.to_vec()).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("127.0.0.1"), "no connection is kept: {text}");
    // What is on disk by then does not count.
    folder.put("connectors/tiny.connector", "nonsense");
    let again = koppel::workspace::recall(&flow.kept).unwrap_or_else(|_| panic!("{text}"));
    let (then, now) = (&again.flows[0], flow);
    assert_eq!(then.program.hash, now.program.hash);
    assert_eq!(then.settings.as_ref().unwrap().text, now.settings.as_ref().unwrap().text);
    assert_eq!(again.zone, workspace.zone);
    assert_eq!(then.kept, now.kept, "kept again it is the same");
    assert!(koppel::workspace::recall(b"nonsense").is_err());
}

#[test]
fn mistakes_in_totals() {
    let _room = room("workspace");
    let mut all = Vec::new();
    for total in ["name = amount by id", "lines = name by rate", "lines = amount by money", "lines = amuont by rate"] {
        let folder = folder(SOUND);
        let shapes =
            "shape line { name: text  rate: decimal  amount: decimal  money: money }\nshape money { value: int }\n";
        let text = TINY.replace("resource", &format!("{shapes}\nresource"));
        let text = text.replace("  id:     id\n", "  id:     id\n  lines:  list of line\n");
        folder.put("connectors/tiny.connector", text.replace("  create", &format!("  total {total}\n  create")));
        all.push(message(&folder));
    }
    insta::assert_snapshot!("totals", all.join("\n"));
}

#[test]
fn mistakes_in_settings() {
    let _room = room("workspace");
    let settings =
        |lines: &str| format!("[connections.tiny]\nsecret.key = \"env:A\"\n\n[flows.copies.settings]\n{lines}\n");
    let cases = [
        ("missing", settings("")),
        ("misspelt", settings("frist = 2026-01-31")),
        (
            "wrong kinds",
            settings("first = \"2026-01-31\"\nmood = \"god\"\nleast = \"0.75\"\nhooks = 3\nowner = true\nplaces = [1]"),
        ),
        (
            "wrong parts",
            settings(
                "first = 2026-01-31\nhooks = [1, \"two\"]\nplaces = { a = \"one\", b = 2 }\nleast = 0.12345678901234567890123456789",
            ),
        ),
        ("a flow that is not there", format!("{SOUND}\n[flows.copys]\nsettings.first = 2026-01-31\n")),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, config)| (*name, config.as_str())).collect();
    insta::assert_snapshot!("settings", all(&cases));
}

#[test]
fn mistakes_in_roles() {
    let _room = room("workspace");
    let flow = "[flows.copies]\nsettings.first = 2026-01-31\n";
    let named = |name: &str| format!("[connections.{name}]\nconnector = \"tiny\"\nsecret.key = \"env:A\"\n");
    let cases = [
        ("no connection", flow.to_owned()),
        ("two that fit", format!("{}{}{flow}", named("one"), named("two"))),
        (
            "a misspelt connection and role",
            format!(
                "{}{}{flow}roles.here = \"oen\"\nroles.ther = \"two\"\nroles.there = \"two\"\n",
                named("one"),
                named("two")
            ),
        ),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(name, config)| (*name, config.as_str())).collect();
    insta::assert_snapshot!("roles", all(&cases));
}

#[test]
fn mistakes_in_files() {
    let _room = room("workspace");
    let mut text = String::new();
    let mut case = |name: &str, change: &dyn Fn(&Folder)| {
        let folder = folder(SOUND);
        change(&folder);
        writeln!(text, "---- {name}\n{}", message(&folder).trim_end()).unwrap();
    };
    case("two flows of one name", &|folder| folder.put("flows/more.flow", COPIES));
    case("other bytes", &|folder| folder.put("flows/copies.flow", b"koppel 1\nflow copies \"\xff\"\n"));
    case("a connector as a flow", &|folder| folder.put("flows/tiny.flow", TINY));
    case("a flow as a connector", &|folder| folder.put("connectors/tiny.connector", COPIES));
    case("a broken connector", &|folder| {
        folder.put("connectors/tiny.connector", TINY.replace("shape thing {", "shape thing ("))
    });
    case("a file that is not there", &|folder| {
        folder.put(
            "flows/copies.flow",
            COPIES.replace("use tiny as there", "use tiny as there\nuse \"lib/none.rhai\" as lib"),
        );
    });
    case("a table of 17 MiB", &|folder| {
        folder.put("flows/rows.csv", "a,b\n".repeat(17 * 1024 * 256));
        let table = "\ntable rows: text to text = \"rows.csv\"\n";
        folder.put("flows/copies.flow", format!("{COPIES}{table}"));
    });
    insta::assert_snapshot!("files", text);
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let _room = room("workspace");
    // A file that even an administrator cannot read; other systems than Linux have none.
    let unreadable = std::path::Path::new("/proc/self/mem");
    if !unreadable.exists() {
        return;
    }
    let folder = folder(SOUND);
    std::os::unix::fs::symlink(unreadable, folder.path().join("flows/lost.flow")).unwrap();
    insta::assert_snapshot!("unreadable_file", message(&folder));
}

#[test]
fn settings_are_exact() {
    let folder = folder(&format!("{SOUND}settings.least = 0.1234567890123456789012345678\nsettings.owner = 42\n"));
    let workspace = loaded(&folder, &["copies"], Depth::Bound).unwrap_or_else(|_| panic!("{}", message(&folder)));
    let settings = workspace.flows[0].settings.as_ref().unwrap();
    let koppel::value::Value::Record(run) = settings.record else { panic!("settings are a record") };
    let shown: Vec<String> = settings
        .arena
        .slots(run)
        .iter()
        .map(|value| match value {
            koppel::value::Value::Text(text) => settings.arena.text(*text).to_owned(),
            koppel::value::Value::Number(number) => number.to_string(),
            koppel::value::Value::Date(date) => date.to_string(),
            koppel::value::Value::List(list) => format!("{} elements", list.len),
            _ => "not set".to_owned(),
        })
        .collect();
    assert_eq!(shown, ["2026-01-31", "good", "0.1234567890123456789012345678", "1 elements", "42", "not set"]);
}

#[test]
fn secrets_come_from_where_they_are_and_never_show() {
    let flow = "[flows.copies]\nsettings.first = 2026-01-31\n";
    let config =
        format!("[connections.tiny]\nsecret.key = \"env:A\"\nsecret.partner = \"file:partner.secret\"\n{flow}");
    let folder = folder(&config);
    let workspace = loaded(&folder, &["copies"], Depth::Bound).unwrap_or_else(|_| panic!("{}", message(&folder)));
    let connected = workspace.connection("tiny").unwrap();
    let missing = connected.open(folder.path(), &|_| None).unwrap_err();
    assert_eq!(missing.len(), 2);
    folder.put("partner.secret", "hunter2\n");
    let connection = connected.open(folder.path(), &|name| (name == "A").then(|| "hunter1".to_owned())).unwrap();
    let shown = format!("{connection:?}{connected:?}{workspace:?}");
    assert!(!shown.contains("hunter"), "{shown}");
}

#[test]
fn the_nearest_workspace_counts() {
    let folder = folder(SOUND);
    folder.put("flows/deep/other.flow", COPIES);
    let request = |from: &str, flow: &str| {
        let (from, flows) = (folder.path().join(from), [flow.to_owned()]);
        load(&Request { from: &from, folder: None, flows: &flows, depth: Depth::Flows })
            .map(|workspace| (workspace.folder, workspace.flows[0].path.to_string()))
            .map_err(|problems| match problems {
                Problems::NotThere(problem) => {
                    format!("{}: {}", problem.title, problem.fix.map(|fix| fix.text).unwrap_or_default())
                }
                Problems::Mistakes { diagnostics, sources } => {
                    report::render(&diagnostics, &sources, report::Style::Plain)
                }
            })
    };
    let here = folder.path().to_owned();
    assert_eq!(request("flows", "copies"), Ok((here.clone(), "flows/copies.flow".to_owned())));
    assert_eq!(request("flows/deep", "other.flow"), Ok((here.clone(), "flows/deep/other.flow".to_owned())));
    assert_eq!(request(".", "copis"), Err("there is no flow `copis`: did you mean `copies`?".to_owned()));
    assert_eq!(request(".", "flows/none.flow"), Err("there is no file `flows/none.flow`: ".to_owned()));
}

fn all(cases: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, config) in cases {
        writeln!(text, "---- {name}\n{}", mistake(config).trim_end()).unwrap();
    }
    text
}
