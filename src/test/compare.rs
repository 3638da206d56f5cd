//! What a test expects of a body, field by field: at least what is written must be there, numbers by value.

use crate::check::Effect as Wanted;
use crate::eval::{self, Entry, Expr, Op, Reader, Used};
use crate::report::{Diagnostic, Span, codes};
use crate::test::Effect;
use crate::test::expect::times_word;
use crate::test::trial::Trial;
use crate::value::{Failure, Kind, RecordKind, Value};

/// So many candidates are told apart from what is expected.
const CANDIDATES: usize = 3;

/// What differs, by path.
type Wrong = Vec<String>;

impl Trial<'_> {
    /// Exactly one of what was sent has at least these fields.
    pub(super) fn expect_record(&mut self, wanted: &Wanted, record: &Expr, found: &[Effect], span: Span) {
        if found.is_empty() {
            let words = format!("expected {} once, found 0 times", self.name_of(wanted));
            return self.unexpected(span, words, found);
        }
        let resource = &wanted.at.resource;
        let shape = match &wanted.action {
            Some(name) => resource.action(name).and_then(|action| action.takes.clone()),
            None => Some(resource.shape.clone()),
        };
        let Some(shape) = shape else { return };
        let sent = shape.as_sent();
        let reader = Reader::new(&sent, &Used::all());
        let mut candidates: Vec<(Wrong, &Effect)> = Vec::new();
        for effect in found {
            let text = if effect.body.is_empty() { "{}" } else { &effect.body };
            let actual = match reader.read(text, &mut self.arena) {
                Ok(actual) => actual,
                Err(error) => {
                    return self.problem(codes::test::NOT_AS_EXPECTED, span, format!("what was sent: {error}"));
                }
            };
            let mut wrong = Vec::new();
            let kind = Kind::Record(sent.kind.clone());
            if let Err(failure) = self.compare(record, actual, &kind, "", &mut wrong) {
                return self.failed(*failure);
            }
            candidates.push((wrong, effect));
        }
        match candidates.iter().filter(|(wrong, _)| wrong.is_empty()).count() {
            1 => {}
            0 => self.none_fits(wanted, candidates, span),
            several => {
                let times = times_word(several);
                let words = format!("expected {} with these fields once, found {times}", self.name_of(wanted));
                let fitting: Vec<Effect> = candidates
                    .iter()
                    .filter(|(wrong, _)| wrong.is_empty())
                    .map(|(_, effect)| (*effect).clone())
                    .collect();
                self.unexpected(span, words, &fitting);
            }
        }
    }

    /// Tells what differs, the nearest candidate first.
    fn none_fits(&mut self, wanted: &Wanted, mut candidates: Vec<(Wrong, &Effect)>, span: Span) {
        let name = self.name_of(wanted);
        candidates.sort_by_key(|(wrong, _)| wrong.len());
        let count = candidates.len();
        let title = match count {
            1 => format!("{name} is not as expected"),
            count => format!("none of {count} {name} is as expected"),
        };
        let mut problem = Diagnostic::error(codes::test::NOT_AS_EXPECTED, span, title);
        for (number, (wrong, _)) in candidates.into_iter().take(CANDIDATES).enumerate() {
            if count > 1 {
                let which = if number == 0 { "the nearest" } else { "the next" };
                let fields = if wrong.len() == 1 {
                    "one field differs".to_string()
                } else {
                    format!("{} fields differ", wrong.len())
                };
                problem = problem.note(format!("{which}, in which {fields}:"));
            }
            for line in wrong {
                problem = problem.note(line);
            }
        }
        self.problems.push(problem);
    }

    /// Tells every field that is expected and is not so.
    fn compare(
        &mut self,
        expected: &Expr,
        actual: Value,
        kind: &Kind,
        path: &str,
        wrong: &mut Wrong,
    ) -> Result<(), Box<Failure>> {
        match (&expected.op, actual, kind) {
            (Op::Record(record), Value::Record(_), Kind::Record(of)) => {
                for name in &record.lets {
                    self.frame.set(*name, Value::Pending);
                }
                self.compare_fields(&record.entries, actual, of, path, wrong)
            }
            (Op::List(expected), Value::List(run), Kind::List(inner))
                if expected.iter().all(|one| matches!(one.op, Op::Record(_))) =>
            {
                if expected.len() != run.len as usize {
                    wrong.push(format!("`{path}`: expected {} elements, found {}", expected.len(), run.len));
                    return Ok(());
                }
                for (index, expected) in expected.iter().enumerate() {
                    let actual = self.arena.slot(run, index);
                    self.compare(expected, actual, inner, &format!("{path}[{index}]"), wrong)?;
                }
                Ok(())
            }
            _ => {
                let value = eval::eval(expected, &mut self.frame, &mut self.arena)?;
                self.compare_values(expected, value, actual, kind, path, wrong);
                Ok(())
            }
        }
    }

    fn compare_fields(
        &mut self,
        entries: &[Entry],
        actual: Value,
        kind: &RecordKind,
        path: &str,
        wrong: &mut Wrong,
    ) -> Result<(), Box<Failure>> {
        let Value::Record(run) = actual else { return Ok(()) };
        for entry in entries {
            match entry {
                Entry::Field(slot, expected) => {
                    let field = &kind.fields[*slot as usize];
                    let below = if path.is_empty() { field.name.to_string() } else { format!("{path}.{}", field.name) };
                    let actual = self.arena.slot(run, *slot as usize);
                    self.compare(expected, actual, &field.typed.kind, &below, wrong)?;
                }
                Entry::If(condition, then, otherwise) => {
                    let holds = eval::holds(condition, &mut self.frame, &mut self.arena)?;
                    let branch = if holds { then } else { otherwise };
                    self.compare_fields(branch, actual, kind, path, wrong)?;
                }
            }
        }
        Ok(())
    }

    fn compare_values(
        &self,
        written: &Expr,
        expected: Value,
        actual: Value,
        kind: &Kind,
        path: &str,
        wrong: &mut Wrong,
    ) {
        match (expected, actual, kind) {
            // What is left out by its `when` is not written.
            (Value::Unset, ..) if matches!(written.op, Op::When(..)) => {}
            (expected, actual, _) if !is_there(expected) && !is_there(actual) => {}
            (Value::List(expected), Value::List(actual), Kind::List(inner)) => {
                if expected.len != actual.len {
                    wrong.push(format!("`{path}`: expected {} elements, found {}", expected.len, actual.len));
                    return;
                }
                for index in 0..expected.len as usize {
                    let (expected, actual) = (self.arena.slot(expected, index), self.arena.slot(actual, index));
                    self.compare_values(written, expected, actual, inner, &format!("{path}[{index}]"), wrong);
                }
            }
            (Value::Record(expected), Value::Record(actual), Kind::Record(of)) => {
                for (slot, field) in of.fields.iter().enumerate() {
                    let (expected, actual) = (self.arena.slot(expected, slot), self.arena.slot(actual, slot));
                    if is_there(expected) {
                        let below = format!("{path}.{}", field.name);
                        self.compare_values(written, expected, actual, &field.typed.kind, &below, wrong);
                    }
                }
            }
            (expected, actual, kind) => {
                if !eval::equal(expected, actual, kind, &self.arena) {
                    let (expected, actual) = (self.shown(expected, kind), self.shown(actual, kind));
                    wrong.push(format!("`{path}`: expected {expected}, found {actual}"));
                }
            }
        }
    }

    fn shown(&self, value: Value, kind: &Kind) -> String {
        match value {
            value if !is_there(value) => "nothing".to_string(),
            Value::Record(_) | Value::List(_) => {
                let mut json = Vec::new();
                eval::write_plain(kind, value, &self.arena, &mut json);
                String::from_utf8_lossy(&json).into_owned()
            }
            value => eval::print(value, kind, &self.arena),
        }
    }
}

fn is_there(value: Value) -> bool {
    match value {
        Value::Null => false,
        Value::List(run) => run.len > 0,
        value => value.is_set(),
    }
}
