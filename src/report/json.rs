//! Diagnostics go in; JSON for editors and scripts comes out, with the same facts a person sees.

use serde_json::{Value, json};

use crate::report::{Diagnostic, Severity, Sources, Span};

/// A JSON array with an object for each message, one to a line.
#[must_use]
pub fn render_json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let rows: Vec<String> = diagnostics.iter().map(|diagnostic| object(diagnostic, sources).to_string()).collect();
    if rows.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", rows.join(",\n")) }
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut object = placed(diagnostic.span, sources);
    object["code"] = json!(diagnostic.code.to_string());
    object["severity"] = json!(match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    });
    object["title"] = json!(diagnostic.title);
    object["label"] = json!(diagnostic.label);
    object["notes"] = json!(diagnostic.notes);
    object["others"] = Value::Array(
        diagnostic
            .others
            .iter()
            .map(|other| {
                let mut object = placed(other.span, sources);
                object["text"] = json!(other.text);
                object
            })
            .collect(),
    );
    object["fix"] = diagnostic.fix.as_ref().map_or(Value::Null, |fix| {
        let mut object = placed(fix.span, sources);
        object["text"] = json!(fix.text);
        object["replacement"] = json!(fix.replacement);
        object
    });
    object
}

/// `file`, `line`, `column`, and the line and column behind the end; without a known text all but `file` are 0.
fn placed(span: Span, sources: &Sources) -> Value {
    let Some(source) = sources.get(span.source) else {
        return json!({ "file": "", "line": 0, "column": 0, "end": { "line": 0, "column": 0 } });
    };
    let (start, end) = (source.place(span.start), source.place(span.end));
    json!({
        "file": &*source.name,
        "line": start.line,
        "column": start.column,
        "end": { "line": end.line, "column": end.column },
    })
}
