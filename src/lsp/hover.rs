//! A place in a text goes in; what stands there, what it is and where it comes from, comes out.

use lsp_types as lsp;

use crate::check::{Mark, Meaning};
use crate::lsp::connector::{action_words, comment_above, connector_words, field_words, resource_words};
use crate::lsp::document::Document;
use crate::lsp::place::number;
use crate::lsp::state::{Seen, State};
use crate::lsp::{config, script, words};
use crate::report::Span;
use crate::syntax::{self, Spot, ast};
use crate::value::{Builtin, Kind, Typed};
use crate::workspace::CONFIG;

/// So many rows of a table are shown.
const MOST_ROWS: usize = 16;

/// What stands at a place.
pub(super) fn hover(state: &mut State, asked: &lsp::HoverParams) -> Option<lsp::Hover> {
    let asked = &asked.text_document_position_params;
    let document = state.document(&asked.text_document.uri)?;
    let at = document.lines.byte(&document.text, asked.position);
    let own = match &*document.name {
        CONFIG => config::hover(state, &document, at),
        name if name.ends_with(".rhai") => script::hover(&document, at),
        _ => None,
    };
    if let Some((words, range)) = own {
        let contents = lsp::HoverContents::Markup(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: words });
        return Some(lsp::Hover { contents, range: Some(range) });
    }
    let (words, range) = match mark_at(state, &document, at) {
        Some((seen, mark)) => {
            let words = describe(state, &document, &seen, &mark)?;
            (words, document.lines.span(&document.text, mark.span))
        }
        None => keyword(&document, at)?,
    };
    let contents = lsp::HoverContents::Markup(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: words });
    Some(lsp::Hover { contents, range: Some(range) })
}

/// The word at a place and what it means.
pub(super) fn mark_at(state: &mut State, document: &Document, at: usize) -> Option<(std::rc::Rc<Seen>, Mark)> {
    if !document.name.ends_with(".flow") {
        return None;
    }
    let seen = state.seen(document)?;
    let mark = seen.notes.at(number(at))?.clone();
    Some((seen, mark))
}

fn keyword(document: &Document, at: usize) -> Option<(String, lsp::Range)> {
    let spot = Spot::of(&document.text, at);
    if spot.in_text || spot.in_comment || document.name.ends_with(".rhai") || document.name.ends_with(".toml") {
        return None;
    }
    let (start, end) = syntax::word_around(&document.text, at);
    let text = &document.text[start..end];
    let after_dot = document.text[..start].ends_with('.');
    let word = words::find(text).filter(|_| !after_dot)?;
    Some((format!("`{text}`: {}", word.doc), document.lines.range(&document.text, start..end)))
}

/// What a word means, for people.
pub(super) fn describe(state: &mut State, document: &Document, seen: &Seen, mark: &Mark) -> Option<String> {
    let word = seen.source.text.get(mark.span.start as usize..mark.span.end as usize)?.to_owned();
    let typed = mark.typed.clone();
    Some(match &mark.meaning {
        Meaning::Name(given) => {
            let kind = typed.as_ref().map(kind_words).unwrap_or_default();
            format!("```koppel\n{word}: {kind}\n```\n{}", given_words(seen, *given))
        }
        Meaning::Setting(given) => setting(seen, *given, &typed?),
        Meaning::Role(_) => {
            let role = seen.notes.roles.iter().find(|role| *role.name == *word)?;
            format!("role `{word}`\n\n{}", connector_words(&role.connector))
        }
        Meaning::Module(given) => format!("file `{word}`\n\n{}", given_words(seen, *given)),
        Meaning::Connector(connector) => connector_words(connector),
        Meaning::Resource(resource) => {
            let file = state.connector_file(document.desk, &document.name, &resource.name.connector);
            let note = file.and_then(|file| file.note_of_resource(&resource.name.resource));
            resource_words(resource, note.as_deref())
        }
        Meaning::Action(resource, at) => action_words(resource, *at),
        Meaning::Filter(resource, at) => {
            let filter = &resource.filters[*at];
            let kind = filter.kind.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("```koppel\nfilter {}: {kind}\n```\nof `{}`", filter.field, resource.name)
        }
        Meaning::Field(record, at) => {
            let typed = typed.unwrap_or_else(|| record.fields[*at].typed.clone());
            match seen.notes.shape(record) {
                Some(known) => {
                    let file = state.connector_file(document.desk, &document.name, &known.connector);
                    let note = file.and_then(|file| file.note_of_field(&known.shape.name, &word));
                    field_words(&known.shape, *at, &typed, &known.connector, note.as_deref())
                }
                None => {
                    let given = seen.notes.given(record, *at);
                    let given = given.map(|given| given_words(seen, given)).unwrap_or_default();
                    format!("```koppel\n{word}: {}\n```\n{given}", kind_words(&typed))
                }
            }
        }
        Meaning::Function(given, signature) => function(state, document, *given, signature),
        Meaning::Table(given, words) => table(seen, &word, *given, words),
        Meaning::Builtin(builtin) => builtin_words(builtin),
    })
}

