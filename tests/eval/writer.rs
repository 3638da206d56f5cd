//! Bodies as they leave.

use super::Probe;

fn made(field: &str) -> Probe {
    Probe::new("t: text\n n: decimal\n d: date\n at: datetime\n b: bool\n list: list of text", field)
}

fn sent(field: &str, value: &str, json: &str) -> Result<String, String> {
    made(field).send(value, json)
}

#[test]
fn decimals_digit_by_digit() {
    let n = |field: &str, number: &str| sent(field, "v = thing.n", &format!(r#"{{"id":1,"n":{number}}}"#));
    assert_eq!(n("v: decimal", "12.50").unwrap(), r#"{"v":12.5}"#);
    assert_eq!(n("v: decimal digits 2", "12.5").unwrap(), r#"{"v":12.50}"#);
    assert_eq!(n("v: decimal digits 2 as text", "-0.5").unwrap(), r#"{"v":"-0.50"}"#);
    assert_eq!(n("v: decimal as text", "1000").unwrap(), r#"{"v":"1000"}"#);
    assert_eq!(n("v: decimal digits 2", "0.000").unwrap(), r#"{"v":0.00}"#);
    assert_eq!(n("v: decimal digits 2", "-0.0").unwrap(), r#"{"v":0.00}"#);
    assert_eq!(n("v: decimal", "1e-28").unwrap(), r#"{"v":0.0000000000000000000000000001}"#);
    assert_eq!(n("v: decimal digits 2 as text", "1.005").unwrap_err(), "`v` takes 2 decimals, but 1.005 has more");
    assert_eq!(n("v: decimal digits 2", "1.005").unwrap_err(), "`v` takes 2 decimals, but 1.005 has more");
}

#[test]
fn texts_are_escaped() {
    let json = r#"{"id":1,"t":"a\"b\\c\n\u0001é😀/"}"#;
    assert_eq!(sent("v: text", "v = thing.t", json).unwrap(), "{\"v\":\"a\\\"b\\\\c\\n\\u0001é😀/\"}");
}

#[test]
fn days_instants_and_truths() {
    let json = r#"{"id":1,"d":"2026-03-05","at":"2026-03-05T14:05:11","b":false}"#;
    assert_eq!(sent("v: date", "v = thing.d", json).unwrap(), r#"{"v":"2026-03-05"}"#);
    assert_eq!(sent("v: datetime", "v = thing.at", json).unwrap(), r#"{"v":"2026-03-05T13:05:11Z"}"#);
    assert_eq!(sent("v: bool", "v = thing.b", json).unwrap(), r#"{"v":false}"#);
    let odd = made("v: datetime").shapes("datetime \"dd-mm-yyyy hh:mm\"");
    assert_eq!(odd.send("v = thing.at", json).unwrap(), r#"{"v":"05-03-2026 14:05"}"#);
    let back = r#"{"id":1,"at":"05-03-2026 14:05"}"#;
    assert_eq!(odd.send("v = thing.at", back).unwrap(), r#"{"v":"05-03-2026 14:05"}"#);
}

#[test]
fn what_is_not_set() {
    let empty = r#"{"id":1}"#;
    assert_eq!(sent("v: text", "v = thing.t", empty).unwrap(), "{}");
    assert_eq!(sent("v: text or null", "v = thing.t", empty).unwrap(), r#"{"v":null}"#);
    assert_eq!(sent(r#"v: text default "x""#, "v = thing.t", empty).unwrap(), r#"{"v":"x"}"#);
    assert_eq!(sent("v: text", "v = null", empty).unwrap(), r#"{"v":null}"#);
    assert_eq!(sent("v: list of text", "v = thing.list", empty).unwrap(), "{}");
    assert_eq!(
        sent("v: list of text required", "v = thing.list", empty).unwrap_err(),
        "`v` is required, and is not set"
    );
    let asked = "w: bool\n v: text required when w == true";
    assert_eq!(sent(asked, "w = true\n v = thing.t", empty).unwrap_err(), "`v` is required, and is not set");
    assert_eq!(sent(asked, "w = false\n v = thing.t", empty).unwrap(), r#"{"w":false}"#);
}

#[test]
fn records_in_records() {
    let probe = Probe::new("t: text\n lines: list of line", "v: list of item").shapes(
        "shape line { n: decimal required }\nshape item { amount: money required }\n\
             shape money { value: decimal required digits 2 as text currency: text }",
    );
    let body = "v = each line in thing.lines { amount = { value = line.n, currency = \"EUR\" } }";
    let json = r#"{"id":1,"lines":[{"n":1},{"n":"2.5"}]}"#;
    assert_eq!(
        probe.send(body, json).unwrap(),
        r#"{"v":[{"amount":{"value":"1.00","currency":"EUR"}},{"amount":{"value":"2.50","currency":"EUR"}}]}"#
    );
}
