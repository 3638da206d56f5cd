//! What was noted while a flow was checked: each word, what it means and what it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use koppel::check::{self, Catalog, Look, Meaning};
use koppel::report::{Source, Sources, Span};
use koppel::{builtin, syntax};

use crate::support::room::room;

/// The flow of a case, looked at.
fn look(text: &str, at: Option<u32>) -> (Source, Look) {
    let mut sources = Sources::default();
    let source = sources.add("case.flow", text);
    let mut connectors = BTreeMap::new();
    for name in ["jortt", "mijnwebwinkel"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("connectors").join(format!("{name}.connector"));
        let source = sources.add(name, fs::read_to_string(path).unwrap());
        let connector = check::connector(&syntax::parse(&source).unwrap(), &source).unwrap();
        connectors.insert(Arc::from(name), Arc::new(connector));
    }
    let catalog = Catalog { connectors, ..Catalog::new(builtin::all()) };
    let tree = syntax::parse(&source).unwrap();
    let look = check::look(&tree, &source, &catalog, at);
    (source, look)
}

fn case() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lsp/marks.flow")).unwrap()
}

fn words(source: &Source, meaning: &Meaning) -> String {
    let given = |span: &Span| format!("given in line {}", source.place(span.start).line);
    match meaning {
        Meaning::Name(span) => format!("a name, {}", given(span)),
        Meaning::Setting(span) => format!("a setting, {}", given(span)),
        Meaning::Role(span) => format!("a role, {}", given(span)),
        Meaning::Module(span) => format!("a file, {}", given(span)),
        Meaning::Connector(connector) => format!("the connector {}", connector.name),
        Meaning::Resource(resource) => format!("the resource {}", resource.name),
        Meaning::Action(resource, at) => format!("the action {} of {}", resource.actions[*at].name, resource.name),
        Meaning::Filter(resource, at) => format!("the filter {} of {}", resource.filters[*at].field, resource.name),
        Meaning::Field(record, _) => format!("a field of {}", record.name),
        Meaning::Function(span, words) => format!("the function {words}, {}", given(span)),
        Meaning::Table(span, words) => format!("the {words}, {}", given(span)),
        Meaning::Builtin(builtin) => format!("the function {} of the language", builtin.name),
    }
}

#[test]
fn each_word_of_a_flow_is_noted_with_what_it_means() {
    let _room = room("lsp");
    let (source, look) = look(&case(), None);
    assert!(look.result.is_ok(), "{:?}", look.result);
    let mut said = String::new();
    for mark in &look.notes.marks {
        let place = source.place(mark.span.start);
        let word = &source.text[mark.span.start as usize..mark.span.end as usize];
        let kind = mark.typed.as_ref().map(|typed| format!(": {typed}")).unwrap_or_default();
        said += &format!("{}:{} {word}{kind} = {}\n", place.line, place.column, words(&source, &mark.meaning));
    }
    insta::assert_snapshot!("marks", said);
}

#[test]
fn what_could_stand_at_a_place_is_noted_for_who_asks() {
    let text = case();
    let seen = |needle: &str| {
        let at = text.find(needle).unwrap() + needle.len();
        look(&text, u32::try_from(at).ok()).1.notes.sight
    };
    let names = seen("customer_id   = cust").names.unwrap();
    let names: Vec<&str> = names.iter().map(|seen| &*seen.name).collect();
    assert_eq!(names, ["customer", "parts", "total", "order", "settings"]);
    assert_eq!(&*seen("let total = order.pri").fields[0].name, "order");
    assert_eq!(&*seen("  customer_na").target.unwrap().shape.name, "customer");
    assert_eq!(seen(r#"{ send_method = "se"#).wanted.unwrap().to_string(), r#""self" | "email" | "peppol""#);
    assert_eq!(&*seen("  by     sta").filters.unwrap().name.resource, "orders");
}
