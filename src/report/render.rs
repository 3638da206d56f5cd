//! Diagnostics and the texts they lie in go in; what a person reads in a terminal comes out.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet, normalize_untrusted_str};

use crate::report::{Diagnostic, Fix, Severity, Source, SourceId, Sources, Span, Written};

/// How a message looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For files, pipes and tests.
    Plain,
    /// For a terminal that shows colours.
    Color,
}

/// All messages, one after the other, and a last line that counts them.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&draw(diagnostic, sources, style));
        out.push('\n');
    }
    if !diagnostics.is_empty() {
        out.push_str(&summary(diagnostics));
        out.push('\n');
    }
    out
}

/// One message: its last line ends.
#[must_use]
pub fn draw(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Color => Renderer::styled(),
    };
    format!("{}\n", renderer.render(&groups(diagnostic, sources)).trim_end())
}

/// `2 errors, 1 warning`.
#[must_use]
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity, word| {
        let number = diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        (number > 0).then(|| format!("{number} {word}{}", if number == 1 { "" } else { "s" }))
    };
    let parts = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no errors".to_owned() } else { parts.join(", ") }
}

fn groups<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let facts = &diagnostic.facts;
    let level = facts.status.map_or(level.clone(), |status| level.with_name(status));
    let title = match &facts.record {
        Some(record) => Cow::from(format!("{record}: {}", diagnostic.title)),
        None => Cow::from(&*diagnostic.title),
    };
    let mut group = Group::with_title(level.primary_title(title).id(diagnostic.code.to_string()));
    let mut places = vec![diagnostic.span.source];
    for other in &diagnostic.others {
        if !places.contains(&other.span.source) {
            places.push(other.span.source);
        }
    }
    for place in places {
        if let Some(source) = sources.get(place) {
            group = group.element(snippet(diagnostic, place, source));
        }
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(normalize_untrusted_str(note)));
    }
    // What was found and expected of an author stands in the title already.
    let of_data = facts.status.is_some() || facts.path.is_some();
    let written = facts.written.as_ref().map(Written::words);
    for (name, fact, shown) in [
        ("field", &facts.path, true),
        ("found", &facts.found, of_data),
        ("expected", &facts.expected, of_data),
        ("written", &written, true),
        ("next", &facts.next, true),
    ] {
        if let Some(fact) = fact.as_ref().filter(|_| shown) {
            group = group.element(Level::INFO.with_name(name).message(normalize_untrusted_str(fact)));
        }
    }
    let mut groups = vec![group];
    groups.extend(diagnostic.fix.as_ref().map(|fix| help(fix, sources)));
    groups
}

/// The lines of one text that a message speaks of.
fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    place: SourceId,
    source: &'a Source,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut marks = Vec::new();
    if diagnostic.span.source == place {
        let mut range = stretch(source, diagnostic.span);
        if diagnostic.facts.status.is_some() {
            // What ran is shown by its first line.
            let line = source.text[range.clone()].find('\n').unwrap_or(range.len());
            range.end = range.start + line;
        }
        marks.push((AnnotationKind::Primary, range, &diagnostic.label));
    }
    for other in diagnostic.others.iter().filter(|other| other.span.source == place) {
        marks.push((AnnotationKind::Context, stretch(source, other.span), &other.text));
    }
    let window = window(source, marks.iter().map(|(_, range, _)| range));
    let annotations = marks.into_iter().map(|(kind, range, text)| {
        let annotation = kind.span(range.start - window.start..range.end - window.start);
        if text.is_empty() { annotation } else { annotation.label(&**text) }
    });
    Snippet::source(&source.text[window.clone()])
        .line_start(line_of(source, window.start))
        .path(&*source.name)
        .annotations(annotations)
}

/// The change that mends it.
fn help<'a>(fix: &'a Fix, sources: &'a Sources) -> Group<'a> {
    let title = Level::HELP.secondary_title(&*fix.text);
    let Some(source) = sources.get(fix.span.source) else { return Group::with_title(title) };
    let range = stretch(source, fix.span);
    let window = window(source, std::iter::once(&range));
    let patch = Patch::new(range.start - window.start..range.end - window.start, &*fix.replacement);
    let snippet = Snippet::source(&source.text[window.clone()])
        .line_start(line_of(source, window.start))
        .path(&*source.name)
        .patch(patch);
    title.element(snippet)
}

/// The stretch of a span in its text, within the text and between whole characters: the library panics otherwise.
fn stretch(source: &Source, span: Span) -> Range<usize> {
    let text = &*source.text;
    let mut start = (span.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = (span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The whole lines that hold all of these.
fn window<'r>(source: &Source, ranges: impl Iterator<Item = &'r Range<usize>>) -> Range<usize> {
    let (mut start, mut end) = (source.text.len(), 0);
    for range in ranges {
        start = start.min(range.start);
        end = end.max(range.end);
    }
    let start = source.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let end = source.text[end.max(start)..].find('\n').map_or(source.text.len(), |at| end.max(start) + at + 1);
    start..end
}

fn line_of(source: &Source, byte: usize) -> usize {
    source.text[..byte].bytes().filter(|byte| *byte == b'\n').count() + source.first_line
}
