//! Scripts: exact, without a world, and bounded.

use super::Probe;

fn script(kinds: &str, body: &str) -> Probe {
    Probe::new(
        "t: text\n n: decimal\n i: int\n d: date\n list: list of decimal\n lines: list of line",
        "v: text\n w: decimal",
    )
    .shapes("shape line { sku: text required n: decimal required }")
    .flow(&format!("fn f{kinds} rhai {{{body}}}"))
}

/// What a script on two numbers gives.
fn number(body: &str, a: &str, b: &str) -> Result<String, String> {
    let probe = script("(a: decimal, b: int) -> decimal", body);
    let sent = probe.send("w = f(thing.n, thing.i)", &format!(r#"{{"id":1,"n":{a},"i":{b}}}"#))?;
    Ok(sent.replace(r#"{"w":"#, "").replace('}', ""))
}

#[test]
fn arithmetic_is_exact() {
    for (body, a, b, gives) in [
        ("round(a / b, 2)", "10", "3", "3.33"),
        ("round(a, 2)", "0.125", "1", "0.13"),
        ("round(-a, 2)", "0.125", "1", "-0.13"),
        ("a / b", "7", "2", "3.5"),
        ("7 / 2", "1", "1", "3.5"),
        ("let u = round(a / b, 2); if u * b == a { 1 } else { 0 }", "10", "3", "0"),
        ("let u = round(a / b, 2); if u * b == a { 1 } else { 0 }", "9.99", "3", "1"),
        ("if a == a.floor() { to_int(a) } else { -1 }", "4.00", "1", "4"),
        ("if a == a.floor() { to_int(a) } else { -1 }", "4.50", "1", "-1"),
        ("let x = a; x += b; x -= 1; x *= 2; x", "0.1", "3", "4.2"),
        ("let s = 0; for i in 0..to_int(b) { s += a; } s", "0.1", "10", "1"),
        ("a % 2", "5", "1", "1"),
        ("-a", "5", "1", "-5"),
        ("abs(-a) + max(a, b) + min(1, 2)", "5", "7", "13"),
        ("to_int(b) + to_int(a)", "5", "7", "12"),
    ] {
        assert_eq!(number(body, a, b).as_deref(), Ok(gives), "{body} of {a} and {b}");
    }
    let long = "1.00000000000000000000000001";
    for body in ["a * a", "let x = a; x *= a; x", "a + 1000000000000", "let x = a; x += 100000000000; x", "a ** 2"] {
        let words = number(body, long, "1").unwrap_err();
        assert!(words.contains("28 digits") || words.contains("not found"), "{body}: {words}");
    }
    assert!(number("a / 0", "1", "1").unwrap_err().contains("division by zero"));
}

#[test]
fn texts_and_functions_of_the_language() {
    let text = |body: &str, given: &str| {
        let probe = script("(t: text?, n: decimal?) -> text?", body);
        probe.send("v = f(thing.t, thing.n)", &format!(r#"{{"id":1,{given}}}"#))
    };
    assert_eq!(text("`${n} x ${t}`", r#""t":"a","n":"1.50""#).unwrap(), r#"{"v":"1.5 x a"}"#);
    assert_eq!(text("\"\" + n", r#""n":2.0"#).unwrap(), r#"{"v":"2"}"#);
    assert_eq!(text("if t == () { \"none\" } else { t }", r#""n":1"#).unwrap(), r#"{"v":"none"}"#);
    // Each function gives what it gives in a flow, also where rhai has one of that name.
    for (body, given, gives) in [
        ("capture(t, \"no ([0-9]+)\")", r#""t":"no 2041""#, "2041"),
        ("replace_matches(t, \"[0-9]{2}\", \"x\")", r#""t":"a12b""#, "axb"),
        ("if matches(t, `^a`) { `yes` } else { `no` }", r#""t":"abc""#, "yes"),
        ("pad(`${n}`, 4, \"0\")", r#""n":41"#, "0041"),
        ("slice(t, -2)", r#""t":"Ünï""#, "nï"),
        ("postal_code(t, \"NL\")", r#""t":"1234ab""#, "1234 AB"),
        ("vat_number(t, ())", r#""t":"be 0403.019.261""#, "BE0403019261"),
        ("iban(t)", r#""t":"NL91 ABNA 0417 1643 00""#, "NL91ABNA0417164300"),
        ("`${round(n, 1, \"half_even\")}`", r#""n":0.25"#, "0.2"),
        ("`${max([n, 3])}`", r#""n":2"#, "3"),
        ("format_date(add_months(t, 1), \"d mmmm\")", r#""t":"2026-01-31""#, "28 februari"),
        ("`${days_between(t, \"2026-03-02\")}`", r#""t":"2026-03-01""#, "1"),
        ("slice(sha256(t), 0, 8)", r#""t":"abc""#, "ba7816bf"),
    ] {
        let wanted = format!(r#"{{"v":"{gives}"}}"#);
        assert_eq!(text(body, given).as_deref(), Ok(wanted.as_str()), "{body}");
    }
    assert!(text("capture(t, \"(\")", r#""t":"a""#).unwrap_err().contains("is no pattern"));
    assert!(text("query(t, \"$\")", r#""t":"a""#).unwrap_err().contains("reads its records and lists itself"));
    assert_eq!(text("join(\" \", t, n)", r#""t":"a","n":3"#).unwrap(), r#"{"v":"a 3"}"#);
    assert_eq!(text("join(\", \", split(t, \" \"))", r#""t":"a b""#).unwrap(), r#"{"v":"a, b"}"#);
    assert_eq!(text("replace(t, \"a\", \"o\")", r#""t":"banana""#).unwrap(), r#"{"v":"bonono"}"#);
    assert_eq!(text("upper(trim(t)) + fixed(n, 2)", r#""t":" a ","n":3"#).unwrap(), r#"{"v":"A3.00"}"#);
    assert_eq!(text("before(t, \":\")", r#""t":"ideal:x""#).unwrap(), r#"{"v":"ideal"}"#);
    assert_eq!(text("country_code(t)", r#""t":"België""#).unwrap(), r#"{"v":"BE"}"#);
    assert_eq!(text("\"  \"", r#""n":1"#).unwrap(), "{}");
}

#[test]
fn records_lists_and_days() {
    let probe = script(
        "(lines: list of { sku: text, n: decimal }) -> { best: text?, all: decimal }",
        "let all = 0; let best = (); for line in lines { all += line.n; if best == () { best = line.sku; } } #{ all: all, best: best }",
    );
    let body = "let r = f(thing.lines)\n v = r.best\n w = r.all";
    assert_eq!(
        probe.send(body, r#"{"id":1,"lines":[{"sku":"a","n":1},{"sku":"b","n":"2.5"}]}"#).unwrap(),
        r#"{"v":"a","w":3.5}"#
    );
    // A list is never not set: nothing is an empty one.
    assert_eq!(probe.send(body, r#"{"id":1}"#).unwrap(), r#"{"w":0}"#);
    let day = script("(d: date?) -> text?", "if d == () { return \"none\"; } `on ${d}`");
    assert_eq!(day.send("v = f(thing.d)", r#"{"id":1,"d":"2026-03-05"}"#).unwrap(), r#"{"v":"on 2026-03-05"}"#);
}

#[test]
fn the_result_is_held_to_its_kind() {
    let record = |body: &str| {
        let probe = script("(n: decimal) -> { a: int, b: text? }", body);
        probe.send("let r = f(thing.n)\n w = r.a", r#"{"id":1,"n":1}"#)
    };
    assert_eq!(record("#{ a: 1 }").unwrap(), r#"{"w":1}"#);
    assert!(record("#{ b: \"x\" }").unwrap_err().contains("gives no `a`"));
    assert!(record("#{ a: 1, c: 2 }").unwrap_err().contains("gives `c`"));
    let wrong = |result: &str, body: &str| {
        let probe = script(&format!("(n: decimal) -> {result}"), body);
        probe.send("let x = f(thing.n)\n v = \"{x}\" when x is set", r#"{"id":1,"n":1}"#).unwrap_err()
    };
    assert!(wrong("int", "1.5").contains("whole number"), "{}", wrong("int", "1.5"));
    assert!(wrong("text", "()").contains("gives nothing"));
    assert!(wrong("text", "5").contains("text"));
    assert!(wrong("\"a\" | \"b\"", "\"c\"").contains("\"c\""));
}

#[test]
fn limits() {
    for endless in [
        "loop { }",
        "let s = \"a\"; loop { s += s; }",
        "let l = []; loop { l.push(l); }",
        "let l = []; loop { l.push(\"abcdefghijklmnopqrstuvwxyz\"); }",
        "let m = #{}; let i = 0; loop { i += 1; m[`${i}`] = \"x\"; }",
        "let s = \"x\"; while true { s = s.to_upper() + s; }",
        "let x = 0; for i in 0..1000000000 { x += 1; }",
    ] {
        let words = number(endless, "1", "1").unwrap_err();
        assert!(words.contains("steps") || words.contains("too large"), "{endless}: {words}");
    }
    let mistakes = |body: &str| script("(a: decimal) -> decimal", body).mistakes("w = f(1)").join("; ");
    for outside in
        ["eval(\"1\")", "import \"x\" as x; 1", "print(1); 1", "1.123456789012345678901234567890", "let x = ; 1"]
    {
        assert!(mistakes(outside).contains("script"), "{outside}: {}", mistakes(outside));
    }
    for unknown in ["sleep(1); 1", "timestamp(); 1", "exit(); 1", "open(\"x\"); 1"] {
        let words = mistakes(unknown);
        assert!(words.contains("expected a function that scripts have"), "{unknown}: {words}");
    }
    assert!(mistakes("nothing_of_the_kind").contains("undefined variable"));
}

#[test]
fn a_failure_stands_at_its_line() {
    let probe = script("(a: decimal) -> decimal", "\n  let x = 1;\n  x / (a - a)\n");
    let program = probe.sound("w = f(thing.n)");
    let mut arena = koppel::value::Arena::new(jiff::tz::TimeZone::UTC);
    let reader = koppel::eval::Reader::new(&program.source.at.resource.shape, &program.source.used);
    let thing = reader.read(r#"{"id":1,"n":2}"#, &mut arena).unwrap();
    let mut frame = koppel::eval::Frame::new(program.variables as usize, std::sync::Arc::new([]));
    frame.set(koppel::check::SOURCE, thing);
    let Some(koppel::check::Step { work: koppel::check::Work::Create(create), .. }) = program.steps.last() else {
        panic!("one is made")
    };
    let failure = koppel::eval::eval(&create.body, &mut frame, &mut arena).unwrap_err();
    let text = "koppel 1\nflow probe \"Probe\"\nuse probe as shop\nfrom shop.things as thing { key thing.id }\nfn f(a: decimal) -> decimal rhai {\n  let x = 1;\n  ";
    assert_eq!(failure.span.start as usize, text.len() + 2, "{failure:?}");
}
