//! Reading flows and connectors: small files and their trees, broken ones and what their authors are told.

use std::fs;
use std::path::{Path, PathBuf};

use koppel::report::{self, Sources, Span, Style};
use koppel::syntax;

use crate::support::room::room;

/// The files of a folder of cases, by name.
fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/syntax").join(folder);
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// The whole message for a text that cannot be read.
fn told(name: &str, text: &str) -> String {
    let mut sources = Sources::default();
    let source = sources.add(name, text);
    match syntax::parse(&source) {
        Ok(_) => "it was read".to_owned(),
        Err(problems) => report::render(&problems, &sources, Style::Plain),
    }
}

#[test]
fn mistakes_are_told() {
    let _room = room("syntax");
    for path in cases("bad") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        insta::assert_snapshot!(name.replace('.', "-"), told(&name, &fs::read_to_string(&path).unwrap()));
    }
}

#[test]
fn small_files_become_trees() {
    let _room = room("syntax");
    for path in cases("ok") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut sources = Sources::default();
        let source = sources.add(&*name, fs::read_to_string(&path).unwrap());
        let outline = match syntax::parse(&source) {
            Ok(file) => syntax::outline(&file),
            Err(problems) => panic!("{}", report::render(&problems, &sources, Style::Plain)),
        };
        insta::assert_snapshot!(name.replace('.', "-"), outline);
    }
}

/// Files that can be read: our cases and all flows and connectors of the repository.
fn readable() -> Vec<(String, String)> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = cases("ok");
    for folder in ["flows", "connectors", "tests/cases/mapping"] {
        let files = fs::read_dir(home.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        found.extend(
            files.filter(|path| path.extension().is_some_and(|ending| ending == "flow" || ending == "connector")),
        );
    }
    found.into_iter().map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn all_files_of_the_repository_are_read() {
    for (name, text) in readable() {
        let told = told(&name, &text);
        assert_eq!(told, "it was read", "{told}");
    }
}

#[test]
fn a_file_cut_off_anywhere_is_told_or_read() {
    for (name, text) in readable() {
        let step = if name.ends_with("short.flow") { 1 } else { 1_999 };
        for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            assert!(!told(&name, &text[..end]).is_empty(), "{name} cut off at {end}");
        }
    }
}

#[test]
fn a_file_with_strange_letters_anywhere_is_told_or_read() {
    const STRANGE: &[&str] = &[
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\"",
        "`",
        "'",
        "#",
        "/*",
        "//",
        "=",
        "==",
        ":",
        ",",
        ".",
        "..",
        "-",
        "\\",
        "\n",
        "é",
        "“",
        "\u{0}",
        "\u{FEFF}",
        "let ",
        "when ",
        "match ",
        "each ",
        "rhai {",
        "${",
        "999999999999999999999999999999 ",
        "2026-13-40 ",
        " create ",
        "\r\n",
        "😀",
    ];
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for (name, text) in readable().iter().filter(|(name, _)| name.contains("cases/syntax")) {
        for _ in 0..80 {
            let mut letters: Vec<char> = text.chars().collect();
            for _ in 0..=next(3) {
                let at = next(letters.len());
                let until = (at + next(20)).min(letters.len());
                let strange = STRANGE[next(STRANGE.len())].chars();
                letters.splice(at..if next(2) == 0 { at } else { until }, strange);
            }
            let text: String = letters.into_iter().collect();
            assert!(!told(name, &text).is_empty());
        }
    }
}

/// The numbers of all mistakes of a text.
fn codes(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let source = sources.add("deep.flow", text);
    syntax::parse(&source).err().unwrap_or_default().iter().map(|problem| problem.code.to_string()).collect()
}

#[test]
fn nesting_ends_at_one_depth_everywhere() {
    let head = "koppel 1\nflow deep \"Deep\"\n";
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{ a = ", "1", " }"),
        ("f(", "1", ")"),
        ("\"{", "1", "}\""),
        ("match 1 { _ => ", "1", " }"),
        ("each x in xs { a = ", "1", " }"),
    ] {
        let nested = |depth: usize| format!("{head}let a = {}{inner}{}\n", open.repeat(depth), close.repeat(depth));
        // A hole stands in a text, which counts too.
        let deep = if open == "\"{" { 60 } else { 100 };
        assert_eq!(codes(&nested(deep)), [""; 0], "`{open}` nested {deep} deep");
        assert_eq!(codes(&nested(10_000)), ["K0103"], "`{open}` nested 10,000 deep");
        assert_eq!(codes(&format!("{head}let a = {}", open.repeat(10_000))), ["K0103"], "`{open}` never closed");
        assert!(!codes(&format!("{head}let a = {}", open.repeat(100))).is_empty(), "`{open}` 100 deep never closed");
    }
    for prefix in ["not ", "- ", "match ", "each x in ", "if a { b = 1 } else "] {
        assert!(!codes(&format!("{head}let a = {}", prefix.repeat(10_000))).is_empty(), "`{prefix}` never ends");
    }
    for behind in [" + 1", ".a", "[0]", " ?? 1", " and x", " is set"] {
        codes(&format!("{head}let a = x{}\n", behind.repeat(10_000)));
    }
    let kinds = format!("{head}fn f(a: {}text) -> text = a\n", "list of ".repeat(10_000));
    assert!(!codes(&kinds).is_empty());
    let ifs = format!("{head}update a.b(c) {{ {} {{ b = 1 }} }}\n", "if a { b = 1 } else ".repeat(10_000));
    assert!(!codes(&ifs).is_empty());
}

#[test]
fn many_mistakes_are_told_in_good_time() {
    let mut text = "koppel 1\nflow many \"Many\"\n".to_owned();
    for number in 0..300 {
        text.push_str(&format!(
            "let a{number} = = 1\ncreate a.b as c{number} {{\n  key a = 1\n  b = \n  c = [ {{ d = }} ]\n}}\n"
        ));
    }
    assert_eq!(codes(&text).len(), 900);
}

#[test]
fn a_header_of_a_script_file_is_read_where_it_stands() {
    let mut sources = Sources::default();
    let text = "/// fn postal_code(code: text, country: text?) -> text?\nfn postal_code(code, country) { code }\n";
    let source = sources.add("dutch.rhai", text);
    let span = |end| Span { source: source.id, start: 4, end };
    let function = syntax::parse_header(&source, span(54)).unwrap();
    assert_eq!(&*function.name.node, "postal_code");
    assert_eq!(function.name.span, Span { source: source.id, start: 7, end: 18 });
    let problems = syntax::parse_header(&source, span(42)).unwrap_err();
    let _room = room("syntax");
    insta::assert_snapshot!("header", report::render(&problems, &sources, Style::Plain));
    assert!(syntax::parse_header(&source, span(4_000)).is_err());
}
