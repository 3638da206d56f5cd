//! What a person does about records that need one: `resolve`.

use serde_json::Value;

use super::{Simulated, koppel};

/// Systems one of which loses the connection of the first request to make an invoice, and what is learned of it soon.
fn doubtful(fault: &str) -> Simulated {
    let simulated = Simulated::with(&["--fault", &format!("{fault}=once@POST /v3/invoices$")]);
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
    let simulated = doubtful("reset");
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
