//! What is wrong with the open texts goes in; what an editor is to be told of each text, where that changed, comes out.

use std::collections::BTreeMap;

use lsp_types as lsp;

use crate::lsp::place::Lines;
use crate::lsp::state::State;
use crate::report::{Diagnostic, Severity, Source, codes};

impl State {
    /// What is to be told anew.
    pub(super) fn publish(&mut self) -> Vec<lsp::PublishDiagnosticsParams> {
        self.dirty = false;
        self.desks.iter_mut().for_each(crate::workspace::Desk::refresh);
        // 1. All mistakes, by the text they lie in; one may be found through several flows.
        let mut found: BTreeMap<String, (lsp::Uri, Option<i32>, Vec<lsp::Diagnostic>)> = BTreeMap::new();
        let open: Vec<_> = self.documents.values().cloned().collect();
        for document in &open {
            found.insert(document.uri.as_str().to_owned(), (document.uri.clone(), Some(document.version), Vec::new()));
        }
        for document in &open {
            let diagnostics = if document.name == crate::workspace::CONFIG {
                self.desks[document.desk].study_config()
            } else {
                self.study(document).map(|study| study.diagnostics.clone()).unwrap_or_default()
            };
            for mistake in diagnostics {
                let Some(source) = self.desks[document.desk].source(mistake.span.source).cloned() else { continue };
                let Some(uri) = self.uri_of(document.desk, &source) else { continue };
                let told = self.in_protocol(document.desk, &source, &mistake);
                let (.., all) = found.entry(uri.as_str().to_owned()).or_insert_with(|| (uri, None, Vec::new()));
                // The same mistake may be found on other ways, which its words then tell: the shortest say enough.
                match all.iter_mut().find(|known| known.range == told.range && known.code == told.code) {
                    Some(known) if known.message.len() > told.message.len() => *known = told,
                    Some(_) => {}
                    None => all.push(told),
                }
            }
        }
        // 2. Texts that had mistakes and have none any more, or are closed.
        for gone in self.told.keys() {
            if let (false, Ok(uri)) = (found.contains_key(gone), gone.parse::<lsp::Uri>()) {
                found.insert(gone.clone(), (uri, None, Vec::new()));
            }
        }
        // 3. Only what changed is told, and each state of an open text once.
        let mut params = Vec::new();
        for (key, (uri, version, diagnostics)) in found {
            let told = (version, diagnostics);
            if self.told.get(&key) == Some(&told) {
                continue;
            }
            params.push(lsp::PublishDiagnosticsParams { uri, version, diagnostics: told.1.clone() });
            if version.is_some() || !told.1.is_empty() {
                self.told.insert(key, told);
            } else {
                self.told.remove(&key);
            }
        }
        params
    }

    /// A mistake as the protocol says it.
    pub(super) fn in_protocol(&mut self, desk: usize, source: &Source, mistake: &Diagnostic) -> lsp::Diagnostic {
        let lines = Lines::of(&source.text, self.columns);
        let mut message = mistake.title.clone();
        if !mistake.label.is_empty() {
            message += &format!("\n{}", mistake.label);
        }
        for note in &mistake.notes {
            message += &format!("\n{note}");
        }
        if let Some(fix) = &mistake.fix {
            message += &format!("\nfix: {}", fix.text);
        }
        let mut related = Vec::new();
        for other in &mistake.others {
            match self.locate(desk, other.span) {
                Some(location) if self.related => {
                    related.push(lsp::DiagnosticRelatedInformation { location, message: other.text.clone() });
                }
                Some(location) => {
                    message += &format!("\nline {}: {}", location.range.start.line + 1, other.text);
                }
                None => {}
            }
        }
        // An editor that asks for our texts can open the page of the number.
        let page = format!("koppel:/explain/{}.md", mistake.code).parse().ok().filter(|_| self.asks_for_texts);
        let unused = [
            codes::check::UNUSED_LET,
            codes::check::UNUSED_SETTING,
            codes::check::UNUSED_USE,
            codes::check::UNUSED_FUNCTION,
        ];
        lsp::Diagnostic {
            range: lines.span(&source.text, mistake.span),
            severity: Some(match mistake.severity {
                Severity::Error => lsp::DiagnosticSeverity::ERROR,
                Severity::Warning => lsp::DiagnosticSeverity::WARNING,
            }),
            code: Some(lsp::NumberOrString::String(mistake.code.to_string())),
            code_description: page.map(|href| lsp::CodeDescription { href }),
            source: Some("koppel".to_owned()),
            message,
            related_information: (!related.is_empty()).then_some(related),
            tags: unused.contains(&mistake.code).then(|| vec![lsp::DiagnosticTag::UNNECESSARY]),
            data: Some(data(mistake)),
        }
    }
}

/// What a program reads of a mistake besides its place and its words, as `koppel check --json` tells it.
fn data(mistake: &Diagnostic) -> serde_json::Value {
    let facts = mistake.facts();
    let known = [("expected", facts.expected), ("found", facts.found), ("path", facts.path), ("next", facts.next)];
    known.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), serde_json::Value::from(fact?)))).collect()
}
