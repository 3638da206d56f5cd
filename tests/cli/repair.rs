//! What a person does about records that need one: `resolve`, `resend`, `reconcile`, and the inbox of `log`.

use serde_json::Value;

use super::{Simulated, koppel};
use crate::support::figure::tell;

/// Systems one of which loses the connection of the first request to make an invoice, and what is learned of it soon.
fn doubtful(words: &[&str]) -> Simulated {
    let words = [&["--fault", "reset=once@POST /v3/invoices$"], words].concat();
    let simulated = Simulated::with(&words);
    let path = simulated.folder.path().join("koppel.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let brief = config.lines().map(|line| match line.split(' ').next() {
        Some(name @ ("window" | "timeout" | "lag")) => format!("{name} = \"1 s\""),
        _ => line.to_owned(),
    });
    std::fs::write(&path, brief.collect::<Vec<_>>().join("\n")).unwrap();
    simulated
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn what_is_in_doubt_is_resolved_once_and_its_record_goes_on() {
    let simulated = doubtful(&[]);
    let folder = simulated.folder.path();
    let came = koppel(folder, "run orders --json").failure(4);
    let report = json(&came.out);
    let doubt = report["records"].as_array().unwrap().iter().find(|one| one["status"] == "in doubt").expect("one is");
    let title = doubt["title"].as_str().unwrap();
    let next = doubt["problem"]["next"].as_str().unwrap();
    assert!(next.contains(&format!("koppel resolve {title} --found ID (or --absent)")), "{next}");
    let invoices = report["counts"]["done"].as_u64().unwrap();

    let came = koppel(folder, &format!("resolve {title}")).failure(2);
    assert!(came.err.contains("--absent"), "{}", came.shown());
    let came = koppel(folder, &format!("resolve {title} --found 6a03101e-da4c-41b0-b485-15020b163ad3")).failure(4);
    assert!(came.err.contains("error[K0633]: books.invoices has no `6a03"), "{}", came.shown());
    let came = koppel(folder, &format!("resolve {title} --absent --json")).success();
    let told = json(&came.out);
    assert_eq!(told["resolved"]["step"], "create invoice", "{told}");
    assert_eq!(told["run"]["counts"]["done"], 1, "{told}");
    assert_eq!(told["run"]["requests"]["writes"], 1, "{told}");

    for again in ["--absent", "--found x"] {
        let came = koppel(folder, &format!("resolve {title} {again}")).failure(1);
        assert!(came.err.contains(&format!("[K0631]: `{title}` is not in doubt: it is done")), "{}", came.shown());
    }
    let came = koppel(folder, "resolve 4711 --absent").failure(1);
    assert!(came.err.contains("no record has the key or number `4711`"), "{}", came.shown());
    let log = koppel(folder, &format!("log {title}")).success().out;
    assert!(log.contains("attempt 1: not there, said a person at 2"), "{log}");
    let why = koppel(folder, &format!("why {title}")).success().out;
    assert!(why.contains("attempt 1: not there, said a person at 2"), "{why}");
    let last = json(&koppel(folder, "run orders --json").success().out);
    assert_eq!(last["requests"]["writes"], 0, "{last} after {invoices} invoices");
}

#[test]
fn what_is_held_is_shown_by_cause_and_sent_again() {
    let simulated = Simulated::new();
    let folder = simulated.folder.path();
    koppel(folder, "run orders").failure(3);
    let inbox = koppel(folder, "log --held").success().out;
    let unknown = "  not in the catalogue: KOP-ONBEKEND-9\n  at flows/orders.flow:";
    assert!(inbox.contains("held[K0601]: 1 of orders, since 2") && inbox.contains(unknown), "{inbox}");
    let next = "  next:  koppel resend --held 'not in the catalogue: KOP-ONBEKEND-9' --flow orders";
    assert!(inbox.contains(next), "{inbox}");
    let causes: Vec<Value> = koppel(folder, "log --held --json").success().out.lines().map(json).collect();
    let held: u64 = causes.iter().map(|cause| cause["records"].as_u64().unwrap()).sum();
    assert!(causes.iter().all(|cause| cause["next"].as_str().unwrap().starts_with("koppel resend --held ")));
    assert_eq!(koppel(folder, "log --failed --in-doubt").success().err, "nothing waits for a person\n");

    let came = koppel(folder, "resend --held").failure(3);
    assert!(came.out.contains("not in the catalogue: KOP-ONBEKEND-9"), "{}", came.shown());
    assert!(
        came.err.contains(&format!("nothing was changed: --yes sends these {held} records again")),
        "{}",
        came.shown()
    );
    let one = koppel(folder, "resend --held catalogue").failure(3);
    assert!(one.err.contains("nothing was changed: --yes sends this record again"), "{}", one.shown());
    assert!(koppel(folder, "resend --held nothing-of-the-kind").success().err.starts_with("no record stands so\n"));
    let done = koppel(folder, "resend 2041 2053 --yes").failure(3);
    assert!(done.err.contains("2041 is done: it is not sent again"), "{}", done.shown());
    assert!(done.out.contains("orders: 0 listed, 0 done, 1 held"), "{}", done.shown());
    let original = json(koppel(folder, "resend --code K0601 --original --yes --json").failure(3).out.trim());
    assert_eq!(original["counts"]["held"], held, "{original}");
    for (words, code) in [("resend", 2), ("resend 2053 --held", 2), ("resend --code nonsense", 2), ("resend 4711", 1)] {
        koppel(folder, words).failure(code);
    }
}

