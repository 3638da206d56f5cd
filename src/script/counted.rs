//! A script goes in; the same script comes out that counts, at each `if` and `while`, whether it held, and how often each
//! loop, arm and right side was come by.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rhai::{AST, Engine};

use crate::report::Span;
use crate::script::forks::{Forks, Passage, forks};
use crate::script::{Script, Text, engine};
use crate::value::{Builtin, Counter};

/// The function that counts, under a name that nobody else gives.
const HELD: &str = "koppel_held";

/// What is counted at a place in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// The condition of an `if` or a `while`: it holds or not.
    Condition(&'static str),
    /// It is come by or not.
    Passage(Passage),
}

/// A place in a script that goes one way or the other.
#[derive(Clone, Debug)]
pub struct Fork {
    /// Which ways there are.
    pub ways: Ways,
    /// The condition, or what shows the place.
    pub span: Span,
    /// How often it held, and how often not.
    pub counter: Arc<Counter>,
}

/// Scripts that count.
#[derive(Default)]
pub struct CountedScripts {
    known: HashMap<*const Text, Counted>,
}

/// A text that was compiled so that it counts.
struct Counted {
    original: Arc<Text>,
    engine: Arc<Engine>,
    ast: Arc<AST>,
    text: Arc<Text>,
    forks: Forks,
    counters: Arc<[Arc<Counter>]>,
    used: BTreeSet<String>,
}

impl CountedScripts {
    /// The script, counting; one that cannot be made to count stays as it is.
    pub fn counted(&mut self, script: &Script, builtins: &'static [Builtin]) -> Script {
        let key = Arc::as_ptr(&script.text);
        let counted = match self.known.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => match Counted::new(&script.text, builtins) {
                Some(counted) => free.insert(counted),
                None => return script.clone(),
            },
        };
        counted.used.insert(script.name.to_string());
        Script {
            engine: counted.engine.clone(),
            ast: counted.ast.clone(),
            text: counted.text.clone(),
            ..script.clone()
        }
    }

    /// The places in all functions that can be reached from those that were asked for.
    #[must_use]
    pub fn forks(&self) -> Vec<Fork> {
        let mut all = Vec::new();
        for counted in self.known.values() {
            let reached = counted.forks.reached(counted.used.iter().cloned());
            let conditions = counted.forks.conditions.iter().map(|one| {
                let ways = Ways::Condition(one.word);
                (ways, one.from, one.to, one.function)
            });
            let places = counted.forks.places.iter().map(|one| {
                let ways = Ways::Passage(one.passage);
                (ways, one.from, one.to, one.function)
            });
            for ((ways, from, to, function), counter) in conditions.chain(places).zip(&*counted.counters) {
                if reached.contains(&function) {
                    let (from, to) = trimmed(&counted.original.compiled, from, to);
                    all.push(Fork { ways, span: counted.original.stretch(from, to), counter: counter.clone() });
                }
            }
        }
        all
    }
}

impl Counted {
    fn new(original: &Arc<Text>, builtins: &'static [Builtin]) -> Option<Counted> {
        let forks = forks(&original.compiled);
        let all = forks.conditions.len() + forks.places.len();
        let counters: Arc<[Arc<Counter>]> = (0..all).map(|_| Arc::default()).collect();
        let mut pieces: Vec<(usize, String)> = Vec::new();
        for (number, condition) in forks.conditions.iter().enumerate() {
            pieces.push((condition.from, format!(" {HELD}({number},")));
            pieces.push((condition.to, ") ".to_string()));
        }
        for (place, number) in forks.places.iter().zip(forks.conditions.len()..) {
            let piece = match place.passage {
                Passage::And => format!(" {HELD}({number}, true) && "),
                Passage::Or => format!(" {HELD}({number}, false) || "),
                Passage::Arm if place.end.is_some() => format!(" {{ {HELD}({number}, true); "),
                Passage::Body | Passage::Arm => format!(" {HELD}({number}, true); "),
            };
            pieces.push((place.at, piece));
            pieces.extend(place.end.map(|end| (end, " }".to_string())));
        }
        pieces.sort_by_key(|(at, _)| *at);
        let mut compiled = String::with_capacity(original.compiled.len() * 2);
        let mut inserted = Vec::new();
        let mut done = 0;
        for (at, piece) in pieces {
            compiled.push_str(&original.compiled[done..at]);
            inserted.push((compiled.len(), piece.len()));
            compiled.push_str(&piece);
            done = at;
        }
        compiled.push_str(&original.compiled[done..]);
        let Text { prefix, source, start, .. } = **original;
        let text = Text { compiled, prefix, source, start, inserted, file: original.file.clone() };
        let counting = counters.clone();
        let engine = Arc::new(engine::counting(builtins, HELD, move |number, held| {
            if let Some(counter) = usize::try_from(number).ok().and_then(|number| counting.get(number)) {
                counter.count(held);
            }
        }));
        let ast = engine.compile(&text.compiled).ok()?;
        let (ast, text) = (Arc::new(ast), Arc::new(text));
        Some(Counted { original: original.clone(), engine, ast, text, forks, counters, used: BTreeSet::new() })
    }
}

fn trimmed(text: &str, from: usize, to: usize) -> (usize, usize) {
    let inner = &text[from..to];
    let start = from + (inner.len() - inner.trim_start().len());
    (start, start + inner.trim().len())
}
