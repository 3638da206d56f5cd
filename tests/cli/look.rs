//! What people ask before and after a run: `plan`, `why` and `diff`.

use std::fs;

use koppel::ledger::{Ledger, Person, Sqlite};

use super::{COPIES, Simulated, koppel, workspace};
use crate::support::room::room;

const INVOICES: &str = include_str!("../cases/cli/invoices.flow");

/// The text with ports, ids, times and hashes made the same for every run.
fn plain(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<String> = line
            .split(' ')
            .map(|word| {
                let bare = word.trim_matches(|letter: char| ",:\"()`".contains(letter));
                let digits = bare.chars().filter(char::is_ascii_digit).count();
                let is_time = bare.len() == 8 && bare.matches(':').count() == 2;
                let is_id = bare.len() == 36 && bare.matches('-').count() == 4;
                let kind = if is_time {
                    "TIME"
                } else if is_id {
                    "ID"
                } else if bare.starts_with("http://") {
                    "URL"
                } else if bare.starts_with("invoices@") && digits > 0 {
                    "invoices@HASH"
                } else {
                    return word.to_owned();
                };
                word.replace(bare, kind)
            })
            .collect();
        lines.push(timeless(&words.join(" ")));
    }
    lines.join("\n")
}

/// The line without the day before a time, and without how long a call took.
fn timeless(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let shown = words.iter().enumerate().map(|(at, word)| match words.get(at + 1) {
        Some(next) if next.starts_with("TIME") => "DAY",
        Some(&"ms") => "N",
        _ => word,
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The text without how many requests it would cost: that a run costs as many is shown elsewhere.
fn uncounted(text: &str) -> String {
    let (before, after) = text.split_once(" would cost ").expect("a plan says what it costs");
    let rest = after.split_once(' ').expect("a number stands before a word").1;
    format!("{before} would cost N {rest}")
}

#[test]
fn a_plan_a_run_and_the_reasons_why() {
    let _room = room("cli");
    let simulated = Simulated::new();
    let folder = simulated.folder.path();
    fs::write(folder.join("flows/invoices.flow"), INVOICES).unwrap();
    let ledger = folder.join("koppel.db");

    // 1. A plan makes no ledger, and says the same again.
    let plan = koppel(folder, "plan invoices --only 2041").success();
    insta::assert_snapshot!("plan", uncounted(&plan.out));
    assert!(!ledger.exists(), "a plan makes no ledger");
    assert_eq!(koppel(folder, "plan invoices --only 2041").success().out, plan.out);
    let json = koppel(folder, "plan invoices --json").failure(3).out;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["counts"]["held"], 2, "{json}");
    let held: Vec<&str> = value["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| record["status"] == "held")
        .map(|record| record["title"].as_str().unwrap())
        .collect();
    assert_eq!(held, ["2053", "2066"]);
    assert!(value["totals"][0]["rows"].as_array().is_some_and(|rows| rows.len() == 3), "{}", value["totals"]);
    koppel(folder, "plan invoices --since soon").failure(2);

    // 2. A run does it; then there is nothing to plan, and the ledger is as it was to the byte.
    koppel(folder, "run invoices").failure(3);
    let before = fs::read(&ledger).unwrap();
    let again = koppel(folder, "plan invoices").success().out;
    assert!(again.contains("unchanged, 0 to do; a run would cost "), "{again}");
    assert!(again.contains(" requests, 0 of them writes"), "{again}");
    assert!(fs::read(&ledger).unwrap() == before, "a plan changes nothing in the ledger");

    // 3. Why each became what it is.
    insta::assert_snapshot!("why_done", plain(&without_bodies(&koppel(folder, "why 2041").success().out)));
    insta::assert_snapshot!("why_skipped", plain(&without_bodies(&koppel(folder, "why 2054").success().out)));
    insta::assert_snapshot!("why_held", plain(&without_bodies(&koppel(folder, "why 2053").success().out)));
    let json = koppel(folder, "why 2041 --json").success().out;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["steps"][0]["what"], "created", "{json}");
    assert_eq!(value["stops"].as_array().map(Vec::len), Some(6), "{json}");
    assert!(value["calls"].as_array().is_some_and(|calls| calls.iter().any(|call| call["method"] == "POST")));
    insta::assert_snapshot!("unseen_record", koppel(folder, "why 9999").failure(1).shown());
    let unseen: Vec<serde_json::Value> =
        serde_json::from_str(&koppel(folder, "log 9999 --json").failure(1).out).unwrap();
    assert_eq!(unseen[0]["code"], "K0804");

    // 4. The flow changes: the kept version and the new one, over the records as they came.
    let version = value["version"].as_str().unwrap().to_owned();
    assert_eq!(
        koppel(folder, &format!("diff {version} invoices")).success().out,
        format!("{version} -> invoices: 22 records, 0 changed\n")
    );
    let flow = fs::read_to_string(folder.join("flows/invoices.flow")).unwrap();
    let flow = flow.replace("customer_name = name", "customer_name = upper(name)");
    fs::write(
        folder.join("flows/invoices.flow"),
        flow.replace("because \"nothing to invoice\"", "because \"it is free\""),
    )
    .unwrap();
    let diff = koppel(folder, &format!("diff {version} invoices --last 50")).failure(1).out;
    for block in [
        "\n2054\n  reason: nothing to invoice -> it is free\n  was at flows/invoices.flow:21:1\n  is at flows/invoices.flow:21:1\n",
        "2041\n  ensure customer (books.customers)\n    customer_name: \"Sanne Verzonnen\" -> \"SANNE VERZONNEN\"\n",
        ": 22 records, 21 changed\n",
    ] {
        assert!(diff.contains(block), "{block}{diff}");
    }
    let wrong = koppel(folder, "diff invoices@00000000 invoices").failure(2).err;
    assert!(wrong.contains("no version `00000000` of `invoices` is kept") && wrong.contains(&version), "{wrong}");
    // What was true then is still told of then.
    let why = koppel(folder, "why 2054").success().out;
    assert!(why.contains("because \"nothing to invoice\""), "{why}");

    // 5. What was erased is said to be.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let ledger = Sqlite::open_inline(&ledger).unwrap();
        let person = Person { mail: "sanne.verzonnen@example.nl".to_owned(), others: Vec::new() };
        ledger.forget("main", &person).await.unwrap();
    });
    let key = value["key"].as_str().unwrap();
    let why = koppel(folder, &format!("why {key}")).success().out;
    assert!(why.contains("the record as it came was erased: what its stops were judged by cannot be shown"), "{why}");
    assert!(!why.contains("Sanne"), "{why}");
}

