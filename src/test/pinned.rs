//! What a test pins: bodies as they were accepted, held against what they are now, field by field.

use std::path::PathBuf;

use crate::check::Effect as Wanted;
use crate::connect::json;
use crate::report::{Diagnostic, Span, codes};
use crate::test::trial::Trial;
use crate::test::{Effect, body};

impl Trial<'_> {
    /// Holds what was sent against what is pinned, or pins it.
    pub(super) fn expect_pinned(&mut self, wanted: &Wanted, found: &[Effect], number: usize, span: Span) {
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

/// The fields that differ between two bodies, by their paths.
fn different(before: &str, now: &str) -> Vec<String> {
    fn flat(value: &str, path: &str, out: &mut Vec<(String, String)>) {
        if let Ok(Some(fields)) = json::fields(value) {
            for (name, value) in fields {
                let below = if path.is_empty() { name } else { format!("{path}.{name}") };
                flat(value, &below, out);
            }
        } else if let Ok(Some(elements)) = json::elements(value) {
            for (index, element) in elements.into_iter().enumerate() {
                flat(element, &format!("{path}[{index}]"), out);
            }
        } else {
            out.push((path.to_string(), value.to_string()));
        }
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    flat(before.trim(), "", &mut old);
    flat(now.trim(), "", &mut new);
    let find = |all: &[(String, String)], path: &str| {
        all.iter().find(|(there, _)| there == path).map_or_else(|| "nothing".to_string(), |(_, value)| value.clone())
    };
    let mut paths: Vec<&String> = old.iter().chain(&new).map(|(path, _)| path).collect();
    paths.dedup();
    let mut lines = Vec::new();
    for path in paths {
        let (before, now) = (find(&old, path), find(&new, path));
        let line = format!("`{path}`: pinned {before}, now {now}");
        if before != now && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
