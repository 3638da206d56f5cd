//! Every example of every function gives what it says, and what the language says of expressions holds.

use koppel::builtin;

use super::Probe;

fn given(expression: &str, json: &str) -> Result<String, String> {
    let fields = "t: text\n n: decimal\n i: int\n e: email\n at: datetime\n list: list of text\n rows: list of row";
    let probe = Probe::new(fields, "v: text").shapes("shape row { sku: text n: decimal }");
    let sent = probe.send(&format!("let x = {expression}\n v = \"{{x}}\" when x is set"), json)?;
    Ok(match sent.strip_prefix(r#"{"v":"#).and_then(|rest| rest.strip_suffix('}')) {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => "none".to_string(),
    })
}

#[test]
fn every_example_is_true() {
    let mut tried = 0;
    for row in builtin::all() {
        assert!(!row.doc.is_empty() && row.signature.starts_with(row.name), "{}", row.name);
        assert!(!row.examples.is_empty(), "{} has no example", row.name);
        for example in row.examples {
            let call = given(example.call, r#"{"id":1}"#).unwrap_or_else(|words| panic!("{}: {words}", example.call));
            let gives =
                if example.gives == "none" { "none".to_string() } else { given(example.gives, r#"{"id":1}"#).unwrap() };
            assert_eq!(call, gives, "{}", example.call);
            tried += 1;
        }
    }
    assert!(tried > 30);
}

#[test]
fn no_function_panics_on_strange_arguments() {
    use koppel::value::{Arena, Run, Value};
    let mut arena = Arena::new(jiff::tz::TimeZone::UTC);
    let text = Value::Text(arena.put_text("é"));
    let huge = Value::Number(rust_decimal::Decimal::MAX);
    let strange = [Value::Unset, Value::Null, Value::Bool(true), huge, text, Value::List(Run { start: 0, len: 0 })];
    for row in builtin::all() {
        for a in strange {
            for b in strange {
                for count in row.arity.0..=row.arity.1.min(3) {
                    let _ = (row.call)(&mut arena, &[a, b, a][..count]);
                }
            }
        }
    }
}

#[test]
fn not_set_step_by_step() {
    let empty = r#"{"id":1}"#;
    for (expression, gives) in [
        ("thing.t", "none"),
        ("thing.t ?? \"x\"", "x"),
        ("thing.n + 1", "none"),
        ("thing.n == thing.n", "false"),
        ("thing.n != 3", "true"),
        ("thing.t in [\"a\"]", "false"),
        ("thing.t not in [\"a\"]", "true"),
        ("upper(thing.t)", "none"),
        ("join(\" \", thing.t, \"a\")", "a"),
        ("sum(thing.rows[*].n)", "0"),
        ("count(thing.rows)", "0"),
        ("first(thing.list)", "none"),
        ("match thing.t { \"a\" => \"b\", none => \"n\", _ => \"r\" }", "n"),
        ("match thing.t { \"a\" => \"b\", _ => \"r\" }", "r"),
        ("[thing.t, \"a\", thing.t]", "a"),
    ] {
        assert_eq!(given(expression, empty).unwrap(), gives, "{expression}");
    }
    // A list in a text is joined with commas, also when it is empty.
    let probe = Probe::new("list: list of text", "v: text");
    assert_eq!(probe.send("v = \"[{thing.list}]\"", empty).unwrap(), r#"{"v":"[]"}"#);
    assert_eq!(probe.send("v = \"[{thing.list}]\"", r#"{"id":1,"list":["a","b"]}"#).unwrap(), r#"{"v":"[a, b]"}"#);
}

#[test]
fn comparisons() {
    let json = r#"{"id":"1","t":"b","n":"1.50","i":2,"e":"Sanne@Example.NL","at":"2026-03-05T23:30:00Z","list":["a","b"],"rows":[{"sku":"x","n":1},{"n":"2.25"}]}"#;
    for (expression, gives) in [
        ("thing.n == 1.5", "true"),
        ("(thing.n ?? 0) < 2 and (thing.n ?? 0) >= 1.50", "true"),
        ("thing.e == \"sanne@example.nl\"", "true"),
        ("thing.e in [\"SANNE@EXAMPLE.NL\"]", "true"),
        ("thing.t in thing.list", "true"),
        ("thing.t == \"B\"", "false"),
        ("thing.id == 1", "true"),
        ("date(thing.at)", "2026-03-05"),
        ("thing.rows[*].sku", "x"),
        ("thing.rows[-1].n", "2.25"),
        ("thing.rows[5].n", "none"),
        ("sum(thing.rows[*].n) * thing.i - 1", "5.5"),
        ("round(thing.n / 7, 3)", "0.214"),
        ("round(10 / 3 * 3, 2)", "10"),
        ("round(0.005 / 7 * 7, 2)", "0.01"),
        ("thing.n / 100", "0.015"),
        ("-thing.n", "-1.5"),
    ] {
        assert_eq!(
            given(expression, json).unwrap_or_else(|words| panic!("{expression}: {words}")),
            gives,
            "{expression}"
        );
    }
}

#[test]
fn sums_that_cannot_be_exact_hold() {
    let probe = Probe::new("n: decimal", "v: decimal");
    let long = r#"{"id":1,"n":1.00000000000000000000000001}"#;
    assert!(probe.send("v = thing.n * thing.n", long).unwrap_err().contains("28 digits"));
    assert!(probe.send("v = thing.n + 10000000000", long).unwrap_err().contains("28 digits"));
    assert!(probe.send("v = thing.n / 1000", long).unwrap_err().contains("28 digits"));
    assert!(probe.send("v = round(1 / thing.n, 2)", r#"{"id":1,"n":0}"#).unwrap_err().contains("division by zero"));
}