/// Without the JSON that was sent and answered, which the log shows too.
fn without_bodies(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("    >") && !line.starts_with("    <")).collect::<Vec<_>>().join("\n")
}

#[test]
fn two_files_over_samples() {
    let _room = room("cli");
    let folder = workspace();
    folder.put("old.flow", COPIES);
    let new = COPIES.replace("\"C-{thing.name}\"", "\"D-{thing.name}\"").replace("is too small", "is far too small");
    folder.put("new.flow", &new);
    folder.put(
        "samples/things.json",
        r#"[{"id": "1", "name": "one", "amount": 2}, {"id": "2", "name": "two", "amount": 0.25}, {"id": "3"}]"#,
    );
    let path = folder.path();
    insta::assert_snapshot!("diff", koppel(path, "diff old.flow new.flow --samples samples").failure(1).shown());
    let json = koppel(path, "diff old.flow new.flow --json -- samples/things.json").failure(1).out;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["records"], 3);
    assert_eq!(value["changed"][0]["steps"][0]["changes"][0]["field"], "name", "{json}");
    let same = koppel(path, "diff old.flow flows/copies.flow --samples samples").success().out;
    assert_eq!(same, "old.flow -> flows/copies.flow: 3 records, 0 changed\n");
    insta::assert_snapshot!("diff_without_records", koppel(path, "diff old.flow new.flow").failure(2).shown());
    folder.put("samples/broken.json", "{\"id\": 1");
    assert!(
        koppel(path, "diff old.flow flows/copies.flow --samples samples").failure(1).err.contains("broken.json:1: ")
    );
}
