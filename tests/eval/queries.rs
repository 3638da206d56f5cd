//! Paths that cannot be compiled: filters, slices and choices.

use super::Probe;

fn probe() -> Probe {
    Probe::new("rows: list of row\n n: decimal", "v: text")
        .shapes("shape row { sku: text n: decimal day: date on: bool tags: list of text }")
}

fn asked(path: &str, rows: &str) -> Result<String, String> {
    let body = format!("v = join(\",\", thing.rows{path})");
    let sent = probe().send(&body, &format!(r#"{{"id":1,"rows":{rows}}}"#))?;
    Ok(sent.replace(r#"{"v":""#, "").replace("\"}", "").replace("{}", ""))
}

const ROWS: &str = r#"[{"sku":"a","n":1,"on":true},{"sku":"b","n":"0.30"},{"sku":"c","n":30,"tags":["x","y"]}]"#;

#[test]
fn filters_slices_and_choices() {
    for (path, gives) in [
        ("[?@.n > 0.5].sku", "a,c"),
        ("[?@.n == 0.3].sku", "b"),
        (r#"[?@.sku == "a" || @.sku == 'c'].sku"#, "a,c"),
        ("[?@.on == true].sku", "a"),
        ("[?@.tags].sku", "c"),
        ("[?!@.tags].sku", "a,b"),
        ("[1:].sku", "b,c"),
        ("[0,2].sku", "a,c"),
        ("[::-1].sku", "c,b,a"),
        ("[?length(@.tags) == 2].sku", "c"),
        ("[?match(@.sku, '[ab]')].sku", "a,b"),
        ("[?count(@.tags[*]) > 1].sku", "c"),
        ("[?@.n > 99].sku", ""),
    ] {
        assert_eq!(asked(path, ROWS).unwrap(), gives, "{path}");
    }
}

#[test]
fn numbers_are_compared_exactly() {
    let rows = r#"[{"sku":"a","n":9007199254740993},{"sku":"b","n":0.30000000000000004},{"sku":"c","n":0.3}]"#;
    assert_eq!(asked("[?@.n == 9007199254740991].sku", rows).unwrap(), "");
    assert_eq!(asked("[?@.n == 0.3].sku", rows).unwrap(), "c");
    // What could only be compared in binary is refused, not guessed.
    assert!(asked("[?@.n > 0.3].sku", rows).unwrap_err().contains("too many digits"));
    // A long number elsewhere is nobody's business.
    let elsewhere = r#"[{"sku":"0.30000000000000004","n":1}]"#;
    assert_eq!(asked("[?@.n > 0.3].sku", elsewhere).unwrap(), "0.30000000000000004");
}

#[test]
fn what_the_standard_does_not_have() {
    let mistakes = |path: &str| probe().mistakes(&format!("v = join(\",\", thing.rows{path})")).join("; ");
    for path in [
        "[?@.sku in ['a']].sku",
        "[?@.skuu == 'a'].sku",
        "[?match(@.sku, '[a')].sku",
        "[?search(@.sku, '(')].sku",
        "[?@.n == 9007199254740993].sku",
        "[?nin(@.sku, 'a')].sku",
        "[?@.sku].nothing",
        "[?@.n <= -0.148000444002516].sku",
        "[?1.2345678 > @.n].sku",
        "[?@.n < 9007199254740991].sku",
        "[?@.n < 1e300].sku",
    ] {
        assert_ne!(mistakes(path), "", "{path}");
    }
    // What binary would guess at is told as what it is, in the author's words.
    for (path, words) in [
        ("[?@.n == 9007199254740993].sku", "a number beyond 9007199254740991: `each … where` compares any"),
        ("[?@.n > 100000000000000000000000].sku", "a number beyond 9007199254740991"),
        ("[?@.n == 0.30000000000000004].sku", "a fraction of more than 15 digits: `each … where` compares any"),
        ("[?@.n > thing.rows].sku", "`[?@.n > thing.rows]['sku']`, which is no JSONPath"),
    ] {
        assert!(mistakes(path).contains(words), "{path}: {}", mistakes(path));
    }
}
