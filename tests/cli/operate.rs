//! What whoever keeps koppel running asks and says: `status`, `pause`, `resume`, completions, the manual, the unit.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Simulated, koppel, workspace};
use crate::support::folder::Folder;
use crate::support::room::room;

/// The commands that the help lists.
fn commands(folder: &Path) -> Vec<String> {
    let help = koppel(folder, "--help").success().out;
    let part = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let lines = part.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn completions_and_the_manual_hold_every_command() {
    let folder = Folder::with(&[]);
    let commands = commands(folder.path());
    assert!(commands.len() >= 20, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = koppel(folder.path(), &format!("completions {shell}")).success().out;
        let missing: Vec<&String> = commands.iter().filter(|command| !text.contains(command.as_str())).collect();
        assert!(missing.is_empty(), "{shell} completes no {missing:?}");
    }
    let manual = koppel(folder.path(), "man").success().out;
    assert!(manual.contains(".TH koppel 1"), "{manual}");
    for command in &commands {
        assert!(manual.contains(&format!(".SS koppel {command}\n")), "the manual tells nothing of {command}");
    }
    assert!(koppel(folder.path(), "completions tcsh").failure(2).err.contains("K0801"));
}

/// The text with days, times and versions made the same, as wide as they are, for every run.
fn timeless(text: &str) -> String {
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").unwrap();
    let hash = regex::Regex::new(r"\b[0-9a-f]{8}\b").unwrap();
    hash.replace_all(&time.replace_all(text, "YYYY-MM-DD hh:mm:ss"), "VERSION_").into_owned()
}

#[test]
fn a_flow_that_rests_is_shown_and_runs_again() {
    let _room = room("cli");
    let folder = workspace();
    let told = |line: &str| timeless(&koppel(folder.path(), line).success().shown());
    insta::assert_snapshot!("status_before", told("status"));
    insta::assert_snapshot!("pause", told("pause copies --because books-are-closed"));
    // The first reason stays.
    assert!(told("pause copies --because another").contains("books-are-closed"));
    insta::assert_snapshot!("status_paused", told("status"));
    let run = koppel(folder.path(), "run copies").failure(3);
    assert!(run.err.contains("books-are-closed"), "{}", run.shown());
    insta::assert_snapshot!("resume", told("resume"));
    assert!(told("resume copies").contains("was not paused"));
    insta::assert_snapshot!("pause_unknown", koppel(folder.path(), "pause copis").failure(2).shown());
}

#[test]
fn the_status_tells_the_last_run_and_what_waits_for_a_person() {
    let _room = room("cli");
    let simulated = Simulated::new();
    let folder = simulated.folder.path();
    koppel(folder, "run orders").failure(3);
    let text = timeless(&koppel(folder, "status").success().out);
    insta::assert_snapshot!("status", text);
    let value: Value = serde_json::from_str(&koppel(folder, "status --json").success().out).unwrap();
    let flow = value["flows"].as_array().unwrap().iter().find(|flow| flow["flow"] == "orders").unwrap();
    assert!(flow["last_run"]["ended"].is_string() && flow["version"].is_string(), "{flow}");
    assert_eq!(flow["paused"], Value::Null);
    let problems = value["problems"].as_array().unwrap();
    let held: u64 =
        problems.iter().filter(|one| one["status"] == "held").map(|one| one["records"].as_u64().unwrap()).sum();
    assert_eq!(flow["counts"]["held"], held, "{value}");
    // A mistake in a file hides nothing of what is recorded.
    fs::write(folder.join("flows/orders.flow"), "koppel 1\nflow orders\n").unwrap();
    let broken = koppel(folder, "status").success().out;
    assert!(broken.contains("koppel check") && broken.contains("orders"), "{broken}");
}

#[test]
fn the_unit_is_sound_and_shuts_the_machine_off() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let unit = fs::read_to_string(home.join("dist/systemd/koppel.service")).unwrap();
    for line in
        ["Type=notify", "DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="]
    {
        assert!(unit.lines().any(|one| one == line), "the unit lacks `{line}`");
    }
    let folder = Folder::with(&[]);
    // The path that a package puts it at stands for the binary of these tests.
    let binary = env!("CARGO_BIN_EXE_koppel");
    let here = unit.replace("/usr/bin/koppel", binary).replace("Documentation=man:koppel(1)\n", "");
    let file = folder.path().join("koppel.service");
    fs::write(&file, here).unwrap();
    match Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output() {
        Ok(ran) => {
            let told = String::from_utf8_lossy(&ran.stderr).into_owned();
            assert!(ran.status.success() && !told.contains("koppel.service"), "{told}");
        }
        Err(_) => crate::support::figure::tell("the_unit", "not tried: there is no systemd-analyze on this machine"),
    }
}