/// A kind; that of a long record with a line for each field.
fn kind_words(typed: &Typed) -> String {
    match &typed.kind {
        Kind::Record(record) if record.name.is_empty() && record.fields.len() > 3 => {
            let fields: Vec<String> =
                record.fields.iter().map(|field| format!("  {}: {}", field.name, field.typed)).collect();
            format!("{{\n{}\n}}{}", fields.join("\n"), if typed.maybe { "?" } else { "" })
        }
        _ => typed.to_string(),
    }
}

/// The line that gives a name.
fn given_words(seen: &Seen, given: Span) -> String {
    if given.source != seen.source.id {
        return String::new();
    }
    let place = seen.source.place(given.start);
    let line = seen.source.text.lines().nth(place.line - 1).unwrap_or_default().trim();
    let short: String = line.chars().take(120).collect();
    format!("given in line {}: `{}`", place.line, short.replace('`', "'"))
}

fn setting(seen: &Seen, given: Span, typed: &Typed) -> String {
    let written = settings(&seen.tree).find(|setting| setting.name.span == given);
    let name = written.map_or("", |setting| &*setting.name.node);
    let mut words = format!("```koppel\nsettings.{name}: {typed}\n```\n");
    let Some(setting) = written else { return words };
    if let Some(label) = &setting.label {
        words += &format!("{}\n\n", label.node);
    }
    match &setting.default {
        Some(ast::SettingDefault::Value(value)) => {
            let text = seen.source.text.get(value.span.start as usize..value.span.end as usize).unwrap_or_default();
            words += &format!("default `{text}`");
        }
        Some(ast::SettingDefault::Rows(rows)) => words += &rows_words(seen, rows),
        None if typed.maybe => words += "may be left out",
        None => words += "must be filled in before the flow starts",
    }
    words
}

/// All settings of a flow.
fn settings(tree: &ast::File) -> impl Iterator<Item = &ast::Setting> {
    items(tree)
        .iter()
        .filter_map(|item| if let ast::Item::Settings(all) = &item.node { Some(all) } else { None })
        .flatten()
}

/// The statements of a flow.
pub(super) fn items(tree: &ast::File) -> &[ast::Spanned<ast::Item>] {
    match &tree.body {
        ast::FileBody::Flow(flow) => &flow.items,
        ast::FileBody::Connector(_) => &[],
    }
}

fn rows_words(seen: &Seen, rows: &[ast::Row]) -> String {
    let text = |span: Span| seen.source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let mut words = String::from("```koppel\n");
    for row in rows.iter().take(MOST_ROWS) {
        words += &format!("{}\n", text(row.span));
    }
    if rows.len() > MOST_ROWS {
        words += &format!("… {} more\n", rows.len() - MOST_ROWS);
    }
    words + "```"
}

fn function(state: &mut State, document: &Document, given: Span, signature: &str) -> String {
    let mut words = format!("```koppel\nfn {signature}\n```\n");
    if let Some(source) = state.desks[document.desk].source(given.source) {
        let mark = if source.name.ends_with(".rhai") { "//" } else { "#" };
        if let Some(note) = comment_above(&source.text, given.start as usize, mark) {
            words += &format!("{note}\n\n");
        }
        let line = source.place(given.start).line;
        words += &format!("given in `{}`, line {line}", source.name);
    }
    words
}

fn table(seen: &Seen, name: &str, given: Span, kinds: &str) -> String {
    let words = format!("```koppel\n{name}: {kinds}\n```\n");
    let written = items(&seen.tree).iter().find_map(|item| match &item.node {
        ast::Item::Table(table) if table.name.span == given => Some(table),
        _ => None,
    });
    match written.map(|table| &table.rows) {
        Some(ast::TableRows::Rows(rows)) => format!("{words}{}", rows_words(seen, rows)),
        Some(ast::TableRows::File(path)) => format!("{words}rows of `{}`", path.node),
        None => words,
    }
}

/// A function of the language in words: what it takes, what it does, and what it gives for what.
pub(super) fn builtin_words(builtin: &Builtin) -> String {
    let mut words = format!("```koppel\n{}\n```\n{}", builtin.signature, builtin.doc);
    if !builtin.examples.is_empty() {
        words += "\n```koppel\n";
        for example in builtin.examples {
            words += &format!("{}  # {}\n", example.call, example.gives);
        }
        words += "```";
    }
    words
}
