//! What a test expects, held against what happened.

use crate::check::{Effect as Wanted, ExpectWhat, TestItem};
use crate::eval;
use crate::report::{Diagnostic, Span, codes};
use crate::run::Status;
use crate::syntax::ast::{EffectWord, EndWord, StopWord};
use crate::test::trial::Trial;
use crate::test::{Effect, body};

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
                            self.problems.push(problem);
                        }
                        Err(failure) => self.failed(*failure),
                    }
                }
                TestItem::Records { .. } | TestItem::Setting(..) | TestItem::Link { .. } | TestItem::Fault { .. } => {}
            }
        }
    }

    fn expect_stop(&mut self, word: EndWord, text: &str, span: Span) {
        let wanted = match word {
            EndWord::At(StopWord::Skip) => Status::Skipped,
            EndWord::At(StopWord::Hold) => Status::Held,
            EndWord::At(StopWord::Stop) => Status::Stopped,
            EndWord::Fail => Status::Failed,
            EndWord::Doubt => Status::InDoubt,
        };
        let mut wrong = Vec::new();
        for outcome in &self.outcomes {
            if outcome.status != wanted || !outcome.reason.contains(text) {
                let reason = if outcome.reason.is_empty() { String::new() } else { format!(": {}", outcome.reason) };
                wrong.push(format!("{} ended as {}{reason}", outcome.title, outcome.status.word()));
            }
        }
        // A run that breaks off stops the flow, or could do nothing at all, and its records wait.
        let breaks = matches!(word, EndWord::At(StopWord::Stop) | EndWord::Fail);
        let stopped = breaks && self.broken.iter().any(|words| words.contains(text));
        if self.outcomes.is_empty() && !stopped {
            wrong.push(match self.broken.first() {
                Some(words) => format!("the run broke off: {words}"),
                None if self.given == 0 => "no record was given".to_string(),
                None => "no record came to an end".to_string(),
            });
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
    pub(super) fn name_of(&self, effect: &Wanted) -> String {
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
    pub(super) fn unexpected(&mut self, span: Span, words: String, found: &[Effect]) {
        let mut problem = Diagnostic::error(codes::test::NOT_AS_EXPECTED, span, words);
        for effect in found.iter().take(SHOWN) {
            problem = problem.note(format!("sent: {}", body::pretty(&effect.body, 0)));
        }
        if found.len() > SHOWN {
            problem = problem.note(format!("and {} more", found.len() - SHOWN));
        }
        for words in &self.broken {
            problem = problem.note(format!("the run broke off: {words}"));
        }
        for outcome in &self.outcomes {
            if !outcome.reason.is_empty() {
                problem =
                    problem.note(format!("{} ended as {}: {}", outcome.title, outcome.status.word(), outcome.reason));
            }
        }
        self.problems.push(problem);
    }
}

pub(super) fn times_word(times: usize) -> String {
    if times == 1 { "1 time".to_string() } else { format!("{times} times") }
}