#[test]
fn the_package_and_the_image_hold_what_they_name() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::with(&[]);
    let into = folder.path().join("dist");
    let ran = Command::new(home.join("dist/prepare"))
        .arg(&into)
        .env("KOPPEL", env!("CARGO_BIN_EXE_koppel"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let manifest = fs::read_to_string(home.join("Cargo.toml")).unwrap();
    let package = manifest.split("[package.metadata.deb]").nth(1).unwrap().split("\n[").next().unwrap();
    let asset = regex::Regex::new(r#"\["([^"]+)", "usr/"#).unwrap();
    let assets: Vec<&str> = asset.captures_iter(package).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(assets.len() >= 5, "{assets:?}");
    for file in assets {
        let there = match file.strip_prefix("target/dist/") {
            Some(made) => into.join(made).exists(),
            None => file == "target/release/koppel" || home.join(file).exists(),
        };
        assert!(there, "the package holds `{file}`, which nothing makes");
    }
    let image = fs::read_to_string(home.join("dist/Dockerfile")).unwrap();
    assert!(image.contains("\nFROM scratch\n") && image.contains("\nUSER 65532:65532\n"), "{image}");
}

#[test]
fn a_log_is_json_and_holds_nothing_of_a_record() {
    let simulated = Simulated::new();
    let folder = simulated.folder.path();
    let came = koppel(folder, "run orders").env("KOPPEL_LOG", "debug").failure(3);
    let lines: Vec<&str> = came.err.lines().filter(|line| line.starts_with('{')).collect();
    let values: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let of = |message: &str| values.iter().filter(|value| value["message"] == message).collect::<Vec<_>>();
    let [ended] = of("the run ended")[..] else { panic!("{}", came.err) };
    assert_eq!((&ended["span"]["flow"], &ended["held"]), (&Value::from("orders"), &Value::from(3)), "{ended}");
    assert_eq!(of("a record ended").len(), 22);
    assert!(of("a request ended").iter().any(|value| value["status"] == 200 && value["method"] == "POST"));
    // The canary: no name, address or number of the samples is in a log.
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/orders");
    let personal = ["email", "name", "street", "phone", "number"];
    let mut canaries = Vec::new();
    for entry in fs::read_dir(samples).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        gather(&serde_json::from_str(&text).unwrap(), &personal, &mut canaries);
    }
    assert!(canaries.len() > 50 && canaries.iter().any(|canary| canary.contains('@')), "{canaries:?}");
    let log = lines.join("\n");
    let sung: Vec<&String> = canaries.iter().filter(|canary| log.contains(canary.as_str())).collect();
    assert!(sung.is_empty(), "a log holds {sung:?}");
    // Nobody asked: nothing is told.
    assert!(!koppel(folder, "run orders").success().err.contains("the run ended"));
    assert!(koppel(folder, "run orders").env("KOPPEL_LOG", "loud").failure(2).err.contains("no level"));
}

/// The texts in fields of these names, long enough to be of one person.
fn gather(value: &Value, names: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if names.contains(&name.as_str()) && text.chars().count() > 5 => {
                        found.push(text.clone());
                    }
                    field => gather(field, names, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, names, found)),
        _ => {}
    }
}
