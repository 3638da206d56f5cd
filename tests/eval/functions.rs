//! Every example of every function gives what it says, and what the language says of expressions holds.

use std::sync::Arc;

use koppel::builtin;
use koppel::value::{Arena, Kind, Typed, Value};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::Probe;

fn given(expression: &str, json: &str) -> Result<String, String> {
    let fields = "t: text\n n: decimal\n i: int\n e: email\n at: datetime\n list: list of text\n rows: list of row";
    let probe = Probe::new(fields, "v: text").shapes("shape row { sku: text n: decimal }");
    let body = format!("let x = {expression}\n v = \"{{x}}\" when x is set");
    if let Some(mistake) = probe.mistakes(&body).into_iter().next() {
        return Err(mistake);
    }
    let sent = probe.send(&body, json)?;
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

/// Kinds of arguments that are tried.
const TRIED: usize = 12;

fn tried(number: usize) -> Kind {
    let list = |kind| Kind::List(Arc::new(kind));
    match number % TRIED {
        0 => Kind::Text,
        1 => Kind::Int,
        2 => Kind::Decimal,
        3 => Kind::Date,
        4 => Kind::Datetime,
        5 => Kind::Bool,
        6 => Kind::Email,
        7 => list(Kind::Text),
        8 => list(Kind::Decimal),
        9 => list(Kind::Date),
        10 => Kind::Id(None),
        _ => Kind::Nothing,
    }
}

/// A value of a kind, made of a text and a number.
fn value(kind: &Kind, seed: &(String, i128, u32), arena: &mut Arena) -> Value {
    let (text, number, scale) = seed;
    let day = i64::try_from(number % 4_371_587).unwrap();
    match kind {
        Kind::Text | Kind::Email | Kind::Id(_) => Value::Text(arena.put_text(text)),
        Kind::Int => Value::Number(Decimal::from_i128_with_scale(*number, 0)),
        Kind::Decimal => Value::Number(Decimal::from_i128_with_scale(*number, scale % 29)),
        Kind::Bool => Value::Bool(scale % 2 == 0),
        Kind::Date => Value::Date(jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day))),
        Kind::Datetime => Value::Datetime(jiff::Timestamp::from_second(day * 86_399).unwrap_or(if day < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })),
        Kind::List(inner) => {
            let height = arena.stack_len();
            for step in 0..scale % 4 {
                let seed = (format!("{text}{step}"), number / i128::from(step + 1), scale + step);
                let one = value(inner, &seed, arena);
                arena.push(one);
            }
            Value::List(arena.take_list(height))
        }
        _ => Value::Unset,
    }
}

fn is_of(value: Value, kind: &Kind) -> bool {
    match value {
        _ if matches!(kind, Kind::Nothing | Kind::Any) => true,
        Value::Unset => true,
        Value::Text(_) => kind.is_textual(),
        Value::Number(number) => *kind == Kind::Decimal || (*kind == Kind::Int && number.fract().is_zero()),
        Value::Bool(_) => *kind == Kind::Bool,
        Value::Date(_) => *kind == Kind::Date,
        Value::Datetime(_) => *kind == Kind::Datetime,
        Value::List(_) => matches!(kind, Kind::List(_)),
        _ => false,
    }
}

fn strange_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[a-z0-9 .:/-]{0,12}",
        "(dd|mm|yyyy|hh|d|m|'|-|nl| ){0,6}",
        r"[\[\](){}*+?^$.|a\\dw0-9]{0,8}",
        "(NL|BE|DE|FR|ES|IE|CY|GB|XI)?[0-9A-Z]{5,12}(B[0-9]{2})?",
        "2026-0[1-3]-[0-3][0-9]",
        Just("half_even".to_string()),
        Just("x".repeat(70_000)),
        Just("  ".to_string()),
    ]
}

