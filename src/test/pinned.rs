//! What a test pins: bodies as they were accepted, held against what they are now, field by field.

use std::path::PathBuf;

use crate::check::Effect as Wanted;
use crate::connect::{Difference, differences};
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

/// The fields that differ between what is pinned and what is made now, by their paths.
fn different(before: &str, now: &str) -> Vec<String> {
    let side = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_string());
    let line = |one: Difference| format!("`{}`: pinned {}, now {}", one.field, side(one.old), side(one.new));
    differences(before, now).into_iter().map(line).collect()
}
