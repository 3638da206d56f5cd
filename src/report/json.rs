//! Problems go in; JSON for editors and scripts comes out, with the same facts a person sees; what does not apply is absent.

use serde_json::{Map, Value, json};

use crate::report::{Diagnostic, Severity, Sources, Span};

/// A JSON array with an object for each message, one to a line.
#[must_use]
pub fn render_json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let rows: Vec<String> = diagnostics.iter().map(|diagnostic| json(diagnostic, sources).to_string()).collect();
    if rows.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", rows.join(",\n")) }
}

/// One message as an object.
#[must_use]
pub fn json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut object = placed(diagnostic.span, sources);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    let text = |text: &str| (!text.is_empty()).then(|| json!(text));
    put("code", Some(json!(diagnostic.code.to_string())));
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    put("severity", diagnostic.facts.status.is_none().then(|| json!(severity)));
    put("title", text(&diagnostic.title));
    put("label", text(&diagnostic.label));
    put("notes", some(&diagnostic.notes).map(|notes| json!(notes)));
    put(
        "others",
        some(&diagnostic.others).map(|others| {
            let others = others.iter().map(|other| {
                let mut object = placed(other.span, sources);
                object.insert("text".to_owned(), json!(other.text));
                Value::Object(object)
            });
            others.collect()
        }),
    );
    put(
        "fix",
        diagnostic.fix.as_ref().map(|fix| {
            let mut object = placed(fix.span, sources);
            object.insert("text".to_owned(), json!(fix.text));
            object.insert("replacement".to_owned(), json!(fix.replacement));
            Value::Object(object)
        }),
    );
    let facts = diagnostic.facts();
    put("status", facts.status.map(|status| json!(status)));
    for (name, fact) in [
        ("record", &facts.record),
        ("path", &facts.path),
        ("found", &facts.found),
        ("expected", &facts.expected),
        ("next", &facts.next),
    ] {
        put(name, fact.as_ref().map(|fact| json!(fact)));
    }
    put("written", facts.written.as_ref().map(|written| json!({ "what": written.word(), "things": written.things() })));
    Value::Object(object)
}

fn some<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

/// `file`, `line`, `column`, the line and column behind the end, the line itself and the carets under it; nothing for an
/// unknown text.
fn placed(span: Span, sources: &Sources) -> Map<String, Value> {
    let mut object = Map::new();
    let (Some(source), Some(excerpt)) = (sources.get(span.source), sources.excerpt(span)) else { return object };
    let end = source.place(span.end);
    object.insert("file".to_owned(), json!(excerpt.file));
    object.insert("line".to_owned(), json!(excerpt.place.line));
    object.insert("column".to_owned(), json!(excerpt.place.column));
    object.insert("end".to_owned(), json!({ "line": end.line, "column": end.column }));
    if !excerpt.line.is_empty() {
        object.insert("source".to_owned(), json!(excerpt.line));
        let carets = format!("{}{}", " ".repeat(excerpt.place.column - 1), "^".repeat(excerpt.width));
        object.insert("carets".to_owned(), json!(carets));
    }
    object
}