fn strange_number() -> impl Strategy<Value = i128> {
    let most = Decimal::MAX.mantissa();
    prop_oneof![-40..40_i128, -4_000..4_000_i128, -most..=most, Just(most), Just(-most), Just(0)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_function_gives_its_kind_or_words_for_any_arguments(
        kinds in proptest::collection::vec(0..TRIED, 8),
        seeds in proptest::collection::vec((strange_text(), strange_number(), 0..60_u32), 8),
    ) {
        let mut arena = Arena::new(jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap());
        for row in builtin::all() {
            for count in row.arity.0..=row.arity.1.min(4) {
                // Of each argument the first kind that the function takes there, from the one that was drawn.
                let mut typed = vec![Typed::sure(Kind::Any); count];
                for at in 0..count {
                    for more in 0..TRIED {
                        typed[at] = Typed::sure(tried(kinds[at] + more));
                        if !(row.kind)(&typed).is_err_and(|(wrong, _)| wrong == at) {
                            break;
                        }
                    }
                }
                let Ok(result) = (row.kind)(&typed) else { continue };
                let values: Vec<Value> =
                    typed.iter().zip(&seeds).map(|(typed, seed)| value(&typed.kind, seed, &mut arena)).collect();
                match (row.call)(&mut arena, &values) {
                    Ok(value) => prop_assert!(is_of(value, &result.kind), "{}: {value:?} is no {}", row.name, result.kind),
                    Err(words) => prop_assert!(!words.is_empty() && !words.ends_with('.'), "{}: {words}", row.name),
                }
                // What is handed over by a script may be of any kind.
                let shifted: Vec<Value> =
                    kinds.iter().zip(&seeds).take(count).map(|(kind, seed)| value(&tried(*kind), seed, &mut arena)).collect();
                let _ = (row.call)(&mut arena, &shifted);
            }
        }
    }
}

#[test]
fn functions_at_their_edges() {
    let json = r#"{"id":1,"t":"Ünïcode tekst","n":-2.50,"i":-7,"at":"2026-03-29T00:30:00Z","list":["b","a","b"],"rows":[{"sku":"x","n":123456789012345},{"n":1}]}"#;
    for (expression, gives) in [
        // Not set goes through, but for functions that take it.
        ("matches(thing.e, \"x\")", "none"),
        ("capture(thing.t, \"x\", thing.i)", "-"),
        ("postal_code(thing.e, \"NL\")", "none"),
        ("postal_code(\"12 34\", thing.e)", "12 34"),
        ("vat_number(\"NL004495445B01\", thing.e)", "NL004495445B01"),
        ("iban(thing.e)", "none"),
        // Empty lists.
        ("max(split(\"\", \",\"))", "!a list of numbers or dates"),
        ("max(thing.rows[?@.n < 0].n)", "none"),
        ("min(thing.rows[*].n)", "1"),
        ("sum(thing.rows[?@.n < 0].n)", "0"),
        ("sum([9999999999999999999999999999, 0.1])", "-"),
        ("count(thing.rows[?@.n < 0])", "0"),
        ("count(distinct(thing.list))", "2"),
        ("distinct(thing.list)", "b, a"),
        ("sort(thing.list)", "a, b, b"),
        // Numbers below zero, huge ones, and too many digits.
        ("fixed(thing.n, 0)", "-3"),
        ("fixed(-0.4, 0)", "0"),
        ("abs(thing.n)", "2.5"),
        ("floor(thing.n)", "-3"),
        ("ceiling(thing.n)", "-2"),
        ("round(thing.n, 0, \"half_even\")", "-2"),
        ("round(thing.n, 0, \"half_down\")", "-2"),
        ("round(thing.n, 0, \"down\")", "-2"),
        ("round(thing.n, 0, \"floor\")", "-3"),
        ("round(0.001, 2, \"up\")", "0.01"),
        ("round(1, thing.i)", "-"),
        ("round(1, 29)", "-"),
        ("fixed(1, thing.i)", "-"),
        ("pad(\"x\", 100000, \"0\")", "-"),
        ("pad(\"x\", thing.i, \"0\")", "-"),
        ("pad(\"ü\", 3, \"é\")", "ééü"),
        // Characters, not bytes.
        ("length(thing.t)", "13"),
        ("slice(thing.t, 0, 3)", "Ünï"),
        ("slice(thing.t, -5)", "tekst"),
        ("slice(thing.t, 3, 1)", "none"),
        ("slice(thing.t, -100, 100)", "Ünïcode tekst"),
        ("slice(thing.t, 0.5)", "-"),
        ("upper(\"straße\")", "STRASSE"),
        ("capitalize(\"(ßa)\")", "(SSa)"),
        ("before_last(thing.t, \"x\")", "Ünïcode tekst"),
        ("after_last(thing.t, \" \")", "tekst"),
        ("replace(thing.t, \"ï\", \"i\")", "Ünicode tekst"),
        ("capture(thing.t, \"[^a-z ]+\")", "Ü"),
        ("replace_matches(\"a1b22\", \"([a-z])([0-9]+)\", \"$\\{2}$$$1\")", "1$a22$b"),
        // Leap days, ends of months, the ends of time, and the day of an instant where the workspace is.
        ("add_months(2024-02-29, -12)", "2023-02-28"),
        ("add_months(2026-10-31, 4)", "2027-02-28"),
        ("add_days(9999-12-31, 1)", "-"),
        ("add_days(2026-01-01, 99999999999999)", "-"),
        ("add_days(2026-01-01, 0.5)", "-"),
        ("add_months(0001-01-01, -1)", "0000-12-01"),
        ("days_between(2026-01-01, 9999-12-31)", "2912442"),
        ("months_between(2024-01-31, 2024-02-29)", "0"),
        ("end_of_month(2100-02-01)", "2100-02-28"),
        ("week(2020-12-31)", "53"),
        ("hour(thing.at)", "0"),
        ("weekday(thing.at)", "7"),
        ("format_date(thing.at, \"yyyy-mm-dd hh:mm:ss\")", "2026-03-29 00:30:00"),
        ("format_date(2026-08-09, \"d/m/yy 'dddd' dddd\", \"fr\")", "9/8/26 dddd dimanche"),
        ("parse_date(\"1-2-2026\", \"d-m-yyyy\")", "2026-02-01"),
        ("parse_date(\"1-2-2026\", \"dd-mm-yyyy\")", "none"),
        ("parse_date(\"29 FÉVRIER 2024\", \"d mmmm yyyy\")", "2024-02-29"),
        ("parse_date(\"2026-02-011\", \"yyyy-mm-dd\")", "none"),
        // Addresses and numbers.
        ("postal_code(\"NL-1234 ab\", \"nl\")", "1234 AB"),
        ("postal_code(\"0234 AB\", \"NL\")", "none"),
        ("postal_code(\"1010\", \"LV\")", "LV-1010"),
        ("postal_code(\"LV1010\", \"LV\")", "LV-1010"),
        ("postal_code(\"D02AF30\", \"IE\")", "D02 AF30"),
        ("postal_code(\"123456789\", \"US\")", "12345-6789"),
        ("postal_code(\"é\", \"é\")", "é"),
        ("iban(\"GB33BUKB20201555555555\")", "GB33BUKB20201555555555"),
        ("iban(\"é\")", "none"),
        ("vat_number(\"é€\")", "none"),
        ("country_code(\"  THE   netherlands \")", "NL"),
        // A path in a text.
        ("query(thing, \"$.rows[?@.n == 1].n\")", "1"),
        ("query(thing, \"$.rows[0].sku\")", "x"),
        ("query(thing, \"$.rows[7].sku\")", "none"),
        ("query(thing.rows, \"$[*].sku\")", "x"),
        ("query(thing, \"$.list[0]\") ?? \"none at all\"", "b"),
    ] {
        let found = given(expression, json);
        match (gives, found) {
            ("-", found) => assert!(found.is_err(), "{expression}: {found:?}"),
            (wrong, Err(words)) if wrong.starts_with('!') => {
                assert!(words.contains(&wrong[1..]), "{expression}: {words}")
            }
            (gives, found) => assert_eq!(found.as_deref(), Ok(gives), "{expression}"),
        }
    }
}

#[test]
fn arguments_that_are_written_are_judged_with_the_flow() {
    let probe = Probe::new("t: text\n list: list of text\n at: datetime", "v: text");
    for (expression, told) in [
        ("capture(thing.t, \"(a\")", "`(a` is no pattern: unclosed group"),
        ("capture(thing.t, \"(?=a)\")", "look-around"),
        ("replace_matches(thing.t, \"a\", \"$1\")", "the pattern has no group `1`"),
        ("replace_matches(thing.t, \"(a)\", \"$1x\")", "no group `1x`"),
        ("capture(thing.t, \"[a-z]\\{1000}\\{1000}\")", "is too large"),
        ("capture(thing.t, \"[0-9]{4}\")", "found a number in a hole"),
        ("format_date(thing.at, \"DD-MM-YYYY\")", "found `DD`"),
        ("format_date(thing.at, \"dd\", \"it\")", "nl, en, de, fr"),
        ("\"{parse_date(thing.t, \"dd-mm-yy\") ?? thing.at}\"", "one yyyy"),
        ("fixed(round(1, 2, \"bankers\"), 2)", "`half_even`"),
        ("pad(thing.t, 3, \"ab\")", "one sign"),
        ("query(thing, thing.t)", "written here"),
        ("query(thing, \"$.nothing\")", "nothing"),
        ("query(thing, \"$[\")", "no JSONPath"),
        ("query(thing.t, \"$.a\")", "a record or a list"),
        (&format!("query(thing, \"$.list{}\")", "[?@".repeat(5_000)), "more than 4096 characters"),
        (&format!("query(thing, \"$.list{}\")", "[?@".repeat(500)), "more than 32 brackets"),
        ("max(thing.list)", "a list of numbers or dates"),
        ("max(thing.at, 1)", "expected datetime"),
        ("add_days(thing.t, 1)", "expected a date"),
    ] {
        let told_of = probe.mistakes(&format!("v = {expression}"));
        assert!(told_of.iter().any(|title| title.contains(told)), "{expression}: {told_of:?}");
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
