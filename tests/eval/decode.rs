//! Every way in which a system's answer may differ from its shape.

use super::{Probe, Sender, read, unknown, wrong};

fn one(field: &str) -> Probe {
    Probe::new(field, "v: text")
}

/// The value of the field `v`, as JSON; nothing when it is not set.
fn value(kind: &str, json: &str) -> String {
    let text = read(&one(&format!("v: {kind}")), &format!(r#"{{"id":1,"v":{json}}}"#));
    let text = text.strip_prefix(r#"{"id":"1""#).and_then(|rest| rest.strip_suffix('}')).unwrap();
    text.strip_prefix(r#","v":"#).unwrap_or("").to_string()
}

fn complaint(kind: &str, json: &str) -> String {
    wrong(&one(&format!("v: {kind}")), &format!(r#"{{"id":1,"v":{json}}}"#))
}

#[test]
fn nothing_is_not_set() {
    let kinds =
        ["text", "int", "decimal", "bool", "date", "datetime", "email", "id of things", "list of text", r#""a" | "b""#];
    for kind in kinds {
        for nothing in ["null", r#""""#, r#""  ""#, "[]", "{}", r#""\u00a0""#] {
            assert_eq!(value(kind, nothing), "", "{kind} {nothing}");
        }
    }
    let record = Probe::new("v: inner", "v: text")
        .shapes("shape inner { a: text b: list of text c: inner2 }\nshape inner2 { d: int }");
    for nothing in ["[]", "{}", r#"{"a":" ","b":[null,""],"c":{"d":null}}"#, r#"{"c":[]}"#, r#"{"unknown":1}"#] {
        assert_eq!(read(&record, &format!(r#"{{"id":1,"v":{nothing}}}"#)), r#"{"id":"1"}"#, "{nothing}");
    }
    assert_eq!(value("list of text", r#"[null, "", "a", []]"#), r#"["a"]"#);
}

#[test]
fn numbers_are_exact() {
    assert_eq!(value("decimal", "12.340"), "12.34");
    assert_eq!(value("decimal", r#""12.340""#), "12.34");
    assert_eq!(value("decimal", r#"" 12.5 ""#), "12.5");
    assert_eq!(value("decimal", "-0.0"), "0");
    assert_eq!(value("decimal", "1.5e3"), "1500");
    assert_eq!(value("decimal", "0.1234567890123456789012345678"), "0.1234567890123456789012345678");
    assert_eq!(value("decimal", "9007199254740993"), "9007199254740993");
    assert_eq!(value("int", "3.00"), "3");
    assert_eq!(value("int", r#""42""#), "42");
    assert_eq!(value("list of decimal", r#"[0.1, "0.2"]"#), "[0.1,0.2]");
    assert_eq!(complaint("int", "1.5"), "v: a whole number, 1.5");
    assert_eq!(complaint("decimal", r#""12,50""#), r#"v: a number, "12,50""#);
    let long = "0.12345678901234567890123456789";
    assert_eq!(complaint("decimal", long), format!("v: a number of at most 28 digits, {long}"));
    let long = "12345678901234567890123456789";
    assert_eq!(complaint("decimal", long), format!("v: a number of at most 28 digits, {long}"));
    assert_eq!(value("decimal", &long[..28]), long[..28]);
    assert_eq!(complaint("decimal", "1e28"), "v: a number of at most 28 digits, 1e28");
    assert_eq!(complaint("decimal", "1e400"), "v: a number of at most 28 digits, 1e400");
    assert_eq!(complaint("decimal", "1e-400"), "v: a number of at most 28 digits, 1e-400");
    assert!(complaint("decimal", &"9".repeat(5000)).ends_with('…'));
}

#[test]
fn texts_take_numbers_as_they_stand() {
    assert_eq!(value("text", "2041"), r#""2041""#);
    assert_eq!(value("id of things", "12.50"), r#""12.50""#);
    assert_eq!(value("text", "123456789012345678901234567890"), r#""123456789012345678901234567890""#);
    assert_eq!(value("id of things", "-7"), r#""-7""#);
    assert_eq!(value("text", r#""tab\tquote\" \u00e9 \ud83d\ude00""#), "\"tab\\tquote\\\" é 😀\"");
    assert_eq!(complaint("text", "true"), "v: a text, true");
    assert_eq!(complaint("text", r#""\ud800""#), "v: a text, half a character (a lone surrogate)");
    assert_eq!(complaint("text", r#"{"a":1}"#), "v: a text, a record");
    assert_eq!(complaint("text", "[1]"), "v: a text, a list");
}

#[test]
fn closed_lists_and_truths() {
    assert_eq!(value(r#""a" | "b""#, r#""a""#), r#""a""#);
    assert_eq!(complaint(r#""a" | "b""#, r#""c""#), r#"v: one of "a" | "b", "c""#);
    assert_eq!(value("bool", "false"), "false");
    assert_eq!(value("bool", r#""true""#), "true");
    assert_eq!(value("bool", "0"), "false");
    assert_eq!(complaint("bool", r#""ja""#), r#"v: true or false, "ja""#);
    assert_eq!(complaint("bool", "2.5"), "v: true or false, 2.5");
}

#[test]
fn days_and_instants() {
    assert_eq!(value("date", r#""2026-03-05""#), r#""2026-03-05""#);
    assert_eq!(value("date", r#""2026-03-05T23:30:00""#), r#""2026-03-05""#);
    assert_eq!(value("date", r#""2026-03-05 23:30:00""#), r#""2026-03-05""#);
    // An instant's day is that of the system's zone.
    assert_eq!(value("date", r#""2026-03-05T23:30:00Z""#), r#""2026-03-06""#);
    assert_eq!(complaint("date", r#""2026-02-30""#), r#"v: a date, "2026-02-30""#);
    assert_eq!(complaint("date", r#""05-03-2026""#), r#"v: a date, "05-03-2026""#);
    assert_eq!(complaint("date", "20260305"), "v: a date, 20260305");
    assert_eq!(value("datetime", r#""2026-03-05T12:00:00+02:00""#), r#""2026-03-05T10:00:00Z""#);
    assert_eq!(value("datetime", r#""2026-03-05 12:00:00""#), r#""2026-03-05T11:00:00Z""#);
    // The hour that does not exist, and the first of the one that comes twice.
    assert_eq!(value("datetime", r#""2026-03-29T02:30:00""#), r#""2026-03-29T01:30:00Z""#);
    assert_eq!(value("datetime", r#""2026-10-25T02:30:00""#), r#""2026-10-25T00:30:00Z""#);
    assert_eq!(complaint("datetime", r#""yesterday""#), r#"v: a date and time, "yesterday""#);
}

#[test]
fn one_may_stand_for_many() {
    assert_eq!(value("list of decimal or one", "12.5"), "[12.5]");
    assert_eq!(value("list of text or one", r#""a""#), r#"["a"]"#);
    let prices = Probe::new("v: list of price or one", "v: text").shapes("shape price { rate: decimal }");
    assert_eq!(read(&prices, r#"{"id":1,"v":{"rate":"21.00"}}"#), r#"{"id":"1","v":[{"rate":21}]}"#);
    assert_eq!(read(&prices, r#"{"id":1,"v":[{"rate":9},null,{}]}"#), r#"{"id":"1","v":[{"rate":9}]}"#);
    assert_eq!(read(&prices, r#"{"id":1,"v":{}}"#), r#"{"id":"1"}"#);
    let listed = Probe::new("v: list of price", "v: text").shapes("shape price { rate: decimal }");
    assert_eq!(wrong(&listed, r#"{"id":1,"v":{"rate":1}}"#), "v: a list, a record");
    assert_eq!(wrong(&listed, r#"{"id":1,"v":[{"rate":1},{"rate":"x"}]}"#), r#"v[1].rate: a number, "x""#);
    assert_eq!(wrong(&listed, r#"{"id":1,"v":[1.5]}"#), "v[0]: a record, a number");
}

#[test]
fn a_value_that_means_nothing() {
    for zero in ["0", r#""0""#] {
        assert_eq!(value("id of things unset 0", zero), "", "{zero}");
    }
    assert_eq!(value("decimal unset 0", "0.00"), "");
    assert_eq!(value(r#"text unset "-""#, r#""-""#), "");
    assert_eq!(value("id of things unset 0", "10"), r#""10""#);
}

#[test]
fn computed_fields() {
    let probe = Probe::new("at: datetime from datetime(day, time)\n name: text from label ?? title", "v: text");
    let both = r#"{"id":1,"day":"2026-03-05","time":"14:05:11","title":"t","label":"l"}"#;
    assert_eq!(read(&probe, both), r#"{"id":"1","at":"2026-03-05T13:05:11Z","name":"l"}"#);
    assert_eq!(read(&probe, r#"{"id":1,"day":"2026-03-05","time":null,"title":"t"}"#), r#"{"id":"1","name":"t"}"#);
    // What came under the field's own name goes before.
    assert_eq!(read(&probe, r#"{"name":"own","id":1,"label":"l"}"#), r#"{"id":"1","name":"own"}"#);
    assert!(wrong(&probe, r#"{"id":1,"day":"2026-03-05","time":"noon"}"#).starts_with("at: what it is computed from"));
    let nested = Probe::new("total: decimal from price.total", "v: text");
    assert_eq!(read(&nested, r#"{"id":1,"price":{"total":"9.99","tax":[]}}"#), r#"{"id":"1","total":9.99}"#);
}

#[test]
fn a_field_that_stands_twice() {
    let probe = one("v: text\n w: text");
    assert_eq!(wrong(&probe, r#"{"id":1,"v":"a","w":"x","v":"b"}"#), "v: one value, the field twice");
    assert_eq!(unknown(&probe, r#"{"id":1,"x":1,"x":2,"v":"a","y":{"z":1}}"#), ["x 2", "y 1"]);
}

#[test]
fn what_is_not_used_is_not_looked_at() {
    let probe = Probe::new("v: text\n w: decimal\n r: inner", "v: text").shapes("shape inner { a: int b: int }");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let json = format!(r#"{{"junk":{deep},"w":{deep},"r":"wrong","v":"a","id":1}}"#);
    assert_eq!(probe.send("v = thing.v", &json).unwrap(), r#"{"v":"a"}"#);
    // Whether a record is set is asked of the fields that nobody reads, too.
    let asked = r#"v = "yes" when thing.r is set"#;
    assert_eq!(probe.send(asked, r#"{"id":1,"r":{"b":3}}"#).unwrap(), r#"{"v":"yes"}"#);
    assert_eq!(probe.send(asked, r#"{"id":1,"r":{"b":null,"c":3}}"#).unwrap(), "{}");
}

#[test]
fn a_wrong_value_is_told_where_it_is_needed() {
    let probe = Probe::new("v: decimal\n w: text", "v: decimal\n w: text");
    let json = r#"{"id":1,"v":"a lot","w":"fine"}"#;
    assert_eq!(probe.send("w = thing.w", json).unwrap(), r#"{"w":"fine"}"#);
    assert_eq!(probe.send("v = thing.v", json).unwrap_err(), "`v` is to be a number, but is \"a lot\"");
    assert!(probe.send("v = 1 when thing.v is set", json).is_err());
    assert!(probe.send("v = sum([thing.v, 1])", json).is_err());
}

#[test]
fn broken_json() {
    let mut sender = Sender::new(one("v: text").sound("v = thing.v"));
    for broken in ["", "{", r#"{"id":1"#, r#"{"id":1}}"#, r#"{"id":01}"#, r#"{"id":1,}"#, "nul", r#"{"v":"a"#] {
        let words = sender.send(broken).unwrap_err();
        assert!(words.contains("JSON"), "{broken}: {words}");
    }
    let deep = "[".repeat(100_000);
    assert!(sender.send(&format!(r#"{{"id":1,"v":{deep}"#)).is_err());
    let mut arena = koppel::value::Arena::new(jiff::tz::TimeZone::UTC);
    let cut = sender.reader.read_bytes(b"{\"id\":\"\xff\"}", &mut arena).unwrap_err();
    assert_eq!((cut.words.as_str(), cut.at), ("it is no UTF-8 text: byte 8 belongs to no character", 7));
}

#[test]
fn anything_at_all() {
    let probe = one("v: text\n w: { a: int, b: { c: text } }");
    let json = r#"{"id":1,"w":{"a":"3","b":{"c":"x","more":true}}}"#;
    assert_eq!(read(&probe, json), r#"{"id":"1","w":{"a":3,"b":{"c":"x"}}}"#);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, cases: 300, ..Default::default() })]

    /// No characters at all make the reader panic.
    #[test]
    fn no_input_is_too_strange(noise in r#"[\[\]{}:,"\\ a-c0-9.eE+u-]{0,60}"#) {
        thread_local! {
            static SENDER: std::cell::RefCell<Sender> = std::cell::RefCell::new(Sender::new(
                Probe::new("v: list of decimal or one\n w: text\n d: datetime", "v: text\n w: text\n d: datetime")
                    .sound("v = \"{thing.v}\"\n w = thing.w\n d = thing.d"),
            ));
        }
        SENDER.with_borrow_mut(|sender| {
            let _ = sender.send(&noise);
            let _ = sender.send(&format!(r#"{{"id":1,"v":{noise},"w":"{noise}","d":"{noise}"}}"#));
        });
    }
}
