//! A graph goes in; a drawing of it that a person reads, or that Mermaid draws, comes out.

use std::fmt::Write as _;

use crate::check::Work;
use crate::eval::{Each, Entry, Expr, Op, Piece};
use crate::plan::{Graph, Node, Phase, Task};

impl Graph {
    /// The graph as text: a line for each node, with what it waits for.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: String| {
            text.push_str(words.trim_end());
            text.push('\n');
        };
        line(format!("flow {} \"{}\"", self.program.name, self.program.title));
        let source = &self.program.source;
        let role = &self.program.roles[source.at.role].name;
        line(format!("from {role}.{} as {}", source.at.resource.name.resource, source.name));
        let numbers = self.nodes.len().to_string().len();
        let width = self.nodes.iter().map(|node| self.words(node).chars().count()).max().unwrap_or(0);
        let mut phase = None;
        for (at, node) in self.nodes.iter().enumerate() {
            let begun = if node.once { "once per run" } else { heading(node.phase) };
            if phase != Some(begun) && !(phase == Some(WRITES) && node.phase != Phase::Before) {
                line(String::new());
                line(begun.to_owned());
                phase = Some(begun);
            }
            let after = node.after.iter().map(|node| (node + 1).to_string()).collect::<Vec<_>>().join(", ");
            let after = if after.is_empty() { String::new() } else { format!("after {after}") };
            line(format!("  {:>numbers$}  {:<width$}  {after}", at + 1, self.words(node)));
        }
        let trees = self.trees();
        if !trees.is_empty() {
            line(String::new());
            line("paths that cost a tree".to_owned());
            trees.into_iter().for_each(|name| line(format!("  in {name}")));
        }
        text
    }

    /// The graph in Mermaid's words.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart TD\n");
        let mut line = |words: String| writeln!(text, "  {words}").expect("a text takes all that is written");
        line(format!("s([\"{}\"])", self.program.source.name));
        for (at, node) in self.nodes.iter().enumerate() {
            let words = self.words(node).replace('"', "#quot;");
            let shape = match (self.is_stop(node), node.phase) {
                (true, _) => format!("{{{{\"{words}\"}}}}"),
                (false, Phase::Write) => format!("[[\"{words}\"]]"),
                (false, _) => format!("[\"{words}\"]"),
            };
            line(format!("n{at}{shape}"));
        }
        for (at, node) in self.nodes.iter().enumerate() {
            if node.after.is_empty() && !node.once {
                line(format!("s --> n{at}"));
            }
            for before in &node.after {
                line(format!("n{before} --> n{at}"));
            }
        }
        text
    }

    fn is_stop(&self, node: &Node) -> bool {
        matches!(node.task, Task::Step(at) if matches!(self.program.steps[at].work, Work::Stop(_)))
    }

    /// A node in the words of the flow.
    fn words(&self, node: &Node) -> String {
        let step = &self.program.steps[node.task.step()];
        if let (Task::Step(_), Work::Stop(stop)) = (node.task, &step.work) {
            return format!("{} because {}", step.name, self.reason(&stop.because));
        }
        node.name.to_string()
    }

    /// The text of a stop, its holes by name.
    fn reason(&self, because: &Expr) -> String {
        match &because.op {
            Op::Text(text) => format!("\"{text}\""),
            Op::Concat { pieces, .. } => {
                let pieces = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => text.to_string(),
                    Piece::Value(..) => "…".to_owned(),
                });
                format!("\"{}\"", pieces.collect::<String>())
            }
            _ => "…".to_owned(),
        }
    }

    /// The steps in which a path is asked of a tree.
    fn trees(&self) -> Vec<&str> {
        let steps = self.program.steps.iter().filter(|step| step.exprs().into_iter().any(asks_tree));
        steps.map(|step| &*step.name).collect()
    }
}

const WRITES: &str = "writes and what follows from them";

fn heading(phase: Phase) -> &'static str {
    match phase {
        Phase::Before => "before the first write",
        Phase::Write | Phase::After => WRITES,
    }
}

/// Whether a path in it could not be compiled.
fn asks_tree(expr: &Expr) -> bool {
    match &expr.op {
        Op::Query { .. } => true,
        Op::Unset | Op::Null | Op::Bool(_) | Op::Number(_) | Op::Text(_) | Op::Date(_) | Op::Var(_) => false,
        Op::Lazy(_, value) => asks_tree(value),
        Op::Path(value, _)
        | Op::Paths(value, _)
        | Op::Not(value)
        | Op::IsSet(value)
        | Op::Negate(value)
        | Op::Lookup(_, value)
        | Op::Project(value, _)
        | Op::ProjectAll(value, _)
        | Op::Sure(value, _)
        | Op::Counted(_, value) => asks_tree(value),
        Op::Concat { pieces, .. } => {
            pieces.iter().any(|piece| matches!(piece, Piece::Value(value, _) if asks_tree(value)))
        }
        Op::And(a, b)
        | Op::Or(a, b)
        | Op::Compare(_, _, a, b)
        | Op::In(_, a, b)
        | Op::Arithmetic(_, a, b)
        | Op::Coalesce(a, b)
        | Op::When(a, b) => asks_tree(a) || asks_tree(b),
        Op::Match { subject, arms, none, any, .. } => {
            asks_tree(subject)
                || arms.iter().any(|arm| asks_tree(&arm.value))
                || none.iter().chain(any).any(|arm| asks_tree(arm))
        }
        Op::Each(each) => {
            let Each { ranges, condition, record } = &**each;
            ranges.iter().any(|(_, list)| asks_tree(list))
                || condition.iter().any(asks_tree)
                || entries_ask(&record.entries)
        }
        Op::Record(record) => entries_ask(&record.entries),
        Op::List(items) => items.iter().any(asks_tree),
        Op::Builtin(_, arguments) | Op::Function(_, arguments) | Op::Script(_, arguments) => {
            arguments.iter().any(asks_tree)
        }
    }
}

fn entries_ask(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| match entry {
        Entry::Field(_, value) => asks_tree(value),
        Entry::If(condition, yes, no) => asks_tree(condition) || entries_ask(yes) || entries_ask(no),
    })
}