#[test]
fn both_sides_are_counted() {
    let simulated = doubtful(&[]);
    let folder = simulated.folder.path();
    koppel(folder, "run orders").failure(4);
    let even = koppel(folder, "reconcile orders").success().out;
    assert!(even.starts_with("orders: 22 at the source = 17 made + 1 skipped by rule + "), "{even}");
    assert!(even.contains("+ 1 in doubt; difference 0\n"), "{even}");
    assert!(even.contains("books.invoices: 17 made by the ledger, all there as they were made"), "{even}");
    let counted = json(koppel(folder, "reconcile orders --json").success().out.trim());
    assert_eq!((&counted["difference"], &counted["counts"]["in doubt"]), (&0.into(), &1.into()), "{counted}");
    // A run that meets no record does not hide what is in doubt.
    let later = koppel(folder, "run orders").failure(4);
    assert!(
        later.out.contains("1 record is in doubt from before: koppel log --in-doubt --flow orders"),
        "{}",
        later.shown()
    );
    // What was never taken in shows.
    let never = koppel(folder, "reconcile customers").failure(3);
    assert!(never.out.contains("is not in the ledger (key "), "{}", never.shown());
    koppel(folder, "reconcile orders --since soon").failure(2);
}

/// Every record that needs a person says exactly what: where in the flow, which value, what the other side said, what to do.
#[test]
fn every_failure_says_exactly_what() {
    let simulated = doubtful(&["--orders", "80", "--fault", "409=3x@POST /v3/customers$"]);
    let folder = simulated.folder.path();
    let config = std::fs::read_to_string(folder.join("koppel.toml")).unwrap();
    let config = config.replace("settings.first_date = 2026-01-01", "settings.first_date = 2020-01-01");
    std::fs::write(folder.join("koppel.toml"), config).unwrap();
    let flow = std::fs::read_to_string(folder.join("flows/orders.flow")).unwrap();
    let flow = flow.replacen("\nensure books", "\non conflict hold\nensure books", 1);
    std::fs::write(folder.join("flows/orders.flow"), flow).unwrap();
    koppel(folder, "run orders").failure(4);
    let (mut told, mut wrong) = (0, Vec::new());
    let list = koppel(folder, "log --json --limit 1000").success().out;
    let records = list.lines().map(json);
    for record in records.filter(|one| ["held", "failed", "in doubt"].contains(&one["status"].as_str().unwrap())) {
        let title = record["title"].as_str().unwrap();
        let whole = json(koppel(folder, &format!("log {title} --json")).success().out.trim());
        let problem = &whole["problem"];
        let mut lacks: Vec<&str> = ["code", "title", "file", "record", "next", "written"]
            .into_iter()
            .filter(|name| problem[name].is_null())
            .collect();
        lacks.extend(problem["line"].as_u64().is_none().then_some("line"));
        lacks.extend(whole["step"].as_str().is_none().then_some("step"));
        // What a rule or a value ended is judged by a value; what a system refused or lost is told in its words.
        let by_value = ["K0601", "K0602", "K0606"].contains(&problem["code"].as_str().unwrap_or_default());
        lacks.extend((by_value && problem["path"].is_null()).then_some("path"));
        lacks.extend((by_value && problem["found"].is_null()).then_some("found"));
        let said = problem["title"].as_str().unwrap_or_default();
        let words = ["Jortt", "status"].iter().any(|word| said.contains(word));
        lacks.extend((!by_value && !words).then_some("the other side's words"));
        let writes = whole["writes"].as_array().unwrap();
        lacks.extend(writes.iter().any(|write| write["reserved"].as_str().is_none()).then_some("times of its writes"));
        lacks.extend((record["status"] == "in doubt" && writes.is_empty()).then_some("its writes"));
        told += 1;
        if !lacks.is_empty() {
            wrong.push(format!("{title}: {}: {problem}", lacks.join(", ")));
        }
    }
    assert!(told >= 5, "{told} records need a person");
    let sound = told - wrong.len();
    tell(
        "R20",
        &format!("{sound} of {told} held, failed and doubtful records say exactly what ({} %)", 100 * sound / told),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
