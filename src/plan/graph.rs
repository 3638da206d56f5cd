//! The steps of a program as nodes, each with what it waits for.

use std::sync::Arc;

use crate::check::Program;

/// A program and the order its steps run in.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The program.
    pub program: Arc<Program>,
    /// The nodes; each waits only for nodes before it, so that this is an order they may run in.
    pub nodes: Vec<Node>,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What is done.
    pub task: Task,
    /// Its stable name: that of the step, `look for key of create invoice`, `read back create invoice`.
    pub name: Arc<str>,
    /// The nodes it waits for, by number, lowest first.
    pub after: Vec<usize>,
    /// A read that needs nothing of the record: done once per run.
    pub once: bool,
    /// Where it stands to the writes of a record.
    pub phase: Phase,
    /// A hash of its meaning: the same as long as it does the same.
    pub hash: Arc<str>,
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The step of that number in [`Program::steps`]. A guard that is false leaves it out.
    Step(usize),
    /// Looks whether what that step (a `create`, or a `call` with a key) would make is there already.
    LookForKey(usize),
    /// Reads back the fields of what that step found or made which the flow reads ([`Step::used`](crate::check::Step))
    /// and the answer did not hold; nothing when it held all.
    ReadBack(usize),
}

impl Task {
    /// The number of the step it belongs to.
    #[must_use]
    pub fn step(self) -> usize {
        match self {
            Task::Step(step) | Task::LookForKey(step) | Task::ReadBack(step) => step,
        }
    }
}

/// Where a node stands to the writes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Reads, stops and looks for keys before the first write.
    Before,
    /// May change a system; writes keep the order of the file.
    Write,
    /// Reads and stops that need something that was made.
    After,
}
