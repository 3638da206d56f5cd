//! What a test expects, held against what happened.

use std::path::PathBuf;

use crate::check::{Effect as Wanted, ExpectWhat, TestItem};
use crate::connect::{Difference, differences};
use crate::eval::{self, Reader, Used};
use crate::report::{Diagnostic, Span, codes};
use crate::run::Status;
use crate::syntax::ast::{EffectWord, StopWord};
use crate::test::trial::Trial;
use crate::test::{Effect, body};
use crate::value::{Kind, Value};

/// So many bodies are shown of what was sent.
const SHOWN: usize = 2;

impl Trial<'_> {
    /// Goes through the `expect` lines in order.
    pub(super) fn expectations(&mut self) {
        let mut pinned = 0;
        let items: Vec<&TestItem> = self.test.items.iter().collect();
        for item in items {
            match item {
                TestItem::ExpectStop { word, text, span } => self.expect_stop(*word, text, *span),
                TestItem::ExpectEffect { effect, what, span } => {
                    let found = self.matching(effect);
                    match what {
                        ExpectWhat::Times(times) => {
                            if found.len() != *times as usize {
                                let words = format!(
                                    "expected {} {}, found {}",
                                    self.name_of(effect),
                                    times_word(*times as usize),
                                    times_word(found.len())
                                );
                                self.unexpected(*span, words, &found);
                            }
                        }
                        ExpectWhat::Record(record) => self.expect_record(effect, record, &found, *span),
                        ExpectWhat::Snapshot => {
                            pinned += 1;
                            self.expect_pinned(effect, &found, pinned, *span);
                        }
                    }
                }
                TestItem::ExpectHolds { condition, sides, span } => {
                    match eval::holds(condition, &mut self.frame, &mut self.arena) {
                        Ok(true) => {}
                        Ok(false) => {
                            let mut problem =
                                Diagnostic::error(codes::test::NOT_AS_EXPECTED, *span, "this does not hold");
                            for (side, kind) in sides {
                                if let Ok(value) = eval::eval(side, &mut self.frame, &mut self.arena) {
                                    let shown = if value.is_set() {
                                        eval::print(value, kind, &self.arena)
                                    } else {
                                        "not set".to_string()
                                    };
                                    problem = problem.other(side.span, shown);
                                }
                            }
                            if !self.values.is_empty() {
                                problem = problem.note(format!("with {}", self.values));
                            }
                            self.problems.push(problem);
                        }
                        Err(failure) => self.failed(*failure),
                    }
                }
                TestItem::Records { .. } | TestItem::Setting(..) | TestItem::Link { .. } | TestItem::Fault { .. } => {}
            }
        }
    }

    fn expect_stop(&mut self, word: StopWord, text: &str, span: Span) {
        let wanted = match word {
            StopWord::Skip => Status::Skipped,
            StopWord::Hold => Status::Held,
            StopWord::Stop => Status::Stopped,
        };
        let mut wrong = Vec::new();
        let mut seen = 0;
        for outcome in self.reports.iter().flat_map(|report| &report.outcomes) {
            seen += 1;
            if outcome.status != wanted || !outcome.reason.contains(text) {
                let reason = if outcome.reason.is_empty() { String::new() } else { format!(": {}", outcome.reason) };
                wrong.push(format!("{} ended as {}{reason}", outcome.title, outcome.status.word()));
            }
        }
        if seen == 0 {
            self.problem(codes::test::NOT_AS_EXPECTED, span, "no record was given");
        }
        for words in wrong {
            let expected = if text.is_empty() { String::new() } else { format!(" because of {text:?}") };
            let problem =
                Diagnostic::error(codes::test::NOT_AS_EXPECTED, span, format!("expected {}{expected}", wanted.word()));
            self.problems.push(problem.label(words));
        }
    }

    fn matching(&self, wanted: &Wanted) -> Vec<Effect> {
        self.effects(wanted.at.role)
            .into_iter()
            .filter(|effect| {
                effect.word == wanted.word
                    && effect.resource == wanted.at.resource.name.resource
                    && effect.action == wanted.action
            })
            .collect()
    }

    /// The effect as the flow calls it.
    fn name_of(&self, effect: &Wanted) -> String {
        let word = match effect.word {
            EffectWord::Create => "create",
            EffectWord::Update => "update",
            EffectWord::Call => "call",
            EffectWord::Read => "read",
        };
        let action = effect.action.as_ref().map_or_else(String::new, |action| format!(".{action}"));
        let role = &self.tests.graph.program.roles[effect.at.role].name;
        format!("`{word} {role}.{}{action}`", effect.at.resource.name.resource)
    }

    /// What did not happen as expected, with what happened instead.
    fn unexpected(&mut self, span: Span, words: String, found: &[Effect]) {
        let mut problem = Diagnostic::error(codes::test::NOT_AS_EXPECTED, span, words);
        for effect in found.iter().take(SHOWN) {
            problem = problem.note(format!("sent: {}", body::pretty(&effect.body, 0)));
        }
        if found.len() > SHOWN {
            problem = problem.note(format!("and {} more", found.len() - SHOWN));
        }
        for outcome in self.reports.iter().flat_map(|report| &report.outcomes) {
            if !outcome.reason.is_empty() {
                problem =
                    problem.note(format!("{} ended as {}: {}", outcome.title, outcome.status.word(), outcome.reason));
            }
        }
        self.problems.push(problem);
    }

    fn expect_record(&mut self, wanted: &Wanted, record: &eval::Expr, found: &[Effect], span: Span) {
        let [effect] = found else {
            let words = format!("expected {} once, found {}", self.name_of(wanted), times_word(found.len()));
            return self.unexpected(span, words, found);
        };
        let resource = &wanted.at.resource;
        let shape = match &wanted.action {
            Some(name) => resource.action(name).and_then(|action| action.takes.clone()),
            None => Some(resource.shape.clone()),
        };
        let Some(shape) = shape else { return };
        let expected = match eval::eval(record, &mut self.frame, &mut self.arena) {
            Ok(expected) => expected,
            Err(failure) => return self.failed(*failure),
        };
        let reader = Reader::new(&shape.as_sent(), &Used::all());
        let text = if effect.body.is_empty() { "{}" } else { &effect.body };
        let actual = match reader.read(text, &mut self.arena) {
            Ok(actual) => actual,
            Err(error) => return self.problem(codes::test::NOT_AS_EXPECTED, span, format!("what was sent: {error}")),
        };
        let mut wrong = Vec::new();
        self.compare(expected, actual, &Kind::Record(shape.kind.clone()), "", &mut wrong);
        if !wrong.is_empty() {
            let title = format!("{} is not as expected", self.name_of(wanted));
            let mut problem = Diagnostic::error(codes::test::NOT_AS_EXPECTED, span, title);
            for line in wrong {
                problem = problem.note(line);
            }
            self.problems.push(problem);
        }
    }

    /// Tells every field that is expected and is not so.
    fn compare(&self, expected: Value, actual: Value, kind: &Kind, path: &str, wrong: &mut Vec<String>) {
        let shown = |value: Value, kind: &Kind| {
            if value.is_set() { eval::print(value, kind, &self.arena) } else { "nothing".to_string() }
        };
        match (expected, actual, kind) {
            (Value::Unset, ..) => {}
            (Value::Null, actual, _) if !actual.is_set() => {}
            (Value::Record(expected), Value::Record(actual), Kind::Record(record)) => {
                for (slot, field) in record.fields.iter().enumerate() {
                    let below = if path.is_empty() { field.name.to_string() } else { format!("{path}.{}", field.name) };
                    let (expected, actual) = (self.arena.slot(expected, slot), self.arena.slot(actual, slot));
                    self.compare(expected, actual, &field.typed.kind, &below, wrong);
                }
            }
            (Value::List(expected), Value::List(actual), Kind::List(inner)) => {
                if expected.len != actual.len {
                    wrong.push(format!("`{path}`: expected {} elements, found {}", expected.len, actual.len));
                    return;
                }
                for index in 0..expected.len as usize {
                    let (expected, actual) = (self.arena.slot(expected, index), self.arena.slot(actual, index));
                    self.compare(expected, actual, inner, &format!("{path}[{index}]"), wrong);
                }
            }
            (Value::List(expected), actual, _) if expected.len == 0 && !actual.is_set() => {}
            (expected, actual, kind) => {
                if !eval::equal(expected, actual, kind, &self.arena) {
                    let (expected, actual) = (shown(expected, kind), shown(actual, kind));
                    wrong.push(format!("`{path}`: expected {expected}, found {actual}"));
                }
            }
        }
    }

    fn expect_pinned(&mut self, wanted: &Wanted, found: &[Effect], number: usize, span: Span) {
        if found.is_empty() {
            let words = format!("expected {} once, found none", self.name_of(wanted));
            return self.unexpected(span, words, found);
        }
        let now = match found {
            [effect] => body::pretty(&effect.body, 0),
            effects => {
                let all: Vec<&str> = effects.iter().map(|effect| effect.body.as_str()).collect();
                body::pretty(&format!("[{}]", all.join(",")), 0)
            }
        } + "\n";
        let path = self.pin(number);
        let there = std::fs::read_to_string(&path);
        if there.as_ref().is_ok_and(|there| *there == now) {
            return;
        }
        if self.tests.accept {
            let stored =
                path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, &now));
            match stored {
                Ok(()) => self.pinned.push(path),
                Err(error) => {
                    let words = format!("`{}` cannot be written: {error}", path.display());
                    self.problem(codes::test::CANNOT_RUN, span, words);
                }
            }
            return;
        }
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        match there {
            Ok(there) => {
                let title = format!("{} is not as pinned in `{name}`", self.name_of(wanted));
                let mut problem = Diagnostic::error(codes::test::CHANGED, span, title);
                for line in different(&there, &now) {
                    problem = problem.note(line);
                }
                self.problems.push(problem.note("`koppel test --accept` pins what it is now"));
            }
            Err(_) => {
                let title = format!("nothing is pinned for {} yet", self.name_of(wanted));
                let problem = Diagnostic::error(codes::test::NOT_PINNED, span, title)
                    .note(format!("it would be: {now}"))
                    .note("`koppel test --accept` pins it");
                self.problems.push(problem);
            }
        }
    }

    /// Where a snapshot of this test lies.
    fn pin(&self, number: usize) -> PathBuf {
        let mut name: String = self
            .test
            .title
            .chars()
            .map(|letter| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
            .collect();
        while name.contains("--") {
            name = name.replace("--", "-");
        }
        let name = name.trim_matches('-');
        let number = if number > 1 { format!("-{number}") } else { String::new() };
        self.tests.snapshots.join(format!("{name}{number}.json"))
    }
}

/// The fields that differ between what is pinned and what is made now, by their paths.
fn different(before: &str, now: &str) -> Vec<String> {
    let side = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_string());
    let line = |one: Difference| format!("`{}`: pinned {}, now {}", one.field, side(one.old), side(one.new));
    differences(before, now).into_iter().map(line).collect()
}

fn times_word(times: usize) -> String {
    if times == 1 { "1 time".to_string() } else { format!("{times} times") }
}
